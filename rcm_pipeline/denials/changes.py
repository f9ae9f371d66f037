"""What changed: each payer and cause in the last four weeks against the weeks before, from the weekly rates."""

import datetime as dt

import polars as pl

from rcm_pipeline.intervals import rate, wilson
from schemas.vocabulary import ALL

RECENT_WEEKS, EARLIER_WEEKS = 4, 12
_GROUP = ["payer_id", "root_cause"]
_MINIMUM_EXTRA = 3
_Z99 = 2.5758293035489004


def recent_rates(rates: pl.DataFrame, anchor: dt.date) -> pl.DataFrame:
    """Line denials (M08) of the last four weeks by payer and cause: numerator, denominator, rate, low, high, denied_amount."""
    table = _sum(_lines(rates), anchor - dt.timedelta(weeks=RECENT_WEEKS - 1), anchor)
    low, high = wilson(pl.col("numerator"), pl.col("denominator"))
    return table.with_columns(rate(pl.col("numerator"), pl.col("denominator")).alias("rate"), low.alias("low"), high.alias("high"))


def changes(rates: pl.DataFrame, anchor: dt.date, *, every: bool = False) -> pl.DataFrame:
    """Payers and causes with more denials than their own earlier twelve weeks foretell, most extra denials first.

    `extra` = denials - lines x earlier rate. `is_clear`: at least three extra, and the 99 % intervals of both
    periods do not overlap, because a page looks at some seventy cells. A first look; the spike detector comes later.
    `every` keeps the pairs that did not grow as well.
    """
    first = anchor - dt.timedelta(weeks=RECENT_WEEKS + EARLIER_WEEKS - 1)
    earlier = _sum(_lines(rates), first, anchor - dt.timedelta(weeks=RECENT_WEEKS))
    _, high = wilson(pl.col("numerator"), pl.col("denominator"), z=_Z99)
    before = earlier.select(*_GROUP, rate(pl.col("numerator"), pl.col("denominator")).alias("earlier_rate"), high.alias("earlier_high"))
    now = recent_rates(rates, anchor)
    low, _ = wilson(pl.col("numerator"), pl.col("denominator"), z=_Z99)
    joined = now.join(before, on=_GROUP, how="inner").with_columns(
        (pl.col("numerator") - pl.col("denominator") * pl.col("earlier_rate")).alias("extra"),
        (low > pl.col("earlier_high")).alias("is_apart"),
    )
    is_clear = (pl.col("extra") >= _MINIMUM_EXTRA) & pl.col("is_apart")
    judged = joined.with_columns(is_clear.alias("is_clear"))
    grown = judged if every else judged.filter(pl.col("extra") > 0)
    return grown.sort(pl.col("is_clear").not_(), -pl.col("extra"), *_GROUP)


def _lines(rates: pl.DataFrame) -> pl.DataFrame:
    return rates.filter((pl.col("metric_id") == "M08") & (pl.col("payer_id") != ALL) & (pl.col("root_cause") != ALL))


def _sum(rates: pl.DataFrame, first: dt.date, last: dt.date) -> pl.DataFrame:
    return (
        rates.filter(pl.col("week").is_between(first, last))
        .group_by(_GROUP)
        .agg(pl.col("numerator", "denominator").sum(), pl.col("denied_amount").sum())
        .sort(_GROUP)
    )
