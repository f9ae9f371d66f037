"""Sample sizes, allocation over strata and random selection."""

from collections import Counter
from itertools import permutations
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rcm_pipeline.errors import InputError
from rcm_pipeline.stats.ratstats import (
    allocate,
    attribute_limits,
    attribute_sample_size,
    select,
    stratified_sample_size,
    variable_appraisal,
    variable_sample_sizes,
    variable_sample_sizes_from_error_rate,
    variable_sample_sizes_from_probe,
)
from rcm_pipeline.stats.ratstats.results import z_value


def width(universe: int, sample: int, rate: float, confidence: float) -> float:
    found = attribute_limits(universe, sample, int(sample * rate + 0.5), confidence)
    return (found.upper - found.lower) / universe


@pytest.mark.parametrize(("confidence", "sample"), [(80, 314), (90, 488), (95, 666), (99, 1079)])
def test_attribute_sizes_of_the_manual(confidence: int, sample: int) -> None:
    """RAT-STATS Companion Manual, 4-22: 10,000 items, 20 per cent, range 6 per cent."""
    assert attribute_sample_size(10_000, 20, 6, confidence).sample == sample


@pytest.mark.parametrize(
    ("universe", "rate", "wanted", "confidence"),
    [(60, 0.05, 0.1, 0.9), (60, 0.02, 0.1, 0.95), (10_000, 0.25, 0.08, 0.95), (800, 0.0625, 0.125, 0.9), (300, 0.5, 0.25, 0.8)],
)
def test_one_item_more_is_narrower_than_wanted(universe: int, rate: float, wanted: float, confidence: float) -> None:
    found = attribute_sample_size(universe, rate, wanted, confidence).sample
    assert width(universe, found + 1, rate, confidence) < wanted <= width(universe, found, rate, confidence)


def test_shares_and_percentages_ask_for_the_same() -> None:
    assert attribute_sample_size(1_000, 5, 10, 95) == attribute_sample_size(1_000, 0.05, 0.10, 0.95)
    assert attribute_sample_size(1_000, 1, 1, 95) == attribute_sample_size(1_000, 0.01, 0.01, 0.95)


def test_a_range_too_narrow_takes_everything() -> None:
    assert attribute_sample_size(50, 0.5, 0.01, 0.99).sample == 50


def test_the_size_for_an_amount_reaches_the_precision_and_not_much_more() -> None:
    for found in variable_sample_sizes(10_000, 100, 150):
        wanted = found.precision * 10_000 * 100 / z_value(found.confidence)

        def error(sample: float) -> float:
            return 10_000 * 150 / sqrt(sample) * sqrt(1 - sample / 10_000)

        assert error(found.sample + 0.5) <= wanted <= error(found.sample - 0.5)


def test_sizes_for_amounts_by_hand() -> None:
    found = {(each.confidence, each.precision): each.sample for each in variable_sample_sizes(1_000, -50, 100, precisions=(10, 1))}
    assert len(found) == 8
    assert found[0.90, 0.10] == 520  # 10^10 / ((5,000 / 1.644854)² + 10^7) = 519.7
    assert found[0.99, 0.01] == 996


def test_a_probe_gives_mean_and_deviation() -> None:
    probe = [0, 0, 10, 40, 90]
    mean, deviation = variable_appraisal(500, probe).mean, variable_appraisal(500, probe).standard_deviation
    assert variable_sample_sizes_from_probe(500, probe) == variable_sample_sizes(500, mean, deviation or 0)


def test_an_error_rate_gives_the_moments_of_the_differences() -> None:
    """Recorded amounts 10 and 30, one half wrong by all of it: differences 0, 0, 10, 30."""
    mean, spread = 10.0, sqrt(150.0)
    assert variable_sample_sizes_from_error_rate(1_000, 20_000, 10, 0.5) == variable_sample_sizes(1_000, mean, spread)


def test_no_spread_asks_for_two_items() -> None:
    assert {each.sample for each in variable_sample_sizes(1_000, 50, 0)} == {2}


def test_the_stratified_size_by_hand() -> None:
    """sum N s = 5,000, sum N s² = 90,000, E = 1,100: n = 46.5, of which 9.3 and 37.2, each rounded up."""
    found = stratified_sample_size([100, 200], [50, 30], [10, 20], 0.10, 0.90)
    assert (found.sample, found.strata) == (48, (10, 38))


def test_a_stratum_that_is_too_small_is_taken_whole() -> None:
    """n = 25,000² / (668.75² + 20,050,000) = 30.49; the first stratum's 24.4 are more than it has, so 10.49 are left."""
    found = stratified_sample_size([20, 500], [100, 18], [1_000, 10], 0.10, 0.90)
    assert (found.sample, found.strata) == (31, (20, 11))


def test_allocation_adds_up_and_keeps_to_the_strata() -> None:
    assert allocate(100, [100, 300, 600]) == (10, 30, 60)
    assert allocate(100, [100, 100, 100]) == (34, 33, 33)
    assert allocate(100, [100, 300], [30, 10]) == (50, 50)
    assert allocate(50, [10, 1_000], [1_000, 1]) == (10, 40)
    assert allocate(50, [10_000, 10]) == (48, 2)
    assert allocate(50, [10_000, 1]) == (49, 1)
    assert allocate(30, [10, 10, 10], [5, 0, 0]) == (10, 10, 10)
    assert allocate(14, [10, 10, 10], [5, 0, 0]) == (10, 2, 2)


@given(st.lists(st.tuples(st.integers(1, 5_000), st.sampled_from([0, 1, 5, 300.5])), min_size=1, max_size=6), st.floats(0, 1))
def test_any_allocation_fits(strata: list[tuple[int, float]], share: float) -> None:
    universes, deviations = [size for size, _ in strata], [spread for _, spread in strata]
    least = sum(min(2, size) for size in universes)
    total = least + int(share * (sum(universes) - least))
    for parts in [allocate(total, universes), *([allocate(total, universes, deviations)] if any(deviations) else [])]:
        assert sum(parts) == total
        assert all(min(2, size) <= part <= size for part, size in zip(parts, universes, strict=True))


@pytest.mark.parametrize(
    "call",
    [
        lambda: attribute_sample_size(0, 0.1, 0.1),
        lambda: attribute_sample_size(100, 0, 0.1),
        lambda: attribute_sample_size(100, 0.1, 100),
        lambda: attribute_sample_size(100, 0.1, 0.1, 1),
        lambda: variable_sample_sizes(1_000, 0, 10),
        lambda: variable_sample_sizes(1_000, 10, -1),
        lambda: variable_sample_sizes(1_000, 10, 1, precisions=[0]),
        lambda: variable_sample_sizes_from_probe(1_000, [1]),
        lambda: variable_sample_sizes_from_error_rate(1_000, 0, 10, 0.5),
        lambda: stratified_sample_size([10], [1, 2], [1]),
        lambda: stratified_sample_size([10, 10], [1, 2], [0, 0]),
        lambda: stratified_sample_size([10, 10], [1, -1], [1, 1]),
        lambda: allocate(3, [10, 10]),
        lambda: allocate(21, [10, 10]),
        lambda: select(0, 1, 0, 1),
        lambda: select(10, 8, 3, 1),
        lambda: select(10, 11, 0, 1),
        lambda: select(10, 1, -1, 1),
        lambda: select(10, 1, 0, -1),
        lambda: select(10, 1, 0, None),  # type: ignore[arg-type]
    ],
)
def test_plans_that_cannot_be_are_refused(call: object) -> None:
    with pytest.raises(InputError) as refused:
        call()  # type: ignore[operator]
    assert refused.value.fix


def test_a_selection_can_be_drawn_again_anywhere() -> None:
    found = select(1_000, 5, 2, 1)
    assert found == select(1_000, 5, 2, 1)
    assert (found.sample, found.spares) == ((128, 155, 168, 695, 994), (865, 285))  # kept: a drawn sample must stay what it was
    assert select(10, 4, 3, 7).sample == (4, 10, 5, 7)
    assert select(10, 4, 3, 7).ascending == (4, 5, 7, 10)


def test_more_spares_leave_the_sample_alone() -> None:
    short, long = select(200, 30, 5, 42), select(200, 30, 40, 42)
    assert long.sample == short.sample
    assert long.spares[:5] == short.spares
    assert len({*long.sample, *long.spares}) == 70
    assert sorted(select(200, 200, 0, 3).sample) == list(range(1, 201))


def test_every_order_is_equally_likely() -> None:
    drawn = Counter(select(4, 2, 1, seed).sample + select(4, 2, 1, seed).spares for seed in range(4_800))
    assert set(drawn) == set(permutations([1, 2, 3, 4], 3))
    assert sum((count - 200) ** 2 / 200 for count in drawn.values()) < 49.7  # chi-square, 23 degrees, one in a thousand
