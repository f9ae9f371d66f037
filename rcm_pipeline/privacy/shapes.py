"""What admitted text must look like, said once: as a pattern for cells of a sheet, as alphabet and length for X12 bytes."""

from dataclasses import dataclass
from enum import Enum


class Alphabet(Enum):
    """The characters a treatment lets through, as a regular expression of one character."""

    ANY = r"[^\x00-\x1f]"
    CODE = r"[A-Za-z0-9./_-]"
    DIGITS = r"\d"


@dataclass(frozen=True)
class Shape:
    """An alphabet, a length in characters, and whether the first one must be a letter or digit."""

    alphabet: Alphabet = Alphabet.ANY
    shortest: int = 1
    longest: int | None = None
    starts_alnum: bool = False

    @property
    def pattern(self) -> str:
        """The same as a regular expression of the whole text (ASCII digits only)."""
        first = "[A-Za-z0-9]" if self.starts_alnum else ""
        least, most = self.shortest - bool(first), "" if self.longest is None else self.longest - bool(first)
        ascii_only = "" if self.alphabet is Alphabet.ANY else "(?-u)"
        return f"{ascii_only}^{first}{self.alphabet.value}{{{least},{most}}}$"


KEEP = Shape()
CODE = Shape(Alphabet.CODE, 1, 30, starts_alnum=True)
SHORT = Shape(Alphabet.CODE, 1, 5, starts_alnum=True)
NPI = Shape(Alphabet.DIGITS, 10, 10)
NAME = Shape(Alphabet.ANY, 1, 80)


# One code of a QA sheet, in upper case. CPT and HCPCS are five characters, ICD-10-CM three to seven with or without its dot,
# ICD-10-PCS seven without I and O; a DRG or a discharge status may say what it is.
_PCS = "[0-9A-HJ-NP-Z]"
_CODE = (
    r"(?:[0-9]{5}|[0-9]{4}[A-Z]|[A-Z][0-9]{4}|[A-Z][0-9][A-Z0-9](?:\.?[A-Z0-9]{1,4})?"
    rf"|[0-9]{_PCS}{{6}}|[BCDFGHX][A-HJ-NP-Z][0-9]{_PCS}{{4}}|[0-9]{{3}})\b"
)
_SAID = r"(?:(?:MS-?|APR-?)?DRG[ :#-]*[0-9]{3}|DISCH(?:ARGE)?(?: STATUS)?[ :#-]*[0-9]{2})\b"
_MODIFIERS = r"(?: *[-/] *[A-Z0-9]{2}\b| +(?:[A-WYZ0-9][A-Z0-9]|X[A-Z])\b)*"  # X2 after a blank is units
_NUMBER = r"[0-9]{1,4}(?:\.[0-9]{1,3})?"
_UNITS = rf"(?: *[*×] *{_NUMBER}\b| +X *{_NUMBER}\b| *\( *{_NUMBER} *\)| +{_NUMBER} *UNITS?\b)?"
BETWEEN_ITEMS = r"[;,|\r\n]"
NO_CODES = "NONE"
CLINICAL_ITEM = rf"(?:{_SAID}|{_CODE}{_MODIFIERS}{_UNITS})"
_NEXT = rf"(?:(?: *{BETWEEN_ITEMS} *)+(?:{CLINICAL_ITEM}|[A-Z0-9]{{2}}\b)| +{CLINICAL_ITEM})"
CLINICAL = {
    "item": rf"^(?:{CLINICAL_ITEM}|[A-Z0-9]{{1,2}})$",  # a modifier or discharge status; one character is a POA indicator
    "list": rf"^(?:{NO_CODES}|{CLINICAL_ITEM}{_NEXT}*(?: *{BETWEEN_ITEMS} *)*)$",
    "modifiers": r"^[A-Z0-9]{2}(?:[ ;,|/-]+[A-Z0-9]{2})*$",
}
SAMPLE_NUMBER = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9a-f]{6,16}$"
