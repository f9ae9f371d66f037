"""M12: of the claims sent in one week, the share denied within 30, 60 and 90 days, whenever that was decided."""

import datetime as dt

import polars as pl

from rcm_pipeline.denials.outcomes.denial_outcomes import initial_denials
from rcm_pipeline.stats.intervals import wilson
from rcm_pipeline.stats.survival import share_by
from rcm_pipeline.tables import mart
from rcm_pipeline.weeks import Week
from schemas.vocabulary import ALL

HORIZONS = (30, 60, 90)


@mart
def mart_denial_cohorts(core_claim_versions: pl.LazyFrame, mart_denial_outcomes: pl.LazyFrame, *, week: Week) -> pl.DataFrame:
    """M12 by week sent, payer sent to (or all) and horizon.

    A claim that was not denied stays at risk until the last day; where that comes before the horizon for some claims the share is the
    Kaplan-Meier estimate, and `is_mature` is false. Where no claim has had so many days there is no share and no interval: what has
    not had the time to be denied says nothing, and the nowcast is where it is foretold (mart_denial_nowcasts).
    """
    last = week.sunday
    first = core_claim_versions.filter((pl.col("version_no") == 1) & (pl.col("sent_date") <= last))
    denied = initial_denials(mart_denial_outcomes).select("lineage_id", "denied_date")
    sent = (
        first.select("lineage_id", pl.col("payer_id").fill_null("unknown"), "week", "sent_date")
        .join(denied, on="lineage_id", how="left")
        .collect()
    )
    lasted = (pl.coalesce("denied_date", pl.lit(last)) - pl.col("sent_date")).dt.total_days()
    timed = sent.with_columns(lasted.clip(lower_bound=0).alias("days"), pl.col("denied_date").is_not_null().alias("is_ended"))
    both = pl.concat([timed, timed.with_columns(pl.lit(ALL).alias("payer_id"))])
    parts = [_at(both, horizon, last) for horizon in HORIZONS]
    return pl.concat(parts).sort("week", "payer_id", "horizon_days")


def _at(timed: pl.DataFrame, horizon: int, last: dt.date) -> pl.DataFrame:
    by = ["week", "payer_id"]
    is_denied = pl.col("is_ended") & (pl.col("days") <= horizon)
    counted = timed.group_by(by).agg(
        is_denied.sum().cast(pl.Int64).alias("denied_count"),
        pl.len().cast(pl.Int64).alias("sent_count"),
        ((pl.col("sent_date").max() + pl.duration(days=horizon)) <= pl.lit(last)).alias("is_mature"),
        ((pl.col("sent_date").min() + pl.duration(days=horizon)) <= pl.lit(last)).alias("is_followed"),
    )
    low, high = wilson(pl.col("denied_count"), pl.col("sent_count"))
    plain = pl.col("denied_count").cast(pl.Float64) / pl.col("sent_count").cast(pl.Float64)
    joined = counted.join(share_by(timed, by, horizon), on=by, how="left", suffix="_km")
    is_mature, is_followed = pl.col("is_mature"), pl.col("is_followed")
    # in a mature cohort nothing is censored and the curve is the plain share
    return joined.select(
        *by,
        pl.lit(horizon, pl.Int64).alias("horizon_days"),
        "denied_count",
        "sent_count",
        pl.when(is_mature).then(plain).when(is_followed).then(pl.col("rate").fill_null(0.0)).alias("denial_rate"),
        pl.when(is_mature).then(low).when(is_followed).then(pl.coalesce(pl.col("low"), low)).alias("low"),
        pl.when(is_mature).then(high).when(is_followed).then(pl.coalesce(pl.col("high"), high)).alias("high"),
        "is_mature",
    )
