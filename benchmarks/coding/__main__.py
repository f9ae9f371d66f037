"""`python -m benchmarks.coding [coverage] [strata] …`: how often the intervals, alarms and groups are right; all when none is named.

`--tuning` takes the designs and seeds that may be looked at while a formula is changed, instead of those reported.
"""

from collections.abc import Callable

from benchmarks.coding import agreement, coverage, looks, planner, ranking, strata
from benchmarks.parts import run

PARTS: dict[str, Callable[[tuple[int, ...]], str]] = {
    "coverage": coverage.report,
    "strata": strata.report,
    "looks": looks.report,
    "ranking": ranking.report,
    "agreement": agreement.report,
    "planner": planner.report,
}


if __name__ == "__main__":
    run(PARTS)
