"""Run the graph for one client in this process, as `rcm run` does; the Dagster UI runs the same job."""

import datetime as dt
import fcntl
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from assets.build import build_defs
from assets.guard import note_failure
from assets.resources import Workplace
from rcm_pipeline.errors import BusyError, ExitCode
from rcm_pipeline.quality.contracts import QUARANTINE
from rcm_pipeline.settings import Home

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
        config.write_text(DAGSTER_YAML, encoding="utf-8")


def register_clients(clients: list[str]) -> None:
    """Make every client a partition of the instance."""
    with dg.DagsterInstance.get() as instance:
        instance.add_dynamic_partitions("clients", clients)


def launch(home: Home, client: str, *, today: dt.date, progress: Callable[[int], None]) -> RunOutcome:
    """Run all assets of one client. Raises BusyError when another `rcm run` is at it."""
    with _alone(home, client):
        result = _execute("weekly_pack", Workplace(home, today, progress), client)
        outcome = _outcome(result)
    if outcome.exit_code != ExitCode.OK:
        status = "blocked" if outcome.exit_code == ExitCode.QUALITY else "failed"
        note_failure(home, client, result.run_id, status, outcome.message)
    return outcome


def launch_portfolio(home: Home, *, today: dt.date) -> RunOutcome:
    """Make the portfolio's reference anew from the clients that take part; they read it in their next run."""
    return _outcome(_execute("portfolio_job", Workplace(home, today)))


def _execute(job: str, workplace: Workplace, client: str | None = None) -> dg.ExecuteInProcessResult:
    """Run a job in this process, and say nothing: a log line could hold a value."""
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    definitions = build_defs(resource_overrides={"workplace": workplace})
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with dg.DagsterInstance.get() as instance:
        return definitions.resolve_job_def(job).execute_in_process(
            instance=instance, partition_key=client, raise_on_error=False, run_config=quiet
        )


def _outcome(result: Any) -> RunOutcome:
    if result.success:
        return RunOutcome(ExitCode.OK)
    for event in result.all_events:
        if event.is_step_failure and event.step_failure_data.user_failure_data:
            failure = event.step_failure_data.user_failure_data
            return RunOutcome(ExitCode(int(failure.metadata["exit_code"].value)), failure.description)
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
def _alone(home: Home, client: str) -> Iterator[None]:
    """Hold the client's lock for the run; a second run of the same client is told so at once."""
    path = home.warehouse(client).with_suffix(".lock")
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
    raise BusyError(f"{path.stem}: another run of this client is going on", fix="wait for it to end, then run again")
