"""Weekly counts for the spike detector, from the weekly denial rates."""

import datetime as dt

import polars as pl

from schemas.vocabulary import ALL


def weekly_counts(rates: pl.DataFrame, anchor: dt.date | None, client: str = "") -> pl.DataFrame:
    """One row per client, payer, cause and week up to the anchor week, in that order: denied and decided lines (M08).

    `rates` is mart_denial_rates of one client, named `client` in every row. The rows of all payers or all causes are left
    out. A payer's week without a line of a cause counts as 0 denied; a week in which it decided nothing has no row.
    Empty where there is no anchor.
    """
    lines = rates.filter((pl.col("metric_id") == "M08") & (pl.col("payer_id") != ALL) & (pl.col("root_cause") != ALL))
    until = lines.filter(pl.col("week") <= anchor) if anchor else lines.clear()
    return until.select(
        pl.lit(client, pl.String).alias("client"),
        pl.col("payer_id").alias("payer"),
        pl.col("root_cause").alias("cause"),
        "week",
        pl.col("numerator").alias("denied"),
        pl.col("denominator").alias("decided"),
    ).sort("client", "payer", "cause", "week")
