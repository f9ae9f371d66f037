"""Cells of a sheet to exact types. What does not fit is null, and its row and column are named, never its value."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import polars as pl

from rcm_pipeline.intake.sheets.headings import plain
from rcm_pipeline.intake.sheets.sheet_reading import SheetReading
from rcm_pipeline.x12.values import money, quantity

_NULL_WORDS = ("null", "nan", "#n/a", "#n/d", "#value!", "#ref!", "#div/0!", "#name?", "nil", "(null)", "<null>", "(blank)", "n/a")
_GUARDED = r'^="(.*)"$|^\'(.+)$'  # ="00012345" and '00012345 keep a spreadsheet from taking an identifier for a number
_INVISIBLE = r"[\u200b-\u200f\u2060\ufeff\u00ad\u202a-\u202e\x00-\x08\x0b\x0c\x0e-\x1f]"
_INEXACT = r"^-?\d(?:[.,]\d+)?E\+\d+$"
_COMMA_CENTS, _POINT_CENTS = r"^-?(?:\d{1,3}(?:\.\d{3})+|\d+),\d{1,2}$", r"\.\d{1,2}$|\d,\d{3}(?:\D|$)"
_SPEAKING = ("coder_codes", "auditor_codes")  # NONE in a list of codes says that there were none


def cleaned(name: str, text: pl.Series) -> pl.Series:
    """Cells without guards, invisible characters and blanks around them; null where they say that there is nothing."""
    bare = pl.col("cell").str.replace_all(_INVISIBLE, "").str.replace_all("\u00a0", " ", literal=True).str.strip_chars()
    bare = pl.coalesce(bare.str.extract(_GUARDED, 1), bare.str.extract(_GUARDED, 2), bare).str.strip_chars()
    is_nothing = bare.str.to_lowercase().is_in(_NULL_WORDS) if name not in (*shipped_words(), *_SPEAKING) else pl.lit(value=False)
    return pl.DataFrame({"cell": text}).select(pl.when((bare != "") & ~is_nothing).then(bare)).to_series()


def is_inexact(text: pl.Series) -> pl.Series:
    """Cells in scientific form: a program took the identifier for a number, and its last digits may be gone."""
    return text.str.to_uppercase().str.contains(_INEXACT).fill_null(False)


def parse(text: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Trimmed text as the type of its column; of dates see dates.py."""
    if isinstance(dtype, pl.Decimal):
        plain_number = _plain_number(text)
        return money(plain_number) if dtype.scale == 2 else quantity(plain_number)
    if isinstance(dtype, pl.Int64):
        return text.str.extract(r"^(-?\d{1,15})(?:\.0+)?$", 1).cast(pl.Int64, strict=False)
    if isinstance(dtype, pl.Float64):
        return _share(text)
    return text


def amounts(text: pl.Series, *, negate: bool = False) -> pl.Series:
    """A column of money in plain numbers: - is nothing, and a comma stands for the point where every cell that has one says so."""
    signed = pl.DataFrame({"cell": text}).select(_signed(pl.col("cell"))).to_series()
    is_comma = signed.str.contains(_COMMA_CENTS).any() and not signed.str.contains(_POINT_CENTS).any()
    if is_comma:
        signed = signed.str.replace_all(".", "", literal=True).str.replace_all(",", ".", literal=True)
    shown = (
        pl.DataFrame({"cell": signed})
        .select(pl.when(pl.col("cell").is_in(["-", "–", "—"])).then(pl.lit("0")).otherwise("cell"))
        .to_series()
    )
    if negate:
        turned = pl.when(pl.col("cell").str.starts_with("-")).then(pl.col("cell").str.slice(1)).otherwise(pl.format("-{}", "cell"))
        return pl.DataFrame({"cell": shown}).select(turned).to_series()
    return shown


def _signed(text: pl.Expr) -> pl.Expr:
    """Without currency, and with the minus in front: ($30.00), $(30.00), 30.00-, -$30, USD 30.00."""
    bare = text.str.replace_all(r"(?i)\s*(?:\$|€|£|\busd\b)\s*", "").str.replace_all(r"(\d)\s+(\d{3})\b", "$1,$2")
    return bare.str.replace(r"^\(([^-].*)\)$", "-$1").str.replace(r"^([^-].*)-$", "-$1").str.replace(r"^-\s+", "-")


def _plain_number(text: pl.Expr) -> pl.Expr:
    """Numbers as people write money become -1234.50; commas only between thousands."""
    signed = _signed(text)
    is_grouped = signed.str.contains(r"^-?\d{1,3}(?:,\d{3})+(?:\.\d*)?$")
    return pl.when(is_grouped).then(signed.str.replace_all(",", "", literal=True)).otherwise(signed)


def _share(text: pl.Expr) -> pl.Expr:
    """A share as 0.25, 25 %, 1/4 or 1 in 4. A number above 1 without a percent sign is none: it may be meant either way."""
    number, parts = r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)", r"^([0-9]{1,9}) ?(?:/|in|of) ?([0-9]{1,9})$"
    percent, bare = text.str.extract(rf"^{number} ?%$", 1), text.str.extract(rf"^({number}(?:[eE]-[0-9]+)?)$", 1)
    part, whole = (text.str.extract(parts, at).cast(pl.Float64) for at in (1, 2))
    share = pl.coalesce(bare.cast(pl.Float64), percent.cast(pl.Float64) / 100, pl.when(whole > 0).then(part / whole))
    return pl.when(share.is_between(0, 1)).then(share)


_AS_IT_IS = ("stratum_code", "error_code", "rebuttal_code")  # a row with another word is set aside by its contract
UNDECIDED = "undecided"
_OTHERWISE = {  # what another word is taken as, and how that is said; `other` where nothing is named
    "kind_code": (None, "taken as a first review"),
    "code_kind": (None, "told from the code"),
    "direction_code": (None, "taken as its category's"),
    "responsible_party_code": (None, "taken as the coder"),
    "corrected_code": (None, "left empty"),
    "appeal_outcome_code": (None, "left empty"),
    "status_code": (UNDECIDED, "the row is not counted as decided; name the word under [words.status_code] in the client's settings"),
}
_CODES = {"status_code": r"^0*([1-9]\d?)$"}  # codes beside words


@cache
def shipped_words() -> dict[str, dict[str, list[str]]]:
    """Column of a closed list → our word → how people write it."""
    return tomllib.loads(files("rcm_pipeline.intake.sheets").joinpath("words.toml").read_text(encoding="utf-8"))


@cache
def _ours(name: str) -> dict[str, str]:
    return {plain(phrase): word for word, phrases in shipped_words()[name].items() for phrase in [word, *phrases]}


def word_of(name: str, cell: str) -> str | None:
    """Our word for a cell of a column with a closed list; null where it is none of those we know."""
    return _ours(name).get(plain(cell))


def normalised(name: str, text: pl.Series, row_no: pl.Series, reading: SheetReading, own: Mapping[str, str]) -> pl.Series:
    """Cells of a column with a closed list in our words; `own` are the client's words, in plain, and ours for them.

    What is none of them is a finding: it becomes `other`, or what is said to stand for it. Where neither can be, it stays as
    it is.
    """
    if name not in shipped_words():
        return text
    ours = _ours(name) | dict(own)
    found = pl.Series([ours.get(plain(cell)) if cell else None for cell in text], dtype=pl.String)
    if name in _CODES:
        found = pl.select(pl.coalesce(text.str.extract(_CODES[name], 1), found)).to_series()
    if name in _AS_IT_IS:
        return pl.select(pl.coalesce(found, text)).to_series()
    other, taken = _OTHERWISE.get(name, ("other", "taken as other"))
    for number in row_no.filter(found.is_null() & text.is_not_null()):
        reading.findings.append((number, name, "word_unknown", f"{name} is none of the words we know; {taken}"))
    return pl.select(pl.when(text.is_not_null()).then(found.fill_null(other) if other else found)).to_series()
