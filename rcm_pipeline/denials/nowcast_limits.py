"""Limits of a count whose chance is not known: a mixture of beta-binomials, on the scale that makes each of them normal."""

import numpy as np
from scipy.special import ndtr

from rcm_pipeline.denials.completion import Floats

_TAIL = 0.05  # of a 90 % interval, on each side
_HALVINGS = 15  # of the range searched: a limit is found to less than a tenth of a claim among 3,000


def mixture_limits(left: Floats, pi: Floats, noise: Floats, odds: Floats, one_sided: float) -> tuple[Floats, Floats]:
    """90 % limits of the denials among `left` open claims, whole claims; one row per week, one column per multiplier.

    Each multiplier's count has mean U pi and variance U pi (1 - pi)(1 + (U - 1) r), r = pi (1 - pi) x the variance of logit
    pi, at most 1/2; it is taken as normal in asin sqrt((x + 3/8) / (U + 3/4)), Anscombe's scale. A limit is the nearest
    whole x to where the mixture passes 5 % or 95 %. Where the lower limit leaves out less than its 5 %, as at no further
    denial it must, `one_sided` times what is missing comes off the 95 %.
    """
    u = left[:, None]
    inflation = 1 + (u - 1) * np.minimum(pi * (1 - pi) * noise, 0.5)
    centre = np.arcsin(np.sqrt((u * pi + 0.375) / (u + 0.75)))
    sd = np.sqrt(inflation / (4 * u))  # variance of x over (2 U)² pi (1 - pi), by the slope of the scale

    def below(count: Floats) -> Floats:
        place = np.arcsin(np.sqrt(np.clip((count + 0.875) / (left + 0.75), 0, 1)))
        total: Floats = np.einsum("rm,rm->r", odds, ndtr((place[:, None] - centre) / sd))
        return total

    def limit(target: Floats) -> Floats:
        start, end = np.full(left.shape, -1.0), left.astype(np.float64)
        for _ in range(_HALVINGS):
            middle = (start + end) / 2
            is_short = below(middle) < target
            start, end = np.where(is_short, middle, start), np.where(is_short, end, middle)
        return np.clip(np.round((start + end) / 2), 0, left)

    low = limit(np.full(left.shape, _TAIL))
    unused = np.maximum(_TAIL - np.where(low > 0, below(low - 1), 0.0), 0)
    return low, limit(1 - _TAIL - one_sided * unused)
