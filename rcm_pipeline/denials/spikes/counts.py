"""The weekly counts the detector reads, from the weekly denial rates."""

import datetime as dt

import polars as pl

from schemas.vocabulary import ALL

_DENIED = ("M09", "M11")  # claims denied in full and in part, over the same claims decided


def weekly_counts(rates: pl.DataFrame, anchor: dt.date | None, client: str = "own") -> pl.DataFrame:
    """Claims decided and denied by payer, cause and week up to the anchor week: client, payer, cause, week, denied, decided.

    A denied claim counts for the cause of its line that lost most; a payer's decided claims stand on each of its causes.
    Claims and not lines, because the lines of a claim are denied together: counted singly, each such claim looks like a rise.
    """
    is_cell = pl.col("metric_id").is_in(_DENIED) & (pl.col("payer_id") != ALL) & (pl.col("root_cause") != ALL)
    cells = rates.filter(is_cell & (pl.col("week") <= pl.lit(anchor, pl.Date))).group_by("payer_id", "root_cause", "week")
    counts = cells.agg(pl.col("numerator").sum().alias("denied"), pl.col("denominator").max().alias("decided"))
    return counts.select(
        pl.lit(client).alias("client"), pl.col("payer_id").alias("payer"), pl.col("root_cause").alias("cause"), "week", "denied", "decided"
    ).sort("payer", "cause", "week")
