"""The 42 scenarios of Noufaily et al. (Statistics in Medicine 2013;32:1206–1222): counts of a disease, outbreaks added.

Parameters as in the paper's simulation, the draws are ours. Counts are fed as denied among a million decided.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import product

import numpy as np
import polars as pl
from scipy.special import betainc, ndtri

from benchmarks.spikes.power import threshold
from benchmarks.spikes.simulate import MAIN, Floats, Ints, grid, mondays_of
from benchmarks.tables import REPORT_SEEDS, markdown, share
from rcm_pipeline.denials.spikes import detect

# log mean, trend a week, two coefficients of the season, variance over mean
PARAMETERS = (
    (0.1, 0.0025, 0.6, 0.6, 1.5),
    (-2.0, 0.005, 0.1, 0.3, 2.0),
    (1.5, 0.003, 0.2, -0.4, 1.0),
    (0.5, 0.002, 0.5, 0.5, 5.0),
    (2.5, 0.001, 1.0, 0.1, 3.0),
    (3.75, 0.001, 0.1, -0.1, 1.1),
    (5.0, 0.0001, 0.05, 0.01, 1.2),
)
SCENARIOS = tuple(product(PARAMETERS, (False, True), (0, 1, 2)))  # with trend, waves a year
REPLICATES = 10
WEEKS, CURRENT, PAST_FROM = 624, 49, 312
PAST_OUTBREAKS, PAST_SIZES, SIZES = 4, (2, 3, 5, 10), tuple(range(1, 11))  # sizes in standard deviations of the week
DECIDED = 1_000_000
RATES = (0.005, 0.01, 0.02)
NOMINAL = 0.01
PLAN = replace(MAIN, history=WEEKS - CURRENT, evaluated=CURRENT)


@dataclass(frozen=True)
class Counts:
    """By week and series: counts, and cases of the current outbreak; the true mean, and variance over mean by series."""

    y: Ints
    added: Ints
    mean: Floats
    factor: Floats


def report(seeds: tuple[int, ...] = REPORT_SEEDS) -> str:
    """Outbreaks found at equal false positive rates, pooled over the scenarios."""
    draws = [simulate(seed) for seed in seeds]
    rows = []
    for name, method in METHODS.items():
        found = np.mean([_measured(method(counts), counts) for counts in draws], axis=0)
        rows.append([name, *map(share, found)])
    head = ["method", f"false positives at p < {NOMINAL:g}", *(f"{name} {rate:.1%}" for name in ("POD", "POD week 1") for rate in RATES)]
    title = f"Noufaily's 42 scenarios, {REPLICATES * len(seeds)} replicates each, at equal shares of false positive weeks"
    return markdown(title, head, rows)


def simulate(seed: int) -> Counts:
    """Negative binomial counts, four past outbreaks, and one in the last 49 weeks."""
    rng = np.random.default_rng((seed, 5))
    week = np.arange(1, WEEKS + 1)
    mean = np.repeat(np.stack([_mean(week, *scenario) for scenario in SCENARIOS], axis=1), REPLICATES, axis=1)
    factor = np.repeat([parameters[-1] for parameters, _, _ in SCENARIOS], REPLICATES)
    y = _negative_binomial(rng, mean, factor)
    added = np.zeros_like(y)
    for series in range(y.shape[1]):
        for start in rng.choice(np.arange(PAST_FROM, WEEKS - CURRENT), PAST_OUTBREAKS, replace=False):
            y[:, series] += _outbreak(rng, start, rng.choice(PAST_SIZES), mean[start, series] * factor[series], WEEKS - CURRENT)
        start = rng.choice(np.arange(WEEKS - CURRENT, WEEKS))
        added[:, series] = _outbreak(rng, start, rng.choice(SIZES), mean[start, series] * factor[series], WEEKS)
    return Counts(y + added, added, mean, factor)


def _mean(week: Ints, parameters: tuple[float, ...], has_trend: bool, waves: int) -> Floats:
    level, trend, cosine, sine, _ = parameters
    angles = [2 * np.pi * wave * week / 52 for wave in range(1, waves + 1)]
    season = sum((cosine * np.cos(angle) + sine * np.sin(angle) for angle in angles), np.zeros(len(week)))
    return np.exp(level + trend * week * has_trend + season)


def _negative_binomial(rng: np.random.Generator, mean: Floats, factor: Floats) -> Ints:
    """Counts of the mean and `factor` times as much variance; Poisson where that is one."""
    shape = mean / np.where(factor > 1, factor - 1, 1)
    drawn = rng.gamma(shape) * (factor - 1)
    return rng.poisson(np.where(factor > 1, drawn, mean))


def _outbreak(rng: np.random.Generator, start: np.int64, size: np.int64, variance: float, end: int) -> Ints:
    """Cases by week, over a lognormal time from the start and none after the end: about so many standard deviations."""
    cases = rng.poisson(size * np.sqrt(variance))
    weeks = start + np.floor(rng.lognormal(0, 0.5, cases)).astype(np.int64)
    return np.bincount(np.minimum(weeks, end - 1), minlength=WEEKS)


def detected(counts: Counts, *, is_alone: bool) -> Floats:
    """Normal scores of the detector in the last weeks; alone, each series has a payer and cause of its own."""
    number = pl.DataFrame({"series": np.arange(counts.y.shape[1])})
    own, scenario = pl.col("series").cast(pl.String).str.zfill(3), (pl.col("series") // REPLICATES).cast(pl.String).str.zfill(2)
    client = pl.lit("all") if is_alone else (pl.col("series") % REPLICATES).cast(pl.String)
    names = number.select(client=client, payer=own if is_alone else scenario, cause=own if is_alone else pl.lit("count"))
    weeks = pl.DataFrame({"week": pl.Series(mondays_of(PLAN)).cast(pl.Date)})
    cells = weeks.join(names, how="cross", maintain_order="left_right")
    weekly = cells.with_columns(denied=pl.Series(counts.y.ravel()), decided=pl.lit(DECIDED, pl.Int64))
    score: Floats = -ndtri(grid(detect(weekly, test_weeks=CURRENT), PLAN, "p_value", missing=np.nan, names=names))
    return score


def oracle(counts: Counts) -> Floats:
    """The upper tail of the true distribution, half of the count's own chance included."""
    y, mean = counts.y[-CURRENT:], counts.mean[-CURRENT:]
    spread = np.maximum(counts.factor - 1, 1e-6)
    shape, chance = mean / spread, spread / (1 + spread)
    above, from_here = betainc(y + 1, shape, chance), np.where(y > 0, betainc(np.maximum(y, 1), shape, chance), 1.0)
    score: Floats = -ndtri((above + from_here) / 2)
    return score


METHODS: dict[str, Callable[[Counts], Floats]] = {
    "detector, each series alone": partial(detected, is_alone=True),
    "detector, replicates pooled": partial(detected, is_alone=False),
    "oracle": oracle,
}


def _measured(score: Floats, counts: Counts) -> list[float]:
    """False positives at the nominal level; then outbreaks found at all, and in their first week, at each matched rate."""
    added = counts.added[-CURRENT:]
    null, has_one = score[added == 0], np.flatnonzero(added.any(axis=0))
    limits = [threshold(null, rate) for rate in RATES]
    first = (added > 0).argmax(axis=0)
    ever = [((score > limit) & (added > 0)).any(axis=0)[has_one].mean() for limit in limits]
    at_once = [(score[first[has_one], has_one] > limit).mean() for limit in limits]
    return [float((null > -ndtri(NOMINAL)).mean()), *map(float, ever), *map(float, at_once)]
