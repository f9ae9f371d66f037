"""`python -m benchmarks.coding [coverage] [strata] …`: how often the intervals, alarms and groups are right; all when none is named.

`--tuning` takes the designs and seeds that may be looked at while a formula is changed, instead of those reported.
"""

import sys
import time
from collections.abc import Callable

from benchmarks.coding import agreement, coverage, looks, planner, ranking, strata
from benchmarks.spikes.tables import REPORT_SEEDS, TUNING_SEEDS

PARTS: dict[str, Callable[[tuple[int, ...]], str]] = {
    "coverage": coverage.report,
    "strata": strata.report,
    "looks": looks.report,
    "ranking": ranking.report,
    "agreement": agreement.report,
    "planner": planner.report,
}


def main() -> None:
    """The named parts, in their order here."""
    named = [argument for argument in sys.argv[1:] if argument != "--tuning"]
    if unknown := set(named) - set(PARTS):
        sys.exit(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    seeds = TUNING_SEEDS if "--tuning" in sys.argv else REPORT_SEEDS
    print(f"Seeds {', '.join(map(str, seeds))}.\n")
    for name in named or PARTS:
        start = time.monotonic()
        print(PARTS[name](seeds), flush=True)
        print(f"{name}: {time.monotonic() - start:.0f} s\n", flush=True)


if __name__ == "__main__":
    main()
