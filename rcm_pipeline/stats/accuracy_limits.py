"""When an accuracy is too far from what was seen: Wilson's score test, and the exact chance where few errors are seen."""

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, betaincinv

from rcm_pipeline.stats.intervals import Z95

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

FEW = 10 + 1e-6  # errors, or charts right, up to which the exact chance decides; ten are ten, not 10.00000000000001
FEW_CHANCE = 0.05  # of so many or more: near 100 % only one side can miss, so it may miss by all of the 5 %


def accuracy_limits(right: npt.ArrayLike, size: npt.ArrayLike) -> tuple[Floats, Floats]:
    """95 % limits of an accuracy from `right` of `size` charts, or of an effective size; nan where the size is not positive.

    Wilson (1927); but with at most ten errors the upper limit is the accuracy at which so many errors or more have a chance
    of 5 % (in a sheet: 1 - BETA.INV(0.05; errors; size - errors + 1)), and with at most ten right the lower limit likewise.
    Wilson's own limits there miss an accuracy just below 100 % up to one time in six (Brown, Cai and DasGupta 2001, 2.1); so a coder
    exactly at a standard of 95 % has the whole interval below it one time in twenty at most, whatever the size.
    """
    x, n = np.broadcast_arrays(np.asarray(right, dtype=np.float64), np.asarray(size, dtype=np.float64))
    n = np.where(n > 0, n, np.nan)
    seen = np.clip(x / n, 0, 1)
    centre, half = _wilson(seen, n)
    low, high = np.where(seen <= 0, 0.0, centre - half), np.where(seen >= 1, 1.0, centre + half)
    x, wrong = seen * n, (1 - seen) * n
    low = np.where(x <= FEW, few_limit(x, n), low)
    high = np.where(wrong <= FEW, 1 - few_limit(wrong, n), high)
    return np.where(np.isnan(n), np.nan, np.clip(low, 0, 1)), np.where(np.isnan(n), np.nan, np.clip(high, 0, 1))


def few_limit(count: Floats, size: Floats) -> Floats:
    """The rate at which `count` or more of `size` have a chance of 5 %; 0 for none."""
    limit: Floats = betaincinv(np.maximum(count, 1e-12), np.maximum(size - count, 0) + 1, FEW_CHANCE)
    return np.where(count <= 1e-9, 0.0, limit)


def is_rejected(tried: Floats, seen: Floats, variance: Floats) -> Flags:
    """Whether the accuracy `tried` is outside the 95 % limits of the accuracy `seen`, whose variance would be `variance` there.

    The effective size is the one that gives the variance; with its errors few, the exact chance decides as above.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        size = tried * (1 - tried) / variance
    is_sure = ~(np.isfinite(size) & (size > 0))
    size = np.where(is_sure, 1.0, size)
    is_above = tried > seen
    count = size * np.where(is_above, 1 - seen, seen)
    chance = betainc(np.maximum(count, 1e-12), np.maximum(size - count, 0) + 1, np.where(is_above, 1 - tried, tried))
    by_score = (tried - seen) ** 2 > Z95**2 * variance
    by_chance = (count > 1e-9) & (chance < FEW_CHANCE)
    rejected: Flags = np.where(is_sure, tried != seen, np.where(count <= FEW, by_chance, by_score))
    return rejected


def _wilson(seen: Floats, n: Floats) -> tuple[Floats, Floats]:
    shrink = 1 + Z95**2 / n
    half: Floats = Z95 / shrink * np.sqrt(seen * (1 - seen) / n + Z95**2 / (4 * n * n))
    return (seen + Z95**2 / (2 * n)) / shrink, half
