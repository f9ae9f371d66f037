"""Marts of coding: accuracy by method, errors, E/M levels, coders compared, auditors, denials, feedback and queries."""

from schemas.contract import SHARE, Contract, Count, Date, Flag, Money, Quantity, Rate, Text, column
from schemas.thresholds import EVIDENCE_ALARM
from schemas.vocabulary import ALL
from schemas.vocabulary.coding import (
    CODER_GROUPS,
    DESIGNS,
    ERROR_CODES,
    ESCALATION_REASONS,
    INTERVALS,
    METHODS,
    PERIODS,
    SCOPES,
    SETTLED_AS,
    UNITS,
)


class MartCoderAccuracy(Contract):
    """Accuracy by method, scope and period. Methods are never mixed; charts chosen for risk count only with their weights."""

    method_id: Text = column("A1 to A7, A4 by its two ways, see docs/coder_accuracy.md", isin=METHODS, key=True)
    scope_code: Text = column("all, coder, specialty, category or code_family", isin=SCOPES, key=True)
    scope_id: Text = column("the coder, specialty, error category or code family; all for the whole client", key=True)
    period_code: Text = column("all, the quarter (13 weeks) ending with the week, or the week", isin=PERIODS, key=True)
    week: Date = column("Monday of the last week of the period", key=True)
    design_code: Text = column("random charts alone, or random and risk strata by their weights", isin=DESIGNS, key=True)
    unit_code: Text = column("what numerator and denominator count", isin=UNITS)
    review_count: Count = column("charts reviewed", ge=0)
    numerator: Quantity = column("what is right, in units")
    denominator: Quantity = column("what counts, in units", ge=0)
    accuracy_rate: Rate = column("numerator / denominator, weighted where the design is; null when the denominator is 0", nullable=True)
    low: Rate = column("lower 95 % limit; null where there is none", nullable=True)
    high: Rate = column("upper 95 % limit; null where there is none", nullable=True)
    interval_code: Text = column("how the limits were made", isin=INTERVALS)
    effective_size: Rate = column("sample size after clusters and weights", nullable=True)


class MartCodingErrors(Contract):
    """Errors found in random samples by category and scope, with what they are worth."""

    scope_code: Text = column("all, coder or specialty", isin=["all", "coder", "specialty"], key=True)
    scope_id: Text = column("the coder or specialty; all for the whole client", key=True)
    error_code: Text = column("category of the closed error list", isin=ERROR_CODES, key=True)
    cert_code: Text = column("CERT category it maps to")
    finding_count: Count = column("findings that stand", ge=0)
    chart_count: Count = column("charts with at least one of them", ge=0)
    review_count: Count = column("charts reviewed in the same period: the denominator", ge=0)
    chart_rate: Rate = column("chart_count / review_count", nullable=True, in_range=SHARE)
    low: Rate = column("lower 95 % limit", nullable=True, in_range=SHARE)
    high: Rate = column("upper 95 % limit", nullable=True, in_range=SHARE)
    over_count: Count = column("findings in the client's favour", ge=0)
    under_count: Count = column("findings in the payer's favour", ge=0)
    overturned_count: Count = column("findings the coder got overturned; not counted as findings", ge=0)
    allowed_delta_amount: Money = column("net allowed dollars as coded minus as audited")
    gross_delta_amount: Money = column("the same, every difference counted as positive")


class MartCertSplit(Contract):
    """Findings by CERT category beside the published split of improper payments."""

    cert_code: Text = column("CERT category, or not_in_cert", key=True)
    finding_count: Count = column("findings that stand", ge=0)
    total_count: Count = column("findings that stand in all categories", ge=0)
    finding_share: Rate = column("finding_count / total_count", nullable=True, in_range=SHARE)
    low: Rate = column("lower 95 % limit", nullable=True, in_range=SHARE)
    high: Rate = column("upper 95 % limit", nullable=True, in_range=SHARE)
    gross_delta_amount: Money = column("dollars of these findings, every difference counted as positive")
    published_share: Rate = column(
        "share of improper dollars in the published report; null where it has none", nullable=True, in_range=SHARE
    )
    source: Text = column("report, year and table of the published share", nullable=True)


class MartEmLevels(Contract):
    """E/M levels as coded against as audited (A6), from random samples."""

    scope_code: Text = column("all, coder or specialty", isin=["all", "coder", "specialty"], key=True)
    scope_id: Text = column("the coder or specialty; all for the whole client", key=True)
    pair_count: Count = column("visits with an E/M code of one category from both", ge=0)
    exact_count: Count = column("of these with the same level", ge=0)
    near_count: Count = column("with levels at most one apart", ge=0)
    over_count: Count = column("coded higher than audited", ge=0)
    under_count: Count = column("coded lower", ge=0)
    exact_rate: Rate = column("exact_count / pair_count", nullable=True, in_range=SHARE)
    low: Rate = column("lower 95 % limit of it", nullable=True, in_range=SHARE)
    high: Rate = column("upper 95 % limit of it", nullable=True, in_range=SHARE)
    bias: Rate = column("mean of levels as coded minus as audited; above 0 is overcoding", nullable=True)
    bias_low: Rate = column("lower 95 % limit of it", nullable=True)
    bias_high: Rate = column("upper 95 % limit of it", nullable=True)
    weighted_kappa: Rate = column("quadratic weighted kappa; null when nothing varies", nullable=True)


class MartCoderStanding(Contract):
    """One row per coder: where monthly looks put it against the standard, since when, how sure. First reviews of random charts."""

    coder_id: Text = column("staff number of the coder", key=True)
    specialty: Text = column("specialty with most of its reviews")
    method_id: Text = column("method the client has chosen: A1, A2 or A3", isin=["A1", "A2", "A3"])
    standard_rate: Rate = column("accuracy that is asked for", in_range=SHARE)
    review_count: Count = column("charts reviewed", ge=0)
    numerator: Count = column("codes (A3: charts) that are right", ge=0)
    denominator: Count = column("codes (A3: charts) that count", ge=0)
    accuracy_rate: Rate = column("numerator / denominator", nullable=True, in_range=SHARE)
    low: Rate = column("lower 95 % limit of it", nullable=True, in_range=SHARE)
    high: Rate = column("upper 95 % limit of it", nullable=True, in_range=SHARE)
    effective_size: Rate = column("codes after allowing for those of one chart being alike; charts for A3", nullable=True)
    shrunk_rate: Rate = column("empirical-Bayes estimate: leans on the coders of the specialty", in_range=SHARE)
    shrunk_low: Rate = column("lower 95 % limit of it", in_range=SHARE)
    shrunk_high: Rate = column("upper 95 % limit of it", in_range=SHARE)
    below_chance: Rate = column("P(true accuracy < standard)", in_range=SHARE)
    group_code: Text = column(
        "below: monthly looks rang. retrained: charts count afresh after that, and do not tell yet. recovered: they do. above, unclear: it "
        "never rang, and charts show a mean above the standard, or do not. withheld: the auditors do not agree enough",
        isin=CODER_GROUPS,
    )
    below_standard_rate: Rate = column("standard as auditors who err see it, held against to say below", in_range=SHARE)
    above_standard_rate: Rate = column("the same to say above or recovered", in_range=SHARE)
    evidence: Rate = column("e-value against `at the standard` of the charts that count, each by the share of it that is right", ge=0)
    above_evidence: Rate = column("e-value of the same charts against `below the standard`", ge=0)
    alarm_count: Count = column("how often the evidence rang", ge=0)
    alarm_date: Date = column(
        f"month in which it last reached {EVIDENCE_ALARM:g}, which chance does in 1 of {EVIDENCE_ALARM:g} careers; null when never",
        nullable=True,
    )
    since_date: Date = column("month from which charts count: after an alarm that of the education, else the next; without one the first")
    since_chart_count: Count = column("charts since then", ge=0)
    since_rate: Rate = column("mean share right of these charts; null without one", nullable=True, in_range=SHARE)
    is_educated: Flag = column("an education after the alarm is on record, and charts count from it")
    is_repeated: Flag = column("it rang again, with no recovery between")
    recovered_date: Date = column(
        f"month in which charts since then reached {EVIDENCE_ALARM:g} on the other side; null when not", nullable=True
    )
    settling_count: Count = column(
        "more charts like those since that would settle it; null when settled, or none would", nullable=True, ge=1
    )
    settles_as: Text = column("what it would be settled as", nullable=True, isin=SETTLED_AS)
    corrected_rate: Rate = column(
        "accuracy corrected for auditor error (A1 and A2); null without a calibration set", nullable=True, in_range=SHARE
    )
    corrected_low: Rate = column("lower 95 % limit of it", nullable=True, in_range=SHARE)
    corrected_high: Rate = column("upper 95 % limit of it", nullable=True, in_range=SHARE)
    last_review_date: Date = column("last review of any kind")


class MartAuditorAgreement(Contract):
    """Blind double reviews: how far two auditors agree that a chart has an error of a category."""

    category_code: Text = column("error category, or any", isin=[*ERROR_CODES, "any"], key=True)
    chart_count: Count = column("charts reviewed twice", ge=0)
    both_count: Count = column("both found it", ge=0)
    one_count: Count = column("one of them found it", ge=0)
    neither_count: Count = column("neither found it", ge=0)
    agreement_rate: Rate = column("(both + neither) / charts", nullable=True, in_range=SHARE)
    low: Rate = column("lower 95 % limit of it", nullable=True, in_range=SHARE)
    high: Rate = column("upper 95 % limit of it", nullable=True, in_range=SHARE)
    ac1: Rate = column("Gwet's AC1", nullable=True)
    ac1_low: Rate = column("lower 95 % limit of it", nullable=True)
    ac1_high: Rate = column("upper 95 % limit of it", nullable=True)
    kappa: Rate = column("Cohen's kappa; null when nothing varies", nullable=True)
    alpha: Rate = column("Krippendorff's alpha; null when nothing varies", nullable=True)
    is_enough: Flag = column("agreement is enough to compare coders by; null where there are too few charts to tell", nullable=True)


class MartAuditorQuality(Contract):
    """One row per auditor: findings overturned, and calibration charts judged right."""

    auditor_id: Text = column("staff number of the auditor", key=True)
    review_count: Count = column("first reviews", ge=0)
    finding_count: Count = column("findings stated", ge=0)
    rebutted_count: Count = column("findings that were disputed and settled", ge=0)
    overturned_count: Count = column("of these overturned", ge=0)
    overturn_rate: Rate = column("overturned_count / finding_count", nullable=True, in_range=SHARE)
    overturn_low: Rate = column("lower 95 % limit of it", nullable=True, in_range=SHARE)
    overturn_high: Rate = column("upper 95 % limit of it", nullable=True, in_range=SHARE)
    wrong_count: Count = column("calibration codes that are wrong", ge=0)
    caught_count: Count = column("of these found by the auditor", ge=0)
    sensitivity: Rate = column("caught_count / wrong_count", nullable=True, in_range=SHARE)
    good_count: Count = column("calibration codes that are right", ge=0)
    passed_count: Count = column("of these passed by the auditor", ge=0)
    specificity: Rate = column("passed_count / good_count", nullable=True, in_range=SHARE)


class MartCodingDenials(Contract):
    """QA meets denials: escapes, and denials for coding by coder and by category found. Claims first decided in 52 weeks."""

    measure_code: Text = column("escape, finding_lift, coder or category", isin=["escape", "finding_lift", "coder", "category"], key=True)
    scope_id: Text = column("the coder or category; all elsewhere", key=True)
    numerator: Count = column("claims denied for coding", ge=0)
    denominator: Count = column("claims decided: passed by QA, with a finding, of the coder, or with that category", ge=0)
    denial_rate: Rate = column("numerator / denominator", nullable=True, in_range=SHARE)
    low: Rate = column("lower 95 % limit of it", nullable=True, in_range=SHARE)
    high: Rate = column("upper 95 % limit of it", nullable=True, in_range=SHARE)
    other_numerator: Count = column("the same of what it is held against: no finding, other coders, other categories", nullable=True, ge=0)
    other_denominator: Count = column("claims decided there; of a coder's payers and specialties only", nullable=True, ge=0)
    lift: Rate = column(
        "denial_rate over that of the others, for coders within payer and specialty; null without others, or with none denied there",
        nullable=True,
    )
    lift_low: Rate = column("lower 95 % limit of it (score)", nullable=True)
    lift_high: Rate = column("upper 95 % limit of it; null where there is none, no other claim being denied", nullable=True)


class MartCodingFeedback(Contract):
    """One row per coder and category with findings: told, acted on, looked at again, and whether it came back."""

    coder_id: Text = column("staff number of the coder", key=True)
    error_code: Text = column("category of the closed error list", isin=ERROR_CODES, key=True)
    finding_count: Count = column("findings that stand", ge=0)
    first_date: Date = column("review of the first of them")
    acknowledged_count: Count = column("of these acknowledged by the coder", ge=0)
    action_code: Text = column("last thing done about them, in the client's words; null when nothing was", nullable=True)
    action_date: Date = column("day of it", nullable=True)
    before_chart_count: Count = column("charts of random samples coded in the 26 weeks before the action (all until now without one)", ge=0)
    before_error_count: Count = column("of these with the category", ge=0)
    after_chart_count: Count = column("charts of random samples coded in the 26 weeks after it", ge=0)
    after_error_count: Count = column("of these with the category: it came back", ge=0)
    change: Rate = column("rate after minus before; null without charts on both sides", nullable=True)
    change_low: Rate = column("lower 95 % limit of it (Newcombe)", nullable=True)
    change_high: Rate = column("upper 95 % limit of it", nullable=True)
    state: Text = column("open, acknowledged, acted, settled or recurring", isin=["open", "acknowledged", "acted", "settled", "recurring"])


class MartEscalationAging(Contract):
    """Queries by why the record could not be settled: how many, how old, how often they changed anything."""

    reason_code: Text = column("why it could not be settled, or all", isin=[*ESCALATION_REASONS, ALL], key=True)
    sent_count: Count = column("queries sent in the 13 weeks to the anchor week", ge=0)
    answered_count: Count = column("of these answered", ge=0)
    in_time_count: Count = column("of these answered within the days agreed", ge=0)
    changed_count: Count = column("of the answered those that changed the record or the codes", ge=0)
    precision: Rate = column("changed_count / answered_count", nullable=True, in_range=SHARE)
    low: Rate = column("lower 95 % limit of it", nullable=True, in_range=SHARE)
    high: Rate = column("upper 95 % limit of it", nullable=True, in_range=SHARE)
    answer_days: Rate = column("median days to the answer; null when none was answered", nullable=True)
    open_count: Count = column("queries open at the end of the anchor week, of any age", ge=0)
    overdue_count: Count = column("of these older than the days agreed", ge=0)
    oldest_days: Count = column("age of the oldest open one; null when none is open", nullable=True, ge=0)
    decided_count: Count = column(
        "queries decided in the 13 weeks whose last decision is on a subject the client's authority matrix names", ge=0
    )
    outside_count: Count = column("of these decided by a role that may not", ge=0)
