"""The form every published measure takes: definition, variant, period, both sides of the fraction, value and limits."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from rcm_pipeline.denials.outcomes.denial_outcomes import initial_denials
from rcm_pipeline.settings import Timeliness
from rcm_pipeline.stats.intervals import wilson
from rcm_pipeline.weeks import QUARTER_WEEKS, Week

_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "metric_id": pl.String,
    "variant_code": pl.String,
    "period_code": pl.String,
    "period_start": pl.Date,
    "period_end": pl.Date,
    "numerator": pl.Decimal(18, 3),
    "denominator": pl.Decimal(18, 3),
    "factor": pl.Int64,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}


Rows = pl.DataFrame
Formula = Callable[["Facts"], Rows]
_FORMULAS: dict[str, Formula] = {}


def formula(metric_id: str) -> Callable[[Formula], Formula]:
    """Register the formula of a definition: from the facts known at the anchor week to measure rows (`shaped`)."""

    def register(build: Formula) -> Formula:
        if metric_id in _FORMULAS:
            raise ValueError(f"{metric_id} has a formula already: {_FORMULAS[metric_id].__name__}")
        _FORMULAS[metric_id] = build
        return build

    return register


def formulas() -> Mapping[str, Formula]:
    """Every registered formula by metric id."""
    return _FORMULAS


@dataclass(frozen=True)
class Facts:
    """All that formulas read, as known at the end of the anchor week; later rows are cut off.

    `denied` are all of mart_denial_outcomes, `current` what stood of each claim on the last day.
    """

    week: Week
    submissions: pl.DataFrame
    lineages: pl.DataFrame
    versions: pl.DataFrame
    adjudications: pl.DataFrame
    denials: pl.DataFrame
    reversals: pl.DataFrame
    touches: pl.DataFrame
    lines: pl.DataFrame
    recoupments: pl.DataFrame
    encounters: pl.DataFrame
    escalations: pl.DataFrame
    rates: pl.DataFrame
    cohorts: pl.DataFrame
    spikes: pl.DataFrame
    quality: pl.DataFrame
    denied: pl.DataFrame
    accuracy: pl.DataFrame
    current: pl.DataFrame
    timeliness: Timeliness
    monthly_net_revenue: Decimal | None

    @property
    def outcomes(self) -> pl.DataFrame:
        """The initial denials of mart_denial_outcomes."""
        return initial_denials(self.denied)

    def recent(self, frame: pl.DataFrame, date: str = "adjudication_date") -> pl.DataFrame:
        """The rows dated in the 13 weeks to the anchor week."""
        return frame.filter(pl.col(date).is_between(self.week.first(), self.week.sunday))

    def decisions(self) -> pl.DataFrame:
        """Claim payments that decide something, first or later, in the 13 weeks."""
        return self.recent(self.adjudications.filter((pl.col("kind") == "adjudication") & ~pl.col("is_pended")))


def weekly(metric_id: str, counted: pl.DataFrame, variant: str = "") -> pl.DataFrame:
    """Measure rows from week, numerator and denominator, one per week."""
    end = pl.col("week") + pl.duration(days=6)
    rows = counted.select("numerator", "denominator", pl.col("week").alias("period_start"), end.alias("period_end"))
    return shaped(rows, metric_id, "week", variant)


def over_window(
    metric_id: str,
    facts: Facts,
    numerator: object,
    denominator: object,
    *,
    variant: str = "",
    weeks: int | None = QUARTER_WEEKS,
    value: float | None = None,
    ends: dt.date | None = None,
) -> pl.DataFrame:
    """One measure row for the weeks that end on the last day, or on `ends`; `weeks` None: for all time to date."""
    end = ends or facts.week.sunday
    start = end - dt.timedelta(weeks=weeks, days=-1) if weeks else None
    row = {"period_start": start, "period_end": end, "numerator": numerator, "denominator": denominator, "value": value}
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        "period_start": pl.Date,
        "numerator": pl.Decimal(18, 3),
        "denominator": pl.Decimal(18, 3),
        "value": pl.Float64,
    }
    return shaped(pl.DataFrame([row], schema_overrides=schema), metric_id, f"{weeks} weeks" if weeks else "to date", variant)


def total(amounts: pl.Series) -> Decimal:
    """The exact sum of a column of money; 0 of nothing."""
    return Decimal(str(amounts.sum() or 0))


def shaped(frame: pl.DataFrame, metric_id: str, period: str, variant: str = "") -> pl.DataFrame:
    """The measure's columns; factor is 1 and value, low and high are null unless the frame has them."""
    named = {"metric_id": pl.lit(metric_id), "variant_code": pl.lit(variant), "period_code": pl.lit(period), "factor": pl.lit(1)}
    return frame.select(
        (pl.col(name) if name in frame.columns else named.get(name, pl.lit(None))).cast(dtype).alias(name)
        for name, dtype in _SCHEMA.items()
    )


def with_value(frame: pl.DataFrame) -> pl.DataFrame:
    """Fill value = factor x numerator / denominator, and Wilson limits for plain shares of counts, where there are none yet.

    A formula that gives NaN says that there is no value although there are counts: it stays null, and without limits.
    """
    n, d = pl.col("numerator").cast(pl.Float64), pl.col("denominator").cast(pl.Float64)
    low, high = wilson(pl.col("numerator"), pl.col("denominator"))
    is_share = (pl.col("factor") == 1) & ~pl.col("unit_code").is_in(["dollars", "days", "product"]) & (n <= d)
    has_own = pl.col("value").is_not_null()
    return frame.with_columns(
        pl.coalesce("value", pl.when(d > 0).then(pl.col("factor") * n / d)).fill_nan(None).alias("value"),
        pl.coalesce("low", pl.when(is_share & ~has_own).then(low)).alias("low"),
        pl.coalesce("high", pl.when(is_share & ~has_own).then(high)).alias("high"),
    )
