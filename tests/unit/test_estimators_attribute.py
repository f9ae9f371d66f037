"""Attribute appraisals: published examples, ties, brute force over small universes, coverage, and input that cannot be."""

from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from math import comb

import numpy as np
import pytest
from scipy.stats import hypergeom

from rcm_pipeline.errors import InputError, RcmError
from rcm_pipeline.stats.ratstats import attribute_appraisal, attribute_limits, printed, stratified_attribute
from rcm_pipeline.stats.ratstats.hypergeometric import exact_ways

LEVELS = [Fraction(4, 5), Fraction(9, 10), Fraction(19, 20)]


def chance(universe: int, sample: int, count: int, x: int) -> Fraction:
    return Fraction(comb(count, x) * comb(universe - count, sample - x), comb(universe, sample))


def test_the_unrestricted_example_of_the_companion_manual() -> None:
    """RAT-STATS Companion Manual (Rev. 5/2010), 2-2: universe 10,000, sample 400, 82 with the characteristic."""
    found = attribute_appraisal(10_000, 400, 82)
    assert [(at.lower, at.upper) for at in found.limits][1:] == [(1_729, 2_403), (1_673, 2_470)]
    assert (found.point_estimate, found.percent) == (2_050, 20.5)
    assert [printed(found.standard_error or 0), printed(found.standard_error_percent or 0, 3)] == [198, Decimal("1.980")]
    assert (printed(found.limits[2].lower_percent, 3), printed(found.limits[2].upper_percent, 3)) == (Decimal("16.730"), Decimal("24.700"))


def test_the_stratified_example_of_the_companion_manual() -> None:
    """RAT-STATS Companion Manual (Rev. 5/2010), 2-6: universes 1,000 and 1,500, samples of 100, 2 and 6 per cent."""
    found = stratified_attribute([1_000, 1_500], [100, 100], [2, 6])
    limits = found.percent.at(0.95)
    assert printed(found.percent.point_estimate, 1) == Decimal("4.4")
    assert printed(found.percent.standard_error, 3) == Decimal("1.483")
    assert (printed(limits.lower, 3), printed(limits.upper, 3)) == (Decimal("1.493"), Decimal("7.307"))
    assert printed(found.items.point_estimate) == 110
    assert [stratum.percent for stratum in found.strata] == [2, 6]


@pytest.mark.parametrize("universe", [20, 2_000_000])
def test_a_tie_is_outside_the_limits(universe: int) -> None:
    """One item sampled: P(X >= 1 | K) = K / N is exactly 5 per cent at K = N / 20, where (1 - 0.9) / 2 falls short of 0.05."""
    assert attribute_limits(universe, 1, 1, 0.9).lower == universe // 20 + 1
    assert attribute_limits(universe, 1, 0, 0.9).upper == universe - universe // 20 - 1
    assert attribute_limits(universe, 1, 1, 0.95).lower == universe // 40 + 1
    assert attribute_limits(universe, 1, 1, 0.8).lower == universe // 10 + 1
    assert (1 - 0.9) / 2 < 0.05


def test_every_small_universe_by_brute_force_ties_included() -> None:
    ties = 0
    for universe in range(1, 17):
        for sample in range(1, universe + 1):
            for errors in range(sample + 1):
                possible = range(errors, universe - sample + errors + 1)
                above = {k: sum(chance(universe, sample, k, x) for x in range(errors, sample + 1)) for k in possible}
                below = {k: sum(chance(universe, sample, k, x) for x in range(errors + 1)) for k in possible}
                for level in LEVELS:
                    tail = (1 - level) / 2
                    ties += sum(p == tail for p in [*above.values(), *below.values()])
                    found = attribute_limits(universe, sample, errors, level)
                    assert found.lower == min(k for k in possible if above[k] > tail), (universe, sample, errors, level)
                    assert found.upper == max(k for k in possible if below[k] > tail), (universe, sample, errors, level)
    assert ties > 20


@pytest.mark.parametrize(
    ("universe", "sample", "errors"), [(500, 60, 7), (733, 100, 0), (733, 100, 100), (1_200, 1_150, 40), (400, 399, 3)]
)
def test_the_limits_are_those_of_scipys_distribution(universe: int, sample: int, errors: int) -> None:
    for level in (0.8, 0.9, 0.95, 0.99):
        tail = (1 - level) / 2
        found = attribute_limits(universe, sample, errors, level)
        counts = range(errors, universe - sample + errors + 1)
        assert found.lower == next(k for k in counts if hypergeom.sf(errors - 1, universe, k, sample) > tail)
        assert found.upper == next(k for k in reversed(counts) if hypergeom.cdf(errors, universe, k, sample) > tail)


@pytest.mark.parametrize(("universe", "sample"), [(12, 5), (25, 6), (25, 25), (40, 30), (60, 3)])
def test_limits_hold_the_truth_as_often_as_they_say(universe: int, sample: int) -> None:
    for level in LEVELS:
        two = [attribute_limits(universe, sample, x, level) for x in range(sample + 1)]
        one = [attribute_limits(universe, sample, x, level, one_sided=True) for x in range(sample + 1)]
        for count in range(universe + 1):
            chances = [chance(universe, sample, count, x) for x in range(sample + 1)]
            assert sum(p for p, at in zip(chances, two, strict=True) if at.lower <= count <= at.upper) >= level
            assert sum(p for p, at in zip(chances, one, strict=True) if at.lower <= count) >= level
            assert sum(p for p, at in zip(chances, one, strict=True) if count <= at.upper) >= level


@pytest.mark.parametrize(("universe", "sample", "errors"), [(5_000_000, 1_000, 30), (3_000_000, 6_000, 5_900), (10**9, 300, 2)])
def test_large_universes_are_as_exact_as_small_ones(universe: int, sample: int, errors: int) -> None:
    found = attribute_limits(universe, sample, errors, 0.9)

    def is_above(count: int, *, upper: bool) -> bool:
        ways, every = exact_ways(universe, sample, errors, count, upper=upper)
        return 20 * ways > every

    assert is_above(found.lower, upper=True)
    assert not is_above(found.lower - 1, upper=True)
    assert is_above(found.upper, upper=False)
    assert not is_above(found.upper + 1, upper=False)


def test_none_all_and_everything_sampled() -> None:
    none, every, count = attribute_limits(1_000, 50, 0), attribute_limits(1_000, 50, 50), attribute_limits(80, 80, 7)
    assert (none.lower, every.upper) == (0, 1_000)
    assert none.upper == 1_000 - every.lower  # errors and their absence are the same question
    assert (count.lower, count.upper) == (7, 7)
    assert attribute_appraisal(80, 80, 7).standard_error == 0
    assert attribute_appraisal(80, 1, 1).standard_error is None
    assert attribute_limits(1_000, 50, 0, 0.9, one_sided=True).upper == attribute_limits(1_000, 50, 0, 0.8).upper < none.upper


def test_a_confidence_is_a_share_or_a_percentage() -> None:
    said = [attribute_limits(500, 60, 7, each) for each in (0.9, 90, Decimal("0.90"), Fraction(9, 10), 90.0)]
    assert {(each.lower, each.upper, each.confidence) for each in said} == {(said[0].lower, said[0].upper, 0.9)}


def test_the_standard_error_is_right_on_average_over_every_sample() -> None:
    universe, sample = [1, 0, 0, 1, 0, 1, 0, 0], 3
    found = [attribute_appraisal(8, sample, sum(each)) for each in combinations(universe, sample)]
    squares = [(each.point_estimate - sum(universe)) ** 2 for each in found]
    assert sum(each.point_estimate for each in found) / len(found) == pytest.approx(3)
    assert sum((each.standard_error or 0) ** 2 for each in found) / len(found) == pytest.approx(sum(squares) / len(squares))


@pytest.mark.parametrize(
    "bad",
    [(0, 1, 0), (10, 0, 0), (10, 11, 0), (10, 5, 6), (10, 5, -1), (10.0, 5, 1), (10, 5, True), (10, "5", 1), (10, 5, None),
     (10, 5, 1, 0), (10, 5, 1, 1), (10, 5, 1, 100), (10, 5, 1, -0.9), (10, 5, 1, float("nan")), (10, 5, 1, "most"), (10, 5, 1, None)],
)  # fmt: skip
def test_what_cannot_be_is_refused(bad: tuple[object, ...]) -> None:
    with pytest.raises(InputError) as refused:
        attribute_limits(*bad)  # type: ignore[arg-type]
    assert refused.value.fix
    assert isinstance(refused.value, RcmError)


@pytest.mark.parametrize("bad", [([], [], []), ([10], [5, 5], [1]), ([10, 10], [5, 1], [1, 0]), ([10, 10], [5, 11], [1, 0])])
def test_strata_that_cannot_be_are_refused(bad: tuple[list[int], list[int], list[int]]) -> None:
    with pytest.raises(InputError):
        stratified_attribute(*bad)


@pytest.mark.parametrize("confidence", [np.float64(0.95), np.float32(0.95), 95, "0.95"])
def test_a_confidence_may_be_any_kind_of_number(confidence: float) -> None:
    found = attribute_limits(10_000, 400, 82, confidence)
    assert (found.lower, found.upper) == (1673, 2470)
