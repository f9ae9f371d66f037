"""Adjudications: which came first, which stands now, and what a whole claim payment comes to."""

from collections.abc import Sequence
from typing import TypeVar

import polars as pl

from rcm_pipeline.claims.remits import KEYS

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)
DUPLICATE_CARCS = ("18", "B13")


def mark_first(remits: pl.DataFrame, reversals: pl.DataFrame) -> pl.DataFrame:
    """Mark the first decision of each payer on each lineage: the earliest one that is not only pended.

    A payer may split a claim over several claim payments of one day, each with a claim number of its own: all of them are
    the first decision then. A correction is never one.
    """
    corrections = reversals.select(pl.col(f"correction_{key}").alias(key) for key in KEYS).drop_nulls()
    group = ["lineage_index", "payer_id"]
    decisions = remits.filter((pl.col("kind") == "adjudication") & ~pl.col("is_pended"))
    candidates = decisions.select(*group, *KEYS, "adjudication_date", "icn_token").sort(["adjudication_date", *KEYS], nulls_last=True)
    earliest = candidates.unique(group, keep="first", maintain_order=True).select(*group, *KEYS, pl.col("adjudication_date").alias("_day"))
    same_day = candidates.filter(pl.col("icn_token").is_not_null()).join(earliest.drop(KEYS), on=group, how="inner", maintain_order="left")
    parts = same_day.filter(pl.col("adjudication_date") == pl.col("_day")).join(corrections, on=KEYS, how="anti", maintain_order="left")
    split = parts.unique([*group, "icn_token"], keep="first", maintain_order=True)
    first = pl.concat([earliest.select(KEYS), split.select(KEYS)]).unique().with_columns(pl.lit(True).alias("is_first"))
    return remits.join(first, on=KEYS, how="left", maintain_order="left").with_columns(pl.col("is_first").fill_null(False))


def first_decisions(adjudications: Frame) -> Frame:
    """The first decision of each claim: the earliest first decision of any payer on it that decides a line, on a known day."""
    decides = pl.col("is_first") & pl.col("adjudication_date").is_not_null() & (pl.col("disposition") != "undecided")
    return adjudications.filter(decides).sort("adjudication_date", "answer_no").unique("lineage_id", keep="first", maintain_order=True)


def mark_pended(remits: pl.DataFrame, pended: pl.DataFrame) -> pl.DataFrame:
    """Mark the claim payments that decide nothing yet."""
    marked = remits.join(pended.with_columns(pl.lit(True).alias("is_pended")), on=KEYS, how="left", maintain_order="left")
    return marked.with_columns(pl.col("is_pended").fill_null(False))


def mark_current(remits: pl.DataFrame, reversals: pl.DataFrame) -> pl.DataFrame:
    """Mark what was reversed, and the decision of each lineage that stands."""
    decisions = remits.select("lineage_index", *KEYS, "kind", "is_pended", "is_duplicate", "adjudication_date")
    now = standing(decisions, reversals, "lineage_index").select(*KEYS, pl.lit(True).alias("is_current"))
    marks = (taken_back(reversals).with_columns(pl.lit(True).alias("is_reversed")), now)
    marked = remits
    for mark in marks:
        marked = marked.join(mark, on=KEYS, how="left", validate="1:1", maintain_order="left")
    return marked.with_columns(pl.col("is_reversed", "is_current").fill_null(False))


def taken_back(reversals: pl.DataFrame, keys: list[str] = KEYS) -> pl.DataFrame:
    """Keys of the decisions that a reversal takes back."""
    return reversals.select(pl.col(f"original_{key}").alias(key) for key in keys).drop_nulls().unique()


def standing(
    remits: pl.DataFrame, reversals: pl.DataFrame, lineage: str, keys: list[str] = KEYS, order: Sequence[str] = KEYS
) -> pl.DataFrame:
    """Per lineage the newest decision that is neither taken back nor only pended; of one day, the last by `order`.

    `lineage` names the column of the lineage, `keys` those of a decision.

    One that denies everything as a duplicate stands only where nothing else does: it says that the other one counts.
    """
    decisions = remits.filter((pl.col("kind") == "adjudication") & ~pl.col("is_pended")).join(
        taken_back(reversals, keys), on=keys, how="anti"
    )
    ordered = decisions.sort([~pl.col("is_duplicate"), "adjudication_date", *order], nulls_last=False)
    return ordered.unique(lineage, keep="last", maintain_order=True)


def claim_dispositions(lines: pl.DataFrame) -> pl.DataFrame:
    """What each claim payment comes to: denied_full when every decided line is denied, denied_partial when some are.

    `is_duplicate`: every decided line is denied as one the payer has already. `lines` carry disposition and main reason.
    """
    is_decided = ~pl.col("disposition").is_in(["excluded", "pended", "capitated"])
    is_denied = pl.col("disposition").is_in(["denied_full", "denial_suspected"])
    counted = lines.group_by(KEYS).agg(
        is_decided.sum().cast(pl.Int64).alias("line_count"),
        (is_denied & is_decided).sum().alias("_denied"),
        (pl.col("disposition") == "denied_partial").sum().alias("_partly"),
        (is_denied & is_decided & pl.col("carc_code").is_in(DUPLICATE_CARCS)).sum().alias("_again"),
    )
    some = (pl.col("_denied") > 0) | (pl.col("_partly") > 0)
    disposition = (
        pl.when(pl.col("line_count") == 0)
        .then(pl.lit("undecided"))
        .when(pl.col("_denied") == pl.col("line_count"))
        .then(pl.lit("denied_full"))
        .when(some)
        .then(pl.lit("denied_partial"))
        .otherwise(pl.lit("paid"))
    )
    is_duplicate = (pl.col("line_count") > 0) & (pl.col("_again") == pl.col("line_count"))
    return counted.select(*KEYS, "line_count", disposition.alias("disposition"), is_duplicate.alias("is_duplicate"))
