"""Keep values out of Dagster's event log: an error leaves an asset as a sentence of ours, or as its type and place."""

import traceback
from collections.abc import Callable
from typing import TypeVar

import dagster as dg

from assets.resources import Workplace, now
from dashboards.publish import mark_stale
from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.errors import ExitCode, RcmError, recorded
from rcm_pipeline.settings import Home
from rcm_pipeline.warehouse import publish_warehouse

Result = TypeVar("Result")


def safely(workplace: Workplace, work: Callable[[], Result]) -> Result:
    """Run the body of an asset. Raises dg.Failure outside any except block, so no cause chain goes with it.

    The whole message goes to who runs it; an event is kept for longer and read by more.
    """
    try:
        return work()
    except RcmError as error:
        text, code = f"{error}; {error.fix}" if error.fix else str(error), error.exit_code
    except Exception as error:  # noqa: BLE001 - whatever it is, its message may quote a row
        place = traceback.extract_tb(error.__traceback__)[-1]
        name = place.filename.rsplit("/", 1)[-1]
        text, code = f"{type(error).__name__} in {name}:{place.lineno} ({place.name}); please report this line", ExitCode.INTERNAL
    workplace.fault(text)
    raise dg.Failure(description=recorded(code, text), metadata={"exit_code": int(code)}, allow_retries=False)


def note_failure(home: Home, client: str, run_id: str, status: str, message: str, *, only_once: bool = False) -> None:
    """Mark the pack stale (with `only_once` unless it is already) and record the run's end if the warehouse can be opened."""
    mark_stale(home, client, message, now(), only_once=only_once)
    try:
        with open_warehouse(home.warehouse(client)) as connection:
            connection.execute("UPDATE ops_runs SET status = ? WHERE run_id = ? AND status = 'running'", [status, run_id])
            publish_warehouse(connection, home.warehouse(client))
    except Exception:  # noqa: BLE001 - the failure being reported may be that the warehouse cannot be written
        return
