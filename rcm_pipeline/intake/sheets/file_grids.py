"""A CSV, TSV, HTML, Parquet or workbook file as grids of text. Formulas are not evaluated; what they last showed is read."""

import csv
import io
import re
from collections import Counter

import polars as pl
import polars.selectors as cs
import pyarrow.parquet as pq

from rcm_pipeline.intake.recognise import WORKBOOKS, wide_encoding
from rcm_pipeline.intake.sheets.grids import Grid, Rows
from rcm_pipeline.intake.sheets.sheet_reading import SheetReading
from rcm_pipeline.intake.sheets.workbooks import workbook_grids

_MAX_CELLS = 20_000_000
csv.field_size_limit(10_000_000)  # characters of a cell: a note of that length does not end a file
_DELIMITERS = ",\t;|"
_SAMPLE_LINES = 40
_NAMED_DELIMITER = re.compile(r"^\"?sep=(.)\"?\s*$", re.IGNORECASE)


def grids_of(raw: bytes, format_code: str, reading: SheetReading) -> list[Grid]:
    """The grid of every sheet or table. Nothing raises on bad content; what is not read is a reject."""
    if format_code in WORKBOOKS:
        return workbook_grids(raw, reading)
    if format_code == "parquet":
        return _parquet(raw, reading)
    text = _decoded(raw, reading)
    if text is None:
        return []
    return workbook_grids(text.encode(), reading) if format_code == "html" else [Grid(_delimited(text, reading))]


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
        return text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff").lstrip("\n")
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
