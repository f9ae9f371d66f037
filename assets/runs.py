"""A run over clients: each by itself, so that one client's fault stops that client alone, then what they know together.

Dagster is imported only where something is to be done: a run that finds nothing new ends within a second.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rcm_pipeline.errors import ExitCode, RcmError
from rcm_pipeline.governance.publications import is_current
from rcm_pipeline.governance.status import Summary, summarise
from rcm_pipeline.intake.inbox import Delivery
from rcm_pipeline.privacy.suppression import MINIMUM_CLIENTS
from rcm_pipeline.settings import Home, consenting

if TYPE_CHECKING:
    from assets.launch import Session

Progress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


@dataclass(frozen=True)
class ClientRun:
    """How a client's run ended. `message` is what stopped it, or that there was nothing to do; empty when it was published."""

    client: str
    exit_code: ExitCode
    message: str
    summary: Summary | None

    @property
    def is_failed(self) -> bool:
        """It was not published. A file that cannot be opened asks for a person, and the pack is published all the same."""
        return self.exit_code not in (ExitCode.OK, ExitCode.NEEDS_A_PERSON)

    @property
    def pack(self) -> str:
        """Where the newest pack lies, and whether it is an older one; empty when there is none."""
        if not self.summary or not self.summary.pack:
            return ""
        return self.summary.pack + ("  (the last good one; this run was not published)" if self.is_failed else "")

    def narration(self) -> list[str]:
        """What the run read, and where to look when something was not read."""
        if not self.summary:
            return []
        is_whole = not self.summary.reject_count and not self.summary.quarantined_count
        return [self.summary.sentence, *([] if is_whole else [f"  what and where: rcm quarantine {self.client} --names"])]

    def as_data(self) -> dict[str, Any]:
        """For `rcm run --json`."""
        return {"exit_code": int(self.exit_code), **(vars(self.summary) if self.summary else {"client": self.client})}


def run_clients(
    home: Home, delivered: Mapping[str, Sequence[Delivery]], today: dt.date, *, is_forced: bool, progress: Progress
) -> Iterator[ClientRun]:
    """Run every client with something new, or all where it is forced. A file that cannot be opened asks for a person."""
    with _OneSession(home, today) as session:
        for client, deliveries in delivered.items():
            is_due = is_forced or not is_current(home, client, list(deliveries), today)
            code, message = _run_client(session, client, deliveries, progress) if is_due else (ExitCode.OK, "nothing new")
            has_unopened = any(delivery.file_id is None for delivery in deliveries)
            asked = ExitCode.NEEDS_A_PERSON if has_unopened else ExitCode.OK
            summary = summarise(home, client) if home.warehouse(client).exists() else None
            yield ClientRun(client, max(code, asked), message, summary)


def run_portfolio(home: Home, today: dt.date) -> tuple[ExitCode, str]:
    """What the clients that allow it know together, after their runs. Nothing where fewer than three do and none ever did."""
    clients = consenting(home)
    if len(clients) < MINIMUM_CLIENTS and not home.portfolio.exists():
        return ExitCode.OK, ""
    from assets.launch import session

    with session(home, today) as dagster:
        outcome = dagster.run_portfolio()
    return ExitCode(outcome.exit_code), outcome.message or f"weekly counts of {len(clients)} clients, read by their next runs"


class _OneSession(ExitStack):
    """Dagster, opened when the first client is due: a run that finds nothing new does not import it."""

    def __init__(self, home: Home, today: dt.date) -> None:
        super().__init__()
        self._home, self._today = home, today

    @cached_property
    def dagster(self) -> "Session":
        from assets.launch import session

        return self.enter_context(session(self._home, self._today))


def _run_client(session: _OneSession, client: str, deliveries: Sequence[Delivery], progress: Progress) -> tuple[ExitCode, str]:
    session.dagster.register([client])
    with progress(client, sum(delivery.byte_count for delivery in deliveries)) as advance:
        try:
            outcome = session.dagster.run(client, advance)
        except RcmError as error:
            return error.exit_code, f"{error} {error.fix}"
    return ExitCode(outcome.exit_code), outcome.message
