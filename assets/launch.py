"""Run the graph for one client in this process, as `rcm run` does; the Dagster UI runs the same job."""

import datetime as dt
import fcntl
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from assets.build import build_defs
from assets.guard import note_failure
from assets.resources import Workplace
from rcm_pipeline.connection import kept_open
from rcm_pipeline.errors import BusyError, ExitCode, recorded
from rcm_pipeline.publishing import sweep, write_in_place
from rcm_pipeline.quality.contracts import QUARANTINE
from rcm_pipeline.settings import Home
from rcm_pipeline.warehouse import adopt_older, make_warehouse

DAGSTER_YAML = """\
telemetry: {enabled: false}
nux: {enabled: false}
compute_logs:  # a print or a log line could hold a value
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
concurrency:  # one run per client at a time: a warehouse has one writer
  runs:
    tag_concurrency_limits:
      - {key: dagster/partition, value: {applyLimitPerUniqueValue: true}, limit: 1}
storage:  # Dagster's own files, written a step at a time
  custom:
    module: assets.event_storage
    class: StepwiseStorage
    config: {base_dir: {env: DAGSTER_HOME}}
"""


@dataclass(frozen=True)
class RunOutcome:
    """How a client's run ended; `message` names the first thing that stopped it."""

    exit_code: ExitCode
    message: str = ""


def prepare_dagster(home: Home) -> None:
    """Write dagster.yaml (nothing phones home, nothing printed is kept) and point this process at it."""
    home.to_environment()
    folder = home.root / "dagster"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    config = folder / "dagster.yaml"
    if not config.exists() or config.read_text(encoding="utf-8") != DAGSTER_YAML:
        write_in_place(config, DAGSTER_YAML.encode())


class Session:
    """Runs of one process on one home: one Dagster instance, one graph."""

    def __init__(self, home: Home, today: dt.date, instance: dg.DagsterInstance, is_stopped: Callable[[], bool]) -> None:
        self._home, self._today, self._instance, self._is_stopped = home, today, instance, is_stopped
        self._progress: Callable[[int], None] = lambda _: None
        self._stage: Callable[[str], None] = lambda _: None
        self._fault = ""
        workplace = Workplace(home, today, self._advance, self._enter, self._stop)
        self._definitions = build_defs(resource_overrides={"workplace": workplace})

    def _advance(self, amount: int) -> None:
        self._progress(amount)

    def _enter(self, stage: str) -> None:
        self._stage(stage)

    def _stop(self, message: str) -> None:
        self._fault = self._fault or message

    def register(self, clients: Sequence[str]) -> None:
        """Make every client a partition."""
        self._instance.add_dynamic_partitions("clients", list(clients))

    def run(
        self,
        client: str,
        progress: Callable[[int], None] = lambda _: None,
        stage: Callable[[str], None] = lambda _: None,
        *,
        is_small: bool = True,
    ) -> RunOutcome:
        """Run all assets of one client. Raises BusyError when another `rcm run` is at it, KeyboardInterrupt when it was asked to stop.

        The warehouse of a small client stays open from step to step; that of another is opened by each, which costs a hundredth of
        its run and gives the memory of DuckDB's buffers back.
        """
        self.register([client])
        warehouse, self._progress, self._stage = self._home.warehouse(client), progress, stage
        with alone(self._home, client):
            for folder in (warehouse.parent, self._home.reports(client)):
                sweep(folder)
            make_warehouse(warehouse)
            with kept_open(warehouse) if is_small else nullcontext():
                result = self._execute("weekly_pack", client)
            outcome = _outcome(result, self._fault)
        if outcome.exit_code != ExitCode.OK:
            status = "blocked" if outcome.exit_code == ExitCode.QUALITY else "failed"
            note_failure(self._home, client, result.run_id, status, recorded(outcome.exit_code, outcome.message))
        return outcome

    def run_portfolio(self) -> RunOutcome:
        """Make the portfolio's reference anew from the clients that take part; they read it in their next run.

        Raises KeyboardInterrupt when it was asked to stop.
        """
        return _outcome(self._execute("portfolio_job"), self._fault)

    def _execute(self, job: str, client: str | None = None) -> dg.ExecuteInProcessResult:
        """Run a job in this process, and say nothing: a log line could hold a value. Raises KeyboardInterrupt when asked to stop."""
        self._fault = ""
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        result = self._definitions.resolve_job_def(job).execute_in_process(
            instance=self._instance, partition_key=client, raise_on_error=False, run_config=quiet
        )
        if self._is_stopped():  # Dagster ended the run it was in, which is no fault of the client's
            raise KeyboardInterrupt
        return result


@contextmanager
def session(home: Home, today: dt.date, is_stopped: Callable[[], bool] = lambda: False) -> Iterator[Session]:
    """Dagster on this home, opened once for all runs of this process, until somebody asks to stop."""
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    prepare_dagster(home)
    adopt_older(home)
    with dg.DagsterInstance.get() as instance:
        yield Session(home, today, instance, is_stopped)


def _outcome(result: Any, fault: str) -> RunOutcome:
    if result.success:
        return RunOutcome(ExitCode.OK)
    for event in result.all_events:
        if event.is_step_failure and event.step_failure_data.user_failure_data:
            failure = event.step_failure_data.user_failure_data
            return RunOutcome(ExitCode(int(failure.metadata["exit_code"].value)), fault or failure.description)
    failed = [e for e in result.get_asset_check_evaluations() if not e.passed and e.severity == dg.AssetCheckSeverity.ERROR]
    if failed:
        return RunOutcome(ExitCode.QUALITY, "; ".join(_blocked(e) for e in failed))
    return RunOutcome(ExitCode.INTERNAL, "the run failed outside our code; see the run in `rcm ui`")


def _blocked(evaluation: Any) -> str:
    parts = {name: str(value.value) for name, value in evaluation.metadata.items() if str(value.value).startswith("error")}
    rules = ", ".join(f"{name} ({text.removeprefix('error: ')})" for name, text in parts.items())
    text = f"blocked by {evaluation.asset_key.to_user_string()}: {rules}"
    if QUARANTINE in parts:
        text += "; list them with rcm quarantine, correct them at the source, or raise quarantine.max_share in the client's settings"
    return text


@contextmanager
def alone(home: Home, client: str) -> Iterator[None]:
    """Hold the client's lock for the run; a second run of the same client is told so at once."""
    path = home.warehouse(client).with_name("run.lock")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("w") as lock:
        _lock(lock, path)
        yield


def _lock(lock: Any, path: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return
    except BlockingIOError:
        pass
    raise BusyError(f"{path.parent.name}: another run of this client is going on", fix="wait for it to end, then run again")
