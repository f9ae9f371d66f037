"""mart_metrics: every defined measure by period, from one place, so that pages, workbook and scorecard cannot differ."""

import datetime as dt
from decimal import Decimal

import polars as pl

from rcm_pipeline.denials.outcomes.recoveries import recovery_measures
from rcm_pipeline.metrics.definitions import definitions
from rcm_pipeline.metrics.denial_rates import first_full_month, rate_measures
from rcm_pipeline.metrics.measures import Known, over_window, with_value
from rcm_pipeline.metrics.process import process_measures
from rcm_pipeline.metrics.timeliness import timeliness
from rcm_pipeline.metrics.yields import yields
from rcm_pipeline.settings import Timeliness
from schemas.contract import conform
from schemas.registry import CONTRACTS
from schemas.vocabulary import OPEN_SPIKE_STATES

DENIAL_RATES = ("M06", "M07", "M08", "M09", "M10", "M11", "M12", "M13")


def metrics(
    known: Known | None,
    cohorts: pl.DataFrame,
    spikes: pl.DataFrame,
    encounters: pl.DataFrame,
    escalations: pl.DataFrame,
    agreed: Timeliness,
    monthly_net_revenue: Decimal | None = None,
) -> pl.DataFrame:
    """mart_metrics up to the anchor week; no rows before a week is complete. Periods that begin after it are left out."""
    contract = CONTRACTS["mart_metrics"]
    if known is None:
        return conform(pl.DataFrame(), contract).clear()
    rows = pl.concat(
        [
            yields(known),
            rate_measures(known),
            recovery_measures(known, monthly_net_revenue),
            process_measures(known, cohorts),
            timeliness(known, encounters, escalations, agreed),
            _rising_payers(known, spikes),
        ]
    ).filter(pl.col("period_start").is_null() | (pl.col("period_start") <= known.last_day))
    joined = with_value(rows.join(_facts(), on=["metric_id", "variant_code"], how="left", validate="m:1", maintain_order="left"))
    guarded = joined.with_columns(_is_complete(known.last_day), _is_mature(known))
    return conform(guarded, contract).sort("metric_id", "variant_code", "period_start", nulls_last=True)


def _facts() -> pl.DataFrame:
    """What the definitions say of every variant."""
    return pl.DataFrame(
        [
            {
                "metric_id": d.metric_id,
                "variant_code": variant,
                "version": d.version,
                "unit_code": d.unit_of(variant),
                "_days": d.maturity_days,
            }
            for d in definitions().values()
            for variant in (d.variants or {"": ""})
        ]
    )


def _is_complete(last: dt.date) -> pl.Expr:
    return (pl.col("period_end") <= pl.lit(last)).alias("is_complete")


def _is_mature(known: Known) -> pl.Expr:
    """The definition's days have passed since the period; months also need the three before them covered by what was sent."""
    covered = first_full_month(known.life.versions)
    has_base = pl.lit(False) if covered is None else pl.col("period_start") >= pl.lit(covered)
    of_variant = pl.when(pl.col("metric_id") == "M12").then(pl.col("variant_code").str.slice(1).cast(pl.Int64, strict=False))
    days = pl.coalesce(of_variant, "_days")
    passed = (pl.col("period_end") + pl.duration(days=days)) <= pl.lit(known.last_day)
    is_monthly = pl.col("period_code") == "month"
    return (passed & pl.when(is_monthly).then(has_base).otherwise(pl.lit(True))).alias("is_mature")


def _rising_payers(known: Known, spikes: pl.DataFrame) -> pl.DataFrame:
    """M29: pairs of payer and cause with a spike open in the anchor week, of those judged in it or with one open."""
    is_open = pl.col("state").is_in(OPEN_SPIKE_STATES).fill_null(False)
    looked_at = spikes.filter((pl.col("week") == known.anchor) & (pl.col("is_judged") | is_open))
    return over_window("M29", known, looked_at.filter(is_open).height, looked_at.height, weeks=1)
