"""The table in a grid: its header row or rows, its body, and the rows of a body that are no rows of data."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rcm_pipeline.intake.sheets.grids import Grid, Rows
from rcm_pipeline.intake.sheets.headings import Heading, heading, in_context, known_count, plain
from rcm_pipeline.intake.sheets.sheet_reading import Note

_SEARCHED = 60  # rows from the top in which a header row may stand
_MAX_COLUMNS = 1_000
_SPARSE = 3  # a page heading fills a third of the columns at most
_KNOWN = 3  # headings that make a row further down the header of another table
_DATA = re.compile(r"\d.*\d.*\d.*\d", re.DOTALL)  # four digits: a row of data has a date, an amount or a number


@dataclass
class Table:
    """A header and the rows below it, by the number a sheet shows beside them. `notes` say what was passed over."""

    headings: list[Heading]
    body: dict[int, list[str]]
    header_row: int
    notes: list[Note] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)  # the headings as they stand in the sheet; only for a person's own terminal

    @property
    def width(self) -> int:
        """Columns of the header."""
        return len(self.headings)

    def columns(self, first: int, last: int) -> "Table":
        """The table of some of its columns, with the rows that hold anything there."""
        body = {number: row[first:last] for number, row in self.body.items() if any(cell.strip() for cell in row[first:last])}
        return replace(self, headings=self.headings[first:last], body=body, titles=self.titles[first:last])


def tables_of(grid: Grid, header_row: int | None = None) -> list[Table]:
    """The tables of a sheet that stand below each other, in their order; `header_row` says where the one table begins."""
    rows = [row[:_MAX_COLUMNS] if len(row) > _MAX_COLUMNS else row for row in grid.rows]
    filled = [at for at, row in enumerate(rows) if any(cell.strip() for cell in row)]
    if not filled:
        return []
    starts = {header_row - 1: 1} if header_row is not None else _header_rows(rows, filled, grid) or {filled[0]: 1}
    ends = [*sorted(starts)[1:], len(rows)]
    return [_table(rows, start, starts[start], end, grid) for start, end in zip(sorted(starts), ends, strict=True)]


def _header_rows(rows: Rows, filled: Sequence[int], grid: Grid) -> dict[int, int]:
    """Where tables begin, and how many rows their headers have. A header that comes again is the same table going on."""
    scored = {at: _scored(rows, at, grid) for at in filled[:_SEARCHED]}
    scored |= {at: _scored(rows, at, grid) for at in filled[_SEARCHED:] if not _DATA.search("\t".join(rows[at]))}
    starts: dict[int, int] = {}
    seen: set[tuple[str, ...]] = set()
    below = -1
    for at, (score, height) in sorted(scored.items()):
        words = tuple(plain(cell) for cell in rows[at])
        following = scored.get(at + 1, (0, 1))[0] if height == 1 else 0
        is_header = score >= (_KNOWN if starts else 2) and 2 * score >= _width(rows[at]) and following <= score and at > below
        if is_header:
            below = at + height - 1
            if words not in seen:
                starts[at] = height
                seen.add(words)
    if not starts:
        best = max(scored, key=lambda at: (scored[at][0], -at))
        return {best: scored[best][1]} if scored[best][0] else {}
    return starts


def _scored(rows: Rows, at: int, grid: Grid) -> tuple[int, int]:
    """How many headings the row has that are known, alone or with the row below it, and how many rows that are."""
    alone = known_count([heading(cell) for cell in rows[at]])
    if at + 1 >= len(rows) or _width(rows[at + 1]) < 2 or any(_DATA.search("\t".join(row)) for row in rows[at : at + 2]):
        return alone, 1
    together = known_count(_joined(rows, at, grid))
    below = known_count([heading(cell) for cell in rows[at + 1]])
    is_header_below = 2 * below >= _width(rows[at + 1])
    is_better = together > max(alone, below) or (together == alone > 0 and is_header_below)
    return (together, 2) if is_better else (alone, 1)


def _width(row: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _joined(rows: Rows, at: int, grid: Grid) -> list[Heading]:
    """Two rows as one header: a heading over several columns belongs to each of them that has one below."""
    upper, lower = rows[at], rows[at + 1]
    across = {(top, left): right for top, left, _, right in grid.merged}
    found: list[Heading] = []
    over, until = "", -1
    for place in range(max(len(upper), len(lower))):
        above = upper[place].strip() if place < len(upper) else ""
        below = lower[place].strip() if place < len(lower) else ""
        if above:
            over, until = above, across.get((at, place), len(lower) if not grid.merged else place)
        band = above or (over if place <= until and below else "")
        found.append(tuple(dict.fromkeys((*(heading(f"{band} {below}") if band and below else ()), *heading(below or band)))))
    return found


def _table(rows: Rows, start: int, height: int, end: int, grid: Grid) -> Table:
    headings = _joined(rows, start, grid) if height == 2 else [heading(cell) for cell in rows[start]]
    while headings and not headings[-1]:
        headings.pop()
    first = start + height
    again = tuple(plain(cell) for cell in rows[start])
    hidden = set(grid.hidden_rows)
    repeated = {at for at in range(first, end) if _repeats(rows[at], again)}
    page_headings = {at - 1 for at in repeated if at > first and _SPARSE * _width(rows[at - 1]) <= len(headings)}
    passed = hidden | repeated | page_headings | {at + 1 for at in repeated if height > 1}
    body = {at + 1: rows[at] for at in range(first, end) if at not in passed and any(cell.strip() for cell in rows[at])}
    titles = [" ".join(part for part in (_at(rows[at], place) for at in range(start, first)) if part) for place in range(len(headings))]
    table = Table(in_context(headings), _filled_down(body, grid, start), start + 1, titles=titles)
    unseen = sum(first <= at < end for at in hidden)
    if unseen:
        table.notes.append((None, None, "rows_hidden", f"{unseen} rows are hidden and were not read; show them to have them read"))
    return table


def _at(row: Sequence[str], place: int) -> str:
    return " ".join(row[place].split()) if place < len(row) else ""


def _repeats(row: Sequence[str], header: tuple[str, ...]) -> bool:
    """A header that comes again at the top of a page."""
    return bool(header) and bool(row) and plain(row[0]) == header[0] and tuple(plain(cell) for cell in row) == header


def _filled_down(body: dict[int, list[str]], grid: Grid, start: int) -> dict[int, list[str]]:
    """A merged cell counts for every row it stands beside."""
    for top, left, bottom, right in grid.merged:
        if top <= start or left != right or top + 1 not in body or left >= len(body[top + 1]):
            continue
        for number in range(top + 2, bottom + 2):
            if number in body:
                row = body[number] = [*body[number], *[""] * (left + 1 - len(body[number]))]
                row[left] = row[left] or body[top + 1][left]
    return body
