"""Binomial and Student's distribution from `scipy.special`: the same numbers as `scipy.stats`, whose import takes longer than their use."""

import numpy as np
import numpy.typing as npt
from scipy.special import bdtrik, betainc, stdtrit

Floats = npt.NDArray[np.float64]


def student_reach(degrees: npt.ArrayLike) -> Floats:
    """How many standard errors a 95 % interval reaches to either side, by Student's t with so many degrees of freedom."""
    reach: Floats = np.asarray(stdtrit(np.asarray(degrees, dtype=np.float64), 0.975))
    return reach


def binomial_chance(count: npt.ArrayLike, trials: npt.ArrayLike, rate: npt.ArrayLike) -> Floats:
    """P(at most `count` of `trials`) where each has the chance `rate`; 0 below no count, 1 from all trials on."""
    k, n, p = np.broadcast_arrays(*(np.asarray(side, dtype=np.float64) for side in (count, trials, rate)))
    within = (k >= 0) & (k < n)
    chance = betainc(np.where(within, n - k, 1), np.where(within, k + 1, 1), 1 - p)
    found: Floats = np.where(within, chance, (k >= n).astype(np.float64))
    return found


def binomial_count(chance: npt.ArrayLike, trials: npt.ArrayLike, rate: npt.ArrayLike) -> Floats:
    """The smallest count that P(at most so many of `trials`) reaches `chance` with."""
    wanted, n, p = (np.asarray(side, dtype=np.float64) for side in (chance, trials, rate))
    count = np.ceil(bdtrik(wanted, n, p))  # one too many where rounding lifts an exact hit
    fewer = np.maximum(count - 1, 0)
    smallest: Floats = np.where(binomial_chance(fewer, n, p) >= wanted, fewer, count)
    return smallest
