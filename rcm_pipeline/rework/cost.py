"""What denials cost: labour, money not recovered, money recovered late, with a 90 % range."""

import datetime as dt

import polars as pl

from rcm_pipeline.rework.parameters import Parameters
from schemas.contract import conform
from schemas.registry import CONTRACTS
from schemas.vocabulary import ALL

WEEKS = 13
_CLAIM = ["file_id", "claim_no"]
_Z90 = 1.6448536269514722


def rework_costs(
    denials: pl.DataFrame, lines: pl.DataFrame, touches: pl.DataFrame, anchor: dt.date | None, given: Parameters
) -> pl.DataFrame:
    """mart_rework_costs over the 13 weeks to the anchor: one row per root cause with denials, and one for all.

    Unit: a claim with an initial denial, under the cause of its largest denied line.
    labour = worked x minutes x hourly rate x (1 + overhead); loss = expected allowed x (1 - worked share x recovered
    share); delay = expected allowed x recovered share of all x days/365 x cost of capital. Expected allowed = denied
    charge x the payer's allowed share of charges on paid lines. The range treats the parts as independent, but the
    hourly rate, the share recovered and a prior share worked as figures shared by all causes that use them; limits are
    those of a lognormal with the same mean and variance.
    """
    claims = _denied_claims(denials, lines, anchor)
    worked = _with_work(claims, touches)
    by_cause = _model(_per_cause(worked), given)
    total = _total(by_cause, given)
    table = pl.concat([by_cause, total]) if by_cause.height else by_cause
    return conform(_rounded(table), CONTRACTS["mart_rework_costs"])


def _denied_claims(denials: pl.DataFrame, lines: pl.DataFrame, anchor: dt.date | None) -> pl.DataFrame:
    if anchor is None:
        return denials.clear().with_columns(pl.lit(0.0).alias("expected"))
    first = anchor - dt.timedelta(weeks=WEEKS - 1)
    window = denials.filter(pl.col("is_initial") & pl.col("week").is_between(first, anchor))
    paid = lines.filter(pl.col("disposition").is_in(["paid", "paid_patient_resp"]) & (pl.col("charge_amount") > 0))
    allowed = (pl.col("paid_amount") + pl.col("patient_amount")).sum().cast(pl.Float64) / pl.col("charge_amount").sum().cast(pl.Float64)
    share = paid.group_by("payer_id").agg(allowed.alias("share"))
    overall = paid.select(allowed).item() if paid.height else 0.0
    priced = window.join(share, on="payer_id", how="left").with_columns(
        (pl.col("denied_amount").cast(pl.Float64) * pl.col("share").fill_null(overall)).alias("expected")
    )
    ranked = priced.sort([*_CLAIM, -pl.col("denied_amount"), "line_no"])
    return ranked.group_by(_CLAIM, maintain_order=True).agg(
        pl.col("root_cause", "claim_token", "week").first(), pl.col("denied_amount").sum(), pl.col("expected").sum()
    )


def _with_work(claims: pl.DataFrame, touches: pl.DataFrame) -> pl.DataFrame:
    """Minutes spent on each denied claim after the week of its denial began; null when nobody touched it."""
    work = claims.select(*_CLAIM, "claim_token", "week").join(touches, on="claim_token", how="inner")
    later = work.filter(pl.col("touched_date") >= pl.col("week"))
    minutes = later.group_by(_CLAIM).agg(pl.col("minutes").sum().cast(pl.Float64).alias("spent"))
    return claims.join(minutes, on=_CLAIM, how="left")


def _per_cause(claims: pl.DataFrame) -> pl.DataFrame:
    return claims.group_by("root_cause").agg(
        pl.len().cast(pl.Int64).alias("denial_count"),
        pl.col("denied_amount").sum(),
        pl.col("expected").sum(),
        pl.col("spent").is_not_null().sum().cast(pl.Int64).alias("worked_count"),
        pl.col("spent").mean().alias("mean_minutes"),
        pl.col("spent").std().alias("sd_minutes"),
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
        (pl.col("expected") * (1 - back)).alias("loss"),
        (pl.col("expected") * back * given.extra_days / 365 * given.cost_of_capital).alias("delay"),
    )
    own = (1 + pl.col("cv_worked") ** 2) * (1 + pl.col("cv_minutes") ** 2)
    cv_back = pl.col("cv_worked") ** 2 + given.recovered_cv**2
    return (
        priced.with_columns(
            (pl.col("labour") + pl.col("loss") + pl.col("delay")).alias("total"),
            (pl.col("labour") ** 2 * (own - 1)).alias("var_own"),
            (pl.col("labour") ** 2 * own * given.rate_cv**2).alias("var_rate"),
            (pl.col("expected") * back).alias("recovered_amount"),
            ((pl.col("expected") * back) ** 2 * cv_back).alias("var_loss"),
        )
        .with_columns(_limits(pl.col("var_own") + pl.col("var_rate") + pl.col("var_loss")))
        .sort(pl.col("total") * -1, "root_cause")
    )


def _total(causes: pl.DataFrame, given: Parameters) -> pl.DataFrame:
    sums = ("denial_count", "denied_amount", "worked_count", "labour", "loss", "delay", "total", "var_own", "expected")
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
