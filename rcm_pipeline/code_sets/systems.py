"""The code systems that are told apart: what their codes look like, when a release ends, and what a payer answers to a wrong one."""

import datetime as dt
import re
from dataclasses import dataclass

ICD10CM, HCPCS, CPT, CDT, MODIFIER, CPT_MODIFIER = "icd10cm", "hcpcs", "cpt", "cdt", "modifier", "cpt_modifier"


@dataclass(frozen=True)
class System:
    """One code system: the form of its codes, the months whose ends close a release, the expected CARC, its name in words."""

    form: str
    last_months: tuple[int, ...]
    carc_code: str
    label: str


# Modifiers that begin with a digit and P1 to P6 belong to CPT (AMA); all others are HCPCS Level II, in the same file as its codes.
# ICD-10-CM runs from 1 October to 30 September with an update on 1 April (CMS), HCPCS is issued by quarter (CMS), CPT and CDT
# by calendar year. CARC 146, 181 and 182: code not valid on the date of service (X12).
SYSTEMS = {
    ICD10CM: System(r"[A-Z](?:[0-9][0-9A-Z]|[A-Z][0-9])[0-9A-Z]{0,4}", (9,), "146", "ICD-10-CM"),
    HCPCS: System(r"[A-Z][0-9]{4}", (3, 6, 9, 12), "181", "HCPCS"),
    CPT: System(r"[0-9]{4}[0-9A-Z]", (12,), "181", "CPT"),
    CDT: System(r"D[0-9]{4}", (12,), "181", "CDT"),
    MODIFIER: System(r"[A-Z][0-9A-Z]", (3, 6, 9, 12), "182", "HCPCS modifiers"),
    CPT_MODIFIER: System(r"[0-9][0-9A-Z]|P[1-6]", (12,), "182", "CPT modifiers"),
}
# a list of codes may hold the modifiers of its own kind
WITH_MODIFIERS = {HCPCS: MODIFIER, CPT: CPT_MODIFIER}


def system_of(code: str, expected: str) -> str | None:
    """The system of a code in a list of the expected system, by its form; None when it has the form of neither."""
    for system in (expected, WITH_MODIFIERS.get(expected)):
        if system and re.fullmatch(SYSTEMS[system].form, code):
            return system
    return None


def usual_end(system: str, valid_from: dt.date) -> dt.date:
    """The last day of a release whose list does not say it: the next end of a period of its system."""
    months = SYSTEMS[system].last_months
    year, month = next(
        (year, month)
        for year in (valid_from.year, valid_from.year + 1)
        for month in months
        if (year, month) >= (valid_from.year, valid_from.month)
    )
    following = dt.date(year + month // 12, month % 12 + 1, 1)
    return following - dt.timedelta(days=1)
