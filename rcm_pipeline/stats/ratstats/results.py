"""What RAT-STATS prints beside an estimate: limits, precision and the factor used, at 80, 90 and 95 per cent."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from math import sqrt

from scipy.special import ndtri, stdtrit

from rcm_pipeline.stats.ratstats.checks import Confidence, share

LEVELS = (0.80, 0.90, 0.95)  # the three that every RAT-STATS appraisal prints


@dataclass(frozen=True)
class Interval:
    """Two-sided limits of an estimate. `precision_percent` is null unless the estimate is above 0."""

    confidence: float
    lower: float
    upper: float
    precision: float  # half the width: factor x standard error
    precision_percent: float | None  # precision / estimate x 100
    factor: float  # t- or z-value


def printed(value: float | Decimal, digits: int = 0) -> Decimal:
    """The number as RAT-STATS prints it: half away from zero, decided on 15 significant digits (so 2.675 is 2.68).

    RAT-STATS prints totals, their limits and standard errors without decimals, means and standard deviations with 2, per cents of
    attributes with 3, per cents of precision with 2, t-values with 12.
    """
    written = Decimal(f"{value:.15g}") if isinstance(value, float) else Decimal(value)
    return written.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def z_value(confidence: Confidence) -> float:
    """Standard normal factor of a two-sided interval."""
    return float(ndtri((1 + float(share(confidence, "confidence"))) / 2))


def t_value(confidence: Confidence, degrees: int) -> float:
    """Student's factor of a two-sided interval."""
    return float(stdtrit(degrees, (1 + float(share(confidence, "confidence"))) / 2))


def at_level(estimate: float, standard_error: float, level: float, factor: Callable[[float], float]) -> Interval:
    """Limits estimate -+ factor x standard error at one level."""
    reach = factor(level) * standard_error
    percent = 100 * reach / estimate if estimate > 0 else None
    return Interval(level, estimate - reach, estimate + reach, reach, percent, factor(level))


def intervals(estimate: float, standard_error: float, factor: Callable[[float], float]) -> tuple[Interval, ...]:
    """Limits at the three levels."""
    return tuple(at_level(estimate, standard_error, level, factor) for level in LEVELS)


@dataclass(frozen=True)
class Estimate:
    """A total or a rate of the universe with its standard error and normal limits, as RAT-STATS gives beyond one stratum."""

    point_estimate: float
    standard_error: float
    intervals: tuple[Interval, ...]  # 80, 90 and 95 per cent

    def at(self, confidence: Confidence) -> Interval:
        """The interval at any confidence."""
        return at_level(self.point_estimate, self.standard_error, float(share(confidence, "confidence")), z_value)


def normal(estimate: float, variance: float) -> Estimate:
    """An estimate with normal limits, from its variance."""
    error = sqrt(max(variance, 0.0))
    return Estimate(estimate, error, intervals(estimate, error, z_value))
