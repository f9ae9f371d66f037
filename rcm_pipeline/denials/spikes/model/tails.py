"""Chances of a count: upper tails of the beta-binomial, and the scale on which a count is nearly normal."""

import numpy as np
from scipy.special import betaincc, gammaln

from rcm_pipeline.denials.spikes.model.panel import Floats

_NODES = 40  # at which a long tail is read
_SINGLY = 16  # claims summed one by one before
_NOTHING = 1e-6  # of a tail, below which its rest is left out
_COARSE = 10.0  # claims between places, from which on rates that pile up at none or all are read from their beta distribution
_FAR = 7.0  # standard deviations to which a tail is followed
_FALLS = 20.0  # and how many of its own fall-offs beyond the count
_LEAST_ICC = 1e-9  # below, the beta-binomial is the binomial and the gamma functions lose their digits


def normal_score(count: Floats, expected: Floats, variance: Floats) -> Floats:
    """Standard normal score of a count by Wilson and Hilferty's cube root, right also for expectations below one.

    The root is of a number without gaps; up to half a denial is added to counts below the expectation, or none of three expected
    would seem five deviations off instead of two.
    """
    shape = expected * expected / variance
    whole = count + np.maximum(1 - count / expected, 0) / 2
    score: Floats = (np.cbrt(whole / expected) - 1 + 1 / (9 * shape)) * 3 * np.sqrt(shape)
    return score


def limits(expected: Floats, variance: Floats, z: float) -> tuple[Floats, Floats]:
    """Counts at `z` standard normal deviations below and above the expectation."""
    shape = expected * expected / variance
    centre, reach = 1 - 1 / (9 * shape), z / (3 * np.sqrt(shape))
    low, high = np.maximum(centre - reach, 0), np.maximum(centre + reach, 0)
    return expected * (low * low * low), expected * (high * high * high)


def upper_tail(count: Floats, decided: Floats, rate: Floats, icc: Floats) -> Floats:
    """P(Y > count) + P(Y = count) / 2 of a beta-binomial with mean `decided` x `rate` and intraclass correlation `icc`.

    The next 16 claims are summed one by one, for near none denied the chances may bend sharply; beyond them a tail that could
    still weigh a millionth is read by `_rest`.
    """
    icc = np.clip(icc, _LEAST_ICC, 0.999)
    a, b = rate * (1 - icc) / icc, (1 - rate) * (1 - icc) / icc
    constant = gammaln(decided + 1) - gammaln(decided + a + b) + gammaln(a + b) - gammaln(a) - gammaln(b)
    k = count + np.arange(_SINGLY)[:, None]
    left = np.maximum(decided - k, 0)
    ratios = left * (a + k) / ((k + 1) * (b + np.maximum(left - 1, 0)))  # of each chance to the one before
    first = _chance(count, decided, a, b, constant)
    near = first * np.concatenate([np.ones((1, *count.shape)), np.cumprod(ratios, axis=0)])
    upper: Floats = near.sum(axis=0) - near[0] / 2 - near[-1] / 2
    # No later ratio exceeds this where b > 1, so the rest is at most a geometric series.
    fall = np.maximum((a + k[-1]) / (k[-1] + 1), 1) * left[-1] / np.maximum(left[-1] + b - 1, 1e-9)
    is_over = (fall < 1) & (near[-1] * fall <= _NOTHING * upper * (1 - fall))
    long = np.flatnonzero((count + _SINGLY <= decided) & ~is_over)
    upper[long] += _rest(*(part[long] for part in (count + _SINGLY, decided, rate, icc, a, b, constant)))
    return np.clip(upper, 0.0, 1.0)


def _rest(start: Floats, decided: Floats, rate: Floats, icc: Floats, a: Floats, b: Floats, constant: Floats) -> Floats:
    """P(Y > start) + P(Y = start) / 2 of a long tail.

    One longer than 40 is read at 40 places: the trapezoid rule, corrected by Euler and Maclaurin. Where the rates themselves
    pile up at none or all, there are too few places: then it is the tail of the rates, their beta distribution.
    """
    rise = _log_ratio(start, decided, a, b)
    reach = np.ceil(np.minimum(_reach(start, decided, rate, icc, rise), decided - start))
    step = np.maximum(reach / _NODES, 1.0)
    far = _chance(start + step * np.arange(_NODES + 1)[:, None], decided, a, b, constant)
    slope = far[0] * np.clip((rise + _log_ratio(np.maximum(start - 1, 0), decided, a, b)) / 2, -1, 1)
    ends_at_all = np.where((step > 1) & (reach >= decided - start), far[-1], 0.0)
    rest: Floats = step * (far.sum(axis=0) - far[0] / 2 - ends_at_all / 2) + ends_at_all / 2 + (step * step - 1) / 12 * slope
    coarse = np.flatnonzero((np.minimum(a, b) < 1) & (step > _COARSE))
    rest[coarse] = betaincc(a[coarse], b[coarse], np.minimum((start[coarse] + 0.5) / (decided[coarse] + 1), 1.0))
    return rest


def _chance(at: Floats, decided: Floats, a: Floats, b: Floats, constant: Floats) -> Floats:
    """P(Y = at), zero beyond all decided; `constant` is what does not depend on `at`."""
    is_inside = at <= decided + 1e-6
    k = np.where(is_inside, np.minimum(at, decided), decided)
    log = constant - gammaln(k + 1) - gammaln(decided - k + 1) + gammaln(k + a) + gammaln(decided - k + b)
    found: Floats = np.where(is_inside, np.exp(log), 0.0)
    return found


def all_denied(decided: Floats, rate: Floats, icc: Floats) -> Floats:
    """Half the chance that every decided claim is denied: the smallest tail there can be."""
    icc = np.clip(icc, _LEAST_ICC, 0.999)
    a, rest = rate * (1 - icc) / icc, (1 - icc) / icc
    least: Floats = np.exp(gammaln(decided + a) - gammaln(decided + rest) + gammaln(rest) - gammaln(a)) / 2
    return least


def _log_ratio(count: Floats, decided: Floats, a: Floats, b: Floats) -> Floats:
    """log of P(count + 1) / P(count); very small where there is no further claim."""
    left = decided - count
    ratio = np.maximum(left, 1e-9) * (a + count) / ((count + 1) * np.maximum(b + left - 1, 1e-9))
    log: Floats = np.log(ratio)
    return log


def _reach(count: Floats, decided: Floats, rate: Floats, icc: Floats, rise: Floats) -> Floats:
    """How far above the count its tail has any weight."""
    expected = decided * rate
    _, far = limits(expected, expected * (1 - rate) * (1 + (decided - 1) * icc), _FAR)
    fall = np.where(rise < -1e-6, _FALLS / np.maximum(-np.expm1(rise), 1e-6), 0.0)
    reach: Floats = np.maximum(np.maximum(far - count, np.minimum(fall, far - expected)), 1.0)
    return reach
