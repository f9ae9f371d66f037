"""Codes given back to the coder: counts before rebuttal, corrected for findings that were overturned or are another's."""

import polars as pl

_CHANGED, _MISSED, _EXTRA = "changed", "missed", "extra"
_BY_CATEGORY = {
    **dict.fromkeys(
        (
            "EM_OVER1", "EM_OVER2", "EM_UNDER1", "EM_UNDER2", "EM_CATEGORY", "PX_WRONG", "MOD_MISSING", "MOD_WRONG", "UNITS",
            "DX_SPECIFICITY", "DX_WRONG", "DX_SEQUENCE", "DRG",
        ),
        _CHANGED,
    ),
    "PX_MISSED": _MISSED,
    "DX_MISSED": _MISSED,
    "PX_UNSUPPORTED": _EXTRA,
    "DX_UNSUPPORTED": _EXTRA,
}  # fmt: skip
# a code of the coder's that should not stand, or should be another, as the finding's own codes say
_BY_CODES = ("UNBUNDLED", "DOC_INSUFFICIENT", "DOC_NONE", "CODESET_DATE")


def with_overturned_codes(counts: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    """The three counts of a review as they are once findings that do not count against the coder are taken away.

    Counts on a sheet, and those compared from codes, are the auditor's view before rebuttal. They leave two gaps: codes of
    the coder that are not right, and codes of the auditor that are not there. A finding that does not count closes one
    place of its gap: a changed code becomes right (both gaps); a code not missed leaves the auditor's count; an extra code
    that stands becomes right and joins the auditor's. The coder's count never changes.

    A gap stays as large as the findings in it that do count (several of them may be of one code, so at most as large as it
    was): what still counts must not be given back. A changed code without a gap on one side closes the other. Findings of
    no code (queries, links, POA, discharge status) close nothing.
    """
    kinds = ((_CHANGED, "w"), (_MISSED, "m"), (_EXTRA, "e"))
    effects = findings.with_columns(_effect().alias("_effect")).group_by("review_token").agg(
        *(((pl.col("_effect") == kind) & (pl.col("is_counted") == kept)).sum().cast(pl.Int64).alias(f"_{name}_{state}")
          for kind, name in kinds for state, kept in (("kept", True), ("back", False)))
    )  # fmt: skip
    names = [name for name in effects.columns if name != "review_token"]
    joined = counts.join(effects, on="review_token", how="left", validate="1:1", maintain_order="left").with_columns(
        pl.col(names).fill_null(0)
    )
    free = joined.with_columns(
        _free("coder_code_count", pl.col("_w_kept") + pl.col("_e_kept")).alias("_coder_gap"),
        _free("auditor_code_count", pl.col("_w_kept") + pl.col("_m_kept")).alias("_auditor_gap"),
    )
    right = pl.min_horizontal("_w_back", "_coder_gap", "_auditor_gap").alias("_right")
    rest = pl.col("_w_back") - pl.col("_right")
    closed = free.with_columns(right).with_columns(
        pl.min_horizontal(pl.col("_m_back") + rest, pl.col("_auditor_gap") - pl.col("_right")).alias("_not_missed"),
        pl.min_horizontal(pl.col("_e_back") + rest, pl.col("_coder_gap") - pl.col("_right")).alias("_not_extra"),
    )
    return closed.with_columns(
        (pl.col("correct_code_count") + pl.col("_right") + pl.col("_not_extra")).alias("correct_code_count"),
        (pl.col("auditor_code_count") - pl.col("_not_missed") + pl.col("_not_extra")).alias("auditor_code_count"),
    ).select(counts.columns)


def _effect() -> pl.Expr:
    """What a finding says of a code: changed, missed or extra; null when nothing."""
    coder, auditor = pl.col("coder_code").is_not_null(), pl.col("auditor_code").is_not_null()
    by_codes = pl.when(coder & auditor).then(pl.lit(_CHANGED)).when(coder).then(pl.lit(_EXTRA))
    by_category = pl.col("error_code").replace_strict(_BY_CATEGORY, default=None, return_dtype=pl.String)
    return pl.when(pl.col("error_code").is_in(_BY_CODES)).then(by_codes).otherwise(by_category)


def _free(count: str, kept: pl.Expr) -> pl.Expr:
    """How much of a gap may be closed: what the findings that count do not need."""
    gap = pl.col(count) - pl.col("correct_code_count")
    return gap - pl.min_horizontal(gap, kept)
