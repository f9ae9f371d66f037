"""Lists of codes and rows of compared codes as single codes with their modifiers, units and place: one row per code and side."""

import polars as pl

from rcm_pipeline.coding.comparison.code_kinds import DIAGNOSIS, DISCHARGE, DRG, EM, MODIFIER, PROCEDURE, em_levels, with_kinds
from rcm_pipeline.privacy.shapes import BETWEEN_ITEMS, CLINICAL_ITEM, NO_CODES

_SIDES = ("coder", "auditor")
_MODIFIERS = r"[A-Z0-9]{2}"
_CODE = r"^ *((?:(?:MS-?|APR-?)?DRG|DISCH(?:ARGE)?(?: STATUS)?)[ :#-]*[0-9]{2,3}|[^ /*×()-]+)"
_UNITS = r"(?: *[*×] *| +X *| *\( *| +)([0-9]{1,4}(?:\.[0-9]{1,3})?)(?: *\)| *UNITS?)?$"
_GLUED_UNITS = r"^([A-Z]?[0-9]{4,5})X([0-9]{1,3})$"  # J1100X2
_GLUED_SIDE = r"^([0-9]{5})(RT|LT|TC)$"  # 20610RT; other letters may be a procedure of ICD-10-PCS
_HAS_UNITS = r"[*×(]| X *[0-9]|UNITS?$"
ITEM_SCHEMA = {
    "review_token": pl.String,
    "side": pl.String,
    "row": pl.Int64,
    "place": pl.Int64,
    "kind": pl.String,
    "code": pl.String,
    "key": pl.String,
    "modifiers": pl.String,
    "units": pl.Float64,
    "category": pl.String,
    "level": pl.Int64,
}


def code_items(reviews: pl.DataFrame, codes: pl.DataFrame) -> pl.DataFrame:
    """Every code of either side, as ITEM_SCHEMA. A review with rows in `codes` (numbered by `row`) is read from these alone.

    row: row of `codes`, null in a list. place: as the sheet says or order in the list; null when neither. modifiers: sorted,
    joined by -, empty for none. units: 1 when not said. code: ICD-10-CM with its dot, the rest as sent, in upper case.
    category, level: of an E/M visit that has levels, else null.
    """
    listed = _from_lists(reviews.join(codes.select("review_token").unique(), on="review_token", how="anti"))
    both = pl.concat([_from_rows(codes), listed], how="vertical")
    items = _with_loose_modifiers(_shown(with_kinds(_parsed(both))))
    return items.join(em_levels(), on="key", how="left", validate="m:1", maintain_order="left").select(*ITEM_SCHEMA)


def _from_lists(reviews: pl.DataFrame) -> pl.DataFrame:
    """One row per item of the two lists of a review; a review that has only one of them is not compared."""
    whole = reviews.filter(pl.col("coder_codes").is_not_null() & pl.col("auditor_codes").is_not_null())
    parts = [_split(whole.select("review_token", pl.lit(side).alias("side"), pl.col(f"{side}_codes").alias("text"))) for side in _SIDES]
    return pl.concat(parts).with_columns(
        pl.lit(None, pl.Int64).alias("row"),
        pl.lit(None, pl.String).alias("said_kind"),
        pl.lit("").alias("said_modifiers"),
        pl.lit(None, pl.Float64).alias("said_units"),
    )


def _split(lists: pl.DataFrame) -> pl.DataFrame:
    """A list by its separators; codes that only blanks divide are told apart where all of them look like codes."""
    text = pl.col("text").str.to_uppercase().str.replace_all(BETWEEN_ITEMS, ";").str.split(";")
    parts = lists.with_columns(text).explode("text", empty_as_null=True, keep_nulls=True).with_columns(pl.col("text").str.strip_chars())
    several = pl.col("text").str.contains(rf"^{CLINICAL_ITEM}(?: +{CLINICAL_ITEM})+$")
    items = parts.with_columns(pl.when(several).then(pl.col("text").str.extract_all(CLINICAL_ITEM)).otherwise(pl.concat_list("text")))
    found = items.explode("text", empty_as_null=True, keep_nulls=True).filter(~pl.col("text").is_in(["", NO_CODES]))
    return found.with_columns((pl.int_range(pl.len(), dtype=pl.Int64).over("review_token") + 1).alias("place"))


def _from_rows(codes: pl.DataFrame) -> pl.DataFrame:
    """One row per code of a row of compared codes."""
    parts = [
        codes.select(
            "review_token",
            pl.lit(side).alias("side"),
            pl.col(f"{side}_code").str.to_uppercase().str.strip_chars().alias("text"),
            pl.col("position_no").alias("place"),
            "row",
            pl.col("code_kind").alias("said_kind"),
            pl.col(f"{side}_modifiers").str.to_uppercase().fill_null("").alias("said_modifiers"),
            pl.col(f"{side}_units").cast(pl.Float64).alias("said_units"),
        )
        for side in _SIDES
    ]
    return pl.concat(parts).filter(pl.col("text").is_not_null())


def _parsed(items: pl.DataFrame) -> pl.DataFrame:
    """`text` as code, modifiers and units."""
    items = items.with_columns(pl.col("text").str.replace(_GLUED_UNITS, "$1 X$2").str.replace(_GLUED_SIDE, "$1-$2"))
    has_units = pl.col("text").str.contains(_HAS_UNITS)
    units = pl.when(has_units).then(pl.col("text").str.extract(_UNITS, 1).cast(pl.Float64, strict=False))
    bare = pl.when(has_units).then(pl.col("text").str.replace(_UNITS, "")).otherwise("text")
    code = bare.str.extract(_CODE, 1)
    rest = bare.str.replace(_CODE, "")
    says_drg, says_discharge = code.str.contains("DRG"), code.str.contains("^DISCH")
    kind = pl.when(says_drg).then(pl.lit(DRG)).when(says_discharge).then(pl.lit(DISCHARGE)).otherwise("said_kind")
    number = pl.when(says_drg | says_discharge).then(code.str.extract("([0-9]+)$", 1)).otherwise(code)
    modifiers = pl.concat_str(rest, pl.col("said_modifiers"), separator=" ").str.extract_all(_MODIFIERS)
    return items.with_columns(
        pl.coalesce(number, "text").alias("code"),
        kind.alias("said_kind"),
        modifiers.list.unique().list.sort().list.join("-").alias("modifiers"),
        pl.coalesce("said_units", units, pl.lit(1.0)).alias("units"),
    )


def _shown(items: pl.DataFrame) -> pl.DataFrame:
    """Diagnoses with their dot; only services have modifiers and units."""
    is_service = pl.col("kind").is_in([EM, PROCEDURE])
    dotted = pl.concat_str(pl.col("key").str.slice(0, 3), pl.lit("."), pl.col("key").str.slice(3))
    is_dotted = (pl.col("kind") == DIAGNOSIS) & (pl.col("key").str.len_chars() > 3)
    return items.with_columns(
        pl.when(is_dotted).then(dotted).otherwise("code").alias("code"),
        pl.when(is_service).then("modifiers").otherwise(pl.lit("")).alias("modifiers"),
        pl.when(is_service).then("units").otherwise(pl.lit(1.0)).alias("units"),
    )


def _with_loose_modifiers(items: pl.DataFrame) -> pl.DataFrame:
    """A modifier that stands alone in a list (99213-25, 59) belongs to the service before it; in a row it stays alone."""
    is_loose = (pl.col("kind") == MODIFIER) & pl.col("row").is_null()
    if not items.select(is_loose.any()).item():
        return items
    owner = pl.when(pl.col("kind").is_in([EM, PROCEDURE])).then("place").forward_fill().over("review_token", "side", order_by="place")
    owned = items.filter(pl.col("row").is_null()).with_columns(owner.alias("_owner"))
    loose = owned.filter(is_loose & pl.col("_owner").is_not_null())
    joined = loose.group_by("review_token", "side", pl.col("_owner").alias("place")).agg(pl.col("code").alias("_more"))
    kept = items.join(
        loose.select("review_token", "side", "place", pl.lit(True).alias("_is_taken")),
        on=["review_token", "side", "place"],
        how="left",
        maintain_order="left",
    ).filter(~(is_loose & pl.col("_is_taken").fill_null(False)))
    widened = kept.join(joined, on=["review_token", "side", "place"], how="left", maintain_order="left")
    every = pl.concat_list(pl.col("modifiers").str.extract_all(_MODIFIERS), pl.col("_more").fill_null([])).list.unique().list.sort()
    is_owner = pl.col("row").is_null() & pl.col("_more").is_not_null()
    return widened.with_columns(pl.when(is_owner).then(every.list.join("-")).otherwise("modifiers").alias("modifiers"))
