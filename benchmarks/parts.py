"""The parts of a benchmark by name, run in their order and timed."""

import sys
import time
from collections.abc import Callable, Mapping

from benchmarks.tables import REPORT_SEEDS, TUNING_SEEDS


def run(parts: Mapping[str, Callable[[tuple[int, ...]], str]]) -> None:
    """Print the parts named on the command line, all when none is; `--tuning` takes the tuning seeds instead of those reported."""
    named = [argument for argument in sys.argv[1:] if argument != "--tuning"]
    if unknown := set(named) - set(parts):
        sys.exit(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(parts)}")
    seeds = TUNING_SEEDS if "--tuning" in sys.argv else REPORT_SEEDS
    print(f"Seeds {', '.join(map(str, seeds))}.\n")
    for name in named or parts:
        start = time.monotonic()
        print(parts[name](seeds), flush=True)
        print(f"{name}: {time.monotonic() - start:.0f} s\n", flush=True)
