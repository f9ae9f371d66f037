"""Lines of a payer pooled over small clients, against each client alone."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.special import ndtri

from benchmarks.spikes.power import LEVELS, calibration, detector, threshold
from benchmarks.spikes.simulate import MAIN, SPIKE_WEEKS, Floats, Ints, World, frame, grid, names_of, simulate, with_rates
from benchmarks.tables import REPORT_SEEDS, markdown, share, times
from rcm_pipeline.denials.spikes import payer_lines

SCENARIO = replace(MAIN, name="small clients", size=(10, 100), growth=(1, 1))
LINES = SCENARIO.payers * SCENARIO.causes
SIZES = (1.3, 1.5, 2.0)
DATA_SETS = 2  # for each world and size; every line has one spike


def pooled(world: World) -> Floats:
    """Normal scores by evaluated week and line, a line being a payer and cause."""
    lines = names_of(world.scenario).select("payer", "cause").head(LINES)
    found = payer_lines(frame(world), test_weeks=world.scenario.evaluated)
    score: Floats = -ndtri(grid(found, world.scenario, "p_value", missing=np.nan, names=lines))
    return score


METHODS: dict[str, Callable[[World], Floats]] = {"20 clients pooled": pooled, "one client alone": detector}


def report(seeds: tuple[int, ...] = REPORT_SEEDS) -> str:
    """Calibration and power within two weeks at 1 % false alarms, thresholds matched."""
    worlds = [simulate(seed, SCENARIO) for seed in seeds]
    nulls = {name: np.concatenate([method(world) for world in worlds]) for name, method in METHODS.items()}
    limits = {name: threshold(null, LEVELS[0]) for name, null in nulls.items()}
    found = [_found(worlds, size, limits) for size in SIZES]
    rows = [[name, *map(times, calibration(nulls[name])), *(share(power[name]) for power in found)] for name in METHODS]
    head = ["line", "P(p<.01)/.01", "P(p<.001)/.001", *(f"×{size:g}" for size in SIZES)]
    return markdown("A payer's rate for one cause rises at 20 clients of 10–100 claims a week: found within 2 weeks at 1 %", head, rows)


def _found(worlds: list[World], size: float, limits: dict[str, float]) -> dict[str, float]:
    """Share of spikes of one size that each method found; all see the same ones."""
    hits: dict[str, list[float]] = {name: [] for name in METHODS}
    for number, world in enumerate(worlds):
        rng = np.random.default_rng((number, 3))
        for _ in range(DATA_SETS):
            start = rng.integers(world.start, world.n.shape[0] - SPIKE_WEEKS + 1, LINES)
            data = _spiked(world, rng, start, size)
            for name, method in METHODS.items():
                scores = method(data)
                week, column = np.resize(start, scores.shape[1]) - world.start, np.arange(scores.shape[1])
                best = np.fmax(scores[week, column], scores[week + 1, column])
                hits[name].append(float((best > limits[name]).mean()))
    return {name: float(np.mean(values)) for name, values in hits.items()}


def _spiked(world: World, rng: np.random.Generator, start: Ints, size: float) -> World:
    """Every line rises for two weeks at all its clients; series stand client by client, so lines repeat."""
    week, starts = np.arange(world.n.shape[0])[:, None], np.resize(start, world.n.shape[1])
    return with_rates(world, rng, np.where((week >= starts) & (week < starts + SPIKE_WEEKS), size, 1.0))
