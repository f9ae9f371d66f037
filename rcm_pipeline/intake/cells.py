"""Cells of a sheet to exact types. What does not fit is null, and its row and column are named, never its value."""

import tomllib
from functools import cache
from importlib.resources import files

import polars as pl

from rcm_pipeline.intake.headings import plain
from rcm_pipeline.intake.sheet_reading import SheetReading
from rcm_pipeline.x12.values import money, quantity

_DATE_FORMS = {
    r"^\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?$": ("%Y-%m-%d", 10),
    r"^\d{1,2}/\d{1,2}/\d{4}$": ("%m/%d/%Y", None),
    r"^\d{8}$": ("%Y%m%d", None),
}


def parse(text: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Trimmed text as the type of its column. Dates: 2026-03-01, 03/01/2026 (month first) or 20260301."""
    if isinstance(dtype, pl.Date):
        return _date(text)
    if isinstance(dtype, pl.Decimal):
        plain = _plain_number(text)
        return money(plain) if dtype.scale == 2 else quantity(plain)
    if isinstance(dtype, pl.Int64):
        return text.str.extract(r"^(-?\d{1,15})(?:\.0+)?$", 1).cast(pl.Int64, strict=False)
    if isinstance(dtype, pl.Float64):
        return _share(text)
    return text


def _plain_number(text: pl.Expr) -> pl.Expr:
    """Numbers as people write money: -$1,234.50, (1,234.50) or 1,234.50- become -1234.50; commas only between thousands."""
    signed = text.str.replace(r"^\((.+)\)$", "-$1").str.replace(r"^([^-]+)-$", "-$1").str.replace(r"^(-?)\s*\$\s*", "$1")
    is_grouped = signed.str.contains(r"^-?\d{1,3}(?:,\d{3})+(?:\.\d*)?$")
    return pl.when(is_grouped).then(signed.str.replace_all(",", "", literal=True)).otherwise(signed)


def _share(text: pl.Expr) -> pl.Expr:
    """A share as 0.25, 25 %, 1/4 or 1 in 4. A number above 1 without a percent sign is none: it may be meant either way."""
    number, parts = r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)", r"^([0-9]{1,9}) ?(?:/|in|of) ?([0-9]{1,9})$"
    percent, plain = text.str.extract(rf"^{number} ?%$", 1), text.str.extract(rf"^({number}(?:[eE]-[0-9]+)?)$", 1)
    part, whole = (text.str.extract(parts, at).cast(pl.Float64) for at in (1, 2))
    share = pl.coalesce(plain.cast(pl.Float64), percent.cast(pl.Float64) / 100, pl.when(whole > 0).then(part / whole))
    return pl.when(share.is_between(0, 1)).then(share)


def _date(text: pl.Expr) -> pl.Expr:
    forms = [
        pl.when(text.str.contains(pattern)).then(text.str.slice(0, length).str.to_date(form, strict=False))
        for pattern, (form, length) in _DATE_FORMS.items()
    ]
    return pl.coalesce(forms)


_AS_IT_IS = ("stratum_code", "error_code", "rebuttal_code")  # a row with another word is set aside by its contract
_LEFT_OUT = {
    "kind_code": "taken as a first review",
    "code_kind": "told from the code",
    "direction_code": "taken as its category's",
    "responsible_party_code": "taken as the coder",
    "corrected_code": "left empty",
}


@cache
def shipped_words() -> dict[str, dict[str, list[str]]]:
    """Column of a closed list → our word → how people write it."""
    return tomllib.loads(files("rcm_pipeline.intake").joinpath("words.toml").read_text(encoding="utf-8"))


def normalised(name: str, text: pl.Series, row_no: pl.Series, reading: SheetReading) -> pl.Series:
    """Cells of a column with a closed list in our words.

    What is none of them is a finding: it becomes `other`, or null where that is said to mean something. Where neither can
    be, it stays as it is.
    """
    if name not in shipped_words():
        return text
    ours = {plain(phrase): word for word, phrases in shipped_words()[name].items() for phrase in [word, *phrases]}
    found = pl.Series([ours.get(plain(cell)) if cell else None for cell in text], dtype=pl.String)
    if name in _AS_IT_IS:
        return pl.select(pl.coalesce(found, text)).to_series()
    taken = _LEFT_OUT.get(name, "taken as other")
    for number in row_no.filter(found.is_null() & text.is_not_null()):
        reading.findings.append((number, name, "word_unknown", f"{name} is none of the words we know; {taken}"))
    return found if name in _LEFT_OUT else pl.select(pl.when(text.is_not_null()).then(found.fill_null("other"))).to_series()
