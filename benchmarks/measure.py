"""Time and memory of a piece of work, each in a process of its own so that nothing before it counts."""

import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")
_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class StoppedError(Exception):
    """A measurement was stopped at its limit, or ended without a result; the text says which."""


def measured(work: Callable[[], Result]) -> tuple[Result, dict[str, float]]:
    """What the work returns, its CPU and wall seconds, peak resident megabytes of the process, and how far that is above the start.

    The peak counts from here on: what imports took and gave back is not in it.
    """
    gc.collect()
    _RESET.write_text("5")
    before = _resident_mb("VmRSS")
    cpu, wall = time.process_time(), time.monotonic()
    result = work()
    cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    peak = _resident_mb("VmHWM")
    return result, {"cpu": cpu, "wall": wall, "peak_mb": peak, "grown_mb": peak - before}


def in_own_process(module: str, *arguments: str, python: Path = Path(sys.executable), limit: float | None = None) -> dict[str, float]:
    """Run `python -m module arguments`, which prints what it measured as JSON on its last line."""
    command = [str(python), "-m", module, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=limit)
    except subprocess.TimeoutExpired:
        raise StoppedError(f"stopped after {limit:.0f} s") from None
    if done.returncode != 0:
        raise StoppedError("failed: " + (done.stderr.strip() or "no message").splitlines()[-1].strip())
    result: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return result


def _resident_mb(field: str) -> float:
    """A field of Linux's account of this process, in megabytes."""
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024 / 1e6
