"""Tables of denial spikes: what was expected of every payer and cause, what came, and what the portfolio hands back."""

import polars as pl

from schemas.contract import SHARE, Contract, Count, Date, Flag, Rate, Text, column
from schemas.vocabulary import ROOT_CAUSES

SPIKE_STATES = ("new", "continuing", "fading", "closed")
READINGS = ("payer", "process")


class MartDenialSpikes(Contract):
    """Expected and actual denials of every payer and cause, week by week, each judged only on what was known then."""

    payer_id: Text = column("payer, as in core_payers")
    root_cause: Text = column("cause", isin=ROOT_CAUSES)
    week: Date = column("Monday of the week the payer decided in, one of the last 13 to the anchor week")
    denied_count: Count = column("lines denied for the cause at first decision (M08)", ge=0)
    decided_count: Count = column("lines the payer decided at first", ge=0)
    base_rate: Rate = column("usual share denied before season, from the weeks before", in_range=SHARE)
    season_index: Rate = column("the season's factor on it; 1 is none", ge=0.0)
    expected_denied: Rate = column("decided x usual rate x index", ge=0.0)
    noise_factor: Rate = column("variance over that of the binomial", ge=1.0)
    give_or_take: Rate = column("standard deviation of the expected denials", ge=0.0)
    surprise: Rate = column("(denied - expected) / give or take")
    window_weeks: Count = column("weeks of the window that says most: this week, or this and the last", isin=[1, 2])
    lift: Rate = column("denied / expected in that window; infinite where nothing was expected", ge=0.0)
    p_value: Rate = column("chance of as many denials or more if nothing had changed; null when not judged", nullable=True, in_range=SHARE)
    q_value: Rate = column(
        "p adjusted over the pairs of the week (Benjamini-Hochberg); null when not judged", nullable=True, in_range=SHARE
    )
    is_alarm: Flag = column("q at most 0.10 and lift at least 1.25")
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


class MartSlowLeaks(Contract):
    """Rises too small for one week: every payer and cause at the end of each month, its last four weeks as one."""

    payer_id: Text = column("payer, as in core_payers")
    root_cause: Text = column("cause", isin=ROOT_CAUSES)
    week: Date = column("Monday of the month's last whole week")
    denied_count: Count = column("lines denied for the cause in the four weeks to it", ge=0)
    decided_count: Count = column("lines decided in them", ge=0)
    expected_denied: Rate = column("denials expected from the weeks before these four", ge=0.0)
    lift: Rate = column("denied / expected", ge=0.0)
    p_value: Rate = column("chance of as many denials or more if nothing had changed; null when not judged", nullable=True, in_range=SHARE)
    q_value: Rate = column(
        "p adjusted over the pairs of the month (Benjamini-Hochberg); null when not judged", nullable=True, in_range=SHARE
    )
    is_alarm: Flag = column("q at most 0.10 and lift at least 1.15")
    detectable_lift: Rate = column("smallest lift seen in four of five cases at a false alarm in a thousand", nullable=True)
    is_judged: Flag = column("there was enough to judge by")
    reason: Text = column("why it was not judged; null when it was", nullable=True)


class OpsPortfolio(Contract):
    """What the portfolio hands back to a client that takes part: sums over at least 3 clients and 11 lines, never fewer."""

    version: Text = column("hash of the whole reference")
    payer_id: Text = column("payer")
    root_cause: Text = column("cause", isin=ROOT_CAUSES)
    week: Date = column("Monday of the week the payer decided in")
    client_count: Count = column("clients with lines decided", ge=3)
    decided_count: Count = column("lines decided, all clients", ge=11)
    denied_count: Count = column("of these, denied for the cause", ge=0)
    usual_rate: Rate = column("share denied in the weeks to this one, half as heavy every 26 weeks", in_range=SHARE)
    season_denied: Rate = column("denials over the noise factor, cut at the limits: the season's numerator", ge=0.0)
    season_expected: Rate = column("what the baselines expected of them, over the same: its denominator", ge=0.0)
    expected_denied: Rate = column("denials expected of all clients together; null before the last 13 weeks", nullable=True)
    lift: Rate = column("denied / expected in the window that says most; null before the last 13 weeks", nullable=True)
    p_value: Rate = column("of the payer-wide line; null when not judged", nullable=True, in_range=SHARE)
    q_value: Rate = column("adjusted over the lines of the week; null when not judged", nullable=True, in_range=SHARE)
    is_alarm: Flag = column("the payer-wide line is one; null before the last 13 weeks", nullable=True)
    risen_count: Count = column("clients whose own surprise is above 1.28; null before the last 13 weeks", nullable=True, ge=0)
    reading: Text = column("payer: several clients rose; process: one did; null when none did", nullable=True, isin=READINGS)
