"""Weekly line denials by every dimension at once: payer, cause, code family, place, provider and coder."""

import polars as pl

from rcm_pipeline.claims.code_families import with_code_family
from rcm_pipeline.claims.remits import PLACE, PLACE_LINE
from schemas.contract import conform
from schemas.registry import CONTRACTS
from schemas.vocabulary import ALL, NOT_DECIDED

DIMENSIONS = ("payer_id", "code_family", "place_code", "provider_npi", "coder_id")
UNKNOWN = "unknown"


def denial_trends(lines: pl.DataFrame, denials: pl.DataFrame, adjudications: pl.DataFrame, lineages: pl.DataFrame) -> pl.DataFrame:
    """mart_denial_trends, of first decisions as in M08. The rows of all causes hold the denominators, and all denied lines."""
    of = adjudications.filter("is_first").select(*PLACE, "lineage_id")
    told = of.join(
        lineages.select("lineage_id", "place_code", "provider_npi", "coder_id"), on="lineage_id", how="left", validate="m:1"
    ).drop("lineage_id")
    decided = lines.filter(pl.col("is_first") & pl.col("week").is_not_null() & ~pl.col("disposition").is_in(NOT_DECIDED)).select(
        *PLACE_LINE, "week", "payer_id", "procedure_code", "charge_amount", "disposition"
    )
    known = with_code_family(decided.join(told, on=PLACE, how="left")).with_columns(pl.col(DIMENSIONS[2:]).fill_null(UNKNOWN))
    causes = denials.filter("is_initial").select(*PLACE_LINE, "root_cause", pl.col("denied_amount").alias("lost"))
    denied = known.filter(pl.col("disposition").is_in(["denied_full", "denial_suspected"])).join(causes, on=PLACE_LINE, how="inner")
    by = ["week", *DIMENSIONS]
    money = pl.Decimal(18, 2)
    lost = [pl.len().cast(pl.Int64).alias("denied_count"), pl.col("lost").sum().cast(money).alias("denied_amount")]
    totals = known.group_by(by).agg(pl.len().cast(pl.Int64).alias("decided_count"), pl.col("charge_amount").sum().cast(money))
    every = totals.join(denied.group_by(by).agg(lost), on=by, how="left").with_columns(pl.lit(ALL).alias("root_cause"))
    parts = denied.group_by(*by, "root_cause").agg(lost)
    rows = pl.concat([every, parts], how="diagonal").with_columns(
        pl.col("denied_count", "decided_count").fill_null(0), pl.col("denied_amount", "charge_amount").fill_null(0)
    )
    return conform(rows, CONTRACTS["mart_denial_trends"]).sort([*by, "root_cause"])
