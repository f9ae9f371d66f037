"""Is a client's published pack current? Answered from the ledger alone, without computing or importing anything heavy."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from rcm_pipeline import __version__
from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.errors import BusyError, StorageError
from rcm_pipeline.intake.inbox import Delivery
from rcm_pipeline.reference import reference_hash
from rcm_pipeline.settings import Home, settings_hash
from rcm_pipeline.weeks import Week, anchor_stored

NO_WEEK = dt.date(1900, 1, 1)
STALE = "stale.json"  # beside a pack that a later run did not renew
INTERNAL, PAGE_NAME = "internal", "governance_pack.html"
PAGE = f"{INTERNAL}/{PAGE_NAME}"  # of a pack; that for the client lies in client/


def has_pack(latest: Path) -> bool:
    """Whether a pack lies there, of this version or of one before it, whose page had no folder."""
    return (latest / PAGE).exists() or (latest / PAGE_NAME).exists()


def input_hash(file_ids: Iterable[str]) -> str:
    """One hash over the content of all files, whatever their names and order."""
    return hashlib.sha256("\n".join(sorted(file_ids)).encode()).hexdigest()


def is_current(home: Home, client: str, found: Sequence[Delivery], today: dt.date) -> bool:
    """True when the same run again would change nothing.

    That is: every delivered content is in the ledger, the files that cannot be opened are the same as before, and the
    last run published the pack of the present anchor week from these inputs, settings, code tables and software.
    """
    path = home.published(client)
    if not path.exists() or not (home.reports(client) / "latest" / PAGE).exists():
        return False
    try:
        with open_warehouse(path, read_only=True) as connection:
            return _matches(connection, home, client, found, today)
    except StorageError:
        return False  # damaged or of another version: the run itself will say so
    except BusyError:
        return False  # being written: the run itself will say so


def _matches(connection: duckdb.DuckDBPyConnection, home: Home, client: str, found: Sequence[Delivery], today: dt.date) -> bool:
    known = {row[0] for row in connection.sql("SELECT file_id FROM raw_files").fetchall()}
    reasons = [row[0] for row in connection.sql("SELECT reason FROM raw_rejects WHERE file_id IS NULL ORDER BY reject_no").fetchall()]
    unopened = [d.reason for d in found if d.is_unopened]
    same_trouble = len(reasons) == len(unopened) and all(reason.endswith(why) for reason, why in zip(reasons, unopened, strict=True))
    if not same_trouble or any(d.file_id is not None and d.file_id not in known for d in found):
        return False
    last = latest_run(connection)
    return last is not None and last.status == "published" and is_computed(connection, home, client, anchor_stored(connection, today))


@dataclass(frozen=True)
class Run:
    """A run of a client, as ops_runs knows it."""

    run_id: str
    status: str
    code_version: str


def latest_run(connection: duckdb.DuckDBPyConnection) -> Run | None:
    """The run that was begun last, by its ordinal: a clock may have been wrong once."""
    row = connection.sql("SELECT run_id, status, code_version FROM ops_runs ORDER BY run_no DESC LIMIT 1").fetchone()
    return Run(*row) if row else None


def is_computed(connection: duckdb.DuckDBPyConnection, home: Home, client: str, week: Week | None) -> bool:
    """Whether the newest pack, and so the marts, are of this week and of the files, settings, code tables and code of now."""
    known = [row[0] for row in connection.sql("SELECT file_id FROM raw_files").fetchall()]
    expected = (
        week.monday if week else NO_WEEK,
        input_hash(known),
        reference_hash(),
        settings_hash(home.settings, client),
        __version__,
    )
    published = connection.sql(
        "SELECT week, input_hash, reference_hash, settings_hash, p.code_version FROM ops_publications p JOIN ops_runs USING (run_id) "
        "ORDER BY run_no DESC, week DESC, publication_no DESC LIMIT 1"
    ).fetchone()
    return bool(published == expected)
