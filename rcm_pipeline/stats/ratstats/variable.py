"""Variable appraisal: the total amount of a universe, from a simple random sample of it, of its strata, or of whole clusters."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import fsum, sqrt

from rcm_pipeline.errors import InputError
from rcm_pipeline.stats.ratstats.checks import Confidence, Money, amounts, same_length, share, whole
from rcm_pipeline.stats.ratstats.results import Estimate, Interval, at_level, intervals, normal, t_value


@dataclass(frozen=True)
class VariableAppraisal:
    """What RAT-STATS prints of one column of amounts. What a sample of one cannot tell is null, as are moments without spread."""

    universe: int
    sample: int
    nonzero: int  # sampled items whose amount is not 0
    total: float  # of the sample
    mean: float
    standard_deviation: float | None  # n - 1
    skewness: float | None  # m3 / m2^1.5, moments about the mean divided by n
    kurtosis: float | None  # m4 / m2², 3 for a normal distribution
    standard_error_mean: float | None
    standard_error: float | None  # of the universe's total
    point_estimate: float  # universe x mean
    intervals: tuple[Interval, ...]  # 80, 90 and 95 per cent, by Student's t with n - 1 degrees; empty for a sample of one

    def at(self, confidence: Confidence) -> Interval:
        """The interval at any confidence; InputError for a sample of one."""
        if self.standard_error is None:
            raise InputError("a sample of one has no limits", fix="sample at least two items")
        level = float(share(confidence, "confidence"))
        return at_level(self.point_estimate, self.standard_error, level, lambda each: t_value(each, self.sample - 1))


@dataclass(frozen=True)
class ComparedAppraisal:
    """Examined, audited and difference amounts of the same items; the difference is what was paid above what should have been."""

    examined: VariableAppraisal
    audited: VariableAppraisal
    difference: VariableAppraisal


@dataclass(frozen=True)
class StratifiedVariable:
    """Every stratum by Student's t, all together by the normal factor."""

    universe: int
    sample: int
    nonzero: int
    total: float  # of the sample
    strata: tuple[VariableAppraisal, ...]
    overall: Estimate


def variable_appraisal(universe: int, values: Sequence[Money]) -> VariableAppraisal:
    """Unrestricted variable appraisal of one column: universe x mean, limits by Student's t with n - 1 degrees of freedom.

    Standard error = N s / sqrt(n) x sqrt(1 - n / N). Source: RAT-STATS Companion Manual (Rev. 5/2010), 3-2; skewness and kurtosis
    are the plain moments, without correction for n. Amounts keep their sign. Raises InputError for amounts that are not finite,
    and for more of them than the universe has items.
    """
    exact = amounts(values, "values")
    sample = len(exact)
    universe = whole(universe, "universe", least=1)
    whole(sample, "the number of values", least=1, most=universe)
    total = float(sum(exact))
    mean = float(sum(exact) / sample)
    spread = [fsum((float(value) - mean) ** power for value in exact) for power in (2, 3, 4)]
    deviation = sqrt(spread[0] / (sample - 1)) if sample > 1 else None
    error = deviation / sqrt(sample) * sqrt(1 - sample / universe) if deviation is not None else None
    second = spread[0] / sample
    has_spread = second > 0
    point = float(universe * sum(exact) / sample)
    return VariableAppraisal(
        universe,
        sample,
        sum(value != 0 for value in exact),
        total,
        mean,
        deviation,
        spread[1] / sample / second**1.5 if has_spread else None,
        spread[2] / sample / second**2 if has_spread else None,
        error,
        None if error is None else universe * error,
        point,
        () if error is None else intervals(point, universe * error, lambda level: t_value(level, sample - 1)),
    )


def compared_appraisal(
    universe: int,
    *,
    examined: Sequence[Money] | None = None,
    audited: Sequence[Money] | None = None,
    difference: Sequence[Money] | None = None,
) -> ComparedAppraisal:
    """Unrestricted variable appraisal of any two of examined, audited and difference amounts; the third follows from them.

    difference = examined - audited, item by item and exactly in decimals. Source: RAT-STATS Companion Manual (Rev. 5/2010), 3-2 (the
    data file formats). Raises InputError unless exactly two columns are given, with one amount per item.
    """
    given = {"examined": examined, "audited": audited, "difference": difference}
    if sum(column is not None for column in given.values()) != 2:
        raise InputError("not two of examined, audited and difference are given", fix="pass exactly two columns")
    exact = {name: amounts(column, name) for name, column in given.items() if column is not None}
    same_length("item", **exact)
    if "examined" not in exact:
        exact["examined"] = [a + d for a, d in zip(exact["audited"], exact["difference"], strict=True)]
    for missing, other in (("audited", "difference"), ("difference", "audited")):
        if missing not in exact:
            exact[missing] = [e - o for e, o in zip(exact["examined"], exact[other], strict=True)]
    return ComparedAppraisal(**{name: variable_appraisal(universe, exact[name]) for name in given})


def stratified_variable(universes: Sequence[int], values: Sequence[Sequence[Money]]) -> StratifiedVariable:
    """Stratified variable appraisal: the strata's totals added up, normal limits.

    Standard error² = sum N_h (N_h - n_h) s_h² / n_h. Source: RAT-STATS Companion Manual (Rev. 5/2010), 3-8: each stratum is printed with
    its own t-value, all together with the z-value. Raises InputError; a stratum of which one item is known must have only that one.
    """
    same_length("stratum", universes=universes, values=values)
    strata = tuple(variable_appraisal(universe, column) for universe, column in zip(universes, values, strict=True))
    if any(stratum.standard_error is None and stratum.universe > 1 for stratum in strata):
        raise InputError("a stratum has a sample of one", fix="sample at least two items of each stratum, or join strata")
    return StratifiedVariable(
        sum(stratum.universe for stratum in strata),
        sum(stratum.sample for stratum in strata),
        sum(stratum.nonzero for stratum in strata),
        fsum(stratum.total for stratum in strata),
        strata,
        normal(fsum(stratum.point_estimate for stratum in strata), fsum((stratum.standard_error or 0.0) ** 2 for stratum in strata)),
    )


def stratified_cluster_variable(universes: Sequence[int], clusters: Sequence[Sequence[Sequence[Money]]]) -> StratifiedVariable:
    """Stratified cluster appraisal: per stratum the number of clusters in the universe and every item of the sampled clusters.

    A cluster is one observation, its total; the rest is `stratified_variable`. One stratum gives the unrestricted cluster design.
    Source: Cochran, Sampling Techniques (3rd ed.), 9A.1, the unbiased estimator; RAT-STATS Companion Manual 3-77 names the design.
    """
    same_length("stratum", universes=universes, clusters=clusters)
    totals: list[list[Decimal]] = [[sum(amounts(cluster, "cluster"), Decimal(0)) for cluster in stratum] for stratum in clusters]
    return stratified_variable(universes, totals)


def post_stratified_variable(universes: Sequence[int], values: Sequence[Sequence[Money]]) -> StratifiedVariable:
    """Post-stratification: a simple random sample of everything, sorted afterwards into strata whose sizes are known.

    Total = sum N_h mean_h; variance = N² ((1 - f) / n sum W_h s_h² + 1 / n² sum (1 - W_h) s_h²), f = n / N. Source: Cochran, Sampling
    Techniques (3rd ed.), 5A.9; RAT-STATS Companion Manual 3-91 names the design. Raises InputError like `stratified_variable`.
    """
    plain = stratified_variable(universes, values)
    weights = [stratum.universe / plain.universe for stratum in plain.strata]
    squares = [(stratum.standard_deviation or 0.0) ** 2 for stratum in plain.strata]
    within = fsum(weight * square for weight, square in zip(weights, squares, strict=True))
    random_sizes = fsum((1 - weight) * square for weight, square in zip(weights, squares, strict=True))
    variance = (1 - plain.sample / plain.universe) * within / plain.sample + random_sizes / plain.sample**2
    overall = normal(plain.overall.point_estimate, plain.universe**2 * variance)
    return StratifiedVariable(plain.universe, plain.sample, plain.nonzero, plain.total, plain.strata, overall)
