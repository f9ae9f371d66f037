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
