"""Add up numerators and denominators of measures by period, up to the last day."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl

from rcm_pipeline.sample.draws import Draws

ONE, CENT = 1000, 10  # sums are in thousandths: of a count, of a dollar
_QUARTER_WEEKS = 13
_WITHOUT_DENOMINATOR = {"M15"}  # which denials have expired is not known here
_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "metric_id": pl.String,
    "variant_code": pl.String,
    "period_code": pl.String,
    "period_start": pl.Date,
    "numerator": pl.Decimal(18, 3),
    "denominator": pl.Decimal(18, 3),
}
_Key = tuple[str, str, str, date | None]
Fraction = tuple[int, int | None]


class _Mondays(dict[date, date]):
    """Monday of the week of a day, told once."""

    def __missing__(self, day: date) -> date:
        self[day] = monday = day - timedelta(days=day.weekday())
        return monday


class Tally:
    """Sums by measure, variant and period; a denominator of None is not known here, or there is none."""

    def __init__(self, draws: Draws) -> None:
        self.last_day = draws.monday(draws.weeks - 1) + timedelta(days=6)
        self._draws, self._recent = draws, draws.monday(draws.weeks - _QUARTER_WEEKS)
        self._mondays = _Mondays()
        self._sums: defaultdict[_Key, list[int]] = defaultdict(lambda: [0, 0])
        self._fixed: dict[_Key, Fraction] = {}
        self._days: dict[_Key, dict[int, int]] = {}

    def week(self, metric: str, variant: str, day: date, numerator: int, denominator: int = ONE) -> None:
        """In the week of a day."""
        sums = self._sums[metric, variant, "week", self._mondays[day]]
        sums[0] += numerator
        sums[1] += denominator

    def quarter(self, metric: str, variant: str, day: date, numerator: int, denominator: int = ONE, period: str = "13 weeks") -> None:
        """In the 13 weeks that end on the last day, if the day is one of them."""
        if self._recent <= day <= self.last_day:
            self.other((metric, variant, period, self._recent), numerator, denominator)

    def four_weeks(self, metric: str) -> None:
        """What was counted by week also counts in each of the four runs of four weeks that hold the week."""
        weekly = {key[3]: self._sums.pop(key) for key in list(self._sums) if key[0] == metric}
        for first in range(self._draws.weeks - 3):
            parts = [weekly.get(self._draws.monday(first + place), [0, 0]) for place in range(4)]
            self.other((metric, "", "4 weeks", self._draws.monday(first)), sum(p[0] for p in parts), sum(p[1] for p in parts))

    def to_date(self, metric: str, variant: str, numerator: int, denominator: int = ONE) -> None:
        """In all weeks together."""
        self.other((metric, variant, "to date", None), numerator, denominator)

    def other(self, key: _Key, numerator: int, denominator: int = ONE) -> None:
        """In a period of its own."""
        sums = self._sums[key]
        sums[0] += numerator
        sums[1] += denominator

    def fix(self, key: _Key, fraction: Fraction) -> None:
        """A result that is no sum."""
        self._fixed[key] = fraction

    def days(self, metric: str, variant: str, count: int, day: date | None) -> None:
        """A number of days whose median is wanted: of the 13 weeks, or to date when no day is given."""
        if day is None or self.is_recent(day):
            key = (metric, variant, "13 weeks" if day else "to date", self._recent if day else None)
            seen = self._days.setdefault(key, {})
            seen[count] = seen.get(count, 0) + 1

    def monday_of(self, day: date) -> date:
        """Monday of the week a day is in."""
        return self._mondays[day]

    def is_recent(self, day: date) -> bool:
        """Whether a day is in the 13 weeks that end on the last day."""
        return self._recent <= day <= self.last_day

    def write(self, path: Path) -> None:
        """One row per measure, variant and period."""
        rows = [(*key, *map(_thousandths, fraction)) for key, fraction in sorted(self._fractions(), key=lambda f: (f[0][:3], str(f[0][3])))]
        pl.DataFrame(rows, schema=_SCHEMA, orient="row").write_parquet(path, compression="zstd", statistics=False)

    def _fractions(self) -> Iterator[tuple[_Key, Fraction]]:
        for key, (numerator, denominator) in self._sums.items():
            yield key, (numerator, None if key[0] in _WITHOUT_DENOMINATOR else denominator)
        yield from self._fixed.items()
        for key, seen in self._days.items():
            yield key, (_median(seen), ONE * sum(seen.values()))


def _thousandths(amount: int | None) -> Decimal | None:
    return None if amount is None else Decimal(amount).scaleb(-3)


def _median(seen: dict[int, int]) -> int:
    """The median of counted values, in thousandths."""
    total, below, middle = sum(seen.values()), 0, list[int]()
    places = ((total - 1) // 2, total // 2)
    for value in sorted(seen):
        middle += [value for place in places if below <= place < below + seen[value]]
        below += seen[value]
    return ONE * sum(middle) // 2
