"""Dagster's databases in a new home: made beside and renamed, so that a run killed at any moment leaves none half made."""

import contextlib
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

from rcm_pipeline.errors import StorageError
from rcm_pipeline.publishing import write_in_place

_DATABASES = (Path("history/runs.db"), Path("history/runs/index.db"), Path("schedules/schedules.db"))
_MADE, _MAKING = ".storage-made", ".storage-being-made"


def make_once(folder: Path, make: Callable[[Path], None]) -> None:
    """Let `make` write the databases into a folder of their own, and put in place those that are not there, or not whole.

    One that is not whole holds no run: a run of a version before this was killed while it was made. Call it within `one_at_a_time`: two
    processes that make Dagster's databases in a new home at once trip over each other's tables.
    """
    if (folder / _MADE).exists():
        return
    fresh = folder / _MAKING
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True, mode=0o700)
    make(fresh)
    for name in _DATABASES:
        if _is_whole(folder / name):
            continue
        (folder / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        for ending in ("-wal", "-shm"):
            (folder / f"{name}{ending}").unlink(missing_ok=True)
        (fresh / name).replace(folder / name)
    shutil.rmtree(fresh)
    write_in_place(folder / _MADE, b"")


def _is_whole(database: Path) -> bool:
    """Dagster writes the version of its tables last. Raises StorageError where it cannot be asked, such as for a lock."""
    if not database.exists():
        return False
    failed = ""
    try:
        with contextlib.closing(sqlite3.connect(database)) as connection:
            return bool(connection.execute("SELECT count(*) FROM alembic_version").fetchone()[0])
    except sqlite3.Error as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_NOTADB or "no such table" in str(error):
            return False
        failed = str(error)
    raise StorageError(f"{database}: it could not be opened ({failed})", fix="close what has it open, check its permissions and run again")
