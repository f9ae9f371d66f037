"""Which week a pack is about: the last one that is over and whose remittances have arrived."""

import datetime as dt
from collections.abc import Iterable

import polars as pl

_LAST_WORKDAY = 3


def anchor_week(adjudicated: Iterable[dt.date | None], today: dt.date) -> dt.date | None:
    """Monday of the last complete week among the adjudication dates; None when there is none.

    A week is complete when it is over and remittances dated on its Thursday or later have come in (payers close
    their cycles by then); where a later week has begun to arrive, the earlier one is taken as it is. Dates after
    today are typing errors and are left out.
    """
    dates = sorted({date for date in adjudicated if date is not None and date <= today})
    for last in reversed(dates):
        monday = last - dt.timedelta(days=last.weekday())
        is_over = today >= monday + dt.timedelta(days=7)
        has_later = dates[-1] >= monday + dt.timedelta(days=7)
        if is_over and (last.weekday() >= _LAST_WORKDAY or has_later):
            return monday
    return None


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
