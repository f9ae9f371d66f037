"""How long things last while some still go on: Kaplan-Meier curves by group, their medians, and the share seen by a day."""

import polars as pl

from rcm_pipeline.stats.intervals import Z95

_HALF = 0.5 + 1e-9  # products of fractions may stop short of one half by the last digit


def kaplan_meier(frame: pl.DataFrame, by: list[str], days: str = "days", ended: str = "is_ended") -> pl.DataFrame:
    """One row per group and distinct number of days: at_risk, ended_count, survival, and log-log 95 % limits low and high.

    Rows with null or negative days are not looked at. One that is censored on a day was at risk on it (Kaplan and Meier
    1958); limits by Greenwood's variance on the log-log scale, null while nothing has ended and when nothing is left.
    """
    known = frame.filter(pl.col(days) >= 0)
    counted = known.group_by(*by, days).agg(
        pl.len().cast(pl.Int64).alias("left_count"), pl.col(ended).sum().cast(pl.Int64).alias("ended_count")
    )
    ordered = counted.sort(*by, days)
    at_risk = pl.col("left_count").reverse().cum_sum().reverse().over(by)
    n, d = pl.col("at_risk").cast(pl.Float64), pl.col("ended_count").cast(pl.Float64)
    stepped = ordered.with_columns(at_risk.alias("at_risk"))
    step = (1 - d / n).log().cum_sum().over(by).exp()
    hazard = pl.when(n > d).then(d / (n * (n - d))).otherwise(0.0)
    curve = stepped.with_columns(step.alias("survival"), hazard.cum_sum().over(by).alias("_greenwood"))
    s = pl.col("survival")
    spread = (Z95 * pl.col("_greenwood").sqrt() / s.log()).abs()
    inside = (s > 0) & (s < 1)
    return curve.with_columns(
        pl.when(inside).then((s.log() * spread.exp()).exp()).alias("low"),
        pl.when(inside).then((s.log() * (-spread).exp()).exp()).alias("high"),
    ).drop("_greenwood", "left_count")


def median_days(frame: pl.DataFrame, by: list[str], days: str = "days", ended: str = "is_ended") -> pl.DataFrame:
    """Per group: `count`, `ended_count`, and the median with its 95 % limits (Brookmeyer and Crowley 1982).

    The median is the first day on which at most half are left; null where more than half still go on.
    """
    curve = kaplan_meier(frame, by, days, ended)

    def first(limit: str, name: str) -> pl.Expr:
        return pl.col(days).filter(pl.col(limit) <= _HALF).min().alias(name)

    # the lower limit of the curve reaches one half first
    return curve.group_by(by).agg(
        pl.col("at_risk").max().alias("count"),
        pl.col("ended_count").sum(),
        first("survival", "median_days"),
        first("low", "median_low_days"),
        first("high", "median_high_days"),
    )


def share_by(frame: pl.DataFrame, by: list[str], horizon: int, days: str = "days", ended: str = "is_ended") -> pl.DataFrame:
    """Per group the share that ended within `horizon` days, one minus the curve there, with its 95 % limits: `rate`, `low`, `high`."""
    curve = kaplan_meier(frame, by, days, ended).filter(pl.col(days) <= horizon).sort(*by, days)
    last = curve.group_by(by, maintain_order=True).agg(pl.col("survival", "low", "high").last())
    return last.select(*by, (1 - pl.col("survival")).alias("rate"), (1 - pl.col("high")).alias("low"), (1 - pl.col("low")).alias("high"))
