"""A CSV, TSV, XLSX or Parquet file as rows of text, sheet by sheet. Formulas are not evaluated; what they last showed is read."""

import csv
import io

import fastexcel
import polars as pl

from rcm_pipeline.intake.sheet_reading import SheetReading

Rows = list[list[str]]


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
        frame = pl.read_parquet(io.BytesIO(raw))
        nested = [name for name, dtype in frame.schema.items() if dtype.is_nested() or dtype == pl.Binary]
        text = frame.with_columns(pl.col(nested).map_batches(lambda c: pl.Series([""] * len(c)), return_dtype=pl.String)).cast(pl.String)
    except Exception:  # noqa: BLE001 - the error may quote values, so it is not looked at
        reading.reject("parquet_damaged", "the Parquet file cannot be read; write it again or send CSV")
        return []
    return [[list(text.columns), *_rows(text)]]


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
