"""Raw tables of X12 files: what was sent, typed and tokenised, with the place in the file every row came from."""

from schemas.contract import Contract, Count, Date, Flag, Money, Quantity, Text, column
from schemas.vocabulary.claims import FORMATS

FILE = "SHA-256 of the file's bytes"
TRANSACTION = "ordinal of the ST in the file"
CLAIM = "ordinal of the claim in the file, over all its transactions"
SEGMENT = "ordinal of the segment in the file"


class RawFiles(Contract):
    """The ledger: one row per distinct content ever delivered, whatever it was called."""

    file_id: Text = column(FILE, key=True)
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

    file_id: Text = column(FILE + "; null when the file could not even be opened", nullable=True, key=True)
    reject_no: Count = column("ordinal in the file", ge=1, key=True)
    transaction_no: Count = column(TRANSACTION + "; null outside any transaction", nullable=True)
    segment_no: Count = column(SEGMENT + "; null when the whole file is meant or it is a sheet", nullable=True)
    row_no: Count = column("row of the sheet, the header being row 1; null for X12", nullable=True)
    column_name: Text = column("column of the sheet as we name it; null for X12", nullable=True)
    segment_count: Count = column("X12 segments that were not read because of this; 0 when one was read in part, or it is a sheet", ge=0)
    rule: Text = column("name of the rule that refused it")
    reason: Text = column("what is wrong and what to do about it")


class RawFindings(Contract):
    """One row per oddity whose data was kept: wrong counts, unreadable amounts, sums that do not balance. Holds no identifier."""

    file_id: Text = column(FILE, key=True)
    finding_no: Count = column("ordinal in the file", ge=1, key=True)
    transaction_no: Count = column(TRANSACTION + "; null outside any transaction", nullable=True)
    segment_no: Count = column(SEGMENT + "; null when the whole file is meant", nullable=True)
    row_no: Count = column("row of the sheet; null for X12", nullable=True)
    column_name: Text = column("column of the sheet; null for X12", nullable=True)
    rule: Text = column("name of the rule that noticed it")
    detail: Text = column("what was noticed")
    stated_amount: Money = column("where two amounts should be equal: the one the file states; null otherwise", nullable=True)
    computed_amount: Money = column("the one worked out from its parts", nullable=True)
    difference_amount: Money = column("stated less computed", nullable=True)


class RawTransactions(Contract):
    """One row per X12 transaction (ST), read or not, with the control numbers that acknowledgements name it by."""

    file_id: Text = column(FILE, key=True)
    transaction_no: Count = column(TRANSACTION, ge=1, key=True)
    segment_no: Count = column(SEGMENT, ge=1)
    transaction_set: Text = column("835, 837P, 837I, 837D, 277CA, 999 …; other when not known here")
    version: Text = column("implementation guide (ST03, else GS08); null when neither says", nullable=True)
    sender_id: Text = column("sender of the interchange (ISA06)", nullable=True)
    receiver_id: Text = column("receiver of the interchange (ISA08)", nullable=True)
    interchange_control_id: Text = column("ISA13, as sent; null without an ISA", nullable=True)
    group_control_id: Text = column("GS06, as sent; null without a GS", nullable=True)
    transaction_control_id: Text = column("ST02, as sent", nullable=True)
    usage_code: Text = column("P production, T test (ISA15)", nullable=True)
    interchange_date: Date = column("ISA09", nullable=True)
    interchange_time: Text = column("ISA10: hour and minute, as sent", nullable=True)
    group_date: Date = column("GS04", nullable=True)
    batch_token: Text = column("pseudonym of the batch number (BHT03); a 277CA names its batch by it", nullable=True)
    created_date: Date = column("BHT04", nullable=True)


class RawClaims(Contract):
    """One row per 837 claim as sent (CLM), each version of a claim its own row."""

    file_id: Text = column(FILE, key=True)
    transaction_no: Count = column(TRANSACTION, ge=1)
    claim_no: Count = column(CLAIM, ge=1, key=True)
    segment_no: Count = column(SEGMENT, ge=1)
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
    billing_provider_token: Text = column("pseudonym of the billing provider's number where it is no NPI (4010)", nullable=True)
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

    file_id: Text = column(FILE, key=True)
    transaction_no: Count = column(TRANSACTION, ge=1)
    claim_no: Count = column(CLAIM, ge=1, key=True)
    line_no: Count = column("ordinal of the line in its claim", ge=1, key=True)
    segment_no: Count = column(SEGMENT, ge=1)
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

    file_id: Text = column(FILE, key=True)
    transaction_no: Count = column(TRANSACTION, ge=1)
    claim_no: Count = column(CLAIM, ge=1, key=True)
    diagnosis_no: Count = column("ordinal of the diagnosis in its claim", ge=1, key=True)
    segment_no: Count = column(SEGMENT, ge=1)
    qualifier_code: Text = column("ABK principal, ABF other, ABJ admitting, APR reason for visit, ABN external cause")
    diagnosis_code: Text = column("ICD-10-CM code without its point; null when absent", nullable=True)
    present_on_admission_code: Text = column("Y, N, U, W or 1; null when not sent", nullable=True)


class RawClaimCodes(Contract):
    """One row per code of an 837 claim that HI holds beside diagnoses and the DRG: procedures, occurrences, conditions, values."""

    file_id: Text = column(FILE, key=True)
    transaction_no: Count = column(TRANSACTION, ge=1)
    claim_no: Count = column(CLAIM, ge=1, key=True)
    code_no: Count = column("ordinal of the code in its claim", ge=1, key=True)
    segment_no: Count = column(SEGMENT, ge=1)
    qualifier_code: Text = column(
        "BBR, BBQ procedure (ICD-10-PCS), BP, BO procedure (HCPCS), BH occurrence, BI occurrence span, BG condition, BE value; null "
        "when it is no code",
        nullable=True,
    )
    code: Text = column("the code; null when absent", nullable=True)
    code_date: Date = column("its day, or the first of its span", nullable=True)
    code_amount: Money = column("its amount (value codes), dollars", nullable=True)


class RawOtherPayers(Contract):
    """One row per other payer of an 837 claim (2320), in the order sent: coordination of benefits, kept apart from our payer."""

    file_id: Text = column(FILE, key=True)
    transaction_no: Count = column(TRANSACTION, ge=1)
    claim_no: Count = column(CLAIM, ge=1, key=True)
    payer_no: Count = column("ordinal of the other payer in its claim", ge=1, key=True)
    segment_no: Count = column(SEGMENT, ge=1)
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

    file_id: Text = column(FILE, key=True)
    transaction_no: Count = column(TRANSACTION, ge=1)
    claim_no: Count = column(CLAIM, ge=1, key=True)
    line_no: Count = column("line of the claim", ge=1, key=True)
    payer_line_no: Count = column("ordinal of the answer in its line", ge=1, key=True)
    segment_no: Count = column(SEGMENT, ge=1)
    payer_id: Text = column("the other payer (SVD01)", nullable=True)
    paid_amount: Money = column("what it paid (SVD02), dollars", nullable=True)
    code_qualifier: Text = column("kind of code adjudicated", nullable=True)
    procedure_code: Text = column("code adjudicated (SVD03)", nullable=True)
    paid_units: Quantity = column("SVD05", nullable=True)
    adjudication_date: Date = column("when it decided (DTP 573)", nullable=True)
    patient_liability_amount: Money = column("what the patient still owes (AMT EAF), dollars", nullable=True)


class RawOtherPayerAdjustments(Contract):
    """One row per adjustment of another payer (CAS of an 837): never one of our own payer's."""

    file_id: Text = column(FILE, key=True)
    transaction_no: Count = column(TRANSACTION, ge=1)
    claim_no: Count = column(CLAIM, ge=1, key=True)
    payer_no: Count = column(
        "other payer whose claim-level adjustment it is; null at line level, or when it stands before any payer", nullable=True, ge=1
    )
    line_no: Count = column("line it belongs to; null at claim level", nullable=True, ge=1)
    payer_line_no: Count = column(
        "answer of the line it belongs to; null at claim level, or when it stands before any answer", nullable=True, ge=1
    )
    adjustment_no: Count = column("ordinal in its claim", ge=1, key=True)
    segment_no: Count = column(SEGMENT, ge=1)
    group_code: Text = column("CO, PR, OA, PI or CR", nullable=True)
    carc_code: Text = column("claim adjustment reason code", nullable=True)
    amount: Money = column("dollars taken off the charge", nullable=True)
    quantity: Quantity = column("units adjusted; null when not sent", nullable=True)
