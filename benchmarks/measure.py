"""Time and peak memory of a piece of work, each in a process of its own so that nothing before it counts."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable


def measured(work: Callable[[], object]) -> dict[str, float]:
    """CPU seconds, wall seconds and peak resident megabytes of this process after doing the work."""
    cpu, wall = time.process_time(), time.monotonic()
    work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return {"cpu": time.process_time() - cpu, "wall": time.monotonic() - wall, "peak_mb": peak}


def in_own_process(module: str, *arguments: str) -> dict[str, float]:
    """Run `python -m module arguments`, which prints the result of `measured` as JSON on its last line."""
    done = subprocess.run([sys.executable, "-m", module, *arguments], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.strip().splitlines()[-1])
