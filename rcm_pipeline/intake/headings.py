"""A header row to a kind of sheet: which column is which, and which are missing. Headings are compared, never repeated."""

import re
import tomllib
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from rcm_pipeline.intake.sheet_reading import Mapped
from schemas.contract import Contract
from schemas.registry import CONTRACTS
from schemas.sheets import SheetClaims, SheetRemittances

_TABLES = ("qa_reviews", "qa_findings", "qa_codes", "qa_actions", "coded_encounters", "touches", "escalations", "decisions")
KINDS: dict[str, type[Contract]] = {kind: CONTRACTS[f"raw_{kind}"] for kind in _TABLES} | {
    "claims": SheetClaims,
    "remittances": SheetRemittances,
}
KEYS = ("file_id", "row_no")
_LIKENESS = 3
_ALSO = {"qa_codes": ("coder_code", "auditor_code")}  # a cell of these may be empty, a sheet without them says nothing
_ONE_OF = {"qa_actions": ("acknowledged_date", "action_date")}
COUNT_OR_LIST = (("coder_code_count", "coder_codes"), ("auditor_code_count", "auditor_codes"))  # may claim the same place
_SHARED = {name for pair in COUNT_OR_LIST for name in pair}
Headers = Mapping[str, Mapping[str, str]]


@cache
def shipped_headers() -> dict[str, dict[str, list[str]]]:
    """Headings that are understood without any setting."""
    return tomllib.loads(files("schemas.reference").joinpath("headers.toml").read_text(encoding="utf-8"))


def match_header(header: list[str], headers: Headers) -> Mapped:
    """The kind of sheet with the most columns recognised, and where each column stands.

    One whose columns are all there goes before one that lacks some. `headers`: kind → our column → the client's heading.
    """
    best: tuple[tuple[int, int], str | None, dict[str, int]] = ((0, 0), None, {})
    for kind in KINDS:
        places = places_of(kind, header, headers)
        is_whole, known = int(not missing(kind, places)), len(set(places.values()))
        if (is_whole, known) > best[0] and (is_whole or known >= _LIKENESS):
            best = ((is_whole, known), kind, places)
    _, kind_found, places = best
    lacking = missing(kind_found, places) if kind_found else []
    unused = [at for at, text in enumerate(header) if plain(text) and at not in places.values()]
    return Mapped(kind_found, places, lacking, unused)


def places_of(kind: str, header: list[str], headers: Headers) -> dict[str, int]:
    """Columns of a kind → their place in the header, for those that are there.

    A place belongs to the first column that claims it, those with a heading of the client's own before others; only codes
    counted and codes listed may claim the same.
    """
    known = {plain(word) for words in shipped_headers()[kind].values() for word in words}
    plains = [plain(cell) for cell in header]
    shown = [_numbered(cell, known) for cell in header]
    places: dict[str, int] = {}
    named = headers.get(kind, {})
    for name, synonyms in sorted(shipped_headers()[kind].items(), key=lambda column: column[0] not in named):
        own = named.get(name)
        claimed = _claimed([plain(own)], plains) if own else _claimed([name.replace("_", " "), *synonyms], shown)
        free = [at for at in claimed if at not in places.values()]
        if free or (claimed and name in _SHARED):
            places[name] = (free or claimed)[0]
    return places


def missing(kind: str, places: Mapping[str, int]) -> list[str]:
    """Columns a sheet of this kind must have and has not; of several that do for each other, the first."""
    lacking = [name for name in required(kind) if name not in places]
    one_of = _ONE_OF.get(kind, ())
    return lacking if not one_of or any(name in places for name in one_of) else [*lacking, one_of[0]]


def required(kind: str) -> list[str]:
    """Columns a sheet of this kind must have."""
    columns = KINDS[kind].to_schema().columns
    filled = [name for name, col in columns.items() if not col.nullable and name not in (*KEYS, "stratum_code")]
    return [*filled, *_ALSO.get(kind, ())]


def plain(heading: str) -> str:
    """Without case, signs and doubled blanks: what headings and words are compared by."""
    return re.sub(r"[^a-z0-9]+", " ", heading.lower()).strip()


def _claimed(wanted: Sequence[str], headings: Sequence[str]) -> list[int]:
    """Places of the wanted headings that are there, in the order they are wanted."""
    return [headings.index(word) for word in wanted if word in headings]


def _numbered(heading: str, known: Container[str]) -> str:
    """The heading in plain, with # as the word number where that is a known one: Sample # is its number, Sample its kind."""
    number = plain(heading.replace("#", " number "))
    return number if number in known else plain(heading)


Body = dict[int, list[str]]
_COUNT = re.compile(r"[0-9]{1,3}(?:\.0+)?")
_BETWEEN = re.compile(r"[;,|\n]")


@dataclass(frozen=True)
class Part:
    """What a sheet is read as: a kind, column → place, and row number → cells."""

    kind: str
    places: Mapping[str, int]
    body: Body


def counted_or_listed(places: Mapping[str, int], body: Body) -> dict[str, int]:
    """Places of a reviews sheet where `Original Codes` and the like are counts if most cells are whole numbers below 1,000."""
    decided = _neither_counted_nor_listed(places)
    for count, listed in COUNT_OR_LIST:
        for at in dict.fromkeys(places[name] for name in (count, listed) if name in places):
            decided.setdefault(count if _are_counts(_column(at, body)) else listed, at)
    return decided


def _neither_counted_nor_listed(places: Mapping[str, int]) -> dict[str, int]:
    return {name: at for name, at in places.items() if not any(name in pair for pair in COUNT_OR_LIST)}


def _are_counts(cells: Iterable[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return 2 * sum(bool(_COUNT.fullmatch(cell)) for cell in filled) >= len(filled)


def _first_rows(at: int, body: Body) -> Body:
    """Of several rows of one review the first."""
    first: dict[str, int] = {}
    for number, review in zip(body, _column(at, body), strict=True):
        first.setdefault(review, number)
    return {number: body[number] for number in first.values()}


def parts_of(kind: str, places: Mapping[str, int], header: list[str], body: Body, headers: Headers) -> list[Part]:
    """The sheet as one kind; or, where it has a row per code compared, as codes and as what else stands in its rows.

    A reviews sheet has one when a review stands in several rows, each with one code of each at most; a findings sheet when
    rows without an error have the same code twice: then codes that are right are listed too.
    """
    codes = places_of("qa_codes", header, headers)
    has_codes = not missing("qa_codes", codes)
    if kind == "qa_reviews" and has_codes and _is_row_per_code(codes, body):
        others = {name: at for name, at in _neither_counted_nor_listed(places).items() if name != "correct_code_count"}
        return [Part(kind, others, _first_rows(places["review_token"], body)), Part("qa_codes", codes, body)]
    if kind == "qa_findings" and has_codes and _lists_right_codes(places["error_code"], codes, body):
        errors = {n: row for (n, row), error in zip(body.items(), _column(places["error_code"], body), strict=True) if error}
        return [Part(kind, places, errors), Part("qa_codes", codes, body)]
    return [Part(kind, places, body)]


def _is_row_per_code(codes: Mapping[str, int], body: Body) -> bool:
    reviews = _column(codes["review_token"], body)
    cells = [*_column(codes["coder_code"], body), *_column(codes["auditor_code"], body)]
    return len(set(reviews)) < len(reviews) and any(cells) and not any(_BETWEEN.search(cell) or _COUNT.fullmatch(cell) for cell in cells)


def _lists_right_codes(error: int, codes: Mapping[str, int], body: Body) -> bool:
    cells = (_column(at, body) for at in (error, codes["coder_code"], codes["auditor_code"]))
    return any(not found and coder and coder.upper() == auditor.upper() for found, coder, auditor in zip(*cells, strict=True))


def _column(at: int, body: Body) -> list[str]:
    return [row[at].strip() if at < len(row) else "" for row in body.values()]
