"""What is believed of coders, leaning on the pool, and the funnel."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import beta, binom

from rcm_pipeline.errors import InputError
from rcm_pipeline.stats.beta_binomial import funnel_limits, pool_prior, standings


def coders(*counts: tuple[float | None, float | None], pool: str = "ED") -> pl.DataFrame:
    return pl.DataFrame(
        [(f"C{at}", pool, right, total) for at, (right, total) in enumerate(counts)],
        schema={"coder_id": pl.String, "specialty": pl.String, "right": pl.Float64, "total": pl.Float64},
        orient="row",
    )


SHOP = coders((57, 60), (58, 60), (60, 60), (44, 60), (290, 290), (9, 10))


def test_the_posterior_is_the_pool_and_the_coder() -> None:
    """By hand: Beta(a + right, b + wrong) with a + b the pool's charts."""
    for row in standings(SHOP, pool=["specialty"]).iter_rows(named=True):
        a = row["pool_rate"] * row["pool_charts"] + row["right"]
        b = (1 - row["pool_rate"]) * row["pool_charts"] + row["total"] - row["right"]
        assert row["posterior_rate"] == pytest.approx(a / (a + b))
        assert row["below_chance"] == pytest.approx(beta.cdf(0.95, a, b))
        assert row["posterior_low"] == pytest.approx(beta.ppf(0.025, a, b))
        assert row["posterior_high"] == pytest.approx(beta.ppf(0.975, a, b))


def test_one_bad_week_is_drawn_to_the_pool_and_many_charts_are_not() -> None:
    found = standings(coders(*[(96, 100)] * 20, (7, 10), (700, 1000)), pool=["specialty"])["posterior_rate"]
    assert 0.85 < found[20] < 0.96
    assert found[21] == pytest.approx(0.7, abs=0.03)


def test_pools_are_apart() -> None:
    other = coders((50, 100), (55, 100), pool="OBS")
    alone = standings(SHOP, pool=["specialty"])
    both = standings(pl.concat([other, SHOP]), pool=["specialty"])
    assert both.filter(pl.col("specialty") == "ED").equals(alone)


def test_the_prior_finds_a_known_pool() -> None:
    rng = np.random.default_rng(1)
    truth = rng.beta(95, 5, 3000)
    a, b = pool_prior(rng.binomial(60, truth).astype(float), np.full(3000, 60.0))
    assert a / (a + b) == pytest.approx(0.95, abs=0.003)
    assert a + b == pytest.approx(100, rel=0.15)


def test_the_prior_of_no_coder_is_the_usual_one() -> None:
    a, b = pool_prior(np.zeros(0), np.zeros(0))
    assert a / (a + b) == pytest.approx(0.95, abs=0.03)
    assert 5 < a + b < 100


def test_the_chance_means_what_it_says() -> None:
    """Accuracies spread like a Beta: of those below with nine chances in ten nine in ten are, and the intervals hold 95 %."""
    rng = np.random.default_rng(7)
    truth = rng.beta(57, 3, 4000)
    total = rng.integers(10, 81, 4000)
    frame = pl.DataFrame({"pool": np.repeat(np.arange(100), 40), "right": rng.binomial(total, truth), "total": total})
    found = standings(frame, pool=["pool"])
    chance = found["below_chance"].to_numpy()
    below, above = truth[chance >= 0.9], truth[chance <= 0.1]
    assert len(below) > 100
    assert (below < 0.95).mean() >= 0.88
    assert (above >= 0.95).mean() >= 0.85
    held = (found["posterior_low"].to_numpy() <= truth) & (truth <= found["posterior_high"].to_numpy())
    assert 0.93 <= held.mean() <= 0.975


@pytest.mark.parametrize("counts", [(11, 10), (-1, 10), (None, 10), (5, None), (float("nan"), 10)])
def test_wrong_counts_are_refused(counts: tuple) -> None:
    with pytest.raises(InputError, match="right is not from 0 to total in 1 rows"):
        standings(coders((9, 10), counts), pool=["specialty"])


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(InputError, match="standard is not"):
        standings(SHOP, pool=["specialty"], standard=1.0)
    with pytest.raises(InputError, match="total"):
        standings(SHOP.drop("total"), pool=["specialty"])
    assert standings(SHOP.clear(), pool=["specialty"]).columns == standings(SHOP, pool=["specialty"]).columns


def test_the_funnel_is_exact_where_a_count_is() -> None:
    """At a size where P(X <= r) is just the tail, the limit is r/n; between counts it is interpolated."""
    target = 0.95
    tail = float(binom.cdf(16, 20, target))
    found = funnel_limits(20, target, levels=(1 - 2 * tail,))
    assert found["low"].item() == pytest.approx(16 / 20)


def test_the_funnel_narrows_around_the_target() -> None:
    found = funnel_limits([10, 100, 1000, 10000], 0.95)
    for level in (0.95, 0.998):
        part = found.filter(pl.col("level") == level)
        assert part["low"].is_sorted()
        assert ((part["low"] < 0.95) & (part["high"] > 0.95)).all()
    last = found.filter((pl.col("size") == 10000) & (pl.col("level") == 0.95)).row(0, named=True)
    assert last["low"] == pytest.approx(0.95 - 1.96 * np.sqrt(0.95 * 0.05 / 10000), abs=2e-4)


def test_the_funnel_refuses() -> None:
    for sizes, target in (([0], 0.95), ([10], 1.0)):
        with pytest.raises(InputError, match="funnel"):
            funnel_limits(sizes, target)
