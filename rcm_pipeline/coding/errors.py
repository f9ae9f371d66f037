"""What the auditors found: errors by category, counted once and never mixed with findings that were overturned."""

import polars as pl

from schemas.contract import conform
from schemas.registry import CONTRACTS

_MONEY = pl.Decimal(18, 2)


def coding_errors(reviews: pl.DataFrame, findings: pl.DataFrame, taxonomy: pl.DataFrame) -> pl.DataFrame:
    """mart_coding_errors: findings of random-sample reviews by category, with net and gross dollars."""
    random = reviews.filter(pl.col("stratum_code") == "random")
    mine = findings.join(random.select("review_token").unique(), on="review_token", how="semi")
    is_overturned = (pl.col("rebuttal_code") == "overturned").fill_null(False)
    delta = pl.col("allowed_delta_amount").fill_null(0).filter(~is_overturned)
    counted = mine.group_by("error_code").agg(
        (~is_overturned).sum().cast(pl.Int64).alias("finding_count"),
        is_overturned.sum().cast(pl.Int64).alias("overturned_count"),
        delta.sum().cast(_MONEY).alias("allowed_delta_amount"),
        delta.abs().sum().cast(_MONEY).alias("gross_delta_amount"),
    )
    named = counted.join(taxonomy.select("error_code", "cert_code"), on="error_code", how="left", validate="m:1")
    table = named.with_columns(pl.lit(random.height, dtype=pl.Int64).alias("review_count"))
    return conform(table, CONTRACTS["mart_coding_errors"]).sort(pl.col("finding_count") * -1, "error_code")
