"""What a pair of codes comes to: the same, or which error of the closed list it is."""

import polars as pl

from rcm_pipeline.coding.comparison.code_kinds import DIAGNOSIS, DISCHARGE, DRG, EM, MODIFIER, POA, PROCEDURE

SAME, CHANGED, MISSED, EXTRA, ORDER, WITH_MODIFIER, WITH_UNITS = "same", "changed", "missed", "extra", "order", "modifier", "units"
_OWN_ERROR = {DRG: "DRG", POA: "POA", DISCHARGE: "DISCH_STATUS"}


def with_verdicts(pairs: pl.DataFrame) -> pl.DataFrame:
    """Add verdict_code, error_code and level_difference to pairs with both sides' kind, key, modifiers, units, category, level.

    A code has one error at most: another code goes before another modifier, and that before other units. UNBUNDLED cannot
    be told without a table of edits, DX_LINK not without pointers: they come from stated findings alone.
    """
    both = pl.col("coder_key").is_not_null() & pl.col("auditor_key").is_not_null()
    is_one = (pl.col("coder_key") == pl.col("auditor_key")) & (pl.col("coder_kind") == pl.col("auditor_kind"))
    verdict = (
        pl.when(pl.col("coder_key").is_null())
        .then(pl.lit(MISSED))
        .when(pl.col("auditor_key").is_null())
        .then(pl.lit(EXTRA))
        .when(~is_one)
        .then(pl.lit(CHANGED))
        .when(pl.col("coder_modifiers") != pl.col("auditor_modifiers"))
        .then(pl.lit(WITH_MODIFIER))
        .when(pl.col("coder_units") != pl.col("auditor_units"))
        .then(pl.lit(WITH_UNITS))
        .when("is_out_of_order")
        .then(pl.lit(ORDER))
        .otherwise(pl.lit(SAME))
    )
    is_one_category = both & (pl.col("coder_category") == pl.col("auditor_category")).fill_null(False)
    levels = pl.when(is_one_category).then(pl.col("coder_level") - pl.col("auditor_level"))
    judged = pairs.with_columns(verdict.alias("verdict_code"), levels.alias("level_difference"))
    return judged.with_columns(_error().alias("error_code"))


def _error() -> pl.Expr:
    """The category of the error list (qa_errors.tsv) a verdict is; null where the codes are the same."""
    kind, verdict = pl.col("code_kind"), pl.col("verdict_code")
    is_diagnosis = kind == DIAGNOSIS
    return (
        pl.when(verdict == SAME)
        .then(None)
        .when(kind.is_in(list(_OWN_ERROR)))
        .then(kind.replace_strict(_OWN_ERROR, default=None, return_dtype=pl.String))
        .when(kind == MODIFIER)
        .then(pl.when(verdict == MISSED).then(pl.lit("MOD_MISSING")).otherwise(pl.lit("MOD_WRONG")))
        .when(verdict == WITH_MODIFIER)
        .then(pl.when(_lacks_modifier()).then(pl.lit("MOD_MISSING")).otherwise(pl.lit("MOD_WRONG")))
        .when(verdict == WITH_UNITS)
        .then(pl.lit("UNITS"))
        .when(verdict == ORDER)
        .then(pl.lit("DX_SEQUENCE"))
        .when(verdict == MISSED)
        .then(pl.when(is_diagnosis).then(pl.lit("DX_MISSED")).otherwise(pl.lit("PX_MISSED")))
        .when(verdict == EXTRA)
        .then(pl.when(is_diagnosis).then(pl.lit("DX_UNSUPPORTED")).otherwise(pl.lit("PX_UNSUPPORTED")))
        .when(is_diagnosis)
        .then(pl.when(_is_unspecific()).then(pl.lit("DX_SPECIFICITY")).otherwise(pl.lit("DX_WRONG")))
        .when((pl.col("coder_kind") == EM) & (pl.col("auditor_kind") == EM))
        .then(_level_error())
        .otherwise(pl.lit("PX_WRONG"))
    )


def _level_error() -> pl.Expr:
    """Levels of one category by how far and which way; E/M codes of two categories, or without levels, are the wrong category."""
    difference = pl.col("level_difference")
    return (
        pl.when(difference.is_null())
        .then(pl.lit("EM_CATEGORY"))
        .when(difference > 0)
        .then(pl.when(difference == 1).then(pl.lit("EM_OVER1")).otherwise(pl.lit("EM_OVER2")))
        .otherwise(pl.when(difference == -1).then(pl.lit("EM_UNDER1")).otherwise(pl.lit("EM_UNDER2")))
    )


def _lacks_modifier() -> pl.Expr:
    """All modifiers of the coder are the auditor's, who has more."""
    sets = (pl.col(f"{side}_modifiers").str.extract_all("[A-Z0-9]{2}") for side in ("coder", "auditor"))
    coder, auditor = sets
    return coder.list.set_difference(auditor).list.len() == 0


def _is_unspecific() -> pl.Expr:
    """The auditor's diagnosis says more than the coder's.

    Either it begins with it (E11 for E11.65), or the coder's is the unspecified one of the same category: by the form of
    ICD-10-CM, 9 where they part, or 0 from the fifth character on (M17.9 for M17.11, M25.50 for M25.511).
    """
    coder, auditor = pl.col("coder_key"), pl.col("auditor_key")
    is_longer = auditor.str.starts_with(coder) & (auditor.str.len_chars() > coder.str.len_chars())
    parts = pl.lit(False)
    for stem in range(3, 7):
        is_parting = (coder.str.slice(0, stem) == auditor.str.slice(0, stem)) & (coder.str.slice(stem, 1) != auditor.str.slice(stem, 1))
        parts = parts | (is_parting & coder.str.slice(stem, 1).is_in(["9"] if stem == 3 else ["0", "9"]))
    return is_longer | parts


def counts_as_code(side: str) -> pl.Expr:
    """Rows of compared codes that count for a side: services, diagnoses and the DRG."""
    return pl.col(f"{side}_code").is_not_null() & pl.col("code_kind").is_in([EM, PROCEDURE, DIAGNOSIS, DRG])
