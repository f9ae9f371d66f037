"""Procedure codes to code families, by the ranges of code_families.tsv."""

import polars as pl

from rcm_pipeline.reference import reference

REVENUE_ONLY, UNKNOWN = "revenue_code", "unknown"


def with_code_family(frame: pl.DataFrame, code: str = "procedure_code") -> pl.DataFrame:
    """Add `code_family`; a line without a procedure code is a revenue_code line, one in no range is unknown."""
    codes = frame.select(pl.col(code).unique().drop_nulls())
    ranges = reference("code_families").select("family", "first", "last")
    inside = pl.col(code).is_between(pl.col("first"), pl.col("last")) & (pl.col(code).str.len_chars() == 5)
    # CPT categories II and III end in a letter, and compare by their digits
    same_end = pl.col(code).str.slice(4) == pl.col("first").str.slice(4)
    is_lettered = pl.col("first").str.contains("[A-Z]$")
    ends_lettered = pl.col(code).str.contains("[A-Z]$")
    fits = inside & pl.when(is_lettered).then(same_end).otherwise(~ends_lettered)
    families = codes.join(ranges, how="cross").filter(fits).unique(code, keep="first", maintain_order=True).select(code, "family")
    joined = frame.join(families, on=code, how="left", validate="m:1", maintain_order="left")
    named = pl.when(pl.col(code).is_null()).then(pl.lit(REVENUE_ONLY)).otherwise(pl.col("family").fill_null(UNKNOWN))
    return joined.with_columns(named.alias("code_family")).drop("family")
