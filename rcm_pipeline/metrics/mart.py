"""mart_metrics: every defined measure by period, from one place, so that pages, workbook, status and scorecard cannot differ."""

import datetime as dt
import importlib
import pkgutil

import polars as pl

import rcm_pipeline.metrics
from rcm_pipeline.denials.classify.adjudications import standing_decisions
from rcm_pipeline.denials.outcomes.denial_outcomes import ADJUDICATED_LINE, ADJUDICATION, DENIAL, VERSION
from rcm_pipeline.metrics.definitions import definitions
from rcm_pipeline.metrics.denial_rates import first_full_month
from rcm_pipeline.metrics.measures import Facts, formulas, with_value
from rcm_pipeline.redelivery import once
from rcm_pipeline.settings import ClientSettings
from rcm_pipeline.tables import mart
from rcm_pipeline.weeks import Week


@mart
def mart_metrics(
    core_submissions: pl.LazyFrame,
    core_claim_lineages: pl.LazyFrame,
    core_claim_versions: pl.LazyFrame,
    core_adjudications: pl.LazyFrame,
    core_adjudicated_lines: pl.LazyFrame,
    core_denials: pl.LazyFrame,
    core_reversals: pl.LazyFrame,
    core_recoupments: pl.LazyFrame,
    raw_touches: pl.LazyFrame,
    raw_coded_encounters: pl.LazyFrame,
    raw_escalations: pl.LazyFrame,
    mart_denial_rates: pl.LazyFrame,
    mart_denial_cohorts: pl.LazyFrame,
    mart_denial_spikes: pl.LazyFrame,
    mart_denial_outcomes: pl.LazyFrame,
    mart_payer_quality: pl.LazyFrame,
    mart_coder_accuracy: pl.LazyFrame,
    *,
    week: Week,
    settings: ClientSettings,
) -> pl.DataFrame:
    """One row per measure, variant and period up to the anchor week. Periods that begin after it are left out."""
    last = week.sunday
    reversals = _until(core_reversals, "adjudication_date", last).collect()
    lines = _until(core_adjudicated_lines.select(ADJUDICATED_LINE), "adjudication_date", last).collect()
    facts = Facts(
        week=week,
        submissions=_acknowledged_until(_until(core_submissions, "sent_date", last), last).collect(),
        lineages=core_claim_lineages.select("lineage_id", "claim_token", "coded_date").collect(),
        versions=_answered_until(_until(core_claim_versions.select(VERSION), "sent_date", last), last).collect(),
        adjudications=_until(core_adjudications.select(*ADJUDICATION, "is_balanced"), "adjudication_date", last).collect(),
        denials=_until(core_denials.select(DENIAL), "adjudication_date", last).collect(),
        reversals=reversals,
        touches=_until(once(raw_touches.collect()).lazy(), "touched_date", last).collect(),
        lines=lines,
        recoupments=_until(core_recoupments, "adjudication_date", last).collect(),
        encounters=once(raw_coded_encounters.collect()),
        escalations=raw_escalations.collect(),
        rates=mart_denial_rates.collect(),
        cohorts=mart_denial_cohorts.collect(),
        spikes=mart_denial_spikes.collect(),
        quality=mart_payer_quality.collect(),
        denied=mart_denial_outcomes.collect(),
        accuracy=mart_coder_accuracy.collect(),
        current=standing_decisions(lines, reversals),
        timeliness=settings.timeliness,
        monthly_net_revenue=settings.monthly_net_revenue,
    )
    return measured(facts)


def measured(facts: Facts) -> pl.DataFrame:
    """Every formula on these facts, with value, limits, and whether the period may still change."""
    for found in pkgutil.iter_modules(rcm_pipeline.metrics.__path__, f"{rcm_pipeline.metrics.__name__}."):
        importlib.import_module(found.name)  # formulas register themselves
    rows = pl.concat([build(facts) for _, build in sorted(formulas().items())])
    begun = rows.filter(pl.col("period_start").is_null() | (pl.col("period_start") <= facts.week.sunday))
    joined = with_value(begun.join(_defined(), on=["metric_id", "variant_code"], how="left", validate="m:1", maintain_order="left"))
    is_complete = (pl.col("period_end") <= pl.lit(facts.week.sunday)).alias("is_complete")
    guarded = joined.with_columns(is_complete, _is_mature(facts))
    return guarded.sort("metric_id", "variant_code", "period_start", nulls_last=True)


def _until(frame: pl.LazyFrame, date: str, last: dt.date) -> pl.LazyFrame:
    return frame.filter((pl.col(date) <= last).fill_null(True))


def _answered_until(versions: pl.LazyFrame, last: dt.date) -> pl.LazyFrame:
    """Versions with the 277CA answer they had on the last day: the newest, else the first, else none."""
    has_first, has_newest = (pl.col(name) <= last for name in ("first_answer_date", "answer_date"))
    return versions.with_columns(
        pl.when(has_newest).then("is_rejected").when(has_first).then("is_first_rejected").alias("is_rejected"),
        pl.when(has_first).then("is_first_rejected").alias("is_first_rejected"),
    )


def _acknowledged_until(submissions: pl.LazyFrame, last: dt.date) -> pl.LazyFrame:
    """Sent files as they stood on the last day: a 999 dated after it had not come, and what follows it neither."""
    is_later = (pl.col("transaction_answered_date") > last).fill_null(False)
    return submissions.with_columns(pl.when(is_later).then(pl.lit("unanswered")).otherwise("status_code").alias("status_code"))


def _defined() -> pl.DataFrame:
    """What the definitions say of every variant."""
    rows = [
        (d.metric_id, variant, d.version, d.unit_of(variant), d.maturity_days)
        for d in definitions().values()
        for variant in (d.variants or {"": ""})
    ]
    return pl.DataFrame(rows, schema=["metric_id", "variant_code", "version", "unit_code", "_days"], orient="row")


def _is_mature(facts: Facts) -> pl.Expr:
    """The definition's days have passed since the period; months also need the three before them covered by what was sent."""
    covered = first_full_month(facts.versions)
    has_base = pl.lit(False) if covered is None else pl.col("period_start") >= pl.lit(covered)
    of_variant = pl.when(pl.col("metric_id") == "M12").then(pl.col("variant_code").str.slice(1).cast(pl.Int64, strict=False))
    days = pl.coalesce(of_variant, "_days")
    passed = (pl.col("period_end") + pl.duration(days=days)) <= pl.lit(facts.week.sunday)
    is_monthly = pl.col("period_code") == "month"
    return (passed & pl.when(is_monthly).then(has_base).otherwise(pl.lit(True))).alias("is_mature")
