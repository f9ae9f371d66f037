"""Dagster's own SQLite storage with its connections kept and a step's events written in one transaction.

The stock class opens a connection and commits for every event: 7.7 of the 13 CPU seconds of a small client. The files are
the same, so the stock class and the UI read them; named in dagster.yaml (see `assets.launch`).
"""

import contextlib
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.event_api import AssetRecordsFilter, EventLogRecord, EventRecordsResult
from dagster._core.events import ASSET_CHECK_EVENTS, ASSET_EVENTS, EVENT_TYPE_TO_PIPELINE_RUN_STATUS, DagsterEventType
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.base_storage import DagsterStorage
from dagster._core.storage.event_log.schema import AssetKeyTable, SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.schedules.sqlite.sqlite_schedule_storage import SqliteScheduleStorage
from dagster._core.storage.sql import create_engine
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import event as sqlalchemy_events
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.pool import StaticPool

from assets.first_storage import make_once
from rcm_pipeline.publishing import beside, one_at_a_time

_PLANNED = (DagsterEventType.ASSET_MATERIALIZATION_PLANNED, DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED)
_STEP_ENDS = (DagsterEventType.STEP_SUCCESS, DagsterEventType.STEP_FAILURE, DagsterEventType.STEP_SKIPPED)
_RUN_ENDS = (DagsterEventType.RUN_SUCCESS, DagsterEventType.RUN_FAILURE, DagsterEventType.RUN_CANCELED)
_EMPTY_SHARD = ".empty-shard"  # a run's database without a row, copied for every new run


class KeptConnections:
    """One open connection a database, used by one thread at a time; a use within a use joins its transaction."""

    def __init__(self, address: Callable[[str], str]) -> None:
        self._address = address
        self._open: dict[str, Connection] = {}
        self.lock = threading.RLock()

    @contextmanager
    def use(self, name: str) -> Iterator[Connection]:
        """A connection within a transaction, committed at the end of the outermost use."""
        with self.lock:
            connection = self._open.get(name) or self._connect(name)
            if connection.in_transaction():
                yield connection
            else:
                with connection.begin():
                    yield connection

    def check_in(self, name: str) -> None:
        """Move what is written from the log into the file itself, as far as nobody reads: who watches the file sees that it changed."""
        with self.lock:
            if connection := self._open.get(name):
                raw: Any = connection.connection.dbapi_connection
                raw.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def is_in_use(self, name: str) -> bool:
        """True within a use of it."""
        return name in self._open and self._open[name].in_transaction()

    def close(self, *names: str) -> None:
        """Close these, or all: the last to close a database takes its -wal with it."""
        with self.lock:
            for name in names or tuple(self._open):
                if connection := self._open.pop(name, None):
                    engine = connection.engine
                    connection.close()
                    engine.dispose()

    def _connect(self, name: str) -> Connection:
        options = {"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False}
        engine = create_engine(self._address(name), poolclass=StaticPool, connect_args=options)
        sqlalchemy_events.listen(engine, "connect", _lighter)
        self._open[name] = engine.connect()
        return self._open[name]


def _lighter(connection: sqlite3.Connection, _: Any) -> None:
    """With a write-ahead log a commit need not wait for the disk: a power cut loses the last events, and never the file."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


class StepwiseEventLog(SqliteEventLogStorage):
    """An event log that keeps a step's events until it ends, then writes them in one transaction a database.

    Whatever else is asked of it writes them first, so nothing reads past them. A killed run loses its running step's events.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._kept = KeptConnections(self.conn_string_for_shard)
        self._waiting: list[EventLogEntry] = []
        self._latest: dict[tuple[str, str | None], EventLogRecord] = {}
        self._is_writing = False
        self._seen_tables: set[str] = set()
        self._seen_partitions: set[tuple[str, str]] = set()
        self._own_runs: set[str] = set()
        super().__init__(base_dir, inst_data)
        self._drop_logs_of_the_dead()

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._kept.lock:
            self.write_waiting()
            self._prepare(shard)
            with self._kept.use(shard) as connection:
                yield connection
            self._let_go(shard)

    def store_event(self, event: EventLogEntry) -> None:
        """Keep it while its step runs; write it and all that wait when it ends a step or belongs to none."""
        with self._kept.lock:
            self._waiting.append(event)
            kind = event.dagster_event_type
            if kind == DagsterEventType.RUN_START:
                self._own_runs.add(event.run_id)
            is_within = kind in _PLANNED or (event.step_key is not None and kind not in _STEP_ENDS)
            if not is_within:
                self.write_waiting()
            if kind in _RUN_ENDS:
                self._own_runs.discard(event.run_id)
                self._let_go(event.run_id)
                self._forget()

    def write_waiting(self) -> None:
        """Write the events that wait: one transaction in their run's database, one in the index over runs."""
        with self._kept.lock:
            if self._is_writing or not self._waiting:
                return
            events, self._waiting, self._is_writing = self._waiting, [], True
            try:
                for run_id in dict.fromkeys(event.run_id for event in events):
                    self._write([event for event in events if event.run_id == run_id], run_id)
            finally:
                self._is_writing = False

    def _write(self, events: Sequence[EventLogEntry], run_id: str) -> None:
        self._prepare(run_id)
        self._prepare(INDEX_SHARD_NAME)
        rows = [self._event_to_row(event) for event in events]
        with self._kept.use(run_id) as own, self._kept.use(INDEX_SHARD_NAME) as index:
            own.execute(SqlEventLogStorageTable.insert(), rows)
            for event, row in zip(events, rows, strict=True):
                self._mirror(index, event, row)
        self._kept.check_in(run_id)
        self._let_go(run_id)

    def _let_go(self, shard: str) -> None:
        """Keep open the index and the databases of runs that this process is at; a server that shows many runs opens each as it reads."""
        if shard != INDEX_SHARD_NAME and shard not in self._own_runs and not self._kept.is_in_use(shard):
            self._kept.close(shard)

    def _forget(self) -> None:
        self._latest.clear()
        self._seen_partitions.clear()

    def wipe_asset(self, asset_key: dg.AssetKey) -> None:
        """Nothing is remembered of it either."""
        self._forget()
        super().wipe_asset(asset_key)

    def wipe(self) -> None:
        """Nothing is remembered either."""
        self._forget()
        super().wipe()

    def delete_dynamic_partition(self, partitions_def_name: str, partition_key: str) -> None:
        """It is not remembered either."""
        self._forget()
        super().delete_dynamic_partition(partitions_def_name, partition_key)

    def _mirror(self, index: Connection, event: EventLogEntry, row: Mapping[str, Any]) -> None:
        """What is asked over runs stands in the index too, as the stock class has it: events of assets, of checks and of a run's state."""
        kind = event.dagster_event_type if event.is_dagster_event else None
        if kind in ASSET_EVENTS:
            event_id = _inserted(index, row)
            self._store_asset_event_tags(index, [event], [event_id])
            self._store_asset_event(index, event, event_id)
        if kind in ASSET_CHECK_EVENTS:
            self.store_asset_check_event(event, _inserted(index, row))
        if kind in EVENT_TYPE_TO_PIPELINE_RUN_STATUS:
            _inserted(index, row)

    def fetch_materializations(
        self, records_filter: Any, limit: int, cursor: str | None = None, ascending: bool = False
    ) -> EventRecordsResult:
        """The newest of an asset's partition, which every check asks for, is answered from memory when this run made it."""
        if isinstance(records_filter, AssetRecordsFilter) and limit == 1 and not (cursor or ascending):
            asset_key, partitions = records_filter.asset_key, records_filter.asset_partitions or ()
            if len(partitions) == 1 and records_filter == AssetRecordsFilter(asset_key, partitions):
                self._write_if_waiting(asset_key)
                record = self._latest.get((asset_key.to_string(), partitions[0]))
                if record:
                    return EventRecordsResult([record], str(record.storage_id), has_more=True)
        return super().fetch_materializations(records_filter, limit, cursor, ascending)

    def has_dynamic_partition(self, partitions_def_name: str, partition_key: str) -> bool:
        """Asked four times a table; a client that was there once in a run is there to its end."""
        partition = (partitions_def_name, partition_key)
        if partition not in self._seen_partitions and super().has_dynamic_partition(*partition):
            self._seen_partitions.add(partition)
        return partition in self._seen_partitions

    def get_latest_tags_by_partition(
        self,
        asset_key: dg.AssetKey,
        event_type: DagsterEventType,
        tag_keys: Sequence[str],
        asset_partitions: Sequence[str] | None = None,
        before_cursor: int | None = None,
        after_cursor: int | None = None,
    ) -> Mapping[str, Mapping[str, str]]:
        """Asked of every table a step reads; answered from memory when this run made them all."""
        self._write_if_waiting(asset_key)
        records = [self._latest.get((asset_key.to_string(), partition)) for partition in asset_partitions or ()]
        is_simple = event_type == DagsterEventType.ASSET_MATERIALIZATION and before_cursor is None and after_cursor is None
        if is_simple and records and all(records):
            tags = {
                record.partition_key: record.asset_materialization.tags or {}
                for record in records
                if record and record.asset_materialization
            }
            return {str(partition): {key: value for key, value in of.items() if key in tag_keys} for partition, of in tags.items()}
        return super().get_latest_tags_by_partition(asset_key, event_type, tag_keys, asset_partitions, before_cursor, after_cursor)

    def has_table(self, table_name: str) -> bool:
        """Asked before every event; a table that was there once is there."""
        if table_name not in self._seen_tables and super().has_table(table_name):
            self._seen_tables.add(table_name)
        return table_name in self._seen_tables

    def dispose(self) -> None:
        """Write what waits and close."""
        self.write_waiting()
        self._kept.close()
        super().dispose()

    def _store_asset_event(self, conn: Connection, event: EventLogEntry, event_id: int) -> None:
        """The asset's row in the index: one that is there is updated, for there are more runs than assets."""
        if not (event.dagster_event and event.dagster_event.asset_key):
            return
        values = self._get_asset_entry_values(event, event_id, self._has_asset_key_index_cols_on_connection(conn))
        if values:
            name = event.dagster_event.asset_key.to_string()
            if conn.execute(AssetKeyTable.update().where(AssetKeyTable.c.asset_key == name).values(**values)).rowcount == 0:
                conn.execute(AssetKeyTable.insert().values(asset_key=name, **values))
        if event.dagster_event_type == DagsterEventType.ASSET_MATERIALIZATION and event.run_id in self._own_runs:
            self._latest[(event.dagster_event.asset_key.to_string(), event.dagster_event.partition)] = EventLogRecord(event_id, event)

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        column = f"asset_keys.{column_name}"
        if column not in self._seen_tables and super()._has_asset_key_col_on_connection(conn, column_name):
            self._seen_tables.add(column)
        return column in self._seen_tables

    def _write_if_waiting(self, asset_key: dg.AssetKey) -> None:
        if any(event.dagster_event and event.dagster_event.asset_key == asset_key for event in self._waiting):
            self.write_waiting()

    def _prepare(self, shard: str) -> None:
        """Make a run's database on its first use, as a copy of an empty one: making it by migrations takes a third of a second."""
        if shard in self._initialized_dbs:
            return
        path, empty = Path(self.path_for_shard(shard)), Path(self._base_dir) / f"{_EMPTY_SHARD}-{dg.__version__}"
        if not path.exists() and empty.exists():
            with beside(path) as fresh:
                shutil.copyfile(empty, fresh)
        if not path.exists() or shard == INDEX_SHARD_NAME or not empty.exists():
            self._initdb(self._kept_engine(shard))
        self._initialized_dbs.add(shard)
        if not empty.exists() and shard != INDEX_SHARD_NAME:
            with self._kept.use(shard) as connection:
                if connection.execute(text("SELECT count(*) FROM event_logs")).scalar() == 0:
                    _backed_up(connection, empty)

    def _kept_engine(self, shard: str) -> Any:
        with self._kept.use(shard) as connection:
            return connection.engine

    def _drop_logs_of_the_dead(self) -> None:
        """A run that was killed leaves its write-ahead log; opening and closing its database takes it in, unless another has it open."""
        for log in Path(self._base_dir).glob("*.db-wal"):
            with contextlib.suppress(sqlite3.Error, OSError), contextlib.closing(sqlite3.connect(log.with_suffix(".db"))) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _inserted(index: Connection, row: Mapping[str, Any]) -> int:
    key = index.execute(SqlEventLogStorageTable.insert(), dict(row)).inserted_primary_key
    return int(key[0]) if key else 0


def _backed_up(connection: Connection, empty: Path) -> None:
    source: Any = connection.connection.dbapi_connection
    with beside(empty) as fresh, contextlib.closing(sqlite3.connect(fresh)) as copy:
        source.backup(copy)


class KeptRunStorage(SqliteRunStorage):
    """Dagster's record of runs with its connection kept."""

    def __init__(self, conn_string: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(conn_string, inst_data)
        self._kept = KeptConnections(lambda _: conn_string)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """The kept connection, within a transaction."""
        with self._kept.use("runs") as connection:
            yield connection

    def dispose(self) -> None:
        """Close it."""
        self._kept.close()


def _opened(folder: Path) -> tuple[KeptRunStorage, StepwiseEventLog, SqliteScheduleStorage]:
    """The three storages of a folder, their databases made where they are lacking."""
    history = folder / "history"
    runs = KeptRunStorage.from_local(str(history))
    assert isinstance(runs, KeptRunStorage)
    return runs, StepwiseEventLog(str(history / "runs")), SqliteScheduleStorage.from_local(str(folder / "schedules"))


def _make(folder: Path) -> None:
    for storage in _opened(folder):
        storage.dispose()


class StepwiseStorage(DagsterSqliteStorage):
    """What dagster.yaml names: the folders of Dagster's own SQLite storage, written as above."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self.base_dir = base_dir
        with one_at_a_time(Path(base_dir) / ".opening.lock"):
            make_once(Path(base_dir), _make)
            self._run_storage, self._event_log_storage, self._schedule_storage = _opened(Path(base_dir))
        self._inst_data = inst_data
        DagsterStorage.__init__(self)  # type: ignore[no-untyped-call, arg-type]  # not the parent's: it opens what is opened here

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> "StepwiseStorage":
        """As configured in dagster.yaml: `base_dir`."""
        return cls(config_value["base_dir"], inst_data)
