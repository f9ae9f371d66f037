"""Two rates compared: their difference (Newcombe) and their ratio, over strata where the mix differs (Koopman, Gart and Nam)."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.optimize import brentq

from rcm_pipeline.stats.intervals import Z95, rate, wilson

_WIDEST = math.log(1e9)  # a ratio beyond it cannot be told from none at all
_Counts = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Ratio:
    """A ratio of two rates and its limits. None: it has no value, or no limit on that side."""

    value: float | None
    low: float | None
    high: float | None


def newcombe(successes: pl.Expr, trials: pl.Expr, other_successes: pl.Expr, other_trials: pl.Expr) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """The first rate minus the other, and its 95 % limits; null where either has no trials.

    Newcombe 1998, Stat Med 17:873, method 10: the two Wilson intervals put together, without continuity correction. Unlike
    the simple interval it stays within -1..1 and has a width at no and at all successes.
    """
    first, other = rate(successes, trials), rate(other_successes, other_trials)
    low, high = wilson(successes, trials)
    other_low, other_high = wilson(other_successes, other_trials)
    change = first - other
    down = ((first - low) ** 2 + (other_high - other) ** 2).sqrt()
    up = ((high - first) ** 2 + (other - other_low) ** 2).sqrt()
    return change, change - down, change + up


def score_ratio(successes: _Counts, trials: _Counts, other_successes: _Counts, other_trials: _Counts, *, z: float = Z95) -> Ratio:
    """The first rate over the other, with limits by the score statistic: one pair of rates, or one pair per stratum.

    One stratum: Koopman 1984, Biometrics 40:513, and the value is the plain ratio. Several: the one ratio most likely in
    all of them, Gart and Nam 1988, Biometrics 44:323, section 6, without correction for skewness. Both hold their level at
    small counts, where the simple interval of the logarithm (Katz) has no width at 0. A stratum without trials on either
    side says nothing. Raises ValueError when there are more successes than trials.
    """
    if np.any(successes > trials) or np.any(other_successes > other_trials):
        raise ValueError("there are more successes than trials")
    use = (trials > 0) & (other_trials > 0)
    x, n, y, m = (np.asarray(counts, dtype=float)[use] for counts in (successes, trials, other_successes, other_trials))
    if not use.any() or x.sum() + y.sum() == 0:
        return Ratio(None, None, None)

    def crossing(level: float) -> float | None:
        """The ratio at which the score is so far from 0; None when none is."""
        at = [_score(edge, x, n, y, m) - level for edge in (-_WIDEST, _WIDEST)]
        if at[0] <= 0 or at[1] >= 0:
            return None
        return math.exp(brentq(lambda log_ratio: _score(log_ratio, x, n, y, m) - level, -_WIDEST, _WIDEST, xtol=1e-10))

    value = crossing(0.0) if x.sum() and y.sum() else 0.0 if y.sum() else None
    return Ratio(value, crossing(z) if x.sum() else 0.0, crossing(-z) if y.sum() else None)


def _score(log_ratio: float, x: _Counts, n: _Counts, y: _Counts, m: _Counts) -> float:
    """Standardised score of a ratio: above 0 where the data ask for a larger one. p and q: the likeliest rates that have it."""
    ratio = math.exp(log_ratio)
    middle = ratio * (n + y) + x + m
    root = np.sqrt(np.maximum(middle**2 - 4 * (n + m) * ratio * (x + y), 0))
    q = np.minimum(2 * (x + y) / (middle + root), min(1.0, 1 / ratio))
    p = q * ratio
    # the same number from either side; taken from the side further from a rate of 1, where it cannot be 0 / 0
    scored, left = (x - n * p, 1 - p) if ratio <= 1 else (m * q - y, 1 - q)
    score = np.divide(scored, left, out=np.zeros_like(scored), where=left > 0)
    spread = (1 - p) * m * q + (1 - q) * n * p
    information = np.divide(n * p * m * q, spread, out=np.zeros_like(spread), where=spread > 0)
    total = float(information.sum())
    return float(score.sum()) / math.sqrt(total) if total > 0 else 0.0
