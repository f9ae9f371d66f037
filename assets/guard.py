"""Keep values out of Dagster's event log: an error leaves an asset as a sentence of ours, or as its type and place."""

import traceback
from collections.abc import Callable
from typing import TypeVar

import dagster as dg

from rcm_pipeline.errors import ExitCode, RcmError

Result = TypeVar("Result")


def safely(work: Callable[[], Result]) -> Result:
    """Run the body of an asset. Raises dg.Failure outside any except block, so no cause chain goes with it."""
    try:
        return work()
    except RcmError as error:
        text, code = f"{error} Fix: {error.fix}" if error.fix else str(error), error.exit_code
    except Exception as error:  # noqa: BLE001 - whatever it is, its message may quote a row
        place = traceback.extract_tb(error.__traceback__)[-1]
        name = place.filename.rsplit("/", 1)[-1]
        text, code = f"{type(error).__name__} in {name}:{place.lineno} ({place.name}); please report this line", ExitCode.INTERNAL
    raise dg.Failure(description=text, metadata={"exit_code": int(code)}, allow_retries=False)
