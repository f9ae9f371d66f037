"""Releases of code sets: a list of codes, the days it stands for and where it came from."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

import polars as pl

from schemas.contract import conform, empty
from schemas.registry import CONTRACTS

CODES = {"code": pl.String, "valid_from": pl.Date, "valid_to": pl.Date}
_DAY = dt.timedelta(days=1)
_FEWEST = 3  # characters of the shortest ICD-10-CM category


@dataclass(frozen=True)
class Release:
    """One release of one system, valid from and to these days, both included.

    `codes` holds what may be billed, with a code's own first and last day where the list gives them (null: as the release);
    a code may stand in it more than once. `source` is package or file, `release_id` its name, `content_hash` the SHA-256 of
    the bytes it was read from.
    """

    system: str
    release_id: str
    valid_from: dt.date
    valid_to: dt.date
    source: str
    content_hash: str
    codes: pl.DataFrame


def in_order(releases: Iterable[Release]) -> list[Release]:
    """By system and first day, each ended by the one after it; a file goes before the package's list of the same day."""
    ordered = sorted(releases, key=lambda r: (r.system, r.valid_from, r.source != "file"))
    kept = [r for at, r in enumerate(ordered) if not at or _start(ordered[at - 1]) != _start(r)]
    ended = []
    for release, after in zip_longest(kept, kept[1:]):
        is_followed = after is not None and after.system == release.system and after.valid_from <= release.valid_to
        ended.append(replace(release, valid_to=after.valid_from - _DAY) if after and is_followed else release)
    return ended


def release_table(releases: Sequence[Release]) -> pl.DataFrame:
    """ops_code_sets: one row per release, without its codes."""
    rows = [
        {
            "system_code": r.system,
            "release_id": r.release_id,
            "valid_from": r.valid_from,
            "valid_to": r.valid_to,
            "source_code": r.source,
            "content_hash": r.content_hash,
            "code_count": r.codes["code"].n_unique(),
        }
        for r in releases
    ]
    return conform(pl.DataFrame(rows), CONTRACTS["ops_code_sets"]) if rows else empty(CONTRACTS["ops_code_sets"])


def code_entries(used: pl.DataFrame, releases: Sequence[Release]) -> pl.DataFrame:
    """ops_code_entries: what each release says of the codes used (system_code, code); one it does not list has no row.

    An ICD-10-CM code that only begins longer ones is a heading: listed, not billable (CMS: the order file marks them 0).
    """
    parts = [_entries(used, release) for release in releases]
    found = pl.concat(parts) if parts else empty(CONTRACTS["ops_code_entries"])
    return found.sort("system_code", "release_id", "code", "valid_from", nulls_last=False)


def _start(release: Release) -> tuple[str, dt.date]:
    return release.system, release.valid_from


def _entries(used: pl.DataFrame, release: Release) -> pl.DataFrame:
    wanted = used.filter(pl.col("system_code") == release.system).select("code").unique()
    billable = wanted.join(release.codes, on="code").with_columns(pl.lit(0, pl.Int64).alias("longer_code_count"))
    parts = (
        [billable, _headings(wanted.join(billable, on="code", how="anti"), release.codes)] if release.system == "icd10cm" else [billable]
    )
    named = pl.concat(parts).with_columns(
        pl.lit(release.system).alias("system_code"),
        pl.lit(release.release_id).alias("release_id"),
        (pl.col("longer_code_count") == 0).alias("is_billable"),
    )
    return conform(named, CONTRACTS["ops_code_entries"])


def _headings(wanted: pl.DataFrame, codes: pl.DataFrame) -> pl.DataFrame:
    """Those of the wanted codes that longer codes begin with, and how many do."""
    text, sizes = pl.col("code"), wanted["code"].str.len_chars().unique()
    begun = [
        codes.select(text.unique())
        .filter(text.str.len_chars() > size)
        .group_by(text.str.head(size))
        .agg(pl.len().cast(pl.Int64).alias("n"))
        for size in sizes
        if size >= _FEWEST
    ]
    if not begun:
        return pl.DataFrame(schema=CODES | {"longer_code_count": pl.Int64})
    nothing = pl.lit(None, pl.Date)
    return wanted.join(pl.concat(begun), on="code").select(
        "code", nothing.alias("valid_from"), nothing.alias("valid_to"), pl.col("n").alias("longer_code_count")
    )
