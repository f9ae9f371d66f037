"""The scorecard: agreed measures at the anchor week, each with interval, target and a status that respects the interval."""

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import polars as pl

from rcm_pipeline.stats.intervals import rate, wilson
from schemas.contract import conform
from schemas.registry import CONTRACTS
from schemas.vocabulary import ALL

_CLAIM = ["file_id", "claim_no"]
_WORK_DAYS = 14


@dataclass(frozen=True)
class Facts:
    """The tables the scorecard reads."""

    rates: pl.DataFrame
    accuracy: pl.DataFrame
    adjudications: pl.DataFrame
    denials: pl.DataFrame
    touches: pl.DataFrame


@cache
def measures() -> dict[str, dict[str, Any]]:
    """The shipped measures by name."""
    return tomllib.loads(files("rcm_pipeline.metrics").joinpath("scorecard.toml").read_text(encoding="utf-8"))


def scorecard(facts: Facts, anchor: dt.date | None, targets: Mapping[str, Mapping[str, float]]) -> pl.DataFrame:
    """mart_scorecard at the anchor week; no rows when nothing is complete yet. `targets` override by measure and field."""
    if anchor is None:
        return conform(pl.DataFrame(), CONTRACTS["mart_scorecard"]).clear()
    rows = []
    for name, measure in measures().items():
        agreed = measure | dict(targets.get(name, {}))
        numerator, denominator = _FRACTIONS[name](facts, anchor, agreed)
        rows.append(_row(name, agreed, numerator, denominator, anchor, facts))
    frame = pl.DataFrame(rows, schema_overrides={"numerator": pl.Decimal(18, 2), "denominator": pl.Decimal(18, 2)})
    return conform(_judged(frame), CONTRACTS["mart_scorecard"])


def _row(name: str, agreed: Mapping[str, Any], numerator: object, denominator: object, anchor: dt.date, facts: Facts) -> dict[str, object]:
    row = {
        "kpi_id": name,
        "metric_id": agreed["metric_id"],
        "week": anchor,
        "week_count": agreed["weeks"],
        "unit_code": agreed["unit"],
        "numerator": numerator,
        "denominator": denominator,
        "target_rate": float(agreed["target"]),
        "limit_rate": float(agreed["limit"]),
        "direction": agreed["direction"],
        "owner": agreed["owner"],
    }
    own = _accuracy_row(facts) if name == "coding_accuracy" else None
    return row | {"own_low": own["low"] if own else None, "own_high": own["high"] if own else None}


def _judged(frame: pl.DataFrame) -> pl.DataFrame:
    low, high = wilson(pl.col("numerator"), pl.col("denominator"))
    is_count = pl.col("unit_code") != "dollars"
    valued = frame.with_columns(
        rate(pl.col("numerator"), pl.col("denominator")).alias("value_rate"),
        pl.coalesce(pl.col("own_low").cast(pl.Float64), pl.when(is_count).then(low)).alias("low"),
        pl.coalesce(pl.col("own_high").cast(pl.Float64), pl.when(is_count).then(high)).alias("high"),
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


def _window(frame: pl.DataFrame, anchor: dt.date, weeks: int) -> pl.DataFrame:
    return frame.filter(pl.col("week").is_between(anchor - dt.timedelta(weeks=weeks - 1), anchor))


def _denial_rate(facts: Facts, anchor: dt.date, agreed: Mapping[str, Any]) -> tuple[int, int]:
    everything = facts.rates.filter(
        (pl.col("metric_id") == agreed["metric_id"]) & (pl.col("payer_id") == ALL) & (pl.col("root_cause") == ALL)
    )
    window = _window(everything, anchor, agreed["weeks"])
    return int(window["numerator"].sum()), int(window["denominator"].sum())


def _accuracy_row(facts: Facts) -> dict[str, Any] | None:
    is_own = (pl.col("method_id") == "A1") & (pl.col("scope_code") == "all") & (pl.col("design_code") == "random")
    found = facts.accuracy.filter(is_own & (pl.col("period_code") == "quarter") & (pl.col("week") == pl.col("week").max()))
    return found.row(0, named=True) if found.height else None


def _accuracy(facts: Facts, _: dt.date, __: Mapping[str, Any]) -> tuple[int, int]:
    found = _accuracy_row(facts)
    return (int(found["numerator"]), int(found["denominator"])) if found else (0, 0)


def _worked(facts: Facts, anchor: dt.date, agreed: Mapping[str, Any]) -> tuple[int, int]:
    """Claims denied in weeks that ended at least 14 days before the anchor week did, and those touched within 14 days."""
    if facts.touches.is_empty():
        return 0, 0  # no work log, nothing to judge
    mature = anchor - dt.timedelta(days=_WORK_DAYS)
    dates = facts.adjudications.select(*_CLAIM, "adjudication_date")
    denied = _window(facts.denials.filter("is_initial"), mature, agreed["weeks"]).unique(_CLAIM).select(*_CLAIM, "claim_token")
    worked = denied.join(dates, on=_CLAIM, how="left").join(facts.touches, on="claim_token", how="inner")
    days = (pl.col("touched_date") - pl.col("adjudication_date")).dt.total_days()
    return worked.filter(days.is_between(0, _WORK_DAYS)).select(_CLAIM).unique().height, denied.height


def _unclassified(facts: Facts, anchor: dt.date, agreed: Mapping[str, Any]) -> tuple[object, object]:
    window = _window(facts.denials.filter("is_initial"), anchor, agreed["weeks"])
    return window.filter(pl.col("root_cause") == "unspecified")["denied_amount"].sum(), window["denied_amount"].sum()


def _balanced(facts: Facts, anchor: dt.date, agreed: Mapping[str, Any]) -> tuple[int, int]:
    window = _window(facts.adjudications, anchor, agreed["weeks"])
    return int(window["is_balanced"].sum()), window.height


_FRACTIONS = {
    "initial_denial_claims": _denial_rate,
    "initial_denial_lines": _denial_rate,
    "coding_accuracy": _accuracy,
    "denials_worked": _worked,
    "unclassified_denials": _unclassified,
    "balanced_remittances": _balanced,
}
