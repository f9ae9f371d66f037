"""What is promised of the list of alarms: the false share of a client's quarter, by how many series it has, when spikes are rare."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl

from benchmarks.spikes.simulate import MAIN, SIZES, SPIKE_WEEKS, Floats, World, frame, mondays_of, names_of, simulate, with_rates
from benchmarks.tables import REPORT_SEEDS, markdown, share, times
from rcm_pipeline.denials.spikes import SpikeSettings, detect

SCENARIO = replace(MAIN, clients=10, payers=10)
FRESH = 0.001  # of the series-weeks are in a spike
CLIENTS = {3: 20, 25: 40, 200: 5, 1000: 1}  # series of a client: how many clients are made of a world of 1,000 series
REPEATS = 2  # worlds for each seed, 52 weeks each
GAP = 8  # weeks at least from one spike's start to the next
QUARTER = 13
RULES = {"a week by itself": SpikeSettings(promise_weeks=1, family_weeks=1), "the quarter": SpikeSettings()}
Bools = npt.NDArray[np.bool_]


def report(seeds: tuple[int, ...] = REPORT_SEEDS) -> str:
    """Both families by size of the client."""
    worlds = [_world(seed, repeat) for seed in seeds for repeat in range(REPEATS)]
    rows = []
    for series in CLIENTS:
        for name, settings in RULES.items():
            found = [judged for world in worlds for judged in _clients(world, series, settings)]
            false, right = (np.concatenate([one[at] for one in found]) for at in (0, 1))
            spikes, seen = (sum(one[at] for one in found) for at in (2, 3))
            of_all = false.sum() / max(false.sum() + right.sum(), 1)
            shares = (false / np.maximum(false + right, 1)).mean()
            a_year = false.sum() / len(found)
            rows.append([str(series), name, share(shares), times(a_year), share(seen / max(spikes, 1)), share(of_all)])
    head = ["series of a client", "promise over", "E[V / max(R, 1)], 13 weeks", "false a client-year", "found within 2 weeks", "ΣV / ΣR"]
    return markdown(f"False alarms among alarms, spikes in 1 of 1,000 series-weeks, {len(worlds)} worlds of 1,000 series", head, rows)


def _world(seed: int, repeat: int) -> tuple[World, Bools, Bools]:
    """A world with spikes; which series-weeks are in one, and which just after: two weeks seen together rightly still hold it."""
    world = simulate(seed + 1000 * repeat, SCENARIO)
    rng = np.random.default_rng((seed, repeat, 2))
    factor, is_fresh, is_over = _factor(world, rng, FRESH)
    return with_rates(world, rng, factor), is_fresh[world.start :], is_over[world.start :]


def _clients(given: tuple[World, Bools, Bools], series: int, settings: SpikeSettings) -> Iterator[tuple[Floats, Floats, int, int]]:
    """Of every client: false and right alarms by quarter, spikes, and those found in their first two weeks."""
    world, is_fresh, is_over = given
    names = names_of(world.scenario).with_row_index("at").with_columns(pl.concat_str("client", "payer").alias("of"))
    weekly = frame(world).with_columns(pl.concat_str("client", "payer").alias("of"))
    order = np.random.default_rng(series).permutation(names.height)
    for number in range(CLIENTS[series]):
        own = names.filter(pl.col("at").is_in(order[number * series : (number + 1) * series].tolist())).select("at", "of", "cause")
        counts = weekly.join(own, on=["of", "cause"], how="semi").select(
            pl.lit("one").alias("client"), pl.col("of").alias("payer"), "cause", "week", "denied", "decided"
        )
        alarms = detect(counts, test_weeks=world.scenario.evaluated, settings=settings).filter("is_alarm")
        yield _counted(alarms, own, world, is_fresh, is_over)


def _counted(alarms: pl.DataFrame, own: pl.DataFrame, world: World, is_fresh: Bools, is_over: Bools) -> tuple[Floats, Floats, int, int]:
    placed = alarms.join(own, left_on=["payer", "cause"], right_on=["of", "cause"])
    first = mondays_of(world.scenario)[world.start].astype(object)
    rings = np.zeros(is_fresh.shape, dtype=bool)
    rings[((placed["week"] - first).dt.total_days() // 7).to_numpy(), placed["at"].to_numpy()] = True
    at = own["at"].to_numpy()
    rings, fresh, over = rings[:, at], is_fresh[:, at], is_over[:, at]
    false, right = rings & ~fresh & ~over, rings & fresh
    begins = fresh.copy()
    begins[1:] &= ~fresh[:-1]
    begins[-1] = False  # its second week is not seen
    week, column = np.nonzero(begins)
    seen = rings[week, column] | rings[week + 1, column]
    quarters = [part.reshape(-1, QUARTER, len(at)).sum(axis=(1, 2)).astype(np.float64) for part in (false, right)]
    return quarters[0], quarters[1], len(week), int(seen.sum())


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
