"""Was this code valid on this day? Judged once per code set, code and day, then looked up by every claim."""

import polars as pl

VALID, UNCHECKED = "valid", "not_checkable"
UNKNOWN, TOO_EARLY, TOO_LATE, HEADING = "unknown_code", "not_yet_valid", "no_longer_valid", "not_billable"
_KEYS = ("system_code", "code", "service_date")


def judged(values: pl.DataFrame, code_sets: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    """The values with `verdict` and `release_id`, the release that covers the day (null when none does).

    valid; not_checkable when no release covers the day or there is none; otherwise, by that release: not_billable for a
    heading, not_yet_valid and no_longer_valid by the code's own days or because only a later or an earlier release lists it,
    unknown_code when none does.
    """
    asked = values.select(_KEYS).unique()
    verdicts = _verdicts(_covered(asked, code_sets), code_sets, entries)
    return values.join(verdicts, on=_KEYS, how="left", nulls_equal=True, maintain_order="left")


def standing(asked: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    """What the release of each row says of its code on its day: `is_good`, `is_heading`, first and last day it is good for.

    Null in all four when the release does not list the code.
    """
    listed = asked.join(entries, on=["system_code", "release_id", "code"], how="inner")
    day = pl.col("service_date")
    is_open = (pl.col("valid_from").fill_null(day) <= day) & (pl.col("valid_to").fill_null(day) >= day)
    return listed.group_by(*_KEYS, "release_id").agg(
        (pl.col("is_billable") & is_open).any().alias("is_good"),
        pl.col("is_billable").not_().all().alias("is_heading"),
        pl.col("valid_from").min().alias("first_day"),
        pl.col("longer_code_count").max(),
    )


def _covered(asked: pl.DataFrame, code_sets: pl.DataFrame) -> pl.DataFrame:
    """The release that covers each day: the newest that began by then, unless it has ended."""
    releases = code_sets.select("system_code", "release_id", "valid_from", "valid_to").sort("valid_from")
    dated = asked.sort("service_date", nulls_last=False)
    found = dated.join_asof(
        releases, left_on="service_date", right_on="valid_from", by="system_code", strategy="backward", check_sortedness=False
    )
    is_covered = pl.col("service_date") <= pl.col("valid_to")
    return found.select(
        *_KEYS,
        pl.when(is_covered).then("release_id").alias("release_id"),
        pl.when(is_covered).then("valid_from").alias("release_from"),
    )


def _verdicts(covered: pl.DataFrame, code_sets: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    standings = standing(covered, entries)
    spans = entries.filter("is_billable").join(
        code_sets.select("system_code", "release_id", pl.col("valid_from").alias("_begins")), on=["system_code", "release_id"]
    )
    listed = spans.group_by("system_code", "code").agg(pl.col("_begins").min().alias("_earliest"), pl.col("_begins").max().alias("_latest"))
    known = covered.join(standings, on=[*_KEYS, "release_id"], how="left").join(listed, on=["system_code", "code"], how="left")
    is_listed = pl.col("is_good").is_not_null()
    verdict = (
        pl.when(pl.col("release_id").is_null())
        .then(pl.lit(UNCHECKED))
        .when(pl.col("is_good"))
        .then(pl.lit(VALID))
        .when(pl.col("is_heading"))
        .then(pl.lit(HEADING))
        .when(is_listed & (pl.col("first_day") > pl.col("service_date")))
        .then(pl.lit(TOO_EARLY))
        .when(is_listed | (pl.col("_earliest") < pl.col("release_from")))
        .then(pl.lit(TOO_LATE))
        .when(pl.col("_latest") > pl.col("release_from"))
        .then(pl.lit(TOO_EARLY))
        .otherwise(pl.lit(UNKNOWN))
    )
    return known.select(*_KEYS, "release_id", verdict.alias("verdict"))
