"""A header row to columns of ours: which heading may stand for which column. Headings are compared, never repeated."""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files

from rcm_pipeline.intake.sheets.kinds import COUNT_OR_LIST, KINDS, REPEATED, columns_of, numbered, required

Heading = tuple[str, ...]  # what a heading may be read as, in plain, the fullest first
Headers = Mapping[str, Mapping[str, str]]
Plausible = Callable[[str, int], bool]  # column and place → whether its cells look like it
_SHARED = {name for pair in COUNT_OR_LIST for name in pair}
_WORD = re.compile(r"[a-z0-9]+")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")  # of a heading, also of one written together: ClaimID, PaidAmt
_IN_FULL = {
    "acct": "account", "amt": "amount", "amnt": "amount", "pmt": "payment", "pymt": "payment", "ins": "insurance", "dt": "date",
    "num": "number", "no": "number", "nbr": "number", "svc": "service", "srvc": "service", "proc": "procedure", "adj": "adjustment",
    "pt": "patient", "pat": "patient", "chg": "charge", "chrg": "charge", "chrgs": "charges", "trans": "transaction", "cd": "code",
    "qty": "quantity", "mod": "modifier", "mods": "modifiers", "dx": "diagnosis", "diag": "diagnosis", "rsn": "reason",
    "desc": "description", "prov": "provider", "recd": "received", "rcvd": "received", "bal": "balance", "ded": "deductible",
    "clm": "claim", "enc": "encounter", "pd": "paid", "payor": "payer", "rmk": "remark", "grp": "group",
}  # fmt: skip
_DIGITS = re.compile(r"\d{1,2}")
_AFTER_CODE = {"amount": "adjustmentamount", "amt": "adjustmentamount"}
_AFTER_GROUP = {"code": "reasoncode", "reason": "reasoncode"}


@cache
def shipped_headers() -> dict[str, dict[str, list[str]]]:
    """Headings that are understood without any setting: kind → column → headings in plain, those to prefer first."""
    listed = tomllib.loads(files("schemas.reference").joinpath("headers.toml").read_text(encoding="utf-8"))
    shared = listed.pop("columns")
    return {kind: {name: _spelt((name, *(listed.get(kind, {}).get(name) or shared[name]))) for name in columns_of(kind)} for kind in KINDS}


def plain(text: str) -> str:
    """Without case, blanks and signs: what headings and words are compared by."""
    return "".join(_WORD.findall(text.lower()))


def _spelt(words: Sequence[str]) -> list[str]:
    """Headings in plain, each as it is listed and with its abbreviations in full."""
    return list(dict.fromkeys(spelling for word in words for spelling in (plain(word), _in_full(word))))


def _in_full(text: str) -> str:
    return "".join(_IN_FULL.get(part.lower(), part.lower()) for part in _PART.findall(text))


@cache
def heading(text: str) -> Heading:
    """What a heading may be read as: as it stands, and with its abbreviations in full.

    # is the word number where nothing else is meant: Sample # is its number, Sample its kind.
    """
    read = (plain(text.replace("#", " number ")), plain(text), _in_full(text.replace("#", " number ")))
    return tuple(dict.fromkeys(part for part in read if part))


def in_context(headings: Sequence[Heading]) -> list[Heading]:
    """Amount right of a reason code is that of the adjustment, code right of a group its reason; elsewhere they mean others."""
    remittances = shipped_headers()["remittances"]
    groups, codes = set(remittances["group_code"]), set(remittances["carc_code"])
    found: list[Heading] = []
    for at, own in enumerate(headings):
        left = {base for text in found[at - 1] for base, _ in readings(text)} if at else set()
        bases = [reading for text in own for reading in readings(text)]
        turned = [f"{_AFTER_GROUP[base]}{number or ''}" for base, number in bases if base in _AFTER_GROUP and left & groups]
        turned += [f"{_AFTER_CODE[base]}{number or ''}" for base, number in bases if base in _AFTER_CODE and left & (codes | groups)]
        found.append((*turned, *own))
    return found


def places_of(kind: str, headings: Sequence[Heading], headers: Headers, is_plausible: Plausible = lambda _, __: True) -> dict[str, int]:
    """Columns of a kind → their place in the header, for those that are there.

    A place belongs to the first column that claims it, those with a heading of the client's own before others; only codes
    counted and codes listed may claim the same. Further columns of what a row may hold several of are numbered. A place whose
    cells are something else is passed over, but for a column the kind cannot do without.
    """
    known, named = shipped_headers()[kind], headers.get(kind, {})
    places: dict[str, int] = {}
    for name in sorted(columns_of(kind), key=lambda column: column not in named):
        if name in named:
            claimed = likely = _own(named[name], headings)
        else:
            claimed = _claimed(known[name], headings, is_repeated=name in REPEATED)
            likely = [at for at in claimed if is_plausible(name, at)] or (claimed if (name,) in required(kind) else [])
        free = [at for at in likely if at not in places.values()]
        if name in REPEATED and name not in named:
            places |= _in_turn(name, sorted(free), known[name], headings)
        elif free or (likely and name in _SHARED):
            places[name] = (free or likely)[0]
    for name, own in named.items():
        if name not in places and (claimed := _own(own, headings)):
            places[name] = claimed[0]
    return places


def known_count(headings: Sequence[Heading]) -> int:
    """How many of these headings any kind of sheet knows: what a header row is found by."""
    words = _every_heading()
    return sum(any(base in words for text in own for base, _ in readings(text)) for own in headings)


@cache
def _every_heading() -> frozenset[str]:
    return frozenset(word for columns in shipped_headers().values() for words in columns.values() for word in words)


def _own(name: str, headings: Sequence[Heading]) -> list[int]:
    wanted = set(heading(name))
    return [at for at, own in enumerate(headings) if wanted & set(own)]


def _claimed(wanted: Sequence[str], headings: Sequence[Heading], *, is_repeated: bool) -> list[int]:
    """Places of the wanted headings that are there, in the order they are wanted; only of repeated columns also the second."""
    ranked = []
    for at, own in enumerate(headings):
        texts = [base for text in own for base, number in readings(text) if base in wanted and (is_repeated or number < 2)]
        if texts:
            ranked.append((min(wanted.index(text) for text in texts), at))
    return [at for _, at in sorted(ranked)]


def _in_turn(name: str, places: Sequence[int], wanted: Sequence[str], headings: Sequence[Heading]) -> dict[str, int]:
    """The columns in the order of their numbers, or as they stand where they have none; a second of one number follows the last."""
    found: dict[int, int] = {}
    for at in places:
        stated = next((number for text in headings[at] for base, number in readings(text) if base in wanted), 0)
        number = stated if stated and stated not in found else max(found, default=0) + 1
        found[number] = at
    return {numbered(name, turn): found[number] for turn, number in enumerate(sorted(found), start=1)}


@cache
def readings(text: str) -> tuple[tuple[str, int], ...]:
    """A heading as it is, and without the number that may say which of several it is: dx10 is the tenth, icd10 a name."""
    found = [(text, 0)]
    found += [(text[:-width], int(text[-width:])) for width in (1, 2) if text[-width:].isdigit() and len(text) > width]
    digits = _DIGITS.findall(text)
    if len(digits) == 1 and not text.endswith(digits[0]):
        found.append((_DIGITS.sub("", text), int(digits[0])))
    return tuple(found)
