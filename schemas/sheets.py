"""Exports of claims and remittances as sheets: what their columns mean before they become raw tables. One row per service line."""

from schemas.contract import Contract, Count, Date, Money, Quantity, Text, column

_ROW = "row of the sheet, the header being row 1"


class SheetClaims(Contract):
    """One row per service line of a claim, as practice management systems export them."""

    row_no: Count = column(_ROW, ge=2, key=True)
    claim_token: Text = column("account (patient control number)")
    claim_type_code: Text = column("P professional, I institutional, D dental; when absent told by the revenue code", nullable=True)
    created_date: Date = column("day the claim was sent", nullable=True)
    frequency_code: Text = column("1 original, 7 replacement, 8 void", nullable=True)
    place_code: Text = column("place of service or facility type", nullable=True)
    filing_indicator_code: Text = column("kind of payer", nullable=True)
    payer_name: Text = column("payer", nullable=True)
    payer_id: Text = column("payer's identifier", nullable=True)
    member_token: Text = column("member number", nullable=True)
    billing_npi: Text = column("billing provider", nullable=True)
    rendering_npi: Text = column("rendering provider", nullable=True)
    procedure_code: Text = column("CPT, HCPCS or CDT code", nullable=True)
    modifier_1_code: Text = column("first modifier", nullable=True)
    modifier_2_code: Text = column("second modifier", nullable=True)
    revenue_code: Text = column("revenue code", nullable=True)
    charge_amount: Money = column("charge of the line, dollars")
    units: Quantity = column("units", nullable=True)
    service_from_date: Date = column("first date of service", nullable=True)
    service_to_date: Date = column("last date of service", nullable=True)
    diagnosis_1_code: Text = column("principal diagnosis", nullable=True)
    diagnosis_2_code: Text = column("second diagnosis", nullable=True)
    diagnosis_3_code: Text = column("third diagnosis", nullable=True)
    diagnosis_4_code: Text = column("fourth diagnosis", nullable=True)


class SheetRemittances(Contract):
    """One row per adjudicated line; a row that repeats a line number adds a further adjustment to that line."""

    row_no: Count = column(_ROW, ge=2, key=True)
    claim_token: Text = column("account (patient control number)")
    payment_date: Date = column("date of the payment or decision")
    payer_name: Text = column("payer", nullable=True)
    payer_id: Text = column("payer's identifier", nullable=True)
    status_code: Text = column("claim status (CLP02); where absent 1, or 22 for a negative charge", nullable=True)
    icn_token: Text = column("payer's claim number", nullable=True)
    line_no: Count = column("line of the claim; when absent every row is a line of its own", nullable=True)
    procedure_code: Text = column("code adjudicated", nullable=True)
    modifier_1_code: Text = column("first modifier", nullable=True)
    modifier_2_code: Text = column("second modifier", nullable=True)
    revenue_code: Text = column("revenue code", nullable=True)
    service_from_date: Date = column("first date of service", nullable=True)
    service_to_date: Date = column("last date of service", nullable=True)
    charge_amount: Money = column("charge of the line, dollars")
    paid_amount: Money = column("paid on the line, dollars")
    allowed_amount: Money = column("allowed, dollars", nullable=True)
    group_code: Text = column("CO, PR, OA, PI or CR", nullable=True)
    carc_code: Text = column("claim adjustment reason code", nullable=True)
    adjustment_amount: Money = column("dollars of that adjustment", nullable=True)
    group_2_code: Text = column("group of a second adjustment in the same row", nullable=True)
    carc_2_code: Text = column("reason of the second adjustment", nullable=True)
    adjustment_2_amount: Money = column("dollars of the second adjustment", nullable=True)
    rarc_code: Text = column("remark code", nullable=True)
