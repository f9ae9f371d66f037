"""Codes as people put them into one cell: a code with its modifiers, several reasons, several diagnoses, a reason in words."""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TypeVar

import polars as pl

from rcm_pipeline.intake.sheets.headings import plain

_GROUP = "CO|PR|OA|PI|CR"
_REASON = re.compile(rf"({_GROUP})?[ _:-]*0*([ABDPWY]?\d{{1,3}})", re.IGNORECASE)
_EXPLAINED = re.compile(rf"((?:(?:{_GROUP})[ _-]?)?[ABDPWY]?\d{{1,3}})\s*[:–(-]\s*[A-Za-z].*", re.IGNORECASE | re.DOTALL)
_REMARK = re.compile(r"(?:MA?|N)\d{1,3}", re.IGNORECASE)
_BETWEEN = re.compile(r"[;,|/&\n]+|\s+(?=(?:CO|PR|OA|PI|CR|MA?\d|N\d))|(?<=\d)\s+(?=[A-Z]?\d)", re.IGNORECASE)
_PROCEDURE = re.compile(r"(?:(?:HCPCS|CPT|HC)[ :]*)?([A-Z]\d{4}|\d{4}[A-Z]|\d{5})((?:[\s:,;/-]+[A-Z0-9]{2})*)", re.IGNORECASE)
_DESCRIBED = re.compile(r"([A-Z]\d{4}|\d{4}[A-Z]|\d{5})\s*[-–:]\s*[A-Za-z]{3}.*", re.IGNORECASE | re.DOTALL)
_PARTS = re.compile(r"[\s,;:|/-]+")
_LIST = re.compile(r"[\s,;|/]+")
_Read = TypeVar("_Read")
_MOST = 30  # reasons in one cell; a line of an 835 has at most thirty adjustments


@dataclass(frozen=True)
class Reasons:
    """What a cell says of why: reason codes with their groups, remark codes; `is_known` unless it says what nobody knows."""

    codes: tuple[tuple[str | None, str], ...] = ()
    remarks: tuple[str, ...] = ()
    is_known: bool = True
    is_in_words: bool = False


def reasons_of(cell: str, own: Mapping[str, str]) -> Reasons:
    """CO-45, CO 197, CO45, PR1,PR2, 197: Precertification absent, N115; else words or a code of the sender's, by their rules.

    `own`: the client's words, in plain, to the reason code each means, CO-197 or 197.
    """
    text = cell.strip()
    if text and plain(text) in own:
        return reasons_of(own[plain(text)], {})
    if explained := _EXPLAINED.fullmatch(text):
        return reasons_of(explained[1], {})
    if text.count(",") + text.count(";") > _MOST:
        return Reasons(is_known=False)
    codes: list[tuple[str | None, str]] = []
    remarks: list[str] = []
    for part in (part.strip() for part in _BETWEEN.split(text) if part.strip()):
        if _REMARK.fullmatch(part):
            remarks.append(part.upper())
        elif reason := _REASON.fullmatch(part):
            group = reason[1].upper() if reason[1] else codes[-1][0] if codes else None
            codes.append((group, reason[2].upper()))
        else:
            return _in_words(text)
    return Reasons(tuple(codes), tuple(remarks))


def _in_words(text: str) -> Reasons:
    spaced = f" {' '.join(re.findall('[a-z0-9]+', text.lower()))} "
    for rule in _rules():
        if plain(text) in rule.codes or any(f" {phrase}" in spaced for phrase in rule.phrases):
            return Reasons(((rule.group_code, rule.carc_code),), is_in_words=True)
    return Reasons(is_known=False, is_in_words=True)


@dataclass(frozen=True)
class _Rule:
    carc_code: str
    phrases: tuple[str, ...]
    codes: tuple[str, ...] = ()
    group_code: str | None = None


@cache
def _rules() -> list[_Rule]:
    listed = tomllib.loads(files("rcm_pipeline.intake.sheets").joinpath("reasons.toml").read_text(encoding="utf-8"))
    return [_Rule(r["carc_code"], tuple(r["phrases"]), tuple(r.get("codes", ())), r.get("group_code")) for r in listed["rule"]]


def procedure_of(cell: str) -> tuple[str, tuple[str, ...]]:
    """99213-25, 99214 25 59, HC:99213:25, 99213 - Office visit: the code, and the modifiers that stand with it."""
    if found := _PROCEDURE.fullmatch(cell.strip()):
        return found[1].upper(), tuple(part.upper() for part in _PARTS.split(found[2]) if part)
    described = _DESCRIBED.fullmatch(cell.strip())
    return (described[1].upper() if described else cell.strip().upper(), ())


def items_of(cell: str) -> tuple[str, ...]:
    """Several codes of one cell: E11.9 I10, 25; 59."""
    return tuple(part.upper() for part in _LIST.split(cell.strip()) if part)


def mapped(text: pl.Series, read: Callable[[str], _Read]) -> list[_Read | None]:
    """What each cell reads as; every distinct cell is read once."""
    known = {cell: read(cell) for cell in text.unique().drop_nulls()}
    return [None if cell is None else known[cell] for cell in text]


def spread(name: Callable[[int], str], items: Sequence[Sequence[str | None]], start: int = 1) -> list[pl.Series]:
    """Lists of codes as numbered columns, as many as the longest list needs."""
    most = max((len(own) for own in items), default=0)
    return [pl.Series(name(start + at), [own[at] if at < len(own) else None for own in items], dtype=pl.String) for at in range(most)]
