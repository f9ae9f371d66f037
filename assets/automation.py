"""What runs by itself once `rcm ui` is up: a sensor on the inbox and a weekly schedule."""

import hashlib
import os
from pathlib import Path

import dagster as dg

from assets.guard import note_failure
from assets.resources import CLIENTS
from rcm_pipeline.governance.publications import PAGE
from rcm_pipeline.intake.inbox import clients_of, files_under
from rcm_pipeline.settings import Home

_IS_ON = os.environ.get("RCM_AUTOMATION") == "on"  # set by `rcm ui`

_TRIES = 3  # of a run for one state of the inbox
_RUN_KEY = "dagster/run_key"
_PORTFOLIO = dg.AssetSelection.assets("portfolio")
weekly_pack = dg.define_asset_job("weekly_pack", selection=dg.AssetSelection.all() - _PORTFOLIO)
portfolio_job = dg.define_asset_job("portfolio_job", selection=_PORTFOLIO)


@dg.sensor(
    job=weekly_pack,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING if _IS_ON else dg.DefaultSensorStatus.STOPPED,
)
def inbox_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """One run per client whose inbox changed, told by sizes and times of its files; the ledger decides what is new.

    A run that failed is tried again at the next look, three times in all, for a full disk may be cleared.
    """
    home = Home.from_environment()
    if not home.inbox.is_dir():
        return dg.SkipReason("there is no inbox folder yet")
    found = clients_of(home.inbox)
    seen = {client: _state(places) for client, places in found.items()}
    requests = [
        dg.RunRequest(partition_key=client, run_key=_run_key(context.instance, f"{client}:{state}")) for client, state in seen.items()
    ]
    return dg.SensorResult(run_requests=requests, dynamic_partitions_requests=[CLIENTS.build_add_request(sorted(seen))])


@dg.schedule(
    job=weekly_pack,
    cron_schedule="0 6 * * 1",
    default_status=dg.DefaultScheduleStatus.RUNNING if _IS_ON else dg.DefaultScheduleStatus.STOPPED,
)
def monday_schedule(context: dg.ScheduleEvaluationContext) -> list[dg.RunRequest]:
    """Every client's pack on Monday morning, so that a week without new files is still closed."""
    day = context.scheduled_execution_time.date()
    clients = context.instance.get_dynamic_partitions("clients")
    return [dg.RunRequest(partition_key=client, run_key=f"{client}:{day}") for client in clients]


@dg.schedule(
    job=portfolio_job,
    cron_schedule="0 9 * * 1",
    default_status=dg.DefaultScheduleStatus.RUNNING if _IS_ON else dg.DefaultScheduleStatus.STOPPED,
)
def portfolio_schedule(_context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """What clients know together, once their Monday packs are made; the next packs read it."""
    return dg.RunRequest()


@dg.run_failure_sensor(default_status=dg.DefaultSensorStatus.RUNNING if _IS_ON else dg.DefaultSensorStatus.STOPPED)
def stale_pack_sensor(context: dg.RunFailureSensorContext) -> None:
    """A run that failed in the UI leaves the last good pack marked stale, as `rcm run` does by itself."""
    client = context.dagster_run.tags.get("dagster/partition")
    if client and not _is_renewed_since(context.instance, context.dagster_run.run_id, client):
        reason = "the last run did not finish; see its record in Dagster"
        note_failure(Home.from_environment(), client, context.dagster_run.run_id, "failed", reason, only_once=True)


def _run_key(instance: dg.DagsterInstance, key: str) -> str:
    """The key of a state of the inbox, with the number of the try where those before it failed; Dagster runs each key once."""
    tries = [key, *(f"{key}:{again}" for again in range(1, _TRIES))]
    return next((tried for tried in tries if not _has_failed(instance, tried)), tries[-1])


def _has_failed(instance: dg.DagsterInstance, run_key: str) -> bool:
    runs = instance.get_runs(filters=dg.RunsFilter(tags={_RUN_KEY: run_key}), limit=1)
    return bool(runs) and runs[0].status == dg.DagsterRunStatus.FAILURE


def _is_renewed_since(instance: dg.DagsterInstance, run_id: str, client: str) -> bool:
    """Whether a pack was put in place after this run ended: then its failure says nothing of the pack."""
    page = Home.from_environment().reports(client) / "latest" / PAGE
    record = instance.get_run_record_by_id(run_id)
    ended = record.end_time if record else None
    return ended is not None and page.exists() and page.stat().st_mtime > ended


def _state(places: list[Path]) -> str:
    """Hash over size and time of every file of a client; no name leaves this function."""
    digest = hashlib.sha256()
    for path in files_under(places):
        try:
            status = path.lstat()
        except OSError:
            continue
        digest.update(f"{status.st_ino}:{status.st_size}:{status.st_mtime_ns};".encode())
    return digest.hexdigest()[:16]
