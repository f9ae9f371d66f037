"""A CSV, TSV, XLSX or Parquet file as rows of text, sheet by sheet. Formulas are not evaluated; what they last showed is read."""

import csv
import io

import fastexcel
import polars as pl
import polars.selectors as cs
import pyarrow.parquet as pq

from rcm_pipeline.intake.sheet_reading import SheetReading

Rows = list[list[str]]
_MAX_CELLS = 20_000_000


def sheets_of(raw: bytes, format_code: str, reading: SheetReading) -> list[Rows]:
    """The rows of every sheet. Nothing raises on bad content; what is not read is a reject."""
    match format_code:
        case "xlsx":
            return _workbook(raw, reading)
        case "parquet":
            return _parquet(raw, reading)
        case _:
            return [_text(raw, reading)]


def _workbook(raw: bytes, reading: SheetReading) -> list[Rows]:
    try:
        book = fastexcel.read_excel(raw)
        frames = [book.load_sheet(name, header_row=None, dtypes="string").to_polars() for name in book.sheet_names]
    except Exception:  # noqa: BLE001 - fastexcel's own error may quote cells, so it is not looked at
        reading.reject("workbook_damaged", "the workbook cannot be read; save it again as .xlsx or send CSV")
        return []
    return [_rows(frame) for frame in frames]


def _parquet(raw: bytes, reading: SheetReading) -> list[Rows]:
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
    return [[list(text.columns), *_rows(text)]]


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


def _rows(frame: pl.DataFrame) -> Rows:
    return [["" if cell is None else cell for cell in row] for row in frame.rows()]


def _text(raw: bytes, reading: SheetReading) -> Rows:
    for encoding in ("utf-16",) if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "cp1252", "latin-1"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        reading.encoding = encoding
        break
    else:
        reading.reject("not_readable", "the file is cut inside a character; ask the sender for it again")
        return []
    text = text.lstrip("\r\n")
    delimiter = max(",\t;|", key=text.split("\n", 1)[0].count)
    rows: Rows = []
    try:
        rows.extend(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error:
        reason = "from here on the quotes do not close or the text is no table; correct this row, what follows was not read"
        reading.rejects.append((len(rows) + 1, None, "not_readable", reason))
    return rows
