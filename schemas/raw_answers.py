"""Raw tables of answers: remittances, claim statuses and acknowledgements, as they were sent."""

from schemas.contract import Contract, Count, Date, Flag, Money, Quantity, Text, column
from schemas.raw import FILE, SEGMENT, TRANSACTION
from schemas.vocabulary.claims import STATUS_LEVELS


class RawPayments(Contract):
    """One row per 835 transaction: what a payer says it paid (BPR, TRN)."""

    file_id: Text = column(FILE, key=True)
    transaction_no: Count = column(TRANSACTION, ge=1, key=True)
    segment_no: Count = column(SEGMENT, ge=1)
    version: Text = column("implementation guide (ST03, else GS08); null when neither says", nullable=True)
    handling_code: Text = column("BPR01: I remittance with payment, H notification only …", nullable=True)
    payment_amount: Money = column("BPR02, dollars; null when absent or unreadable", nullable=True)
    credit_debit_code: Text = column("BPR03", nullable=True)
    method_code: Text = column("BPR04: ACH, CHK, NON …", nullable=True)
    payment_date: Date = column("BPR16: date of the check or transfer; null when absent", nullable=True)
    production_date: Date = column("DTM 405: date the payer closed its cycle; null when absent", nullable=True)
    trace_token: Text = column("pseudonym of the check or trace number (TRN02)", nullable=True)
    payer_name: Text = column("N1 PR", nullable=True)
    payer_id: Text = column("N104 of the payer", nullable=True)
    payer_secondary_id: Text = column("REF 2U of the payer", nullable=True)
    payee_npi: Text = column("NPI of the payee (N1 PE)", nullable=True)
    payee_token: Text = column("pseudonym of the payee's number where it is no NPI", nullable=True)


class RawRemits(Contract):
    """One row per claim payment (CLP): one payer's answer to one claim, at one time."""

    file_id: Text = column(FILE, key=True)
    transaction_no: Count = column(TRANSACTION, ge=1)
    claim_no: Count = column("ordinal of the CLP in the file, over all its transactions", ge=1, key=True)
    segment_no: Count = column(SEGMENT, ge=1)
    payer_name: Text = column("N1 PR that stands above it, where its transaction names more than one payer", nullable=True)
    payer_id: Text = column("N104 of that payer", nullable=True)
    claim_token: Text = column("pseudonym of the patient control number (CLP01); null when absent", nullable=True)
    status_code: Text = column("CLP02: how the claim was processed; says nothing about denial by itself", nullable=True)
    charge_amount: Money = column("CLP03, dollars; null when absent or unreadable", nullable=True)
    paid_amount: Money = column("CLP04, dollars; null when absent or unreadable", nullable=True)
    patient_responsibility_amount: Money = column("CLP05, dollars; null when absent", nullable=True)
    filing_indicator_code: Text = column("CLP06: kind of plan", nullable=True)
    icn_token: Text = column("pseudonym of the payer claim control number (CLP07)", nullable=True)
    place_code: Text = column("CLP08", nullable=True)
    frequency_code: Text = column("CLP09", nullable=True)
    drg_code: Text = column("CLP11", nullable=True)
    member_token: Text = column("pseudonym of the insured's member number (NM1 IL)", nullable=True)
    patient_token: Text = column("pseudonym of the patient's member number (NM1 QC)", nullable=True)
    rendering_npi: Text = column("NM1 82", nullable=True)
    original_icn_token: Text = column("pseudonym of the original payer claim control number (REF F8)", nullable=True)
    has_authorization: Flag = column("the payer echoed an authorization number (REF G1)")
    service_from_date: Date = column("DTM 232", nullable=True)
    service_to_date: Date = column("DTM 233", nullable=True)
    received_date: Date = column("DTM 050: date the payer received the claim", nullable=True)
    has_crossover: Flag = column("forwarded to another payer (NM1 TT)")


class RawRemitLines(Contract):
    """One row per service line of a claim payment (SVC)."""

    file_id: Text = column(FILE, key=True)
    transaction_no: Count = column(TRANSACTION, ge=1)
    claim_no: Count = column("claim payment the line belongs to", ge=1, key=True)
    line_no: Count = column("ordinal of the line in its claim payment", ge=1, key=True)
    segment_no: Count = column(SEGMENT, ge=1)
    code_qualifier: Text = column("kind of code adjudicated: HC procedure, NU revenue …", nullable=True)
    procedure_code: Text = column("code adjudicated", nullable=True)
    modifier_1_code: Text = column("first modifier", nullable=True)
    modifier_2_code: Text = column("second modifier", nullable=True)
    modifier_3_code: Text = column("third modifier", nullable=True)
    modifier_4_code: Text = column("fourth modifier", nullable=True)
    charge_amount: Money = column("SVC02, dollars; null when absent or unreadable", nullable=True)
    paid_amount: Money = column("SVC03, dollars; null when absent or unreadable", nullable=True)
    revenue_code: Text = column("SVC04", nullable=True)
    paid_units: Quantity = column("SVC05; null means one unit", nullable=True)
    billed_procedure_code: Text = column("SVC06: code billed, when the payer changed it", nullable=True)
    billed_units: Quantity = column("SVC07: units billed, when the payer changed them", nullable=True)
    service_from_date: Date = column("DTM 472, else DTM 150", nullable=True)
    service_to_date: Date = column("DTM 151", nullable=True)
    line_control_token: Text = column("pseudonym of the line control number (REF 6R)", nullable=True)
    allowed_amount: Money = column("AMT B6, dollars; null when the payer does not send it", nullable=True)


class RawAdjustments(Contract):
    """One row per adjustment triplet (CAS), at claim or line level."""

    file_id: Text = column(FILE, key=True)
    transaction_no: Count = column(TRANSACTION, ge=1)
    claim_no: Count = column("claim payment it belongs to", ge=1, key=True)
    line_no: Count = column("line it belongs to; null at claim level", nullable=True, ge=1)
    adjustment_no: Count = column("ordinal in its claim payment", ge=1, key=True)
    segment_no: Count = column(SEGMENT, ge=1)
    group_code: Text = column("CO, PR, OA, PI or CR; null when absent", nullable=True)
    carc_code: Text = column("claim adjustment reason code; null when absent", nullable=True)
    amount: Money = column("dollars taken off the charge (negative adds); null when absent or unreadable", nullable=True)
    quantity: Quantity = column("units adjusted; null when not sent", nullable=True)


class RawRemarks(Contract):
    """One row per remark code: LQ HE on a line, MIA or MOA on a claim."""

    file_id: Text = column(FILE, key=True)
    transaction_no: Count = column(TRANSACTION, ge=1)
    claim_no: Count = column("claim payment it belongs to", ge=1, key=True)
    line_no: Count = column("line it belongs to; null at claim level", nullable=True, ge=1)
    remark_no: Count = column("ordinal in its claim payment", ge=1, key=True)
    segment_no: Count = column(SEGMENT, ge=1)
    source_code: Text = column("segment it came in", isin=["LQ", "MIA", "MOA"])
    rarc_code: Text = column("remittance advice remark code")


class RawProviderAdjustments(Contract):
    """One row per provider-level adjustment (PLB pair): money that moved outside any claim."""

    file_id: Text = column(FILE, key=True)
    transaction_no: Count = column(TRANSACTION, ge=1, key=True)
    adjustment_no: Count = column("ordinal in its transaction", ge=1, key=True)
    segment_no: Count = column(SEGMENT, ge=1)
    provider_npi: Text = column("PLB01 when it is an NPI", nullable=True)
    fiscal_date: Date = column("PLB02: last day of the provider's fiscal year", nullable=True)
    reason_code: Text = column("WO overpayment recovery, FB balance forward, 72 refund, L6 interest …", nullable=True)
    reference_token: Text = column("pseudonym of the reference the payer gave", nullable=True)
    amount: Money = column("dollars; positive is taken from the payment", nullable=True)


class RawClaimStatuses(Contract):
    """One row per status of a 277CA (a composite of STC); one above the claims stands for every claim of its batch or provider."""

    file_id: Text = column(FILE, key=True)
    transaction_no: Count = column(TRANSACTION, ge=1)
    status_no: Count = column("ordinal of the status in the file", ge=1, key=True)
    segment_no: Count = column(SEGMENT, ge=1)
    level_code: Text = column("source, receiver, provider, claim or line", isin=STATUS_LEVELS)
    claim_no: Count = column("ordinal of the tracked claim in the file; null above the claims", nullable=True, ge=1)
    line_no: Count = column("ordinal of the line in its claim; null above the lines", nullable=True, ge=1)
    composite_no: Count = column("1 for STC01, 2 for STC10, 3 for STC11", ge=1)
    category_code: Text = column("claim status category: A1 and A2 accepted, A3, A6, A7 and A8 rejected …", nullable=True)
    status_code: Text = column("claim status code", nullable=True)
    entity_code: Text = column("whom the status is about", nullable=True)
    status_date: Date = column("STC02", nullable=True)
    action_code: Text = column("WQ accepted, U rejected (STC03)", nullable=True)
    charge_amount: Money = column("charge of the claim, or of the whole batch above the claims (STC04), dollars", nullable=True)
    batch_token: Text = column("pseudonym of the batch number (TRN02 of the receiver): BHT03 of the 837", nullable=True)
    provider_npi: Text = column("billing provider of the level", nullable=True)
    claim_token: Text = column("pseudonym of the patient control number (TRN02 of the claim); null above the claims", nullable=True)
    icn_token: Text = column("pseudonym of the payer's claim control number (REF 1K)", nullable=True)
    clearinghouse_token: Text = column("pseudonym of the clearinghouse's number (REF D9)", nullable=True)
    service_from_date: Date = column("first date of service (DTP 472)", nullable=True)
    service_to_date: Date = column("last date of service", nullable=True)
    procedure_code: Text = column("code of the line (SVC01-2)", nullable=True)
    line_charge_amount: Money = column("charge of the line (SVC02), dollars", nullable=True)
    line_control_token: Text = column("pseudonym of the line control number (REF FJ)", nullable=True)


class RawClaimStatusTotals(Contract):
    """One row per level of a 277CA above the claims that says how much of the batch was accepted and rejected."""

    file_id: Text = column(FILE, key=True)
    transaction_no: Count = column(TRANSACTION, ge=1)
    total_no: Count = column("ordinal in the file", ge=1, key=True)
    segment_no: Count = column(SEGMENT, ge=1)
    level_code: Text = column("source, receiver or provider", isin=STATUS_LEVELS)
    batch_token: Text = column("pseudonym of the batch number", nullable=True)
    accepted_count: Count = column("claims accepted (QTY 90 or QA)", nullable=True, ge=0)
    rejected_count: Count = column("claims rejected (QTY AA or QC)", nullable=True, ge=0)
    accepted_amount: Money = column("charges accepted (AMT YU), dollars", nullable=True)
    rejected_amount: Money = column("charges rejected (AMT YY), dollars", nullable=True)


class RawAcknowledgements(Contract):
    """One row per interchange (TA1), group (AK1) or transaction (AK2) that a 999, 997 or TA1 speaks of."""

    file_id: Text = column(FILE, key=True)
    acknowledgement_no: Count = column("ordinal in the file", ge=1, key=True)
    transaction_no: Count = column(TRANSACTION + "; null for a TA1", nullable=True, ge=1)
    segment_no: Count = column(SEGMENT, ge=1)
    source_code: Text = column("999, 997 or TA1", isin=["999", "997", "TA1"])
    level_code: Text = column("interchange, group or transaction", isin=["interchange", "group", "transaction"])
    set_code: Text = column("what was sent: HC (group of claims), 837 …", nullable=True)
    interchange_control_id: Text = column("ISA13 of what was sent (TA101); null below the interchange", nullable=True)
    group_control_id: Text = column("GS06 of what was sent (AK102); null for an interchange", nullable=True)
    transaction_control_id: Text = column("ST02 of what was sent (AK202); null above the transaction", nullable=True)
    sender_id: Text = column("who answers (ISA06 of the answer)", nullable=True)
    receiver_id: Text = column("who is answered (ISA08 of the answer)", nullable=True)
    interchange_date: Date = column("ISA09 of what was sent (TA102); null below the interchange", nullable=True)
    answered_date: Date = column("day of the answer (ISA09 of the answer)", nullable=True)
    status_code: Text = column(
        "A accepted, E accepted with errors, P partly, R, M, W or X rejected; null when none was given", nullable=True
    )
    included_count: Count = column("transactions in the group as it says (AK902); null elsewhere", nullable=True, ge=0)
    received_count: Count = column("transactions received (AK903)", nullable=True, ge=0)
    accepted_count: Count = column("transactions accepted (AK904)", nullable=True, ge=0)


class RawAcknowledgementErrors(Contract):
    """One row per error a 999, 997 or TA1 reports. The copy of the bad value that some carry never comes in."""

    file_id: Text = column(FILE, key=True)
    error_no: Count = column("ordinal in the file", ge=1, key=True)
    acknowledgement_no: Count = column("what the error is about, as in raw_acknowledgements", ge=1)
    transaction_no: Count = column(TRANSACTION + "; null for a TA1", nullable=True, ge=1)
    segment_no: Count = column(SEGMENT, ge=1)
    level_code: Text = column("where it was found", isin=["interchange", "group", "transaction", "segment", "element"])
    segment_code: Text = column("identifier of the bad segment (IK301, AK301)", nullable=True)
    segment_position: Count = column("its position in the transaction that was sent (IK302, AK302)", nullable=True, ge=0)
    loop_code: Text = column("its loop (IK303, AK303)", nullable=True)
    element_position: Count = column("position of the bad element in it (IK401, AK401)", nullable=True, ge=0)
    component_position: Count = column("position of the bad component in that", nullable=True, ge=0)
    element_code: Text = column("data element number (IK402, AK402)", nullable=True)
    error_code: Text = column("IK304, IK403, IK502, AK905, TA105 …", nullable=True)
    claim_token: Text = column("pseudonym of the patient control number the context names (CTX CLM01)", nullable=True)
