"""The numbers of a pack as a workbook: every table of the page, with typed cells and never a formula."""

import datetime as dt
import io
from collections.abc import Mapping
from typing import Any

import polars as pl
import xlsxwriter

from rcm_pipeline.governance.definitions import definitions

_SHEETS = {
    "Scorecard": "mart_scorecard",
    "Denial rates": "mart_denial_rates",
    "Coder accuracy": "mart_coder_accuracy",
    "Coding errors": "mart_coding_errors",
    "Rework cost": "mart_rework_costs",
    "Sent batches": "core_submissions",
    "Payers": "core_payers",
    "Not read": "raw_rejects",
}
_FORMATS = {"_rate": "0.0%", "_amount": "#,##0.00", "low": "0.0%", "high": "0.0%"}


def pack_workbook(tables: Mapping[str, pl.DataFrame], anchor: dt.date | None) -> bytes:
    """One sheet per table and one with the definitions; the same tables give the same bytes."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": dt.datetime.combine(anchor or dt.date(2000, 1, 1), dt.time())})
        for sheet, table in _SHEETS.items():
            _write(book, sheet, tables[table])
        _write(book, "Definitions", pl.DataFrame([vars(d) for d in definitions().values()]))
    return buffer.getvalue()


def _write(book: xlsxwriter.Workbook, sheet: str, frame: pl.DataFrame) -> None:
    shown = frame.with_columns(pl.col(pl.Decimal).cast(pl.Float64))  # cells of a workbook are floating point anyway
    formats: dict[Any, Any] = {name: form for name in shown.columns for ending, form in _FORMATS.items() if name.endswith(ending)}
    shown.write_excel(book, sheet, column_formats=formats, autofit=True, freeze_panes=(1, 0), header_format={"bold": True, "bottom": 2})
