"""Denial spikes: what was expected and what came, what stands behind a spike, and what the portfolio hands back."""

import polars as pl

from schemas.contract import SHARE, Contract, Count, Date, Flag, Money, Rate, Text, column
from schemas.thresholds import LEAK_LIFT, SPIKE_EXTRA, SPIKE_LIFT, SPIKE_Q
from schemas.vocabulary.denials import ROOT_CAUSES
from schemas.vocabulary.spikes import OPEN_SPIKE_STATES, SPIKE_DIMENSIONS, SPIKE_READINGS, SPIKE_STATES

_PAYER = "payer, as in core_payers"
_SINCE = "Monday of the first week of the spike: during is from then to the anchor week"
_WEEK = "anchor week"
_BEFORE = "before: 13 weeks of decisions, the last of them two weeks before since_week"


class MartSpikeEvidence(Contract):
    """Where an open spike comes from: per dimension the three values with most extra denials, and the rest as other."""

    payer_id: Text = column(_PAYER, key=True)
    root_cause: Text = column("cause of the denials", isin=ROOT_CAUSES, key=True)
    since_week: Date = column(_SINCE)
    week: Date = column(_WEEK)
    dimension: Text = column("what the lines are split by", isin=SPIKE_DIMENSIONS, key=True)
    value: Text = column(
        "code, NPI or coder; unknown when not sent or logged, none without a code; other for all beyond the third", key=True
    )
    rank: Count = column("1 has most extra denials; null for other", nullable=True, ge=1)
    value_count: Count = column("values in the row: 1, more for other", ge=1)
    denied_count: Count = column(
        "lines denied first during, in full or in part; they add up to those of the spike in every dimension", ge=0
    )
    decided_count: Count = column("lines decided during; of carc and rarc all, for a paid line has none", ge=0)
    before_denied_count: Count = column("lines denied first " + _BEFORE, ge=0)
    before_decided_count: Count = column("lines decided then; of carc and rarc all", ge=0)
    expected: Rate = column(
        "denials at the value's rate before; at the spike's where the value is new, 0 for a new carc or rarc, and where nothing "
        "was decided before",
        ge=0,
    )
    extra: Rate = column("denied - expected")
    extra_share: Rate = column(
        "extra / extra of the whole spike; in a dimension they add up to less than 1 by what its mix explains; null without extra "
        "denials in all",
        nullable=True,
    )


class MartSpikeCards(Contract):
    """One row per open spike: how far the rate moved and why, since when, what is at risk, and how it can be fixed."""

    payer_id: Text = column(_PAYER, key=True)
    root_cause: Text = column("cause of the denials", isin=ROOT_CAUSES, key=True)
    since_week: Date = column(_SINCE)
    week: Date = column(_WEEK)
    state: Text = column("where the spike is in the anchor week", isin=OPEN_SPIKE_STATES)
    denied_count: Count = column("lines denied first during, in full or in part", ge=0)
    decided_count: Count = column("lines decided first during", ge=0)
    denial_rate: Rate = column("denied / decided; null when none was decided", nullable=True, in_range=SHARE)
    low: Rate = column("lower 95 % limit (Wilson)", nullable=True, in_range=SHARE)
    high: Rate = column("upper 95 % limit (Wilson)", nullable=True, in_range=SHARE)
    before_denied_count: Count = column("lines denied first " + _BEFORE, ge=0)
    before_decided_count: Count = column("lines decided first then", ge=0)
    before_rate: Rate = column("denied / decided before; null when none was decided", nullable=True, in_range=SHARE)
    before_low: Rate = column("lower 95 % limit (Wilson)", nullable=True, in_range=SHARE)
    before_high: Rate = column("upper 95 % limit (Wilson)", nullable=True, in_range=SHARE)
    rate_effect: Rate = column(
        "change of the rate that neither mix nor age explains: more denials of the same claims; null when a side has no lines",
        nullable=True,
    )
    mix_effect: Rate = column("change because the lines are of other code families and places (Kitagawa); null as above", nullable=True)
    lag_effect: Rate = column("change because the payer decided younger or older claims (Kitagawa); null as above", nullable=True)
    main_carc_code: Text = column("reason with most extra denials; null when the payer gave none", nullable=True)
    main_rarc_code: Text = column("remark with most extra denials; null when none refined the cause", nullable=True)
    first_service_date: Date = column("earliest service among claims denied during for the main reason; null when not sent", nullable=True)
    first_adjudication_date: Date = column("earliest of these denials; null when there is none", nullable=True)
    reading: Text = column("whose spike it is: one coder's, the client's, or the payer's with all its clients", isin=SPIKE_READINGS)
    coder_id: Text = column("the coder of that reading; null otherwise", nullable=True)
    clients_up_count: Count = column(
        "clients, this one among them, whose denials of payer and cause rose in one week; null when not known", nullable=True, ge=0
    )
    claim_count: Count = column("claims denied during whose line that lost most is of the cause", ge=0)
    open_count: Count = column("of these, still open", ge=0)
    at_risk_amount: Money = column("dollars the open ones would bring if paid like their likes")
    fixable_count: Count = column("of the open ones, those on the worklist whose time is not up", ge=0)
    next_step: Text = column("what to do: the step of their largest group; null when none is fixable", nullable=True)
    deadline_date: Date = column("soonest last day to correct or appeal among them; null when there is none", nullable=True)
    example_tokens: Text = column(
        "up to five claims by pseudonym, open ones first, then by dollars expected, such as a1,b2; null when there is none", nullable=True
    )


class MartDenialSpikes(Contract):
    """Expected and actual denials of every payer and cause, week by week, each judged only on what was known then."""

    payer_id: Text = column("payer, as in core_payers", key=True)
    root_cause: Text = column("cause", isin=ROOT_CAUSES, key=True)
    week: Date = column("Monday of the week the payer decided in, one of the last 13 to the anchor week", key=True)
    denied_count: Count = column("claims denied at first decision (M09 and M11) whose line that lost most has this cause", ge=0)
    decided_count: Count = column("claims the payer decided at first", ge=0)
    expected_decided: Rate = column(
        "claims it would have decided at its usual speed, which the speed guard tests with; null where that is not known", nullable=True
    )
    base_rate: Rate = column("usual share denied before season, from the weeks before", in_range=SHARE)
    season_index: Rate = column("the season's factor on it; 1 is none", ge=0.0)
    expected: Rate = column("decided x usual rate x index", ge=0.0)
    noise_factor: Rate = column("variance over that of the binomial", ge=1.0)
    give_or_take: Rate = column("standard deviation of the expected denials", ge=0.0)
    surprise: Rate = column("(denied - expected) / give or take")
    window_weeks: Count = column("weeks of the window that says most: this week, or this and the last", isin=[1, 2])
    lift: Rate = column("denied / expected in that window, expected being at least half a denial", nullable=True, ge=0.0)
    p_value: Rate = column("chance of as many denials or more if nothing had changed; null when not judged", nullable=True, in_range=SHARE)
    q_value: Rate = column(
        "13 weeks' worth of p, adjusted over the pairs of the week, each ranked by its smallest p of eight weeks (Benjamini-Hochberg); "
        "null when not judged",
        nullable=True,
        in_range=SHARE,
    )
    is_alarm: Flag = column(
        f"q at most {SPIKE_Q:.2f}, lift at least {SPIKE_LIFT:g}, {SPIKE_EXTRA:g} denials more than expected, and more in the week itself"
    )
    detectable_lift: Rate = column("smallest lift seen in four of five cases at a false alarm in a thousand", nullable=True)
    is_judged: Flag = column("there was enough to judge by")
    reason: Text = column("why it was not judged; null when it was", nullable=True)
    state: Text = column("of the spike; null when there is none", nullable=True, isin=SPIKE_STATES)
    since_week: Date = column("Monday of the week the spike was first seen in; null when there is none", nullable=True)
    acknowledged_by: Text = column("who has taken note of the spike, from the client's settings; null when nobody has", nullable=True)
    portfolio_version: Text = column("version of the portfolio's reference that was used; null when none was", nullable=True)

    @classmethod
    def rules_between_columns(cls) -> dict[str, tuple[str, pl.Expr]]:
        """No more is denied than decided, and what is not judged says why."""
        is_said = (pl.col("reason").is_null() == pl.col("is_judged")) & (pl.col("p_value").is_not_null() == pl.col("is_judged"))
        return {
            "denied is at most decided": ("denied_count", pl.col("denied_count") <= pl.col("decided_count")),
            "is judged or says why": ("reason", is_said),
            "an alarm is judged": ("is_alarm", pl.col("is_judged") | ~pl.col("is_alarm")),
            "a state has a beginning": ("since_week", pl.col("state").is_null() == pl.col("since_week").is_null()),
        }


class MartPayerSuccessions(Contract):
    """Payers that fell silent when another began: a hint that the two may be one payer under a new name."""

    payer_id: Text = column("payer without a decision in the last four weeks, as in core_payers", key=True)
    successor_id: Text = column("payer that began within three weeks of its last decision", key=True)
    last_week: Date = column("Monday of its last week with a decision")
    first_week: Date = column("Monday of the other's first")
    decided_before: Rate = column("claims it decided a week, mean of its last eight weeks with decisions", ge=0.0)
    decided_since: Rate = column("claims the other decided a week, mean of its first eight", ge=0.0)


class MartSlowLeaks(Contract):
    """Rises too small for one week: every payer and cause at the end of each month, its last four weeks as one."""

    payer_id: Text = column("payer, as in core_payers", key=True)
    root_cause: Text = column("cause", isin=ROOT_CAUSES, key=True)
    week: Date = column("Monday of the month's last whole week", key=True)
    denied_count: Count = column("claims denied for the cause in the four weeks to it", ge=0)
    decided_count: Count = column("claims decided in them", ge=0)
    expected: Rate = column("denials expected from the weeks before these four", ge=0.0)
    lift: Rate = column("denied / expected, expected being at least half a denial", nullable=True, ge=0.0)
    p_value: Rate = column("chance of as many denials or more if nothing had changed; null when not judged", nullable=True, in_range=SHARE)
    q_value: Rate = column(
        "p adjusted over the pairs of the month (Benjamini-Hochberg); null when not judged", nullable=True, in_range=SHARE
    )
    is_alarm: Flag = column(f"q at most {SPIKE_Q:.2f}, lift at least {LEAK_LIFT:g} and {SPIKE_EXTRA:g} denials more than expected")
    detectable_lift: Rate = column("smallest lift seen in four of five cases at a false alarm in a thousand", nullable=True)
    is_judged: Flag = column("there was enough to judge by")
    reason: Text = column("why it was not judged; null when it was", nullable=True)


class OpsPortfolio(Contract):
    """What the portfolio hands back to a client that takes part: rounded sums of 3 clients or more, none nearly alone."""

    version: Text = column("hash of the whole reference")
    payer_id: Text = column("payer", key=True)
    root_cause: Text = column("cause", isin=ROOT_CAUSES, key=True)
    week: Date = column("Monday of the week the payer decided in", key=True)
    denied_count: Count = column("claims denied, to a multiple of 5 by chance", ge=0)
    decided_count: Count = column("claims decided, to a multiple of 5 by chance", ge=0)
    season_denied: Rate = column("denials over the noise factor, cut at the limits, to a multiple of 5: the season's numerator", ge=0.0)
    season_expected: Rate = column("what the baselines expected of them, over the same, to a multiple of 5: its denominator", ge=0.0)
    risen_count: Count = column(
        "clients whose own surprise is above 1.28; null of fewer than 5 clients, and before the last 13 weeks", nullable=True, ge=0
    )
    is_payers: Flag = column("the payer-wide line is an alarm, and several clients rose")
