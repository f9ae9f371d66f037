"""Write sample files so that the same rows are the same bytes on every machine."""

import csv
import io
from datetime import date, datetime
from pathlib import Path

import xlsxwriter

from rcm_pipeline.sample.sheets import Row

_CREATED = datetime(2026, 1, 1)


def write_text(path: Path, text: str) -> None:
    """Text as UTF-8, newlines as given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def write_csv(path: Path, header: list[str], rows: list[Row], *, delimiter: str = ",", us_dates: bool = False) -> None:
    """A header and rows; dates as 2026-03-01, or 03/01/2026."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([[_date(cell, us_dates) for cell in row] for row in rows])
    write_text(path, out.getvalue())


def write_workbook(path: Path, sheets: dict[str, tuple[list[str], list[Row]]]) -> None:
    """A workbook with real date cells, and nothing in it that tells when or where it was made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        book.set_properties({"created": _CREATED})
        dates = book.add_format({"num_format": "mm/dd/yyyy"})
        for name, (header, rows) in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, header)
            for number, row in enumerate(rows, start=1):
                for place, cell in enumerate(row):
                    if isinstance(cell, date):
                        sheet.write_datetime(number, place, cell, dates)
                    else:
                        sheet.write(number, place, cell)


def _date(cell: object, us_dates: bool) -> object:
    return f"{cell:%m/%d/%Y}" if us_dates and isinstance(cell, date) else cell
