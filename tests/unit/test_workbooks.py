"""Workbooks as people send them: numbers that show zeros, merged and hidden cells, old and locked files, and ones that kill a reader."""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable

import pytest
import xlsxwriter

from rcm_pipeline.intake.sheets import workbooks
from rcm_pipeline.intake.sheets.workbook_child import answer_of, mask_of, masked
from tests.unit.sheet_reading import remits, rules, tables_of_sheet, values

HEAD = ["Account Number", "Payment Date", "Payer", "CPT", "Billed", "Paid"]
ROW = ["A1", "2026-08-01", "ACME", 99213, 100, 80]


def workbook(fill: Callable[[xlsxwriter.Workbook], None]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        fill(book)
    return out.getvalue()


def plain(book: xlsxwriter.Workbook) -> None:
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEAD)
    sheet.write_row(1, 0, ROW)


def test_a_number_is_what_its_cell_shows_and_a_long_one_is_no_identifier() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEAD)
        sheet.write(1, 0, 12345, book.add_format({"num_format": "00000000"}))
        sheet.write_datetime(1, 1, dt.datetime(2026, 8, 1), book.add_format({"num_format": "m/d/yy"}))
        sheet.write_row(1, 2, ["ACME", 99213, 0.1 + 0.2, 0])
        sheet.write_row(2, 0, [1234567890123456, "2026-08-01", "ACME", 99213, 100, 80])

    tables = tables_of_sheet(workbook(fill))
    assert remits(tables) == [("00012345", "1", "0.30", "0.00")]
    assert values(tables, "raw_payments", "payment_date") == [("2026-08-01",)]
    assert rules(tables) == [(3, "cell_unreadable")]
    assert (3, "identifier_inexact") in rules(tables, "raw_findings")


def test_merged_cells_count_for_their_rows_and_what_is_hidden_is_said() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet()
        sheet.merge_range(0, 0, 0, 5, "Remittance report")
        sheet.write_row(1, 0, HEAD)
        sheet.merge_range(2, 0, 3, 0, "A1")
        sheet.write_row(2, 1, ROW[1:])
        sheet.write_row(3, 1, ["2026-08-01", "ACME", 99214, 200, 0])
        sheet.write_row(4, 0, ["A2", *ROW[1:]])
        sheet.set_row(4, None, None, {"hidden": True})
        old = book.add_worksheet("Old")
        old.write_row(0, 0, HEAD)
        old.write_row(1, 0, ["A9", *ROW[1:]])
        old.hide()

    tables = tables_of_sheet(workbook(fill))
    assert remits(tables) == [("A1", "1", "300.00", "80.00")]
    assert rules(tables) == [(None, "sheet_hidden"), (None, "rows_hidden")]


def without_dimension(raw: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, re.sub(rb"<dimension[^>]*/>", b"", old.read(name)))
    return out.getvalue()


def test_a_cell_at_the_far_end_costs_its_workbook_only() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        plain(book)
        book.worksheets()[0].write(1_048_575, 16_383, "x")

    stray = workbook(fill)
    refused = tables_of_sheet(stray)
    assert rules(refused) == [(None, "workbook_too_large")]
    assert "XFD1048576" in refused["raw_rejects"]["reason"].item()
    assert rules(tables_of_sheet(without_dimension(stray))) == [(None, "workbook_too_large")], "the reading process died of it"
    assert remits(tables_of_sheet(workbook(plain))) == [("A1", "1", "100.00", "80.00")], "another is started"


def test_locked_damaged_and_foreign_files_are_named_as_such() -> None:
    locked = b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    assert rules(tables_of_sheet(locked)) == [(None, "workbook_locked")]
    word = b"\xd0\xcf\x11\xe0" + bytes(600) + "WordDocument".encode("utf-16-le")
    assert rules(tables_of_sheet(word)) == [(None, "not_readable")]
    damaged = workbook(plain)
    assert rules(tables_of_sheet(damaged[: len(damaged) // 2] + damaged[-300:]))[0][1] in ("workbook_damaged", "not_readable")
    old = b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"></Workbook>'
    assert "save it as .xlsx" in tables_of_sheet(old)["raw_rejects"]["reason"].item()


def test_what_the_reading_process_answers() -> None:
    [sheet] = answer_of(workbook(plain))["sheets"]
    assert sheet["rows"] == [HEAD, ["A1", "2026-08-01", "ACME", "99213", "100", "80"]]
    assert answer_of(b"PK\x03\x04 no workbook") == {"refused": "workbook_damaged"}


def test_the_sheet_a_map_names_and_the_row_its_header_stands_in() -> None:
    def fill(book: xlsxwriter.Workbook) -> None:
        sheet = book.add_worksheet("Daten")
        sheet.write_row(0, 0, HEAD)
        sheet.write_row(3, 0, ["Fall", "Tag", "Betrag", "Bezahlt"])
        sheet.write_row(4, 0, ["A1", "2026-08-01", 100, 80])

    columns = {"claim_token": "Fall", "payment_date": "Tag", "charge_amount": "Betrag", "paid_amount": "Bezahlt"}
    own = {"kind": "remittances", "sheet": "Daten", "header_row": 4, "columns": columns}
    assert remits(tables_of_sheet(workbook(fill), sheets=[own])) == [("A1", "1", "100.00", "80.00")]


@pytest.mark.parametrize(
    ("form", "number", "shown"),
    [
        ("00000000", "12345", "00012345"), ("00000;-00000;00000;@", "7", "00007"), ("000-00-0000", "12345678", "012-34-5678"),
        ('"ACC-"000000', "123", "ACC-000123"), ("000", "12345", "12345"), ("0", "7", "7"), ("0.00", "7", "7"), ("#,##0", "7", "7"), ("mm/dd/yyyy", "7", "7"),
    ],
)  # fmt: skip
def test_a_number_is_what_its_format_shows(form: str, number: str, shown: str) -> None:
    assert masked(number, mask_of(form)) == shown


UNSEEN = ' table:visibility="collapse"'
WEB = "<tr><td>Account Number</td><td>Payment Date</td><td>CPT</td><td>Billed</td><td>Paid</td></tr>"


def test_a_web_page_with_spans_hidden_rows_and_tables_in_tables() -> None:
    rows = (
        "<tr><td rowspan=2>A1</td><td rowspan=2>2026-08-01</td><td>99213<script>var x</script></td><td>100</td><td>80</td></tr>"
        "<tr><td>99214</td><td>200</td><td>0</td></tr>"
        "<tr style='display: none'><td>A9</td><td>2026-08-01</td><td>99213</td><td>1</td><td>1</td></tr>"
    )
    tables = tables_of_sheet(f"<html><table><tr><td><table>{WEB}{rows}</table></td></tr></table></html>")
    assert remits(tables) == [("A1", "1", "300.00", "80.00")]
    assert rules(tables) == [(None, "rows_hidden")]
    assert values(tables, "raw_remit_lines", "procedure_code") == [("99213",), ("99214",)]


def test_a_page_that_takes_for_ever_costs_its_own_process_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "_SECONDS", 1.0)
    assert rules(tables_of_sheet("<table><tr><td>" + "<!--" * 100_000)) == [(None, "workbook_too_large")]
    assert remits(tables_of_sheet(workbook(plain))) == [("A1", "1", "100.00", "80.00")]


def test_an_open_document_with_a_password_or_hidden_rows() -> None:
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    rows = [HEAD, ["A1", *map(str, ROW[1:])], ["A2", *map(str, ROW[1:])]]
    written = "".join(
        f"<table:table-row{UNSEEN if number == 2 else ''}>{''.join(map(cell.format, row))}</table:table-row>"
        for number, row in enumerate(rows)
    )
    spaces = "".join(f' xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    content = f'<office:document-content{spaces}><office:body><office:spreadsheet><table:table table:name="S">{written}</table:table></office:spreadsheet></office:body></office:document-content>'

    def packed(manifest: str) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as book:
            book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
            book.writestr("content.xml", content)
            book.writestr("META-INF/manifest.xml", manifest)
        return out.getvalue()

    tables = tables_of_sheet(packed("<manifest/>"))
    assert ([row[0] for row in remits(tables)], rules(tables)) == (["A1"], [(None, "rows_hidden")])
    assert rules(tables_of_sheet(packed("<manifest:encryption-data/>"))) == [(None, "workbook_locked")]
