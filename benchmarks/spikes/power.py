"""Power within two weeks as a share of the oracle's at equal false alarms, and how often small chances come true without spikes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from benchmarks.spikes import oracle, rivals
from benchmarks.spikes.simulate import (
    MAIN,
    SIZES,
    Floats,
    Scenario,
    Spiked,
    World,
    eligibility,
    frame,
    grid,
    january_weeks,
    simulate,
    spiked,
)
from benchmarks.tables import REPORT_SEEDS, markdown, percent, share, times
from rcm_pipeline.denials.spikes import detect

LEVELS = (0.01, 0.001)
DATA_SETS = 4  # with one spike in every series, for each world
Method = Callable[[World], Floats]


def detector(world: World) -> Floats:
    """The detector's chance as a normal score; nan where it was not judged."""
    found = detect(frame(world), test_weeks=world.scenario.evaluated)
    score: Floats = -ndtri(grid(found, world.scenario, "p_value", missing=np.nan))
    return score


RIVALS: Mapping[str, Method] = {"p-chart": rivals.p_chart, "Laney p′": rivals.laney, "EARS C2": rivals.ears_c2}
BOTH: Mapping[str, Method] = {"detector": detector, "oracle": oracle.scores}
NO_CHANCES = ("oracle", "EARS C2")  # their scores are not meant to be normal


@dataclass(frozen=True)
class Measured:
    """Of one method, by level: power, power by size, and false alarms at the nominal threshold as multiples of the level."""

    power: Floats
    by_size: Floats
    calibration: Floats
    january: float  # the same at the first level, of eligibility causes in weeks 1–6
    judged: float  # share of series and weeks


def measured(world: World, data_sets: list[Spiked], method: Method) -> Measured:
    """Thresholds are matched on the world without spikes; a spike is found in the week it starts or the next."""
    null = method(world)
    limits = [threshold(null, level) for level in LEVELS]
    best = np.stack([_best(method(data.world), data) for data in data_sets])
    sizes = np.stack([data.size for data in data_sets])
    by_size = np.array([[(best > limit)[sizes == size].mean() for size in SIZES] for limit in limits])
    return Measured(np.array([(best > limit).mean() for limit in limits]), by_size, calibration(null), _january(world, null), _judged(null))


def threshold(null: Floats, level: float) -> float:
    """The score that so large a share of data without spikes exceeds; what was not judged never does."""
    return float(np.quantile(np.nan_to_num(null, nan=-np.inf, posinf=np.inf, neginf=-np.inf), 1 - level, method="higher"))


def calibration(null: Floats) -> Floats:
    """Share of the judged beyond the normal quantile of each level, over that level."""
    judged = null[~np.isnan(null)]
    return np.array([(judged > -ndtri(level)).mean() / level for level in LEVELS])


def mean_of(parts: list[Measured]) -> Measured:
    """The mean over worlds."""
    power, by_size, calibrated = (np.mean([getattr(part, name) for part in parts], axis=0) for name in ("power", "by_size", "calibration"))
    return Measured(
        power, by_size, calibrated, *(float(np.mean([getattr(part, name) for part in parts])) for name in ("january", "judged"))
    )


def compared(scenario: Scenario, seeds: tuple[int, ...], methods: Mapping[str, Method]) -> dict[str, Measured]:
    """Each method on the same worlds and spikes."""
    found: dict[str, list[Measured]] = {name: [] for name in methods}
    for seed in seeds:
        world, rng = simulate(seed, scenario), np.random.default_rng((seed, 1))
        data_sets = [spiked(world, rng) for _ in range(DATA_SETS)]
        for name, method in methods.items():
            found[name].append(measured(world, data_sets, method))
    return {name: mean_of(parts) for name, parts in found.items()}


def report(seeds: tuple[int, ...] = REPORT_SEEDS) -> str:
    """All methods on the main scenario: power and calibration, then power by size."""
    found = compared(MAIN, seeds, {**RIVALS, **BOTH})
    head = [
        "method",
        "power 1 %",
        "power 0.1 %",
        "of oracle 1 %",
        "of oracle 0.1 %",
        "P(p<.01)/.01",
        "P(p<.001)/.001",
        "January P(p<.01)/.01",
    ]
    title = "Found within 2 weeks, at 1 % and 0.1 % false alarms a series and week"
    sizes = [f"×{size:g} at {level:.1%}" for level in LEVELS for size in SIZES]
    by_size = [[name, *map(share, one.by_size.ravel())] for name, one in found.items()]
    rows = [_row(name, one, found["oracle"]) for name, one in found.items()]
    return markdown(title, head, rows) + "\n" + markdown("The same by size of the spike", ["method", *sizes], by_size)


def _row(name: str, one: Measured, best: Measured) -> list[str]:
    chances = [np.nan] * 3 if name in NO_CHANCES else [*one.calibration, one.january]
    return [name, *map(share, one.power), *map(percent, one.power / best.power), *map(times, chances)]


def _best(scores: Floats, data: Spiked) -> Floats:
    """The larger score of the week a spike starts and the next, by series."""
    week, series = data.start - data.world.start, np.arange(len(data.start))
    result: Floats = np.fmax(scores[week, series], scores[week + 1, series])
    return result


def _judged(null: Floats) -> float:
    return float(1 - np.isnan(null).mean())


def _january(world: World, null: Floats) -> float:
    chosen = null[january_weeks(world.scenario)[world.start :]][:, eligibility(world.scenario)]
    return float(calibration(chosen)[0]) if chosen.size else np.nan
