"""What denials came back, how and how fast: overturns by cause, payer and channel; and the measures M13 to M22 on outcomes."""

import datetime as dt

import polars as pl

from rcm_pipeline.denials.outcomes.denial_outcomes import initial_denials
from rcm_pipeline.stats.intervals import rate, wilson
from rcm_pipeline.stats.survival import median_days
from rcm_pipeline.tables import mart
from rcm_pipeline.weeks import Week
from schemas.vocabulary import ALL

_BY = ["payer_id", "root_cause"]
_CENT3 = pl.Decimal(18, 3)


@mart
def mart_recoveries(mart_denial_outcomes: pl.LazyFrame, *, week: Week) -> pl.DataFrame:
    """Initial denials: one row by payer, root cause and channel, each also all together; open denials count as not yet ended.

    Channel rows hold only overturns; their rate is of all resolved denials of that payer and cause.
    """
    timed = with_days(initial_denials(mart_denial_outcomes).collect(), week.sunday)
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
    return valued.sort(*_BY, "channel_code")


def with_days(outcomes: pl.DataFrame, last_day: dt.date) -> pl.DataFrame:
    """Outcomes with days from denial to resolution, or so far; `is_ended` tells which."""
    end = pl.coalesce("resolved_date", pl.lit(last_day))
    return outcomes.with_columns(
        (end - pl.col("denied_date")).dt.total_days().alias("days"), pl.col("resolved_date").is_not_null().alias("is_ended")
    )
