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


def known_by(frame: pl.DataFrame, anchor: dt.date) -> pl.DataFrame:
    """The rows of a core table known by the end of the anchor week, by its date or week; all where it has neither."""
    date = next((name for name in ("adjudication_date", "sent_date", "week") if name in frame.columns), None)
    return frame.filter((pl.col(date) <= last_day(anchor)).fill_null(True)) if date else frame


def last_day(anchor: dt.date) -> dt.date:
    """Sunday of the anchor week: nothing after it is looked at."""
    return anchor + dt.timedelta(days=6)


def newest_day(adjudications: pl.DataFrame, touches: pl.DataFrame, anchor: dt.date | None) -> dt.date | None:
    """The newest day anything is known of, but at most a week after the anchor week: later ones are typing errors.

    None without remittances or an anchor.
    """
    if anchor is None:
        return None
    limit = last_day(anchor) + dt.timedelta(days=7)
    dates = pl.concat([adjudications["adjudication_date"], touches["touched_date"]]).drop_nulls()
    newest = dates.filter(dates <= limit).max()
    return newest if isinstance(newest, dt.date) else None
