"""Binomial and Student's distribution: worked by hand, and equal to what scipy.stats answers."""

import numpy as np
import pytest
from scipy.stats import binom
from scipy.stats import t as student

from rcm_pipeline.stats.quantiles import binomial_chance, binomial_count, student_reach


def test_two_tosses_by_hand() -> None:
    assert binomial_chance([-1, 0, 1, 2, 3], 2, 0.5) == pytest.approx([0, 0.25, 0.75, 1, 1], abs=1e-15)
    assert binomial_count([0.2, 0.25, 0.26, 0.75, 0.9], 2, 0.5).tolist() == [0, 0, 1, 1, 2]


def test_students_table() -> None:
    assert student_reach([1, 10, 120]) == pytest.approx([12.706, 2.228, 1.980], abs=5e-4)  # any printed table


def test_the_same_as_scipy_stats() -> None:
    random = np.random.default_rng(5)
    trials = random.integers(1, 400, 4000)
    count, rate, chance = random.integers(-1, trials + 1), random.uniform(0.001, 0.999, 4000), random.uniform(0.001, 0.999, 4000)
    assert binomial_chance(count, trials, rate) == pytest.approx(binom.cdf(count, trials, rate), abs=1e-14)
    assert (binomial_count(chance, trials, rate) == binom.ppf(chance, trials, rate)).all()
    assert student_reach(trials) == pytest.approx(student.ppf(0.975, trials), rel=1e-14)
