"""Coders held against the standard: groups instead of ranks, evidence that may be looked at every month, corrected rates."""

import polars as pl

from rcm_pipeline.coding.accuracy.clusters import pooled_icc
from rcm_pipeline.coding.accuracy.intervals import with_limits
from rcm_pipeline.coding.accuracy.methods import count_measures
from rcm_pipeline.coding.people.auditors import is_withheld
from rcm_pipeline.coding.people.calibration import audited_standards, corrected_accuracy
from rcm_pipeline.coding.people.turns import coder_turns
from rcm_pipeline.redelivery import once
from rcm_pipeline.settings import Qa
from rcm_pipeline.stats.beta_binomial import standings
from rcm_pipeline.tables import mart
from rcm_pipeline.weeks import Week
from schemas.contract import empty
from schemas.registry import CONTRACTS
from schemas.thresholds import EVIDENCE_ABOVE

_POINTING = 3.0  # evidence: twice that of one unlucky chart, and weeks before 20 where an education did not help
_CALIBRATED = {"found_count": "caught_count", "wrong_count": "wrong_count", "cleared_count": "passed_count", "right_count": "good_count"}


@mart
def mart_coder_standing(
    core_qa_reviews: pl.LazyFrame,
    core_qa_findings: pl.LazyFrame,
    raw_qa_actions: pl.LazyFrame,
    mart_auditor_quality: pl.LazyFrame,
    mart_auditor_agreement: pl.LazyFrame,
    *,
    week: Week,
    settings: Qa,
) -> pl.DataFrame:
    """One row per coder, from first reviews of random charts up to the anchor week.

    The group is what monthly looks at the coder's own charts show (`coder_turns`), against the standard as auditors who err would see
    it (`audited_standards`). Estimate and chance lean on the coders of the specialty, codes counted over their design effect, and put
    nobody into a group. `withheld` where the auditors do not agree enough (`is_withheld`). An education is an action whose words
    are those of the settings, on a review of the coder.
    """
    method, standard = str(settings.method), settings.standard
    reviews = core_qa_reviews.collect()
    known = reviews.filter(pl.col("week") <= week.monday)
    charts = count_measures(known, core_qa_findings.collect()).filter(
        (pl.col("method_id") == method) & (pl.col("stratum_code") == "random") & (pl.col("total") > 0)
    )
    if charts.is_empty():
        return empty(CONTRACTS["mart_coder_standing"])
    standing = standings(_sized(charts, method), pool=["specialty"], standard=standard)
    calibrated = _calibrated(mart_auditor_quality.collect(), method)
    below, above = audited_standards(standard, calibrated)
    taught = _educations(once(raw_qa_actions.collect()), reviews, week, settings.education_words)
    turns = coder_turns(_scores(charts), taught, below=below, above=above)
    last = known.group_by("coder_id").agg(pl.col("review_date").max().alias("last_review_date"))
    corrected = corrected_accuracy(standing.with_columns(pl.lit(count, pl.Int64).alias(name) for name, count in calibrated.items()))
    return (
        corrected.join(turns, on="coder_id", how="left", validate="1:1")
        .join(last, on="coder_id", how="left")
        .with_columns(
            pl.col("numerator", "denominator").cast(pl.Int64),
            pl.lit("withheld").alias("group_code") if is_withheld(mart_auditor_agreement.collect()) else _group().alias("group_code"),
            pl.lit(standard).alias("standard_rate"),
            pl.lit(below).alias("below_standard_rate"),
            pl.lit(above).alias("above_standard_rate"),
            pl.col("posterior_rate").alias("shrunk_rate"),
            pl.col("posterior_low").alias("shrunk_low"),
            pl.col("posterior_high").alias("shrunk_high"),
        )
        .sort("coder_id")
    )


def _sized(charts: pl.DataFrame, method: str) -> pl.DataFrame:
    """One row per coder: right and all codes over their design effect, by coder, for a pool is added up in one order."""
    icc = {method: 0.0 if method == "A3" else pooled_icc(charts, "coder_id")}
    counted = with_limits(charts, ["method_id", "coder_id"], icc).join(_specialty(charts), on="coder_id", how="left")
    size = pl.col("effective_size")
    return counted.with_columns((pl.col("accuracy_rate") * size).alias("right"), size.alias("total")).sort("coder_id")


def _group() -> pl.Expr:
    """below while it rings, until charts since then count afresh; who rings again stays below until an education, unless charts since
    it point below once more."""
    has_rung, is_fresh = pl.col("alarm_date").is_not_null(), pl.col("since_date") > pl.col("alarm_date")
    is_let_go = ~pl.col("is_repeated") | (pl.col("is_educated") & (pl.col("evidence") < _POINTING))
    is_counted_afresh = is_fresh & (pl.col("since_chart_count") > 0) & is_let_go
    return (
        pl.when(pl.col("recovered_date").is_not_null())
        .then(pl.lit("recovered"))
        .when(has_rung & is_counted_afresh)
        .then(pl.lit("retrained"))
        .when(has_rung)
        .then(pl.lit("below"))
        .when(pl.col("above_evidence") >= EVIDENCE_ABOVE)
        .then(pl.lit("above"))
        .otherwise(pl.lit("unclear"))
    )


def _specialty(charts: pl.DataFrame) -> pl.DataFrame:
    """The specialty with most of a coder's charts, of equals the first by name."""
    counted = charts.group_by("coder_id", "specialty").len().sort("coder_id", pl.col("len") * -1, "specialty")
    return counted.unique("coder_id", keep="first", maintain_order=True).select("coder_id", "specialty")


def _month(day: str) -> pl.Expr:
    return pl.col(day).dt.truncate("1mo").alias("month")


def _scores(charts: pl.DataFrame) -> pl.DataFrame:
    """A chart counts by the share of it that is right."""
    return charts.select("coder_id", _month("week"), (pl.col("right") / pl.col("total")).clip(0, 1).alias("score"))


def _educations(actions: pl.DataFrame, reviews: pl.DataFrame, week: Week, words: list[str]) -> pl.DataFrame:
    """Coder and month of every action up to the anchor week that an education is called by."""
    is_taught = pl.any_horizontal(pl.col("action_code").str.to_lowercase().str.contains(word.lower(), literal=True) for word in words)
    taught = actions.filter((pl.col("action_date") <= week.sunday) & is_taught).select("review_token", _month("action_date"))
    return taught.join(reviews.select("review_token", "coder_id"), on="review_token", how="inner").select("coder_id", "month").unique()


def _calibrated(quality: pl.DataFrame, method: str) -> dict[str, int]:
    """What all auditors together found and passed of charts with a known answer; calibration counts codes, so nothing for charts (A3)."""
    return {name: int(quality[of].sum()) if method != "A3" else 0 for name, of in _CALIBRATED.items()}
