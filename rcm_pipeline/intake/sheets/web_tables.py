"""Tables of a web page as rows of text, whatever the page is called. Imports nothing heavy: the process that reads workbooks runs it."""

from html.parser import HTMLParser
from typing import Any

_SPAN = 200  # a cell spans so many rows or columns at most
_TABLES = 50  # tables of a page that are looked at, the longest; a page of more is laid out by tables
_UNSEEN = ("script", "style", "template")


def web_tables(text: str) -> list[dict[str, Any]]:
    """Every table that holds cells of its own, as a sheet: rows, merged cells, rows that are not shown."""
    parser = _Tables()
    parser.feed(text)
    parser.close()
    tables = [table for table in parser.tables if sum(len(row) > 1 for row in table.rows) > 1] or [
        table for table in parser.tables if table.rows
    ]
    longest = sorted(tables, key=lambda table: len(table.rows), reverse=True)[:_TABLES]
    return [
        {"name": "", "is_hidden": False, "rows": table.rows, "merged": table.merged, "hidden_rows": table.hidden}
        for table in tables
        if table in longest
    ]


class _Table:
    """A table while it is read: its rows so far, and the cell that is open."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self.merged: list[list[int]] = []
        self.hidden: list[int] = []
        self.cell: list[str] | None = None
        self._below: dict[int, int] = {}
        self._across, self._down = 1, 1

    def start_row(self, *, is_hidden: bool) -> None:
        self.end_cell()
        self.rows.append([])
        if is_hidden:
            self.hidden.append(len(self.rows) - 1)
        self._pass_spans()

    def start_cell(self, across: int, down: int) -> None:
        self.end_cell()
        if not self.rows:
            self.rows.append([])
        self._across, self._down, self.cell = across, down, []

    def end_cell(self) -> None:
        if self.cell is None:
            return
        row, at = self.rows[-1], len(self.rows[-1])
        row.extend([" ".join("".join(self.cell).split()), *[""] * (self._across - 1)])
        self.cell = None
        if self._down > 1:
            self.merged.append([len(self.rows) - 1, at, len(self.rows) + self._down - 2, at + self._across - 1])
            self._below |= dict.fromkeys(range(at, at + self._across), self._down - 1)
        self._pass_spans()

    def _pass_spans(self) -> None:
        """Leave the cells empty that one above spans."""
        row = self.rows[-1]
        while self._below.get(len(row), 0) > 0:
            self._below[len(row)] -= 1
            row.append("")


class _Tables(HTMLParser):
    """Tables in the order they begin; one inside another is a table of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[_Table] = []
        self._open: list[_Table] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "table":
            self._open.append(_Table())
            self.tables.append(self._open[-1])
        elif self._open and tag == "tr":
            is_hidden = "display:none" in (given.get("style") or "").replace(" ", "").lower() or "hidden" in given
            self._open[-1].start_row(is_hidden=is_hidden)
        elif self._open and tag in ("td", "th"):
            self._open[-1].start_cell(_span(given.get("colspan")), _span(given.get("rowspan")))
        elif tag == "br":
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(self._unseen - 1, 0)
        elif self._open and tag in ("td", "th", "tr", "table"):
            self._open[-1].end_cell()
            if tag == "table":
                self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1].cell is not None and not self._unseen:
            self._open[-1].cell.append(data)

    def close(self) -> None:
        super().close()
        for table in self._open:
            table.end_cell()


def _span(given: str | None) -> int:
    return min(max(int(given), 1), _SPAN) if given and given.isascii() and given.isdigit() else 1
