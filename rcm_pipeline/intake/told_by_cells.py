"""What a heading leaves open and the cells decide: codes counted or listed, and a row per review or per code."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rcm_pipeline.intake.headings import COUNT_OR_LIST, Headers, missing, places_of

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
    told = {name: at for name, at in places.items() if not any(name in pair for pair in COUNT_OR_LIST)}
    for count, listed in COUNT_OR_LIST:
        for at in dict.fromkeys(places[name] for name in (count, listed) if name in places):
            filled = [cell for cell in _column(at, body) if cell]
            are_counts = 2 * sum(bool(_COUNT.fullmatch(cell)) for cell in filled) >= len(filled)
            told.setdefault(count if are_counts else listed, at)
    return told


def parts_of(kind: str, places: Mapping[str, int], header: list[str], body: Body, headers: Headers) -> list[Part]:
    """The sheet as one kind; or, where it has a row per code compared, as codes and as what else stands in its rows.

    A reviews sheet has one when a review stands in several rows, each with one code of each at most; a findings sheet when
    rows without an error have the same code twice: then codes that are right are listed too.
    """
    codes = places_of("qa_codes", header, headers)
    has_codes = not missing("qa_codes", codes)
    if kind == "qa_reviews" and has_codes and _is_row_per_code(codes, body):
        others = {
            name: at for name, at in places.items() if not any(name in pair for pair in COUNT_OR_LIST) and name != "correct_code_count"
        }
        first: dict[str, int] = {}
        for number, review in zip(body, _column(places["review_token"], body), strict=True):
            first.setdefault(review, number)
        return [Part(kind, others, {number: body[number] for number in first.values()}), Part("qa_codes", codes, body)]
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
