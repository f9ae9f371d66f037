"""What has no partner: claims that nobody answered, and answers to claims that are not here."""

import polars as pl

from rcm_pipeline.claims.remits import ANSWER
from rcm_pipeline.tables import mart
from rcm_pipeline.weeks import Week


@mart
def mart_unmatched(core_claim_lineages: pl.LazyFrame, core_adjudications: pl.LazyFrame, *, week: Week) -> pl.DataFrame:
    """One row per claim nobody answered and per answer to a claim that is not here, at the end of the anchor week.

    A claim turned back before the payer waits for nobody and is not listed.
    """
    last = week.sunday
    lineages = core_claim_lineages.select(
        "lineage_id", "payer_id", "version_count", "status_code", "last_sent_date", "charge_amount", "is_crossover"
    ).collect()
    adjudications = core_adjudications.select(
        *ANSWER, "lineage_id", "payer_id", "adjudication_date", "charge_amount", "match_rule"
    ).collect()
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
    unmatched = adjudications.filter(pl.col("match_rule") == "none").sort("adjudication_date", *ANSWER, nulls_last=True)
    first = unmatched.unique("lineage_id", keep="first", maintain_order=True).select(
        "lineage_id", "payer_id", pl.col("adjudication_date").alias("date"), "charge_amount"
    )
    answers = first.join(lineages.select("lineage_id", "is_crossover"), on="lineage_id", how="left")
    both = pl.concat([claims, answers.with_columns(pl.lit("remittance").alias("side_code")).select(claims.columns)])
    known = both.filter((pl.col("date") <= last).fill_null(True))
    aged = known.with_columns((pl.lit(last) - pl.col("date")).dt.total_days().alias("age_days"))
    return aged.sort("side_code", -pl.col("age_days"), "lineage_id", nulls_last=True)
