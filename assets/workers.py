"""Clients side by side: warm processes, each at one client at a time, over one Dagster home.

This module is imported by a new process before anything heavy, for how many threads Polars has is fixed when it is imported:
small clients get one each, which costs them a third less, large ones all.
"""

import datetime as dt
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rcm_pipeline.errors import ExitCode, shown
from rcm_pipeline.settings import Home
from rcm_pipeline.stopping import stoppable

if TYPE_CHECKING:
    from assets.launch import Session

SMALL_BYTES = 16_000_000  # of an inbox: below it a second thread of Polars waits more than it works
_MEMORY_OF_ONE = 1_000_000_000  # bytes a process may need for a client of 100,000 claims
_WORTH_A_START = 3  # small clients that cost as much as what a process imports
_PATIENCE = 5.0  # seconds a process has to end by itself

Outcome = tuple[str, ExitCode, str]  # client, exit code, what stopped it


class Watch(Protocol):
    """Who is told how far clients are."""

    def stage(self, client: str, name: str) -> None:
        """A client begins a stage of its run."""

    def advance(self, client: str, amount: int) -> None:
        """So many bytes of its files are read."""


@dataclass
class _Worker:
    process: BaseProcess
    pipe: Connection
    client: str


def default_jobs(clients: int) -> int:
    """One process a core, fewer when memory is short or there are too few clients for the seconds each takes to start."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, _available_memory() // _MEMORY_OF_ONE, -(-clients // _WORTH_A_START)))


def threads_for(byte_count: int) -> int:
    """Polars threads for a client with an inbox of this size; 0 leaves it to Polars."""
    return 1 if byte_count <= SMALL_BYTES else 0


def side_by_side(home: Home, today: dt.date, sizes: Mapping[str, int], jobs: int, watch: Watch) -> Iterator[Outcome]:
    """Run these clients (name → bytes of its inbox) and say how each ended, the largest first within small and large.

    A process that dies costs its client alone. Closing the iterator ends all processes.
    """
    kinds = {threads: [client for client in sizes if threads_for(sizes[client]) == threads] for threads in (1, 0)}
    for threads, clients in kinds.items():
        queue = deque(sorted(clients, key=lambda client: (-sizes[client], client)))
        yield from _run_all(home, today, queue, jobs if threads else 1, threads, watch)


def _run_all(home: Home, today: dt.date, queue: deque[str], jobs: int, threads: int, watch: Watch) -> Iterator[Outcome]:
    workers = [_start(home, today, queue.popleft(), threads) for _ in range(min(jobs, len(queue)))]
    try:
        while workers:
            for pipe in wait([worker.pipe for worker in workers]):
                worker = next(worker for worker in workers if worker.pipe is pipe)
                outcome = _heard(worker, watch)
                if outcome is None:
                    continue
                yield outcome
                if worker.process.is_alive() and queue:
                    worker.client = queue.popleft()
                    worker.pipe.send(worker.client)
                    continue
                workers.remove(worker)
                _end(worker)
                if queue:
                    workers.append(_start(home, today, queue.popleft(), threads))
    finally:
        for worker in workers:
            worker.process.terminate()
            _end(worker)


def _heard(worker: _Worker, watch: Watch) -> Outcome | None:
    """The next message of a worker; its outcome when the client is done, or the process is."""
    try:
        kind, *rest = worker.pipe.recv()
    except (EOFError, OSError):
        worker.process.join(_PATIENCE)
        return (
            worker.client,
            ExitCode.INTERNAL,
            f"its process ended (exit code {worker.process.exitcode}); run again",
        )
    if kind == "done":
        code, message = rest
        return worker.client, ExitCode(code), message
    (watch.stage if kind == "stage" else watch.advance)(worker.client, *rest)
    return None


def _start(home: Home, today: dt.date, client: str, threads: int) -> _Worker:
    spawned = multiprocessing.get_context("spawn")
    ours, theirs = spawned.Pipe()
    process = spawned.Process(target=_work, args=(theirs, home, today, threads), daemon=True)
    process.start()
    theirs.close()
    ours.send(client)
    return _Worker(process, ours, client)


def _end(worker: _Worker) -> None:
    worker.pipe.close()  # it ends when it hears nobody
    worker.process.join(_PATIENCE)
    if worker.process.is_alive():
        worker.process.kill()
        worker.process.join()


def _work(pipe: Connection, home: Home, today: dt.date, threads: int) -> None:
    """The life of a process: one client after the other, as long as any is sent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who is asked to stop is the parent, and it ends its processes
    if threads:
        os.environ["POLARS_MAX_THREADS"] = str(threads)
    from assets.launch import session

    teller = _Teller(pipe)
    with (
        suppress(KeyboardInterrupt, BrokenPipeError),
        stoppable() as is_asked,
        session(home, today, lambda: is_asked() or teller.is_unheard) as dagster,
    ):
        while (client := _next(pipe)) is not None:
            _, code, message = run_one(dagster, client, teller, is_small=bool(threads))
            pipe.send(("done", int(code), message))


class _Teller:
    """Tells the parent how far the client is; where nobody hears it any more, the run is to stop, which is no fault of the client's."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe, self.is_unheard = pipe, False

    def stage(self, _client: str, name: str) -> None:
        self._say(("stage", name))

    def advance(self, _client: str, amount: int) -> None:
        self._say(("bytes", amount))

    def _say(self, message: tuple[str, str | int]) -> None:
        try:
            self._pipe.send(message)
        except OSError:
            self.is_unheard = True
            raise KeyboardInterrupt from None


def run_one(dagster: "Session", client: str, watch: Watch, *, is_small: bool) -> Outcome:
    """Run a client and say how it ended: one client's fault stops that client alone."""
    try:
        outcome = dagster.run(client, partial(watch.advance, client), partial(watch.stage, client), is_small=is_small)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other clients go on
        text, code = shown(error)
        return client, code, text.removeprefix("rcm: ")
    return client, ExitCode(outcome.exit_code), outcome.message


def _next(pipe: Connection) -> str | None:
    try:
        return str(pipe.recv())
    except EOFError:
        return None


def _available_memory() -> int:
    try:
        line = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return _MEMORY_OF_ONE * (os.cpu_count() or 1)
    return int(line.split()[1]) * 1024
