"""A run over clients: each by itself, so that one client's fault stops that client alone, then what they know together.

Dagster is imported only where something is to be done: a run that finds nothing new ends within a second.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from rcm_pipeline.errors import ExitCode, RcmError
from rcm_pipeline.governance.publications import is_current
from rcm_pipeline.governance.status import Summary, summarise
from rcm_pipeline.intake.inbox import Delivery
from rcm_pipeline.privacy.suppression import MINIMUM_CLIENTS
from rcm_pipeline.settings import Home, consenting

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
    for client, deliveries in delivered.items():
        code, message = _run_client(home, client, deliveries, today, is_forced, progress)
        has_unopened = any(delivery.file_id is None for delivery in deliveries)
        asked = ExitCode.NEEDS_A_PERSON if has_unopened else ExitCode.OK
        summary = summarise(home, client) if home.warehouse(client).exists() else None
        yield ClientRun(client, max(code, asked), message, summary)


def run_portfolio(home: Home, today: dt.date) -> tuple[ExitCode, str]:
    """What the clients that allow it know together, after their runs. Nothing where fewer than three do and none ever did."""
    clients = consenting(home)
    if len(clients) < MINIMUM_CLIENTS and not home.portfolio.exists():
        return ExitCode.OK, ""
    from assets.launch import launch_portfolio, prepare_dagster

    prepare_dagster(home)
    outcome = launch_portfolio(home, today=today)
    return ExitCode(outcome.exit_code), outcome.message or f"weekly counts of {len(clients)} clients, read by their next runs"


def _run_client(
    home: Home, client: str, deliveries: Sequence[Delivery], today: dt.date, is_forced: bool, progress: Progress
) -> tuple[ExitCode, str]:
    if not is_forced and is_current(home, client, list(deliveries), today):
        return ExitCode.OK, "nothing new"
    from assets.launch import launch, prepare_dagster, register_clients

    prepare_dagster(home)
    register_clients([client])
    with progress(client, sum(delivery.byte_count for delivery in deliveries)) as advance:
        try:
            outcome = launch(home, client, today=today, progress=advance)
        except RcmError as error:
            return error.exit_code, f"{error} {error.fix}"
    return ExitCode(outcome.exit_code), outcome.message
