"""What the free labels of a client's log mean: phrases that name a channel of work, or an outcome."""

import tomllib
from functools import cache
from importlib.resources import files

import polars as pl


@cache
def label_words() -> dict[str, dict[str, list[str]]]:
    """List of meanings → our word → phrases that name it, in the order they are looked for."""
    return tomllib.loads(files("rcm_pipeline.privacy").joinpath("labels.toml").read_text(encoding="utf-8"))


def meaning(label: pl.Expr, words: str) -> pl.Expr:
    """Our word for a label; null where it has none of the phrases. Our own words mean themselves."""
    said = label.str.to_lowercase().str.replace_all("_", " ", literal=True)
    found: pl.Expr = pl.lit(None, pl.String)
    for word, phrases in reversed(label_words()[words].items()):
        found = pl.when(said.str.contains_any([word.replace("_", " "), *phrases])).then(pl.lit(word)).otherwise(found)
    return found
