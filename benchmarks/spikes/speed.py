"""Time and memory of one judged week of 10,000 series over 160 weeks, beside a plain p-chart.

`python -m benchmarks.spikes.speed detector` measures in this process and prints JSON.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median

import polars as pl

from benchmarks.measure import in_own_process, measured
from benchmarks.spikes.rivals import LEFT_OUT, WINDOW
from benchmarks.spikes.simulate import KEYS, MAIN, WEEKS, frame, simulate
from benchmarks.tables import TUNING_SEEDS, markdown
from rcm_pipeline.denials.spikes import detect

SCENARIO = replace(MAIN, clients=25, causes=20)
SERIES = SCENARIO.clients * SCENARIO.payers * SCENARIO.causes
REPEATS = 5


def p_chart(weekly: pl.DataFrame) -> pl.DataFrame:
    """The last week's denials of each series against the rate of its last year."""
    age = (pl.col("week").max() - pl.col("week")).dt.total_days() // 7
    recent = weekly.with_columns(age=age).filter(pl.col("age") <= WINDOW + LEFT_OUT)
    past, now = recent.filter(pl.col("age") > LEFT_OUT), recent.filter(pl.col("age") == 0)
    p = pl.col("denied_past") / pl.col("decided_past")
    expected = p * pl.col("decided")
    joined = now.join(past.group_by(KEYS).agg(pl.col("denied", "decided").sum()), on=KEYS, how="left", suffix="_past")
    return joined.with_columns(z=(pl.col("denied") - expected) / (expected * (1 - p)).sqrt())


def detector(weekly: pl.DataFrame) -> pl.DataFrame:
    """One week judged."""
    return detect(weekly, test_weeks=1)


METHODS: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {"p-chart": p_chart, "detector": detector}


def report(_: tuple[int, ...] = ()) -> str:
    """Each method in a process of its own."""
    costs = {name: in_own_process("benchmarks.spikes.speed", name) for name in METHODS}
    rows = [
        [name, f"{cost['wall']:.3f}", f"{cost['least']:.3f}", f"{cost['wall'] / costs['p-chart']['wall']:.1f}", f"{cost['grown_mb']:.0f}"]
        for name, cost in costs.items()
    ]
    head = ["method", "median s", "least s", "times the p-chart", "memory above the start, MB"]
    return markdown(f"One week of {SERIES:,} series over {WEEKS} weeks, {REPEATS} runs", head, rows)


def main() -> None:
    """Measure the named method; memory is that of the first run."""
    method = METHODS[sys.argv[1]]
    weekly = frame(simulate(TUNING_SEEDS[0], SCENARIO))
    _, cost = measured(lambda: method(weekly))
    walls = [cost["wall"]]
    while len(walls) < REPEATS:
        start = time.monotonic()
        method(weekly)
        walls.append(time.monotonic() - start)
    print(json.dumps({**cost, "wall": median(walls), "least": min(walls)}))


if __name__ == "__main__":
    main()
