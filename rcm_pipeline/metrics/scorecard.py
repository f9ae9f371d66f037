"""The scorecard: agreed measures at the anchor week, each read from mart_metrics, with target and a status that respects the interval."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import polars as pl

from rcm_pipeline.settings import ClientSettings
from rcm_pipeline.stats.intervals import rate, wilson
from rcm_pipeline.tables import mart
from rcm_pipeline.weeks import Week

_MONEY = pl.Decimal(18, 2)


@cache
def measures() -> dict[str, dict[str, Any]]:
    """The shipped measures by name: which metric and variant, over how many weeks, target, limit, direction and owner."""
    return tomllib.loads(files("schemas.reference").joinpath("scorecard.toml").read_text(encoding="utf-8"))


def agreed_measures(settings: ClientSettings) -> dict[str, dict[str, Any]]:
    """The measures with the targets and limits this client has agreed on."""
    own = {name: targets.model_dump(exclude_none=True) for name, targets in settings.scorecard.items()}
    return {name: measure | own.get(name, {}) for name, measure in measures().items()}


@mart
def mart_scorecard(mart_metrics: pl.LazyFrame, *, week: Week, settings: ClientSettings) -> pl.DataFrame:
    """One row per agreed measure. A measure by week is summed over its weeks; any other is read in its newest period."""
    metrics = mart_metrics.collect()
    rows = [_row(name, agreed, metrics, week) for name, agreed in agreed_measures(settings).items()]
    return _judged(pl.DataFrame(rows, schema_overrides={"numerator": _MONEY, "denominator": _MONEY, "low": pl.Float64, "high": pl.Float64}))


def _row(name: str, agreed: Mapping[str, Any], metrics: pl.DataFrame, week: Week) -> dict[str, Any]:
    of_measure = metrics.filter((pl.col("metric_id") == agreed["metric_id"]) & (pl.col("variant_code") == agreed.get("variant", "")))
    return {
        "kpi_id": name,
        "metric_id": agreed["metric_id"],
        "week": week.monday,
        "week_count": agreed["weeks"],
        "unit_code": agreed["unit"],
        **_fraction(of_measure, agreed["weeks"], week),
        "target_rate": float(agreed["target"]),
        "limit_rate": float(agreed["limit"]),
        "direction": agreed["direction"],
        "owner": agreed["owner"],
    }


def _fraction(rows: pl.DataFrame, weeks: int, week: Week) -> dict[str, Any]:
    """Both sides of the fraction and the limits the measure brings with it; 0 of 0 where there is nothing to judge."""
    if (rows["period_code"] == "week").any():
        inside = rows.filter(pl.col("period_start").is_between(week.first(weeks), week.monday))
        return {"numerator": inside["numerator"].sum(), "denominator": inside["denominator"].sum(), "low": None, "high": None}
    newest = rows.drop_nulls(["numerator", "denominator"]).sort("period_end").tail(1)
    found = newest.select("numerator", "denominator", "low", "high").to_dicts()
    return found[0] if found else {"numerator": 0, "denominator": 0, "low": None, "high": None}


def _judged(frame: pl.DataFrame) -> pl.DataFrame:
    low, high = wilson(pl.col("numerator"), pl.col("denominator"))
    is_count = pl.col("unit_code") != "dollars"
    valued = frame.with_columns(
        rate(pl.col("numerator"), pl.col("denominator")).alias("value_rate"),
        pl.coalesce(pl.col("low"), pl.when(is_count).then(low)).alias("low"),
        pl.coalesce(pl.col("high"), pl.when(is_count).then(high)).alias("high"),
    )
    value, is_lower = pl.col("value_rate"), pl.col("direction") == "lower"
    best_case = pl.when(is_lower).then(pl.coalesce("low", "value_rate")).otherwise(pl.coalesce("high", "value_rate"))
    is_green = pl.when(is_lower).then(value <= pl.col("target_rate")).otherwise(value >= pl.col("target_rate"))
    is_red = pl.when(is_lower).then(best_case > pl.col("limit_rate")).otherwise(best_case < pl.col("limit_rate"))
    status = (
        pl.when(value.is_null())
        .then(pl.lit("not_judged"))
        .when(is_green)
        .then(pl.lit("green"))
        .when(is_red)
        .then(pl.lit("red"))
        .otherwise(pl.lit("amber"))
    )
    return valued.with_columns(status.alias("status"))
