"""Claim versions: every 837 claim with the day it was sent, its payer, its span of service and what it carried."""

from collections.abc import Mapping

import polars as pl

from rcm_pipeline.claims.payers import aliased, named_payer
from rcm_pipeline.claims.remits import KEYS, PLACE
from rcm_pipeline.claims.runs import begins, ordinal

_KEPT = (
    *KEYS, *PLACE, "transaction_no", "claim_token", "member_token", "sequence_code", "frequency_code", "sent_date", "week", "payer_id",
    "charge_amount", "line_count", "first_service_date", "last_service_date", "place_code", "place_qualifier", "provider_npi",
    "has_authorization", "original_icn_token",
)  # fmt: skip


def claim_versions(claims: pl.DataFrame, lines: pl.DataFrame, transactions: pl.DataFrame, aliases: Mapping[str, str]) -> pl.DataFrame:
    """One row per 837 claim. Sent on BHT04, else GS04, else ISA09; a claim without a payer sequence counts as primary.

    `sequence_code` is P, S or T of the destination payer; `provider_npi` the rendering provider, else the billing one.
    """
    spans = lines.group_by(KEYS).agg(
        pl.min_horizontal("service_from_date", "service_to_date").min().alias("_line_from"),
        pl.max_horizontal("service_from_date", "service_to_date").max().alias("_line_to"),
        pl.len().cast(pl.Int64).alias("line_count"),
        pl.col("has_authorization").any().alias("_line_authorization"),
        pl.col("rendering_npi").drop_nulls().first().alias("_line_npi"),
    )
    dated = transactions.select("file_id", "transaction_no", pl.coalesce("group_date", "interchange_date").alias("_envelope_date"))
    joined = claims.join(spans, on=KEYS, how="left", validate="1:1", maintain_order="left").join(
        dated, on=["file_id", "transaction_no"], how="left", maintain_order="left"
    )
    sent = pl.coalesce("created_date", "_envelope_date")
    return joined.with_columns(
        sent.alias("sent_date"),
        sent.dt.truncate("1w").alias("week"),
        pl.col("payer_sequence_code").fill_null("P").alias("sequence_code"),
        aliased(pl.col("payer_id"), named_payer(), aliases).alias("payer_id"),
        pl.col("line_count").fill_null(0),
        pl.col("has_authorization") | pl.col("_line_authorization").fill_null(False),
        pl.coalesce("rendering_npi", "_line_npi", "billing_npi").alias("provider_npi"),
        pl.min_horizontal("statement_from_date", "service_date", "_line_from").alias("first_service_date"),
        pl.max_horizontal("statement_to_date", "service_date", "_line_to").alias("last_service_date"),
    ).select(_KEPT)


def numbered(versions: pl.DataFrame) -> pl.DataFrame:
    """Add `version_no`, 1 for the first of its lineage: by day sent, then file and ordinal."""
    ordered = versions.sort("lineage_index", "sent_date", *KEYS, nulls_last=True)
    return ordered.with_columns((ordinal(begins(["lineage_index"])) + 1).alias("version_no"))
