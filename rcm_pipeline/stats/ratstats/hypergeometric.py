"""Exact limits on a count in a finite universe: the hypergeometric distribution, with ties decided in whole numbers."""

import sys
from collections.abc import Callable
from fractions import Fraction
from math import ceil, comb, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

_DEVIATIONS, _TERMS = 40, 400  # beyond both, the terms of a tail are worth nothing in floating point


def limits(universe: int, sample: int, found: int, tail: Fraction) -> tuple[int, int]:
    """Smallest K with P(X >= found | K) > tail and largest K with P(X <= found | K) > tail; K of the universe have it.

    Source: RAT-STATS Companion Manual (Rev. 5/2010), 2-2 Unrestricted Attribute Appraisal; the inequality is strict.
    """
    least, most = found, universe - sample + found  # other K could not give this sample, these two always can
    lower = _first(least, most, lambda count: _is_above(universe, sample, found, count, tail, upper=True))
    beyond = _first(least, most + 1, lambda count: not _is_above(universe, sample, found, count, tail, upper=False))
    return lower, beyond - 1


def _first(low: int, end: int, holds: Callable[[int], bool]) -> int:
    """The first of low, low + 1, … where a condition that never turns false again holds; `end` when it does nowhere before."""
    while low < end:
        middle = (low + end) // 2
        if holds(middle):
            end = middle
        else:
            low = middle + 1
    return low


def _is_above(universe: int, sample: int, found: int, count: int, tail: Fraction, *, upper: bool) -> bool:
    """Whether a tail of the distribution is above `tail`: floating point decides unless its own error could."""
    error = 1e-9 + 64 * sys.float_info.epsilon * float(gammaln(universe + 1.0))
    chance = _chance(universe, sample, found, count, upper=upper)
    if abs(chance - float(tail)) > error * float(tail):
        return chance > float(tail)
    ways, every = exact_ways(universe, sample, found, count, upper=upper)
    return ways * tail.denominator > tail.numerator * every


def _support(universe: int, sample: int, count: int) -> tuple[int, int]:
    return max(0, sample - (universe - count)), min(sample, count)


def _chance(universe: int, sample: int, found: int, count: int, *, upper: bool) -> float:
    """P(X >= found) or P(X <= found) in floating point, summed over the terms that weigh anything."""
    low, high = _support(universe, sample, count)
    mean = sample * count / universe
    reach = _DEVIATIONS * sqrt(mean * (1 - count / universe)) + _TERMS
    first, last = (found, high) if upper else (low, found)
    items = np.arange(max(first, int(mean - reach), low), min(last, ceil(mean + reach), high) + 1, dtype=np.float64)
    log = _log_comb(count, items) + _log_comb(universe - count, sample - items) - _log_comb(universe, np.float64(sample))
    return float(np.exp(log).sum())


def _log_comb(of: int, chosen: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    log: NDArray[np.float64] = gammaln(of + 1.0) - gammaln(chosen + 1.0) - gammaln(of - chosen + 1.0)
    return log


def exact_ways(universe: int, sample: int, found: int, count: int, *, upper: bool) -> tuple[int, int]:
    """Samples with at least (or at most) `found` of the `count` items, and all samples there are: the chance as a ratio."""
    low, high = _support(universe, sample, count)
    asked, other = ((found, high), (low, found - 1)) if upper else ((low, found), (found + 1, high))
    every = comb(universe, sample)
    if asked[1] - asked[0] <= other[1] - other[0]:
        return _ways(universe, sample, count, *asked), every
    return every - _ways(universe, sample, count, *other), every


def _ways(universe: int, sample: int, count: int, first: int, last: int) -> int:
    """Samples with `first` to `last` of the `count` items, each term from the one before."""
    first = max(first, _support(universe, sample, count)[0])
    if first > last:
        return 0
    term = comb(count, first) * comb(universe - count, sample - first)
    total = term
    for had in range(first, last):
        term = term * (count - had) * (sample - had) // ((had + 1) * (universe - count - sample + had + 1))
        total += term
    return total
