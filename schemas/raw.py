"""Raw tables of X12 files: what was sent, typed and tokenised, with the place in the file every row came from."""

from schemas.contract import Contract, Count, Date, Flag, Money, Quantity, Text, column

_FILE = "SHA-256 of the file's bytes"
_TRANSACTION = "ordinal of the ST in the file"
_CLAIM = "ordinal of the claim in the file, over all its transactions"
_SEGMENT = "ordinal of the segment in the file"


class RawFiles(Contract):
    """The ledger: one row per distinct content ever delivered, whatever it was called."""

    file_id: Text = column(_FILE, unique=True)
    format_code: Text = column("x12, csv or xlsx; unknown when it could not be told", isin=["x12", "csv", "xlsx", "unknown"])
    kind: Text = column("transaction sets or sheets it holds, joined by +; null when nothing was recognised", nullable=True)
    encoding: Text = column("how its bytes were read; null for workbooks and files not read", nullable=True)
    byte_count: Count = column("size in bytes", ge=0)
    segment_count: Count = column("X12 segments, or rows of a sheet", ge=0)
    transaction_count: Count = column("X12 transactions; 0 for sheets", ge=0)
    claim_count: Count = column("837 claims (CLM)", ge=0)
    remit_count: Count = column("835 claim payments (CLP)", ge=0)
    element_count: Count = column("filled elements or cells", ge=0)
    dropped_count: Count = column("filled elements or cells that the allow-list did not let in", ge=0)
    finding_count: Count = column("oddities whose data was kept", ge=0)
    reject_count: Count = column("things that were not read", ge=0)
    key_id: Text = column("name of the key its tokens were made with")
    reader_version: Text = column("version of the reader that read it")
    file_name: Text = column("always null in a warehouse: names hold identifiers; filled by `rcm read --identified` only", nullable=True)


class RawRejects(Contract):
    """One row per thing that was not read, with its place and a reason a person can act on. Never holds a value."""

    file_id: Text = column(_FILE + "; null when the file could not even be opened", nullable=True)
    reject_no: Count = column("ordinal in the file", ge=1)
    transaction_no: Count = column(_TRANSACTION + "; null outside any transaction", nullable=True)
    segment_no: Count = column(_SEGMENT + "; null when the whole file is meant or it is a sheet", nullable=True)
    row_no: Count = column("row of the sheet, the header being row 1; null for X12", nullable=True)
    column_name: Text = column("column of the sheet as we name it; null for X12", nullable=True)
    rule: Text = column("name of the rule that refused it")
    reason: Text = column("what is wrong and what to do about it")


class RawFindings(Contract):
    """One row per oddity whose data was kept: wrong counts, unreadable amounts, odd envelopes. Never holds a value."""

    file_id: Text = column(_FILE)
    finding_no: Count = column("ordinal in the file", ge=1)
    transaction_no: Count = column(_TRANSACTION + "; null outside any transaction", nullable=True)
    segment_no: Count = column(_SEGMENT + "; null when the whole file is meant", nullable=True)
    row_no: Count = column("row of the sheet; null for X12", nullable=True)
    column_name: Text = column("column of the sheet; null for X12", nullable=True)
    rule: Text = column("name of the rule that noticed it")
    detail: Text = column("what was noticed")


class RawClaims(Contract):
    """One row per 837 claim as sent (CLM), each version of a claim its own row."""

    file_id: Text = column(_FILE)
    transaction_no: Count = column(_TRANSACTION, ge=1)
    claim_no: Count = column(_CLAIM, ge=1)
    segment_no: Count = column(_SEGMENT, ge=1)
    transaction_set: Text = column("837P, 837I or 837D", isin=["837P", "837I", "837D"])
    version: Text = column("implementation guide (ST03, else GS08); null when neither says", nullable=True)
    created_date: Date = column("date the transaction was made (BHT04); null when absent", nullable=True)
    claim_token: Text = column("pseudonym of the patient control number (CLM01); null when absent", nullable=True)
    charge_amount: Money = column("total charge (CLM02), dollars; null when absent or unreadable", nullable=True)
    place_code: Text = column("place of service or facility type (CLM05-1)", nullable=True)
    place_qualifier: Text = column("B for place of service, A for type of bill (CLM05-2)", nullable=True)
    frequency_code: Text = column("1 original, 7 replacement, 8 void (CLM05-3)", nullable=True)
    payer_sequence_code: Text = column("P primary, S secondary, T tertiary (SBR01 of the destination payer)", nullable=True)
    filing_indicator_code: Text = column("kind of payer (SBR09)", nullable=True)
    payer_name: Text = column("destination payer (2010BB NM103, organisations only)", nullable=True)
    payer_id: Text = column("destination payer's identifier (2010BB NM109)", nullable=True)
    member_token: Text = column("pseudonym of the subscriber's member number (2010BA NM109)", nullable=True)
    billing_npi: Text = column("billing provider (2010AA NM109)", nullable=True)
    rendering_npi: Text = column("rendering provider of the claim (2310B NM109); null when the billing provider or per line", nullable=True)
    statement_from_date: Date = column("first date of the statement (DTP 434); null when absent", nullable=True)
    statement_to_date: Date = column("last date of the statement (DTP 434)", nullable=True)
    admission_date: Date = column("admission (DTP 435)", nullable=True)
    original_icn_token: Text = column("pseudonym of the payer's number of the claim this one replaces (REF F8)", nullable=True)
    clearinghouse_token: Text = column("pseudonym of the clearinghouse's number (REF D9)", nullable=True)
    has_authorization: Flag = column("a prior authorization number was sent (REF G1)")
    has_referral: Flag = column("a referral number was sent (REF 9F)")
    has_attachment: Flag = column("an attachment was announced (PWK)")
    has_note: Flag = column("a note was sent (NTE); its text never comes in")
    discharge_status_code: Text = column("patient status (CL103), institutional only", nullable=True)
    drg_code: Text = column("DRG (HI DR), institutional only", nullable=True)


class RawClaimLines(Contract):
    """One row per service line of an 837 claim (SV1, SV2 or SV3)."""

    file_id: Text = column(_FILE)
    transaction_no: Count = column(_TRANSACTION, ge=1)
    claim_no: Count = column(_CLAIM, ge=1)
    line_no: Count = column("ordinal of the line in its claim", ge=1)
    segment_no: Count = column(_SEGMENT, ge=1)
    code_qualifier: Text = column("kind of procedure code, such as HC", nullable=True)
    procedure_code: Text = column("CPT, HCPCS or CDT code; null on revenue-code lines", nullable=True)
    modifier_1_code: Text = column("first modifier", nullable=True)
    modifier_2_code: Text = column("second modifier", nullable=True)
    modifier_3_code: Text = column("third modifier", nullable=True)
    modifier_4_code: Text = column("fourth modifier", nullable=True)
    revenue_code: Text = column("revenue code (SV201), institutional only", nullable=True)
    charge_amount: Money = column("line charge, dollars; null when absent or unreadable", nullable=True)
    unit_code: Text = column("UN units, MJ minutes, DA days", nullable=True)
    units: Quantity = column("units of service; null when absent or unreadable", nullable=True)
    place_code: Text = column("place of service of the line; null when as the claim", nullable=True)
    diagnosis_pointer_1: Text = column("first diagnosis pointed at", nullable=True)
    diagnosis_pointer_2: Text = column("second diagnosis pointed at", nullable=True)
    diagnosis_pointer_3: Text = column("third diagnosis pointed at", nullable=True)
    diagnosis_pointer_4: Text = column("fourth diagnosis pointed at", nullable=True)
    service_from_date: Date = column("first date of service (DTP 472)", nullable=True)
    service_to_date: Date = column("last date of service", nullable=True)
    line_control_token: Text = column("pseudonym of the line control number (REF 6R)", nullable=True)
    ndc_code: Text = column("drug (LIN03)", nullable=True)
    rendering_npi: Text = column("rendering provider of the line (2420A); null when as the claim", nullable=True)


class RawClaimDiagnoses(Contract):
    """One row per diagnosis of an 837 claim (HI), in the order sent."""

    file_id: Text = column(_FILE)
    transaction_no: Count = column(_TRANSACTION, ge=1)
    claim_no: Count = column(_CLAIM, ge=1)
    diagnosis_no: Count = column("ordinal of the diagnosis in its claim", ge=1)
    segment_no: Count = column(_SEGMENT, ge=1)
    qualifier_code: Text = column("ABK principal, ABF other, ABJ admitting, APR reason for visit, ABN external cause")
    diagnosis_code: Text = column("ICD-10-CM code without its point; null when absent", nullable=True)
    present_on_admission_code: Text = column("Y, N, U, W or 1; null when not sent", nullable=True)


class RawPayments(Contract):
    """One row per 835 transaction: what a payer says it paid (BPR, TRN)."""

    file_id: Text = column(_FILE)
    transaction_no: Count = column(_TRANSACTION, ge=1)
    segment_no: Count = column(_SEGMENT, ge=1)
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


class RawRemits(Contract):
    """One row per claim payment (CLP): one payer's answer to one claim, at one time."""

    file_id: Text = column(_FILE)
    transaction_no: Count = column(_TRANSACTION, ge=1)
    claim_no: Count = column("ordinal of the CLP in the file, over all its transactions", ge=1)
    segment_no: Count = column(_SEGMENT, ge=1)
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

    file_id: Text = column(_FILE)
    transaction_no: Count = column(_TRANSACTION, ge=1)
    claim_no: Count = column("claim payment the line belongs to", ge=1)
    line_no: Count = column("ordinal of the line in its claim payment", ge=1)
    segment_no: Count = column(_SEGMENT, ge=1)
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

    file_id: Text = column(_FILE)
    transaction_no: Count = column(_TRANSACTION, ge=1)
    claim_no: Count = column("claim payment it belongs to", ge=1)
    line_no: Count = column("line it belongs to; null at claim level", nullable=True, ge=1)
    adjustment_no: Count = column("ordinal in its claim payment", ge=1)
    segment_no: Count = column(_SEGMENT, ge=1)
    group_code: Text = column("CO, PR, OA, PI or CR; null when absent", nullable=True)
    carc_code: Text = column("claim adjustment reason code; null when absent", nullable=True)
    amount: Money = column("dollars taken off the charge (negative adds); null when absent or unreadable", nullable=True)
    quantity: Quantity = column("units adjusted; null when not sent", nullable=True)


class RawRemarks(Contract):
    """One row per remark code: LQ HE on a line, MIA or MOA on a claim."""

    file_id: Text = column(_FILE)
    transaction_no: Count = column(_TRANSACTION, ge=1)
    claim_no: Count = column("claim payment it belongs to", ge=1)
    line_no: Count = column("line it belongs to; null at claim level", nullable=True, ge=1)
    remark_no: Count = column("ordinal in its claim payment", ge=1)
    segment_no: Count = column(_SEGMENT, ge=1)
    source_code: Text = column("segment it came in", isin=["LQ", "MIA", "MOA"])
    rarc_code: Text = column("remittance advice remark code")


class RawProviderAdjustments(Contract):
    """One row per provider-level adjustment (PLB pair): money that moved outside any claim."""

    file_id: Text = column(_FILE)
    transaction_no: Count = column(_TRANSACTION, ge=1)
    adjustment_no: Count = column("ordinal in its transaction", ge=1)
    segment_no: Count = column(_SEGMENT, ge=1)
    provider_npi: Text = column("PLB01 when it is an NPI", nullable=True)
    fiscal_date: Date = column("PLB02: last day of the provider's fiscal year", nullable=True)
    reason_code: Text = column("WO overpayment recovery, FB balance forward, 72 refund, L6 interest …", nullable=True)
    reference_token: Text = column("pseudonym of the reference the payer gave", nullable=True)
    amount: Money = column("dollars; positive is taken from the payment", nullable=True)
