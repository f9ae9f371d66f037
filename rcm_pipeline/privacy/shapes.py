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
    """An alphabet, a length in characters, whether the first one must be a letter or digit, and patterns it must all have besides."""

    alphabet: Alphabet = Alphabet.ANY
    shortest: int = 1
    longest: int | None = None
    starts_alnum: bool = False
    forms: tuple[str, ...] = ()

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

# Codes are codes: a name or a number of a person that stands where a code belongs does not have the code's form.
_LETTER_DIGITS = r"^[A-Za-z]{0,2}[0-9]{1,4}$"  # CARC 45, B7, P12; RARC M15, MA130, N290
_SERVICE = r"^(?:[A-Za-z0-9]{1,5}|[0-9]{6,13}|[0-9]{4,5}-[0-9]{3,4}-[0-9]{1,2})$"  # CPT, HCPCS, CDT, HIPPS, a revenue code, an NDC
_CLINICAL_CODE = r"^(?:[A-Za-z0-9]{1,2}|[A-Za-z]?[0-9][A-Za-z0-9.]{1,6}|[BCDFGHXbcdfghx][A-Za-z0-9]{6})$"  # ICD, PCS, NUBC codes
X12_CODES = {
    "group": Shape(Alphabet.CODE, 1, 2, starts_alnum=True, forms=(r"^[A-Za-z]{2}$",)),
    "reason": Shape(Alphabet.CODE, 1, 6, starts_alnum=True, forms=(_LETTER_DIGITS,)),
    "two": Shape(Alphabet.CODE, 1, 2, starts_alnum=True),
    "three": Shape(Alphabet.CODE, 1, 3, starts_alnum=True),
    "number": Shape(Alphabet.DIGITS, 1, 9),
    "control": Shape(Alphabet.CODE, 1, 9, starts_alnum=True, forms=(r"[0-9]",)),
    "pointer": Shape(Alphabet.DIGITS, 1, 2),
    "payer": Shape(Alphabet.CODE, 1, 30, starts_alnum=True, forms=(r"[A-Za-z]|^[^-]*-?[^-]*$",)),
    "revenue": Shape(Alphabet.DIGITS, 3, 4),
    "service": Shape(Alphabet.CODE, 1, 13, starts_alnum=True, forms=(_SERVICE, r"[0-9]")),
    "medical": Shape(Alphabet.CODE, 1, 8, starts_alnum=True, forms=(_CLINICAL_CODE, r"[0-9]|^..?$")),
}
NO_PERSON = (  # Smith, John is a person; Aetna, Inc. is none, nor is a name of several commas or many words
    r"(?i)^[^,]*$|,[^,]*,|,\s*\S+\s+\S+\s+\S+|\d"
    r"|,\s*(?:inc|llc|l\.l\.c|corp|co|company|ltd|lp|llp|pc|pa|plc|dba|the|of|and|state|city|county|department|dept|division|usa|us)\b"
)
NAME = Shape(Alphabet.ANY, 1, 80, forms=(r"[A-Za-z]{2}", NO_PERSON))


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
