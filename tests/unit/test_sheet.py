"""Sheets written by column expressions hold what was given, whatever it is, and never a formula."""

import datetime as dt
import io
import zipfile
from decimal import Decimal

import polars as pl
import xlsxwriter

from dashboards.sheet import write_frame

FRAME = pl.DataFrame(
    {
        "text": ["=1+1", "a < b & c > d", "", "ümlaut \x01\uffff \n two", None],
        "count": [1, -(10**12), 0, None, 7],
        "share_rate": [0.1, 1e-17, None, float("nan"), -2.5],
        "is_so": [True, False, None, True, False],
        "day": [dt.date(2026, 11, 23), dt.date(1970, 1, 1), None, dt.date(1999, 12, 31), dt.date(2000, 2, 29)],
        "at": [dt.datetime(2026, 11, 23, 6, 30), None, None, dt.datetime(2000, 1, 1), dt.datetime(2026, 1, 1, 23, 59, 59)],
    }
)


def written(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        write_frame(book, "Sheet", frame, {"share_rate": "0.0%"})
    return buffer.getvalue()


def test_what_is_read_back_is_what_was_given() -> None:
    read = pl.read_excel(written(FRAME), sheet_name="Sheet", schema_overrides={"count": pl.Int64})
    assert read.columns == FRAME.columns
    assert read["text"].to_list() == ["=1+1", "a < b & c > d", None, "ümlaut  \n two", None]
    assert read["count"].to_list() == FRAME["count"].to_list()
    assert read["share_rate"].to_list() == [0.1, 1e-17, None, None, -2.5]
    assert read["is_so"].to_list() == FRAME["is_so"].to_list()
    assert read["day"].to_list() == FRAME["day"].to_list()
    assert read["at"].dt.round("1s").to_list() == FRAME["at"].to_list()


def test_no_cell_is_a_formula_and_the_table_covers_all_rows() -> None:
    with zipfile.ZipFile(io.BytesIO(written(FRAME))) as packed:
        sheet, table = packed.read("xl/worksheets/sheet1.xml").decode(), packed.read("xl/tables/table1.xml").decode()
    assert "<f>" not in sheet
    assert 'ref="A1:F6"' in table
    assert 'dimension ref="A1:F6"' in sheet


def test_a_frame_without_rows_has_its_headings() -> None:
    assert pl.read_excel(written(FRAME.clear()), sheet_name="Sheet").columns == FRAME.columns


def test_money_keeps_its_cents() -> None:
    money = pl.DataFrame({"net_amount": [Decimal("1234567.89"), Decimal("0.10")]}).cast(pl.Float64)
    assert pl.read_excel(written(money), sheet_name="Sheet")["net_amount"].to_list() == [1234567.89, 0.1]
