"""Denial tables: what each payer decided on each line, why it denied, and how often."""

import polars as pl

from schemas.contract import SHARE, Contract, Count, Date, Flag, Money, Quantity, Rate, Text, column
from schemas.thresholds import SOON_DAYS
from schemas.vocabulary import ALL
from schemas.vocabulary.claims import ADJUDICATION_KINDS, LINE_MATCH_RULES, MATCH_RULES
from schemas.vocabulary.denials import (
    CHANNELS,
    CLAIM_DISPOSITIONS,
    DISPOSITIONS,
    EVIDENCE,
    EXPECTED_BASES,
    FUNNEL_STEPS,
    HARDNESS,
    LIABILITY,
    OWNERS,
    PREVENTABLE,
    RESOLUTIONS,
    REVIEW_REASONS,
    ROOT_CAUSES,
    URGENCIES,
)

_ANSWER = "identity of the claim payment: its payment, account, payer's claim number, status and amounts"
_LINE = "identity of the line: answer_id and line_no"
_LINEAGE = "lineage it belongs to, as in core_claim_lineages"
_WEEK = "Monday of the week the payer decided in"


class CoreAdjudications(Contract):
    """One row per claim payment: what kind of answer it is and what it decided over all."""

    answer_id: Text = column(_ANSWER, key=True)
    answer_no: Count = column("ordinal among the answers of its lineage as they were read: it orders those of one day", ge=1)
    payment_id: Text = column("payment it stands in: payer, trace, day and amount; core_deliveries says where it was read")
    claim_token: Text = column("pseudonym of the patient control number; null when the payer sent none", nullable=True)
    payer_id: Text = column("payer, as in core_payers")
    lineage_id: Text = column(_LINEAGE)
    sequence_code: Text = column("P primary, S secondary, T tertiary: which payer it is for this claim")
    adjudication_date: Date = column("date paid (BPR16), else date produced (DTM 405); null when neither is readable", nullable=True)
    week: Date = column(_WEEK + "; null when the date is unknown", nullable=True)
    status_code: Text = column("CLP02 as sent", nullable=True)
    kind: Text = column(
        "a decision, a reversal, forwarded to another payer, a predetermination, or another notice", isin=ADJUDICATION_KINDS
    )
    charge_amount: Money = column("dollars charged; null when absent or unreadable", nullable=True)
    paid_amount: Money = column("dollars paid; null when absent or unreadable", nullable=True)
    adjusted_amount: Money = column("sum of all adjustments at claim and line level, dollars")
    is_balanced: Flag = column(
        "to the cent: charge - paid = adjustments of the claim and of its lines, the payment its claims; true where none are stated"
    )
    is_first: Flag = column("some line of it is the payer's first decision of that service")
    is_pended: Flag = column("decides nothing yet: every line that counts is pended")
    is_duplicate: Flag = column("denies every decided line as one the payer has already (CARC 18, B13)")
    is_reversed: Flag = column("a reversal takes it back")
    is_current: Flag = column("some line of it stands")
    broken_rules: Text = column("rules of the remittance it breaks, such as Q1,Q5, see mart_payer_quality; null when none", nullable=True)
    match_rule: Text = column("what matched it with a sent claim, see docs/rules.md; none when nothing did", isin=MATCH_RULES)
    version_id: Text = column("sent claim it answers; null when not matched", nullable=True)
    disposition: Text = column("denied_full when every decided line is denied, denied_partial when some are", isin=CLAIM_DISPOSITIONS)
    line_count: Count = column("lines decided on; 1 for a claim without lines", ge=0)


class CoreAdjudicatedLines(Contract):
    """One row per line of a claim payment (line_no 0 stands for a claim sent without lines), with one disposition."""

    answer_line_id: Text = column(_LINE, key=True)
    answer_id: Text = column(_ANSWER)
    line_no: Count = column("ordinal in the claim payment; 0 when it came without lines", ge=0)
    lineage_id: Text = column(_LINEAGE)
    payer_id: Text = column("payer, as in core_payers")
    week: Date = column(_WEEK + "; null when the date is unknown", nullable=True)
    adjudication_date: Date = column("day of the decision; null when unknown", nullable=True)
    claim_line_no: Count = column("line of the sent claim it answers; null when not matched", nullable=True, ge=1)
    line_match_rule: Text = column(
        "what matched it: L1 control number, L2 code and charge, L3 code, L4 place in the claim", isin=LINE_MATCH_RULES
    )
    service_line_no: Count = column(
        "service of the lineage it is about, the same over versions and answers: line of the first version, else of the first "
        "answer, 1000 and more what neither has; 0 where a payer decided the claim as a whole",
        ge=0,
    )
    is_replacement: Flag = column("it answers a claim that replaces the whole (frequency 7): what that leaves out is not claimed any more")
    is_first: Flag = column("the first decision of this payer on this service")
    is_current: Flag = column("the decision of the service that stands")
    is_duplicate: Flag = column("denied as one the payer has already (CARC 18, B13), while another decision of the service stands")
    procedure_code: Text = column("code adjudicated; null for claims without lines", nullable=True)
    modifier_1_code: Text = column("first modifier", nullable=True)
    units: Quantity = column("units billed, else paid, else 1")
    charge_amount: Money = column("dollars charged; null when absent or unreadable", nullable=True)
    paid_amount: Money = column("dollars paid after the line's share of claim-level adjustments; null when unreadable", nullable=True)
    patient_amount: Money = column("dollars left to the patient")
    denied_amount: Money = column("dollars denied")
    contractual_amount: Money = column("dollars written off by contract")
    allowed_amount: Money = column("paid + patient share, and OA-23 on answers of a secondary payer; 0 where nothing was decided")
    other_amount: Money = column("dollars of every other adjustment: other payers, information, corrections, unknown codes")
    disposition: Text = column("the one disposition of the line", isin=DISPOSITIONS)
    rule_id: Text = column("rule that decided it, see docs/rules.md")
    group_code: Text = column("group of the main denial reason; null when nothing was denied", nullable=True)
    carc_code: Text = column("main denial reason: the denial code with the largest amount; null when nothing was denied", nullable=True)


class CoreDenials(Contract):
    """One row per denied line: cause, owner, evidence. Partly denied and suspected lines are included and told apart."""

    answer_line_id: Text = column(_LINE, key=True)
    answer_id: Text = column(_ANSWER)
    line_no: Count = column("ordinal in the claim payment; 0 when it came without lines", ge=0)
    lineage_id: Text = column(_LINEAGE)
    claim_token: Text = column("pseudonym of the patient control number; null when the payer sent none", nullable=True)
    payer_id: Text = column("payer, as in core_payers")
    adjudication_date: Date = column("day of the denial; null when unknown", nullable=True)
    week: Date = column(_WEEK + "; null when the date is unknown", nullable=True)
    service_line_no: Count = column("service of the lineage, as in core_adjudicated_lines", ge=0)
    is_initial: Flag = column("an initial denial: first decision, and no second-level or inherited reason")
    is_retrospective: Flag = column(
        "denied after the payer had decided it otherwise (a takeback, or an overturn turned round), or again without the first being here"
    )
    is_current: Flag = column("it stands: no later decision of the service, and no reversal")
    disposition: Text = column(
        "denied_full, denied_partial or denial_suspected", isin=["denied_full", "denied_partial", "denial_suspected"]
    )
    procedure_code: Text = column("code adjudicated; null for claims without lines", nullable=True)
    charge_amount: Money = column("dollars charged")
    denied_amount: Money = column("dollars denied; the whole charge where the payer gave no denial amount")
    group_code: Text = column("group code of the main reason; null when the payer gave none", nullable=True)
    carc_code: Text = column("main denial reason; null when the payer gave none", nullable=True)
    rarc_code: Text = column("remark that refined the cause; null when the cause follows from the reason code", nullable=True)
    root_cause: Text = column("why, in the taxonomy of root_causes.tsv", isin=ROOT_CAUSES)
    owner: Text = column("who can fix it", isin=OWNERS)
    rework_target: Text = column("queue it goes to")
    preventable: Text = column("could it have been avoided", isin=PREVENTABLE)
    hardness: Text = column("soft: cured by correction or records; hard: appeal or write-off", isin=HARDNESS)
    liability: Text = column("who is left with the bill", isin=LIABILITY)
    evidence: Text = column("what the cause rests on", isin=EVIDENCE)
    evidence_detail: Text = column("the rules and codes it was read from; null when there are none", nullable=True)
    confidence: Rate = column("how sure the cause is, by what it rests on (confidence.toml)", in_range=SHARE)
    is_conflicting: Flag = column("the evidence contradicts itself; the cause is then unspecified")
    review_reason: Text = column("why a person must decide; null when nobody need", nullable=True, isin=REVIEW_REASONS)
    expected_amount: Money = column("dollars allowed if it were paid like its likes, at most what is denied; duplicates bring nothing")
    expected_basis: Text = column("its likes: same line, code family, payer, or all", isin=EXPECTED_BASES)
    taxonomy_version: Text = column("hash of the reference tables the cause was taken from")


class MartDenialRates(Contract):
    """Weekly denial rates by payer and root cause, with both sides of every fraction and a 95 % Wilson interval."""

    metric_id: Text = column(
        "M08 lines, M09 claims denied in full, M11 claims denied in part, see the definitions page; M08R lines denied after a payment, of "
        "lines decided again",
        isin=["M08", "M08R", "M09", "M11"],
        key=True,
    )
    week: Date = column(_WEEK, key=True)
    payer_id: Text = column("payer, or all", key=True)
    root_cause: Text = column("root cause, or all", key=True)
    numerator: Count = column("denied lines or claims", ge=0)
    denominator: Count = column("decided lines or claims of the week and payer, whatever the cause", ge=1)
    denial_rate: Rate = column("numerator / denominator", in_range=SHARE)
    low: Rate = column("lower 95 % limit (Wilson)", in_range=SHARE)
    high: Rate = column("upper 95 % limit (Wilson)", in_range=SHARE)
    denied_amount: Money = column("dollars denied on the numerator's lines")
    denied_charge_amount: Money = column("dollars charged on the numerator's lines (claims)")
    charge_amount: Money = column("dollars charged on the denominator's lines")
    is_complete: Flag = column("the week is over and its remittances have arrived")


class MartDenialOutcomes(Contract):
    """One row per lineage, payer and episode of denial at the end of the anchor week: worked, overturned, given up or open."""

    lineage_id: Text = column(_LINEAGE, key=True)
    claim_token: Text = column("pseudonym of the patient control number; null when none was sent", nullable=True)
    episode_no: Count = column("1 for the first denial of the payer on the lineage", ge=1, key=True)
    is_initial: Flag = column(
        "the first denial of the lineage, over all payers: what measures of initial denials count; others came after a payment"
    )
    answer_id: Text = column("decision that denied")
    line_no: Count = column("its line that lost most", ge=0)
    procedure_code: Text = column("code of that line; null for claims without lines", nullable=True)
    payer_id: Text = column("payer, as in core_payers", key=True)
    denied_date: Date = column("day of the denial")
    week: Date = column("Monday of that week")
    line_count: Count = column("denied lines", ge=1)
    open_line_count: Count = column("of these, lines that still stand denied", ge=0)
    claim_charge_amount: Money = column("charge of the whole claim payment, dollars", nullable=True)
    charge_amount: Money = column("charges of the denied lines")
    denied_amount: Money = column("dollars denied")
    expected_amount: Money = column("dollars expected if it were paid like its likes, as of its lines in core_denials")
    at_risk_amount: Money = column("of these, on lines that still stand denied")
    yes_preventable_amount: Money = column("dollars denied that need not have been")
    partly_preventable_amount: Money = column("dollars denied that need not have been in part")
    unspecified_amount: Money = column("dollars denied without a usable cause")
    group_code: Text = column("group of the main reason", nullable=True)
    carc_code: Text = column("main reason of the line that lost most", nullable=True)
    rarc_code: Text = column("remark that refined it", nullable=True)
    root_cause: Text = column("cause of the line that lost most", isin=ROOT_CAUSES)
    owner: Text = column("who can fix it", isin=OWNERS)
    rework_target: Text = column("queue it goes to")
    preventable: Text = column("could it have been avoided", isin=PREVENTABLE)
    hardness: Text = column("soft: cured by correction or records; hard: appeal or write-off", isin=HARDNESS)
    review_reason: Text = column("why a person must decide; null when nobody need", nullable=True, isin=REVIEW_REASONS)
    evidence_detail: Text = column("rules and codes the cause was read from", nullable=True)
    provider_npi: Text = column("rendering provider, else the billing one", nullable=True)
    coder_id: Text = column("who coded it last; null when not known", nullable=True)
    initial_paid_amount: Money = column("dollars the denied lines were paid all the same", nullable=True)
    touch_count: Count = column("touches on or after the denial, each counted for one denial", ge=0)
    worked_minutes: Quantity = column("minutes of these touches")
    first_touch_date: Date = column("day of the first", nullable=True)
    resent_date: Date = column("day a later version was first sent", nullable=True)
    appeal_date: Date = column("day of the first appeal", nullable=True)
    last_action_date: Date = column("day of the last touch or sending", nullable=True)
    deadline_date: Date = column("last day to correct (soft) or appeal (others), counted from the denial that stands", nullable=True)
    current_date: Date = column("newest day of what stands of the denied lines; null when all was reversed", nullable=True)
    current_disposition: Text = column("what that comes to", nullable=True, isin=CLAIM_DISPOSITIONS)
    current_paid_amount: Money = column("dollars it pays on these lines", nullable=True)
    resolution_code: Text = column("what became of it", isin=RESOLUTIONS)
    resolved_date: Date = column("when; null while open", nullable=True)
    channel_code: Text = column("how an overturn came about; null otherwise", nullable=True, isin=CHANNELS)
    recovered_amount: Money = column("dollars paid beyond what the denial paid; 0 unless overturned")
    is_repeat: Flag = column("denied again for one of its reasons after it was reworked")


class MartDenialCohorts(Contract):
    """M12: claims by the week they were first sent, and the share denied within 30, 60 and 90 days."""

    week: Date = column("Monday of the week sent", key=True)
    payer_id: Text = column("payer it was sent to, as the claim names it, or all", key=True)
    horizon_days: Count = column("30, 60 or 90 days after sending", ge=1, key=True)
    denied_count: Count = column("lineages denied by then", ge=0)
    sent_count: Count = column("lineages first sent in the week", ge=1)
    denial_rate: Rate = column(
        "share denied; by Kaplan-Meier while not mature; null while no claim has had so many days", nullable=True, in_range=SHARE
    )
    low: Rate = column("lower 95 % limit; null where the share is", nullable=True, in_range=SHARE)
    high: Rate = column("upper 95 % limit; null where the share is", nullable=True, in_range=SHARE)
    is_mature: Flag = column("the horizon has passed for every claim of the week")


class MartDenialNowcasts(Contract):
    """Weeks not yet answered: claims of a payer by the week they were first sent, and the share denied expected in the end."""

    payer_id: Text = column("payer it was sent to, as the claim names it", key=True)
    week: Date = column("Monday of the week sent, one of the last 13 to the anchor week", key=True)
    age_weeks: Count = column("weeks from then to the anchor week", ge=0)
    sent_count: Count = column("lineages first sent in the week: those of mart_denial_cohorts", ge=1)
    denied_count: Count = column("of these, denied by the end of the anchor week", ge=0)
    paid_count: Count = column("decided otherwise by then: paid, left to the patient, or nothing to decide", ge=0)
    open_count: Count = column("not decided by then", ge=0)
    decided_rate: Rate = column("(denied + paid) / sent: how much of the week is known", in_range=SHARE)
    usual_decided_rate: Rate = column(
        "share this payer usually has decided at that age, at its present speed; null when not judged", nullable=True, in_range=SHARE
    )
    naive_rate: Rate = column(
        "denied / (denied + paid): misleads while claims are open, never judged by; null with nothing decided",
        nullable=True,
        in_range=SHARE,
    )
    nowcast_denied: Rate = column("claims expected to be denied in the end, denied ones included; null when not judged", nullable=True)
    nowcast_rate: Rate = column("nowcast_denied / sent; null when not judged", nullable=True, in_range=SHARE)
    low: Rate = column("lower 90 % limit of the nowcast rate", nullable=True, in_range=SHARE)
    high: Rate = column("upper 90 % limit of the nowcast rate", nullable=True, in_range=SHARE)
    is_judged: Flag = column("there is enough history for a nowcast, or nothing is open")
    reason: Text = column("why there is no nowcast; null when there is one", nullable=True)

    @classmethod
    def rules_between_columns(cls) -> dict[str, tuple[str, pl.Expr]]:
        """No claim is counted twice or lost, and what is not judged says why."""
        parts = pl.sum_horizontal("denied_count", "paid_count", "open_count")
        is_said = pl.col("reason").is_null() == pl.col("is_judged")
        is_rated = pl.col("nowcast_rate").is_not_null() == pl.col("is_judged")
        return {
            "denied, paid and open add up to sent": ("open_count", parts == pl.col("sent_count")),
            "is judged or says why": ("reason", is_said & is_rated),
            "the nowcast is within its limits": ("nowcast_rate", pl.col("nowcast_rate").is_between("low", "high").fill_null(True)),
        }


class MartRecoveries(Contract):
    """What initial denials brought back, by payer, cause and channel, and how long that took, open ones included."""

    payer_id: Text = column("payer, or all", key=True)
    root_cause: Text = column("cause, or all", isin=[*ROOT_CAUSES, ALL], key=True)
    channel_code: Text = column("channel of the overturns, or all", isin=[*CHANNELS, ALL], key=True)
    denial_count: Count = column("initial denials of payer and cause, whatever the channel", ge=1)
    resolved_count: Count = column("of these, no longer open: the denominator", ge=0)
    overturned_count: Count = column("of these, overturned by the channel", ge=0)
    overturn_rate: Rate = column("overturned / resolved; null when nothing is resolved", nullable=True, in_range=SHARE)
    low: Rate = column("lower 95 % limit (Wilson)", nullable=True, in_range=SHARE)
    high: Rate = column("upper 95 % limit (Wilson)", nullable=True, in_range=SHARE)
    charge_amount: Money = column("charges of the overturned lines, dollars")
    expected_amount: Money = column("their expected allowed dollars")
    recovered_amount: Money = column("dollars paid beyond what the denials paid")
    appealed_count: Count = column("denials with an appeal in the work log", ge=0)
    median_appeal_days: Rate = column("median days from denial to appeal; null without appeals", nullable=True)
    median_days: Rate = column("median days to resolution (Kaplan-Meier); null while more than half are open", nullable=True)
    median_low_days: Rate = column("lower 95 % limit", nullable=True)
    median_high_days: Rate = column("upper 95 % limit; null while it cannot be told", nullable=True)


class MartPayerQuality(Contract):
    """Rules of the remittance that payers break, in the 13 weeks to the anchor week."""

    payer_id: Text = column("payer, or all", key=True)
    rule_id: Text = column("rule, or all: at least one; see docs/rules.md", isin=["Q1", "Q2", "Q3", "Q4", "Q5", "Q6", "Q7", ALL], key=True)
    failure_count: Count = column("claim payments (for Q4 and Q7 reversals) that break it", ge=0)
    answer_count: Count = column("claim payments of any kind (for Q4 and Q7 reversals)", ge=0)
    failure_rate: Rate = column("failures / answers; null when there are none", nullable=True, in_range=SHARE)
    low: Rate = column("lower 95 % limit (Wilson)", nullable=True, in_range=SHARE)
    high: Rate = column("upper 95 % limit (Wilson)", nullable=True, in_range=SHARE)


class MartDenialTrends(Contract):
    """Lines decided first and lines denied, by week and every dimension; rows of one cause hold no denominator of their own."""

    week: Date = column(_WEEK, key=True)
    payer_id: Text = column("payer, as in core_payers", key=True)
    root_cause: Text = column("cause of the denied lines; all for the decided ones", isin=[*ROOT_CAUSES, ALL], key=True)
    code_family: Text = column("family of the procedure code (code_families.tsv), revenue_code or unknown", key=True)
    place_code: Text = column("place of service or facility type; unknown when not sent", key=True)
    provider_npi: Text = column("rendering provider, else the billing one; unknown when not sent", key=True)
    coder_id: Text = column("who coded the claim last; unknown when not logged", key=True)
    denied_count: Count = column("lines denied in full or by suspicion (M08)", ge=0)
    decided_count: Count = column("lines decided; 0 on rows of one cause", ge=0)
    denied_amount: Money = column("dollars denied on these lines")
    charge_amount: Money = column("dollars charged on the decided lines; 0 on rows of one cause")


class MartUnmatched(Contract):
    """Claims without an answer and answers without a claim, at the end of the anchor week, with their age."""

    side_code: Text = column("claim: sent and not decided; remittance: decided and not sent", isin=["claim", "remittance"], key=True)
    lineage_id: Text = column(_LINEAGE, key=True)
    payer_id: Text = column("payer; null when not named", nullable=True)
    date: Date = column("day the newest version was sent, or of the first answer", nullable=True)
    age_days: Count = column("days from then to the last day; null when the date is unknown", nullable=True)
    charge_amount: Money = column("charge, dollars", nullable=True)
    is_crossover: Flag = column("another payer passed it on, so no claim of ours is missing")


class MartWorklist(Contract):
    """Open denials, what to do first: by urgency and expected net recovery, in groups that one fix works."""

    rank: Count = column("1 is first", ge=1, key=True)
    group_id: Text = column("what one fix works: payer, cause, reason, remark, and the code or provider it hangs on")
    group_rank: Count = column("rank of the group by its net recovery", ge=1)
    group_count: Count = column("open denials in the group", ge=1)
    group_net_amount: Money = column("expected net recovery of the whole group, dollars")
    urgency: Text = column(
        f"soon: at most {SOON_DAYS} days left; open; doubtful: costs more than it brings; late: time is up", isin=URGENCIES
    )
    lineage_id: Text = column(_LINEAGE)
    episode_no: Count = column("denial of the payer on the lineage, as in mart_denial_outcomes", ge=1)
    is_initial: Flag = column("an initial denial; others came after a payment, and have a clock of their own")
    claim_token: Text = column("pseudonym of the patient control number", nullable=True)
    payer_id: Text = column("payer, as in core_payers")
    denied_date: Date = column("day of the denial")
    deadline_date: Date = column("last day to correct or appeal", nullable=True)
    days_left: Count = column(
        "days to the deadline from the end of the anchor week, or the newest day in the data if later; negative when past", nullable=True
    )
    root_cause: Text = column("cause", isin=ROOT_CAUSES)
    group_code: Text = column("group of the main reason", nullable=True)
    carc_code: Text = column("main reason", nullable=True)
    rarc_code: Text = column("remark that refined it", nullable=True)
    procedure_code: Text = column("code of the line that lost most", nullable=True)
    provider_npi: Text = column("rendering provider, else the billing one", nullable=True)
    owner: Text = column("who can fix it", isin=OWNERS)
    rework_target: Text = column("queue it goes to")
    next_step: Text = column("what to do next")
    evidence_detail: Text = column("rules and codes the cause was read from", nullable=True)
    review_reason: Text = column("why a person must decide first; null when nobody need", nullable=True, isin=REVIEW_REASONS)
    charge_amount: Money = column("charges of the denied lines, dollars")
    denied_amount: Money = column("dollars denied")
    at_risk_amount: Money = column("dollars expected if the lines that stand denied were paid")
    recovery_rate: Rate = column("chance of recovery: the client's own, drawn to the prior while it has few", in_range=SHARE)
    work_amount: Money = column("expected cost of working it, dollars")
    net_amount: Money = column("at risk x recovery - work, dollars")
    touch_count: Count = column("touches so far", ge=0)
    last_action_date: Date = column("day of the last touch or sending", nullable=True)


class MartClaimFunnel(Contract):
    """How far the claims of each week came through the three layers; rejections are not denials."""

    week: Date = column("Monday of the week sent", key=True)
    step_code: Text = column("sent, file_accepted, claim_accepted, decided, undenied, first_pass", isin=FUNNEL_STEPS, key=True)
    step_no: Count = column("order of the step", ge=1)
    claim_count: Count = column("claim versions (sent to claim_accepted) or lineages that reached it", ge=0)
    lost_count: Count = column("of the step before, turned back or denied here", ge=0)
    waiting_count: Count = column("of the step before, not answered here yet", ge=0)
    charge_amount: Money = column("charges of the claims that reached it, dollars")
