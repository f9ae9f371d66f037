"""The one way to open a warehouse: locked to its own file, always closed, with errors that a person can act on."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from rcm_pipeline.errors import BusyError, StorageError

# A query reaches the tables of its own file and nothing else, no other file, no network, no variable of ours, and can change none of this.
_LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",
    "lock_configuration": "true",
}


_kept: dict[Path, duckdb.DuckDBPyConnection] = {}


@contextmanager
def kept_open(path: Path) -> Iterator[None]:
    """While it lasts, every `open_warehouse` of this path in this process is a cursor of one connection: opening costs 40 ms."""
    _kept[path] = _connect(path, read_only=False)
    try:
        yield
    finally:
        _kept.pop(path).close()


@contextmanager
def open_warehouse(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that is always closed. Raises BusyError or StorageError; messages never hold values."""
    connection = _kept[path].cursor() if path in _kept else _connect(path, read_only)
    failure = ""
    try:
        yield connection
    except duckdb.CatalogException:
        failure = "a table is missing: the warehouse is of an older version"
    except duckdb.BinderException:
        failure = "a column is missing: the warehouse is of an older version"
    except duckdb.Error as error:
        failure = type(error).__name__
    finally:
        connection.close()
    if failure:
        raise StorageError(
            f"{path}: the warehouse refused to read or write ({failure}); what was there before still stands",
            fix="check free space and permissions of that folder, then rcm run",
        )


@contextmanager
def at_once(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Everything written within it stands at its end, or nothing of it; until then only this connection sees it."""
    connection.begin()
    try:
        yield
        connection.commit()
    except BaseException:
        with suppress(duckdb.Error):  # what broke may have ended it already; the first error is the one to be told
            connection.rollback()
        raise


def _connect(path: Path, read_only: bool) -> duckdb.DuckDBPyConnection:
    reason = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return duckdb.connect(str(path), read_only=read_only, config=_LOCKED)
    except (duckdb.Error, OSError) as error:
        reason = str(error)
    if "lock" in reason.lower():
        raise BusyError(f"{path}: another run has this warehouse open", fix="wait for it to end, or stop it, then run again")
    raise StorageError(f"{path}: this warehouse cannot be opened", fix="check that it is a DuckDB file you may write, with space left")
