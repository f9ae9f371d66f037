"""When a run fails: the last good pack stays and says so, and the warehouse remembers how the run ended."""

from assets.factory import now
from dashboards.publish import is_stale, mark_stale
from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.settings import Home


def note_failure(home: Home, client: str, run_id: str, status: str, message: str, *, only_once: bool = False) -> None:
    """Mark the pack stale (with `only_once` unless it is already) and record the run's end if the warehouse can be opened."""
    if not (only_once and is_stale(home, client)):
        mark_stale(home, client, message, now())
    try:
        with open_warehouse(home.warehouse(client)) as connection:
            connection.execute("UPDATE ops_runs SET status = ? WHERE run_id = ? AND status = 'running'", [status, run_id])
    except Exception:  # noqa: BLE001 - the failure being reported may be that the warehouse cannot be written
        return
