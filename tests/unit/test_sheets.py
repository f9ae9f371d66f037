"""QA sheets and logs as people send them: headings, dates, missing columns, bad cells, workbooks."""

import io
from decimal import Decimal

import polars as pl
import xlsxwriter

from rcm_pipeline.intake.quarantine import split
from rcm_pipeline.intake.sheets.sheet_files import read_sheets
from rcm_pipeline.intake.sheets.sheet_reading import SheetReading
from rcm_pipeline.privacy.tokens import Identified
from rcm_pipeline.settings import ClientSettings
from schemas.registry import CONTRACTS

REVIEWS = "Review ID,Account Number,Coder,Review Date,Sample Type,Codes Assigned,Auditor Codes,Codes Correct,Patient Name\n"


def read(text: str, headers: dict | None = None) -> SheetReading:
    return read_sheets(text.encode(), "csv", ClientSettings(headers=headers or {}), Identified())


def test_a_plain_sheet_is_read_and_names_are_dropped_and_counted() -> None:
    reading = read(REVIEWS + "R1,A-1,C001,2026-11-02,Random,5,6,4,DOE JANE\nR2,A-2,C002,11/03/2026,risk,3,3,3,ROE RICHARD\n")
    table = reading.tables["raw_qa_reviews"]
    assert table.select("review_token", "coder_id", "stratum_code", "coder_code_count", "auditor_code_count", "correct_code_count").rows() == [
        ("R1", "C001", "random", 5, 6, 4), ("R2", "C002", "risk", 3, 3, 3)]  # fmt: skip
    assert table["review_date"].cast(pl.String).to_list() == ["2026-11-02", "2026-11-03"]
    assert reading.dropped_count == 2
    assert "DOE" not in str(reading.tables)


def test_a_missing_column_is_named_with_the_fix_and_never_a_value() -> None:
    reading = read("Review ID,Account Number,Review Date,Codes Assigned,Auditor Codes,Codes Correct\nR1,SECRET-1,2026-11-02,5,6,4\n")
    [(row, column, rule, reason)] = reading.rejects
    assert (row, column, rule) == (1, "coder_id", "column_missing")
    assert "[headers.qa_reviews]" in reason
    assert "SECRET" not in reason
    assert reading.tables == {}


def test_the_client_own_heading_is_understood_when_named_in_settings() -> None:
    text = REVIEWS.replace("Coder,", "Who did it,") + "R1,A-1,C001,2026-11-02,Random,5,6,4,X\n"
    assert read(text).rejects
    assert read(text, {"qa_reviews": {"coder_id": "Who did it"}}).tables["raw_qa_reviews"]["coder_id"].to_list() == ["C001"]


def test_a_bad_cell_costs_its_row_only_and_is_named_by_row_and_column() -> None:
    reading = read(
        REVIEWS
        + "R1,A-1,C001,2026-13-02,Random,5,6,4,X\nR2,A-2,C002,2026-11-03,Random,3,3,three,X\nR3,A-3,C003,2026-11-04,Random,3,3,3,X\n"
    )
    assert reading.tables["raw_qa_reviews"]["review_token"].to_list() == ["R3"]
    assert [(row, column) for row, column, _, _ in reading.rejects] == [(2, "review_date"), (3, "correct_code_count")]


def test_rows_that_break_the_closed_lists_go_to_quarantine_with_the_rule() -> None:
    reading = read(
        "Review ID,Error Code,Original Code,Corrected Code,Dollar Impact\nR1,px_wrong,99213,99214,$1,250.50\nR1,MADE_UP,1,2,3\n".replace(
            "$1,250.50", '"$1,250.50"'
        )
    )
    good, broken = split(reading.tables["raw_qa_findings"].with_columns(file_id=pl.lit("f")), CONTRACTS["raw_qa_findings"])
    assert good.select("error_code", "allowed_delta_amount").rows() == [("PX_WRONG", Decimal("1250.50"))]
    assert broken["broken_rule"].to_list() == ["error_code is one of the closed list"]


def test_separators_marks_and_long_rows() -> None:
    tabbed = read("\ufeffAccount Number\tWork Date\tActivity\tMinutes\nA-1\t2026-11-02\tcall\t12.5\n")
    assert tabbed.tables["raw_touches"]["minutes"].to_list() == [Decimal("12.500")]
    long = read("Account Number;Work Date;Activity;Minutes\nA-1;2026-11-02;call;5;extra\nA-2;2026-11-02;call;5\n")
    assert long.tables["raw_touches"].height == 1
    assert long.rejects[0][:3] == (2, None, "row_too_long")


def test_workbooks_with_several_sheets_and_real_date_cells() -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet("Work")
        sheet.write_row(0, 0, ["Account Number", "Work Date", "Activity", "Minutes"])
        sheet.write(1, 0, 12345)
        sheet.write_datetime(1, 1, __import__("datetime").datetime(2026, 11, 2), book.add_format({"num_format": "mm/dd/yyyy"}))
        sheet.write_row(1, 2, ["call", 7])
        other = book.add_worksheet("Findings")
        other.write_row(0, 0, ["Review ID", "Error Code", "Original Code"])
        other.write_row(1, 0, ["R1", "UNITS", "97110"])
    reading = read_sheets(buffer.getvalue(), "xlsx", ClientSettings(), Identified())
    assert reading.tables["raw_touches"].select("claim_token", pl.col("touched_date").cast(pl.String), "minutes").rows() == [
        ("12345", "2026-11-02", Decimal("7.000"))]  # fmt: skip
    assert reading.tables["raw_qa_findings"]["error_code"].to_list() == ["UNITS"]


def test_a_quote_that_is_never_closed_is_named_and_what_came_before_is_kept() -> None:
    rows = "".join(f"A-{n},2026-11-02,call,5\n" for n in range(3))
    reading = read("Account Number,Work Date,Activity,Minutes\n" + rows + 'A-9,2026-11-02,"call,5\n' + rows)
    assert reading.tables["raw_touches"].height == 3
    assert [(row, rule) for row, _, rule, _ in reading.rejects] == [(5, "not_readable")]


def test_blank_rows_are_passed_over_and_rows_keep_their_number() -> None:
    reading = read("\n,,,\nAccount Number,Work Date,Activity,Minutes\n,,,\nA-1,2026-11-02,call,5\n,,,\nA-2,bad,call,5\n")
    assert reading.tables["raw_touches"]["row_no"].to_list() == [4]
    assert [(row, column) for row, column, _, _ in reading.rejects] == [(6, "touched_date")]


def test_more_codes_agreed_than_assigned_is_set_aside() -> None:
    reading = read(REVIEWS + "R1,A-1,C001,2026-11-02,Random,5,4,5,X\nR2,A-2,C001,2026-11-02,Random,5,4,4,X\n")
    good, broken = split(reading.tables["raw_qa_reviews"].with_columns(file_id=pl.lit("f")), CONTRACTS["raw_qa_reviews"])
    assert good["review_token"].to_list() == ["R2"]
    assert broken["broken_rule"].to_list() == ["correct_code_count is at most the codes of either"]


def test_a_sheet_of_no_known_kind_is_rejected_without_showing_its_header() -> None:
    reading = read("Doe Jane,1970-01-01,123-45-6789\nRoe Richard,1980-02-02,987-65-4321\n")
    [(_, _, rule, reason)] = reading.rejects
    assert rule == "sheet_unknown"
    assert "Doe" not in reason
