"""Appraisals of samples of groups: two stages (some items of some primary units) and stratified clusters (all items of some)."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

from rcm_pipeline.errors import InputError
from rcm_pipeline.stats.ratstats.checks import Money, amounts, same_length, whole
from rcm_pipeline.stats.ratstats.results import Estimate, normal


@dataclass(frozen=True)
class GroupedAppraisal:
    """`total` is of the universe (items in error, or an amount); `per_item` is the total over the estimated number of items.

    For attributes `per_item` is in per cent. Limits are normal.
    """

    primary_universe: int
    primary_sample: int
    sample: int  # items looked at
    total: Estimate
    per_item: Estimate


@dataclass(frozen=True)
class _Unit:
    """A sampled primary unit: its items, its estimated total, and the variance of that."""

    size: int
    total: float
    variance: float


def two_stage_attribute(primary_universe: int, sizes: Sequence[int], samples: Sequence[int], errors: Sequence[int]) -> GroupedAppraisal:
    """Two-stage attribute appraisal: simple random samples of primary units, and of items in each.

    Per sampled primary unit: items it has, items sampled, of those in error. Total = N / n sum M_i p_i; variance =
    N² (1 - n / N) s² / n + N / n sum M_i² (1 - m_i / M_i) p_i (1 - p_i) / (m_i - 1), s² that of the units' totals M_i p_i.
    Source: Cochran, Sampling Techniques (3rd ed.), 11.7 and 11.8, the unbiased estimator, and the ratio to size for `per_item`;
    RAT-STATS Companion Manual 2-11 names the design. Raises InputError; a unit with one sampled item must have only that one.
    """
    same_length("primary unit", sizes=sizes, samples=samples, errors=errors)
    units = [_attribute_unit(*each) for each in zip(sizes, samples, errors, strict=True)]
    return _appraised([(primary_universe, units)], sum(samples), scale=100)


def two_stage_variable(primary_universe: int, sizes: Sequence[int], values: Sequence[Sequence[Money]]) -> GroupedAppraisal:
    """Two-stage variable appraisal: per sampled primary unit the items it has and the amounts of those sampled.

    As `two_stage_attribute` with means for rates and s_i² for p_i (1 - p_i) m_i / (m_i - 1). RAT-STATS Companion Manual 3-17 names
    the design.
    """
    same_length("primary unit", sizes=sizes, values=values)
    units = [_variable_unit(*each) for each in zip(sizes, values, strict=True)]
    return _appraised([(primary_universe, units)], sum(len(column) for column in values), scale=1)


def stratified_cluster_attribute(
    universes: Sequence[int],
    sizes: Sequence[Sequence[int]],
    errors: Sequence[Sequence[int]],
    items: Sequence[int] | None = None,
) -> GroupedAppraisal:
    """Stratified cluster attribute appraisal: per stratum the clusters in the universe, and items and errors of the sampled ones.

    `items`: all items of each stratum's universe, as RAT-STATS asks for them. With M_h known, total = sum M_h P_h with
    P_h = sum a_hi / sum m_hi, and variance = sum N_h² (1 - n_h / N_h) / n_h x sum (a_hi - P_h m_hi)² / (n_h - 1): the ratio to size in
    each stratum, far less uncertain where clusters differ in size. Without them total = sum N_h mean of a_hi; variance =
    sum N_h² (1 - n_h / N_h) s_h² / n_h, and the rate is the combined ratio of errors to items. One stratum gives the
    unrestricted cluster design. Source: Cochran, Sampling Techniques (3rd ed.), 9A.1 and 6.11; RAT-STATS Companion Manual 2-62 names
    the design. Raises InputError.
    """
    same_length("stratum", universes=universes, sizes=sizes, errors=errors)
    strata = []
    for universe, of_stratum, found in zip(universes, sizes, errors, strict=True):
        same_length("cluster", sizes=of_stratum, errors=found)
        counted = [(whole(size, "cluster size", least=1), x) for size, x in zip(of_stratum, found, strict=True)]
        strata.append((universe, [_Unit(size, whole(x, "errors", least=0, most=size), 0.0) for size, x in counted]))
    sample = sum(sum(of_stratum) for of_stratum in sizes)
    if items is None:
        return _appraised(strata, sample, scale=100)
    same_length("stratum", universes=universes, items=items)
    known = [whole(count, "items of a stratum", least=sum(of_stratum)) for count, of_stratum in zip(items, sizes, strict=True)]
    return _of_known_size(strata, known, sample)


def combined(estimates: Sequence[Estimate]) -> Estimate:
    """Totals of independent strata added up, whatever the design within each (RAT-STATS' stratified multistage appraisal)."""
    if not estimates:
        raise InputError("there are no strata to combine", fix="pass one estimate of a total per stratum")
    return normal(fsum(each.point_estimate for each in estimates), fsum(each.standard_error**2 for each in estimates))


def _attribute_unit(size: int, sample: int, errors: int) -> _Unit:
    _check_unit(size, sample)
    rate = whole(errors, "errors", least=0, most=sample) / sample
    spread = rate * (1 - rate) / (sample - 1) if sample > 1 else 0.0
    return _Unit(size, size * rate, size * size * (1 - sample / size) * spread)


def _variable_unit(size: int, values: Sequence[Money]) -> _Unit:
    exact = [float(value) for value in amounts(values, "values")]
    sample = len(exact)
    _check_unit(size, sample)
    mean = fsum(exact) / sample
    spread = fsum((value - mean) ** 2 for value in exact) / (sample - 1) / sample if sample > 1 else 0.0
    return _Unit(size, size * mean, size * size * (1 - sample / size) * spread)


def _check_unit(size: int, sample: int) -> None:
    whole(size, "primary unit size", least=1)
    whole(sample, "sample of a primary unit", least=1, most=size)
    if sample == 1 < size:
        raise InputError("a primary unit has a sample of one", fix="sample at least two items of each primary unit")


def _of_known_size(strata: Sequence[tuple[int, list[_Unit]]], items: Sequence[int], sample: int) -> GroupedAppraisal:
    """Ratio to size within every stratum, whose items are known."""
    checked = _checked_strata(strata)
    rates = [fsum(unit.total for unit in units) / fsum(unit.size for unit in units) for _, units in checked]
    total = fsum(count * rate for count, rate in zip(items, rates, strict=True))
    variance = fsum(_variance(universe, units, rate) for (universe, units), rate in zip(checked, rates, strict=True))
    every = sum(items)
    return GroupedAppraisal(
        sum(universe for universe, _ in checked),
        sum(len(units) for _, units in checked),
        sample,
        normal(total, variance),
        normal(100 * total / every, (100 / every) ** 2 * variance),
    )


def _checked_strata(strata: Sequence[tuple[int, list[_Unit]]]) -> list[tuple[int, list[_Unit]]]:
    checked = []
    for universe, units in strata:
        known = whole(universe, "universe of primary units", least=len(units))
        if len(units) == 1 < known:
            raise InputError("a sample of one primary unit", fix="sample at least two primary units or clusters, of each stratum")
        checked.append((known, units))
    return checked


def _appraised(strata: Sequence[tuple[int, list[_Unit]]], sample: int, *, scale: int) -> GroupedAppraisal:
    """Estimates from every stratum's number of primary units and its sampled ones."""
    checked = _checked_strata(strata)
    total = fsum(universe * fsum(unit.total for unit in units) / len(units) for universe, units in checked)
    items = fsum(universe * fsum(unit.size for unit in units) / len(units) for universe, units in checked)
    rate = total / items
    variance = fsum(_variance(universe, units, 0.0) for universe, units in checked)
    residual = fsum(_variance(universe, units, rate) for universe, units in checked)
    return GroupedAppraisal(
        sum(universe for universe, _ in checked),
        sum(len(units) for _, units in checked),
        sample,
        normal(total, variance),
        normal(scale * rate, (scale / items) ** 2 * residual),
    )


def _variance(universe: int, units: list[_Unit], rate: float) -> float:
    """Variance of the stratum's total of `unit total - rate x unit size`, between and within primary units."""
    count = len(units)
    residuals = [unit.total - rate * unit.size for unit in units]
    mean = fsum(residuals) / count
    between = fsum((each - mean) ** 2 for each in residuals) / (count - 1) if count > 1 else 0.0
    return universe**2 * (1 - count / universe) * between / count + universe / count * fsum(unit.variance for unit in units)
