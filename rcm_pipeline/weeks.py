"""Weeks: Monday and Sunday, the last 13 of them, which one a pack is about, and the day on which it was complete."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from schemas.thresholds import INCOMPLETE_SHARE

if TYPE_CHECKING:
    import duckdb
    import polars as pl

QUARTER_WEEKS = 13  # a quarter of whole weeks: the window of measures, costs and figures that need more than a week
LAST_WORKDAY = 3  # Thursday: payers close their cycles by then, where a client's own days are not known yet
_KNOWN_WEEKS, _USUAL_WEEKS = 4, 8  # weeks that say what is usual: at least, and at most
_NEARLY_ALL = 0.8  # of a usual week's claim payments, by the days on which they come
_WORTH_COUNTING = 8  # claim payments of a usual week: below it a quarter of them is chance


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


def anchor_week(counts: Mapping[dt.date, int], today: dt.date) -> Week | None:
    """The last complete week, by claim payments of each adjudication date; None when there is none.

    A week is complete when it is over, when as much has come in as `INCOMPLETE_SHARE` of a usual week, and when the days have come on
    which the client's payers usually send nearly all of theirs: before four weeks are known, `LAST_WORKDAY`. Where a later week
    has begun to arrive, the days are taken as they are. Dates after today are typing errors and are left out.
    """
    weeks = _by_week(counts, today)
    for at in range(len(weeks) - 1, -1, -1):
        week, days = weeks[at]
        past = [earlier for _, earlier in weeks[max(at - _USUAL_WEEKS, 0) : at]]
        if today > week.sunday and sum(days) >= _least_of(past) and (at < len(weeks) - 1 or _has_come(days, past)):
            return week
    return None


def _least_of(past: Sequence[Sequence[int]]) -> float:
    """Claim payments below which a week is incomplete, from those of the weeks before it by day; 0 where too little is known."""
    usual = median(sum(days) for days in past) if len(past) >= _KNOWN_WEEKS else 0.0
    return INCOMPLETE_SHARE * usual if usual >= _WORTH_COUNTING else 0.0


def _by_week(counts: Mapping[dt.date, int], today: dt.date) -> list[tuple[Week, list[int]]]:
    """Claim payments of each week with any by its seven days, in the order of the weeks."""
    weeks: dict[Week, list[int]] = {}
    for day in sorted(day for day in counts if day <= today):
        weeks.setdefault(Week.of(day), [0] * 7)[day.weekday()] += counts[day]
    return list(weeks.items())


def _has_come(days: Sequence[int], past: Sequence[Sequence[int]]) -> bool:
    """The last day with any is one by which nearly all of a usual week has come."""
    last = max(day for day in range(7) if days[day])
    if len(past) < _KNOWN_WEEKS:
        return last >= LAST_WORKDAY
    return sum(sum(week[: last + 1]) for week in past) >= _NEARLY_ALL * sum(map(sum, past))


def anchor_of(adjudications: "pl.DataFrame", today: dt.date) -> Week | None:
    """The anchor week of core_adjudications, of the claim payments that count in a week."""
    dated = adjudications.filter(adjudications["week"].is_not_null())
    counted = dated["adjudication_date"].value_counts()
    return anchor_week(dict(counted.iter_rows()), today)


def anchor_stored(connection: "duckdb.DuckDBPyConnection", today: dt.date) -> Week | None:
    """The anchor week of the core_adjudications in a warehouse."""
    query = "SELECT adjudication_date, count(*) FROM core_adjudications WHERE week IS NOT NULL GROUP BY 1"
    return anchor_week(dict(connection.sql(query).fetchall()), today)
