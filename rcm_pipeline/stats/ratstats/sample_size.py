"""How many items to sample for a wanted precision, before the sample is drawn: attributes, and amounts without strata."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor, sqrt

from rcm_pipeline.errors import InputError
from rcm_pipeline.stats.ratstats.checks import Confidence, Money, amount, positive, share, whole
from rcm_pipeline.stats.ratstats.hypergeometric import limits
from rcm_pipeline.stats.ratstats.results import z_value
from rcm_pipeline.stats.ratstats.variable import variable_appraisal

PRECISIONS = (0.01, 0.02, 0.05, 0.10, 0.15)  # rows of RAT-STATS' table
CONFIDENCES = (0.80, 0.90, 0.95, 0.99)  # and its columns


@dataclass(frozen=True)
class SampleSize:
    """Items to sample. `precision`: half the width of the limits as a share of the total, for attributes all of it in items / universe."""

    confidence: float
    precision: float
    sample: int


def attribute_sample_size(
    universe: int, anticipated_rate: Confidence, precision_range: Confidence, confidence: Confidence = 0.95
) -> SampleSize:
    """The sample at which exact limits come as near together as `precision_range` of the universe, at the anticipated rate.

    The errors assumed are sample x rate, rounded half up, which makes the width jump, so that sizes around the answer fit and do not fit
    in turn. Halving between 1 and the universe finds two neighbours of which the larger has narrower limits than wanted; the smaller is
    what RAT-STATS prints (its manual's 314, 488, 666 and 1,079 of 10,000 at 20 per cent, range 6). The range is the whole width, upper
    minus lower limit (10 per cent is about -+5). Source of the inputs: RAT-STATS Companion Manual (Rev. 5/2010), 4-22. Shares or
    percentages. Raises InputError.
    """
    universe = whole(universe, "universe", least=1)
    rate = share(anticipated_rate, "anticipated_rate", one_is_percent=True)
    wanted = share(precision_range, "precision_range", one_is_percent=True)
    level = share(confidence, "confidence")

    def is_narrower(sample: int) -> bool:
        lower, upper = limits(universe, sample, floor(sample * rate + Fraction(1, 2)), (1 - level) / 2)
        return upper - lower < wanted * universe

    low, high = 1, universe + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_narrower(middle) else (middle, high)
    return SampleSize(float(level), float(wanted), universe if high == universe else low)  # else all but one where all are needed


def variable_sample_sizes(
    universe: int,
    mean: Money,
    standard_deviation: Money,
    *,
    precisions: Sequence[Confidence] = PRECISIONS,
    confidences: Sequence[Confidence] = CONFIDENCES,
) -> tuple[SampleSize, ...]:
    """Sample sizes for a total, from mean and standard deviation per item: one for every confidence and precision.

    n = (N s)² / ((E / z)² + N s²), E = precision x N x mean; rounded to the nearest whole number, from 2 to N. Source: RAT-STATS
    Companion Manual (Rev. 5/2010), 4-2. `precisions` are shares of the total, or percentages. Raises InputError, also for mean 0.
    """
    universe = whole(universe, "universe", least=2)
    average = positive(abs(amount(mean, "mean")), "the size of the mean")
    deviation = positive(standard_deviation, "standard_deviation", zero_is_fine=True)
    return tuple(_sizes(universe, average, deviation, precisions, confidences))


def variable_sample_sizes_from_probe(
    universe: int,
    values: Sequence[Money],
    *,
    precisions: Sequence[Confidence] = PRECISIONS,
    confidences: Sequence[Confidence] = CONFIDENCES,
) -> tuple[SampleSize, ...]:
    """`variable_sample_sizes` with the mean and standard deviation of a probe sample (RAT-STATS Companion Manual, 4-2)."""
    probe = variable_appraisal(universe, values)
    if probe.standard_deviation is None:
        raise InputError("a probe sample of one has no standard deviation", fix="probe about 30 items")
    return variable_sample_sizes(universe, probe.mean, probe.standard_deviation, precisions=precisions, confidences=confidences)


def variable_sample_sizes_from_error_rate(
    universe: int,
    total: Money,
    standard_deviation: Money,
    error_rate: Confidence,
    *,
    precisions: Sequence[Confidence] = PRECISIONS,
    confidences: Sequence[Confidence] = CONFIDENCES,
) -> tuple[SampleSize, ...]:
    """`variable_sample_sizes` for differences nobody has seen yet: `error_rate` of the items are thought wrong, by all of their amount.

    With mean m = total / N and standard deviation s of the recorded amounts, the differences have mean p m and variance
    p (s² + (1 - p) m²). Source: RAT-STATS Companion Manual (Rev. 5/2010), 4-7.
    """
    universe = whole(universe, "universe", least=2)
    rate = float(share(error_rate, "error_rate", one_is_percent=True))
    mean = positive(total, "total") / universe
    spread = sqrt(rate * (positive(standard_deviation, "standard_deviation", zero_is_fine=True) ** 2 + (1 - rate) * mean**2))
    return variable_sample_sizes(universe, rate * mean, spread, precisions=precisions, confidences=confidences)


def _sizes(
    universe: int, mean: float, deviation: float, precisions: Sequence[Confidence], confidences: Sequence[Confidence]
) -> Iterator[SampleSize]:
    for confidence in confidences:
        for precision in precisions:
            wanted = float(share(precision, "precision", one_is_percent=True))
            reach = wanted * universe * mean / z_value(confidence)
            size = floor((universe * deviation) ** 2 / (reach**2 + universe * deviation**2) + 0.5)
            yield SampleSize(float(share(confidence, "confidence")), wanted, min(max(size, 2), universe))
