"""Attribute appraisal: how many items of a universe have a characteristic, from a simple random sample of it or of its strata."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, sqrt

from rcm_pipeline.errors import InputError
from rcm_pipeline.stats.ratstats.checks import Confidence, same_length, share, whole
from rcm_pipeline.stats.ratstats.hypergeometric import limits
from rcm_pipeline.stats.ratstats.results import LEVELS, Estimate, normal


@dataclass(frozen=True)
class AttributeLimits:
    """Exact limits on the number of items in error in the universe, and the same in per cent of the universe."""

    universe: int
    sample: int
    errors: int
    confidence: float
    lower: int
    upper: int

    @property
    def lower_percent(self) -> float:
        """Lower limit in per cent of the universe."""
        return 100 * self.lower / self.universe

    @property
    def upper_percent(self) -> float:
        """Upper limit in per cent of the universe."""
        return 100 * self.upper / self.universe


@dataclass(frozen=True)
class AttributeAppraisal:
    """What RAT-STATS prints of an unrestricted attribute appraisal. Standard errors are null for a sample of one."""

    universe: int
    sample: int
    errors: int
    point_estimate: float  # items in the universe
    percent: float
    standard_error: float | None  # items
    standard_error_percent: float | None
    limits: tuple[AttributeLimits, ...]  # at 80, 90 and 95 per cent


@dataclass(frozen=True)
class StratifiedAttribute:
    """Items in error in all strata together; `percent` says the same in per cent of the universe."""

    universe: int
    sample: int
    errors: int
    strata: tuple[AttributeAppraisal, ...]
    items: Estimate
    percent: Estimate


def attribute_limits(universe: int, sample: int, errors: int, confidence: Confidence = 0.95, *, one_sided: bool = False) -> AttributeLimits:
    """Exact hypergeometric limits on the items in error of a universe, from a simple random sample without replacement.

    Lower: the smallest K with P(X >= errors | K) > alpha / 2. Upper: the largest K with P(X <= errors | K) > alpha / 2. The
    inequality is strict and ties are decided exactly. `one_sided` puts all of alpha into the tail of each limit, to be used
    alone, as RAT-STATS offers where all or none of the sample is in error. `confidence` is a share or a percentage.
    Source: RAT-STATS Companion Manual (Rev. 5/2010), 2-2. Raises InputError for sizes that cannot be.
    """
    universe, sample, errors = _sizes(universe, sample, errors)
    level = share(confidence, "confidence")
    lower, upper = limits(universe, sample, errors, (1 - level) / (1 if one_sided else 2))
    return AttributeLimits(universe, sample, errors, float(level), lower, upper)


def attribute_appraisal(universe: int, sample: int, errors: int, *, one_sided: bool = False) -> AttributeAppraisal:
    """Unrestricted attribute appraisal: point estimate, standard error, and exact limits at 80, 90 and 95 per cent.

    Standard error of the rate: sqrt(p (1 - p) / (n - 1) x (1 - n / N)). Source: RAT-STATS Companion Manual, 2-2.
    """
    universe, sample, errors = _sizes(universe, sample, errors)
    error = sqrt(_variance(universe, sample, errors)) if sample > 1 else None
    return AttributeAppraisal(
        universe,
        sample,
        errors,
        universe * errors / sample,
        100 * errors / sample,
        None if error is None else universe * error,
        None if error is None else 100 * error,
        tuple(attribute_limits(universe, sample, errors, level, one_sided=one_sided) for level in LEVELS),
    )


def stratified_attribute(universes: Sequence[int], samples: Sequence[int], errors: Sequence[int]) -> StratifiedAttribute:
    """Stratified attribute appraisal: sum of the strata, normal limits.

    P = sum W_h p_h; variance = sum W_h² p_h (1 - p_h) / (n_h - 1) x (1 - n_h / N_h), W_h = N_h / N. Source: RAT-STATS Companion
    Manual (Rev. 5/2010), 2-6. Raises InputError; a stratum of which one item is known must have only that one.
    """
    same_length("stratum", universes=universes, samples=samples, errors=errors)
    sizes = [_sizes(*each) for each in zip(universes, samples, errors, strict=True)]
    if any(n == 1 < size for size, n, _ in sizes):
        raise InputError("a stratum has a sample of one", fix="sample at least two items of each stratum, or join strata")
    total = sum(size for size, _, _ in sizes)
    items = fsum(size * x / n for size, n, x in sizes)
    variance = fsum(size * size * _variance(size, n, x) for size, n, x in sizes if n < size)
    return StratifiedAttribute(
        total,
        sum(n for _, n, _ in sizes),
        sum(x for _, _, x in sizes),
        tuple(attribute_appraisal(*each) for each in sizes),
        normal(items, variance),
        normal(100 * items / total, variance * (100 / total) ** 2),
    )


def _variance(universe: int, sample: int, errors: int) -> float:
    rate = errors / sample
    return rate * (1 - rate) / (sample - 1) * (1 - sample / universe)


def _sizes(universe: int, sample: int, errors: int) -> tuple[int, int, int]:
    universe = whole(universe, "universe", least=1)
    sample = whole(sample, "sample", least=1, most=universe)
    return universe, sample, whole(errors, "errors", least=0, most=sample)
