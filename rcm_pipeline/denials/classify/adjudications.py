"""Adjudications, line by line: which decision of a service came first, which stands now, and what a claim comes to."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import polars as pl

from rcm_pipeline.claims.remits import ANSWER, KEYS, LINE
from schemas.vocabulary.denials import DENIED, DUPLICATE_CARCS, LINE_DENIED, NOT_DECIDED

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)
_SERVICE = "service_line_no"
_CENT = pl.Decimal(18, 2)
_DENIES, _IN_FULL = pl.col("disposition").is_in(DENIED), pl.col("disposition").is_in(LINE_DENIED)
_FACTS = (
    *LINE, "lineage_index", "payer_id", _SERVICE, "adjudication_date", "disposition", "carc_code", "paid_amount", "is_replacement",
)  # fmt: skip


def taken_back(reversals: pl.DataFrame, keys: list[str] = KEYS) -> pl.DataFrame:
    """Keys of the decisions that a reversal takes back."""
    return reversals.select(pl.col(f"original_{key}").alias(key) for key in keys).drop_nulls().unique()


def only_duplicates(lines: pl.DataFrame) -> pl.DataFrame:
    """Keys of claim payments that deny every decided line as a duplicate. `lines` carry disposition and main reason."""
    decided = lines.filter(~pl.col("disposition").is_in(NOT_DECIDED))
    says_so = pl.col("disposition").is_in(DENIED) & pl.col("carc_code").is_in(DUPLICATE_CARCS).fill_null(False)
    return decided.group_by(KEYS).agg(says_so.all().alias("_all")).filter("_all").select(KEYS)


def marked_lines(lines: pl.DataFrame, reversals: pl.DataFrame) -> pl.DataFrame:
    """Lines with `is_duplicate`, `has_lost_original`, `is_first`, `is_current` and `is_retrospective`.

    Duplicate: denied as one the payer has already, while another decision of the service stands. First: the earliest
    decision of this payer on the service; of one day neither a duplicate nor a correction is. Current: see
    `standing_lines`. Retrospective: denied after a decision of this payer that did not deny it.
    """
    back = taken_back(reversals).with_columns(pl.lit(True).alias("_is_back"))
    voided = reversals.filter("is_own_void").group_by("lineage_index").agg(pl.col("adjudication_date").max().alias("_voided"))
    corrections = reversals.select(pl.col("correction_claim_key").alias("claim_key")).drop_nulls().unique()
    facts = (
        lines.select(_FACTS)  # narrow, for a join copies all columns of the widest table there is
        .join(back, on=KEYS, how="left", maintain_order="left")
        .join(corrections.with_columns(pl.lit(True).alias("_corrects")), on=KEYS, how="left", maintain_order="left")
        .join(voided, on="lineage_index", how="left", validate="m:1", maintain_order="left")
        .with_columns((pl.col("adjudication_date") <= pl.col("_voided")).fill_null(False).alias("_is_void"))
        .with_columns(pl.col("_is_back").fill_null(False) | pl.col("_is_void"), pl.col("_corrects").fill_null(False))
        .pipe(_with_duplicates)
    )
    decided = facts.filter(~pl.col("disposition").is_in(NOT_DECIDED))
    marks = _turns(decided)
    now = standing_lines(decided.filter(~pl.col("_is_back")), "lineage_index", KEYS, KEYS).select(LINE)
    joined = facts.join(marks, on=[*KEYS, _SERVICE], how="left", validate="m:1", maintain_order="left").join(
        now.with_columns(pl.lit(True).alias("is_current")), on=LINE, how="left", validate="1:1", maintain_order="left"
    )
    is_decided = ~pl.col("disposition").is_in(NOT_DECIDED)
    denied = pl.col("disposition").is_in(DENIED)
    marked = joined.select(
        "is_duplicate",
        "has_lost_original",
        pl.col("is_first").fill_null(False) & is_decided,
        pl.col("is_current").fill_null(False),
        (pl.col("_turns_down").fill_null(False) & denied & ~pl.col("is_duplicate") & ~pl.col("_is_void")).alias("is_retrospective"),
    )
    return lines.with_columns(marked.get_columns())


def _with_duplicates(facts: pl.DataFrame) -> pl.DataFrame:
    """`is_duplicate`: denied as one where something else of the service was decided or is pended, and is not taken back.

    `has_lost_original`: denied as a duplicate of what was taken back; then there is nothing it could be a duplicate of.
    """
    says_so = pl.col("disposition").is_in(DENIED) & pl.col("carc_code").is_in(DUPLICATE_CARCS).fill_null(False)
    named = facts.filter(says_so)
    of_services = facts.join(named.select("lineage_index", _SERVICE).unique(), on=["lineage_index", _SERVICE], how="semi")
    is_other = ~says_so & ~pl.col("_is_back") & (~pl.col("disposition").is_in(NOT_DECIDED) | (pl.col("disposition") == "pended"))
    beside = of_services.group_by("lineage_index", _SERVICE).agg(is_other.any().alias("_other"), pl.col("_is_back").any().alias("_lost"))
    judged = named.select(*LINE, "lineage_index", _SERVICE).join(beside, on=["lineage_index", _SERVICE], how="left")
    marks = judged.select(*LINE, pl.col("_other").alias("is_duplicate"), (pl.col("_lost") & ~pl.col("_other")).alias("has_lost_original"))
    joined = facts.join(marks, on=LINE, how="left", validate="1:1", maintain_order="left")
    return joined.with_columns(pl.col("is_duplicate", "has_lost_original").fill_null(False))


def _turns(decided: pl.DataFrame) -> pl.DataFrame:
    """Per answer and service: is it the payer's first decision, and does it deny what the one before did not."""
    group = ["lineage_index", "payer_id", _SERVICE]
    each = decided.group_by(*group, *KEYS).agg(
        pl.col("adjudication_date", "_corrects").first(),
        pl.col("is_duplicate").all(),
        pl.col("disposition").is_in(DENIED).any().alias("_denies"),
    )
    # of one day: the decision before its correction, what pays before what denies
    ordered = each.filter(~pl.col("is_duplicate")).sort(*group, "adjudication_date", "_corrects", "_denies", *KEYS, nulls_last=True)
    before = pl.col("_denies").shift(1).over(group)
    return ordered.select(
        *KEYS,
        _SERVICE,
        (pl.int_range(pl.len()).over(group) == 0).alias("is_first"),
        (pl.col("_denies") & ~before).fill_null(False).alias("_turns_down"),
    )


def standing_lines(decided: pl.DataFrame, lineage: str, keys: list[str], order: Sequence[str]) -> pl.DataFrame:
    """Of decided lines that nothing takes back, those that stand: per lineage and service those of the newest decision.

    One that denies as a duplicate stands only where nothing else does: it says that the other one counts. Of one day the
    one that pays more stands; then the last by `order`. A denial stands no more once a claim that replaces the whole
    (`is_replacement`) was decided without its service.
    """
    group = [lineage, _SERVICE]
    facts = ("adjudication_date", *(name for name in order if name not in keys))
    each = decided.group_by(*group, *keys).agg(
        pl.col(facts).first(), pl.col("is_duplicate").all(), pl.col("paid_amount").sum().cast(_CENT).alias("_paid")
    )
    ordered = each.sort([~pl.col("is_duplicate"), "adjudication_date", "_paid", *order], nulls_last=False)
    newest = ordered.unique(group, keep="last", maintain_order=True)
    standing = decided.join(newest, on=[*group, *keys], how="semi", maintain_order="left")
    replaced = pl.col("adjudication_date").filter(pl.col("is_replacement")).max().over(lineage)
    is_gone = pl.col("disposition").is_in(DENIED) & (pl.col("adjudication_date") < replaced)
    return standing.filter(~is_gone.fill_null(False))


def mark_answers(remits: pl.DataFrame, lines: pl.DataFrame, reversals: pl.DataFrame) -> pl.DataFrame:
    """Claim payments with what their lines are: `is_first` and `is_current` where any line is, `is_reversed`.

    One that decides nothing (and is not only pended) is first or current where no line of its lineage is.
    """
    marks = lines.group_by(KEYS).agg(pl.col("is_first", "is_current").any())
    marked = remits.join(marks, on=KEYS, how="left", validate="1:1", maintain_order="left").with_columns(
        pl.col("is_first", "is_current").fill_null(False)
    )
    marked = marked.join(taken_back(reversals).with_columns(pl.lit(True).alias("is_reversed")), on=KEYS, how="left", maintain_order="left")
    marked = marked.with_columns(pl.col("is_reversed").fill_null(False))
    idle = marked.filter((pl.col("kind") == "adjudication") & ~pl.col("is_pended") & (pl.col("disposition") == "undecided"))
    if idle.is_empty():
        return marked
    ordered = idle.sort("adjudication_date", *KEYS, nulls_last=True)
    decided = marked.filter("is_first").select("lineage_index", "payer_id").unique()
    first = ordered.join(decided, on=["lineage_index", "payer_id"], how="anti", maintain_order="left")
    first = first.unique(["lineage_index", "payer_id"], keep="first", maintain_order=True)
    stands = ordered.filter(~pl.col("is_reversed")).join(
        marked.filter("is_current").select("lineage_index").unique(), on="lineage_index", how="anti", maintain_order="left"
    )
    stands = stands.unique("lineage_index", keep="last", maintain_order=True)
    for name, rows in (("is_first", first), ("is_current", stands)):
        more = rows.select(*KEYS, pl.lit(True).alias("_more"))
        marked = marked.join(more, on=KEYS, how="left", validate="1:1", maintain_order="left")
        marked = marked.with_columns(pl.col(name) | pl.col("_more").fill_null(False)).drop("_more")
    return marked


def mark_pended(remits: pl.DataFrame, pended: pl.DataFrame) -> pl.DataFrame:
    """Mark the claim payments that decide nothing yet."""
    marked = remits.join(pended.with_columns(pl.lit(True).alias("is_pended")), on=KEYS, how="left", maintain_order="left")
    return marked.with_columns(pl.col("is_pended").fill_null(False))


def first_decisions(lines: Frame) -> Frame:
    """The first decision of each claim and payer: what the payer decided first of all lines, dated by the first of them.

    One row per lineage and payer: lineage_id, payer_id, adjudication_date, week, answer_id (of the first), disposition,
    amounts, line_count. `lines` are core_adjudicated_lines.
    """
    return rolled_up(
        lines.filter(pl.col("is_first") & pl.col("adjudication_date").is_not_null()), ["lineage_id", "payer_id"], pl.Expr.first
    )


def first_of_claims(lines: Frame) -> Frame:
    """Of the first decisions of several payers on one claim the earliest: one row per lineage."""
    return first_decisions(lines).sort("adjudication_date", "answer_id").unique("lineage_id", keep="first", maintain_order=True)


def standing_decisions(lines: pl.DataFrame, reversals: pl.DataFrame) -> pl.DataFrame:
    """Of these core_adjudicated_lines what stands of each claim once these reversals are known, dated by the newest of it."""
    return rolled_up(standing_services(lines, reversals), ["lineage_id"], pl.Expr.last)


def standing_services(lines: pl.DataFrame, reversals: pl.DataFrame) -> pl.DataFrame:
    """Of these core_adjudicated_lines those that stand once these reversals are known."""
    decided = lines.filter(~pl.col("disposition").is_in(NOT_DECIDED)).join(taken_back(reversals, ANSWER), on=ANSWER, how="anti")
    return standing_lines(decided, "lineage_id", ANSWER, ANSWER)


def rolled_up(lines: Frame, by: Sequence[str], which: Callable[[pl.Expr], pl.Expr]) -> Frame:
    """What some decided lines of a claim come to together, dated by the first or last of them (`which`)."""
    ordered = lines.sort("adjudication_date", "answer_id", nulls_last=False)
    dated = [which(pl.col(name)) for name in ("adjudication_date", "week", "answer_id", "payer_id") if name not in by]
    return ordered.group_by(list(by), maintain_order=True).agg(
        *dated,
        comes_to(_DENIES, _IN_FULL).alias("disposition"),
        pl.col("paid_amount", "charge_amount", "allowed_amount").sum().cast(_CENT),
        pl.len().cast(pl.Int64).alias("line_count"),
    )


def comes_to(denies: pl.Expr, in_full: pl.Expr) -> pl.Expr:
    """What lines come to together: denied_full when each is denied in full, denied_partial when any is denied, else paid."""
    return (
        pl.when((denies & in_full).all())
        .then(pl.lit("denied_full"))
        .when(denies.any())
        .then(pl.lit("denied_partial"))
        .otherwise(pl.lit("paid"))
    )


def claim_dispositions(lines: pl.DataFrame) -> pl.DataFrame:
    """What each claim payment comes to, and how many lines it decides. `lines` carry disposition and is_duplicate.

    `is_duplicate`: every decided line is denied as one the payer has already.
    """
    is_decided = ~pl.col("disposition").is_in(NOT_DECIDED)
    counted = lines.group_by(KEYS).agg(
        is_decided.sum().cast(pl.Int64).alias("line_count"),
        comes_to(_DENIES.filter(is_decided), _IN_FULL.filter(is_decided)).alias("_of_lines"),
        pl.col("is_duplicate").sum().alias("_again"),
    )
    disposition = pl.when(pl.col("line_count") == 0).then(pl.lit("undecided")).otherwise("_of_lines")
    is_duplicate = (pl.col("line_count") > 0) & (pl.col("_again") == pl.col("line_count"))
    return counted.select(*KEYS, "line_count", disposition.alias("disposition"), is_duplicate.alias("is_duplicate"))
