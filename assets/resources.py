"""What assets are given: a client as partition, the folders they work in, the day they judge by, where progress is reported."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

import dagster as dg

from rcm_pipeline.settings import Home


@dataclass(frozen=True)
class Workplace:
    """Folders, date, progress and what stopped it of a run. `rcm run` passes its own; the Dagster UI takes the environment's."""

    home: Home = field(default_factory=Home.from_environment)
    fixed_today: dt.date | None = None
    progress: Callable[[int], None] = lambda _: None
    stage: Callable[[str], None] = lambda _: None
    fault: Callable[[str], None] = lambda _: None

    @property
    def today(self) -> dt.date:
        """The day runs judge by: the clock's, unless one was given. A server may run for weeks, so it is asked each time."""
        return self.fixed_today or dt.datetime.now(dt.UTC).date()


CLIENTS = dg.DynamicPartitionsDefinition(name="clients")


def now() -> dt.datetime:
    """UTC without zone, as the warehouse keeps it."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)
