"""Can the auditors be believed? Blind second reviews, charts whose answer is known, and findings that were overturned."""

import polars as pl

from rcm_pipeline.coding.accuracy.errors import with_share
from rcm_pipeline.settings import Qa
from rcm_pipeline.stats.agreement import NO, YES, agreement, presence
from rcm_pipeline.stats.intervals import rate
from rcm_pipeline.tables import mart
from rcm_pipeline.weeks import Week
from schemas.contract import empty
from schemas.registry import CONTRACTS

KEY = "KEY"  # auditor of the calibration review that holds the answer
ANY = "any"
_LEAST_CHARTS = 10  # reviewed twice, before agreement is called too low


@mart
def mart_auditor_agreement(core_qa_reviews: pl.LazyFrame, core_qa_findings: pl.LazyFrame, *, week: Week, settings: Qa) -> pl.DataFrame:
    """One row per error category, and any, from first reviews that another auditor reviewed blindly.

    is_enough: true where the lower limit of AC1 is at least the minimum agreement of the settings, false where AC1 itself is
    below it on ten charts or more, null between. AC1 and not kappa, which falls to 0 where nearly all charts are right.
    """
    minimum = settings.minimum_agreement
    pairs = _pairs(_with_finding_counts(_known(core_qa_reviews, week), core_qa_findings.collect()))
    if pairs.is_empty():
        return empty(CONTRACTS["mart_auditor_agreement"])
    seen = sorted({code for side in ("a", "b") for codes in pairs[side].to_list() for code in codes})
    categorised = pairs.filter("is_told")  # of a chart that is wrong, and nobody says how, no category is known
    verdicts = pl.concat([presence(categorised, seen).select("category", "a", "b"), _any(pairs)])
    counts = verdicts.group_by("category").agg(
        pl.len().cast(pl.Int64).alias("chart_count"),
        ((pl.col("a") == YES) & (pl.col("b") == YES)).sum().cast(pl.Int64).alias("both_count"),
        (pl.col("a") != pl.col("b")).sum().cast(pl.Int64).alias("one_count"),
        ((pl.col("a") == NO) & (pl.col("b") == NO)).sum().cast(pl.Int64).alias("neither_count"),
    )
    found = agreement(verdicts, by=["category"], categories=[YES, NO]).join(counts, on="category", how="left", validate="1:1")
    is_low = (pl.col("ac1") < minimum) & (pl.col("chart_count") >= _LEAST_CHARTS)
    enough = pl.when(pl.col("ac1_low") >= minimum).then(True).when(is_low).then(False).alias("is_enough")
    return found.with_columns(enough).rename({"category": "category_code"}).sort("category_code")


def is_withheld(agreed: pl.DataFrame) -> bool:
    """Whether agreement on "is anything wrong" is known to be too low for coders to be compared."""
    return bool((agreed.filter(pl.col("category_code") == ANY)["is_enough"] == False).any())  # noqa: E712


@mart
def mart_auditor_quality(core_qa_reviews: pl.LazyFrame, core_qa_findings: pl.LazyFrame, *, week: Week) -> pl.DataFrame:
    """One row per auditor of first reviews or calibration charts.

    Calibration: a review of kind calibration is held against the one of the same chart by the auditor KEY; one that is wrong and does
    not say how is left out. wrong: findings
    of the key; caught: those whose category the auditor found there too; good: codes right by the key; passed: these less the auditor's
    findings of categories the key does not have.
    """
    reviews, findings = _known(core_qa_reviews, week), core_qa_findings.collect()
    known = reviews.filter(pl.col("auditor_id").is_not_null() & (pl.col("auditor_id") != KEY))
    first = known.filter(pl.col("kind_code") == "first").select("review_token", "auditor_id")
    stated = first.join(findings, on="review_token", how="left").group_by("auditor_id")
    of_first = stated.agg(
        pl.col("review_token").n_unique().cast(pl.Int64).alias("review_count"),
        pl.col("error_code").count().cast(pl.Int64).alias("finding_count"),
        pl.col("rebuttal_code").is_in(["upheld", "overturned"]).sum().cast(pl.Int64).alias("rebutted_count"),
        (pl.col("rebuttal_code") == "overturned").sum().cast(pl.Int64).alias("overturned_count"),
    )
    joined = of_first.join(_calibrated(_with_finding_counts(reviews, findings)), on="auditor_id", how="full", coalesce=True)
    counts = [pl.col(name).fill_null(0) for name in joined.columns if name.endswith("_count")]
    filled = with_share(joined.with_columns(counts), "overturned_count", "finding_count", "overturn_rate")
    shares = [
        rate(pl.col("caught_count"), pl.col("wrong_count")).alias("sensitivity"),
        rate(pl.col("passed_count"), pl.col("good_count")).alias("specificity"),
    ]
    named = filled.with_columns(shares).rename({"low": "overturn_low", "high": "overturn_high"})
    return named.sort("auditor_id")


def _known(reviews: pl.LazyFrame, week: Week) -> pl.DataFrame:
    return reviews.filter(pl.col("week") <= week.monday).collect()


def _with_finding_counts(reviews: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    """Reviews by a named auditor with `found`, the categories, and `is_told`: right, or it says what is wrong."""
    found = findings.group_by("review_token").agg(pl.col("error_code").unique().sort().alias("found"))
    joined = reviews.filter(pl.col("auditor_id").is_not_null()).join(found, on="review_token", how="left")
    listed = joined.with_columns(pl.col("found").fill_null(pl.lit([], dtype=pl.List(pl.String))))
    return listed.with_columns((pl.col("is_right") | (pl.col("found").list.len() > 0)).alias("is_told"))


def _pairs(listed: pl.DataFrame) -> pl.DataFrame:
    """Charts with a first and a second review by another auditor, and what each found; one pair a chart, the latest of each."""
    latest = listed.sort("review_date", "review_token").unique(["claim_token", "kind_code"], keep="last", maintain_order=True)
    first, second = (
        latest.filter(pl.col("kind_code") == kind).select(
            "claim_token",
            pl.col("auditor_id").alias(f"auditor_{side}"),
            pl.col("found").alias(side),
            (~pl.col("is_right") | (pl.col("found").list.len() > 0)).alias(f"any_{side}"),
            pl.col("is_told").alias(f"told_{side}"),
        )
        for kind, side in (("first", "a"), ("second", "b"))
    )
    both = first.join(second, on="claim_token", how="inner").filter(pl.col("auditor_a") != pl.col("auditor_b"))
    return both.with_columns((pl.col("told_a") & pl.col("told_b")).alias("is_told"))


def _any(pairs: pl.DataFrame) -> pl.DataFrame:
    sides = [pl.when(pl.col(f"any_{side}")).then(pl.lit(YES)).otherwise(pl.lit(NO)).alias(side) for side in ("a", "b")]
    return pairs.select(pl.lit(ANY).alias("category"), *sides)


def _calibrated(listed: pl.DataFrame) -> pl.DataFrame:
    """Per auditor: what of the key's errors it caught, and how many of the key's right codes it passed."""
    charts = listed.filter((pl.col("kind_code") == "calibration") & pl.col("is_told"))
    is_key = pl.col("auditor_id") == KEY
    key = charts.filter(is_key).sort("review_date").unique("claim_token", keep="last", maintain_order=True)
    answer = key.select("claim_token", pl.col("found").alias("answer"), pl.col("correct_code_count").alias("good"))
    judged = charts.filter(~is_key).join(answer, on="claim_token", how="inner")
    caught = pl.col("found").list.set_intersection("answer").list.len().cast(pl.Int64)
    extra = pl.col("found").list.set_difference("answer").list.len().cast(pl.Int64)
    return judged.group_by("auditor_id").agg(
        pl.col("answer").list.len().cast(pl.Int64).sum().alias("wrong_count"),
        caught.sum().alias("caught_count"),
        pl.col("good").sum().alias("good_count"),
        (pl.col("good") - pl.min_horizontal("good", extra)).sum().alias("passed_count"),
    )
