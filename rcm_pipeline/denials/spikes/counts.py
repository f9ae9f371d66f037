"""The weekly counts the detector reads, from the weekly denial rates."""

import datetime as dt

import polars as pl

from schemas.vocabulary import ALL


def weekly_counts(rates: pl.DataFrame, anchor: dt.date, client: str) -> pl.DataFrame:
    """Lines decided and denied (M08) by payer, cause and week up to the anchor week: client, payer, cause, week, denied, decided.

    A payer's decided lines stand on each of its causes.
    """
    is_cell = (pl.col("metric_id") == "M08") & (pl.col("payer_id") != ALL) & (pl.col("root_cause") != ALL)
    return rates.filter(is_cell & (pl.col("week") <= anchor)).select(
        pl.lit(client).alias("client"),
        pl.col("payer_id").alias("payer"),
        pl.col("root_cause").alias("cause"),
        "week",
        pl.col("numerator").alias("denied"),
        pl.col("denominator").alias("decided"),
    )
