"""Coders held against the standard: three groups instead of ranks, evidence that may be looked at every month, corrected rates."""

import polars as pl

from rcm_pipeline.coding.accuracy.clusters import pooled_icc
from rcm_pipeline.coding.accuracy.intervals import with_limits
from rcm_pipeline.coding.accuracy.methods import count_measures
from rcm_pipeline.coding.people.auditors import is_withheld
from rcm_pipeline.coding.people.calibration import corrected_accuracy
from rcm_pipeline.settings import Qa
from rcm_pipeline.stats.beta_binomial import ABOVE, BELOW, standings
from rcm_pipeline.stats.eprocess import EvidenceSettings, evidence
from rcm_pipeline.tables import mart
from rcm_pipeline.weeks import Week
from schemas.contract import empty
from schemas.registry import CONTRACTS

_GROUPS = {BELOW: "below", ABOVE: "above"}


@mart
def mart_coder_standing(
    core_qa_reviews: pl.LazyFrame,
    core_qa_findings: pl.LazyFrame,
    mart_auditor_quality: pl.LazyFrame,
    mart_auditor_agreement: pl.LazyFrame,
    *,
    week: Week,
    settings: Qa,
) -> pl.DataFrame:
    """One row per coder, from first reviews of random charts up to the anchor week.

    Groups by `standings` over the coders of a specialty, codes counted over their design effect; but nobody is put `below`
    before the evidence of monthly looks (`evidence`) has rung, for a chance of 90 % looked at every month would accuse up to three
    in ten who are at the standard. `withheld` where the auditors do not agree enough (`is_withheld`).
    """
    method, standard = str(settings.method), settings.standard
    known = core_qa_reviews.filter(pl.col("week") <= week.monday).collect()
    charts = count_measures(known, core_qa_findings.collect()).filter(
        (pl.col("method_id") == method) & (pl.col("stratum_code") == "random") & (pl.col("total") > 0)
    )
    if charts.is_empty():
        return empty(CONTRACTS["mart_coder_standing"])
    icc = {method: 0.0 if method == "A3" else pooled_icc(charts, "coder_id")}
    counted = with_limits(charts, ["method_id", "coder_id"], icc).join(_specialty(charts), on="coder_id", how="left")
    size = pl.col("effective_size")
    sized = counted.with_columns((pl.col("accuracy_rate") * size).alias("right"), size.alias("total"))
    ordered = sized.sort("coder_id")  # a pool is added up in one order, so that equal charts give equal bytes
    standing = standings(ordered, pool=["specialty"], standard=standard).join(_evidence(charts, standard), on="coder_id", how="left")
    told_group = pl.col("group").replace_strict(_GROUPS, default="unclear")
    is_early = (told_group == "below") & pl.col("alarm_date").is_null()
    judged = pl.when(is_early).then(pl.lit("unclear")).otherwise(told_group)
    group = pl.lit("withheld") if is_withheld(mart_auditor_agreement.collect()) else judged
    last = known.group_by("coder_id").agg(pl.col("review_date").max().alias("last_review_date"))
    named = (
        _corrected(standing, mart_auditor_quality.collect(), method)
        .join(last, on="coder_id", how="left")
        .with_columns(
            pl.col("numerator", "denominator").cast(pl.Int64),
            group.alias("group_code"),
            pl.lit(standard).alias("standard_rate"),
            pl.col("posterior_rate").alias("shrunk_rate"),
            pl.col("posterior_low").alias("shrunk_low"),
            pl.col("posterior_high").alias("shrunk_high"),
        )
    )
    return named.sort("coder_id")


def _specialty(charts: pl.DataFrame) -> pl.DataFrame:
    """The specialty with most of a coder's charts, of equals the first by name."""
    counted = charts.group_by("coder_id", "specialty").len().sort("coder_id", pl.col("len") * -1, "specialty")
    return counted.unique("coder_id", keep="first", maintain_order=True).select("coder_id", "specialty")


def _evidence(charts: pl.DataFrame, standard: float) -> pl.DataFrame:
    """The last e-value of each coder, and the month in which it first rang; a chart counts by the share of it that is right."""
    looks = charts.group_by("coder_id", pl.col("week").dt.truncate("1mo").alias("date")).agg(
        (pl.col("right") / pl.col("total")).sum().alias("right"), pl.len().cast(pl.Float64).alias("total")
    )
    found = evidence(looks, settings=EvidenceSettings(standard=standard)).sort("coder_id", "date")
    return found.group_by("coder_id", maintain_order=True).agg(pl.col("e_value").last().alias("evidence"), pl.col("alarm_date").last())


def _corrected(standing: pl.DataFrame, quality: pl.DataFrame, method: str) -> pl.DataFrame:
    """Rates corrected by the errors of all auditors together; calibration counts codes, so not for charts (A3)."""
    names = {"caught_count": "found_count", "wrong_count": "wrong_count", "passed_count": "cleared_count", "good_count": "right_count"}
    sums = {new: int(quality[old].sum()) if method != "A3" else 0 for old, new in names.items()}
    return corrected_accuracy(standing.with_columns(pl.lit(count, pl.Int64).alias(name) for name, count in sums.items()))
