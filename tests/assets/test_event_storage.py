"""Dagster's events: written a step at a time, readable by Dagster's own class, and safe for two processes and for a kill."""

import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.event_api import AssetRecordsFilter
from dagster._core.events import DagsterEventType
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from sqlalchemy import text
from sqlalchemy.engine import Connection

from assets.event_storage import KeptConnections, StepwiseEventLog, StepwiseStorage
from assets.launch import prepare_dagster
from rcm_pipeline.settings import Home

CLIENTS = dg.DynamicPartitionsDefinition(name="clients")
CHECKED = 7


@dg.multi_asset(
    name="step",
    specs=[dg.AssetSpec(f"table_{n}", partitions_def=CLIENTS) for n in range(CHECKED)],
    check_specs=[dg.AssetCheckSpec("contract", asset=f"table_{n}") for n in range(CHECKED)],
)
def step() -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    for n in range(CHECKED):
        yield dg.MaterializeResult(asset_key=f"table_{n}", metadata={"rows": n})
    for n in range(CHECKED):
        yield dg.AssetCheckResult(asset_key=f"table_{n}", check_name="contract", passed=n != 3, severity=dg.AssetCheckSeverity.WARN)


@dg.asset(deps=["table_0"], partitions_def=CLIENTS)
def pack() -> None: ...


def execute(instance: dg.DagsterInstance, client: str = "acme") -> dg.ExecuteInProcessResult:
    instance.add_dynamic_partitions("clients", [client])
    result = dg.materialize([step, pack], instance=instance, partition_key=client)
    assert result.success
    return result


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """As `rcm run` opens it."""
    for name in ("RCM_HOME", "RCM_INBOX", "RCM_SETTINGS", "DAGSTER_HOME"):
        monkeypatch.delenv(name, raising=False)
    prepare_dagster(Home(tmp_path, tmp_path / "inbox", tmp_path / "settings"))
    with dg.DagsterInstance.get() as opened:
        yield opened


def test_the_file_dagster_yaml_names_is_ours(instance: dg.DagsterInstance) -> None:
    assert isinstance(instance.event_log_storage, StepwiseEventLog)


def test_the_stock_class_reads_what_was_written(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    run_id = execute(instance).run_id
    own = [entry.dagster_event_type for entry in instance.all_logs(run_id)]
    checks = instance.event_log_storage.get_asset_check_execution_history(dg.AssetCheckKey(dg.AssetKey("table_3"), "contract"), 10)
    instance.dispose()
    stock = DagsterSqliteStorage(str(tmp_path / "dagster"))
    read = stock.event_log_storage.get_logs_for_run(run_id)
    assert [entry.dagster_event_type for entry in read] == own
    assert own.count(DagsterEventType.ASSET_MATERIALIZATION) == CHECKED + 1
    assert own.count(DagsterEventType.ASSET_CHECK_EVALUATION) == CHECKED
    again = stock.event_log_storage.get_asset_check_execution_history(dg.AssetCheckKey(dg.AssetKey("table_3"), "contract"), 10)
    assert [(r.status, r.event.dagster_event.event_specific_data.passed) for r in again] == [(r.status, False) for r in checks]  # type: ignore[union-attr]
    record = stock.event_log_storage.get_asset_records([dg.AssetKey("table_2")])[0]
    assert record.asset_entry.last_run_id == run_id
    assert stock.run_storage.get_runs()[0].run_id == run_id


def test_a_check_points_at_its_own_materialization(instance: dg.DagsterInstance) -> None:
    """It is answered from memory, so it must be the one this run made."""
    for _ in range(2):
        result = execute(instance)
        made = instance.all_logs(result.run_id, DagsterEventType.ASSET_MATERIALIZATION)
        assert len(made) == CHECKED + 1
        for evaluation in result.get_asset_check_evaluations():
            target = evaluation.target_materialization_data
            assert target is not None
            assert target.run_id == result.run_id
            record = instance.fetch_materializations(evaluation.asset_key, limit=1).records[0]
            assert (target.storage_id, record.run_id) == (record.storage_id, result.run_id)


def test_a_step_is_one_transaction_a_database(instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    execute(instance)  # makes the empty database a run's is copied from
    commits: list[str] = []
    commit = Connection._commit_impl
    monkeypatch.setattr(Connection, "_commit_impl", lambda self: (commits.append(str(self.engine.url.database)), commit(self))[1])
    connected: list[str] = []
    connect = KeptConnections._connect
    monkeypatch.setattr(KeptConnections, "_connect", lambda self, name: (connected.append(name), connect(self, name))[1])
    run_id = execute(instance).run_id
    own = [name for name in commits if run_id in name]
    assert connected == [run_id], "one connection to the run's database; the others are still open"
    assert len(own) <= 30, "49 events of the step and as many of the rest are some twenty transactions"


def test_nothing_is_read_past_events_that_wait(instance: dg.DagsterInstance) -> None:
    seen = []

    @dg.op
    def looks(context: dg.OpExecutionContext) -> None:
        context.log_event(dg.AssetMaterialization("mid"))
        seen.append(instance.fetch_materializations(dg.AssetKey("mid"), limit=1).records[0].run_id == context.run_id)

    @dg.job
    def looking() -> None:
        looks()

    assert looking.execute_in_process(instance=instance).success
    assert seen == [True]


_RUNS = """
import sys
import dagster as dg
from assets.launch import prepare_dagster
from pathlib import Path
from rcm_pipeline.settings import Home
from tests.assets.test_event_storage import execute
root = Path(sys.argv[1])
prepare_dagster(Home(root, root / "inbox", root / "settings"))
with dg.DagsterInstance.get() as instance:
    for n in range(4):
        execute(instance, f"{sys.argv[2]}-{n}")
"""


def test_two_processes_share_a_home(tmp_path: Path) -> None:
    together = [
        subprocess.Popen([sys.executable, "-c", _RUNS, str(tmp_path), name], stderr=subprocess.PIPE, text=True) for name in ("a", "b")
    ]
    for process in together:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert "locked" not in err
    stock = DagsterSqliteStorage(str(tmp_path / "dagster"))
    assert len(stock.run_storage.get_runs()) == 8
    assert not list((tmp_path / "dagster").rglob("*.db-wal"))


_KILLED = """
import os, signal, sys
import dagster as dg
from assets.launch import prepare_dagster
from pathlib import Path
from rcm_pipeline.settings import Home

@dg.op
def first() -> int:
    return 1

@dg.op
def second(context: dg.OpExecutionContext, one: int) -> None:
    context.log.info("lost with its step")
    os.kill(os.getpid(), signal.SIGKILL)

@dg.job
def killed() -> None:
    second(first())

root = Path(sys.argv[1])
prepare_dagster(Home(root, root / "inbox", root / "settings"))
with dg.DagsterInstance.get() as instance:
    killed.execute_in_process(instance=instance)
"""


def test_a_killed_run_loses_its_running_step_alone(tmp_path: Path) -> None:
    code = textwrap.dedent(_KILLED)
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    runs = tmp_path / "dagster" / "history" / "runs"
    storage = StepwiseStorage(str(tmp_path / "dagster"))  # takes in what the dead one left
    assert not list(runs.glob("*.db-wal"))
    run_id = storage.run_storage.get_runs()[0].run_id
    events = [(entry.step_key, entry.dagster_event_type) for entry in storage.event_log_storage.get_logs_for_run(run_id)]
    storage.dispose()
    assert ("first", DagsterEventType.STEP_SUCCESS) in events
    assert "second" not in {step_key for step_key, _ in events}
    with sqlite3.connect(runs / f"{run_id}.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_run_database_is_a_copy_of_an_empty_one(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    execute(instance)
    execute(instance)
    stock = SqliteEventLogStorage(str(tmp_path / "dagster" / "history" / "runs"))
    assert len(stock.get_all_run_ids()) == 2, "the empty one is no run"


def test_a_server_that_reads_many_runs_keeps_none_open_and_sees_them_grow(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    runs = [execute(instance).run_id for _ in range(3)]
    server = StepwiseStorage(str(tmp_path / "dagster"))
    for run_id in runs:
        assert server.event_log_storage.get_records_for_run(run_id).records
    assert set(server.event_log_storage._kept._open) <= {"index"}
    before = {run_id: (tmp_path / "dagster" / "history" / "runs" / f"{run_id}.db").stat().st_size for run_id in runs}
    assert all(size > 100_000 for size in before.values()), "what was written stands in the file and not in its log"
    server.dispose()


def test_a_process_that_begins_with_a_check_writes_all_of_it(instance: dg.DagsterInstance) -> None:
    execute(instance)
    instance.dispose()

    @dg.asset(check_specs=[dg.AssetCheckSpec("fine", asset="lone")])
    def lone() -> dg.MaterializeResult:
        return dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=True, check_name="fine")])

    with dg.DagsterInstance.get() as fresh:
        result = dg.materialize([lone], instance=fresh)
        planned = [DagsterEventType.ASSET_MATERIALIZATION_PLANNED, DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED]
        with fresh.event_log_storage.index_connection() as index:  # type: ignore[attr-defined]
            for kind in planned:
                query = "SELECT count(*) FROM event_logs WHERE dagster_event_type = :kind AND run_id = :run"
                assert index.execute(text(query), {"kind": kind.value, "run": result.run_id}).scalar() == 1


def test_what_another_process_materialized_is_seen(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    instance.report_runless_asset_event(dg.AssetMaterialization("table_0", partition="acme"))
    first = instance.fetch_materializations(AssetRecordsFilter(dg.AssetKey("table_0"), ["acme"]), limit=1).records[0]
    other = StepwiseStorage(str(tmp_path / "dagster"))
    other.event_log_storage.register_instance(instance)
    other.event_log_storage.store_event(first.event_log_entry)
    other.dispose()
    second = instance.fetch_materializations(AssetRecordsFilter(dg.AssetKey("table_0"), ["acme"]), limit=1).records[0]
    assert second.storage_id > first.storage_id
