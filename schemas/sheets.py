"""Exports of claims and remittances as sheets: what their columns mean before they become raw tables.

Where a row holds several of a thing, its further columns are numbered: carc_2_code, adjustment_2_amount, diagnosis_5_code.
"""

from schemas.contract import Contract, Count, Date, Money, Quantity, Text, column

_ROW = "row of the sheet, counted from 1 as the sheet shows it"


class _SheetLine(Contract):
    """What rows of claims and of their decisions have in common. One row per service line, or per claim."""

    row_no: Count = column(_ROW, ge=2, key=True)
    claim_token: Text = column("account (patient control number)")
    payer_name: Text = column("payer", nullable=True)
    payer_id: Text = column("payer's identifier", nullable=True)
    procedure_code: Text = column("CPT, HCPCS or CDT code", nullable=True)
    modifier_1_code: Text = column("first modifier; further ones are numbered on", nullable=True)
    revenue_code: Text = column("revenue code", nullable=True)
    units: Quantity = column("units", nullable=True)
    service_from_date: Date = column("first date of service", nullable=True)
    service_to_date: Date = column("last date of service", nullable=True)
    charge_amount: Money = column("charge of the line, or of the claim where a row is a claim, dollars", nullable=True)
    claim_charge_amount: Money = column("charge of the whole claim, repeated on its rows, beside that of the line", nullable=True)


class SheetClaims(_SheetLine):
    """Claims as practice management systems export them: one row per service line, or per claim."""

    claim_type_code: Text = column("P professional, I institutional, D dental; when absent told by the revenue code", nullable=True)
    created_date: Date = column("day the claim was sent", nullable=True)
    frequency_code: Text = column("1 original, 7 replacement, 8 void", nullable=True)
    place_code: Text = column("place of service or facility type", nullable=True)
    bill_type_code: Text = column("type of bill: facility type and frequency in one", nullable=True)
    filing_indicator_code: Text = column("kind of payer", nullable=True)
    member_token: Text = column("member number", nullable=True)
    billing_npi: Text = column("billing provider", nullable=True)
    rendering_npi: Text = column("rendering provider", nullable=True)
    diagnosis_1_code: Text = column("principal diagnosis; further ones are numbered on", nullable=True)


class _SheetDecision(Contract):
    """What a payer decided, beside the columns of a line."""

    payment_date: Date = column("date of the payment or decision", nullable=True)
    denied_date: Date = column("date of the denial; stands where no date of payment is given", nullable=True)
    status_code: Text = column("claim status (CLP02), also in words; where absent 1, or 22 for a negative charge", nullable=True)
    denied_flag: Text = column("yes or no under a heading such as Is Denied", nullable=True)
    approved_flag: Text = column("yes or no under a heading such as Claim Approved", nullable=True)
    icn_token: Text = column("payer's claim number", nullable=True)
    line_no: Count = column("line of the claim; when absent rows equal in all but their adjustment are one line", nullable=True)
    paid_amount: Money = column("paid on the line, dollars; nothing where the row is denied and says none", nullable=True)
    claim_paid_amount: Money = column("paid on the whole claim, repeated on its rows, beside that of the line", nullable=True)
    allowed_amount: Money = column("allowed, dollars", nullable=True)
    patient_amount: Money = column("what the patient owes in all, dollars", nullable=True)
    deductible_amount: Money = column("the patient's deductible in it (PR-1), dollars", nullable=True)
    coinsurance_amount: Money = column("the patient's coinsurance in it (PR-2), dollars", nullable=True)
    copay_amount: Money = column("the patient's copayment in it (PR-3), dollars", nullable=True)
    group_code: Text = column("CO, PR, OA, PI or CR; further ones are numbered on", nullable=True)
    carc_code: Text = column("claim adjustment reason code; further ones are numbered on", nullable=True)
    adjustment_amount: Money = column("dollars of that adjustment; further ones are numbered on", nullable=True)
    rarc_code: Text = column("remark code; further ones are numbered on", nullable=True)
    reason_words: Text = column("reason in words or in the sender's own code, taken as the reason code it means", nullable=True)


class SheetRemittances(_SheetLine, _SheetDecision):
    """Payments and denials as an export shows them: one row per adjudicated line, adjustment or claim."""


class SheetClaimOutcomes(SheetClaims, _SheetDecision):
    """Claims together with what became of them: a row is sent, and decided where its status, payment or reason says so."""
