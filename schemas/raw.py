"""Raw tables of X12 files: what was sent, typed and tokenised, with the place in the file every row came from."""

from schemas.contract import Contract, Count, Date, Flag, Money, Quantity, Text, column
from schemas.vocabulary import FORMATS, STATUS_LEVELS

_FILE = "SHA-256 of the file's bytes"
_TRANSACTION = "ordinal of the ST in the file"
_CLAIM = "ordinal of the claim in the file, over all its transactions"
_SEGMENT = "ordinal of the segment in the file"


class RawFiles(Contract):
    """The ledger: one row per distinct content ever delivered, whatever it was called."""

    file_id: Text = column(_FILE, key=True)
    format_code: Text = column("how the content was read; zip and gzip are the archives other files came in", isin=FORMATS)
    archive_id: Text = column("file_id of the archive it was packed in; null when delivered by itself", nullable=True)
    kind: Text = column("transaction sets or sheets it holds, joined by +; null when nothing was recognised", nullable=True)
    encoding: Text = column("how its bytes were read; null for workbooks and files not read", nullable=True)
    byte_count: Count = column("size in bytes", ge=0)
    segment_count: Count = column("X12 segments, or rows of a sheet", ge=0)
    read_segment_count: Count = column("of these, read: the envelope, and what stands in a transaction whose set is read", ge=0)
    rejected_segment_count: Count = column("of these, not read, each in one row of raw_rejects: read and rejected are all", ge=0)
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

    file_id: Text = column(_FILE + "; null when the file could not even be opened", nullable=True, key=True)
    reject_no: Count = column("ordinal in the file", ge=1, key=True)
    transaction_no: Count = column(_TRANSACTION + "; null outside any transaction", nullable=True)
    segment_no: Count = column(_SEGMENT + "; null when the whole file is meant or it is a sheet", nullable=True)
    row_no: Count = column("row of the sheet, the header being row 1; null for X12", nullable=True)
    column_name: Text = column("column of the sheet as we name it; null for X12", nullable=True)
    segment_count: Count = column("X12 segments that were not read because of this; 0 when one was read in part, or it is a sheet", ge=0)
    rule: Text = column("name of the rule that refused it")
    reason: Text = column("what is wrong and what to do about it")


class RawFindings(Contract):
    """One row per oddity whose data was kept: wrong counts, unreadable amounts, sums that do not balance. Holds no identifier."""

    file_id: Text = column(_FILE, key=True)
    finding_no: Count = column("ordinal in the file", ge=1, key=True)
    transaction_no: Count = column(_TRANSACTION + "; null outside any transaction", nullable=True)
    segment_no: Count = column(_SEGMENT + "; null when the whole file is meant", nullable=True)
    row_no: Count = column("row of the sheet; null for X12", nullable=True)
    column_name: Text = column("column of the sheet; null for X12", nullable=True)
    rule: Text = column("name of the rule that noticed it")
    detail: Text = column("what was noticed")
    stated_amount: Money = column("where two amounts should be equal: the one the file states; null otherwise", nullable=True)
    computed_amount: Money = column("the one worked out from its parts", nullable=True)
    difference_amount: Money = column("stated less computed", nullable=True)


class RawTransactions(Contract):
    """One row per X12 transaction (ST), read or not, with the control numbers that acknowledgements name it by."""

    file_id: Text = column(_FILE, key=True)
    transaction_no: Count = column(_TRANSACTION, ge=1, key=True)
    segment_no: Count = column(_SEGMENT, ge=1)
    transaction_set: Text = column("835, 837P, 837I, 837D, 277CA, 999 …; other when not known here")
    version: Text = column("implementation guide (ST03, else GS08); null when neither says", nullable=True)
    sender_id: Text = column("sender of the interchange (ISA06)", nullable=True)
    receiver_id: Text = column("receiver of the interchange (ISA08)", nullable=True)
    interchange_control_id: Text = column("ISA13, as sent; null without an ISA", nullable=True)
    group_control_id: Text = column("GS06, as sent; null without a GS", nullable=True)
    transaction_control_id: Text = column("ST02, as sent", nullable=True)
    usage_code: Text = column("P production, T test (ISA15)", nullable=True)
    interchange_date: Date = column("ISA09", nullable=True)
    group_date: Date = column("GS04", nullable=True)
    batch_token: Text = column("pseudonym of the batch number (BHT03); a 277CA names its batch by it", nullable=True)
    created_date: Date = column("BHT04", nullable=True)


class RawClaims(Contract):
    """One row per 837 claim as sent (CLM), each version of a claim its own row."""

    file_id: Text = column(_FILE, key=True)
    transaction_no: Count = column(_TRANSACTION, ge=1)
    claim_no: Count = column(_CLAIM, ge=1, key=True)
    segment_no: Count = column(_SEGMENT, ge=1)
    transaction_set: Text = column("837P, 837I or 837D", isin=["837P", "837I", "837D"])
    version: Text = column("implementation guide (ST03, else GS08); null when neither says", nullable=True)
    created_date: Date = column("date the transaction was made (BHT04); null when absent", nullable=True)
    claim_token: Text = column("pseudonym of the patient control number (CLM01); null when absent", nullable=True)
    charge_amount: Money = column("total charge (CLM02), dollars; null when absent or unreadable", nullable=True)
    place_code: Text = column("place of service or facility type (CLM05-1)", nullable=True)
    place_qualifier: Text = column("B for place of service, A for type of bill (CLM05-2)", nullable=True)
    frequency_code: Text = column("1 original, 7 replacement, 8 void (CLM05-3)", nullable=True)
    accident_code: Text = column("AA auto, EM employment, OA other accident (CLM11-1); null when none", nullable=True)
    delay_reason_code: Text = column("why the claim is late (CLM20)", nullable=True)
    payer_sequence_code: Text = column("P primary, S secondary, T tertiary (SBR01 of the destination payer)", nullable=True)
    relationship_code: Text = column(
        "18 the subscriber is the patient (SBR02); else what a dependent is to the subscriber (PAT01)", nullable=True
    )
    filing_indicator_code: Text = column("kind of payer (SBR09)", nullable=True)
    payer_name: Text = column("destination payer (2010BB NM103, organisations only)", nullable=True)
    payer_id: Text = column("destination payer's identifier (2010BB NM109, organisations only)", nullable=True)
    member_token: Text = column("pseudonym of the subscriber's member number (2010BA NM109)", nullable=True)
    billing_npi: Text = column("billing provider (2010AA NM109)", nullable=True)
    pay_to_npi: Text = column("pay-to provider (2010AB NM109), where it has one", nullable=True)
    rendering_npi: Text = column("rendering provider of the claim (NM1 82); null when the billing provider or per line", nullable=True)
    referring_npi: Text = column("referring provider (NM1 DN)", nullable=True)
    facility_npi: Text = column("service facility (NM1 77)", nullable=True)
    attending_npi: Text = column("attending provider (NM1 71), institutional only", nullable=True)
    operating_npi: Text = column("operating physician (NM1 72), institutional only", nullable=True)
    supervising_npi: Text = column("supervising provider (NM1 DQ)", nullable=True)
    statement_from_date: Date = column("first date of the statement (DTP 434); null when absent", nullable=True)
    statement_to_date: Date = column("last date of the statement (DTP 434)", nullable=True)
    admission_date: Date = column("admission (DTP 435)", nullable=True)
    service_date: Date = column("date of service of the whole claim (DTP 472 before any line), dental", nullable=True)
    original_icn_token: Text = column("pseudonym of the payer's number of the claim this one replaces (REF F8)", nullable=True)
    clearinghouse_token: Text = column("pseudonym of the clearinghouse's number (REF D9)", nullable=True)
    has_authorization: Flag = column("a prior authorization number was sent (REF G1)")
    has_referral: Flag = column("a referral number was sent (REF 9F)")
    has_attachment: Flag = column("an attachment was announced (PWK)")
    has_note: Flag = column("a note was sent (NTE); its text never comes in")
    patient_paid_amount: Money = column("what the patient paid (AMT F5), dollars", nullable=True)
    discharge_status_code: Text = column("patient status (CL103), institutional only", nullable=True)
    drg_code: Text = column("DRG (HI DR), institutional only", nullable=True)


class RawClaimLines(Contract):
    """One row per service line of an 837 claim (SV1, SV2 or SV3)."""

    file_id: Text = column(_FILE, key=True)
    transaction_no: Count = column(_TRANSACTION, ge=1)
    claim_no: Count = column(_CLAIM, ge=1, key=True)
    line_no: Count = column("ordinal of the line in its claim", ge=1, key=True)
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
    has_authorization: Flag = column("a prior authorization number was sent for the line (REF G1)")
    has_attachment: Flag = column("an attachment was announced for the line (PWK)")
    has_note: Flag = column("a note was sent for the line (NTE); its text never comes in")
    ndc_code: Text = column("drug (LIN03)", nullable=True)
    ndc_units: Quantity = column("units of the drug (CTP04)", nullable=True)
    ndc_unit_code: Text = column("UN, ML, GR, F2, ME (CTP05-1)", nullable=True)
    tooth_code: Text = column("tooth (TOO02), dental only", nullable=True)
    rendering_npi: Text = column("rendering provider of the line (2420A); null when as the claim", nullable=True)


class RawClaimDiagnoses(Contract):
    """One row per diagnosis of an 837 claim (HI), in the order sent."""

    file_id: Text = column(_FILE, key=True)
    transaction_no: Count = column(_TRANSACTION, ge=1)
    claim_no: Count = column(_CLAIM, ge=1, key=True)
    diagnosis_no: Count = column("ordinal of the diagnosis in its claim", ge=1, key=True)
    segment_no: Count = column(_SEGMENT, ge=1)
    qualifier_code: Text = column("ABK principal, ABF other, ABJ admitting, APR reason for visit, ABN external cause")
    diagnosis_code: Text = column("ICD-10-CM code without its point; null when absent", nullable=True)
    present_on_admission_code: Text = column("Y, N, U, W or 1; null when not sent", nullable=True)


class RawOtherPayers(Contract):
    """One row per other payer of an 837 claim (2320), in the order sent: coordination of benefits, kept apart from our payer."""

    file_id: Text = column(_FILE, key=True)
    transaction_no: Count = column(_TRANSACTION, ge=1)
    claim_no: Count = column(_CLAIM, ge=1, key=True)
    payer_no: Count = column("ordinal of the other payer in its claim", ge=1, key=True)
    segment_no: Count = column(_SEGMENT, ge=1)
    payer_sequence_code: Text = column("P primary, S secondary, T tertiary … (SBR01)", nullable=True)
    relationship_code: Text = column("18 the subscriber is the patient (SBR02)", nullable=True)
    filing_indicator_code: Text = column("kind of payer (SBR09)", nullable=True)
    payer_name: Text = column("2330B NM103", nullable=True)
    payer_id: Text = column("2330B NM109, organisations only; its line answers name it by this", nullable=True)
    member_token: Text = column("pseudonym of the other subscriber's member number (2330A NM109)", nullable=True)
    paid_amount: Money = column("what it paid on the claim (AMT D), dollars", nullable=True)
    noncovered_amount: Money = column("what it does not cover (AMT A8), dollars", nullable=True)
    patient_liability_amount: Money = column("what the patient still owes (AMT EAF), dollars", nullable=True)
    adjudication_date: Date = column("when it decided (DTP 573)", nullable=True)
    icn_token: Text = column("pseudonym of its claim control number (REF F8)", nullable=True)


class RawOtherPayerLines(Contract):
    """One row per other payer's answer to a line of an 837 claim (2430 SVD)."""

    file_id: Text = column(_FILE, key=True)
    transaction_no: Count = column(_TRANSACTION, ge=1)
    claim_no: Count = column(_CLAIM, ge=1, key=True)
    line_no: Count = column("line of the claim", ge=1, key=True)
    payer_line_no: Count = column("ordinal of the answer in its line", ge=1, key=True)
    segment_no: Count = column(_SEGMENT, ge=1)
    payer_id: Text = column("the other payer (SVD01)", nullable=True)
    paid_amount: Money = column("what it paid (SVD02), dollars", nullable=True)
    code_qualifier: Text = column("kind of code adjudicated", nullable=True)
    procedure_code: Text = column("code adjudicated (SVD03)", nullable=True)
    paid_units: Quantity = column("SVD05", nullable=True)
    adjudication_date: Date = column("when it decided (DTP 573)", nullable=True)
    patient_liability_amount: Money = column("what the patient still owes (AMT EAF), dollars", nullable=True)


class RawOtherPayerAdjustments(Contract):
    """One row per adjustment of another payer (CAS of an 837): never one of our own payer's."""

    file_id: Text = column(_FILE, key=True)
    transaction_no: Count = column(_TRANSACTION, ge=1)
    claim_no: Count = column(_CLAIM, ge=1, key=True)
    payer_no: Count = column(
        "other payer whose claim-level adjustment it is; null at line level, or when it stands before any payer", nullable=True, ge=1
    )
    line_no: Count = column("line it belongs to; null at claim level", nullable=True, ge=1)
    payer_line_no: Count = column(
        "answer of the line it belongs to; null at claim level, or when it stands before any answer", nullable=True, ge=1
    )
    adjustment_no: Count = column("ordinal in its claim", ge=1, key=True)
    segment_no: Count = column(_SEGMENT, ge=1)
    group_code: Text = column("CO, PR, OA, PI or CR", nullable=True)
    carc_code: Text = column("claim adjustment reason code", nullable=True)
    amount: Money = column("dollars taken off the charge", nullable=True)
    quantity: Quantity = column("units adjusted; null when not sent", nullable=True)


class RawPayments(Contract):
    """One row per 835 transaction: what a payer says it paid (BPR, TRN)."""

    file_id: Text = column(_FILE, key=True)
    transaction_no: Count = column(_TRANSACTION, ge=1, key=True)
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

    file_id: Text = column(_FILE, key=True)
    transaction_no: Count = column(_TRANSACTION, ge=1)
    claim_no: Count = column("ordinal of the CLP in the file, over all its transactions", ge=1, key=True)
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

    file_id: Text = column(_FILE, key=True)
    transaction_no: Count = column(_TRANSACTION, ge=1)
    claim_no: Count = column("claim payment the line belongs to", ge=1, key=True)
    line_no: Count = column("ordinal of the line in its claim payment", ge=1, key=True)
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

    file_id: Text = column(_FILE, key=True)
    transaction_no: Count = column(_TRANSACTION, ge=1)
    claim_no: Count = column("claim payment it belongs to", ge=1, key=True)
    line_no: Count = column("line it belongs to; null at claim level", nullable=True, ge=1)
    adjustment_no: Count = column("ordinal in its claim payment", ge=1, key=True)
    segment_no: Count = column(_SEGMENT, ge=1)
    group_code: Text = column("CO, PR, OA, PI or CR; null when absent", nullable=True)
    carc_code: Text = column("claim adjustment reason code; null when absent", nullable=True)
    amount: Money = column("dollars taken off the charge (negative adds); null when absent or unreadable", nullable=True)
    quantity: Quantity = column("units adjusted; null when not sent", nullable=True)


class RawRemarks(Contract):
    """One row per remark code: LQ HE on a line, MIA or MOA on a claim."""

    file_id: Text = column(_FILE, key=True)
    transaction_no: Count = column(_TRANSACTION, ge=1)
    claim_no: Count = column("claim payment it belongs to", ge=1, key=True)
    line_no: Count = column("line it belongs to; null at claim level", nullable=True, ge=1)
    remark_no: Count = column("ordinal in its claim payment", ge=1, key=True)
    segment_no: Count = column(_SEGMENT, ge=1)
    source_code: Text = column("segment it came in", isin=["LQ", "MIA", "MOA"])
    rarc_code: Text = column("remittance advice remark code")


class RawProviderAdjustments(Contract):
    """One row per provider-level adjustment (PLB pair): money that moved outside any claim."""

    file_id: Text = column(_FILE, key=True)
    transaction_no: Count = column(_TRANSACTION, ge=1, key=True)
    adjustment_no: Count = column("ordinal in its transaction", ge=1, key=True)
    segment_no: Count = column(_SEGMENT, ge=1)
    provider_npi: Text = column("PLB01 when it is an NPI", nullable=True)
    fiscal_date: Date = column("PLB02: last day of the provider's fiscal year", nullable=True)
    reason_code: Text = column("WO overpayment recovery, FB balance forward, 72 refund, L6 interest …", nullable=True)
    reference_token: Text = column("pseudonym of the reference the payer gave", nullable=True)
    amount: Money = column("dollars; positive is taken from the payment", nullable=True)


class RawClaimStatuses(Contract):
    """One row per status of a 277CA (a composite of STC); one above the claims stands for every claim of its batch or provider."""

    file_id: Text = column(_FILE, key=True)
    transaction_no: Count = column(_TRANSACTION, ge=1)
    status_no: Count = column("ordinal of the status in the file", ge=1, key=True)
    segment_no: Count = column(_SEGMENT, ge=1)
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

    file_id: Text = column(_FILE, key=True)
    transaction_no: Count = column(_TRANSACTION, ge=1)
    total_no: Count = column("ordinal in the file", ge=1, key=True)
    segment_no: Count = column(_SEGMENT, ge=1)
    level_code: Text = column("source, receiver or provider", isin=STATUS_LEVELS)
    batch_token: Text = column("pseudonym of the batch number", nullable=True)
    accepted_count: Count = column("claims accepted (QTY 90 or QA)", nullable=True, ge=0)
    rejected_count: Count = column("claims rejected (QTY AA or QC)", nullable=True, ge=0)
    accepted_amount: Money = column("charges accepted (AMT YU), dollars", nullable=True)
    rejected_amount: Money = column("charges rejected (AMT YY), dollars", nullable=True)


class RawAcknowledgements(Contract):
    """One row per interchange (TA1), group (AK1) or transaction (AK2) that a 999, 997 or TA1 speaks of."""

    file_id: Text = column(_FILE, key=True)
    acknowledgement_no: Count = column("ordinal in the file", ge=1, key=True)
    transaction_no: Count = column(_TRANSACTION + "; null for a TA1", nullable=True, ge=1)
    segment_no: Count = column(_SEGMENT, ge=1)
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

    file_id: Text = column(_FILE, key=True)
    error_no: Count = column("ordinal in the file", ge=1, key=True)
    acknowledgement_no: Count = column("what the error is about, as in raw_acknowledgements", ge=1)
    transaction_no: Count = column(_TRANSACTION + "; null for a TA1", nullable=True, ge=1)
    segment_no: Count = column(_SEGMENT, ge=1)
    level_code: Text = column("where it was found", isin=["interchange", "group", "transaction", "segment", "element"])
    segment_code: Text = column("identifier of the bad segment (IK301, AK301)", nullable=True)
    segment_position: Count = column("its position in the transaction that was sent (IK302, AK302)", nullable=True, ge=0)
    loop_code: Text = column("its loop (IK303, AK303)", nullable=True)
    element_position: Count = column("position of the bad element in it (IK401, AK401)", nullable=True, ge=0)
    component_position: Count = column("position of the bad component in that", nullable=True, ge=0)
    element_code: Text = column("data element number (IK402, AK402)", nullable=True)
    error_code: Text = column("IK304, IK403, IK502, AK905, TA105 …", nullable=True)
    claim_token: Text = column("pseudonym of the patient control number the context names (CTX CLM01)", nullable=True)
