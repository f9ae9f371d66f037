"""A CSV, TSV, HTML, Parquet or workbook file as grids of text. Formulas are not evaluated; what they last showed is read."""

import csv
import io
import re
from collections import Counter
from html.parser import HTMLParser

import polars as pl
import polars.selectors as cs
import pyarrow.parquet as pq

from rcm_pipeline.intake.recognise import WORKBOOKS, wide_encoding
from rcm_pipeline.intake.sheets.grids import Grid, Rows
from rcm_pipeline.intake.sheets.sheet_reading import SheetReading
from rcm_pipeline.intake.sheets.workbooks import workbook_grids

_MAX_CELLS = 20_000_000
_DELIMITERS = ",\t;|"
_SAMPLE_LINES = 40
_NAMED_DELIMITER = re.compile(r"^\"?sep=(.)\"?\s*$", re.IGNORECASE)
_SPAN = 200  # a cell of HTML spans so many rows or columns at most


def grids_of(raw: bytes, format_code: str, reading: SheetReading) -> list[Grid]:
    """The grid of every sheet or table. Nothing raises on bad content; what is not read is a reject."""
    if format_code in WORKBOOKS:
        return workbook_grids(raw, reading)
    if format_code == "parquet":
        return _parquet(raw, reading)
    text = _decoded(raw, reading)
    if text is None:
        return []
    return _html(text) if format_code == "html" else [Grid(_delimited(text, reading))]


def _parquet(raw: bytes, reading: SheetReading) -> list[Grid]:
    try:
        size = pq.read_metadata(io.BytesIO(raw))
        is_too_large = size.num_rows * size.num_columns > _MAX_CELLS
        text = None if is_too_large else pl.read_parquet(io.BytesIO(raw)).select(_as_text())
    except Exception:  # noqa: BLE001 - the error may quote values, so it is not looked at
        reading.reject("parquet_damaged", "the Parquet file cannot be read; write it again or send CSV")
        return []
    if text is None:
        reading.reject("file_too_large", "the Parquet file holds more than 20 million cells; send it in parts")
        return []
    return [Grid([list(text.columns), *(["" if cell is None else cell for cell in row] for row in text.rows())])]


def _as_text() -> list[pl.Expr]:
    """Columns as a sheet shows them: whole numbers without a point, dates without a time; what is no text or number is empty."""
    number, whole = cs.float(), cs.float().cast(pl.Int64, strict=False)
    shown = pl.when(number == number.round(0)).then(whole.cast(pl.String)).otherwise(number.round(6).cast(pl.String))
    plain = cs.string() | cs.integer() | cs.decimal() | cs.boolean() | cs.date() | cs.categorical()
    return [
        shown,
        plain.cast(pl.String),
        cs.datetime().dt.strftime("%Y-%m-%d"),
        (~(cs.float() | plain | cs.datetime())).map_batches(lambda c: pl.Series([""] * len(c)), return_dtype=pl.String),
    ]


def _decoded(raw: bytes, reading: SheetReading) -> str | None:
    wide = wide_encoding(raw)
    for encoding in (wide,) if wide else ("utf-8-sig", "cp1252", "latin-1"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        reading.encoding = encoding
        return text.removeprefix("\ufeff").lstrip("\r\n")
    reading.reject("not_readable", "the file is cut inside a character; ask the sender for it again")
    return None


def _delimited(text: str, reading: SheetReading) -> Rows:
    first, _, _ = text.partition("\n")
    named = _NAMED_DELIMITER.match(first)
    delimiter = named[1] if named else _delimiter(text)
    rows: Rows = []
    try:
        rows.extend(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error:
        reason = "from here on the quotes do not close or the text is no table; correct this row, what follows was not read"
        reading.rejects.append((len(rows) + 1, None, "not_readable", reason))
    if named and rows:
        rows[0] = []
    return rows


def _delimiter(text: str) -> str:
    """The sign that cuts most of the first lines into one and the same number of cells."""
    lines = [line for line in text[: 1 << 16].splitlines() if line.strip()][:_SAMPLE_LINES]

    def regularity(delimiter: str) -> int:
        try:
            widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter))
        except csv.Error:
            return 0
        return max(((width - 1) * count for width, count in widths.items()), default=0)

    return max(_DELIMITERS, key=regularity)


def _html(text: str) -> list[Grid]:
    tables = _Tables()
    tables.feed(text)
    tables.close()
    return [Grid(rows) for rows in tables.found if rows]


class _Tables(HTMLParser):
    """The rows of every outermost table; a cell that spans several leaves the others of them empty."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Rows] = []
        self._depth = 0
        self._cell: list[str] | None = None
        self._below: dict[int, int] = {}
        self._across = 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._depth += 1
            if self._depth == 1:
                self.found.append([])
        elif self._depth == 1 and tag == "tr":
            self._end_cell()
            self.found[-1].append([])
        elif self._depth == 1 and tag in ("td", "th"):
            self._end_cell()
            if not self.found[-1]:
                self.found[-1].append([])
            self._start_cell(dict(attrs))
        elif tag == "br" and self._cell is not None:
            self._cell.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self._end_cell()
            self._depth = max(self._depth - 1, 0)
        elif self._depth == 1 and tag in ("td", "th", "tr"):
            self._end_cell()

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def _start_cell(self, attributes: dict[str, str | None]) -> None:
        row = self.found[-1][-1]
        while self._below.get(len(row), 0) > 0:
            self._below[len(row)] -= 1
            row.append("")
        self._across = _span(attributes.get("colspan"))
        for at in range(len(row), len(row) + self._across):
            self._below[at] = _span(attributes.get("rowspan")) - 1
        self._cell = []

    def _end_cell(self) -> None:
        if self._cell is not None:
            row = self.found[-1][-1]
            row.append(" ".join("".join(self._cell).split()))
            row.extend([""] * (self._across - 1))
            self._cell = None


def _span(given: str | None) -> int:
    return min(max(int(given), 1), _SPAN) if given and given.isascii() and given.isdigit() else 1
