"""The layouts a list of codes may have: CMS's order file and HCPCS file, a table with headings, or a code per line."""

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Iterator

from rcm_pipeline.code_sets.systems import HCPCS, ICD10CM

Row = tuple[int, str, str, str]  # line, code, first day, last day as written; empty where there is none
Layout = Callable[[list[str]], Iterator[Row]]

_HEADINGS = {  # of a table, without case and signs
    "code": "code", "codes": "code", "hcpc": "code", "hcpcs": "code", "hcpcscode": "code", "cptcode": "code", "cpt": "code",
    "cdtcode": "code", "procedurecode": "code", "icd10cmcode": "code", "icd10code": "code", "diagnosiscode": "code", "modifier": "code",
    "validfrom": "from", "effectivedate": "from", "adddt": "from", "addeddate": "from", "startdate": "from",
    "validto": "to", "terminationdate": "to", "termdt": "to", "enddate": "to", "expirationdate": "to",
    "recid": "record",
}  # fmt: skip
_HEADING_WITHIN = 20  # lines; CMS puts a disclaimer above
_ORDER = re.compile(r"\d{5} [A-Z][0-9A-Z]{2,6} *[01](?: |$)")
_CONTINUED = ("4", "8")  # more of the description of the record above


def layout_of(lines: list[str], system: str) -> Layout:
    """The layout of a file's lines, from what they look like."""
    first = next((line for line in lines if line.strip()), "")
    if system == ICD10CM and _ORDER.match(first):
        return _order
    if system == HCPCS and len(first) >= 292 and first[10] in "3478":
        return _hcpcs
    return _table if _heading(lines) else _plain


def _order(lines: list[str]) -> Iterator[Row]:
    """CMS icd10cm_order_YYYY.txt: columns 1-5 ordinal, 7-13 code, 15 1 for billable or 0 for a heading (icd10OrderFiles.pdf)."""
    for number, line in _filled(lines):
        if line[14:15] not in ("0", "1"):
            yield number, "", "", ""
        elif line[14] == "1":
            yield number, line[6:13].strip(), "", ""


def _hcpcs(lines: list[str]) -> Iterator[Row]:
    """CMS HCPCyyyy_MMM_ANWEB.txt: 1-5 code (4-5 modifier), 11 kind of record, 269-276 day added, 285-292 last day (record layout).

    277-284 is the day of the newest change of the record, not the first day of the code.
    """
    for number, line in _filled(lines):
        if line[10:11] not in _CONTINUED:
            yield number, line[:5].strip(), line[268:276].strip(), line[284:292].strip()


def _table(lines: list[str]) -> Iterator[Row]:
    at, separator = _heading(lines) or (0, ",")
    rows = csv.reader(io.StringIO("\n".join(lines[at:])), delimiter=separator)
    columns = [_HEADINGS.get(_plain_heading(cell), "") for cell in next(rows)]
    places = {name: columns.index(name) for name in set(columns) if name}
    for cells in rows:
        value = {name: cells[place].strip() for name, place in places.items() if place < len(cells)}
        if any(cell.strip() for cell in cells) and value.get("record", "") not in _CONTINUED:
            yield at + rows.line_num, value.get("code", ""), value.get("from", ""), value.get("to", "")


def _plain(lines: list[str]) -> Iterator[Row]:
    """A code per line, and any text after a blank, as in CMS icd10cm_codes_YYYY.txt."""
    for number, line in _filled(lines):
        yield number, line.split(maxsplit=1)[0], "", ""


def _filled(lines: list[str]) -> Iterator[tuple[int, str]]:
    return ((number, line) for number, line in enumerate(lines, 1) if line.strip())


def _heading(lines: list[str]) -> tuple[int, str] | None:
    """Place (from 0) and separator of the line that names a column of codes."""
    for at, line in enumerate(lines[:_HEADING_WITHIN]):
        for separator in ("\t", ",", ";", "|"):
            cells = [_HEADINGS.get(_plain_heading(cell)) for cell in line.split(separator)]
            if "code" in cells and (len(cells) > 1 or separator == ","):
                return at, separator
    return None


def _plain_heading(cell: str) -> str:
    return re.sub(r"[^a-z0-9]", "", cell.lower())


def day(text: str) -> dt.date | None:
    """A day written 2026-10-01, 20261001 or 10/01/2026; None when it is none."""
    for form in ("%Y-%m-%d", "%Y%m%d", "%m/%d/%Y"):
        try:
            return dt.datetime.strptime(text, form).replace(tzinfo=dt.UTC).date()
        except ValueError:
            continue
    return None
