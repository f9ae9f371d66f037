"""Rows that were delivered again in another file, as cumulative sheets do: each counted once."""

from collections.abc import Sequence

import polars as pl


def once(rows: pl.DataFrame, ignoring: Sequence[str] = ()) -> pl.DataFrame:
    """Each row once over all files; the same row twice within one file stays twice.

    `file_id`, `row_no` and the columns in `ignoring` do not make a difference; of rows that differ only in these, the
    one whose ignored columns sort last is kept.
    """
    same = [name for name in rows.columns if name not in ("file_id", "row_no", *ignoring)]
    is_repeated = rows.select(pl.struct(same).is_duplicated()).to_series()
    single, repeated = rows.filter(~is_repeated), rows.filter(is_repeated)
    if repeated.is_empty():
        return single.sort("file_id", "row_no")
    numbered = repeated.sort("file_id", "row_no").with_columns(pl.int_range(pl.len()).over("file_id", *same).alias("_copy"))
    latest = numbered.sort(*ignoring, "file_id", "row_no", nulls_last=False) if ignoring else numbered
    kept = latest.unique([*same, "_copy"], keep="last", maintain_order=True).drop("_copy")
    return pl.concat([single, kept]).sort("file_id", "row_no")


def latest_by(rows: pl.DataFrame, key: str, date: str) -> pl.DataFrame:
    """One row per key: the one with the latest date (ties: the file and row that sort last)."""
    return rows.sort(date, "file_id", "row_no").unique(key, keep="last", maintain_order=True).sort("file_id", "row_no")
