"""The main reason of a denied line, and the remarks that refine it."""

import polars as pl

from rcm_pipeline.claims.remits import KEYS, LINE
from schemas.vocabulary.denials import DENIED, ROOT_CAUSES

SECOND_LEVEL_CARCS, SECOND_LEVEL_RARCS = ("193", "285", "286"), ("MA46", "MA91")
_TELL_NOTHING = ["admin_info", "inherit_prior", "contractual_pricing", "unspecified"]
_REFINES = ("root_cause", "owner", "preventable", "hardness", "rework_target")


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


def main_lines(denials: pl.DataFrame, keys: list[str] = KEYS) -> pl.DataFrame:
    """Per denied claim payment the line that lost most; ties to the cause that stands first in the taxonomy, then to the first line."""
    rank = pl.col("root_cause").replace_strict({c: i for i, c in enumerate(ROOT_CAUSES)}, default=99, return_dtype=pl.Int32)
    ranked = denials.with_columns(rank.alias("_rank")).sort([*keys, -pl.col("denied_amount"), "_rank", "line_no"])
    return ranked.unique(keys, keep="first", maintain_order=True).drop("_rank")


def refinements(denied: pl.DataFrame, remarks: pl.DataFrame, rarc: pl.DataFrame) -> pl.DataFrame:
    """Per denied line: the remark that pairs with its main reason (the line's own before the claim's), and what it says.

    `rarc_code` and rarc_* are of the first such remark. `conflict` is the pair of causes, as "a+b", where two remarks of
    the same level point to different ones. `has_remark`: any remark at all; `is_second_level`: MA46 or MA91.
    """
    every = _every_remark(denied, remarks)
    flagged = every.group_by(LINE).agg(
        pl.col("rarc_code").is_in(SECOND_LEVEL_RARCS).any().alias("is_second_level"), pl.lit(True).alias("has_remark")
    )
    table = rarc.filter((pl.col("is_alert") == "n") & ~pl.col("root_cause").is_in(_TELL_NOTHING)).select(
        "rarc_code", pl.col("pairs_with_carc").str.split(","), pl.col(_REFINES).name.prefix("rarc_")
    )
    pairs = pl.col("pairs_with_carc")
    paired = (
        denied.select(*LINE, "carc_code")
        .join(every, on=LINE, how="inner")
        .join(table, on="rarc_code", how="inner")
        .filter(pairs.list.contains(pl.col("carc_code")) | pairs.list.contains("any"))
        .sort([*LINE, "_level", "remark_no"])
    )
    nearest = paired.filter(pl.col("_level") == pl.col("_level").min().over(LINE))
    causes = pl.col("rarc_root_cause").unique().sort()
    best = nearest.group_by(LINE, maintain_order=True).agg(
        pl.col("rarc_code", *(f"rarc_{name}" for name in _REFINES)).first(),
        pl.when(pl.col("rarc_root_cause").n_unique() > 1).then(causes.str.join("+")).alias("conflict"),
    )
    return flagged.join(best, on=LINE, how="left")


def _every_remark(denied: pl.DataFrame, remarks: pl.DataFrame) -> pl.DataFrame:
    own = remarks.filter(pl.col("line_no").is_not_null()).select(*LINE, "rarc_code", "remark_no", pl.lit(0).alias("_level"))
    above = remarks.filter(pl.col("line_no").is_null()).select(*KEYS, "rarc_code", "remark_no", pl.lit(1).alias("_level"))
    spread = denied.select(LINE).join(above, on=KEYS, how="inner")
    return pl.concat([own.join(denied.select(LINE), on=LINE, how="semi"), spread.select(own.columns)])
