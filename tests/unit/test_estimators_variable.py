"""Variable, two-stage and cluster appraisals: hand-checked numbers, RAT-STATS' own factors, and every possible sample."""

from decimal import Decimal
from itertools import combinations, product
from math import sqrt

import numpy as np
import pytest

from rcm_pipeline.errors import InputError
from rcm_pipeline.stats.ratstats import (
    Estimate,
    combined,
    compared_appraisal,
    post_stratified_variable,
    printed,
    stratified_attribute,
    stratified_cluster_attribute,
    stratified_cluster_variable,
    stratified_variable,
    two_stage_attribute,
    two_stage_variable,
    variable_appraisal,
)
from rcm_pipeline.stats.ratstats.results import t_value, z_value


def is_right_on_average(found: list[Estimate], truth: float) -> None:
    """Over every sample that could be drawn, the estimate hits the total and the squared standard error its variance."""
    assert np.mean([each.point_estimate for each in found]) == pytest.approx(truth)
    variance = np.mean([(each.point_estimate - truth) ** 2 for each in found])
    assert np.mean([each.standard_error**2 for each in found]) == pytest.approx(variance)


def test_one_column_by_hand() -> None:
    found = variable_appraisal(100, [10, 0, 20, 30])
    assert (found.sample, found.nonzero, found.total, found.mean, found.point_estimate) == (4, 3, 60, 15, 1_500)
    assert found.standard_deviation == pytest.approx(sqrt(500 / 3))
    assert found.standard_error_mean == pytest.approx(sqrt(500 / 3) / 2 * sqrt(0.96))
    assert (found.skewness, found.kurtosis) == (pytest.approx(0), pytest.approx(1.64))  # m2 125, m4 25,625
    at = found.at(0.90)
    assert at == found.intervals[1]
    assert at.factor == pytest.approx(2.353363434802, abs=5e-13)
    assert at.precision == pytest.approx(2.353363434802 * 632.455532)
    assert (printed(at.lower), printed(at.upper), printed(at.precision_percent or 0, 2)) == (12, 2_988, Decimal("99.23"))


def test_the_factors_are_those_rat_stats_carries() -> None:
    """Student's t for 1 to 3 degrees and the normal factors, with the 12 decimals the program has and prints."""
    table = {1: (3.077683537175, 6.313751514675, 12.706204736175), 2: (1.885618083164, 2.919985580354, 4.302652729750),
             3: (1.637744353696, 2.353363434802, 3.182446305284)}  # fmt: skip
    for degrees, factors in table.items():
        assert [t_value(level, degrees) for level in (0.8, 0.9, 0.95)] == pytest.approx(factors, abs=1e-12)
    assert [z_value(level) for level in (0.8, 0.9, 0.95)] == pytest.approx([1.281551565545, 1.644853626951, 1.959963984540], abs=1e-12)


def test_moments_are_plain_and_need_a_spread() -> None:
    skewed = variable_appraisal(50, [0, 0, 0, 4])  # about the mean 1: m2 3, m3 6, m4 21
    assert (skewed.skewness, skewed.kurtosis) == (pytest.approx(6 / 3**1.5), pytest.approx(21 / 9))
    flat = variable_appraisal(50, [0.1, 0.1, 0.1])
    assert (flat.skewness, flat.kurtosis, flat.standard_error) == (None, None, pytest.approx(0))
    alone = variable_appraisal(50, [7])
    assert (alone.point_estimate, alone.standard_deviation, alone.standard_error, alone.intervals) == (350, None, None, ())


def test_a_negative_or_zero_total_has_no_precision_percent() -> None:
    assert variable_appraisal(50, [-5, -7]).intervals[0].precision_percent is None
    assert variable_appraisal(50, [-5, 5]).intervals[0].precision_percent is None


def test_the_third_column_follows_exactly() -> None:
    examined, audited = [Decimal("100.10"), Decimal("50.30"), Decimal("0.30")], [Decimal("80.05"), Decimal("50.30"), Decimal("0.10")]
    difference = [e - a for e, a in zip(examined, audited, strict=True)]
    found = compared_appraisal(1_000, examined=examined, audited=audited)
    assert found == compared_appraisal(1_000, examined=examined, difference=difference)
    assert found == compared_appraisal(1_000, audited=audited, difference=difference)
    assert found == compared_appraisal(1_000, examined=[float(v) for v in examined], audited=[float(v) for v in audited])
    assert (found.difference.total, found.difference.nonzero, found.audited.nonzero) == (20.25, 2, 3)
    assert compared_appraisal(9, examined=[0.3, 0.7], audited=[0.1, 0.7]).difference.total == 0.2  # binary 0.3 - 0.1 is not


def test_strata_add_up_with_the_normal_factor() -> None:
    found = stratified_variable([100, 40], [[10, 0, 20, 30], [5, 9]])
    by_hand = 100 * 96 * (500 / 3) / 4 + 40 * 38 * 8 / 2
    assert found.overall.point_estimate == pytest.approx(1_500 + 280)
    assert found.overall.standard_error == pytest.approx(sqrt(by_hand))
    assert found.overall.at(0.9).precision == pytest.approx(1.644853626951 * sqrt(by_hand))
    assert (found.universe, found.sample, found.nonzero, found.total) == (140, 6, 5, 74)
    assert found.strata[1] == variable_appraisal(40, [5, 9])


def test_a_stratum_reviewed_whole_adds_no_error() -> None:
    plain, more = stratified_variable([100], [[1, 5, 9]]), stratified_variable([100, 2, 1], [[1, 5, 9], [70, 80], [1_000]])
    assert more.overall.standard_error == pytest.approx(plain.overall.standard_error)
    assert more.overall.point_estimate == pytest.approx(plain.overall.point_estimate + 1_150)


def test_attributes_are_amounts_of_one() -> None:
    attribute = stratified_attribute([30, 50], [5, 8], [2, 3])
    variable = stratified_variable([30, 50], [[1] * 2 + [0] * 3, [1] * 3 + [0] * 5])
    assert attribute.items.standard_error == pytest.approx(variable.overall.standard_error)


def test_simple_and_stratified_samples_are_right_on_average() -> None:
    first, second = [3, 1, 4, 1, 5], [9, 2, 6, 5]
    pairs = product(combinations(first, 3), combinations(second, 2))
    is_right_on_average([stratified_variable([5, 4], pair).overall for pair in pairs], sum(first) + sum(second))


UNITS = [[3, 1, 4], [1, 5, 9, 2], [6, 5]]  # a universe of three primary units


def every_two_stage_sample() -> list[tuple[list[int], list[tuple[int, ...]], int]]:
    """All samples of two units and two items in each, each as often as it is likely."""
    found = []
    for chosen in combinations(UNITS, 2):
        inner = list(product(*[combinations(unit, 2) for unit in chosen]))
        found += [([len(unit) for unit in chosen], list(values), 18 // len(inner)) for values in inner]
    assert sum(times for *_, times in found) == 3 * 18
    return found


def test_two_stage_amounts_are_right_on_average() -> None:
    found = [two_stage_variable(3, sizes, values).total for sizes, values, times in every_two_stage_sample() for _ in range(times)]
    is_right_on_average(found, 36)


def test_two_stage_attributes_are_right_on_average() -> None:
    found = []
    for sizes, values, times in every_two_stage_sample():
        odd = [sum(value % 2 for value in each) for each in values]
        found += [two_stage_attribute(3, sizes, [2, 2], odd).total] * times
    is_right_on_average(found, 6)


def test_two_stages_by_hand() -> None:
    found = two_stage_attribute(10, [20, 30], [5, 6], [1, 3])  # totals 4 and 15
    within = 5 * (400 * 0.75 * 0.2 * 0.8 / 4 + 900 * 0.8 * 0.25 / 5)
    assert found.total.point_estimate == pytest.approx(95)
    assert found.total.standard_error == pytest.approx(sqrt(100 * 0.8 * 60.5 / 2 + within))
    assert found.per_item.point_estimate == pytest.approx(38)  # 19 of 50
    between = ((4 - 0.38 * 20) - (15 - 0.38 * 30)) ** 2 / 2
    assert found.per_item.standard_error == pytest.approx(100 / 250 * sqrt(100 * 0.8 * between / 2 + within))
    assert (found.primary_universe, found.primary_sample, found.sample) == (10, 2, 11)


def test_a_full_second_stage_is_a_cluster_sample() -> None:
    amounts = two_stage_variable(9, [2, 3], [[1, 2], [3, 4, 8]])
    clusters = stratified_cluster_variable([9], [[[1, 2], [3, 4, 8]]])
    assert amounts.total.standard_error == pytest.approx(clusters.overall.standard_error)
    assert amounts.total.point_estimate == pytest.approx(clusters.overall.point_estimate)
    errors = two_stage_attribute(9, [2, 3], [2, 3], [1, 3])
    assert stratified_cluster_attribute([9], [[2, 3]], [[1, 3]]) == errors


def test_clusters_of_one_item_are_a_stratified_sample() -> None:
    found = stratified_cluster_attribute([30, 50], [[1] * 5, [1] * 8], [[1, 1, 0, 0, 0], [1, 1, 1, 0, 0, 0, 0, 0]])
    plain = stratified_attribute([30, 50], [5, 8], [2, 3])
    assert found.total.standard_error == pytest.approx(plain.items.standard_error)
    assert found.per_item.point_estimate == pytest.approx(plain.percent.point_estimate)


def test_clusters_of_known_size_are_a_ratio_in_every_stratum() -> None:
    """By hand, two strata. First: 10 clusters, 60 items; 2 of 5 and 1 of 5 in error: 60 x 0.3 = 18; residuals 2 - 1.5 and 1 - 1.5, so
    variance 10² x 0.8 / 2 x 0.5 = 20. Second: 4 clusters, 9 items, all of 2 and 1 of 2: 9 x 0.75 = 6.75; 16 x 0.5 / 2 x 0.5 = 2."""
    found = stratified_cluster_attribute([10, 4], [[5, 5], [2, 2]], [[2, 1], [2, 1]], items=[60, 9])
    assert found.total.point_estimate == pytest.approx(24.75)
    assert found.total.standard_error == pytest.approx(sqrt(22))
    assert found.per_item.point_estimate == pytest.approx(100 * 24.75 / 69)
    assert found.per_item.standard_error == pytest.approx(100 * sqrt(22) / 69)
    assert (found.primary_universe, found.primary_sample, found.sample) == (14, 4, 14)


def test_known_sizes_make_all_of_clusters_that_differ_in_size_certain() -> None:
    """Where every item is in error, the total is the items, without doubt; without their number it hangs on which clusters were drawn."""
    sizes = [[2, 30]]
    known = stratified_cluster_attribute([5], sizes, sizes, items=[100]).total
    assert (known.point_estimate, known.standard_error) == (100, 0)
    assert stratified_cluster_attribute([5], sizes, sizes).total.standard_error > 20


def test_cluster_strata_are_right_on_average() -> None:
    one, two = [(2, 1), (4, 4), (3, 0)], [(5, 2), (1, 1), (2, 2)]  # items and errors
    found = []
    for a, b in product(combinations(one, 2), combinations(two, 2)):
        sizes, errors = [[s for s, _ in a], [s for s, _ in b]], [[e for _, e in a], [e for _, e in b]]
        found.append(stratified_cluster_attribute([3, 3], sizes, errors).total)
    is_right_on_average(found, 10)


def test_independent_totals_are_combined() -> None:
    parts = [two_stage_attribute(10, [20, 30], [5, 6], [1, 3]).total, two_stage_attribute(4, [20, 30], [5, 6], [1, 3]).total]
    found = combined(parts)
    assert found.point_estimate == pytest.approx(133)
    assert found.standard_error == pytest.approx(sqrt(parts[0].standard_error ** 2 + parts[1].standard_error ** 2))


def test_post_stratification_by_hand() -> None:
    found = post_stratified_variable([60, 40], [[1, 3, 5, 7], [10, 14]])  # s² 20/3 and 8
    within, sizes = 0.6 * 20 / 3 + 0.4 * 8, 0.4 * 20 / 3 + 0.6 * 8
    assert found.overall.point_estimate == pytest.approx(60 * 4 + 40 * 12)
    assert found.overall.standard_error == pytest.approx(100 * sqrt(0.94 * within / 6 + sizes / 36))


@pytest.mark.parametrize(("value", "digits", "text"), [(2.675, 2, "2.68"), (1.005, 2, "1.01"), (0.5, 0, "1"), (-0.5, 0, "-1"), (1.5, 0, "2"),
                                                       (2.5, 0, "3"), (0.1 + 0.2, 1, "0.3"), (1_234_567.5, 0, "1234568"),
                                                       (2.4449999, 2, "2.44"), (Decimal("0.125"), 2, "0.13")])  # fmt: skip
def test_numbers_are_printed_half_up(value: float, digits: int, text: str) -> None:
    assert str(printed(value, digits)) == text


@pytest.mark.parametrize(
    "bad", [[], [1, None], [1, float("nan")], [1, float("inf")], [1, "2,00"], [1, True], [1, 2, 3, 4], [Decimal("NaN")]]
)
def test_amounts_that_cannot_be_are_refused(bad: list[object]) -> None:
    with pytest.raises(InputError) as refused:
        variable_appraisal(3, bad)  # type: ignore[arg-type]
    assert refused.value.fix


@pytest.mark.parametrize(
    "call",
    [
        lambda: compared_appraisal(9, examined=[1, 2]),
        lambda: compared_appraisal(9, examined=[1, 2], audited=[1, 2], difference=[0, 0]),
        lambda: compared_appraisal(9, examined=[1, 2], audited=[1]),
        lambda: stratified_variable([9, 9], [[1, 2]]),
        lambda: stratified_variable([9, 9], [[1, 2], [1]]),
        lambda: stratified_variable([], []),
        lambda: two_stage_attribute(9, [5, 5], [2, 2], [1, 3]),
        lambda: two_stage_attribute(9, [5, 5], [2, 1], [1, 1]),
        lambda: two_stage_attribute(1, [5, 5], [2, 2], [1, 1]),
        lambda: two_stage_attribute(9, [5], [2], [1]),
        lambda: two_stage_variable(9, [1, 5], [[1, 2], [1, 2]]),
        lambda: stratified_cluster_attribute([9], [[2, 3]], [[1, 4]]),
        lambda: stratified_cluster_attribute([9], [[2, 3]], [[1]]),
        lambda: stratified_cluster_attribute([9], [[2, 3]], [[1, 1]], items=[4]),
        lambda: stratified_cluster_attribute([9], [[2, 3]], [[1, 1]], items=[40, 2]),
        lambda: stratified_cluster_variable([9], [[[1], []]]),
        lambda: variable_appraisal(50, [7]).at(0.9),
        lambda: combined([]),
    ],
)
def test_designs_that_cannot_be_are_refused(call: object) -> None:
    with pytest.raises(InputError):
        call()  # type: ignore[operator]


def test_amounts_that_differ_only_beyond_what_a_float_holds_have_no_shape() -> None:
    found = variable_appraisal(100, [10**16, 10**16 + 1])
    assert (found.skewness, found.kurtosis) == (None, None)
