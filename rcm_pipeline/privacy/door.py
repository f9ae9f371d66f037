"""The door: nothing from a client's file enters a table except as the allow-list says."""

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files

import polars as pl

from rcm_pipeline.privacy.shapes import CLINICAL, CODE, KEEP, NAME, NO_PERSON, NPI, SAMPLE_NUMBER, SHORT, X12_CODES, Shape
from rcm_pipeline.privacy.tokens import Pseudonyms

_CLINICAL = r"^(?:[A-Z]?\d[A-Z0-9]{1,3}(?:\.?[A-Z0-9]{1,4})?(?:-[A-Z0-9]{2}){0,4}|[A-Z0-9]{2})$"
# ICD-10-CM; ICD-9-CM with its point, or of the length and letters that nothing else has
_DIAGNOSIS = r"^(?:[A-Z]\d[0-9A-Z](?:\.?[0-9A-Z]{1,4})?|\d{3}\.\d{1,2}|[EV]\d{2,3}(?:\.\d{1,2})?|\d{3,5})$"
_LABEL = r"^[A-Za-z][A-Za-z &/-]{0,39}$"
_COMMON = 5
_CLAIM = "claim_token"  # the column that says whose a row is
_BY_VALUE = ("label", "token", "staff")  # treatments that look at all values of a column, or make new ones
_STAFF = r"^(?:[A-Za-z]{0,3}[-_ ]?\d{1,6}|KEY)$"  # KEY is our word for the answer to a calibration chart, and nobody
_SHAPES = {"keep": KEEP, "flag": KEEP, "token": KEEP, "code": CODE, "short": SHORT, "npi": NPI, "name": NAME, **X12_CODES}


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

    def shape_of(self, reference: str) -> Shape | None:
        """What an X12 element must look like to come in; None when it is not listed at all."""
        return _SHAPES.get(self._treatments.get(reference, "drop").partition(":")[0])

    def tokeniser(self, reference: str) -> Callable[[list[bytes]], bytes] | None:
        """What makes tokens of an element's values, end to end; None when the element comes in as it is."""
        treatment, _, domain = self._treatments.get(reference, "drop").partition(":")
        return self._pseudonyms.tokeniser(domain) if treatment == "token" else None

    def admit(self, column: str, text: pl.Series, of: pl.Series | None = None) -> pl.Series:
        """The treated cells of a sheet's column; null where it is not listed or does not look like what is allowed there.

        `of` says whose each cell is, the claim of its row, where the sheet has claims.
        """
        treatment, _, domain = self._treatments.get(column, "drop").partition(":")
        match treatment:
            case "label":
                return _common(text.str.strip_chars(), domain, of)
            case "token":
                return self._pseudonyms.token(domain, text.replace("", None))
            case "staff":
                number = pl.select(_only(pl.lit(text).str.strip_chars(), _STAFF)).to_series()
                return pl.select(pl.coalesce(number, self._pseudonyms.token("staff", text))).to_series()
            case _:
                return pl.DataFrame({"cell": text}).select(self._shaped(column, pl.col("cell"))).to_series()

    def admit_all(self, cells: pl.DataFrame, listed_as: Callable[[str], str]) -> pl.DataFrame:
        """The treated cells of all columns, each treated as the column it is listed as."""
        by_value = [name for name in cells.columns if self._treatments.get(listed_as(name), "drop").partition(":")[0] in _BY_VALUE]
        claims = next((cells[name] for name in cells.columns if listed_as(name) == _CLAIM), None)
        shaped = cells.with_columns(self._shaped(listed_as(name), pl.col(name)) for name in cells.columns if name not in by_value)
        return shaped.with_columns(self.admit(listed_as(name), cells[name], claims).alias(name) for name in by_value)

    def _shaped(self, column: str, cell: pl.Expr) -> pl.Expr:
        """The cell where it looks like what is allowed; nothing of a column that is not listed."""
        treatment, _, domain = self._treatments.get(column, "drop").partition(":")
        stripped = cell.str.strip_chars()
        match treatment:
            case "keep":
                return stripped
            case "name":
                return _only(_only(stripped, NAME.pattern), NO_PERSON)
            case "code" | "short" | "npi":
                return _only(stripped, _SHAPES[treatment].pattern)
            case "clinical":
                return _only(stripped.str.to_uppercase(), CLINICAL[domain] if domain else _CLINICAL)
            case "diagnosis":
                return _only(stripped.str.to_uppercase(), _DIAGNOSIS)
            case "sample":
                return _only(stripped.str.to_lowercase(), SAMPLE_NUMBER)
            case _:
                return pl.when(pl.lit(value=False)).then(cell)


def _common(text: pl.Series, words: str, of: pl.Series | None) -> pl.Series:
    """Labels of at least five claims of the sheet, or rows where it has none. A rare one may be free text about a person.

    It becomes our word for what it means, where a list of words is named and it means any of them, else `other`.
    """
    frame = pl.DataFrame({"text": text}).with_columns(pl.int_range(pl.len()).cast(pl.String).alias("of") if of is None else of.alias("of"))
    ours = meaning(pl.col("text"), words) if words else pl.lit(None, pl.String)
    is_common = (pl.col("of").n_unique().over("text") >= _COMMON) & pl.col("text").str.contains(_LABEL)
    kept = pl.when(pl.col("text").is_null()).then(None).when(is_common).then("text").otherwise(ours.fill_null("other"))
    return frame.select(kept).to_series()


def _only(text: pl.Expr, pattern: str) -> pl.Expr:
    return pl.when(text.str.contains(pattern)).then(text)


@cache
def label_words() -> dict[str, dict[str, list[str]]]:
    """List of meanings → our word → phrases that name it, in the order they are looked for."""
    return tomllib.loads(files("rcm_pipeline.privacy").joinpath("labels.toml").read_text(encoding="utf-8"))


def meaning(label: pl.Expr, words: str) -> pl.Expr:
    """Our word for a label; null where it has none of the phrases. Our own words mean themselves."""
    spelt = label.str.to_lowercase().str.replace_all("_", " ", literal=True)
    found: pl.Expr = pl.lit(None, pl.String)
    for word, phrases in reversed(label_words()[words].items()):
        found = pl.when(spelt.str.contains_any([word.replace("_", " "), *phrases])).then(pl.lit(word)).otherwise(found)
    return found
