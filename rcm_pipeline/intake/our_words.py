"""Words of a closed list as people write them, into ours."""

import tomllib
from functools import cache
from importlib.resources import files

import polars as pl

from rcm_pipeline.intake.headings import plain
from rcm_pipeline.intake.sheet_reading import SheetReading

_AS_IT_IS = ("stratum_code", "error_code", "rebuttal_code")  # a row with another word is set aside by its contract
_LEFT_OUT = {
    "kind_code": "taken as a first review",
    "code_kind": "told from the code",
    "direction_code": "taken as its category's",
    "responsible_party_code": "taken as the coder",
    "corrected_code": "left empty",
}


@cache
def shipped_words() -> dict[str, dict[str, list[str]]]:
    """Column of a closed list → our word → how people write it."""
    return tomllib.loads(files("rcm_pipeline.intake").joinpath("words.toml").read_text(encoding="utf-8"))


def our_words(name: str, text: pl.Series, row_no: pl.Series, reading: SheetReading) -> pl.Series:
    """Cells of a column with a closed list in our words.

    What is none of them is a finding: it becomes `other`, or null where that is said to mean something. Where neither can
    be, it stays as it is.
    """
    if name not in shipped_words():
        return text
    ours = {plain(phrase): word for word, phrases in shipped_words()[name].items() for phrase in [word, *phrases]}
    found = pl.Series([ours.get(plain(cell)) if cell else None for cell in text], dtype=pl.String)
    if name in _AS_IT_IS:
        return pl.select(pl.coalesce(found, text)).to_series()
    taken = _LEFT_OUT.get(name, "taken as other")
    for number in row_no.filter(found.is_null() & text.is_not_null()):
        reading.findings.append((number, name, "word_unknown", f"{name} is none of the words we know; {taken}"))
    return found if name in _LEFT_OUT else pl.select(pl.when(text.is_not_null()).then(found.fill_null("other"))).to_series()
