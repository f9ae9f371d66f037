"""Why a line was denied and who can fix it: the remark that refines the reason, else the reason code."""

import polars as pl

from rcm_pipeline.denials.allocation import LINE
from rcm_pipeline.denials.dispositions import NOT_DENIED_RARC
from schemas.vocabulary import DENIED, ROOT_CAUSES

SECOND_LEVEL_CARCS, SECOND_LEVEL_RARCS = ("193", "285", "286"), ("MA46", "MA91")


def main_reasons(lines: pl.DataFrame, classified: pl.DataFrame) -> pl.DataFrame:
    """Per line, the group and code of its main denial reason: the largest denial amount.

    Ties go to the root cause that stands first in the taxonomy, then to the code. Lines without a denial code are absent.
    """
    rank = pl.col("root_cause").replace_strict({c: i for i, c in enumerate(ROOT_CAUSES)}, default=99, return_dtype=pl.Int32)
    summed = (
        classified.filter(pl.col("class").is_in(["denial", "unknown"]))
        .group_by(*LINE, "group_code", "carc_code")
        .agg(pl.col("amount").sum(), (pl.col("class") == "denial").any().alias("_is_denial"), rank.first().alias("_rank"))
        .filter(pl.col("amount") > 0)
    )
    best = summed.sort([*LINE, pl.col("_is_denial").not_(), -pl.col("amount"), "_rank", "carc_code", "group_code"], nulls_last=True)
    first = best.unique(LINE, keep="first", maintain_order=True).select(*LINE, "group_code", "carc_code")
    return lines.join(first, on=LINE, how="left", validate="1:1", maintain_order="left").with_columns(
        pl.when(pl.col("disposition").is_in(DENIED)).then(c).alias(c) for c in ("group_code", "carc_code")
    )


def find_causes(
    lines: pl.DataFrame, remarks: pl.DataFrame, carc: pl.DataFrame, rarc: pl.DataFrame, causes: pl.DataFrame, version: str
) -> pl.DataFrame:
    """core_denials: cause, owner, queue and evidence of every denied line. `lines` carry disposition and main reason.

    Precedence: a remark that pairs with the main reason > the reason code > unspecified. A claim denied by
    status 4 without any reason is an eligibility denial: that is what the status means.
    """
    denied = lines.filter(pl.col("disposition").is_in(DENIED))
    refined = denied.join(_refinements(denied, remarks, rarc), on=LINE, how="left", validate="1:1", maintain_order="left")
    by_code = carc.select("carc_code", pl.col("root_cause", "owner", "preventable", "hardness").name.prefix("carc_"))
    joined = refined.join(by_code, on="carc_code", how="left", validate="m:1", maintain_order="left")
    queues = causes.select("root_cause", pl.col("rework_target").alias("queue"), pl.col("owner").alias("cause_owner"))
    is_status_4 = pl.col("rule_id") == "D08"
    cause = pl.coalesce("rarc_root_cause", "carc_root_cause", pl.when(is_status_4).then(pl.lit("eligibility")), pl.lit("unspecified"))
    evidence = (
        pl.when(pl.col("rarc_code").is_not_null()).then(pl.lit("rarc")).when(pl.col("carc_root_cause").is_not_null()).then(pl.lit("carc"))
    )
    named = joined.with_columns(cause.alias("root_cause"), evidence.otherwise(pl.lit("none")).alias("evidence"))
    whole = (pl.col("denied_amount") == 0) & (pl.col("disposition") != "denied_partial")
    return named.join(queues, on="root_cause", how="left", validate="m:1", maintain_order="left").with_columns(
        pl.coalesce("rarc_owner", "carc_owner", "cause_owner").alias("owner"),
        pl.coalesce("rarc_rework_target", "queue").alias("rework_target"),
        pl.coalesce("rarc_preventable", "carc_preventable", pl.lit("partly")).alias("preventable"),
        pl.coalesce("rarc_hardness", "carc_hardness", pl.lit("na")).alias("hardness"),
        _liability().alias("liability"),
        pl.when(whole).then("charge_amount").otherwise("denied_amount").alias("denied_amount"),
        (
            pl.col("is_first")
            & ~pl.col("carc_code").is_in(SECOND_LEVEL_CARCS).fill_null(False)
            & ~pl.col("is_second_level").fill_null(False)
        ).alias("is_initial"),
        pl.col("is_conflicting").fill_null(False),
        pl.lit(version).alias("taxonomy_version"),
    )


def _refinements(denied: pl.DataFrame, remarks: pl.DataFrame, rarc: pl.DataFrame) -> pl.DataFrame:
    """Per denied line the first remark that pairs with its main reason (the line's own before the claim's)."""
    own = remarks.filter(pl.col("line_no").is_not_null()).with_columns(pl.lit(0).alias("_level"))
    above = remarks.filter(pl.col("line_no").is_null()).drop("line_no").with_columns(pl.lit(1).alias("_level"))
    spread = denied.select(LINE).join(above, on=LINE[:2], how="inner")
    every = pl.concat([own.select(*LINE, "rarc_code", "remark_no", "_level"), spread.select(*LINE, "rarc_code", "remark_no", "_level")])
    flagged = every.group_by(LINE).agg(pl.col("rarc_code").is_in(SECOND_LEVEL_RARCS).any().alias("is_second_level"))
    table = rarc.filter((pl.col("is_alert") == "n") & ~pl.col("root_cause").is_in(["admin_info", "inherit_prior"])).select(
        "rarc_code",
        pl.col("pairs_with_carc").str.split(","),
        pl.col("root_cause", "owner", "preventable", "hardness", "rework_target").name.prefix("rarc_"),
    )
    paired = (
        denied.select(*LINE, "carc_code")
        .join(every, on=LINE, how="inner")
        .join(table, on="rarc_code", how="inner")
        .filter(pl.col("pairs_with_carc").list.contains(pl.col("carc_code")) & (pl.col("rarc_code") != NOT_DENIED_RARC))
        .sort([*LINE, "_level", "remark_no"])
    )
    best = paired.group_by(LINE, maintain_order=True).agg(
        pl.col("rarc_code", "rarc_root_cause", "rarc_owner", "rarc_preventable", "rarc_hardness", "rarc_rework_target").first(),
        (pl.col("rarc_root_cause").n_unique() > 1).alias("is_conflicting"),
    )
    return flagged.join(best, on=LINE, how="full", coalesce=True)


def _liability() -> pl.Expr:
    group = pl.col("group_code")
    return (
        pl.when(group.is_in(["CO", "PI"]))
        .then(pl.lit("provider"))
        .when(group == "PR")
        .then(pl.lit("patient"))
        .otherwise(pl.lit("see_carc"))
    )
