"""A claim's life before it is decided: what was sent, and what the layers in front of the payer said of it."""

from schemas.contract import Contract, Count, Date, Flag, Money, Text, column
from schemas.vocabulary.claims import (
    CLOCK_SOURCES,
    DELIVERIES,
    EVENT_OUTCOMES,
    FACTS,
    LAYERS,
    LINEAGE_STATUSES,
    PAIR_RULES,
    RECOUPMENT_KINDS,
    SUBMISSION_STATUSES,
)
from schemas.vocabulary.denials import CLAIM_DISPOSITIONS, ROOT_CAUSES, STAGES

_SUBMISSION = "identity of the batch: its number, day and claims; core_deliveries says where it was read"
_VERSION = "identity of the sent claim: its batch, account, payer, frequency and charge"
_ANSWER = "identity of the claim payment: its payment, account, payer's claim number, status and amounts"
_LINEAGE = "lineage: all versions of one claim for the same services and payer sequence, and every answer to them"
_TOKEN = "pseudonym of the patient control number; null when none was sent"  # noqa: S105 - a description


class CoreDeliveries(Contract):
    """One row per place a thing was read in: from its identity to every file and ordinal, and what that copy is."""

    fact_code: Text = column(
        "what it is: a payment, an answer (claim payment), a submission (837 batch), a version (sent claim), or the verdict on a "
        "submission (TA1: interchange, 999: transaction) or version (277CA: claim) that stands",
        isin=FACTS,
        key=True,
    )
    fact_id: Text = column("its identity: payment_id, answer_id, submission_id or version_id", key=True)
    file_id: Text = column("SHA-256 of the file's bytes", key=True)
    transaction_no: Count = column("ordinal of the ST in the file; 0 for a verdict", ge=0, key=True)
    claim_no: Count = column(
        "ordinal of the claim, claim payment or claim status in the file; 0 for a whole transaction and its verdict", ge=0, key=True
    )
    delivery_code: Text = column(
        "counted: the copy that counts; piece: one of several that make up the thing; redelivery: equal to what counts; part: a "
        "piece of what another copy has whole; replaced: the payer issued the payment again with other content",
        isin=DELIVERIES,
    )
    is_incomplete: Flag = column("a payment of which not all has arrived: its claims do not add up to it, or its file is cut")


class CoreSubmissions(Contract):
    """One row per 837 transaction that was sent: which TA1, 999 or 277CA answered it, and how old it is if none did."""

    submission_id: Text = column(_SUBMISSION, key=True)
    transaction_set: Text = column("837P, 837I or 837D")
    sent_date: Date = column("BHT04, else GS04, else ISA09; null when none is sent", nullable=True)
    claim_count: Count = column("claims in it", ge=0)
    charge_amount: Money = column("their charges, dollars")
    interchange_status_code: Text = column("TA104: A accepted, E with errors, R rejected; null without a TA1", nullable=True)
    transaction_status_code: Text = column("IK501, else AK901 of its group; null without a 999 or 997", nullable=True)
    transaction_answered_date: Date = column("day of that 999 or 997; null when it does not say", nullable=True)
    is_batch_rejected: Flag = column("a 277CA rejects the whole batch, or the provider of all its claims, above the claims")
    accepted_count: Count = column("claims that a 277CA accepts", ge=0)
    rejected_count: Count = column("claims that a 277CA rejects, by themselves or with their batch", ge=0)
    decided_count: Count = column("claims of which no 277CA speaks, but a remittance does", ge=0)
    unanswered_count: Count = column("claims of which nothing is known yet", ge=0)
    answered_date: Date = column("newest date of an answer; null when there is none", nullable=True)
    status_code: Text = column("how far it came", isin=SUBMISSION_STATUSES)
    age_days: Count = column("days from sending to the day of the run while claims are unanswered; null otherwise", nullable=True)


class CorePayers(Contract):
    """One row per payer seen in remittances, after the client's aliases, with its clocks."""

    payer_id: Text = column("the payer's identifier, or its name where it sends none", key=True)
    payer_name: Text = column("the name it uses most")
    plan_code: Text = column("the kind of plan it names most (CLP06); null when it names none", nullable=True)
    remit_count: Count = column("claim payments received from it", ge=0)
    filing_days: Count = column("days from the last service to file a claim", ge=0)
    corrected_days: Count = column("days from a denial to send a corrected claim or records", ge=0)
    appeal_days: Count = column("days from a denial to appeal", ge=0)
    takeback_days: Count = column("days to dispute a payment taken back and denied", ge=0)
    clock_source: Text = column("where the days come from: kind of plan, default, or the client's contract", isin=CLOCK_SOURCES)


class CoreClaimVersions(Contract):
    """One row per 837 claim as sent: its place in its lineage, and what file and claim acknowledgements said of it."""

    version_id: Text = column(_VERSION, key=True)
    submission_id: Text = column("batch it was sent in, as in core_submissions; null for a claim of an export", nullable=True)
    lineage_id: Text = column(_LINEAGE)
    version_no: Count = column("1 for the first of its lineage, by day sent", ge=1)
    claim_token: Text = column(_TOKEN, nullable=True)
    sequence_code: Text = column("P primary, S secondary, T tertiary … payer it was sent to")
    frequency_code: Text = column("1 original, 7 replacement, 8 void; null when not sent", nullable=True)
    sent_date: Date = column("BHT04, else GS04, else ISA09; null when none is sent", nullable=True)
    week: Date = column("Monday of the week it was sent; null when unknown", nullable=True)
    payer_id: Text = column("payer it was sent to, after the client's aliases; null when not named", nullable=True)
    charge_amount: Money = column("total charge, dollars; null when unreadable", nullable=True)
    line_count: Count = column("service lines", ge=0)
    first_service_date: Date = column("first date of service; null when none is sent", nullable=True)
    last_service_date: Date = column("last date of service", nullable=True)
    place_code: Text = column("place of service or facility type", nullable=True)
    place_qualifier: Text = column("B for place of service, A for type of bill", nullable=True)
    provider_npi: Text = column("rendering provider, else the billing one", nullable=True)
    has_authorization: Flag = column("an authorization number was sent with the claim or a line")
    is_file_rejected: Flag = column("a TA1, 999 or 997 rejects its file; null when it is in no sent transaction", nullable=True)
    is_rejected: Flag = column("its newest 277CA answer turns it back; null without one", nullable=True)
    answer_date: Date = column("day of that answer", nullable=True)
    is_first_rejected: Flag = column("its first 277CA answer turned it back; null without one", nullable=True)
    first_answer_date: Date = column("day of the first answer", nullable=True)


class CoreReversals(Contract):
    """One row per reversal (CLP02 22): the decision it takes back, and the correction in its place."""

    answer_id: Text = column(_ANSWER, key=True)
    lineage_id: Text = column(_LINEAGE)
    payer_id: Text = column("payer, as in core_payers")
    adjudication_date: Date = column("day of the reversal; null when unknown", nullable=True)
    charge_amount: Money = column("charge taken back, negative dollars as sent", nullable=True)
    paid_amount: Money = column("payment taken back, negative dollars as sent", nullable=True)
    pair_rule: Text = column(
        "what paired it: R1, R2 amounts, R3 the payer's claim number; null when its original is not here", nullable=True, isin=PAIR_RULES
    )
    original_answer_id: Text = column("decision taken back; null when it is not here", nullable=True)
    correction_answer_id: Text = column("decision in its place; null when none came", nullable=True)
    is_own_void: Flag = column("it follows a void of ours (frequency 8), and no correction is owed: no takeback by the payer")


class CoreRecoupments(Contract):
    """One row per provider-level adjustment (PLB): money that moved outside any claim, and the claim it names."""

    recoupment_id: Text = column("identity of the adjustment: its payment, reason, reference and amount", key=True)
    payment_id: Text = column("payment it stands in")
    adjustment_no: Count = column("ordinal in its transaction", ge=1)
    payer_id: Text = column("payer, as in core_payers")
    adjudication_date: Date = column("day of the remittance; null when unknown", nullable=True)
    week: Date = column("Monday of that week", nullable=True)
    reason_code: Text = column("PLB03-1", nullable=True)
    kind: Text = column("what it does", isin=RECOUPMENT_KINDS)
    amount: Money = column("dollars; positive is taken from the payment", nullable=True)
    lineage_id: Text = column("lineage whose payer claim number it names; null when it names none we know", nullable=True)


class CoreClaimLineages(Contract):
    """One row per lineage: what was sent, the first decision, the initial denial, and the decision that stands."""

    lineage_id: Text = column(_LINEAGE, key=True)
    claim_token: Text = column(_TOKEN, nullable=True)
    sequence_code: Text = column("P primary, S secondary, T tertiary …")
    payer_id: Text = column("payer of the first decision, else the one it was sent to; null when unknown", nullable=True)
    is_crossover: Flag = column("answered by a payer we sent no claim to, for a claim of ours")
    version_count: Count = column("837 claims; 0 when only answers are here", ge=0)
    answer_count: Count = column("claim payments of any kind", ge=0)
    first_sent_date: Date = column("day the first version was sent", nullable=True)
    last_sent_date: Date = column("day the newest version was sent", nullable=True)
    charge_amount: Money = column("charge of the first version, else of the first answer, dollars", nullable=True)
    first_service_date: Date = column("first date of service", nullable=True)
    last_service_date: Date = column("last date of service", nullable=True)
    place_code: Text = column("place of service or facility type", nullable=True)
    provider_npi: Text = column("rendering provider, else the billing one", nullable=True)
    coder_id: Text = column("who coded it last, from the coding log; null when the log does not say", nullable=True)
    coded_date: Date = column("day of that coding", nullable=True)
    first_decision_date: Date = column("day of the earliest first decision; null before one", nullable=True)
    denied_date: Date = column("day of the initial denial; null when never denied at first", nullable=True)
    denial_answer_id: Text = column("decision that denied first", nullable=True)
    denied_amount: Money = column("dollars it denied", nullable=True)
    initial_paid_amount: Money = column("dollars it paid all the same", nullable=True)
    current_date: Date = column("day of the decision that stands; null when none does", nullable=True)
    current_answer_id: Text = column("decision that stands", nullable=True)
    current_disposition: Text = column("what the decision that stands comes to", nullable=True, isin=CLAIM_DISPOSITIONS)
    current_paid_amount: Money = column("dollars it pays", nullable=True)
    status_code: Text = column("where the claim is", isin=LINEAGE_STATUSES)


class CoreLayerEvents(Contract):
    """What each layer said: TA1 and 999 per file (L1), 277CA per version (L2), 835 per claim payment (L3)."""

    layer_code: Text = column("L1 file, L2 claim before the payer, L3 payer", isin=LAYERS, key=True)
    source_code: Text = column("TA1, 999 (or 997), 277CA or 835", isin=["TA1", "999", "277CA", "835"], key=True)
    lineage_id: Text = column(_LINEAGE + "; null in L1, which speaks of a whole file", nullable=True)
    subject_id: Text = column("what is spoken of or speaks: submission_id in L1, version_id in L2, answer_id in L3", key=True)
    submission_id: Text = column("batch spoken of; null in L3", nullable=True)
    version_id: Text = column("sent claim spoken of; null in L1, and for a claim payment whose claim is not here", nullable=True)
    event_date: Date = column("day of the answer; null when it does not say", nullable=True)
    outcome_code: Text = column("what was said", isin=EVENT_OUTCOMES)
    reason_code: Text = column("status of the 999 or TA1; category:status of the 277CA; main CARC of the 835", nullable=True)
    root_cause: Text = column("cause of a rejection or denial; null otherwise", nullable=True, isin=ROOT_CAUSES)
    stage_introduced: Text = column("stage of work where such a defect begins", nullable=True, isin=STAGES)
    stage_detectable: Text = column("first stage that could have caught it", nullable=True, isin=STAGES)
