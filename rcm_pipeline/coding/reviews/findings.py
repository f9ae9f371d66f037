"""What was found wrong: as the auditor states it, or as the codes of the chart show where the sheet states nothing."""

from collections.abc import Mapping

import polars as pl

from rcm_pipeline.redelivery import once
from schemas.contract import conform
from schemas.registry import CONTRACTS
from schemas.vocabulary.coding import PARTIES

STATED, DERIVED = "stated", "derived"
_LATER = ("rebuttal_code", "corrected_code", "responsible_party_code")  # what a later sheet may say differently of one finding
_ORDER = ("error_code", "coder_code", "auditor_code", "allowed_delta_amount", "direction_code", "party_code", "rebuttal_code")


def core_qa_findings(
    reviews: pl.DataFrame, stated: pl.DataFrame, codes: pl.DataFrame, taxonomy: pl.DataFrame, weights: Mapping[str, int]
) -> pl.DataFrame:
    """core_qa_findings of reviews in force: the stated ones of a review that has any, else those of its codes.

    reviews: review_token. stated: raw_qa_findings of all files. codes: core_qa_codes. taxonomy: qa_errors.tsv. weights: the
    client's own, by category. A finding whose party is not said, or none of ours, is the coder's; one that is not said to
    be disputed is not. It counts against the coder unless it was overturned or is another's; one still open counts.
    """
    known = reviews.select("review_token")
    written = _stated(once(stated, _LATER).join(known, on="review_token", how="semi"))
    shown = _derived(codes.join(known, on="review_token", how="semi").join(written, on="review_token", how="anti"))
    both = pl.concat([written, shown])
    defaults = taxonomy.select("error_code", "cert_code", pl.col("weight").cast(pl.Int64), pl.col("direction").alias("_direction"))
    named = both.join(defaults, on="error_code", how="left", validate="m:1", maintain_order="left").with_columns(
        pl.col("error_code").replace_strict(dict(weights), default=pl.col("weight"), return_dtype=pl.Int64).alias("weight"),
        pl.coalesce("direction_code", "_direction").alias("direction_code"),
        ((pl.col("party_code") == "coder") & (pl.col("rebuttal_code") != "overturned")).alias("is_counted"),
    )
    ordered = named.sort("review_token", "_place", *_ORDER, nulls_last=True)
    counted = ordered.with_columns((pl.int_range(pl.len(), dtype=pl.Int64).over("review_token") + 1).alias("finding_no"))
    return conform(counted, CONTRACTS["core_qa_findings"])


def _stated(findings: pl.DataFrame) -> pl.DataFrame:
    party = pl.col("responsible_party_code").str.to_lowercase()
    return findings.select(
        "review_token",
        pl.lit(0, pl.Int64).alias("_place"),
        pl.lit(STATED).alias("basis_code"),
        "error_code",
        "coder_code",
        "auditor_code",
        "direction_code",
        "allowed_delta_amount",
        pl.when(party.is_in(PARTIES)).then(party).otherwise(pl.lit("coder")).alias("party_code"),
        pl.col("rebuttal_code").fill_null("none"),
    )


def _derived(codes: pl.DataFrame) -> pl.DataFrame:
    return codes.filter(pl.col("error_code").is_not_null()).select(
        "review_token",
        pl.col("position_no").alias("_place"),
        pl.lit(DERIVED).alias("basis_code"),
        "error_code",
        "coder_code",
        "auditor_code",
        pl.lit(None, pl.String).alias("direction_code"),
        "allowed_delta_amount",
        pl.lit("coder").alias("party_code"),
        pl.lit("none").alias("rebuttal_code"),
    )
