"""Element text to exact money, quantities and dates. What does not fit its type is null and is reported, never bent.

A number has at most 13 digits before its point: no charge is longer, and sums stay exact.
"""

import polars as pl

MONEY = pl.Decimal(18, 2)
QUANTITY = pl.Decimal(18, 3)
WHOLE = pl.Decimal(18, 0)
_MONEY = r"^[+-]?(?:0*\d{1,13}(?:\.\d{0,2}0*)?|\.\d{1,2}0*)$"
_WHOLE = r"^[+-]?0*\d{1,13}(?:\.0*)?$"
_QUANTITY = r"^[+-]?(?:0*\d{1,13}(?:\.\d{0,3}0*)?|\.\d{1,3}0*)$"


def money(text: pl.Expr) -> pl.Expr:
    """Dollars and cents, exactly as written; null where the text is not a plain number of at most two decimals."""
    return _decimal(text, _MONEY, MONEY)


def quantity(text: pl.Expr) -> pl.Expr:
    """A count of units with at most three decimals; null where it is anything else."""
    return _decimal(text, _QUANTITY, QUANTITY)


def whole(text: pl.Expr) -> pl.Expr:
    """A whole number; null where it is anything else."""
    return _decimal(text, _WHOLE, WHOLE)


def date(text: pl.Expr) -> pl.Expr:
    """CCYYMMDD (the first date of a CCYYMMDD-CCYYMMDD range); null where it is no date of the calendar."""
    stripped = text.str.strip_chars().str.extract(r"^([1-9]\d{7})(?:\d{4})?(?:-\d{8})?$", 1)
    return stripped.str.to_date("%Y%m%d", strict=False)


def end_date(text: pl.Expr) -> pl.Expr:
    """The last date of a CCYYMMDD-CCYYMMDD range, or the one date there is."""
    stripped = text.str.strip_chars().str.extract(r"^(?:\d{8}-)?([1-9]\d{7})(?:\d{4})?$", 1)
    return stripped.str.to_date("%Y%m%d", strict=False)


def _decimal(text: pl.Expr, pattern: str, dtype: pl.Decimal) -> pl.Expr:
    stripped = text.str.strip_chars()
    return pl.when(stripped.str.contains(pattern)).then(stripped.str.strip_prefix("+")).cast(dtype, strict=False)
