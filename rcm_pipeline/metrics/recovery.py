"""M13 to M22: what was closed, overturned, worked, missed and repeated of initial denials, and how fast."""

import datetime as dt
from decimal import Decimal

import polars as pl

from rcm_pipeline.denials.outcomes.recoveries import with_days
from rcm_pipeline.metrics.measures import Facts, formula, over_window, total
from rcm_pipeline.stats.survival import median_days
from schemas.vocabulary import ALL
from schemas.vocabulary.denials import CLAIM_DENIED

_WORKED_WEEKS = 8  # of denials judged by whether they were worked: two months, recent enough to act on
_GIVEN_UP = ["written_off", "expired"]


@formula("M13")
def final_denials(facts: Facts) -> pl.DataFrame:
    """Closed with the denial unpaid, of all that was closed in the window."""
    given_up = _given_up(facts).height
    clean = facts.current.filter(~pl.col("disposition").is_in(CLAIM_DENIED))
    return over_window("M13", facts, given_up, given_up + facts.recent(clean).height)


@formula("M14")
def write_offs(facts: Facts) -> pl.DataFrame:
    """What was given up against the net revenue of the settings, else against what current decisions of the window allow."""
    months = facts.monthly_net_revenue
    return over_window("M14", facts, _given_up(facts)["expected_amount"].sum(), months * 3 if months else _allowed(facts))


def _given_up(facts: Facts) -> pl.DataFrame:
    return facts.recent(facts.outcomes, "resolved_date").filter(pl.col("resolution_code").is_in(_GIVEN_UP))


def _allowed(facts: Facts) -> Decimal:
    return total(facts.recent(facts.current)["allowed_amount"])


@formula("M15")
def overturns(facts: Facts) -> pl.DataFrame:
    """Overturned of resolved: counted, by charges and by expected allowed dollars."""
    resolved = facts.outcomes.filter(pl.col("resolution_code") != "open")
    won = resolved.filter(pl.col("resolution_code") == "overturned")
    rows = [over_window("M15", facts, won.height, resolved.height, variant="count", weeks=None)]
    for variant, column in (("charges", "charge_amount"), ("allowed", "expected_amount")):
        rows.append(over_window("M15", facts, won[column].sum(), resolved[column].sum(), variant=variant, weeks=None))
    return pl.concat(rows)


@formula("M16")
def days_to_appeal(facts: Facts) -> pl.DataFrame:
    """Median and mean over denials with an appeal logged."""
    appealed = facts.outcomes.filter(pl.col("appeal_date").is_not_null()).select(
        (pl.col("appeal_date") - pl.col("denied_date")).dt.total_days().alias("days")
    )
    middle = appealed["days"].median()
    median = float(middle) if isinstance(middle, int | float) else None
    return pl.concat(
        [
            over_window("M16", facts, None, appealed.height, variant="median", weeks=None, value=median),
            over_window("M16", facts, appealed["days"].sum(), appealed.height, variant="mean", weeks=None),
        ]
    )


@formula("M17")
def days_to_resolution(facts: Facts) -> pl.DataFrame:
    """Median of the Kaplan-Meier curve; open denials are censored on the last day."""
    timed = with_days(facts.outcomes, facts.week.sunday).with_columns(pl.lit(ALL).alias("_all"))
    found = median_days(timed, ["_all"])
    row = found.row(0, named=True) if found.height else {"median_days": None, "median_low_days": None, "median_high_days": None}
    return over_window("M17", facts, None, facts.outcomes.height, weeks=None, value=row["median_days"]).with_columns(
        pl.lit(row["median_low_days"], pl.Float64).alias("low"), pl.lit(row["median_high_days"], pl.Float64).alias("high")
    )


@formula("M18")
def dollars_at_risk(facts: Facts) -> pl.DataFrame:
    """A sum and no fraction."""
    worth = total(facts.denied.filter(pl.col("resolution_code") == "open")["at_risk_amount"])
    return over_window("M18", facts, worth, None, weeks=None, value=float(worth))


@formula("M19")
def preventable_dollars(facts: Facts) -> pl.DataFrame:
    """Those preventable, and half of those that are in part."""
    recent = facts.recent(facts.outcomes, "week")
    avoidable = total(recent["yes_preventable_amount"]) + Decimal("0.5") * total(recent["partly_preventable_amount"])
    return over_window("M19", facts, avoidable, recent["denied_amount"].sum())


@formula("M20")
def worked_denials(facts: Facts) -> pl.DataFrame:
    """Denials of the eight weeks that ended 14 and 7 days before the last day; neither side without a work log."""
    return pl.concat([_worked(facts, days) for days in (14, 7)])


def _worked(facts: Facts, days: int) -> pl.DataFrame:
    if facts.touches.is_empty():
        return over_window("M20", facts, None, None, variant=f"d{days}", weeks=_WORKED_WEEKS)
    until = facts.week.sunday - dt.timedelta(days=days)
    since = until - dt.timedelta(weeks=_WORKED_WEEKS) + dt.timedelta(days=1)
    due = facts.outcomes.filter(pl.col("denied_date").is_between(since, until))
    waited = (pl.col("first_touch_date") - pl.col("denied_date")).dt.total_days()
    return over_window("M20", facts, due.filter(waited <= days).height, due.height, variant=f"d{days}", weeks=_WORKED_WEEKS, ends=until)


@formula("M21")
def missed_deadlines(facts: Facts) -> pl.DataFrame:
    """Expected dollars of denials whose time ran out untouched, of all whose time ran out in the window."""
    passed = facts.recent(facts.outcomes, "deadline_date").filter(pl.col("deadline_date") < facts.week.sunday)
    is_untouched = pl.col("last_action_date").is_null() & (pl.col("current_date") <= pl.col("denied_date"))
    return over_window("M21", facts, passed.filter(is_untouched)["expected_amount"].sum(), passed["expected_amount"].sum())


@formula("M22")
def repeated_denials(facts: Facts) -> pl.DataFrame:
    """Reworked denials that were denied again for a reason of theirs."""
    reworked = facts.outcomes.filter(pl.col("first_touch_date").is_not_null() | pl.col("resent_date").is_not_null())
    return over_window("M22", facts, reworked.filter("is_repeat").height, reworked.height, weeks=None)
