"""What one more small client costs in a process that is warm, by part: CPU seconds, events, SQL statements and connections.

Kind A has one 837 and one 835, kind B 116 claims in 175 files; the third row is a client of about 100,000 claims, run alone.
"""

import datetime as dt
import functools
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import in_own_process

TODAY = dt.date(2026, 11, 30)
CLIENTS = 5  # the first warms the process and is not counted
KINDS = {"A: an 837 and an 835": 0.048, "B: 116 claims, 175 files": 0.048, "100,000 claims": 42.0}


class Parts:
    """CPU seconds spent in parts of a run, each without what it calls of another; and what was counted."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.counts = {"events": 0, "statements": 0, "connections": 0}
        self._open: list[float] = []

    def timed(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, whose own CPU time is added to a part."""

        @functools.wraps(work)
        def measured(*given: Any, **named: Any) -> Any:
            start = time.process_time()
            self._open.append(0.0)
            try:
                return work(*given, **named)
            finally:
                whole = time.process_time() - start
                self.seconds[name] = self.seconds.get(name, 0.0) + whole - self._open.pop()
                if self._open:
                    self._open[-1] += whole

        return measured


def watch(parts: Parts) -> None:
    """Put the stopwatch around the parts of a run."""
    import sqlite3

    from assets import factory, governance, intake
    from assets.event_storage import KeptConnections, StepwiseEventLog
    from assets.launch import Session
    from rcm_pipeline.quality import contracts, expectations

    for module, name, part in (
        (factory, "_run", "ours"),
        (governance, "_publish", "pack"),
        (factory, "check_contract", "contracts"),
        (intake, "check_portions", "contracts"),
        (expectations, "judge_batch", "Great Expectations"),
        (Session, "_execute", "Dagster"),
    ):
        setattr(module, name, parts.timed(part, getattr(module, name)))
    assert contracts.check_contract is not factory.check_contract
    connect, store = KeptConnections._connect, StepwiseEventLog.store_event

    def connected(self: KeptConnections, name: str) -> Any:
        parts.counts["connections"] += 1
        made = connect(self, name)
        raw: sqlite3.Connection = made.connection.dbapi_connection  # type: ignore[assignment]
        raw.set_trace_callback(lambda _: parts.counts.update(statements=parts.counts["statements"] + 1))
        return made

    def stored(self: StepwiseEventLog, event: Any) -> None:
        parts.counts["events"] += 1
        store(self, event)

    KeptConnections._connect, StepwiseEventLog.store_event = connected, stored  # type: ignore[method-assign]


def run(inbox: Path, home: Path) -> dict[str, float]:
    """Run every client of an inbox; what the later ones cost each, or the only one."""
    from assets.launch import session
    from rcm_pipeline.settings import Home

    parts = Parts()
    watch(parts)
    clients = sorted(path.name for path in inbox.iterdir())
    with session(Home(home, inbox, home / "settings"), TODAY) as dagster:
        for client in clients:
            outcome = dagster.run(client)
            assert not outcome.exit_code, outcome
            if client == clients[0] and len(clients) > 1:
                parts.seconds.clear()
                parts.counts.update(dict.fromkeys(parts.counts, 0))
    counted = max(len(clients) - 1, 1)
    return {name: value / counted for name, value in (parts.seconds | parts.counts).items()}


def prepare(folder: Path, kind: str, scale: float) -> Path:
    """The inbox of a kind."""
    from rcm_pipeline.sample.generate import generate

    generate(folder / "sample", scale=scale)
    source, inbox = folder / "sample" / "inbox" / "lakeside-physicians", folder / "inbox"
    for number in range(1 if scale > 1 else CLIENTS):
        into = inbox / f"client-{number}"
        into.mkdir(parents=True)
        files = [min(source.glob("837*")), sorted(source.glob("835*"))[3]] if kind.startswith("A") else source.iterdir()
        for path in files:
            shutil.copy(path, into)
    return inbox


def main(given: Sequence[str]) -> None:
    """A row for every kind; or, for the process of one, its measures as JSON."""
    if given:
        print(json.dumps(run(Path(given[0]), Path(given[1]))))
        return
    names = ("Dagster", "contracts", "Great Expectations", "ours", "pack")
    print("| kind | CPU s | " + " | ".join(names) + " | of it Dagster, contracts, GX | events | statements | connections |")
    print("|---" * (len(names) + 6) + "|")
    for kind, scale in KINDS.items():
        with tempfile.TemporaryDirectory() as name:
            inbox = prepare(Path(name), kind, scale)
            cost = in_own_process("benchmarks.pipeline.kinds", str(inbox), f"{name}/home")
        seconds = [cost.get(part, 0.0) for part in names]
        row = [f"{sum(seconds):.2f}", *(f"{value:.2f}" for value in seconds), f"{sum(seconds[:3]) / sum(seconds):.0%}"]
        print(f"| {kind} | " + " | ".join([*row, *(f"{cost[n]:,.0f}" for n in ("events", "statements", "connections"))]) + " |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
