"""The chances of one client: its random generator, a calendar, and counters for what must be rare but never absent."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TypeVar

from rcm_pipeline.sample.world import LAST_WEEK, Client, Payer

_SENT_DAY, _REMITTED_DAY = timedelta(days=4), timedelta(days=3)  # Friday and Thursday
_TURN_OFFSET = 3  # clients begin their turns at different places, so that together they go through all sooner
T = TypeVar("T")


class Draws:
    """What every draw for one client needs."""

    def __init__(self, rng: random.Random, client: Client, weeks: int, place: int) -> None:
        self.rng, self.client, self.weeks = rng, client, weeks
        self._seed = rng.random()
        self.rejected_batches = _rejected_batches(client, weeks)
        self.denied_lines = 40  # so that the first unclear one comes early
        self._place, self._icns = place, place * 5_000_000  # a payer numbers the claims of all its providers
        self._counts: dict[str, int] = {}
        self._first_monday = LAST_WEEK - timedelta(weeks=weeks - 1)
        self._mondays: dict[int, date] = {}

    def stream(self, name: str) -> random.Random:
        """A generator of its own, the same whatever else is drawn: what is drawn from it changes nothing that befalls claims."""
        return random.Random(f"{self._seed}/{name}")  # noqa: S311 - no secret

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What is drawn inside changes nothing that is drawn after it."""
        before = self.rng.getstate()
        yield
        self.rng.setstate(before)

    @property
    def last_day(self) -> date:
        """Sunday of the last week."""
        return self.monday(self.weeks - 1) + timedelta(days=6)

    def monday(self, week: int) -> date:
        """Monday of a week; week 0 is the first with remittances."""
        monday = self._mondays.get(week)
        if monday is None:
            monday = self._mondays[week] = self._first_monday + timedelta(weeks=week)
        return monday

    def sent_day(self, week: int) -> date:
        """The day claims go out."""
        return self.monday(week) + _SENT_DAY

    def remitted_day(self, week: int) -> date:
        """The day payers pay."""
        return self.monday(week) + _REMITTED_DAY

    def week_of(self, day: date) -> int:
        """The week a day is in."""
        return (day - self._first_monday).days // 7

    def is_due(self, what: str, every: int) -> bool:
        """Whether it is its turn: yes for every so-manieth time of asking, first after half as many."""
        count = self._counts[what] = self._counts.get(what, every // 2) + 1
        return count % every == 0

    def turn(self, what: str, kinds: Sequence[T]) -> T:
        """The kinds one after the other."""
        count = self._counts[what] = self._counts.get(what, self._place * _TURN_OFFSET - 1) + 1
        return kinds[count % len(kinds)]

    def next_number(self, what: str) -> int:
        """1, 2, 3 and so on, for each kind of thing."""
        count = self._counts[what] = self._counts.get(what, 0) + 1
        return count

    def icn(self, payer: Payer) -> str:
        """The next claim number of a payer."""
        self._icns += 1
        return f"{payer.payer_id}{self._icns:07d}"


def _rejected_batches(client: Client, weeks: int) -> set[tuple[int, bool]]:
    """Weeks and kinds (institutional or not) of the batches a 999 rejects: two professional ones, or one of a hospital."""
    wanted = {(weeks // 2, True)} if client.institutional_share else {(weeks // 3, False), (2 * weeks // 3, False)}
    return {(week, kind) for week, kind in wanted if week < weeks - 2}
