"""How many charts: against published plans, and by the property each plan promises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, hypergeom

from rcm_pipeline.coding.sampling.planning import charts_for_half_width, charts_to_prove, pass_chance, zero_error_charts
from rcm_pipeline.errors import InputError


@pytest.mark.parametrize(
    ("half_width", "frame", "charts"),
    [(0.05, None, 83), (0.05, 300, 66), (0.03, None, 215), (0.03, 300, 126), (0.02, None, 469), (0.02, 300, 184)],
)
def test_half_width_by_wilson(half_width: float, frame: int | None, charts: int) -> None:
    assert charts_for_half_width(half_width, 0.95, frame_count=frame) == charts


@pytest.mark.parametrize(
    ("half_width", "frame", "charts"), [(0.02, None, 457), (0.02, 2000, 372), (0.02, 500, 239), (0.03, None, 203), (0.05, None, 73)]
)
def test_half_width_by_the_guides(half_width: float, frame: int | None, charts: int) -> None:
    assert charts_for_half_width(half_width, 0.95, frame_count=frame, method="simple") == charts


@settings(deadline=None)  # others work on the machine
@given(st.floats(0.01, 0.2), st.floats(0.5, 1), st.integers(1, 5000))
def test_a_frame_is_never_more_than_reviewed_whole(half_width: float, rate: float, frame: int) -> None:
    assert 1 <= charts_for_half_width(half_width, rate, frame_count=frame) <= min(frame, charts_for_half_width(half_width, rate))


@pytest.mark.parametrize(("limit", "charts"), [(0.05, 59), (0.01, 299), (0.10, 29)])
def test_zero_errors(limit: float, charts: int) -> None:
    assert zero_error_charts(limit) == charts
    assert (1 - limit) ** charts <= 0.05 < (1 - limit) ** (charts - 1)


def test_zero_errors_of_a_small_frame() -> None:
    """5 wrong of 100: C(95, n)/C(100, n) is first at most .05 at 45."""
    assert zero_error_charts(0.05, frame_count=100) == 45
    assert hypergeom.pmf(0, 100, 5, 45) <= 0.05 < hypergeom.pmf(0, 100, 5, 44)
    assert zero_error_charts(0.05, frame_count=10**5) == 59
    assert zero_error_charts(0.5, frame_count=1) == 1


@pytest.mark.parametrize(("truth", "charts", "allowed"), [(0.97, 601, 21), (0.98, 234, 6), (0.99, 124, 2)])
def test_to_prove_a_standard(truth: float, charts: int, allowed: int) -> None:
    assert charts_to_prove(0.95, truth) == (charts, allowed)
    assert binom.cdf(allowed, charts, 0.05) <= 0.05
    assert binom.cdf(allowed, charts, 1 - truth) >= 0.8


def test_no_smaller_plan_proves() -> None:
    charts, _ = charts_to_prove(0.90, 0.97)
    for fewer in range(1, charts):
        allowed = np.arange(fewer + 1)
        assert not ((binom.cdf(allowed, fewer, 0.1) <= 0.05) & (binom.cdf(allowed, fewer, 0.03) >= 0.8)).any()


def test_what_a_pass_rule_does() -> None:
    """coder_accuracy 4.2: at true 98/95/90 %, n = 10, 30, 100, 300."""
    found = pass_chance([0.98, 0.95, 0.90], np.array([10, 30, 100, 300])[:, None])
    expected = [[0.82, 0.60, 0.35], [0.88, 0.55, 0.18], [0.985, 0.62, 0.06], [1.0, 0.57, 0.001]]
    assert found == pytest.approx(np.array(expected), abs=6e-3)


def test_five_of_a_hundred_still_pass() -> None:
    """0.05 x 100 is a little more than 5 for a computer, 0.05 x 20 must stay one."""
    assert float(pass_chance(0.9, 100)) == pytest.approx(binom.cdf(5, 100, 0.1))
    assert float(pass_chance(0.9, 20)) == pytest.approx(binom.cdf(1, 20, 0.1))
    assert float(pass_chance(1.0, 10)) == 1.0
    assert float(pass_chance(0.5, 10, standard=0.0)) == 1.0


def test_what_is_refused() -> None:
    for call in (
        lambda: charts_for_half_width(0.0, 0.95),
        lambda: charts_for_half_width(0.05, 1.1),
        lambda: charts_for_half_width(0.05, 0.95, method="guess"),
        lambda: charts_for_half_width(0.05, 0.95, frame_count=0),
        lambda: zero_error_charts(0.0),
        lambda: zero_error_charts(0.05, frame_count=0),
        lambda: charts_to_prove(0.95, 0.95),
        lambda: charts_to_prove(0.95, 0.9500001),
        lambda: pass_chance(1.1, 10),
        lambda: pass_chance(0.9, 0),
    ):
        with pytest.raises(InputError):
            call()
