"""Weeks: Monday and Sunday, the last 13 of them, which one a pack is about, and the day on which it was complete."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb
    import polars as pl

QUARTER_WEEKS = 13  # a quarter of whole weeks: the window of measures, costs and figures that need more than a week
LAST_WORKDAY = 3  # Thursday: payers close their cycles by then, see `anchor_week`


@dataclass(frozen=True, order=True)
class Week:
    """A week by its Monday. As a parameter of a table's function: the anchor week, the last complete one."""

    monday: dt.date

    def __post_init__(self) -> None:
        """Raises ValueError for another day of the week."""
        if self.monday.weekday():
            raise ValueError(f"{self.monday} is not a Monday")

    @classmethod
    def of(cls, day: dt.date) -> "Week":
        """The week a day lies in."""
        return cls(day - dt.timedelta(days=day.weekday()))

    @property
    def sunday(self) -> dt.date:
        """Its last day: nothing after it is looked at."""
        return self.monday + dt.timedelta(days=6)

    def first(self, weeks: int = QUARTER_WEEKS) -> dt.date:
        """Monday of the first of so many weeks that end with this one."""
        return self.monday - dt.timedelta(weeks=weeks - 1)

    def back(self, weeks: int) -> "Week":
        """The week so many weeks before."""
        return Week(self.monday - dt.timedelta(weeks=weeks))

    def __str__(self) -> str:
        """The Monday, such as 2026-11-16."""
        return self.monday.isoformat()


def anchor_week(adjudicated: Iterable[dt.date | None], today: dt.date) -> Week | None:
    """The last complete week among the adjudication dates; None when there is none.

    A week is complete when it is over and remittances dated on `LAST_WORKDAY` or later have come in (payers close
    their cycles by then); where a later week has begun to arrive, the earlier one is taken as it is. Dates after
    today are typing errors and are left out.
    """
    dates = sorted({date for date in adjudicated if date is not None and date <= today})
    for last in reversed(dates):
        week = Week.of(last)
        has_later = dates[-1] > week.sunday
        if today > week.sunday and (last.weekday() >= LAST_WORKDAY or has_later):
            return week
    return None


def anchor_of(adjudications: "pl.DataFrame", today: dt.date) -> Week | None:
    """The anchor week of core_adjudications."""
    return anchor_week(adjudications["adjudication_date"].unique().to_list(), today)


def anchor_stored(connection: "duckdb.DuckDBPyConnection", today: dt.date) -> Week | None:
    """The anchor week of the core_adjudications in a warehouse."""
    return anchor_week((row[0] for row in connection.sql("SELECT DISTINCT adjudication_date FROM core_adjudications").fetchall()), today)
