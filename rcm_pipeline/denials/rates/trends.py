"""Weekly line denials by every dimension at once: payer, cause, code family, place, provider and coder."""

import polars as pl

from rcm_pipeline.claims.code_families import with_code_family
from rcm_pipeline.claims.remits import ANSWER_LINE
from rcm_pipeline.denials.classify.dispositions import decided_lines
from rcm_pipeline.tables import mart
from schemas.vocabulary import ALL
from schemas.vocabulary.denials import LINE_DENIED

DIMENSIONS = ("payer_id", "code_family", "place_code", "provider_npi", "coder_id")
UNKNOWN = "unknown"


@mart
def mart_denial_trends(core_adjudicated_lines: pl.LazyFrame, core_denials: pl.LazyFrame, core_claim_lineages: pl.LazyFrame) -> pl.DataFrame:
    """One row per week, dimension and cause, of first decisions as in M08.

    The rows of all causes hold the denominators, and all denied lines.
    """
    lines = decided_lines(core_adjudicated_lines).select(
        *ANSWER_LINE, "lineage_id", "week", "payer_id", "procedure_code", "charge_amount", "disposition"
    )
    lineages = core_claim_lineages.select("lineage_id", *DIMENSIONS[2:])
    claims = lines.join(lineages, on="lineage_id", how="left").drop("lineage_id").collect()
    known = with_code_family(claims).with_columns(pl.col(DIMENSIONS[2:]).fill_null(UNKNOWN))
    initial = core_denials.filter("is_initial")
    causes = initial.select(*ANSWER_LINE, "root_cause", pl.col("denied_amount").alias("lost")).collect()
    denied = known.filter(pl.col("disposition").is_in(LINE_DENIED)).join(causes, on=ANSWER_LINE, how="inner")
    by = ["week", *DIMENSIONS]
    money = pl.Decimal(18, 2)
    lost = [pl.len().cast(pl.Int64).alias("denied_count"), pl.col("lost").sum().cast(money).alias("denied_amount")]
    totals = known.group_by(by).agg(pl.len().cast(pl.Int64).alias("decided_count"), pl.col("charge_amount").sum().cast(money))
    every = totals.join(denied.group_by(by).agg(lost), on=by, how="left").with_columns(pl.lit(ALL).alias("root_cause"))
    parts = denied.group_by(*by, "root_cause").agg(lost)
    rows = pl.concat([every, parts], how="diagonal").with_columns(
        pl.col("denied_count", "decided_count").fill_null(0), pl.col("denied_amount", "charge_amount").fill_null(0)
    )
    return rows.sort([*by, "root_cause"])
