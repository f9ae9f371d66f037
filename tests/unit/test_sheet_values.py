"""Cells in every form people write them: dates, money, words, codes, identifiers; what is ambiguous is refused, never bent."""

from decimal import Decimal as D

import polars as pl
import pytest

from rcm_pipeline.intake.sheets.cells import amounts, parse
from rcm_pipeline.intake.sheets.codes import reasons_of
from rcm_pipeline.intake.sheets.dates import dates
from rcm_pipeline.x12.values import MONEY
from tests.unit.sheet_reading import adjustments, remits, rules, tables_of_sheet, text, values

HEAD = "Account Number,Payment Date,Service Date,CPT,Billed,Paid"


@pytest.mark.parametrize(
    "written",
    [
        "2026-08-03", "2026-08-03T23:59:00Z", "2026-08-03T00:00:00-05:00", "2026-08-03 00:00:00.000", "2026/8/3", "8/3/2026", "08/03/26",
        "8/3/2026 2:05 PM", "08-03-2026", "20260803", "20260803120000", "3-Aug-2026", "03AUG26", "Aug 3, 2026", "August 3rd 2026",
        "Monday, August 3, 2026", "3 August 2026", "46237", "46237.5",
    ],
)  # fmt: skip
def test_a_date_in_every_form(written: str) -> None:
    assert str(pl.DataFrame({"day": [written]}).select(dates("day", "month_first")).item()) == "2026-08-03"


@pytest.mark.parametrize("written", ["2026-13-01", "02/30/2026", "13/13/2026", "soon", "8/2026", "1234", "99999"])
def test_what_is_no_date_is_none(written: str) -> None:
    assert pl.DataFrame({"day": [written]}).select(dates("day", "month_first")).item() is None


def dates_of(*rows: str, **settings: object) -> list[tuple[str | None, ...]]:
    return values(tables_of_sheet(text(HEAD, *rows), **settings), "raw_remit_lines", "service_from_date")


def test_the_order_of_day_and_month_is_that_of_the_column_or_of_the_sheet() -> None:
    assert dates_of("A1,13/08/2026,02/06/2026,99213,1,1", "A2,03/08/2026,04/06/2026,99213,1,1") == [("2026-06-02",), ("2026-06-04",)]
    assert dates_of("A1,08/13/2026,02/06/2026,99213,1,1") == [("2026-02-06",)]
    assert dates_of("A1,2026-08-13,02/06/2026,99213,1,1", date_order="day_first") == [("2026-06-02",)]


def test_a_column_that_proves_both_orders_is_refused_with_the_way_to_say_it() -> None:
    tables = tables_of_sheet(text(HEAD, "A1,13/08/2026,2026-06-02,99213,1,1", "A2,08/14/2026,2026-06-02,99213,1,1"))
    assert remits(tables) == []
    assert rules(tables) == [(None, "date_order_ambiguous")]
    assert "date_order" in tables["raw_rejects"]["reason"].item()


def money_of(written: list[str]) -> list[D | None]:
    return amounts(pl.DataFrame({"cell": written})).select(parse(pl.col("cell"), MONEY)).to_series().to_list()


def test_money_in_every_form() -> None:
    written = [
        "$(80.00)",
        "($30.00)",
        "-$80.00",
        "$30.00-",
        "USD 1,234.50",
        "€5",
        "-",
        "–",
        "0",
        "$ -",
        "1 234.50",
        "(-5)",
        "12,345,6",
        "1e3",
    ]
    read = money_of(written)
    wanted = [
        D("-80.00"),
        D("-30.00"),
        D("-80.00"),
        D("-30.00"),
        D("1234.50"),
        D("5.00"),
        D(0),
        D(0),
        D(0),
        D(0),
        D("1234.50"),
        None,
        None,
        None,
    ]
    assert read == wanted


def test_a_decimal_comma_only_where_the_whole_column_has_one() -> None:
    def read(*cells: str) -> list[D | None]:
        return money_of(list(cells))

    assert read("1.234,50", "80,00", "7") == [D("1234.50"), D("80.00"), D("7.00")]
    assert read("1,234.50", "80,00") == [D("1234.50"), None]
    assert read("1,234", "2,500") == [D("1234.00"), D("2500.00")]


@pytest.mark.parametrize(
    ("cell", "codes", "remarks"),
    [
        ("CO-45", [("CO", "45")], []), ("co 197", [("CO", "197")], []), ("CO45", [("CO", "45")], []), ("PR1,PR2", [("PR", "1"), ("PR", "2")], []),
        ("CO-45, 42", [("CO", "45"), ("CO", "42")], []), ("197", [(None, "197")], []), ("OA-B7; N115", [("OA", "B7")], ["N115"]),
        ("CO-197: Precertification absent", [("CO", "197")], []), ("29 - The time limit has expired", [(None, "29")], []), ("CO-50 CO-45", [("CO", "50"), ("CO", "45")], []),
        ("Prior authorization missing", [(None, "197")], []), ("Not deemed medically necessary", [(None, "50")], []), ("TIMELY_FILING", [(None, "29")], []),
        ("Duplicate claim", [(None, "18")], []), ("Deductible", [("PR", "1")], []), ("MA130", [], ["MA130"]), ("AUTH", [(None, "197")], []),
    ],
)  # fmt: skip
def test_reasons_as_codes_with_groups_or_in_words(cell: str, codes: list[tuple[str | None, str]], remarks: list[str]) -> None:
    reasons = reasons_of(cell, {})
    assert (list(reasons.codes), list(reasons.remarks), reasons.is_known) == (codes, remarks, True)


def test_a_reason_nobody_knows_is_a_denial_without_a_usable_cause_unless_the_client_names_it() -> None:
    rows = ("Claim ID,Payment Date,Status,Billed,Paid,Denial Reason", "A1,2026-08-01,Denied,100,0,Moon phase")
    tables = tables_of_sheet(text(*rows))
    assert remits(tables) == [("A1", "4", "100.00", "0.00")]
    assert adjustments(tables) == [(None, None, "100.00")]
    assert (2, "reason_unknown") in rules(tables, "raw_findings")
    assert "Moon" not in str([tables[name].to_dicts() for name in tables])
    named = tables_of_sheet(text(*rows), words={"reason_words": {"Moon phase": "CO-50"}})
    assert adjustments(named) == [("CO", "50", "100.00")]


def test_codes_with_modifiers_lists_of_diagnoses_and_numbers_of_another_system() -> None:
    rows = (
        "Claim ID,DOS,CPT,Modifiers,Charge,Diagnosis Codes,Dx5",
        '1,2026-06-01,99213-25,59,10,"E11.9, I10;J45.909",Z00.00',
        "2,2026-06-01,99214 25 59,,10,44054006,",
        "3,2026-06-01,HC:93000:26,,10,,",
    )
    tables = tables_of_sheet(text(*rows))
    assert values(tables, "raw_claim_lines", "procedure_code", "modifier_1_code", "modifier_2_code") == [
        ("99213", "25", "59"),
        ("99214", "25", "59"),
        ("93000", "26", None),
    ]
    assert values(tables, "raw_claim_diagnoses", "diagnosis_code") == [("E119",), ("I10",), ("J45909",), ("Z0000",)]
    assert rules(tables, "raw_findings") == [(3, "cell_unreadable")]


@pytest.mark.parametrize(("cell", "read"), [('"=""0012"""', "0012"), ("'0012", "0012"), ("\u200b0012\u00a0", "0012"), ("0012", "0012")])
def test_an_identifier_keeps_its_zeros_and_loses_its_guards(cell: str, read: str) -> None:
    assert remits(tables_of_sheet(text(HEAD, f"{cell},2026-08-01,2026-06-01,99213,1,1")))[0][0] == read


def test_an_identifier_in_scientific_form_is_none() -> None:
    tables = tables_of_sheet(text(HEAD, "1.23457E+11,2026-08-01,2026-06-01,99213,1,1", "A2,2026-08-01,2026-06-01,99213,1,1"))
    assert [row[0] for row in remits(tables)] == ["A2"]
    assert rules(tables) == [(2, "cell_unreadable")]
    assert (2, "identifier_inexact") in rules(tables, "raw_findings")


def test_nothing_is_written_in_many_ways() -> None:
    tables = tables_of_sheet(
        text(
            "Account Number,Payment Date,Billed,Allowed,Paid,Reason Code",
            "A1,2026-08-01,100,NULL,-,50",
            "A2,2026-08-01,100,#N/A,nan,50",
            "A3,2026-08-01,100,,80,n/a",
        )
    )
    assert [row[-1] for row in remits(tables)] == ["0.00", "0.00", "80.00"]
    assert rules(tables) == []


def test_a_department_is_no_line_number() -> None:
    tables = tables_of_sheet(text("Account Number,Payment Date,Service Line,Billed,Paid", "A1,2026-08-01,Cardiology,100,100"))
    assert remits(tables) == [("A1", "1", "100.00", "100.00")]
    assert (None, "column_other") in rules(tables, "raw_findings")


def test_rows_of_one_line_are_folded_only_where_their_adjustments_make_it_up() -> None:
    head = "Account Number,Payment Date,CPT,Billed,Paid,Group,Reason Code,Adjustment Amount"
    one = tables_of_sheet(text(head, "A1,2026-08-01,99213,100,50,CO,45,20", "A1,2026-08-01,99213,100,50,PR,2,30"))
    assert (remits(one), one["raw_remit_lines"].height) == ([("A1", "1", "100.00", "50.00")], 1)
    two = tables_of_sheet(text(head, "A1,2026-08-01,99213,100,50,CO,45,50", "A1,2026-08-01,99213,100,50,PR,2,50"))
    assert (remits(two), two["raw_remit_lines"].height) == ([("A1", "1", "200.00", "100.00")], 2)


def test_what_the_patient_owes_stands_in_columns_of_its_own() -> None:
    tables = tables_of_sheet(
        text("Account Number,Payment Date,Billed,Paid,Deductible,Coins,Copay,Adj Reason", "A1,2026-08-01,100,60,10,5,0,CO-45")
    )
    assert adjustments(tables) == [("CO", "45", "25.00"), ("PR", "1", "10.00"), ("PR", "2", "5.00")]


def test_a_line_that_does_not_pay_its_charge_less_its_adjustments_is_a_finding_with_both_amounts() -> None:
    head = "Account Number,Payment Date,CPT,Billed,Paid,Group,Reason Code,Adjustment Amount"
    tables = tables_of_sheet(text(head, "A1,2026-08-01,99213,100,80,CO,45,20", "A2,2026-08-01,99213,100,80,CO,45,15"))
    found = tables["raw_findings"].filter(pl.col("rule") == "line_out_of_balance")
    assert found.select("row_no", "stated_amount", "computed_amount", "difference_amount").rows() == [
        (3, D("80.00"), D("85.00"), D("-5.00"))
    ]
    without = tables_of_sheet(text("Account Number,Payment Date,CPT,Billed,Paid", "A1,2026-08-01,99213,100,80"))
    assert "line_out_of_balance" not in without["raw_findings"]["rule"].to_list()
