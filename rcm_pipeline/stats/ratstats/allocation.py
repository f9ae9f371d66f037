"""How many items to sample of each stratum, for a wanted precision or for a total that is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, fsum

from rcm_pipeline.errors import InputError
from rcm_pipeline.stats.ratstats.checks import Confidence, Money, amount, positive, same_length, share, whole
from rcm_pipeline.stats.ratstats.results import z_value

_LEAST = 2  # sampled items a stratum's standard error needs


@dataclass(frozen=True)
class StratifiedSampleSize:
    """Items to sample in all, and of each stratum in the order they were given."""

    confidence: float
    precision: float
    sample: int
    strata: tuple[int, ...]


def stratified_sample_size(
    universes: Sequence[int],
    means: Sequence[Money],
    standard_deviations: Sequence[Money],
    precision: Confidence = 0.10,
    confidence: Confidence = 0.90,
) -> StratifiedSampleSize:
    """Sample size for a stratified total, allocated by N_h s_h (optimal, Neyman); every stratum is rounded up.

    n = (sum N_h s_h)² / ((E / z)² + sum N_h s_h²), E = precision x sum N_h mean_h. Where a stratum's part is more than it has, it is
    taken whole, and what is left of n is shared among the strata by what is left of sum N_h s_h; strata are worked in the order
    given, and those before are not changed, so the largest should come first. Source: RAT-STATS Companion Manual (Rev. 5/2010), 4-11,
    total sample size unknown. Raises InputError.
    """
    sizes, spreads = _strata(universes, standard_deviations)
    same_length("stratum", universes=universes, means=means)
    wanted, level = float(share(precision, "precision", one_is_percent=True)), float(share(confidence, "confidence"))
    total = abs(fsum(size * float(amount(mean, "means")) for size, mean in zip(sizes, means, strict=True)))
    reach = wanted * positive(total, "the size of the total") / z_value(level)
    weights = [size * spread for size, spread in zip(sizes, spreads, strict=True)]
    weight = fsum(weights)
    left = weight**2 / (reach**2 + fsum(size * spread**2 for size, spread in zip(sizes, spreads, strict=True)))
    strata = []
    for size, own in zip(sizes, weights, strict=True):
        part = left * own / weight if own > 0 else 0.0
        if part > size:
            part, left, weight = float(size), left - size, weight - own
        strata.append(ceil(round(part, 9)))
    return StratifiedSampleSize(level, wanted, sum(strata), tuple(strata))


def allocate(total: int, universes: Sequence[int], standard_deviations: Sequence[Money] | None = None) -> tuple[int, ...]:
    """A given sample split over strata: by N_h (proportional), or by N_h s_h where standard deviations are given (optimal, Neyman).

    No stratum gets more than it has nor less than two (or all it has); the parts add up to `total`, by largest remainders, the
    first stratum first. Source: Cochran, Sampling Techniques (3rd ed.), 5.5; RAT-STATS Companion Manual 4-16 names the task, the
    rounding is ours. Raises InputError when the strata cannot hold the total.
    """
    sizes, spreads = _strata(universes, [1] * len(universes) if standard_deviations is None else standard_deviations)
    least = [min(_LEAST, size) for size in sizes]
    total = whole(total, "total", least=sum(least), most=sum(sizes))
    weights = [size * spread for size, spread in zip(sizes, spreads, strict=True)]
    fixed: dict[int, int] = {}
    while True:
        quotas = _quotas(total - sum(fixed.values()), sizes, weights, fixed)
        above = {stratum: sizes[stratum] for stratum, quota in quotas.items() if quota > sizes[stratum]}
        below = {stratum: least[stratum] for stratum, quota in quotas.items() if quota < least[stratum]}
        if not above and not below:
            break
        # cut the side that moves more, as cutting it may bring the other back
        over = sum(quotas[stratum] - sizes[stratum] for stratum in above)
        under = sum(least[stratum] - quotas[stratum] for stratum in below)
        fixed |= above if over >= under else below
    return _whole(total, quotas, fixed, len(sizes))


def _quotas(left: int, sizes: list[int], weights: list[float], fixed: dict[int, int]) -> dict[int, float]:
    free = [stratum for stratum in range(len(sizes)) if stratum not in fixed]
    basis = weights if any(weights[stratum] > 0 for stratum in free) else [float(size) for size in sizes]
    every = fsum(basis[stratum] for stratum in free)
    return {stratum: left * basis[stratum] / every for stratum in free}


def _whole(total: int, quotas: dict[int, float], fixed: dict[int, int], count: int) -> tuple[int, ...]:
    parts = fixed | {stratum: floor(quota + 1e-9) for stratum, quota in quotas.items()}
    order = sorted(quotas, key=lambda stratum: (parts[stratum] - quotas[stratum], stratum))
    for stratum in order[: total - sum(parts.values())]:
        parts[stratum] += 1
    return tuple(parts[stratum] for stratum in range(count))


def _strata(universes: Sequence[int], deviations: Sequence[Money]) -> tuple[list[int], list[float]]:
    same_length("stratum", universes=universes, standard_deviations=deviations)
    spreads = [positive(each, "standard_deviations", zero_is_fine=True) for each in deviations]
    if not any(spreads):
        raise InputError("every standard deviation is 0", fix="estimate the spread of the strata from a probe sample")
    return [whole(size, "universes", least=1) for size in universes], spreads
