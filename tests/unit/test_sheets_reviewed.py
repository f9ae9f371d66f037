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


SIDE = (
    "Account Number,Payment Date,Billed,Paid,,Account Number,Denial Date,Billed,Reason Code",
    "A1,2026-08-01,100,80,,B1,2026-08-01,300,CO-50",
    "A2,2026-08-01,200,0,,B2,2026-08-01,400,CO-197",
)
COUNTS = ("Account Number,Payment Date,Billed,Paid,,Status,Count", "A1,2026-08-01,100,80,,Paid,1", "A2,2026-08-01,200,10,,,")


@pytest.mark.parametrize("rows", [SIDE, COUNTS])
def test_a_table_beside_another_gives_it_nothing(rows: tuple[str, ...]) -> None:
    tables = tables_of_sheet(text(*rows))
    assert [row[0] for row in remits(tables)] == ["A1", "A2"]
    assert adjustments(tables) == []
    assert {row[1] for row in remits(tables)} == {"1"}


def test_subtotals_as_a_spreadsheet_writes_them_and_averages_are_no_claims() -> None:
    rows = (
        "Account Number,Service Date,CPT,Charge",
        "A1,2026-06-01,99213,100",
        "A1,2026-06-01,36415,50",
        "A1 Total,,,150",
        "A2,2026-06-01,99214,200",
        "A2 Total,,,200",
        "Average,,,117",
        "Grand Total,,,350",
    )
    tables = tables_of_sheet(text(*rows))
    assert values(tables, "raw_claims", "claim_token", "charge_amount") == [("A1", "150.00"), ("A2", "200.00")]
    assert [row for row, rule in rules(tables) if rule == "total_row"] == [4, 6, 7, 8]


def test_a_last_row_of_counts_and_sums_is_none() -> None:
    rows = (
        "Account Number,Payment Date,CPT,Billed,Paid",
        "A1,2026-08-01,99213,100,80",
        "A2,2026-08-02,99214,200,50",
        "2,2026-08-31,,300,130",
    )
    tables = tables_of_sheet(text(*rows))
    assert ([row[0] for row in remits(tables)], rules(tables)) == (["A1", "A2"], [(4, "total_row")])


def test_a_comma_for_cents_in_one_column_says_what_points_are_in_the_others() -> None:
    rows = (
        "Account Number;Payment Date;Status;Billed;Paid;Allowed",
        "A1;03.08.2026;1;1.500;1.450,50;1 234,50",
        "A2;13.08.2026;4;2.000;0,00;",
    )
    tables = tables_of_sheet(text(*rows))
    assert [row[2:] for row in remits(tables)] == [("1500.00", "1450.50"), ("2000.00", "0.00")]
    assert values(tables, "raw_remit_lines", "allowed_amount")[0] == ("1234.50",)


@pytest.mark.parametrize("never", ["12/31/9999", "01/01/1900", "01/01/0001", "9999-12-31"])
def test_a_day_that_stands_for_none_is_no_day_and_moves_no_other(never: str) -> None:
    rows = (
        "Account Number,Payment Date,Service Date,Status,Billed,Paid",
        f"A1,{never},2026-06-01,Denied,100,0",
        "A2,,2026-06-01,Denied,100,0",
        "A3,2026-06-11,2026-06-01,Paid,100,90",
    )
    tables = tables_of_sheet(text(*rows))
    days = values(tables, "raw_payments", "payment_date", "production_date")
    assert sorted(days, key=str) == [("2026-06-11", None), (None, "2026-06-11"), (None, None)]
    assert (2, "cell_unreadable") in rules(tables, "raw_findings"), "A1 said a day that cannot be read; only A2 said none"


@pytest.mark.parametrize(
    "written", ["8/3/2026, 2:05 PM", "Aug 3, 2026, 2:05 PM", "Mon Aug 03 14:05:00 EDT 2026", "8/3/2026 2pm", "08032026"]
)
def test_days_as_programs_print_them(written: str) -> None:
    tables = tables_of_sheet(text("Account Number,Payment Date,Billed,Paid", f'A1,"{written}",100,80'))
    assert values(tables, "raw_payments", "payment_date") == [("2026-08-03",)]


def test_month_first_is_not_kept_where_it_puts_a_decision_before_its_service() -> None:
    tables = tables_of_sheet(
        text("Account Number,Payment Date,Service Date,Billed,Paid", "A1,03/08/2026,2026-06-01,1,1", "A2,04/08/2026,2026-06-01,1,1")
    )
    assert values(tables, "raw_payments", "payment_date") == [("2026-08-03",), ("2026-08-04",)]


@pytest.mark.parametrize("cell", ["#REF!", "#NUM!", "Err:502", "#####", "-", "?", "TBD", "unknown", "none", "2026-03-01", "TRUE"])
def test_what_is_no_identifier_names_no_claim(cell: str) -> None:
    tables = tables_of_sheet(text("Account Number,Payment Date,Billed,Paid", f"{cell},2026-08-01,100,80", "A2,2026-08-01,100,80"))
    assert [row[0] for row in remits(tables)] == ["A2"]
    assert (2, "cell_unreadable") in rules(tables)


def test_codes_that_passed_through_a_column_of_numbers_are_codes_again() -> None:
    tables = tables_of_sheet(
        text(
            "Account Number,Payment Date,Status,CPT,Billed,Paid,Reason Code",
            "12345.0,2026-08-01,1.0,99213.0,100.0,80.0,45.0",
            "'0012',2026-08-01,4.0,99214.0,100,0,197.0",
        )
    )
    assert remits(tables) == [("12345", "1", "100.00", "80.00"), ("0012", "4", "100.00", "0.00")]
    assert values(tables, "raw_remit_lines", "procedure_code") == [("99213",), ("99214",)]
    assert [row[1] for row in adjustments(tables)] == ["45", "197"]


def test_pages_with_a_heading_above_each_header_are_one_table() -> None:
    header = "Account Number,Payment Date,Payer,CPT,Billed,Paid"
    rows = (
        "ACME Billing,,,,,Page 1",
        header,
        "A1,2026-08-01,ACME,99213,100,80",
        "ACME Billing,,,,,Page 2",
        header,
        "A2,2026-08-01,ACME,99213,100,80",
    )
    assert [row[0] for row in remits(tables_of_sheet(text(*rows)))] == ["A1", "A2"]
    banded = ("Account,,Primary,,Secondary,", "Number,Check Date,Billed,Paid,Billed,Paid", "A1,2026-08-01,100,80,20,15")
    assert [row[0] for row in remits(tables_of_sheet(text(*banded, *banded[:2], "A2,2026-08-01,100,80,20,15")))] == ["A1", "A2"]


def test_an_error_cell_is_unreadable_and_not_nothing() -> None:
    tables = tables_of_sheet(
        text("Account Number,Payment Date,Billed,Allowed,Paid", "A1,2026-08-01,100,#VALUE!,80", "A2,2026-08-01,100,90,80")
    )
    assert (2, "cell_unreadable") in rules(tables, "raw_findings")


def test_line_ends_nulls_and_long_notes_end_no_file() -> None:
    rows = ("Account Number,Payment Date,Billed,Paid,Notes", f"A1,2026-08-01,100,80,{'x' * 300_000}", "A2,2026-08-01,100,80,")
    for content in (text(*rows), "\r".join(rows), text(*rows) + "\0\0\0", text(*rows).replace("A2", "A\x002")):
        assert [row[0] for row in remits(tables_of_sheet(content))] == ["A1", "A2"]


def test_a_cell_of_thousands_of_reasons_is_a_finding() -> None:
    tables = tables_of_sheet(
        text(
            "Account Number,Payment Date,Billed,Paid,Reason Code", f'A1,2026-08-01,100,0,"{"CO-45, " * 5000}"', "A2,2026-08-01,100,0,CO-50"
        )
    )
    assert (2, "reason_unknown") in rules(tables, "raw_findings")


OUTCOMES = "claim_id,submitted_date,cpt,service_date,billed,paid,status,paid_date,reason_code"


def test_a_line_is_sent_once_however_many_decisions_or_reasons_it_has() -> None:
    rows = (
        "C1,2026-01-01,99213,2026-01-01,100,50,Paid,2026-01-20,CO-45", "C1,2026-01-01,99213,2026-01-01,100,50,Paid,2026-01-20,PR-2",
        "C2,2026-01-01,99213,2026-01-01,100,80,Paid,2026-01-20,", "C2,2026-01-01,99213,2026-01-01,-100,-80,Reversal,2026-02-01,", "C2,2026-01-01,99213,2026-01-01,100,60,Paid,2026-02-01,",
        "C3,2026-01-01,99213,2026-01-01,100,,Pending,,", "C3,2026-01-01,99213,2026-01-01,100,70,Paid,2026-02-05,",
        "C4,2026-01-01,36415,2026-01-01,20,10,Paid,2026-01-20,", "C4,2026-01-01,36415,2026-01-01,20,10,Paid,2026-01-20,",
    )  # fmt: skip
    tables = tables_of_sheet(text(OUTCOMES, *rows))
    assert values(tables, "raw_claims", "claim_token", "charge_amount") == [
        ("C1", "100.00"),
        ("C2", "100.00"),
        ("C3", "100.00"),
        ("C4", "40.00"),
    ]
    assert sorted(remits(tables)) == [
        ("C1", "1", "100.00", "50.00"), ("C2", "1", "100.00", "60.00"), ("C2", "1", "100.00", "80.00"), ("C2", "22", "-100.00", "-80.00"),
        ("C3", "1", "100.00", "70.00"), ("C4", "1", "40.00", "20.00"),
    ]  # fmt: skip
    assert adjustments(tables) == [("CO", "45", "50.00"), ("PR", "2", None)]
