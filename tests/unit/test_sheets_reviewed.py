"""Exports a second reader made against the finished intake: what they gave wrongly, they must give rightly for good."""

import pytest

from tests.unit.sheet_reading import adjustments, kind, remits, rules, tables_of_sheet, text, values


@pytest.mark.parametrize("flag", ["is_denied", "Denial Flag", "denied"])
@pytest.mark.parametrize(("no", "yes"), [("0", "1"), ("False", "True"), ("N", "Y")])
def test_yes_and_no_under_denied_is_not_a_status_of_an_835(flag: str, no: str, yes: str) -> None:
    sheet = text(
        f"claim_id,payment_date,billed_amount,paid_amount,{flag},carc_code",
        f"1,2026-01-05,150,100,{no},",
        f"2,2026-01-06,1800,0,{yes},CO-197",
    )
    tables = tables_of_sheet(sheet)
    assert remits(tables) == [("1", "1", "150.00", "100.00"), ("2", "4", "1800.00", "0.00")]
    assert adjustments(tables) == [("CO", "197", "1800.00")]


def test_an_approval_that_says_no_is_a_denial() -> None:
    tables = tables_of_sheet(text("claim_id,billed_amount,ClaimApproved", "1,150.00,1", "2,1800.00,0"))
    assert [row[:2] for row in remits(tables)] == [("1", "1"), ("2", "4")]


def test_an_open_row_among_denials_and_payments_stays_open() -> None:
    head = "claim_id,payer,service_date,billed_amount,paid_amount,denial_code,denial_date"
    tables = tables_of_sheet(text(head, "1,A,2026-01-15,450,300,,", "2,B,2026-01-16,200,0,CO-50,2026-02-10", "3,B,2026-01-17,220,0,,"))
    assert [row[:2] for row in remits(tables)] == [("1", "1"), ("2", "4")]
    assert (None, "rows_undecided") in rules(tables, "raw_findings")


@pytest.mark.parametrize(
    "rows",
    [
        (
            "CLAIMID,TYPE,AMOUNT,FROMDATE,PAYMENTS,OUTSTANDING",
            "c1,CHARGE,129.16,2015-06-01,,129.16",
            "c1,PAYMENT,29.16,2015-06-01,29.16,100",
            "c1,TRANSFERIN,100,2015-06-01,,100",
        ),
        (
            "Claim ID,Service Date,Charges,Payments,Activity Type",
            "T1,2026-07-01,185,0,Charge",
            "T1,2026-07-01,0,60,Payment",
            "T1,2026-07-01,0,-125,Adjustment",
        ),
    ],
)
def test_a_ledger_is_no_list_of_claims(rows: tuple[str, ...]) -> None:
    tables = tables_of_sheet(text(*rows))
    assert (tables["raw_claims"].height, tables["raw_remits"].height) == (0, 0)
    assert rules(tables)


def test_balances_with_their_age_are_an_ageing_whatever_else_stands_there() -> None:
    tables = tables_of_sheet(
        text(
            "Account Number,DOS,Total Charges,Total Payments,Current Balance,0-30 Days Amount,31-60 Days Amount",
            "A1,01/15/2026,500,100,400,0,400",
        )
    )
    assert kind(tables) == "receivables"
    outcome = text("claim_id,submitted_date,billed,paid,claim_status,denial_code,balance,aging_days", "1,2026-01-05,100,80,Paid,,20,45")
    assert kind(tables_of_sheet(outcome)) == "claim_outcomes"


def test_an_adjustment_beside_a_payment_is_an_entry_of_its_own_with_its_reason() -> None:
    sheet = text(
        "Claim ID,Payment Date,Payer,Payment Amount,Adjustment Amount,Adjustment Reason Code",
        "C1,2026-01-20,Aetna,80,50,CO-45",
        "C2,2026-01-20,Aetna,20,0,",
    )
    assert values(tables_of_sheet(sheet), "raw_postings", "claim_token", "posting_no", "posting_code", "carc_code", "posted_amount") == [
        ("C1", "1", "payment", None, "80.00"), ("C1", "2", "adjustment", "45", "50.00"), ("C2", "1", None, None, "20.00"),
    ]  # fmt: skip


def test_signs_are_turned_only_where_every_row_then_balances() -> None:
    head = "Claim ID,Post Date,Charge Amount,Payment Amount,Contractual Adjustment"
    tables = tables_of_sheet(text(head, "C1,2026-02-01,150,-80,-70", "C2,2026-02-02,200,-120,-80"))
    assert [row[2:] for row in remits(tables)] == [("150.00", "80.00"), ("200.00", "120.00")]
    mixed = tables_of_sheet(text(head, "C1,2026-02-01,150,-80,-70", "C2,2026-02-02,200,-120,-10"))
    assert [row[3] for row in remits(mixed)] == ["-80.00", "-120.00"]


def test_lines_with_a_status_of_their_own_are_one_claim_payment() -> None:
    sheet = text(
        "Claim ID,DOS,CPT,Billed,Paid,Line Status,Denial Code,Paid Date",
        "C1,1/15/2026,99213,150,100,Paid,,1/25/2026",
        "C1,1/15/2026,36415,20,0,Denied,CO-97,1/25/2026",
    )
    tables = tables_of_sheet(sheet)
    assert remits(tables) == [("C1", "1", "170.00", "100.00")]
    assert adjustments(tables) == [("CO", "97", "20.00")]


def test_a_denied_row_that_states_no_dollars_among_others_that_do_keeps_its_denied_dollars() -> None:
    tables = tables_of_sheet(
        text("Claim ID,Paid Date,Billed,Paid,Status,CARC,Adjustment", "C1,1/25/2026,200,0,Denied,197,0", "C2,1/25/2026,100,80,Paid,45,20")
    )
    assert adjustments(tables) == [(None, "197", "200.00"), (None, "45", "20.00")]


@pytest.mark.parametrize(
    ("headings", "cells", "counts"),
    [
        ("Total DX Codes,Correct DX Codes", "10,9", ("10", "9")),
        ("DX Codes Reviewed,DX Errors,CPT Codes Reviewed,CPT Errors", "10,1,5,0", ("15", "14")),
        ("ICD Total,ICD Errors", "10,2", ("10", "8")),
    ],
)
def test_counts_of_an_audit_by_kind_or_by_errors(headings: str, cells: str, counts: tuple[str, str]) -> None:
    tables = tables_of_sheet(text(f"Coder,Auditor,Audit Date,Account Number,{headings}", f"C001,Q01,01/20/2026,A1,{cells}"))
    assert values(tables, "raw_qa_reviews", "coder_code_count", "correct_code_count") == [counts]


def test_a_column_for_each_reason_is_a_reason() -> None:
    tables = tables_of_sheet(text("claim_id,check_date,billed,paid,CO-45,PR-1 Amount,OA-23", "C2,2026-01-25,200,150,40,10,"))
    assert adjustments(tables) == [("CO", "45", "40.00"), ("PR", "1", "10.00")]


def test_a_column_of_what_is_taken_off_is_never_passed_over_in_silence() -> None:
    tables = tables_of_sheet(text("claim_id,check_date,billed,paid,Sequestration Pct", "C2,2026-01-25,200,150,2"))
    assert (None, "columns_unread") in rules(tables, "raw_findings")
    assert "columns E speak" in tables["raw_findings"].filter(rule="columns_unread")["detail"].item()


def test_the_cells_decide_between_two_headings() -> None:
    described = tables_of_sheet(text("Claim ID,DOS,CPT,Procedure,Charge", "C1,2026-01-05,99213,Office visit,150"))
    assert values(described, "raw_claim_lines", "procedure_code") == [("99213",)]
    received = tables_of_sheet(text("Claim ID,DOS,Charge,Received,Group", "C1,2026-01-05,150,2026-02-01,Main Clinic"))
    assert (kind(received), rules(received)) == ("claims", [])


def test_a_number_that_is_another_in_every_row_is_no_payer() -> None:
    rows = [f"C{n},2026-01-05,150,Cigna,CIG22334{n}" for n in range(6)]
    tables = tables_of_sheet(text("Claim ID,DOS,Charge,Insurance Company,Payer ID", *rows))
    assert tables["raw_claims"]["payer_id"].null_count() == 6
    assert (None, "column_other") in rules(tables, "raw_findings")


def test_a_span_of_days_is_a_first_and_a_last_day() -> None:
    tables = tables_of_sheet(text("Claim ID,Date of Service,Charge", "C1,01/15/2026 - 01/17/2026,150", "C2,01/16/2026,150"))
    assert values(tables, "raw_claim_lines", "service_from_date", "service_to_date") == [("2026-01-15", "2026-01-17"), ("2026-01-16", None)]


def test_rejected_beside_accepted_is_a_clearinghouse_word() -> None:
    tables = tables_of_sheet(text("Claim ID,DOS,Charge,Status", "1,2026-01-05,10,Accepted by payer", "2,2026-01-05,10,Rejected"))
    assert remits(tables) == []
    denied = tables_of_sheet(
        text("Claim ID,Paid Date,Charge,Paid,Status", "1,2026-01-05,10,5,Finalized/Payment", "2,2026-01-05,10,0,Denied - Appeal Pending")
    )
    assert [row[1] for row in remits(denied)] == ["1", "4"]
