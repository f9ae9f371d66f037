"""What kind of code a code is, told from its form, and the level of an E/M visit."""

import tomllib
from functools import cache
from importlib.resources import files

import polars as pl

EM, PROCEDURE, DIAGNOSIS, MODIFIER, DRG, POA, DISCHARGE = "em", "procedure", "diagnosis", "modifier", "drg", "poa", "discharge"
_FIRST_EM, _LAST_EM = "99202", "99499"
_PCS = r"^(?:[0-9][0-9A-HJ-NP-Z]{6}|[BCDFG][0-9A-HJ-NP-Z]{6}|[HX][A-HJ-NP-Z][0-9A-HJ-NP-Z]{5})$"
_DIAGNOSIS = r"^[A-Z][0-9][A-Z0-9](?:\.[A-Z0-9]{1,4}|[A-Z0-9]{0,4})$"
_LETTER_AND_DIGITS = r"^[A-Z][0-9]{4}$"
# letters and first digits with which HCPCS has no code, so that letter and four digits can only be a diagnosis
_NO_HCPCS = r"^(?:[FINOWXYZ]|H[3-9]|K[2-9]|M[2-9]|M1[5-9]|P[01]|R[1-9]|R0[1-9]|T[6-9]|U0[1-9]|V[016-9])"


@cache
def em_levels() -> pl.DataFrame:
    """E/M codes that are levels: `key`, `category` of visit, `level` from 1 within it."""
    text = files("rcm_pipeline.coding.comparison").joinpath("em_levels.toml").read_text(encoding="utf-8")
    levels: dict[str, list[str]] = tomllib.loads(text)["levels"]
    rows = [(code, category, level) for category, codes in levels.items() for level, code in enumerate(codes, start=1)]
    return pl.DataFrame(rows, schema={"key": pl.String, "category": pl.String, "level": pl.Int64}, orient="row")


def with_kinds(items: pl.DataFrame) -> pl.DataFrame:
    """Add `kind`, and `key`: the code without its dot, which it is compared by. Needs review_token, code, said_kind.

    What the sheet says goes first, but a procedure from 99202 to 99499 is an E/M code. A letter with four digits may be
    HCPCS or ICD-10-CM without its dot (E1165): it is a diagnosis where HCPCS has no such codes or the same chart has a
    clear diagnosis with the same first three characters, else a procedure. What has no known form is a procedure.
    """
    code = pl.col("code")
    open_form = code.str.contains(_LETTER_AND_DIGITS) & ~code.str.contains(_NO_HCPCS) & pl.col("said_kind").is_null()
    by_form = (
        pl.when(code.str.contains(r"^[A-Z0-9]{2}$"))
        .then(pl.lit(MODIFIER))
        .when(code.str.contains(_PCS) | open_form)
        .then(pl.lit(PROCEDURE))
        .when(code.str.contains(_DIAGNOSIS))
        .then(pl.lit(DIAGNOSIS))
        .otherwise(pl.lit(PROCEDURE))
    )
    stem = code.str.slice(0, 3)
    formed = items.with_columns(
        pl.coalesce("said_kind", by_form).alias("kind"),
        code.str.replace(".", "", literal=True).alias("key"),
        open_form.alias("_is_open"),
        stem.alias("_stem"),
    )
    clear = formed.filter(pl.col("kind") == DIAGNOSIS).select("review_token", "_stem").unique()
    twins = formed.join(
        clear.with_columns(pl.lit(True).alias("_has_twin")), on=["review_token", "_stem"], how="left", maintain_order="left"
    )
    is_em = (pl.col("kind") == PROCEDURE) & code.str.contains("^[0-9]{5}$") & code.is_between(pl.lit(_FIRST_EM), pl.lit(_LAST_EM))
    settled = (
        pl.when(is_em)
        .then(pl.lit(EM))
        .when(pl.col("_is_open") & pl.col("_has_twin").fill_null(False))
        .then(pl.lit(DIAGNOSIS))
        .otherwise("kind")
    )
    return twins.with_columns(settled.alias("kind")).drop("_is_open", "_stem", "_has_twin")
