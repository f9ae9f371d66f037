"""The door: nothing from a client's file enters a table except as the allow-list says."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import polars as pl

from rcm_pipeline.privacy.tokens import Pseudonyms

_CODE = r"^[A-Za-z0-9][A-Za-z0-9./_-]{0,29}$"
_CLINICAL = r"^(?:[A-Z]?\d[A-Z0-9]{1,3}(?:\.?[A-Z0-9]{1,4})?(?:-[A-Z0-9]{2}){0,4}|[A-Z0-9]{2})$"
_LABEL = r"^[A-Za-z][A-Za-z &/-]{0,39}$"
_COMMON = 5
_NPI = r"^\d{10}$"
_NAME = r"^[^\x00-\x1f]{1,80}$"
_STAFF = r"^[A-Za-z]{0,3}[-_ ]?\d{1,6}$"


@cache
def allow_list() -> dict[str, dict[str, str]]:
    """The shipped allow-list: per source, the treatment of each element or column that may come in."""
    text = files("rcm_pipeline.privacy").joinpath("allowlist.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


class AllowListDoor:
    """Admits elements by the treatment listed for them; see the head of allowlist.toml for the treatments."""

    def __init__(self, treatments: Mapping[str, str], pseudonyms: Pseudonyms) -> None:
        self._treatments = treatments
        self._pseudonyms = pseudonyms

    def is_listed(self, reference: str) -> bool:
        """True when anything of this element or column may come in."""
        return reference in self._treatments

    def admit(self, reference: str, text: pl.Series) -> pl.Series:
        """The treated text; null where it is not listed or does not look like what is allowed there."""
        treatment, _, domain = self._treatments.get(reference, "drop").partition(":")
        stripped = text.str.strip_chars()
        match treatment:
            case "keep":
                return stripped
            case "code":
                return _only(stripped, _CODE)
            case "clinical":
                return _only(stripped.str.to_uppercase(), _CLINICAL)
            case "label":
                return _common(stripped)
            case "npi":
                return _only(stripped, _NPI)
            case "name":
                return _only(stripped, _NAME)
            case "token":
                return self._pseudonyms.token(domain, text.replace("", None))
            case "staff":
                return pl.select(pl.coalesce(_only(stripped, _STAFF), self._pseudonyms.token("staff", text))).to_series()
            case _:
                return pl.Series([None] * len(text), dtype=pl.String)


def _common(text: pl.Series) -> pl.Series:
    """Labels that stand in at least five rows of the sheet; a rare one may be free text about a person and becomes `other`."""
    frame = pl.DataFrame({"text": text})
    is_common = (pl.len().over("text") >= _COMMON) & pl.col("text").str.contains(_LABEL)
    kept = pl.when(pl.col("text").is_null()).then(None).when(is_common).then("text").otherwise(pl.lit("other"))
    return frame.select(kept).to_series()


def _only(text: pl.Series, pattern: str) -> pl.Series:
    return pl.select(pl.when(text.str.contains(pattern)).then(text)).to_series()
