"""Raw tables of what people keep beside the payer's files: denial logs, appeals, postings, balances, productivity."""

from schemas.contract import Contract, Count, Date, Money, Quantity, Text, column
from schemas.raw import FILE

_ROW = "row of the sheet, counted from 1 as the sheet shows it"
_ACCOUNT = "pseudonym of the account (patient control number)"
_STAFF = "staff number; a token when the sheet names a person"
WORK = ["open", "in_review", "appealed", "resolved", "written_off", "closed", "other"]
APPEAL_OUTCOMES = ["pending", "overturned", "partial", "upheld", "withdrawn", "none", "other"]
POSTINGS = [
    "charge", "payment", "patient_payment", "reversal", "contractual", "write_off", "adjustment", "refund", "transfer", "other",
]  # fmt: skip


class RawLoggedDenials(Contract):
    """One row per denial of a denial log or work queue. It tells of a denial and of the work on it; it is no decision of its own."""

    file_id: Text = column(FILE, key=True)
    row_no: Count = column(_ROW, ge=2, key=True)
    claim_token: Text = column(_ACCOUNT)
    payer_name: Text = column("payer", nullable=True)
    payer_id: Text = column("payer's identifier", nullable=True)
    denied_date: Date = column("day of the denial", nullable=True)
    group_code: Text = column("CO, PR, OA, PI or CR", nullable=True)
    carc_code: Text = column("reason code, as given or as the words of the reason mean; null when neither says", nullable=True)
    rarc_code: Text = column("remark code", nullable=True)
    procedure_code: Text = column("code denied; null when the log is of claims", nullable=True)
    service_from_date: Date = column("date of service", nullable=True)
    charge_amount: Money = column("charge, dollars", nullable=True)
    denied_amount: Money = column("denied, dollars", nullable=True)
    recovered_amount: Money = column("recovered since, dollars", nullable=True)
    work_code: Text = column("where the work stands", nullable=True, isin=WORK)
    staff_id: Text = column(_STAFF, nullable=True)
    appeal_date: Date = column("day of the appeal", nullable=True)
    due_date: Date = column("last day to appeal", nullable=True)
    appeal_outcome_code: Text = column("what became of the appeal", nullable=True, isin=APPEAL_OUTCOMES)


class RawAppeals(Contract):
    """One row per appeal of an appeal tracker."""

    file_id: Text = column(FILE, key=True)
    row_no: Count = column(_ROW, ge=2, key=True)
    claim_token: Text = column(_ACCOUNT)
    payer_name: Text = column("payer", nullable=True)
    payer_id: Text = column("payer's identifier", nullable=True)
    appeal_level_code: Text = column("1, 2 or external", nullable=True, isin=["1", "2", "3", "external", "other"])
    appeal_date: Date = column("day it was sent", nullable=True)
    due_date: Date = column("last day to send it", nullable=True)
    decided_date: Date = column("day it was decided", nullable=True)
    appeal_outcome_code: Text = column("what became of it", nullable=True, isin=APPEAL_OUTCOMES)
    appealed_amount: Money = column("dollars appealed", nullable=True)
    recovered_amount: Money = column("dollars won", nullable=True)
    staff_id: Text = column(_STAFF, nullable=True)


class RawPostings(Contract):
    """One row per entry of a payment or posting journal: money booked to an account, not a payer's decision."""

    file_id: Text = column(FILE, key=True)
    row_no: Count = column(_ROW, ge=2, key=True)
    posting_no: Count = column("ordinal in its row: 2 is the adjustment booked beside a payment", ge=1, key=True)
    claim_token: Text = column(_ACCOUNT)
    payer_name: Text = column("payer", nullable=True)
    payer_id: Text = column("payer's identifier", nullable=True)
    posting_date: Date = column("day it was posted")
    posting_code: Text = column("kind of entry; null when the sheet does not say", nullable=True, isin=POSTINGS)
    procedure_code: Text = column("code it was posted to", nullable=True)
    group_code: Text = column("CO, PR, OA, PI or CR", nullable=True)
    carc_code: Text = column("reason code of an adjustment", nullable=True)
    posted_amount: Money = column("dollars, with the sign of the sheet")
    staff_id: Text = column(_STAFF, nullable=True)


class RawReceivables(Contract):
    """One row per balance of an A/R ageing: what is open by the sender's books, to be reconciled, never counted as claims."""

    file_id: Text = column(FILE, key=True)
    row_no: Count = column(_ROW, ge=2, key=True)
    claim_token: Text = column(_ACCOUNT + "; null when the ageing is by payer", nullable=True)
    payer_name: Text = column("payer", nullable=True)
    payer_id: Text = column("payer's identifier", nullable=True)
    service_from_date: Date = column("date of service", nullable=True)
    as_of_date: Date = column("day of the balance", nullable=True)
    age_days: Count = column("age of the balance, days", nullable=True)
    balance_amount: Money = column("open, dollars", nullable=True)
    age_0_30_amount: Money = column("of it open up to 30 days", nullable=True)
    age_31_60_amount: Money = column("31 to 60 days", nullable=True)
    age_61_90_amount: Money = column("61 to 90 days", nullable=True)
    age_91_120_amount: Money = column("91 to 120 days", nullable=True)
    age_over_120_amount: Money = column("over 120 days", nullable=True)


class RawWorkedDays(Contract):
    """One row per person, day and activity of a productivity log."""

    file_id: Text = column(FILE, key=True)
    row_no: Count = column(_ROW, ge=2, key=True)
    staff_id: Text = column(_STAFF)
    worked_date: Date = column("day of the work")
    activity_code: Text = column("activity", nullable=True)
    work_count: Count = column("things worked", nullable=True, ge=0)
    hours: Quantity = column("hours worked", nullable=True)
    minutes: Quantity = column("minutes worked", nullable=True)
