"""What a list file's name says: its system and its days, in our form or as CMS names its files."""

import datetime as dt
import re
from dataclasses import dataclass

from rcm_pipeline.code_sets.systems import HCPCS, ICD10CM, SYSTEMS, usual_end

OURS = "SYSTEM_FIRST-DAY.txt, .csv or .tsv, such as cpt_2027-01-01.csv or hcpcs_2026-10-01_2026-12-31.txt"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TEXT = r"\.(?:txt|csv|tsv)"
_DAY = r"(\d{4}-\d{2}-\d{2})"
_OWN = re.compile(rf"({'|'.join(sorted(SYSTEMS, key=len, reverse=True))})_{_DAY}(?:_{_DAY})?{_TEXT}")
_ICD_YEAR = re.compile(rf"icd10cm[_-](?:order|codes)[_-](\d{{4}}){_TEXT}")
_ICD_MONTH = re.compile(rf"icd10cm[_-](?:order|codes)[_-]([a-z]{{3,9}})(?:[_-]\d{{1,2}})?[_-](\d{{4}}){_TEXT}")
_HCPCS = re.compile(rf"hcpc(\d{{4}})_([a-z]{{3}})[a-z]*_(?:contr_)?anweb.*{_TEXT}")
# what CMS packs beside a list: changes, layouts and notes, which are no list of codes
_COMPANION = re.compile(r"addenda|addendum|record.?layout|proc.?notes|noc.?codes|corrections|transaction|readme|\.(?:pdf|docx?)$|^\.")


@dataclass(frozen=True)
class Named:
    """What a name says; `is_codes_file` is true of CMS's shorter twin of the ICD-10-CM order file."""

    system: str
    valid_from: dt.date
    valid_to: dt.date
    is_codes_file: bool = False


def is_companion(name: str) -> bool:
    """True of a file that comes beside CMS's lists and is none, and of hidden files."""
    return bool(_COMPANION.search(name.lower()))


def named(name: str) -> Named | None:
    """The system and days of a list; None when the name does not say them. A release without a last day ends as is usual."""
    lower = name.lower()
    if found := _OWN.fullmatch(lower):
        first, last = _day(found[2]), _day(found[3] or "")
        if first is None or (found[3] and (last is None or last < first)):
            return None
        return Named(found[1], first, last or usual_end(found[1], first))
    if found := _ICD_YEAR.fullmatch(lower):
        return _release(ICD10CM, int(found[1]) - 1, 10, lower)
    if (found := _ICD_MONTH.fullmatch(lower)) and found[1][:3] in _MONTHS:
        return _release(ICD10CM, int(found[2]), _MONTHS.index(found[1][:3]) + 1, lower)
    if (found := _HCPCS.fullmatch(lower)) and found[2] in _MONTHS:
        return _release(HCPCS, int(found[1]), _MONTHS.index(found[2]) + 1, lower)
    return None


def _release(system: str, year: int, month: int, name: str) -> Named:
    first = dt.date(year, month, 1)
    return Named(system, first, usual_end(system, first), system == ICD10CM and "codes" in name)


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
