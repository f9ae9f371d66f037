"""Two rates compared, against published intervals, and what must hold for any of them."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rcm_pipeline.stats.comparisons import Ratio, newcombe, score_ratio


def ratio(*strata: tuple[int, int, int, int]) -> Ratio:
    return score_ratio(*(np.array(side, dtype=float) for side in zip(*strata, strict=True)))


def difference(x: int, n: int, y: int, m: int) -> tuple[float, float, float]:
    frame = pl.DataFrame({"x": [x], "n": [n], "y": [y], "m": [m]})
    return frame.select(e.alias(f"{i}") for i, e in enumerate(newcombe(*(pl.col(c) for c in "xnym")))).row(0)


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),  # Newcombe 1998, Stat Med 17:873, table II, method 10
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((10, 10, 0, 20), 0.6791, 1.0),
        ((10, 10, 0, 10), 0.6075, 1.0),
    ],
)
def test_published_differences(counts: tuple[int, int, int, int], low: float, high: float) -> None:
    assert difference(*counts)[1:] == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_no_charts_on_one_side_no_difference() -> None:
    assert difference(3, 10, 0, 0) == (None, None, None)


@pytest.mark.parametrize(
    ("counts", "value", "low", "high"),
    [
        ((36, 40, 16, 80), 4.5, 2.94, 7.15),  # Koopman 1984
        ((8, 15, 4, 15), 2.0, 0.815, 5.34),  # Gart and Nam 1988, example 1: score
        ((4, 24, 12, 28), 0.389, 1 - 0.855, 1 - 0.0328),  # PF for R, vignette, score method: printed as 1 - ratio
    ],
)
def test_published_ratios(counts: tuple[int, int, int, int], value: float, low: float, high: float) -> None:
    found = ratio(counts)
    assert (found.value, found.low, found.high) == (
        pytest.approx(value, abs=5e-4),
        pytest.approx(low, abs=5e-3 * low),
        pytest.approx(high, abs=5e-3),
    )


def test_one_ratio_in_four_strata() -> None:
    """Gart 1985, table 1 (tumours in four kinds of mice): likeliest common ratio 2.65, upper limit 5.03."""
    found = ratio((4, 16, 5, 79), (2, 16, 3, 87), (4, 18, 10, 90), (1, 15, 3, 82))
    assert (found.value, found.high) == (pytest.approx(2.65, abs=5e-3), pytest.approx(5.03, abs=5e-3))


def test_a_strict_payer_is_no_coders_fault() -> None:
    """Both coders are alike at either payer, but one has the strict payer: 50 of 110 against 20 of 110 denied."""
    assert ratio((45, 90, 10, 20), (1, 20, 5, 100)).value == pytest.approx(1.0)
    assert ratio((46, 110, 15, 120)).value == pytest.approx(3.345, abs=1e-3)


def test_where_nothing_or_everything_is_denied() -> None:
    assert ratio((0, 5, 0, 5)) == Ratio(None, None, None)
    assert ratio((1, 5, 0, 0)) == Ratio(None, None, None)
    none_here, none_there, everything = ratio((0, 10, 3, 20)), ratio((3, 20, 0, 10)), ratio((10, 10, 10, 10))
    assert (none_here.value, none_here.low) == (0.0, 0.0)
    assert none_here.high == pytest.approx(1 / none_there.low, rel=1e-6)
    assert (none_there.value, none_there.high) == (None, None)
    # by hand: the score of a ratio r > 1 is sqrt(10 (r - 1)), which is 1.96 at 1 + 1.96² / 10
    assert (everything.value, everything.high) == (pytest.approx(1.0), pytest.approx(1.38415, abs=1e-5))


def test_more_denied_than_decided_is_refused() -> None:
    with pytest.raises(ValueError, match="more successes than trials"):
        ratio((6, 5, 0, 5))


_stratum = st.tuples(st.integers(1, 40), st.integers(1, 40)).flatmap(
    lambda sizes: st.tuples(st.integers(0, sizes[0]), st.just(sizes[0]), st.integers(0, sizes[1]), st.just(sizes[1]))
)


@given(st.lists(_stratum, min_size=1, max_size=4))
def test_turned_round_the_ratio_is_its_inverse(strata: list[tuple[int, int, int, int]]) -> None:
    found, turned = ratio(*strata), ratio(*((y, m, x, n) for x, n, y, m in strata))
    if found.value and turned.value:
        assert found.value == pytest.approx(1 / turned.value, rel=1e-5)
        assert found.low is not None
        assert found.high is not None
        assert found.low == pytest.approx(1 / turned.high, rel=1e-5)
        assert found.low < found.value < found.high


@given(_stratum)
def test_a_difference_stays_between_minus_one_and_one(counts: tuple[int, int, int, int]) -> None:
    change, low, high = difference(*counts)
    assert -1 <= low <= change <= high <= 1 + 1e-12
    assert difference(*counts[2:], *counts[:2]) == (pytest.approx(-change), pytest.approx(-high), pytest.approx(-low))
