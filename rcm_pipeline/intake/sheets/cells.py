"""Cells of a sheet to exact types. What does not fit is null, and its row and column are named, never its value."""

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files

import polars as pl

from rcm_pipeline.intake.sheets.headings import plain
from rcm_pipeline.intake.sheets.sheet_reading import SheetReading
from rcm_pipeline.x12.values import money, quantity

_NULL_WORDS = frozenset({"null", "nan", "nat", "#n/a", "nil", "(null)", "<null>", "(blank)", "n/a"})
_NO_NAMES = frozenset({"-", "--", "?", "tbd", "none", "na", ".", "unknown"})  # in the place of an identifier
_ERROR = re.compile(r"#[A-Z][A-Z0-9/_]*[!?]?|#+|Err:\d+", re.IGNORECASE)  # what a spreadsheet shows where a formula failed
_WHOLE_FLOAT = re.compile(r"\d+\.0")  # a code that passed through a column of numbers
_LONGEST_NULL = max(map(len, _NULL_WORDS))
_GUARDED = re.compile(
    r'="(.*)"|\'(.+?)\'?', re.DOTALL
)  # ="00012345" and '00012345 keep a spreadsheet from taking an identifier for a number
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad\u202a-\u202e\x00-\x08\x0b\x0c\x0e-\x1f]")
_INEXACT = r"^-?\d(?:[.,]\d+)?E\+\d+$|^\d{4}-\d{2}-\d{2}$|^(?:TRUE|FALSE)$"
_COMMA_CENTS, _POINT_CENTS = r"^-?(?:\d{1,3}(?:\.\d{3})+|\d+),\d{1,2}$", r"\.\d{1,2}$|\d,\d{3}(?:\D|$)"
IDENTIFIERS = ("_token", "_npi", "payer_id")
_CODED = ("status_code", "procedure_code", "carc_code", "revenue_code", "bill_type_code", "place_code", "line_no", "units")
_POINTED = r"^-?\d{1,3}(?:\.\d{3})+$"  # thousands, where another column proves that the comma is for cents
_SPEAKING = ("coder_codes", "auditor_codes")  # NONE in a list of codes says that there were none


def cleaned(name: str, cells: Iterable[str]) -> list[str | None]:
    """Cells without guards, invisible characters and blanks around them; null where they say that there is nothing.

    Of an identifier also where a formula failed or a word stands for none; a code that became a number is a code again.
    """
    is_identifier = name.endswith(IDENTIFIERS)
    nothing = frozenset() if name in (*shipped_words(), *_SPEAKING) else _NULL_WORDS
    texts = (_cleaned(cell, nothing | _NO_NAMES if is_identifier else nothing) if cell else None for cell in cells)
    if not is_identifier and name not in _CODED:
        return list(texts)
    plain_texts = [text[:-2] if text and _WHOLE_FLOAT.fullmatch(text) else text for text in texts]
    return [None if text and _ERROR.fullmatch(text) else text for text in plain_texts] if is_identifier else plain_texts


def _cleaned(cell: str, nothing: Collection[str]) -> str | None:
    text = cell.strip()
    if not text.isascii() or not text.isprintable():
        text = _INVISIBLE.sub("", text).replace("\u00a0", " ").strip()
    if text.startswith(("'", '="')) and (guarded := _GUARDED.fullmatch(text)):
        text = (guarded[1] or guarded[2] or "").strip()
    return None if not text or (len(text) <= _LONGEST_NULL and text.lower() in nothing) else text


def is_inexact(name: str) -> pl.Expr:
    """Cells in scientific form: a program took the identifier for a number, and its last digits may be gone."""
    return pl.col(name).str.to_uppercase().str.contains(_INEXACT).fill_null(False)


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


def amounts(cells: pl.DataFrame, negative: Sequence[str] = ()) -> pl.DataFrame:
    """Columns of money in plain numbers: - is nothing, and a comma stands for the point where every cell of a column that has one
    says so. The sign of `negative` columns is turned.
    """
    if not cells.width:
        return cells
    signed = cells.select(_signed(pl.col(name)).alias(name) for name in cells.columns)
    proofs = signed.select(
        proof
        for name in cells.columns
        for proof in (
            (pl.col(name).str.contains(_COMMA_CENTS).any() & ~pl.col(name).str.contains(_POINT_CENTS).any()).alias(f"{name} comma"),
            (pl.col(name).str.contains(_POINTED) | ~pl.col(name).str.contains(r"[.,]")).all().alias(f"{name} pointed"),
        )
    ).row(0, named=True)
    is_comma_sheet = any(proofs[f"{name} comma"] for name in cells.columns)
    has_comma = {name: bool(proofs[f"{name} comma"] or (is_comma_sheet and proofs[f"{name} pointed"])) for name in cells.columns}
    return signed.select(_plain_amount(name, has_comma=has_comma[name], is_turned=name in negative) for name in cells.columns)


def _plain_amount(name: str, *, has_comma: bool, is_turned: bool) -> pl.Expr:
    cell = pl.col(name)
    if has_comma:
        cell = cell.str.replace_all(".", "", literal=True).str.replace_all(",", ".", literal=True)
    cell = pl.when(cell.is_in(["-", "–", "—"])).then(pl.lit("0")).otherwise(cell)
    turned = pl.when(cell.str.starts_with("-")).then(cell.str.slice(1)).otherwise(pl.format("-{}", cell))
    return (turned if is_turned else cell).alias(name)


def _signed(text: pl.Expr) -> pl.Expr:
    """Without currency, and with the minus in front: ($30.00), $(30.00), 30.00-, -$30, USD 30.00."""
    bare = text.str.replace_all("−", "-", literal=True).str.replace_all(r"(?i)\s*(?:us\$|\$|€|£|₹|\busd\b|\brs\.?)\s*", "")
    bare = bare.str.replace(r"(?i)^([^-].*\d)\s*cr$", "-$1").str.replace(r"(?i)\s*dr$", "")
    for _ in range(2):  # blanks between thousands, which overlap
        bare = bare.str.replace_all(r"(\d)[\s\u00a0\u202f](\d{3})\b", "$1$2")
    return bare.str.replace(r"^\(([^-].*)\)$", "-$1").str.replace(r"^([^-].*)-$", "-$1").str.replace(r"^-\s+", "-")


def _plain_number(text: pl.Expr) -> pl.Expr:
    """Numbers as people write money become -1234.50; commas only between thousands."""
    signed = _signed(text)
    is_grouped = signed.str.contains(r"^-?\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d*)?$")
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
_BEGINNINGS = {  # of longer words: Denied - Appeal Pending, Finalized/Payment
    "status_code": (
        ("denied", "4"), ("finalizeddeni", "4"), ("finalized", "1"), ("paid", "1"), ("rejectedby", UNDECIDED), ("pending", UNDECIDED),
        ("submitted", UNDECIDED), ("awaiting", UNDECIDED),
    ),
}  # fmt: skip
_FRONT_END = ("accept", "acknowledg")  # where a column has these, rejected is a clearinghouse's word, and no denial
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
    text = plain(cell)
    found = _ours(name).get(text)
    return found or next((word for start, word in _BEGINNINGS.get(name, ()) if text.startswith(start)), None)


def normalised(name: str, text: pl.Series, row_no: pl.Series, reading: SheetReading, own: Mapping[str, str]) -> pl.Series:
    """Cells of a column with a closed list in our words; `own` are the client's words, in plain, and ours for them.

    What is none of them is a finding: it becomes `other`, or what is said to stand for it. Where neither can be, it stays as
    it is.
    """
    if name not in shipped_words():
        return text
    known = {cell: own.get(plain(cell)) or word_of(name, cell) for cell in text.unique().drop_nulls()}
    if name == "status_code" and any(plain(cell).startswith(_FRONT_END) for cell in known):
        known |= {cell: UNDECIDED for cell in known if plain(cell).startswith("rejected") and plain(cell) not in own}
    found = pl.Series([known[cell] if cell else None for cell in text], dtype=pl.String)
    if name in _CODES:
        found = pl.select(pl.coalesce(text.str.extract(_CODES[name], 1), found)).to_series()
    if name in _AS_IT_IS:
        return pl.select(pl.coalesce(found, text)).to_series()
    other, taken = _OTHERWISE.get(name, ("other", "taken as other"))
    for number in row_no.filter(found.is_null() & text.is_not_null()):
        reading.findings.append((number, name, "word_unknown", f"{name} is none of the words we know; {taken}"))
    return pl.select(pl.when(text.is_not_null()).then(found.fill_null(other) if other else found)).to_series()
