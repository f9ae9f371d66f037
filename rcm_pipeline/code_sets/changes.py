"""What releases change for a client: the codes of its last 52 weeks that begin, end or become headings."""

import datetime as dt
from itertools import pairwise

import polars as pl

from rcm_pipeline.code_sets.systems import ICD10CM
from rcm_pipeline.code_sets.verdicts import standing
from rcm_pipeline.weeks import Week

_MIX = dt.timedelta(weeks=52)
_DAY = dt.timedelta(days=1)


def code_set_changes(values: pl.DataFrame, code_sets: pl.DataFrame, entries: pl.DataFrame, week: Week) -> pl.DataFrame:
    """Rows of mart_code_set_changes: every release that begins after the anchor week, else the newest, against the one before it.

    A code with days of its own inside a release changes when these begin or end after the anchor week.
    """
    last = week.sunday
    codes = entries.select("system_code", "code").unique()  # all that are used and listed anywhere
    parts = [_between(codes, before, after, entries) for before, after in _pairs(code_sets, last)]
    parts += [_within(codes, code_sets, entries, last)]
    changes = pl.concat([part for part in parts if part.height] or [parts[-1]], how="diagonal")
    once = changes.unique(["system_code", "code", "change_date"], keep="first", maintain_order=True)
    counted = once.join(_mix(values, once, last), on=["system_code", "code"]).with_columns(
        (pl.col("change_date") > last).alias("is_coming")
    )
    return counted.sort("system_code", "change_date", pl.col("charge_amount") * -1, "code")


def _mix(values: pl.DataFrame, codes: pl.DataFrame, last: dt.date) -> pl.DataFrame:
    """What the newest versions sent in the last 52 weeks carried of these codes; a line or claim counts once for a code."""
    is_recent = pl.col("sent_date").is_between(last - _MIX + _DAY, last).fill_null(False)
    mine = values.join(codes, on=["system_code", "code"], how="semi")
    recent = mine.filter(pl.col("is_newest") & is_recent).unique(["system_code", "code", "version_id", "line_no"], maintain_order=True)
    lines = pl.when(pl.col("system_code") == ICD10CM).then("line_count").otherwise(pl.lit(1))
    return recent.group_by("system_code", "code").agg(
        pl.col("version_id").n_unique().alias("claim_count"),
        lines.sum().alias("line_count"),
        pl.col("charge_amount").sum(),
        pl.col("service_date").max().alias("last_service_date"),
    )


def _pairs(code_sets: pl.DataFrame, last: dt.date) -> list[tuple[dict[str, object], dict[str, object]]]:
    """Release and the one before it, of the same code set: those to come, else the newest."""
    pairs = []
    for _, releases in code_sets.sort("system_code", "valid_from").group_by("system_code", maintain_order=True):
        every = list(pairwise(releases.to_dicts()))
        coming = [pair for pair in every if pair[1]["valid_from"] > last]
        pairs += coming or every[-1:]
    return pairs


def _between(codes: pl.DataFrame, before: dict[str, object], after: dict[str, object], entries: pl.DataFrame) -> pl.DataFrame:
    mine = codes.filter(pl.col("system_code") == before["system_code"])
    old = _listed(mine, before["release_id"], before["valid_to"], entries)
    new = _listed(mine, after["release_id"], after["valid_from"], entries)
    joined = old.join(new, on=["system_code", "code"], suffix="_new")
    change = (
        pl.when(pl.col("is_good") & pl.col("is_heading_new"))
        .then(pl.lit("becomes_heading"))
        .when(pl.col("is_good") & ~pl.col("is_good_new"))
        .then(pl.lit("ends"))
        .when(~pl.col("is_good") & pl.col("is_good_new"))
        .then(pl.lit("begins"))
    )
    return joined.select(
        "system_code",
        "code",
        change.alias("change_code"),
        pl.lit(after["valid_from"]).alias("change_date"),
        pl.lit(before["release_id"]).alias("from_release_id"),
        pl.lit(after["release_id"]).alias("to_release_id"),
        pl.col("longer_code_count_new").alias("longer_code_count"),
    ).drop_nulls("change_code")


def _listed(codes: pl.DataFrame, release: object, day: object, entries: pl.DataFrame) -> pl.DataFrame:
    """Whether a release lists each code as billable on a day, or as a heading."""
    asked = codes.with_columns(pl.lit(release).alias("release_id"), pl.lit(day, pl.Date).alias("service_date"))
    found = codes.join(standing(asked, entries), on=["system_code", "code"], how="left")
    flags = (pl.col("is_good", "is_heading").fill_null(False), pl.col("longer_code_count").fill_null(0))
    return found.select("system_code", "code", *flags)


def _within(codes: pl.DataFrame, code_sets: pl.DataFrame, entries: pl.DataFrame, last: dt.date) -> pl.DataFrame:
    """Codes whose own first or last day inside a release is still to come."""
    spans = code_sets.select("system_code", "release_id", pl.col("valid_from").alias("_from"), pl.col("valid_to").alias("_to"))
    own = entries.join(codes, on=["system_code", "code"]).join(spans, on=["system_code", "release_id"]).filter("is_billable")
    follows = pl.col("valid_to") + pl.duration(days=1)
    ends = own.filter(pl.col("valid_to").is_between(pl.lit(last), pl.col("_to")))
    begins = own.filter((pl.col("valid_from") > last) & (pl.col("valid_from") > pl.col("_from")) & (pl.col("valid_from") <= pl.col("_to")))
    parts = [
        ends.select(*_named("ends"), follows.alias("change_date")),
        begins.select(*_named("begins"), pl.col("valid_from").alias("change_date")),
    ]
    return pl.concat(parts)


def _named(change: str) -> list[pl.Expr]:
    return [
        pl.col("system_code"),
        pl.col("code"),
        pl.lit(change).alias("change_code"),
        pl.col("release_id").alias("from_release_id"),
        pl.col("release_id").alias("to_release_id"),
        pl.col("longer_code_count"),
    ]
