"""Payers that fell silent when another began: two series that may be one payer under a new name, which then has no history."""

import polars as pl

from rcm_pipeline.denials.spikes.counts import weekly_counts
from rcm_pipeline.tables import mart
from rcm_pipeline.weeks import Week

_SILENT_WEEKS = 4  # without a decision, to be called silent: payers that decide every month pause for as long
_KNOWN_WEEKS = 8  # with decisions, to have been a payer of the client
_NEAR_WEEKS = 3  # between the last week of one and the first of the other, either way: old claims are still answered for a while
_ALIKE = 2.0  # times as many claims a week, or half as many, at most
_AROUND = 8  # weeks of decisions that volumes are compared over


@mart
def mart_payer_successions(mart_denial_rates: pl.LazyFrame, *, week: Week) -> pl.DataFrame:
    """One row per payer that fell silent and payer that began within three weeks of it, with about as many claims a week.

    A hint, never a merge: `payer_aliases` in the client's settings makes them one, with one history.
    """
    anchor = pl.lit(week.monday)
    counts = weekly_counts(mart_denial_rates.collect(), week.monday).filter(pl.col("decided") > 0)
    weeks = counts.group_by("payer", "week").agg(pl.col("decided").max()).sort("payer", "week")
    payers = weeks.group_by("payer", maintain_order=True).agg(
        pl.col("week").first().alias("first_week"),
        pl.col("week").last().alias("last_week"),
        pl.len().alias("week_count"),
        pl.col("decided").head(_AROUND).mean().alias("first_decided"),
        pl.col("decided").tail(_AROUND).mean().alias("last_decided"),
    )
    silent = payers.filter((pl.col("last_week") <= anchor - pl.duration(weeks=_SILENT_WEEKS)) & (pl.col("week_count") >= _KNOWN_WEEKS))
    is_new = pl.col("first_week") > pl.col("first_week").min()  # not there when anything was first decided
    heard = payers.filter(is_new & (pl.col("last_week") > anchor - pl.duration(weeks=_SILENT_WEEKS)))
    pairs = silent.join(heard, how="cross", suffix="_new")
    apart = (pl.col("first_week_new") - pl.col("last_week")).dt.total_days().abs() <= 7 * _NEAR_WEEKS
    ratio = pl.col("first_decided_new") / pl.col("last_decided")
    return pairs.filter(apart & ratio.is_between(1 / _ALIKE, _ALIKE)).select(
        pl.col("payer").alias("payer_id"),
        pl.col("payer_new").alias("successor_id"),
        "last_week",
        pl.col("first_week_new").alias("first_week"),
        pl.col("last_decided").alias("decided_before"),
        pl.col("first_decided_new").alias("decided_since"),
    ).sort("payer_id", "successor_id")  # fmt: skip
