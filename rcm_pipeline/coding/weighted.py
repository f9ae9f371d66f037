"""Accuracy from random and risk strata together, each stratum weighing what it is of the frame it was drawn from."""

from collections.abc import Mapping

import polars as pl

from rcm_pipeline.coding.clusters import design_effects
from rcm_pipeline.coding.strata import stratified_interval

_TOTAL = pl.Decimal(18, 3)


def weighted_accuracy(rows: pl.DataFrame, keys: list[str], icc: Mapping[str, float]) -> pl.DataFrame:
    """One row per `keys` that has charts of both strata, every one with its chance of being drawn; limits by `stratified_interval`.

    A stratum holds the sum of 1 / selection_rate of its charts. numerator and denominator are what was counted, unweighted;
    accuracy_rate is weighted.
    """
    scope = [name for name in keys if name != "method_id"]
    parts = []
    for (method,), of_method in rows.filter(pl.col("total") > 0).group_by(["method_id"], maintain_order=True):
        strata = _strata(of_method, scope, icc[str(method)])
        found = stratified_interval(strata, scope).with_columns(pl.lit(method).alias("method_id"))
        counts = strata.group_by(scope).agg(pl.col("sample_count").sum().alias("review_count"))
        parts.append(found.join(counts, on=scope, how="left"))
    if not parts:
        return rows.select(keys).clear()
    sums = [pl.col(name).round(3).cast(_TOTAL) for name in ("numerator", "denominator")]
    return pl.concat(parts).with_columns(*sums, pl.lit("wilson_strata").alias("interval_code")).drop("strata_count")


def _strata(rows: pl.DataFrame, scope: list[str], icc: float) -> pl.DataFrame:
    is_whole = pl.col("selection_rate").is_not_null().all().over(scope) & (pl.col("selection_rate") > 0).all().over(scope)
    has_both = pl.col("stratum_code").n_unique().over(scope) == 2
    return (
        rows.filter(is_whole & has_both)
        .group_by(*scope, pl.col("stratum_code").alias("stratum"))
        .agg(
            pl.col("right").sum(),
            pl.col("total").sum(),
            pl.len().cast(pl.Int64).alias("sample_count"),
            (1 / pl.col("selection_rate")).sum().round().cast(pl.Int64).alias("frame_count"),
            design_effects(pl.col("total"), icc).alias("deff"),
        )
    )
