"""The coder's codes against the auditor's, code by code: what is the same, what was changed, missed or should not be there."""

import polars as pl

from rcm_pipeline.claims.code_families import with_code_family
from rcm_pipeline.coding.comparison.code_items import code_items
from rcm_pipeline.coding.comparison.code_kinds import DIAGNOSIS, DISCHARGE, DRG, EM, MODIFIER, POA, PROCEDURE
from rcm_pipeline.coding.comparison.pairing import numbered, paired
from rcm_pipeline.coding.comparison.verdicts import counts_as_code, with_verdicts
from schemas.contract import conform
from schemas.registry import CONTRACTS

_KINDS = (EM, PROCEDURE, DIAGNOSIS, MODIFIER, DRG, POA, DISCHARGE)
_FIELDS = ("review_token", "kind", "code", "key", "modifiers", "units", "place", "row", "category", "level")
_MONEY = ("allowed_delta_amount", "auditor_allowed_amount")


def compared_codes(reviews: pl.DataFrame, codes: pl.DataFrame) -> pl.DataFrame:
    """core_qa_codes: every code of both sides exactly once, beside the one that stands for it on the other side.

    reviews: raw_qa_reviews, one row per review; their lists are read where `codes` (raw_qa_codes, each row once) has no row
    of the review. A code is right when both have it with the same modifiers (as a set) and units, and, for the auditor's
    first-listed diagnosis, in the same place. Dollars of a row of the sheet stay with its coder's code, those allowed as
    audited with the auditor's.
    """
    rows = codes.join(reviews.select("review_token"), on="review_token", how="semi", maintain_order="left").with_columns(
        pl.int_range(pl.len(), dtype=pl.Int64).alias("row")
    )
    items = numbered(code_items(reviews, rows))
    pairs = _with_sides(paired(items), items)
    told = with_verdicts(_with_order(pairs))
    return conform(_placed(_with_families(_with_money(_written(told), rows))), CONTRACTS["core_qa_codes"])


def code_counts(codes: pl.DataFrame) -> pl.DataFrame:
    """Per review of core_qa_codes: coder_code_count, auditor_code_count and correct_code_count.

    Services, diagnoses and the DRG count; modifiers and units are part of their code, POA and discharge status of none.
    """
    both = counts_as_code("coder") & (pl.col("verdict_code") == "same")
    return codes.group_by("review_token").agg(
        counts_as_code("coder").sum().cast(pl.Int64).alias("coder_code_count"),
        counts_as_code("auditor").sum().cast(pl.Int64).alias("auditor_code_count"),
        both.sum().cast(pl.Int64).alias("correct_code_count"),
    )


def _with_sides(pairs: pl.DataFrame, items: pl.DataFrame) -> pl.DataFrame:
    """Pairs with the fields of both codes; the kind is the auditor's, else the coder's."""
    joined = pairs
    for side in ("coder", "auditor"):
        fields = items.select(pl.col("item").alias(f"{side}_item"), *(pl.col(name).alias(f"{side}_{name}") for name in _FIELDS))
        joined = joined.join(fields, on=f"{side}_item", how="left", validate="m:1", maintain_order="left")
    return joined.with_columns(
        pl.coalesce("auditor_review_token", "coder_review_token").alias("review_token"),
        pl.coalesce("auditor_kind", "coder_kind").alias("code_kind"),
    )


def _with_order(pairs: pl.DataFrame) -> pl.DataFrame:
    """Add is_out_of_order: the auditor's first-listed diagnosis, where another of the diagnoses of both stood before it.

    Only the first place counts. Not judged where a diagnosis of the chart has no place, or where the first-listed one was
    changed or missed: that is the error then.
    """
    is_dx = pl.col("code_kind") == DIAGNOSIS
    is_shared = pl.col("coder_key").is_not_null() & pl.col("auditor_key").is_not_null()
    places = pairs.filter(is_dx).group_by("review_token").agg(
        pl.col("auditor_place").min().alias("_first"),
        pl.col("coder_place").filter(is_shared).min().alias("_first_shared"),
        (
            (pl.col("coder_key").is_null() | pl.col("coder_place").is_not_null())
            & (pl.col("auditor_key").is_null() | pl.col("auditor_place").is_not_null())
        ).all().alias("_is_placed"),
    )  # fmt: skip
    joined = pairs.join(places, on="review_token", how="left", validate="m:1", maintain_order="left")
    is_first = is_dx & is_shared & (pl.col("auditor_place") == pl.col("_first"))
    is_late = pl.col("_is_placed") & is_first & (pl.col("coder_place") > pl.col("_first_shared"))
    return joined.with_columns(is_late.fill_null(False).alias("is_out_of_order"))


def _written(pairs: pl.DataFrame) -> pl.DataFrame:
    """Codes as people write them: 99213-25, J1100 x2."""
    written = []
    for side in ("coder", "auditor"):
        units = pl.col(f"{side}_units")
        number = pl.when(units == units.round(0)).then(units.cast(pl.Int64).cast(pl.String)).otherwise(units.cast(pl.String))
        modifiers = pl.when(pl.col(f"{side}_modifiers") != "").then(pl.concat_str(pl.lit("-"), f"{side}_modifiers")).otherwise(pl.lit(""))
        times = pl.when(units != 1).then(pl.concat_str(pl.lit(" x"), number)).otherwise(pl.lit(""))
        written.append(pl.concat_str(f"{side}_code", modifiers, times).alias(f"{side}_code"))
    bare = pl.coalesce("auditor_code", "coder_code").alias("_bare")
    return pairs.with_columns(bare).with_columns(written)


def _with_money(pairs: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Dollars of the sheet's rows, each once: a row without a coder's code gives its difference to the auditor's."""
    delta = rows.select("row", "allowed_delta_amount", has_coder=pl.col("coder_code").is_not_null())
    mine = delta.filter("has_coder").select(pl.col("row").alias("coder_row"), pl.col("allowed_delta_amount").alias("_mine"))
    other = delta.filter(~pl.col("has_coder")).select(pl.col("row").alias("auditor_row"), pl.col("allowed_delta_amount").alias("_other"))
    allowed = rows.select(pl.col("row").alias("auditor_row"), "auditor_allowed_amount")
    joined = pairs
    for part, on in ((mine, "coder_row"), (other, "auditor_row"), (allowed, "auditor_row")):
        joined = joined.join(part, on=on, how="left", validate="m:1", maintain_order="left")
    told = pl.any_horizontal(pl.col("_mine", "_other").is_not_null())
    return joined.with_columns(pl.when(told).then(pl.col("_mine").fill_null(0) + pl.col("_other").fill_null(0)).alias(_MONEY[0]))


def _with_families(pairs: pl.DataFrame) -> pl.DataFrame:
    is_service = pl.col("code_kind").is_in([EM, PROCEDURE])
    of = pl.when(is_service).then("_bare")
    named = with_code_family(pairs.with_columns(of.alias("_service")), "_service")
    chapter = pl.when(pl.col("code_kind") == DIAGNOSIS).then(pl.col("_bare").str.slice(0, 1)).otherwise("code_kind")
    return named.with_columns(pl.when(is_service).then("code_family").otherwise(chapter).alias("code_family"))


def _placed(pairs: pl.DataFrame) -> pl.DataFrame:
    """Numbered within the review: services before diagnoses, by the auditor's place, else the coder's, then by code."""
    kind = pl.col("code_kind").cast(pl.Enum(_KINDS)).to_physical()
    ordered = pairs.sort(
        "review_token", kind, pl.coalesce("auditor_place", "coder_place"), "_bare", "coder_code", "auditor_code", *_MONEY, nulls_last=True
    )
    return ordered.with_columns((pl.int_range(pl.len(), dtype=pl.Int64).over("review_token") + 1).alias("position_no"))
