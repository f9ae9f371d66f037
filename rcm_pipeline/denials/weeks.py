"""Which week a pack is about: the last one that is over and whose remittances have arrived."""

import datetime as dt
from collections.abc import Iterable

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
