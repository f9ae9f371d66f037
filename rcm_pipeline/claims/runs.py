"""Runs of equal rows in a sorted frame: where each begins and ends, without a window per group (a million groups are usual)."""

import polars as pl


def begins(columns: list[str]) -> pl.Expr:
    """True on the first row of each run of equal values; rows must be sorted so that equal ones stand together. Null equals null."""
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift(1)) for name in columns)
    return ~same | (pl.int_range(pl.len()) == 0)


def ends(columns: list[str]) -> pl.Expr:
    """True on the last row of each run."""
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift(-1)) for name in columns)
    return ~same | (pl.int_range(pl.len()) == pl.len() - 1)


def ordinal(is_begin: pl.Expr) -> pl.Expr:
    """0, 1, 2 … within each run."""
    place = pl.int_range(pl.len(), dtype=pl.Int64)
    return place - pl.when(is_begin).then(place).forward_fill()


def count_so_far(is_counted: pl.Expr, is_begin: pl.Expr) -> pl.Expr:
    """How many rows of the run, this one included, are counted so far; the first row of a run counts as 0."""
    counted = is_counted.cast(pl.Int64).cum_sum()
    return counted - pl.when(is_begin).then(counted).forward_fill()
