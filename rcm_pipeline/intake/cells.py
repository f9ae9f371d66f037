"""Cells of a sheet to exact types. What does not fit is null, and its row and column are named, never its value."""

import polars as pl

from rcm_pipeline.x12.values import money, quantity

_DATE_FORMS = {
    r"^\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?$": ("%Y-%m-%d", 10),
    r"^\d{1,2}/\d{1,2}/\d{4}$": ("%m/%d/%Y", None),
    r"^\d{8}$": ("%Y%m%d", None),
}


def parse(text: pl.Series, dtype: pl.DataType) -> pl.Series:
    """Text as the type of its column. Dates: 2026-03-01, 03/01/2026 (month first) or 20260301."""
    stripped = text.str.strip_chars().replace("", None)
    if isinstance(dtype, pl.Date):
        return _date(stripped)
    if isinstance(dtype, pl.Decimal):
        plain = _plain_number(stripped)
        return money(plain) if dtype.scale == 2 else quantity(plain)
    if isinstance(dtype, pl.Int64):
        whole = stripped.str.extract(r"^(-?\d{1,15})(?:\.0+)?$", 1)
        return whole.cast(pl.Int64, strict=False)
    if isinstance(dtype, pl.Float64):
        return _share(stripped)
    return stripped


def _plain_number(text: pl.Series) -> pl.Series:
    """Numbers as people write money: -$1,234.50, (1,234.50) or 1,234.50- become -1234.50; commas only between thousands."""
    signed = text.str.replace(r"^\((.+)\)$", "-$1").str.replace(r"^([^-]+)-$", "-$1").str.replace(r"^(-?)\s*\$\s*", "$1")
    is_grouped = signed.str.contains(r"^-?\d{1,3}(?:,\d{3})+(?:\.\d*)?$")
    return pl.select(pl.when(is_grouped).then(signed.str.replace_all(",", "", literal=True)).otherwise(signed)).to_series()


def _share(text: pl.Series) -> pl.Series:
    """A share as 0.25, 25 %, 1/4 or 1 in 4. A number above 1 without a percent sign is none: it may be meant either way."""
    number = r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
    percent, plain = text.str.extract(rf"^{number} ?%$", 1), text.str.extract(rf"^({number}(?:[eE]-[0-9]+)?)$", 1)
    part = text.str.extract_groups(r"^([0-9]{1,9}) ?(?:/|in|of) ?([0-9]{1,9})$").struct.unnest().cast(pl.Float64)
    quotient = pl.when(part["2"] > 0).then(part["1"] / part["2"])
    share = pl.select(pl.coalesce(plain.cast(pl.Float64), percent.cast(pl.Float64) / 100, quotient)).to_series()
    return pl.select(pl.when(share.is_between(0, 1)).then(share)).to_series()


def _date(text: pl.Series) -> pl.Series:
    forms = [
        pl.when(text.str.contains(pattern)).then(text.str.slice(0, length).str.to_date(form, strict=False))
        for pattern, (form, length) in _DATE_FORMS.items()
    ]
    return pl.select(pl.coalesce(forms)).to_series()
