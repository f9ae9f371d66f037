"""Which week a pack is about: the last one that is over and whose remittances have arrived."""

import datetime as dt

import polars as pl

_LAST_WORKDAY = 3


def anchor_week(adjudications: pl.DataFrame, today: dt.date) -> dt.date | None:
    """Monday of the last complete week; None when nothing is dated.

    A week is complete when it is over and remittances dated on its Thursday or later have come in
    (payers close their cycles by then); dates after today are taken for typing errors and left out.
    """
    dates = adjudications.filter(pl.col("adjudication_date") <= today)["adjudication_date"].drop_nulls()
    if dates.is_empty():
        return None
    last = dates.max()
    assert isinstance(last, dt.date)
    monday = last - dt.timedelta(days=last.weekday())
    is_over = today >= monday + dt.timedelta(days=7)
    is_in = last.weekday() >= _LAST_WORKDAY
    if is_over and is_in:
        return monday
    earlier = dates.filter(dates < monday)
    if earlier.is_empty():
        return monday if is_over else None
    before = earlier.max()
    assert isinstance(before, dt.date)
    return before - dt.timedelta(days=before.weekday())
