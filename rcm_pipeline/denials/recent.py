"""Each payer and cause over the last four weeks, from the weekly rates."""

import datetime as dt

import polars as pl

from rcm_pipeline.intervals import rate, wilson
from schemas.vocabulary import ALL

RECENT_WEEKS = 4
_GROUP = ["payer_id", "root_cause"]


def recent_rates(rates: pl.DataFrame, anchor: dt.date) -> pl.DataFrame:
    """Line denials (M08) of the last four weeks by payer and cause: numerator, denominator, rate, low, high, denied_amount."""
    table = _sum(_lines(rates), anchor - dt.timedelta(weeks=RECENT_WEEKS - 1), anchor)
    low, high = wilson(pl.col("numerator"), pl.col("denominator"))
    return table.with_columns(rate(pl.col("numerator"), pl.col("denominator")).alias("rate"), low.alias("low"), high.alias("high"))


def _lines(rates: pl.DataFrame) -> pl.DataFrame:
    return rates.filter((pl.col("metric_id") == "M08") & (pl.col("payer_id") != ALL) & (pl.col("root_cause") != ALL))


def _sum(rates: pl.DataFrame, first: dt.date, last: dt.date) -> pl.DataFrame:
    return (
        rates.filter(pl.col("week").is_between(first, last))
        .group_by(_GROUP)
        .agg(pl.col("numerator", "denominator").sum(), pl.col("denied_amount").sum())
        .sort(_GROUP)
    )
