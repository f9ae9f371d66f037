"""What denials came back, how and how fast: overturns by cause, payer and channel; and the measures M13 to M22 on outcomes."""

import datetime as dt
from decimal import Decimal

import polars as pl

from rcm_pipeline.claims.remits import PLACE
from rcm_pipeline.metrics.measures import Known, over_window, total
from rcm_pipeline.stats.intervals import rate, wilson
from rcm_pipeline.stats.survival import median_days
from schemas.contract import conform
from schemas.registry import CONTRACTS
from schemas.vocabulary import ALL, CLAIM_DENIED

_BY = ["payer_id", "root_cause"]
_CENT3 = pl.Decimal(18, 3)


def recoveries(outcomes: pl.DataFrame, last_day: dt.date) -> pl.DataFrame:
    """mart_recoveries: by payer, root cause and channel, each also all together; open denials count as not yet ended.

    Channel rows hold only overturns; their rate is of all resolved denials of that payer and cause.
    """
    timed = with_days(outcomes, last_day)
    scopes = [timed]
    for column in _BY:
        scopes += [scope.with_columns(pl.lit(ALL).alias(column)) for scope in scopes]
    every = pl.concat(scopes)
    totals = every.group_by(_BY).agg(
        pl.len().cast(pl.Int64).alias("denial_count"),
        (pl.col("resolution_code") != "open").sum().cast(pl.Int64).alias("resolved_count"),
        pl.col("appeal_date").is_not_null().sum().cast(pl.Int64).alias("appealed_count"),
        (pl.col("appeal_date") - pl.col("denied_date")).dt.total_days().median().alias("median_appeal_days"),
    )
    totals = totals.join(median_days(every, _BY).select(*_BY, "median_days", "median_low_days", "median_high_days"), on=_BY, how="left")
    won = every.filter(pl.col("resolution_code") == "overturned")
    tall = pl.concat([won, won.with_columns(pl.lit(ALL).alias("channel_code"))])
    by_channel = tall.group_by(*_BY, "channel_code").agg(
        pl.len().cast(pl.Int64).alias("overturned_count"),
        pl.col("charge_amount", "expected_amount", "recovered_amount").sum().cast(pl.Decimal(18, 2)),
    )
    missing = totals.select(*_BY, pl.lit(ALL).alias("channel_code")).join(by_channel, on=[*_BY, "channel_code"], how="anti")
    rows = pl.concat([by_channel, missing], how="diagonal").join(totals, on=_BY, how="left")
    filled = rows.with_columns(
        pl.col("overturned_count").fill_null(0), pl.col("charge_amount", "expected_amount", "recovered_amount").fill_null(0)
    )
    low, high = wilson(pl.col("overturned_count"), pl.col("resolved_count"))
    valued = filled.with_columns(
        rate(pl.col("overturned_count"), pl.col("resolved_count")).alias("overturn_rate"), low.alias("low"), high.alias("high")
    )
    return conform(valued, CONTRACTS["mart_recoveries"]).sort(*_BY, "channel_code")


def with_days(outcomes: pl.DataFrame, last_day: dt.date) -> pl.DataFrame:
    """Outcomes with days from denial to resolution, or so far; `is_ended` tells which."""
    end = pl.coalesce("resolved_date", pl.lit(last_day))
    return outcomes.with_columns(
        (end - pl.col("denied_date")).dt.total_days().alias("days"), pl.col("resolved_date").is_not_null().alias("is_ended")
    )


def recovery_measures(known: Known, monthly_net_revenue: Decimal | None) -> pl.DataFrame:
    """Measure rows of M13 to M22."""
    return pl.concat(
        [
            *_closed(known, monthly_net_revenue),
            *_overturned(known.outcomes, known),
            *_speed(known),
            _at_risk(known),
            _preventable(known),
            *(_worked(known, days) for days in (14, 7)),
            _missed(known),
            _repeated(known),
        ]
    )


def _closed(known: Known, monthly_net_revenue: Decimal | None) -> list[pl.DataFrame]:
    """M13 and M14: what was closed in the window, and how much of it was given up."""
    since, last = known.since(13), known.last_day
    closed = known.outcomes.filter(pl.col("resolved_date").is_between(since, last))
    given_up = closed.filter(pl.col("resolution_code").is_in(["written_off", "expired"]))
    current = known.current
    clean = current.filter(~pl.col("disposition").is_in([*CLAIM_DENIED, "undecided"]))
    paid = clean.filter(pl.col("adjudication_date").is_between(since, last)).height
    net = monthly_net_revenue * 3 if monthly_net_revenue else _allowed(known, current, since, last)
    return [
        over_window("M13", known, given_up.height, given_up.height + paid),
        over_window("M14", known, given_up["expected_amount"].sum(), net),
    ]


def _allowed(known: Known, current: pl.DataFrame, since: dt.date, last: dt.date) -> Decimal:
    keys = current.filter(pl.col("adjudication_date").is_between(since, last)).select(PLACE)
    return total(known.lines.join(keys, on=PLACE, how="semi")["allowed_amount"])


def _overturned(outcomes: pl.DataFrame, known: Known) -> list[pl.DataFrame]:
    resolved = outcomes.filter(pl.col("resolution_code") != "open")
    won = resolved.filter(pl.col("resolution_code") == "overturned")
    rows = [over_window("M15", known, won.height, resolved.height, variant="count", weeks=None)]
    for variant, column in (("charges", "charge_amount"), ("allowed", "expected_amount")):
        rows.append(over_window("M15", known, won[column].sum(), resolved[column].sum(), variant=variant, weeks=None))
    return rows


def _speed(known: Known) -> list[pl.DataFrame]:
    """M16 and M17."""
    appealed = known.outcomes.filter(pl.col("appeal_date").is_not_null()).select(
        (pl.col("appeal_date") - pl.col("denied_date")).dt.total_days().alias("days")
    )
    middle = appealed["days"].median()
    timed = with_days(known.outcomes, known.last_day).with_columns(pl.lit(ALL).alias("_all"))
    found = median_days(timed, ["_all"])
    row = found.row(0, named=True) if found.height else {"median_days": None, "median_low_days": None, "median_high_days": None}
    resolution = over_window("M17", known, None, known.outcomes.height, weeks=None, value=row["median_days"]).with_columns(
        pl.lit(row["median_low_days"], pl.Float64).alias("low"), pl.lit(row["median_high_days"], pl.Float64).alias("high")
    )
    return [
        over_window("M16", known, None, appealed.height, variant="median", weeks=None, value=float(middle) if middle is not None else None),  # type: ignore[arg-type]
        over_window("M16", known, appealed["days"].sum(), appealed.height, variant="mean", weeks=None),
        resolution,
    ]


def _at_risk(known: Known) -> pl.DataFrame:
    """M18, a sum and no fraction."""
    worth = total(known.outcomes.filter(pl.col("resolution_code") == "open")["expected_amount"])
    return over_window("M18", known, worth, None, weeks=None, value=float(worth))


def _preventable(known: Known) -> pl.DataFrame:
    recent = known.outcomes.filter(pl.col("week") >= known.since(13))
    half = Decimal("0.5")
    avoidable = total(recent["yes_preventable_amount"]) + half * total(recent["partly_preventable_amount"])
    return over_window("M19", known, avoidable, recent["denied_amount"].sum())


def _worked(known: Known, days: int) -> pl.DataFrame:
    """M20: denials of the eight weeks that ended so many days before the last day."""
    if known.life.touches.is_empty():
        return over_window("M20", known, None, None, variant=f"d{days}", weeks=8)
    until = known.last_day - dt.timedelta(days=days)
    since = until - dt.timedelta(weeks=8) + dt.timedelta(days=1)
    due = known.outcomes.filter(pl.col("denied_date").is_between(since, until))
    waited = (pl.col("first_touch_date") - pl.col("denied_date")).dt.total_days()
    return over_window("M20", known, due.filter(waited <= days).height, due.height, variant=f"d{days}", weeks=8, ends=until)


def _missed(known: Known) -> pl.DataFrame:
    passed = known.outcomes.filter((pl.col("deadline_date") >= known.since(13)) & (pl.col("deadline_date") < known.last_day))
    is_untouched = pl.col("last_action_date").is_null() & (pl.col("current_date") <= pl.col("denied_date"))
    return over_window("M21", known, passed.filter(is_untouched)["expected_amount"].sum(), passed["expected_amount"].sum())


def _repeated(known: Known) -> pl.DataFrame:
    reworked = known.outcomes.filter(pl.col("first_touch_date").is_not_null() | pl.col("resent_date").is_not_null())
    return over_window("M22", known, reworked.filter("is_repeat").height, reworked.height, weeks=None)
