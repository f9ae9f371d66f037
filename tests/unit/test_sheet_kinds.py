"""A sheet is of the kind that all its columns say, and what its rows decide is what their words say."""

import pytest

from rcm_pipeline.errors import SettingsError
from rcm_pipeline.settings import parse_client_settings
from tests.unit.sheet_reading import adjustments, kind, remits, rules, tables_of_sheet, text, values

SHEETS = {
    "claims": ("CPT,Amount,DOS,PatientID,ProviderNPI,ClaimID,Modifier,ICD10", "99213,150.00,2026-05-15,M1,1234567890,C1,25,E11.9"),
    "remittances": ("Patient Acct #,Check Date,Payer,Proc Code,Billed Amt,Paid Amt,Adj Reason", "A1,2026-08-01,ACME,99213,100,80,CO-45"),
    "claim_outcomes": (
        "claim_id,submitted_date,payer_name,billed_amount,paid_amount,claim_status,denial_reason",
        "1,2026-01-05,Star,120,100,PAID,",
    ),
    "logged_denials": (
        "denial_id,claim_id,payer_name,denial_date,denial_code,denial_reason,denied_amount,appeal_deadline,assigned_to,status",
        "D1,C1,Aetna,2026-01-05,CO-197,Prior auth,500.00,2026-04-05,B01,OPEN",
    ),
    "appeals": ("claim_id,payer,appeal_level,appeal_date,appeal_outcome,recovered_amount", "C1,Aetna,First,2026-02-01,OVERTURNED,250"),
    "postings": ("Claim #,Posting Date,Transaction Type,Amount,Payer", "C1,2026-02-01,Ins Reversal,(80.00),Aetna"),
    "receivables": ("Account Number,Payer,DOS,Charges,Payments,0-30,31-60,61-90,Balance", "A1,Aetna,2026-01-01,100,20,0,80,0,80"),
    "worked_days": ("Date,Employee,Claims Worked,Hours", "2026-01-05,C002,45,7.5"),
    "qa_reviews": ("Account Number,Coder,Audit Date,Codes Reviewed,Codes Correct,Accuracy", "A1,C001,2026-01-05,10,9,90%"),
    "touches": ("Account Number,Work Date,Activity,Minutes", "A1,2026-11-02,call,5"),
}


@pytest.mark.parametrize("wanted", SHEETS)
def test_every_kind_is_told_from_its_columns(wanted: str) -> None:
    tables = tables_of_sheet(text(*SHEETS[wanted]))
    assert (kind(tables), rules(tables)) == (wanted, [])


@pytest.mark.parametrize("wanted", ["logged_denials", "appeals", "postings", "receivables"])
def test_what_is_no_claim_is_counted_as_none(wanted: str) -> None:
    tables = tables_of_sheet(text(*SHEETS[wanted]))
    assert (tables["raw_claims"].height, tables["raw_remits"].height, tables[f"raw_{wanted}"].height) == (0, 0, 1)


def test_words_of_status_decide_what_is_decided() -> None:
    words = {
        "Paid": "1", "APPROVED": "1", "Partially denied": "1", "denied": "4", "Rejected": "4", "Reversal": "22", "04": "4", "22": "22", "19": "19",
        "Pending": None, "In-Process": None, "submitted": None, "Frobnicated": None,
    }  # fmt: skip
    rows = [f"A{n},2026-08-01,{word},100,10" for n, word in enumerate(words)]
    tables = tables_of_sheet(text("Account Number,Payment Date,Status,Billed,Paid", *rows))
    assert {row[0]: row[1] for row in remits(tables)} == {f"A{n}": code for n, code in enumerate(words.values()) if code}
    assert rules(tables, "raw_findings")[0] == (2 + list(words).index("Frobnicated"), "word_unknown")


def test_a_reversal_in_a_word_takes_back_whatever_the_signs_of_its_row() -> None:
    head = "Account Number,Payment Date,Status,Billed,Paid,Group,Reason Code,Adjustment Amount"
    for row in (
        "A1,2026-08-10,Reversal,100,-80,CO,45,-20",
        "A1,2026-08-10,Reversal,-100,-80,CO,45,-20",
        "A1,2026-08-10,Reversal,100,80,CO,45,20",
    ):
        tables = tables_of_sheet(text(head, row))
        assert (remits(tables), adjustments(tables)) == ([("A1", "22", "-100.00", "-80.00")], [("CO", "45", "-20.00")])


def test_claims_with_their_outcome_are_sent_and_the_decided_ones_decided() -> None:
    head = "claim_id,submitted_date,payer,service_date,paid_date,billed_amount,paid_amount,claim_status,denial_code"
    rows = (
        "1,2026-01-01,P,2026-01-01,2026-01-11,100,80,Paid,",
        "2,2026-01-01,P,2026-01-01,2026-01-21,100,90,paid,",
        "3,2026-02-01,P,2026-02-01,,100,0,Denied,CO-29",
        "4,2026-02-01,P,2026-02-01,,100,,Pending,",
    )
    tables = tables_of_sheet(text(head, *rows))
    assert values(tables, "raw_claims", "claim_token") == [("1",), ("2",), ("3",), ("4",)]
    assert remits(tables) == [("1", "1", "100.00", "80.00"), ("2", "1", "100.00", "90.00"), ("3", "4", "100.00", "0.00")]
    paid = tables["raw_remits"].join(tables["raw_payments"], on="transaction_no").sort("claim_no")
    assert paid["payment_date"].cast(str).to_list() == ["2026-01-11", "2026-01-21", None]
    assert paid["production_date"].cast(str).to_list() == [None, None, "2026-02-16"], "15 days after it was sent, as the others took"
    assert {rule for _, rule in rules(tables, "raw_findings")} == {"rows_undecided", "decision_date_assumed", "amount_assumed"}


def test_the_day_of_denial_stands_for_a_missing_day_of_payment() -> None:
    sheet = text("Claim ID,Denial Date,Paid Date,Status,Billed,Paid", "1,2026-02-03,,Denied,100,0", "2,,2026-02-04,Paid,100,90")
    assert values(tables_of_sheet(sheet), "raw_payments", "payment_date") == [("2026-02-03",), ("2026-02-04",)]


def test_paid_rows_of_a_sheet_without_payments_stay_in_the_denominator() -> None:
    sheet = text(
        "ClaimID,PayerName,ClaimAmount,DenialStatus,ReasonCode,ProcessedDate", "1,A,100,Yes,CO-50,2026-01-05", "2,A,100,No,,2026-01-05"
    )
    tables = tables_of_sheet(sheet)
    assert [row[:2] for row in remits(tables)] == [("1", "4"), ("2", "1")]
    assert (None, "payment_assumed") in rules(tables, "raw_findings")


def test_counts_by_kind_of_code_and_a_review_without_a_number() -> None:
    head = "Account,Coder,Audit Date,CPT Reviewed,CPT Correct,ICD-10 Reviewed,ICD-10 Correct,Modifiers Reviewed,Modifiers Correct"
    tables = tables_of_sheet(text(head, "A1,C001,2026-01-05,3,2,5,5,1,1"))
    assert values(tables, "raw_qa_reviews", "review_token", "coder_code_count", "auditor_code_count", "correct_code_count") == [
        ("A1/C001/2026-01-05", "9", "9", "8")
    ]
    lists = "Account,Coder,Audit Date,Diagnosis Codes Pre-Audit,Diagnosis Codes Post-Audit,CPT Codes Pre-Audit,CPT Codes Post-Audit"
    tables = tables_of_sheet(text(lists, "A1,C001,2026-01-05,E11.9; I10,E11.65,99213,99214"))
    assert values(tables, "raw_qa_reviews", "coder_codes", "auditor_codes") == [("E11.9; I10; 99213", "E11.65; 99214")]


MAP = {
    "kind": "remittances", "columns": {"claim_token": "Fall", "icn_token": "Fall", "charge_amount": "Betrag", "paid_amount": "Bezahlt", "status_code": "Lage"},
    "stand_in_date": "2026-08-03", "negative": ["paid_amount"], "words": {"status_code": {"fertig": "1"}},
}  # fmt: skip


def test_a_map_states_what_cannot_be_guessed() -> None:
    tables = tables_of_sheet(text("Bericht", "Fall,Betrag,Bezahlt,Lage", "A1,100,-80,fertig"), sheets=[MAP])
    assert remits(tables) == [("A1", "1", "100.00", "80.00")]
    assert values(tables, "raw_remits", "icn_token") == [("A1",)]
    assert values(tables, "raw_payments", "payment_date") == [("2026-08-03",)]


def test_a_map_that_no_longer_fits_keeps_the_sheet_out() -> None:
    tables = tables_of_sheet(text("Fall,Betrag,Bezahlt am,Lage", "A1,100,80,fertig"), sheets=[MAP])
    assert (kind(tables), rules(tables)) == (None, [(1, "map_outdated")])
    named = {"remittances": {"paid_amount": "Zahlung"}}
    stale = tables_of_sheet(text("Account Number,Payment Date,CPT,Billed,Paid Amt", "A1,2026-08-01,99213,100,80"), headers=named)
    assert (kind(stale), rules(stale)) == (None, [(1, "map_outdated")])


@pytest.mark.parametrize(
    "wrong", ["kind = 'remits'\ncolumns = {claim_token = 'x'}", "kind = 'claims'\ncolumns = {claim_tokn = 'x'}", "kind = 'claims'"]
)
def test_a_wrong_map_is_named(wrong: str) -> None:
    with pytest.raises(SettingsError, match="sheets"):
        parse_client_settings(f"[[sheets]]\n{wrong}", "acme.toml")
