"""A client's own past: its anchor week, how large its weeks are, and tables as they stood at an earlier week."""

import datetime as dt

import polars as pl

from rcm_pipeline.denials.weeks import anchor_week


def anchor_of(adjudications: pl.DataFrame, today: dt.date) -> dt.date | None:
    """The anchor week of core_adjudications."""
    return anchor_week(adjudications["adjudication_date"].unique().to_list(), today)


def recent_volumes(adjudications: pl.DataFrame, anchor: dt.date | None, weeks: int = 8) -> list[int]:
    """Claim payments in each of the weeks with any, before the anchor, newest first."""
    if anchor is None:
        return []
    before = adjudications.filter(pl.col("week") < anchor)
    return before.group_by("week").len().sort("week", descending=True).head(weeks)["len"].to_list()


def up_to(frame: pl.DataFrame, anchor: dt.date) -> pl.DataFrame:
    """The rows known by the end of the anchor week, for a pack of an earlier week."""
    return frame.filter(pl.col("week") <= anchor)
