"""The best that can be done: a likelihood ratio that knows true rates, noise and the sizes of spikes."""

import numpy as np
from scipy.special import betaln, gammaln, logsumexp

from benchmarks.spikes.simulate import MAXIMUM_RATE, SIZES, Floats, Ints, World


def log_pmf(y: Ints, n: Ints, p: Floats, rho: Floats) -> Floats:
    """Beta-binomial log probability of y among n with mean p and correlation rho between claims."""
    a, b = p * (1 / rho - 1), (1 - p) * (1 / rho - 1)
    result: Floats = gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1) + betaln(y + a, n - y + b) - betaln(a, b)
    return result


def scores(world: World) -> Floats:
    """By evaluated week and series: log likelihood ratio of "a spike started this week or last", sizes equally likely.

    Neyman and Pearson: no rule that looks at these two weeks finds more at the same rate of false alarms.
    """
    weeks = slice(world.start - 1, None)
    batch = world.scenario.batch
    y, n, p = world.y[weeks] // batch, world.n[weeks] // batch, world.p[weeks]
    none = log_pmf(y, n, p, world.rho)
    ratios = [log_pmf(y, n, np.minimum(p * size, MAXIMUM_RATE), world.rho) - none for size in SIZES]
    parts = [part for ratio in ratios for part in (ratio[1:], ratio[1:] + ratio[:-1])]
    result: Floats = logsumexp(np.stack(parts), axis=0) - np.log(len(parts))
    return result
