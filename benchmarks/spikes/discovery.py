"""What share of the alarms of a week is false, when none, few or many series have a fresh spike."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from benchmarks.spikes.simulate import MAIN, SIZES, SPIKE_WEEKS, Floats, World, frame, grid, simulate, with_rates
from benchmarks.tables import REPORT_SEEDS, markdown, share, times
from rcm_pipeline.denials.spikes import detect

SCENARIO = replace(MAIN, clients=10, payers=10)
SHARES = (0.0, 0.01, 0.05)  # of the series, in the first or second week of a spike
REPEATS = 2  # worlds for each seed, 52 weeks each
GAP = 8  # weeks at least from one spike's start to the next
CHANCE = 0.001
RULES = (f"p < {CHANCE:g}", "BH 10 %, lift ≥ 1.25")
_FIELDS = ("false", "right", "fresh")
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Weeks:
    """By week: alarms that were false, alarms that were right, and series with a fresh spike."""

    false: Floats
    right: Floats
    fresh: Floats


def report(seeds: tuple[int, ...] = REPORT_SEEDS) -> str:
    """Both rules at each share."""
    rows = []
    for fresh in SHARES:
        found = [_judged(seed, repeat, fresh) for seed in seeds for repeat in range(REPEATS)]
        for rule in RULES:
            weeks = [one[rule] for one in found]
            rows.append([f"{fresh:.0%}, {rule}", *_cells(*(np.concatenate([getattr(one, name) for one in weeks]) for name in _FIELDS))])
    head = ["fresh spikes, rule", "false share of alarms", "false a week", "alarms a week", "found", "weeks with a false alarm"]
    count = len(seeds) * REPEATS * SCENARIO.evaluated
    return markdown(f"False alarms among alarms, 1,000 series, {count} weeks", head, rows)


def _cells(false: Floats, right: Floats, fresh: Floats) -> list[str]:
    alarms = false + right
    found = right.sum() / fresh.sum() if fresh.any() else np.nan
    rates = [share(float((false / np.maximum(alarms, 1)).mean())), times(float(false.mean())), times(float(alarms.mean()))]
    return [*rates, share(float(found)), share(float((false > 0).mean()))]


def _judged(seed: int, repeat: int, fresh: float) -> dict[str, Weeks]:
    """One world. The week after a spike is not counted: two weeks seen together rightly still hold it."""
    world = simulate(seed + 1000 * repeat, SCENARIO)
    rng = np.random.default_rng((seed, repeat, 2))
    factor, is_fresh, is_over = _factor(world, rng, fresh)
    spiky = with_rates(world, rng, factor)
    alarms = _alarms(spiky)
    kept = slice(world.start, None)
    is_false, is_right = ~is_fresh[kept] & ~is_over[kept], is_fresh[kept]
    count = is_right.sum(axis=1).astype(np.float64)
    return {rule: Weeks((alarm & is_false).sum(axis=1), (alarm & is_right).sum(axis=1), count) for rule, alarm in alarms.items()}


def _alarms(world: World) -> dict[str, Bools]:
    found = detect(frame(world), test_weeks=world.scenario.evaluated)
    found = found.with_columns(pl.col("is_alarm").cast(pl.Int8))
    chance, alarm = grid(found, world.scenario, "p_value", missing=1.0), grid(found, world.scenario, "is_alarm", missing=0.0)
    return dict(zip(RULES, (chance < CHANCE, alarm > 0), strict=True))


def _factor(world: World, rng: np.random.Generator, fresh: float) -> tuple[Floats, Bools, Bools]:
    """Spikes of two weeks, starting so often that `fresh` of all series-weeks are in one; which weeks are in, and which just after."""
    weeks, series = world.n.shape
    factor, is_over = np.ones((weeks, series)), np.zeros((weeks, series), dtype=bool)
    rest = np.zeros(series, dtype=np.int64)
    chance = fresh / (SPIKE_WEEKS - fresh * (GAP - 1)) if fresh else 0.0  # of those free to start one
    for week in range(world.start, weeks):
        starts = (rest == 0) & (rng.random(series) < chance)
        factor[week : week + SPIKE_WEEKS, starts] = rng.choice(SIZES, starts.sum())
        is_over[week + SPIKE_WEEKS : week + SPIKE_WEEKS + 1, starts] = True
        rest = np.where(starts, GAP - 1, np.maximum(rest - 1, 0))
    return factor, factor > 1, is_over
