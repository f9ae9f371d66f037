"""How many charts to review: for a width, to show that errors are rare, to prove a standard; and what a pass rule really does."""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from rcm_pipeline.errors import InputError
from rcm_pipeline.stats.accuracy_limits import Floats
from rcm_pipeline.stats.intervals import Z95
from rcm_pipeline.stats.quantiles import binomial_chance, binomial_count

_MOST = 10**5  # charts; no plan is larger


def charts_for_half_width(half_width: float, rate: float, *, frame_count: int | None = None, method: str = "wilson") -> int:
    """Charts to review so that the 95 % interval around `rate` is at most `half_width` to either side, from a frame of so many.

    method "wilson": the half-width of Wilson's interval; "simple": z² p (1 - p)/d², as audit guides have it, which is a little
    too few near 100 %. A frame of N charts needs n/(1 + (n - 1)/N) of the n charts of an endless one (Cochran 1977, 4.4).
    Raises InputError where half_width is not between 0 and 0.5, rate not from 0 to 1, or the method unknown.
    """
    if not (0 < half_width < 0.5 and 0 <= rate <= 1 and method in {"wilson", "simple"} and (frame_count is None or frame_count >= 1)):
        raise InputError("half_width, rate, frame_count or method is out of range")
    spread = rate * (1 - rate)
    if method == "simple":
        needed = max(Z95**2 * spread / half_width**2, 1.0)
    else:
        needed = float(_smallest(lambda n: Z95 / (1 + Z95**2 / n) * math.sqrt(spread / n + Z95**2 / (4 * n * n)) <= half_width))
    of_frame = needed if frame_count is None else needed / (1 + (needed - 1) / frame_count)
    return math.ceil(of_frame - 1e-9)


def zero_error_charts(error_limit: float, *, confidence: float = 0.95, frame_count: int | None = None) -> int:
    """Charts that, all found right, show that fewer than `error_limit` of the charts are wrong (discovery sample).

    The smallest n with (1 - limit)^n <= 1 - confidence; of a frame of N charts, with no error among n where ceil(limit N) are wrong
    (hypergeometric). Raises InputError where a share is not between 0 and 1.
    """
    if not (0 < error_limit < 1 and 0 < confidence < 1 and (frame_count is None or frame_count >= 1)):
        raise InputError("error_limit, confidence or frame_count is out of range")
    doubt = 1 - confidence
    if frame_count is None:
        return math.ceil(math.log(doubt) / math.log1p(-error_limit) - 1e-9)
    wrong = math.ceil(error_limit * frame_count - 1e-9)
    right = frame_count - wrong
    every = gammaln(right + 1) - gammaln(frame_count + 1)

    def shows(n: int) -> bool:
        return n > right or bool(every + gammaln(frame_count - n + 1) - gammaln(right - n + 1) <= math.log(doubt) + 1e-9)

    return _smallest(shows)


def charts_to_prove(standard: float, truth: float, *, power: float = 0.8, confidence: float = 0.95) -> tuple[int, int]:
    """Charts to review, and errors allowed among them, to prove an accuracy of at least `standard` when it is `truth`.

    The smallest n for which some c has P(errors <= c) <= 1 - confidence at the standard and >= power at the truth (binomial).
    Raises InputError where truth is not above standard, or a share is not between 0 and 1.
    """
    if not (0 < standard < truth < 1 and 0 < power < 1 and 0 < confidence < 1):
        raise InputError("truth is not above standard, or a share is not between 0 and 1")
    start = 1
    while start < _MOST:
        charts = np.arange(start, 2 * start + 1)
        allowed = binomial_count(1 - confidence, charts, 1 - standard)
        allowed = np.where(binomial_chance(allowed, charts, 1 - standard) <= 1 - confidence, allowed, allowed - 1)
        is_enough = (allowed >= 0) & (binomial_chance(allowed, charts, 1 - truth) >= power)
        if is_enough.any():
            return int(charts[is_enough][0]), int(allowed[is_enough][0])
        start = 2 * start + 1
    raise InputError("truth is too near the standard to be told from it", fix="Accept a lower power, or another standard.")


def pass_chance(rate: npt.ArrayLike, charts: npt.ArrayLike, *, standard: float = 0.95) -> Floats:
    """P(share right >= `standard`) on so many charts for a coder whose accuracy is `rate`; both broadcast (operating characteristic).

    Raises InputError where a rate is not from 0 to 1, charts below 1, or standard not from 0 to 1.
    """
    p, n = np.broadcast_arrays(np.asarray(rate, dtype=np.float64), np.asarray(charts))
    if not (((p >= 0) & (p <= 1)).all() and (n >= 1).all() and 0 <= standard <= 1):
        raise InputError("rate, charts or standard is out of range")
    allowed = np.floor(n * (1 - standard) + 1e-9)  # 5 % of 100 charts are five, not 5.000000000000004
    return binomial_chance(allowed, n, 1 - p)


def _smallest(is_enough: Callable[[int], bool]) -> int:
    """By doubling and halving; enough stays enough."""
    high = 1
    while not is_enough(high):
        high *= 2
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high
