"""Accuracy from all charts that were drawn for QA, those of risk among them, each by what it stands for in the frame."""

from collections.abc import Mapping

import polars as pl

from rcm_pipeline.coding.accuracy.clusters import design_effects
from rcm_pipeline.stats.stratified import stratified_interval

_TOTAL = pl.Decimal(18, 3)
_CELL = ["sample_id", "coder_id", "has_reason"]


def weighted_accuracy(rows: pl.DataFrame, samples: pl.DataFrame, keys: list[str], icc: Mapping[str, float]) -> pl.DataFrame:
    """One row per `keys` (method_id among them) that has planned charts; limits by `stratified_interval`.

    The strata are a coder's charts with a reason of risk and those without (`weighting_cells`), of all samples of the period; a
    coder of whom none was drawn for risk is one stratum. numerator and denominator are what was counted, unweighted;
    accuracy_rate is weighted, null where a stratum that holds charts has none reviewed.
    """
    scope = [name for name in keys if name != "method_id"]
    planned = rows.drop("frame_count", strict=False).filter(pl.col("has_reason").is_not_null() & (pl.col("total") > 0))
    cells = weighting_cells(samples)
    known = planned.join(cells, on=_CELL, how="inner", validate="m:1")
    parts = []
    for (method,), of_method in known.group_by(["method_id"], maintain_order=True):
        strata = _strata(of_method, cells, scope, icc[str(method)])
        found = stratified_interval(strata, scope).with_columns(pl.lit(method).alias("method_id"))
        counts = strata.group_by(scope).agg(pl.col("sample_count").sum().alias("review_count"))
        parts.append(found.join(counts, on=scope, how="left"))
    if not parts:
        return rows.select(keys).clear()
    sums = [pl.col(name).round(3).cast(_TOTAL) for name in ("numerator", "denominator")]
    is_told = pl.when(pl.col("low").is_not_null()).then(pl.lit("wilson_strata")).otherwise(pl.lit("none")).alias("interval_code")
    return pl.concat(parts).with_columns(*sums, is_told).drop("strata_count")


def _strata(rows: pl.DataFrame, cells: pl.DataFrame, scope: list[str], icc: float) -> pl.DataFrame:
    """Per scope, coder and cell what was reviewed and how many charts the frames hold, cells without a review included."""
    members = rows.select(*scope, "sample_id", "coder_id").unique()
    held = members.join(cells.with_columns(pl.col("frame_count").is_null().all().over("sample_id", "coder_id").alias("_one")), on=_CELL[:2])
    is_one = pl.col("_one")
    frames = (
        held.with_columns(pl.when(~is_one).then("frame_count").when("has_reason").then("chart_count").otherwise(0).alias("_held"))
        .group_by(*scope, _stratum(is_one))
        .agg(pl.col("_held").sum().alias("frame_count"))
    )
    reviewed = (
        rows.filter(pl.col("frame_count").is_not_null() | (pl.col("stratum_code") == "random"))
        .group_by(*scope, _stratum(pl.col("frame_count").is_null()))
        .agg(
            pl.col("right").sum(),
            pl.col("total").sum(),
            pl.len().cast(pl.Int64).alias("sample_count"),
            design_effects(pl.col("total"), icc).alias("deff"),
        )
    )
    joined = frames.join(reviewed, on=[*scope, "stratum"], how="left")
    counted = joined.with_columns(pl.col("right", "total", "sample_count").fill_null(0), pl.col("deff").fill_null(1.0))
    return counted.with_columns(pl.max_horizontal("frame_count", "sample_count").alias("frame_count"))


def _stratum(is_one: pl.Expr) -> pl.Expr:
    cell = pl.when(is_one).then(pl.lit("all")).when("has_reason").then(pl.lit("reason")).otherwise(pl.lit("no reason"))
    return pl.concat_str(pl.col("coder_id"), pl.lit("|"), cell).alias("stratum")


_CODER = ["sample_id", "coder_id"]
_HAS_REASON = pl.col("reason_code") != "random"


def weighting_cells(samples: pl.DataFrame) -> pl.DataFrame:
    """Per sample, coder and `has_reason` how many charts the frame has (frame_count), and the coder's in all (chart_count).

    The random stratum is drawn from all charts of a coder, the risk stratum from those with a reason that it left; so the two
    overlap in what they speak of, and must not be weighted as if they were disjoint. These cells are: given how many of its charts
    with a reason were drawn in either stratum, they are a simple random sample of all of them; those without, drawn only at
    random, of all without. With a reason are those the risk stratum was drawn from, and those drawn or spared at random with one.
    frame_count is null where no chart of the coder was drawn for risk: how many have a reason is not in the log then.
    """
    is_random = pl.col("stratum_code") == "random"
    cells = samples.group_by(_CODER).agg(
        pl.col("frame_count").filter(is_random).first().alias("all"),
        (pl.col("frame_count").filter(~is_random).first() + (is_random & _HAS_REASON).sum().cast(pl.Int64)).alias("with"),
    )
    parts = [
        cells.select(*_CODER, pl.lit(has).alias("has_reason"), frames.alias("frame_count"), pl.col("all").alias("chart_count"))
        for has, frames in ((True, pl.col("with")), (False, pl.col("all") - pl.col("with")))
    ]
    return pl.concat(parts).sort(*_CODER, "has_reason")
