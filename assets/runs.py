"""A run over clients: each by itself, so that one client's fault stops that client alone, then what they know together.

Dagster is imported only where something is to be done: a run that finds nothing new ends within a second.
"""

import datetime as dt
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.workers import Outcome, Watch, default_jobs, run_one, side_by_side, threads_for
from rcm_pipeline.errors import ExitCode, RcmError, recorded, shown
from rcm_pipeline.governance.publications import is_current
from rcm_pipeline.governance.status import Summary, summarise
from rcm_pipeline.intake.inbox import Delivery, KnownContents, deliveries, one_client
from rcm_pipeline.privacy.suppression import MINIMUM_CLIENTS
from rcm_pipeline.settings import Home, consenting

if TYPE_CHECKING:
    from rcm_pipeline.narration import RunProgress

Progress = Callable[[Mapping[str, int]], AbstractContextManager["RunProgress"]]


@dataclass(frozen=True)
class ClientRun:
    """How a client's run ended. `message` is what stopped it, or that there was nothing to do; empty when it was published."""

    client: str
    exit_code: ExitCode
    message: str
    summary: Summary | None
    waiting_count: int = 0

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
        if not self.summary or (self.is_failed and not self.summary.file_count):
            return []
        waits = "file is" if self.waiting_count == 1 else "files are"
        waiting = [f"  {self.waiting_count} {waits} still being delivered and wait for the next run"] if self.waiting_count else []
        is_whole = not self.summary.reject_count and not self.summary.quarantined_count
        where = [] if is_whole else [f"  what and where: rcm quarantine {self.client} --names"]
        unusual = [f"  unusual: {text}" for text in self.summary.warnings]
        return [self.summary.sentence, *unusual, *(f"  {note}" for note in self.summary.delivery_notes), *waiting, *where]

    def as_data(self) -> dict[str, Any]:
        """For `rcm run --json`."""
        return {"exit_code": int(self.exit_code), **(vars(self.summary) if self.summary else {"client": self.client})}


def run_clients(
    home: Home,
    clients: Mapping[str, list[Path]],
    today: dt.date,
    *,
    is_forced: bool,
    jobs: int | None,
    progress: Progress,
    is_stopped: Callable[[], bool],
) -> Iterator[ClientRun]:
    """Run every client with something new in its places, or all where it is forced. A file that cannot be opened asks for a person.

    A client whose inbox or settings cannot be read fails alone; the others are run. Raises KeyboardInterrupt when asked to stop.
    """
    delivered: dict[str, list[Delivery]] = {}
    due: dict[str, int] = {}
    for client, places in clients.items():
        try:
            delivered[client] = _delivered(home, client, places)
            is_due = is_forced or not is_current(home, client, delivered[client], today)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other clients go on
            text, code = shown(error)
            yield _failed(home, client, delivered.get(client, ()), code, text)
            continue
        if is_due:
            due[client] = sum(delivery.byte_count for delivery in delivered[client])
        else:
            yield _ended(home, client, delivered[client], ExitCode.OK, "nothing new")
    if not due:
        return
    processes = min(jobs or default_jobs(len(due)), len(due))
    with progress(due) as watch:
        run = side_by_side(home, today, due, processes, watch) if processes > 1 else _one_by_one(home, today, due, watch, is_stopped)
        for client, code, message in run:
            if is_stopped():  # a library may have made another error of it, or a process ended by the same signal
                raise KeyboardInterrupt
            watch.finish(client)
            ended = _failed if code not in (ExitCode.OK, ExitCode.BUSY) else _ended
            yield ended(home, client, delivered[client], code, message)


def _delivered(home: Home, client: str, places: list[Path]) -> list[Delivery]:
    """What lies in a client's inbox. Files that have not changed since they were last read are not read again."""
    known = KnownContents(home.known_contents(client))
    found = list(deliveries(one_client(client, places), known))
    known.save()
    return found


def _failed(home: Home, client: str, deliveries: Sequence[Delivery], code: ExitCode, message: str) -> ClientRun:
    """However it failed, the last good pack says so."""
    from assets.resources import now
    from dashboards.publish import mark_stale

    said = message.removeprefix("rcm: ")
    mark_stale(home, client, recorded(code, said), now(), only_once=True)
    return _ended(home, client, deliveries, code, said)


def _ended(home: Home, client: str, deliveries: Sequence[Delivery], code: ExitCode, message: str) -> ClientRun:
    has_unopened = any(delivery.is_unopened for delivery in deliveries)
    waiting = sum(delivery.is_unfinished for delivery in deliveries)
    asked = ExitCode.NEEDS_A_PERSON if has_unopened else ExitCode.OK
    summary = summarise(home, client) if home.published(client).exists() else None
    return ClientRun(client, max(code, asked), message, summary, waiting)


def _one_by_one(home: Home, today: dt.date, sizes: Mapping[str, int], watch: "Watch", is_stopped: Callable[[], bool]) -> Iterator[Outcome]:
    """The same in this process, where there is one client or one process."""
    threads = min(map(threads_for, sizes.values()))  # a large client asks for all, and the number is the process's
    if threads:
        os.environ.setdefault("POLARS_MAX_THREADS", str(threads))
    from assets.launch import session

    with session(home, today, is_stopped) as dagster:
        for client in sizes:
            yield run_one(dagster, client, watch, is_small=bool(threads_for(sizes[client])))


def run_portfolio(home: Home, today: dt.date, is_stopped: Callable[[], bool]) -> tuple[ExitCode, str]:
    """What the clients that allow it know together, after their runs. Nothing where fewer than three do and none ever did.

    Raises KeyboardInterrupt when asked to stop.
    """
    try:
        clients = consenting(home)
    except RcmError as error:  # who takes part is not known, and one fewer would show what the absent client had
        return error.exit_code, f"not renewed, for it is not known who takes part: {error}"
    if len(clients) < MINIMUM_CLIENTS and not home.portfolio.exists():
        return ExitCode.OK, ""
    from assets.launch import session

    with session(home, today, is_stopped) as dagster:
        outcome = dagster.run_portfolio()
    return ExitCode(outcome.exit_code), outcome.message or f"weekly counts of {len(clients)} clients, read by their next runs"
