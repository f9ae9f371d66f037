"""What has no partner: claims that nobody answered, and answers to claims that are not here."""

import datetime as dt

import polars as pl

from rcm_pipeline.claims.remits import PLACE
from schemas.contract import conform
from schemas.registry import CONTRACTS


def unmatched(lineages: pl.DataFrame, adjudications: pl.DataFrame, anchor: dt.date | None) -> pl.DataFrame:
    """mart_unmatched at the end of the anchor week. A claim turned back before the payer waits for nobody and is not listed."""
    contract = CONTRACTS["mart_unmatched"]
    if anchor is None:
        return conform(pl.DataFrame(), contract).clear()
    last = anchor + dt.timedelta(days=6)
    answered = adjudications.filter((pl.col("adjudication_date") <= last).fill_null(True)).select("lineage_id").unique()
    waiting = lineages.filter((pl.col("version_count") > 0) & (pl.col("status_code") != "rejected")).join(
        answered, on="lineage_id", how="anti"
    )
    claims = waiting.select(
        pl.lit("claim").alias("side_code"),
        "lineage_id",
        "payer_id",
        pl.col("last_sent_date").alias("date"),
        "charge_amount",
        "is_crossover",
    )
    strangers = adjudications.filter(pl.col("match_rule") == "none").sort("adjudication_date", *PLACE, nulls_last=True)
    first = strangers.unique("lineage_id", keep="first", maintain_order=True).select(
        "lineage_id", "payer_id", pl.col("adjudication_date").alias("date"), "charge_amount"
    )
    answers = first.join(lineages.select("lineage_id", "is_crossover"), on="lineage_id", how="left")
    both = pl.concat([claims, answers.with_columns(pl.lit("remittance").alias("side_code")).select(claims.columns)])
    known = both.filter((pl.col("date") <= last).fill_null(True))
    aged = known.with_columns((pl.lit(last) - pl.col("date")).dt.total_days().alias("age_days"))
    return conform(aged, contract).sort("side_code", -pl.col("age_days"), "lineage_id", nulls_last=True)
