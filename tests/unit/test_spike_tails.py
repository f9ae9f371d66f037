"""Chances of a count: upper tails of the beta-binomial against plain sums and SciPy."""

import numpy as np
import pytest
from scipy.stats import betabinom, binom

from rcm_pipeline.denials.spikes.model.tails import all_denied, upper_tail


def exact(count: int, decided: int, rate: float, icc: float) -> float:
    """The plain sum, by the ratio of each probability to the one before; scipy loses digits where icc is very small."""
    a, b = rate * (1 - icc) / icc, (1 - rate) * (1 - icc) / icc
    k = np.arange(decided)
    logs = np.concatenate([[0.0], np.cumsum(np.log((decided - k) * (a + k) / ((k + 1) * (b + decided - k - 1))))])
    chances = np.exp(logs - logs.max())
    return float((chances[count + 1 :].sum() + chances[count] / 2) / chances.sum())


@pytest.mark.parametrize("cv", [0.01, 0.1, 0.3, 0.6])
@pytest.mark.parametrize("decided", [2, 7, 60, 1000, 50_000])
@pytest.mark.parametrize("rate", [0.001, 0.05, 0.3])
def test_tails_are_those_of_scipy(decided: int, rate: float, cv: float) -> None:
    """A weekly rate that scatters by 1 to 60 % has the intraclass correlation cv² p / (1 - p)."""
    icc = cv**2 * rate / (1 - rate)
    mean, spread = decided * rate, (decided * rate * (1 - rate) * (1 + (decided - 1) * icc)) ** 0.5
    counts = np.unique(np.clip(np.round(mean + spread * np.array([-2, -1, 0, 0.5, 1, 2, 3, 4, 6])), 0, decided))
    n, p, r = (np.full(counts.size, value) for value in (float(decided), rate, icc))
    found = upper_tail(counts, n, p, r)
    assert ((found >= 0) & (found <= 1)).all()
    for count, chance in zip(counts, found, strict=True):
        wanted = exact(int(count), decided, rate, icc)
        if 1e-7 < wanted < 0.5:
            assert chance == pytest.approx(wanted, rel=0.002)
            if icc > 1e-3:
                a, b = rate * (1 - icc) / icc, (1 - rate) * (1 - icc) / icc
                assert chance == pytest.approx(betabinom.sf(count, decided, a, b) + betabinom.pmf(count, decided, a, b) / 2, rel=0.002)


@pytest.mark.parametrize(("decided", "rate"), [(1, 0.1), (40, 0.1), (5000, 0.02)])
def test_without_noise_the_tail_is_that_of_the_binomial(decided: int, rate: float) -> None:
    for count in range(round(decided * rate), min(decided, round(decided * rate * 1.6) + 3) + 1):
        wanted = binom.sf(count, decided, rate) + binom.pmf(count, decided, rate) / 2
        found = upper_tail(*(np.array([float(value)]) for value in (count, decided, rate, 0)))[0]
        if 1e-7 < wanted < 0.5:
            assert found == pytest.approx(wanted, rel=0.002)


@pytest.mark.parametrize(("count", "rate", "icc"), [(50, 0.001, 0.016), (0, 0.36, 0.53), (0, 0.289, 0.858), (900, 0.004, 0.02)])
def test_tails_of_rates_that_pile_up_at_none_or_all(count: int, rate: float, icc: float) -> None:
    found = upper_tail(*(np.array([float(value)]) for value in (count, 30_000, rate, icc)))[0]
    assert found == pytest.approx(exact(count, 30_000, rate, icc), rel=0.01)


@pytest.mark.parametrize(("count", "decided", "rate", "icc"), [(1, 3000, 1.126 / 3000, 0.0023), (1, 1000, 0.0053, 0.0099)])
def test_tails_of_very_noisy_series(count: int, decided: int, rate: float, icc: float) -> None:
    found = upper_tail(*(np.array([float(value)]) for value in (count, decided, rate, icc)))[0]
    assert found == pytest.approx(exact(count, decided, rate, icc), rel=0.002)


def test_if_all_were_denied() -> None:
    one = np.ones(1)
    assert all_denied(one, 0.1 * one, 0 * one)[0] == pytest.approx(0.05)
    assert all_denied(3 * one, 0.1 * one, 0 * one)[0] == pytest.approx(0.0005, rel=1e-4)
    assert all_denied(3 * one, 0.5 * one, 0.2 * one)[0] == pytest.approx(betabinom.pmf(3, 3, 2, 2) / 2)
