"""The workbook for auditors: filled in and put into the inbox, it is read without any setting."""

import datetime as dt
import io
from decimal import Decimal

import polars as pl
import pytest
import xlsxwriter

from dashboards.qa_workbook import heading, sample_workbook
from rcm_pipeline.coding.sampling.sampling import draw
from rcm_pipeline.governance.qa_plan import Plan, as_values, by_coder, plan_text
from rcm_pipeline.intake.sheets.file_grids import grids_of
from rcm_pipeline.intake.sheets.grids import Rows
from rcm_pipeline.intake.sheets.kinds import KINDS
from rcm_pipeline.intake.sheets.sheet_files import NOT_DATA, read_sheets
from rcm_pipeline.intake.sheets.sheet_reading import SheetReading
from rcm_pipeline.privacy.tokens import Identified
from rcm_pipeline.settings import ClientSettings, Qa
from tests.unit.qa_world import WEEK, charts

SHOP = charts({"C1": ["overdue_coder"] * 6 + [""] * 6, "=C2": [""] * 7})
PLAN = Plan("acme", draw(SHOP, Qa(), WEEK, 1, dt.date(2026, 11, 23)), is_new=True)
ACCOUNTS = SHOP.select("claim_token", pl.format("ACC {}", "claim_token").alias("account"))
SHEETS = ("Plan", "Reviews", "Findings", "Codes", "Random", "Risk", "Spares", "Error codes")
NAMES_CODES = pytest.mark.skipif("qa_codes" not in KINDS, reason="the intake does not know a sheet of codes yet")


def sheets(accounts: pl.DataFrame | None = ACCOUNTS) -> dict[str, Rows]:
    return dict(zip(SHEETS, (grid.rows for grid in grids_of(sample_workbook(PLAN, accounts), "xlsx", SheetReading())), strict=True))


def sent_back(book: dict[str, Rows]) -> SheetReading:
    """The workbook as an auditor would save it, read from the inbox."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"strings_to_formulas": False}) as out:
        for name, rows in book.items():
            sheet = out.add_worksheet(name)
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row)
    return read_sheets(buffer.getvalue(), "xlsx", ClientSettings(), Identified())


def filled(book: dict[str, Rows], **cells: str) -> dict[str, Rows]:
    """Every row of the form with these cells, by column of ours."""
    head, *rows = book["Reviews"]
    places = {head.index(heading(name)): value for name, value in cells.items()}
    return book | {"Reviews": [head, *([places.get(at, cell) for at, cell in enumerate(row)] for row in rows)]}


REVIEWED = {"auditor_id": "A1", "review_date": "2026-11-25", "coder_code_count": "5", "auditor_code_count": "6", "correct_code_count": "4"}


def test_a_filled_form_is_read_back_with_the_design_of_every_chart() -> None:
    book = filled(sheets(), **REVIEWED)
    number = book["Reviews"][1][0]
    error = {"Review ID": number, "Error Code": "PX_WRONG", "Coder Code": "99213", "Auditor Code": "99214", "Allowed Delta Amount": "-12.5"}
    book["Findings"].append([error.get(name, "") for name in book["Findings"][0]])
    reading = sent_back(book)
    table = reading.tables["raw_qa_reviews"]
    drawn = PLAN.sample.filter(~pl.col("is_spare"))
    assert table.height == drawn.height
    assert table["review_token"].is_unique().all()
    expected = drawn.select(
        pl.format("ACC {}", "claim_token").alias("claim_token"), "coder_id", "stratum_code", "service_date", "specialty"
    )
    assert table.select(expected.columns).sort("claim_token").equals(expected.sort("claim_token"))
    assert table.select("coder_code_count", "auditor_code_count", "correct_code_count").unique().rows() == [(5, 6, 4)]
    [finding] = reading.tables["raw_qa_findings"].select("review_token", "error_code", "allowed_delta_amount").rows()
    assert finding == (number, "PX_WRONG", Decimal("-12.50"))
    assert number == f"{PLAN.sample_id}-random-001"
    assert [r for r in reading.rejects if "error_code" not in r] == [], "but for the codes, where they are not known yet"


@NAMES_CODES
def test_sample_number_frame_and_chance_come_back_and_nothing_is_rejected() -> None:
    reading = sent_back(filled(sheets(), **REVIEWED))
    assert reading.rejects == []
    wanted = ["sample_id", "stratum_code", "coder_id", "frame_count", "selection_rate", "kind_code"]
    drawn = PLAN.sample.filter(~pl.col("is_spare")).with_columns(pl.lit("first").alias("kind_code"))
    found = reading.tables["raw_qa_reviews"].with_columns(pl.col("selection_rate").round(9))
    expected = drawn.with_columns(pl.col("selection_rate").round(9))
    assert found.select(wanted).sort(wanted).equals(expected.select(wanted).sort(wanted))


def test_a_chart_not_reviewed_yet_costs_only_its_own_row() -> None:
    book = filled(sheets(), **REVIEWED)
    at = book["Reviews"][0].index("Review Date")
    book["Reviews"][3][at] = ""
    reading = sent_back(book)
    assert reading.tables["raw_qa_reviews"].height == PLAN.sample.filter(~pl.col("is_spare")).height - 1
    assert (4, "review_date", "cell_unreadable") in [r[:3] for r in reading.rejects]


def test_the_other_sheets_are_passed_over_and_counted_as_dropped() -> None:
    book = sheets()
    for name in ("Plan", "Random", "Risk", "Spares", "Error codes"):
        assert book[name][0][0].startswith(NOT_DATA)
    reading = sent_back({"Random": book["Random"], "Spares": book["Spares"]})
    assert reading.tables == {}
    assert [rule for _, _, rule, _ in reading.rejects] == ["sheet_empty"]
    assert reading.dropped_count == reading.cell_count > 20


def test_without_account_numbers_no_token_stands_where_an_account_is_read() -> None:
    book = sheets(None)
    tokens = set(SHOP["claim_token"])
    assert not tokens & {cell for row in book["Reviews"] for cell in row}
    assert tokens >= {row[2] for row in book["Random"][2:]}
    rejected = {(row, column) for row, column, _, _ in sent_back(filled(book, **REVIEWED)).rejects if column == "claim_token"}
    assert len(rejected) == len(book["Reviews"]) - 1


def test_every_chart_drawn_is_on_one_list_and_spares_are_in_their_order() -> None:
    book = sheets()
    listed = {name: [row[2] for row in book[name][2:]] for name in ("Random", "Risk", "Spares")}
    ordered = PLAN.sample.sort("draw_no")
    assert listed["Random"] == ordered.filter((pl.col("stratum_code") == "random") & ~pl.col("is_spare"))["claim_token"].to_list()
    assert listed["Risk"] == ordered.filter((pl.col("stratum_code") == "risk") & ~pl.col("is_spare"))["claim_token"].to_list()
    assert sorted(listed["Spares"]) == ordered.filter("is_spare")["claim_token"].sort().to_list()
    assert len(listed["Risk"]) > 0


def test_the_same_plan_gives_the_same_bytes_and_no_formula() -> None:
    raw = sample_workbook(PLAN, ACCOUNTS)
    assert raw == sample_workbook(PLAN, ACCOUNTS)
    assert "=C2" in {row[sheets()["Random"][1].index("Coder")] for row in sheets()["Random"][2:]}
    assert [row for row in sheets()["Plan"] if PLAN.sample["frame_hash"][0] in row]


def test_the_plan_in_numbers_holds_no_chart() -> None:
    coders = by_coder(PLAN.sample)
    assert coders.select("coder_id", "chart_count", "random_count").rows() == [("=C2", 7, 4), ("C1", 12, 5)]
    told_once = "\n".join(plan_text(PLAN)) + str(as_values(PLAN))
    assert not any(token in told_once for token in SHOP["claim_token"])
    assert as_values(PLAN)["random_count"] == 9
    assert "9 of 19 charts at random" in told_once
