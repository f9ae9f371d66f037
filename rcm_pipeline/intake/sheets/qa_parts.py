"""A sheet of audits as reviews, findings and codes: whether codes are counted or listed, and whether a row is a review or a code."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rcm_pipeline.intake.sheets.grids import Body
from rcm_pipeline.intake.sheets.headings import Headers, Heading, places_of, plain
from rcm_pipeline.intake.sheets.kinds import COUNT_OR_LIST, missing

_COUNT = re.compile(r"[0-9]{1,3}(?:\.0+)?")
_BETWEEN = re.compile(r"[;,|\n]")


@dataclass(frozen=True)
class Part:
    """What a sheet is read as: a kind, column → place, and row number → cells."""

    kind: str
    places: Mapping[str, int]
    body: Body


_CODE = (
    r"(?:(?:cpt|hcpcs|procedure|px|icd10cm|icd10pcs|icd10|icd|diagnosis|dx|pdx|sdx|modifier|mod|drg|msdrg|poa|em|pcs|code)s?(?:codes?)?)"
)
_OF = r"(?:total|number|numberof|totalnumberof)?"
_BY_KIND = {  # headings of counts or lists by kind of code, which together are one column of ours
    "coder_code_count": re.compile(rf"{_OF}{_CODE}(?:reviewed|audited|assigned|coded|checked|total)(?:count)?|total{_CODE}"),
    "correct_code_count": re.compile(rf"{_OF}{_CODE}(?:correct|agreed|accurate|right)(?:count)?|(?:total)?correct{_CODE}"),
    "coder_codes": re.compile(rf"{_CODE}(?:preaudit|original|billed|before)|(?:preaudit|original|coder){_CODE}"),
    "auditor_codes": re.compile(rf"{_CODE}(?:postaudit|audited|corrected|after)|(?:postaudit|corrected|auditor){_CODE}"),
}
_ERRORS = re.compile(rf"{_OF}{_CODE}(?:errors?|wrong|incorrect)(?:count)?|(?:total)?errors?(?:count|found)?")


def whole_reviews(headings: list[Heading], body: Body) -> tuple[list[Heading], Body]:
    """A worksheet with counts or lists by kind of code, or without a number of the review, as one that has them.

    A review without a number is known by account, coder and day. Where only the codes reviewed and those that were right
    are counted, the auditor is taken to have found as many as the coder.
    """
    places = places_of("qa_reviews", headings, {})
    if "claim_token" not in places or "coder_id" not in places or "review_date" not in places:
        return headings, body
    added: dict[str, list[str]] = {}
    for name, pattern in _BY_KIND.items():
        parts = [at for at, texts in enumerate(headings) if any(pattern.fullmatch(text) for text in texts)]
        if len(parts) > 1 or (parts and name not in places):
            cells = zip(*(_column(at, body) for at in parts), strict=True)
            added[name] = [_together(own, is_count=name.endswith("count")) for own in cells]
    wrong = [at for at, texts in enumerate(headings) if any(_ERRORS.fullmatch(text) for text in texts)]
    if wrong and not {"correct_code_count"} & {*added, *places} and "coder_code_count" in {*added, *places}:
        reviewed = added.get("coder_code_count") or _column(places["coder_code_count"], body)
        errors = (_together(own, is_count=True) for own in zip(*(_column(at, body) for at in wrong), strict=True))
        added["correct_code_count"] = [
            str(int(float(all_of)) - int(no)) if all_of and no else "" for all_of, no in zip(reviewed, errors, strict=True)
        ]
    counts = {*added, *places}
    if {"coder_code_count", "correct_code_count"} <= counts and "auditor_code_count" not in counts:
        added["auditor_code_count"] = added.get("coder_code_count") or _column(places["coder_code_count"], body)
    if "review_token" not in places:
        known = zip(*(_column(places[name], body) for name in ("claim_token", "coder_id", "review_date")), strict=True)
        added["review_token"] = ["/".join(own) if all(own) else "" for own in known]
    gone = {places[name] for name in added if name in places}
    kept = [() if at in gone else texts for at, texts in enumerate(headings)]
    own = [(plain(name),) for name in added]
    rows = zip(body.items(), zip(*added.values(), strict=True) if added else ((),) * len(body), strict=True)
    width = len(headings)
    return [*kept, *own], {number: [*row[:width], *[""] * (width - len(row)), *more] for (number, row), more in rows}


def _together(cells: Iterable[str], *, is_count: bool) -> str:
    filled = [cell for cell in cells if cell]
    if is_count:
        return str(sum(int(float(cell)) for cell in filled)) if filled and all(_COUNT.fullmatch(cell) for cell in filled) else ""
    return "; ".join(filled)


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


def parts_of(kind: str, places: Mapping[str, int], headings: list[Heading], body: Body, headers: Headers) -> list[Part]:
    """The sheet as one kind; or, where it has a row per code compared, as codes and as what else stands in its rows.

    A reviews sheet has one when a review stands in several rows, each with one code of each at most; a findings sheet when
    rows without an error have the same code twice: then codes that are right are listed too.
    """
    if kind not in ("qa_reviews", "qa_findings"):
        return [Part(kind, places, body)]
    codes = places_of("qa_codes", headings, headers)
    has_codes = not missing("qa_codes", codes)
    if kind == "qa_reviews" and has_codes and "review_token" in places and _is_row_per_code(codes, body):
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
