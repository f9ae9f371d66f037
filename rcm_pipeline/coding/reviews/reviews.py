"""Reviews in force: whose chart, from which sample, with what chance, and how many codes were right."""

import polars as pl

from rcm_pipeline.coding.comparison.comparison import code_counts
from rcm_pipeline.coding.reviews.findings import DERIVED, STATED
from rcm_pipeline.coding.reviews.overturned import with_overturned_codes
from rcm_pipeline.redelivery import latest_by
from schemas.contract import conform
from schemas.registry import CONTRACTS

_COUNTS = ("coder_code_count", "auditor_code_count", "correct_code_count")
NOT_SAID = "not said"


def in_force(reviews: pl.DataFrame) -> pl.DataFrame:
    """raw_qa_reviews, one row per review: the one with the latest date."""
    return latest_by(reviews, "review_token", "review_date")


def core_qa_reviews(
    reviews: pl.DataFrame, codes: pl.DataFrame, findings: pl.DataFrame, samples: pl.DataFrame, lineages: pl.DataFrame
) -> pl.DataFrame:
    """core_qa_reviews from reviews in force, core_qa_codes, core_qa_findings, ops_qa_samples and core_claim_lineages.

    Counts stated on the sheet go before those of its codes, which stand in where it states none; a review with neither is
    left out, for nothing says how many codes it is about. Both are then corrected for findings that do not count (see
    `with_overturned_codes`). A chart is right when all codes agree after that and no finding counts.
    """
    sampled = _with_sample(reviews, samples)
    counted = with_overturned_codes(_with_counts(sampled, codes), findings)
    found = findings.group_by("review_token").agg(pl.col("is_counted").sum().cast(pl.Int64).alias("finding_count"))
    joined = (
        counted.join(found, on="review_token", how="left", validate="1:1", maintain_order="left")
        .join(lineage_of(counted, lineages), on="review_token", how="left", validate="1:1", maintain_order="left")
        .with_columns(
            pl.col("finding_count").fill_null(0),
            pl.col("review_date").dt.truncate("1w").alias("week"),
            pl.col("specialty").fill_null(NOT_SAID),
            pl.col("kind_code").fill_null("first"),
        )
    )
    agrees = (pl.col("correct_code_count") == pl.col("coder_code_count")) & (pl.col("correct_code_count") == pl.col("auditor_code_count"))
    right = joined.with_columns((agrees & (pl.col("finding_count") == 0)).alias("is_right"))
    return conform(right, CONTRACTS["core_qa_reviews"]).sort("review_token")


def lineage_of(reviews: pl.DataFrame, lineages: pl.DataFrame) -> pl.DataFrame:
    """review_token → lineage_id of the account's claim the chart became; no row where the account has none.

    Of several, the one whose service dates hold the service date of the review (its review date where it says none), else
    the nearest; of these the claim to the primary payer, then the smallest name.
    """
    day = pl.coalesce("service_date", "review_date")
    first, last = pl.col("first_service_date"), pl.coalesce("last_service_date", "first_service_date")
    away = pl.max_horizontal((first - day).dt.total_days(), (day - last).dt.total_days(), pl.lit(0))
    claims = lineages.filter(pl.col("claim_token").is_not_null()).select(
        "claim_token", "lineage_id", "sequence_code", "first_service_date", "last_service_date"
    )
    near = reviews.select("review_token", "claim_token", "service_date", "review_date").join(claims, on="claim_token", how="inner")
    ordered = near.with_columns(pl.when(first.is_not_null()).then(away).alias("_away")).sort(
        "review_token", "_away", pl.col("sequence_code") != "P", "lineage_id", nulls_last=True
    )
    return ordered.unique("review_token", keep="first", maintain_order=True).select("review_token", "lineage_id")


def _with_sample(reviews: pl.DataFrame, samples: pl.DataFrame) -> pl.DataFrame:
    """What the draw knows of the chart: its stratum, for the draw decides that; size and chance where the sheet is silent."""
    drawn = samples.sort("sample_id", "claim_token", "is_spare", "stratum_code", "draw_no").unique(
        ["sample_id", "claim_token"], keep="first", maintain_order=True
    )
    known = drawn.select(
        "sample_id",
        "claim_token",
        pl.col("stratum_code").alias("_stratum"),
        pl.col("frame_count").alias("_frame"),
        pl.col("selection_rate").alias("_rate"),
        (pl.col("reason_code") != "random").alias("has_reason"),
    )
    joined = reviews.join(known, on=["sample_id", "claim_token"], how="left", validate="m:1", maintain_order="left")
    return joined.with_columns(
        pl.coalesce("_stratum", "stratum_code").alias("stratum_code"),
        pl.coalesce("frame_count", "_frame").alias("frame_count"),
        pl.coalesce("selection_rate", "_rate").alias("selection_rate"),
    )


def _with_counts(reviews: pl.DataFrame, codes: pl.DataFrame) -> pl.DataFrame:
    """Counts and their basis; two empty lists are no codes, of which none is wrong."""
    compared = code_counts(codes).rename({name: f"_{name}" for name in _COUNTS})
    joined = reviews.join(compared, on="review_token", how="left", validate="1:1", maintain_order="left")
    is_stated = pl.all_horizontal(pl.col(_COUNTS).is_not_null())
    has_lists = pl.col("coder_codes").is_not_null() & pl.col("auditor_codes").is_not_null()
    counted = joined.with_columns(
        pl.when(is_stated).then(pl.lit(STATED)).otherwise(pl.lit(DERIVED)).alias("counts_code"),
        *(
            pl.when(is_stated).then(name).when(has_lists).then(pl.col(f"_{name}").fill_null(0)).otherwise(f"_{name}").alias(name)
            for name in _COUNTS
        ),
    )
    return counted.filter(pl.col("correct_code_count").is_not_null())
