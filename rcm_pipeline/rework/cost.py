"""What denials cost: labour, money not recovered, money recovered late, with a 90 % range."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import polars as pl

from rcm_pipeline.denials.outcomes.denial_outcomes import initial_denials
from rcm_pipeline.denials.outcomes.priors import cause_priors
from rcm_pipeline.tables import mart
from rcm_pipeline.weeks import Week
from schemas.vocabulary import ALL

_Z90 = 1.6448536269514722


@dataclass(frozen=True)
class Parameters:
    """Priors of the model; `causes` has one row per root cause with minutes, hourly and recovered."""

    cost_of_capital: float
    overhead: float
    rate_cv: float
    worked_rate: float
    worked_cv: float
    recovered_cv: float
    minutes_cv: float
    extra_days: int
    minimum_worked: int
    causes: pl.DataFrame


@cache
def default_parameters() -> Parameters:
    """The priors of parameters.toml, and those by cause that the worklist ranks by too."""
    read: dict[str, Any] = tomllib.loads(files("rcm_pipeline.rework").joinpath("parameters.toml").read_text(encoding="utf-8"))
    return Parameters(**read, causes=cause_priors())


@mart
def mart_rework_costs(mart_denial_outcomes: pl.LazyFrame, *, week: Week) -> pl.DataFrame:
    """One row per root cause with initial denials in the 13 weeks to the anchor week, and one for all.

    Cause, expected dollars and work on each denial are those of mart_denial_outcomes: nothing is decided here about denials.
    labour = worked x minutes x hourly rate x (1 + overhead); loss = expected allowed x (1 - worked share x recovered
    share); delay = expected allowed x recovered share of all x days/365 x cost of capital. The range treats the parts as
    independent, but the hourly rate, the share recovered and a prior share worked as figures shared by all causes that use
    them; limits are those of a lognormal with the same mean and variance.
    """
    recent = initial_denials(mart_denial_outcomes).filter(pl.col("week").is_between(week.first(), week.monday))
    return rework_costs(recent.select("root_cause", "denied_amount", "expected_amount", "touch_count", "worked_minutes").collect())


def rework_costs(denials: pl.DataFrame, given: Parameters | None = None) -> pl.DataFrame:
    """Rows of mart_rework_costs of these denials, with the shipped parameters or those given."""
    chosen = given or default_parameters()
    by_cause = _model(_per_cause(denials), chosen)
    table = pl.concat([by_cause, _total(by_cause, chosen)]) if by_cause.height else by_cause
    return _rounded(table)


def _per_cause(denials: pl.DataFrame) -> pl.DataFrame:
    """Denials, dollars and measured work by cause; minutes are those of denials that were worked."""
    minutes = pl.col("worked_minutes").cast(pl.Float64).filter(pl.col("touch_count") > 0)
    return denials.group_by("root_cause").agg(
        pl.len().cast(pl.Int64).alias("denial_count"),
        pl.col("denied_amount").sum(),
        pl.col("expected_amount").sum(),
        (pl.col("touch_count") > 0).sum().cast(pl.Int64).alias("worked_count"),
        minutes.mean().alias("mean_minutes"),
        minutes.std().alias("sd_minutes"),
    )


def _model(causes: pl.DataFrame, given: Parameters) -> pl.DataFrame:
    n, worked = pl.col("denial_count").cast(pl.Float64), pl.col("worked_count").cast(pl.Float64)
    is_measured = pl.col("worked_count") >= given.minimum_worked
    measured_cv = pl.col("sd_minutes") / pl.col("mean_minutes") / worked.sqrt()
    inputs = causes.join(given.causes, on="root_cause", how="left").with_columns(
        pl.when(is_measured).then(worked / n).otherwise(given.worked_rate).alias("worked_rate"),
        pl.when(is_measured).then("mean_minutes").otherwise("minutes").alias("minutes_per_denial"),
        pl.when(is_measured).then(measured_cv).otherwise(given.minutes_cv).alias("cv_minutes"),
        pl.when(is_measured).then(((1 - worked / n) / worked).sqrt()).otherwise(given.worked_cv).alias("cv_worked"),
        pl.when(is_measured).then(pl.lit("measured")).otherwise(pl.lit("prior")).alias("source_code"),
    )
    unit = pl.col("minutes_per_denial") / 60 * pl.col("hourly") * (1 + given.overhead)
    back = pl.col("worked_rate") * pl.col("recovered")
    priced = inputs.with_columns(
        unit.alias("labour_per_denial"),
        (n * pl.col("worked_rate") * unit).alias("labour"),
        (pl.col("expected_amount").cast(pl.Float64) * (1 - back)).alias("loss"),
        (pl.col("expected_amount").cast(pl.Float64) * back * given.extra_days / 365 * given.cost_of_capital).alias("delay"),
    )
    own = (1 + pl.col("cv_worked") ** 2) * (1 + pl.col("cv_minutes") ** 2)
    cv_back = pl.col("cv_worked") ** 2 + given.recovered_cv**2
    return (
        priced.with_columns(
            (pl.col("labour") + pl.col("loss") + pl.col("delay")).alias("total"),
            (pl.col("labour") ** 2 * (own - 1)).alias("var_own"),
            (pl.col("labour") ** 2 * own * given.rate_cv**2).alias("var_rate"),
            (pl.col("expected_amount").cast(pl.Float64) * back).alias("recovered_amount"),
            ((pl.col("expected_amount").cast(pl.Float64) * back) ** 2 * cv_back).alias("var_loss"),
        )
        .with_columns(_limits(pl.col("var_own") + pl.col("var_rate") + pl.col("var_loss")))
        .sort(pl.col("total") * -1, "root_cause")
    )


def _total(causes: pl.DataFrame, given: Parameters) -> pl.DataFrame:
    sums = ("denial_count", "denied_amount", "worked_count", "labour", "loss", "delay", "total", "var_own", "expected_amount")
    worked = pl.col("denial_count") * pl.col("worked_rate")
    one = causes.select(
        *(pl.col(c).sum() for c in sums),
        (worked.sum() / pl.col("denial_count").sum()).alias("worked_rate"),
        ((worked * pl.col("minutes_per_denial")).sum() / worked.sum()).alias("minutes_per_denial"),
        (pl.col("labour").sum() / worked.sum()).alias("labour_per_denial"),
        pl.when(pl.col("source_code").n_unique() > 1).then(pl.lit("mixed")).otherwise(pl.col("source_code").first()).alias("source_code"),
        pl.lit(ALL).alias("root_cause"),
    )
    wage = (pl.col("labour") * given.rate_cv) ** 2
    one = one.with_columns(_limits(pl.col("var_own") + wage + _shared_loss_variance(causes, given)))
    return one.select([c if c in one.columns or c in ("total_low", "total_high") else pl.lit(None).alias(c) for c in causes.columns])


def _shared_loss_variance(causes: pl.DataFrame, given: Parameters) -> float:
    """Variance of what is not recovered, over all causes: a prior that is wrong is wrong for every cause that uses it."""
    back, is_prior = pl.col("recovered_amount"), pl.col("source_code") == "prior"
    recovered = (back.sum() * given.recovered_cv) ** 2
    worked = (back.filter(is_prior).sum() * given.worked_cv) ** 2 + ((back * pl.col("cv_worked")).filter(~is_prior) ** 2).sum()
    return float(causes.select(recovered + worked).item() or 0.0)


def _limits(variance: pl.Expr) -> list[pl.Expr]:
    total = pl.col("total")
    spread = (variance / total**2).fill_nan(0.0).log1p()
    centre = total.log() - spread / 2
    limits = [(centre + sign * _Z90 * spread.sqrt()).exp() for sign in (-1, 1)]
    return [
        pl.when(total > 0).then(limit).otherwise(0.0).alias(name) for limit, name in zip(limits, ("total_low", "total_high"), strict=True)
    ]


def _rounded(table: pl.DataFrame) -> pl.DataFrame:
    names = ("labour_per_denial", "labour", "loss", "delay", "total", "total_low", "total_high")
    return table.with_columns(pl.col(n).round(2).cast(pl.Decimal(18, 2)).alias(f"{n}_amount") for n in names)
