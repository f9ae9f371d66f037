"""A small coding shop: what is known of it as tables, so that a test changes only what it is about."""

import datetime as dt
from collections.abc import Sequence

import polars as pl

from rcm_pipeline.coding.sampling.risk_reasons import History
from schemas.contract import empty, widened
from schemas.registry import CONTRACTS

WEEK = dt.date(2026, 11, 16)
LAST = WEEK + dt.timedelta(days=6)
LONG_AGO = WEEK - dt.timedelta(weeks=40)


def weeks_ago(weeks: int) -> dt.date:
    return WEEK - dt.timedelta(weeks=weeks)


def encounters(*rows: tuple[str, str, dt.date]) -> pl.DataFrame:
    """claim_token, coder_id, coded_date."""
    frame = pl.DataFrame([*rows], schema=["claim_token", "coder_id", "coded_date"], orient="row").with_row_index("row_no", offset=2)
    return widened(
        frame.with_columns(pl.lit("log").alias("file_id"), pl.lit("Surgery").alias("specialty")), CONTRACTS["raw_coded_encounters"]
    )


def reviews(*rows: tuple[str, str, str, dt.date]) -> pl.DataFrame:
    """claim_token, coder_id, kind_code, review_date."""
    named = pl.DataFrame([*rows], schema=["claim_token", "coder_id", "kind_code", "review_date"], orient="row") if rows else None
    return empty(CONTRACTS["core_qa_reviews"]) if named is None else widened(named, CONTRACTS["core_qa_reviews"])


def decided(*rows: tuple[str, str, str, bool, int]) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """lineages, lines and denials of claims: token, coder, procedure code, denied for coding, weeks ago it was decided."""
    schema = ["claim_token", "coder_id", "procedure_code", "is_denied", "ago"]
    types = [pl.String, pl.String, pl.String, pl.Boolean, pl.Int64]
    claims = pl.DataFrame([*rows], schema=dict(zip(schema, types, strict=True)), orient="row").with_row_index("answer_line_id", offset=1)
    lines = claims.with_columns(
        pl.col("answer_line_id").cast(pl.String),
        pl.format("L-{}", "claim_token").alias("lineage_id"),
        pl.Series("week", [weeks_ago(r[4]) for r in rows], dtype=pl.Date),
        pl.lit(True).alias("is_first"),
        pl.when("is_denied").then(pl.lit("denied_full")).otherwise(pl.lit("paid")).alias("disposition"),
    )
    denials = lines.filter("is_denied").with_columns(pl.lit(True).alias("is_initial"), pl.lit("coding").alias("root_cause"))
    return lines, lines, denials


def history(
    log: pl.DataFrame,
    seen: pl.DataFrame | None = None,
    claims: Sequence[tuple[str, str, str, bool, int]] = (),
    codes: Sequence[tuple[str, str, dt.date]] = (),
    changed: Sequence[str] = (),
) -> History:
    lineages, lines, denials = decided(*claims)
    used = pl.DataFrame([*codes], schema={"claim_token": pl.String, "procedure_code": pl.String, "used_date": pl.Date}, orient="row")
    marked = pl.DataFrame({"claim_token": [*changed]}, schema={"claim_token": pl.String})
    return History(log, reviews() if seen is None else seen, lineages, lines, denials, used, marked)


def charts(reasons: dict[str, Sequence[str]]) -> pl.DataFrame:
    """A frame: coder → per chart its reasons, separated by blanks."""
    rows = [
        (f"{coder}-{n:02d}", coder, "Surgery", WEEK, WEEK, why.split()) for coder, listed in reasons.items() for n, why in enumerate(listed)
    ]
    schema = {"claim_token": pl.String, "coder_id": pl.String, "specialty": pl.String, "coded_date": pl.Date, "service_date": pl.Date}
    return pl.DataFrame(rows, schema=schema | {"reasons": pl.List(pl.String)}, orient="row")
