"""How far the claims sent in each week came through the three layers, and where they were lost."""

import polars as pl

from rcm_pipeline.claims.remits import ANSWER
from rcm_pipeline.tables import mart
from schemas.vocabulary.denials import CLAIM_DENIED, FUNNEL_STEPS


@mart
def mart_claim_funnel(
    core_claim_versions: pl.LazyFrame,
    core_adjudications: pl.LazyFrame,
    core_claim_lineages: pl.LazyFrame,
    core_submissions: pl.LazyFrame,
) -> pl.DataFrame:
    """One row per week and step: each version sent, by the week it was sent, to the furthest step it reached.

    sent > file_accepted (no TA1 or 999 rejects it, and something answered) > claim_accepted (277CA, or a payer answered
    without one) > decided (a decision answers it) > undenied (no denied line in it) > first_pass (first version, and
    no later one, and not reversed). One with a later version waits for nothing.
    """
    reached = _reached(core_claim_versions, core_adjudications, core_claim_lineages, core_submissions)
    rows = []
    for number, step in enumerate(FUNNEL_STEPS):
        # a step is lost only to those who came to the one before
        before = pl.lit(True) if number == 0 else pl.col(FUNNEL_STEPS[number - 1])
        is_lost = before & (pl.col(f"{step}_lost") if number else pl.lit(False))
        rows.append(
            reached.group_by("week").agg(
                pl.lit(step).alias("step_code"),
                pl.lit(number + 1, pl.Int64).alias("step_no"),
                pl.col(step).sum().cast(pl.Int64).alias("claim_count"),
                is_lost.sum().cast(pl.Int64).alias("lost_count"),
                (before & ~pl.col(step) & ~is_lost & ~pl.col("is_superseded")).sum().cast(pl.Int64).alias("waiting_count"),
                pl.col("charge_amount").filter(pl.col(step)).sum().cast(pl.Decimal(18, 2)),
            )
        )
    return pl.concat(rows).sort("week", "step_no")


def _reached(versions: pl.LazyFrame, adjudications: pl.LazyFrame, lineages: pl.LazyFrame, submissions: pl.LazyFrame) -> pl.DataFrame:
    decided = (
        adjudications.filter((pl.col("kind") == "adjudication") & ~pl.col("is_pended") & (pl.col("match_rule") != "none"))
        .sort("adjudication_date", *ANSWER)
        .unique("version_id", keep="first", maintain_order=True)
        .select("version_id", "disposition", "is_reversed")
    )
    answered = submissions.select("submission_id", (pl.col("transaction_status_code").is_not_null()).alias("_file_answered"))
    joined = (
        versions.filter(pl.col("week").is_not_null())
        .select("version_id", "submission_id", "lineage_id", "week", "version_no", "charge_amount", "is_file_rejected", "is_rejected")
        .join(decided, on="version_id", how="left", maintain_order="left")
        .join(lineages.select("lineage_id", "version_count"), on="lineage_id", how="left", maintain_order="left")
        .join(answered, on="submission_id", how="left", maintain_order="left")
        .collect()
    )
    refused, back = pl.col("is_file_rejected").fill_null(False), pl.col("is_rejected").fill_null(False)
    is_decided = pl.col("disposition").is_not_null()
    spoken = pl.col("is_rejected").is_not_null() | is_decided
    accepted_file = ~refused & (pl.col("_file_answered").fill_null(False) | spoken)
    accepted = accepted_file & ~back & spoken
    denied = pl.col("disposition").is_in(CLAIM_DENIED).fill_null(False)
    needs_more = (pl.col("version_no") > 1) | (pl.col("version_count") > 1) | pl.col("is_reversed").fill_null(False)
    return joined.with_columns(
        (pl.col("version_no") < pl.col("version_count")).alias("is_superseded"),
        pl.lit(True).alias("sent"),
        accepted_file.alias("file_accepted"),
        accepted.alias("claim_accepted"),
        (accepted & is_decided).alias("decided"),
        (accepted & is_decided & ~denied).alias("undenied"),
        (accepted & is_decided & ~denied & ~needs_more).alias("first_pass"),
        refused.alias("file_accepted_lost"),
        back.alias("claim_accepted_lost"),
        pl.lit(False).alias("decided_lost"),
        denied.alias("undenied_lost"),
        needs_more.alias("first_pass_lost"),
    )
