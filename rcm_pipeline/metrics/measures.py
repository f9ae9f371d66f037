"""The form every published measure takes: definition, variant, period, both sides of the fraction, value and limits."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from rcm_pipeline.claims.remits import PLACE
from rcm_pipeline.denials.classify.adjudications import standing
from rcm_pipeline.denials.outcomes.denial_outcomes import Life
from rcm_pipeline.stats.intervals import wilson

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
WINDOW_WEEKS = 13


@dataclass(frozen=True)
class Known:
    """All that was known at the end of the anchor week; later rows are cut off.

    `outcomes` are those of its last day, `current` the decisions that stood then.
    """

    anchor: dt.date
    submissions: pl.DataFrame
    life: Life
    lines: pl.DataFrame
    recoupments: pl.DataFrame
    rates: pl.DataFrame
    quality: pl.DataFrame
    outcomes: pl.DataFrame
    current: pl.DataFrame

    @property
    def last_day(self) -> dt.date:
        """Sunday of the anchor week."""
        return self.anchor + dt.timedelta(days=6)

    def since(self, weeks: int) -> dt.date:
        """Monday of the first of so many weeks that end with the anchor week."""
        return self.anchor - dt.timedelta(weeks=weeks - 1)


def known_at(
    anchor: dt.date,
    life: Life,
    *,
    submissions: pl.DataFrame,
    lines: pl.DataFrame,
    recoupments: pl.DataFrame,
    rates: pl.DataFrame,
    quality: pl.DataFrame,
    outcomes: pl.DataFrame,
) -> Known:
    """The tables as far as they reach to the Sunday of the anchor week."""
    last = anchor + dt.timedelta(days=6)

    def until(frame: pl.DataFrame, date: str) -> pl.DataFrame:
        return frame.filter((pl.col(date) <= last).fill_null(True))

    cut = Life(
        life.lineages,
        _answered_until(until(life.versions, "sent_date"), last),
        until(life.adjudications, "adjudication_date"),
        until(life.denials, "adjudication_date"),
        until(life.reversals, "adjudication_date"),
        life.payers,
        until(life.touches, "touched_date"),
    )
    return Known(
        anchor,
        _acknowledged_until(until(submissions, "sent_date"), last),
        cut,
        until(lines, "week"),
        until(recoupments, "adjudication_date"),
        rates,
        quality,
        outcomes,
        standing(cut.adjudications, cut.reversals, "lineage_id", PLACE),
    )


def _answered_until(versions: pl.DataFrame, last: dt.date) -> pl.DataFrame:
    """Versions with the 277CA answer they had on the last day: the newest, else the first, else none."""
    has_first, has_newest = (pl.col(name) <= last for name in ("first_answer_date", "answer_date"))
    return versions.with_columns(
        pl.when(has_newest).then("is_rejected").when(has_first).then("is_first_rejected").alias("is_rejected"),
        pl.when(has_first).then("is_first_rejected").alias("is_first_rejected"),
    )


def _acknowledged_until(submissions: pl.DataFrame, last: dt.date) -> pl.DataFrame:
    """Sent files as they stood on the last day: a 999 dated after it had not come, and what follows it neither."""
    is_later = (pl.col("transaction_answered_date") > last).fill_null(False)
    return submissions.with_columns(pl.when(is_later).then(pl.lit("unanswered")).otherwise("status_code").alias("status_code"))


def weekly(metric_id: str, counted: pl.DataFrame, variant: str = "") -> pl.DataFrame:
    """Measure rows from week, numerator and denominator, one per week."""
    end = pl.col("week") + pl.duration(days=6)
    rows = counted.select("numerator", "denominator", pl.col("week").alias("period_start"), end.alias("period_end"))
    return shaped(rows, metric_id, "week", variant)


def over_window(
    metric_id: str,
    known: Known,
    numerator: object,
    denominator: object,
    *,
    variant: str = "",
    weeks: int | None = WINDOW_WEEKS,
    value: float | None = None,
    ends: dt.date | None = None,
) -> pl.DataFrame:
    """One measure row for the weeks that end on the last day, or on `ends`; `weeks` None: for all time to date."""
    end = ends or known.last_day
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
    """Fill value = factor x numerator / denominator, and Wilson limits for plain shares of counts, where there are none yet."""
    n, d = pl.col("numerator").cast(pl.Float64), pl.col("denominator").cast(pl.Float64)
    low, high = wilson(pl.col("numerator"), pl.col("denominator"))
    is_share = (pl.col("factor") == 1) & ~pl.col("unit_code").is_in(["dollars", "days", "product"]) & (n <= d)
    has_own = pl.col("value").is_not_null()
    return frame.with_columns(
        pl.coalesce("value", pl.when(d > 0).then(pl.col("factor") * n / d)).alias("value"),
        pl.coalesce("low", pl.when(is_share & ~has_own).then(low)).alias("low"),
        pl.coalesce("high", pl.when(is_share & ~has_own).then(high)).alias("high"),
    )
