"""Whether the cells below a heading look like what the heading seems to name: a description is no code, a day no amount."""

import re
from collections.abc import Callable, Sequence

from rcm_pipeline.intake.sheets.cells import cleaned, word_of
from rcm_pipeline.intake.sheets.headings import Plausible
from rcm_pipeline.intake.sheets.tables import Table

_LOOKED_AT = 200  # filled cells, which tell a column as well as all of them
_DAY = r"\d{1,4}\s*[-/. ]\s*(?:\d{1,2}|[A-Za-z]{3,9})\.?\s*[-/., ]\s*\d{2,4}"
_IS_DATE = re.compile(
    rf"{_DAY}|^\d{{8}}(?:\d{{4,6}})?$|^\d{{5}}(?:\.\d+)?$|[A-Za-z]{{3,9}}\.? ?\d{{1,2}}|^\d{{1,2}}[A-Za-z]{{3}}\d{{2,4}}$"
)
_IS_MONEY = re.compile(r"^[\s$€£₹(+-]*(?:usd|rs\.?)?[\s$-]*\d[\d,. ]*[)\s-]*(?:usd|cr|dr)?$|^[-–—$\s]+$", re.IGNORECASE)
_IS_DAY_ONLY = re.compile(rf"^{_DAY}")
_IS_PROCEDURE = re.compile(r"^\W*(?:(?:hcpcs|cpt|hc)[ :]*)?[A-Z]?\d{3,5}[A-Z]?\b", re.IGNORECASE)
_IS_WHOLE = re.compile(r"^-?\d{1,15}(?:\.0+)?$")
_IS_GROUP = re.compile(r"^(?:co|pr|oa|pi|cr|cw|wo|tr|contractual\b.*|patient resp.*|other adj.*|payer init.*)$", re.IGNORECASE)
_DISTINCT_PAYERS = 0.5  # of the rows of a sheet; an identifier that is another in every row is a member's, not a payer's
_FEW = 5


def plausible_columns(table: Table) -> Plausible:
    """Whether most cells of a place look like a column of ours; an empty one may be anything."""
    known: dict[tuple[str, int], bool] = {}

    def is_plausible(column: str, place: int) -> bool:
        if (column, place) not in known:
            known[column, place] = _looks_like(column, _filled(table, column, place))
        return known[column, place]

    return is_plausible


def _filled(table: Table, column: str, place: int) -> list[str]:
    found: list[str] = []
    for row in table.body.values():
        if place < len(row) and (cell := cleaned(column, [row[place]])[0]):
            found.append(cell)
            if len(found) == _LOOKED_AT:
                break
    return found


def _looks_like(column: str, cells: Sequence[str]) -> bool:
    if not cells:
        return True
    if column == "payer_id":
        return len(cells) < _FEW or len(set(cells)) <= _DISTINCT_PAYERS * len(cells)
    passes = _test_of(column)
    return passes is None or 2 * sum(map(passes, cells)) >= len(cells)


def _test_of(column: str) -> Callable[[str], bool] | None:
    if column.endswith("_amount"):
        return lambda cell: bool(_IS_MONEY.match(cell)) and not _IS_DAY_ONLY.match(cell)
    if column.endswith("_date"):
        return lambda cell: bool(_IS_DATE.search(cell))
    match column:
        case "procedure_code":
            return lambda cell: bool(_IS_PROCEDURE.match(cell))
        case "group_code":
            return lambda cell: bool(_IS_GROUP.match(cell))
        case "line_no" | "position_no" | "work_count":
            return lambda cell: bool(_IS_WHOLE.match(cell))
        case "denied_flag" | "approved_flag":
            return lambda cell: word_of(column, cell) is not None
        case "carc_code" | "reason_words":
            return lambda cell: not ("." in cell and _IS_MONEY.match(cell))
        case _:
            return None
