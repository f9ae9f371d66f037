"""Limits of an accuracy: simple samples by hand, risk strata, finite frames, what is refused."""

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from rcm_pipeline.coding.accuracy.clusters import stratum_counts
from rcm_pipeline.errors import InputError
from rcm_pipeline.stats.accuracy_limits import accuracy_limits
from rcm_pipeline.stats.stratified import stratified_interval

ENDLESS = 10**12
Z = 1.959963984540054


def stratum(name: str, right: float, total: int, frame: int, scope: str = "C1", **more: float | None) -> dict:
    return {"coder_id": scope, "stratum": name, "right": right, "total": total, "frame_count": frame, "sample_count": total, **more}


def interval(*strata: dict) -> dict:
    return stratified_interval(pl.DataFrame(list(strata)), ["coder_id"]).row(0, named=True)


def test_with_eleven_errors_or_more_it_is_wilsons() -> None:
    """Newcombe 1998, table I, method 3."""
    low, high = accuracy_limits(81, 263)
    assert (float(low), float(high)) == (pytest.approx(0.2553, abs=5e-5), pytest.approx(0.3662, abs=5e-5))


def test_with_few_errors_the_exact_chance_of_as_many_decides() -> None:
    """One error in ten: 0.95^(1/10), for one error or more then has a chance of 5 %; Wilson would say .982 and miss 98.3 %."""
    assert float(accuracy_limits(9, 10)[1]) == pytest.approx(0.95**0.1, abs=1e-9)
    for errors in range(1, 11):
        high = float(accuracy_limits(60 - errors, 60)[1])
        assert binom.sf(errors - 1, 60, 1 - high) == pytest.approx(0.05, abs=1e-9)


def test_a_coder_at_the_standard_is_wholly_below_it_one_time_in_twenty_at_most() -> None:
    """Exactly, for every number of charts from 2 to 400."""
    for size in range(2, 401):
        right = np.arange(size + 1)
        is_below = accuracy_limits(right, np.full(size + 1, size))[1] < 0.95
        assert binom.pmf(right, size, 0.95)[is_below].sum() <= 0.05


def test_no_error_and_no_chart() -> None:
    low, high = accuracy_limits([10, 0, 0], [10, 10, 0])
    assert high[0] == 1.0
    assert low[0] == pytest.approx(0.05**0.1)
    assert accuracy_limits(11, 11)[0] == pytest.approx(11 / (11 + Z**2))
    assert low[1] == 0.0
    assert np.isnan(low[2])
    assert np.isnan(high[2])


@settings(deadline=None)  # others work on the machine
@given(st.integers(1, 400), st.data())
def test_limits_hold_what_was_seen_and_mirror(size: int, data: st.DataObject) -> None:
    right = data.draw(st.integers(0, size))
    low, high = (float(side) for side in accuracy_limits(right, size))
    mirrored = [float(side) for side in accuracy_limits(size - right, size)]
    assert 0 <= low <= right / size <= high <= 1
    assert (1 - high, 1 - low) == (pytest.approx(mirrored[0], abs=1e-9), pytest.approx(mirrored[1], abs=1e-9))


def test_fewer_errors_never_lower_the_limits() -> None:
    for size in (10, 15, 30, 77, 120):
        for side in accuracy_limits(np.arange(size + 1), np.full(size + 1, size)):
            assert (np.diff(side) > -1e-12).all()


def test_every_simple_sample_covers_92_percent() -> None:
    truths = np.arange(0.85, 0.9901, 0.001)
    for size in (10, 12, 15, 23, 40, 64, 119):
        right = np.arange(size + 1)
        low, high = accuracy_limits(right, np.full(size + 1, size))
        chances = binom.pmf(right[:, None], size, truths)
        covered = (chances * ((low[:, None] <= truths) & (truths <= high[:, None]))).sum(axis=0)
        assert covered.min() >= 0.92
        assert covered.mean() <= 0.98  # Clopper-Pearson: 0.99 at ten charts


@pytest.mark.parametrize(("right", "total"), [(28, 30), (30, 30), (101, 120), (0, 10), (2, 9), (9, 10)])
def test_one_stratum_of_an_endless_frame_is_a_simple_sample(right: int, total: int) -> None:
    found = interval(stratum("all", right, total, ENDLESS))
    low, high = accuracy_limits(right, total)
    assert (found["low"], found["high"]) == (pytest.approx(float(low), abs=1e-9), pytest.approx(float(high), abs=1e-9))
    assert found["accuracy_rate"] == pytest.approx(right / total)
    assert found["effective_size"] == pytest.approx(total)


def test_strata_weigh_what_they_are_of_the_frame() -> None:
    """30 of 300 charts are risky: 0.1 x 24/40 + 0.9 x 19/20, not 43/60."""
    found = interval(stratum("risk", 24, 40, 30_000), stratum("rest", 19, 20, 270_000))
    assert found["accuracy_rate"] == pytest.approx(0.1 * 0.6 + 0.9 * 0.95)
    assert (found["numerator"], found["denominator"], found["strata_count"]) == (43, 60, 2)


def test_a_limit_can_be_recomputed_by_hand() -> None:
    """At a limit the strata's likeliest accuracies average to it, and Wilson's equation holds with their variance."""
    shop, shares, right, total = (0.8, 0.96), (0.3, 0.7), (30.0, 22.0), (45.0, 25.0)
    found = interval(stratum("risk", 30, 45, 3 * ENDLESS, shop_rate=shop[0]), stratum("rest", 22, 25, 7 * ENDLESS, shop_rate=shop[1]))
    seen = 0.3 * 30 / 45 + 0.7 * 22 / 25
    assert found["accuracy_rate"] == pytest.approx(seen)
    for limit in (found["low"], found["high"]):
        # every split of the limit over the strata, and the one of largest likelihood with one chart of the shop's in each
        risk = np.linspace(1e-6, 1 - 1e-6, 2_000_001)
        rest = (limit - shares[0] * risk) / shares[1]
        risk, rest = (side[(rest > 0) & (rest < 1)] for side in (risk, rest))
        likely = sum(
            (x + s) * np.log(p) + (n - x + 1 - s) * np.log1p(-p) for p, x, n, s in zip((risk, rest), right, total, shop, strict=True)
        )
        best = int(likely.argmax())
        variance = sum(w * w * p[best] * (1 - p[best]) / n for w, p, n in zip(shares, (risk, rest), total, strict=True))
        assert (limit - seen) ** 2 == pytest.approx(Z**2 * variance, rel=1e-4)


def test_a_stratum_without_an_error_is_not_sure() -> None:
    """Four right charts stand for nine tenths of the frame: the limits are nearly those of four charts."""
    found = interval(stratum("risk", 36, 36, ENDLESS, shop_rate=0.95), stratum("rest", 4, 4, 9 * ENDLESS, shop_rate=0.95))
    assert found["high"] == 1.0
    assert 0.5 < found["low"] < 0.6


def test_all_reviewed_leaves_nothing_open() -> None:
    found = interval(stratum("risk", 8, 10, 10), stratum("rest", 19, 20, 20))
    assert found["low"] == pytest.approx(27 / 30)
    assert found["high"] == pytest.approx(27 / 30)
    assert found["effective_size"] is None


def test_a_small_frame_narrows_and_bounds() -> None:
    wide, narrow = interval(stratum("all", 57, 60, ENDLESS)), interval(stratum("all", 57, 60, 80))
    assert wide["low"] < narrow["low"] < narrow["high"] < wide["high"]
    assert narrow["high"] <= 1 - 3 / 80
    assert narrow["low"] >= 57 / 80


def test_codes_of_one_chart_count_for_less() -> None:
    charts = pl.DataFrame({"coder_id": ["C1"] * 20, "stratum": ["all"] * 20, "right": [5] * 16 + [3] * 4, "total": [5] * 20})
    limits = {}
    for icc in (0.0, 0.25):
        counts = stratum_counts(charts, ["coder_id", "stratum"], icc).with_columns(frame_count=ENDLESS)
        assert counts.select("right", "total", "sample_count").row(0) == (92, 100, 20)
        limits[icc] = stratified_interval(counts, ["coder_id"]).row(0, named=True)
    low, high = accuracy_limits(0.92 * 50, 50)  # deff = 1 + 4 x 0.25 = 2
    assert limits[0.25]["effective_size"] == pytest.approx(50)
    assert limits[0.25]["low"] == pytest.approx(float(low), abs=1e-9)
    assert limits[0.25]["high"] == pytest.approx(float(high), abs=1e-9)
    assert limits[0.0]["low"] > limits[0.25]["low"]


def test_charts_with_more_codes_weigh_more() -> None:
    """Equal frames, but twice the codes a chart: two thirds of the codes are there."""
    two = {"sample_count": 10, "frame_count": ENDLESS}
    found = interval({**stratum("long", 60, 100, 0), **two}, {**stratum("short", 50, 50, 0), **two})
    assert found["accuracy_rate"] == pytest.approx((2 * 0.6 + 1.0) / 3)


def test_a_stratum_nobody_sampled_makes_the_rate_unknown_and_an_empty_one_does_not() -> None:
    found = interval(stratum("risk", 9, 10, 50), stratum("rest", 0, 0, 200))
    assert [found[name] for name in ("accuracy_rate", "low", "high", "effective_size")] == [None] * 4
    assert (found["numerator"], found["denominator"]) == (9, 10)
    found = interval(stratum("risk", 9, 10, 50), stratum("rest", 0, 0, 0))
    assert found["accuracy_rate"] == pytest.approx(0.9)
    assert found["strata_count"] == 1


def test_scopes_do_not_touch_each_other() -> None:
    rows = [
        stratum(name, right, 20, frame, scope, shop_rate=0.95)
        for scope, right in (("C2", 20), ("C1", 15), ("C3", 18))
        for name, frame in (("risk", 100), ("rest", 500))
    ]
    together = stratified_interval(pl.DataFrame(rows), ["coder_id"]).sort("coder_id")
    alone = pl.concat([stratified_interval(pl.DataFrame(rows[at : at + 2]), ["coder_id"]) for at in (2, 0, 4)])
    assert together.equals(alone)


@settings(deadline=None)  # others work on the machine
@given(st.lists(st.tuples(st.integers(1, 40), st.floats(0, 1), st.integers(1, 300)), min_size=1, max_size=5))
def test_limits_are_in_order(strata: list[tuple[int, float, int]]) -> None:
    rows = [stratum(str(at), math.floor(share * n), n, n + more) for at, (n, share, more) in enumerate(strata)]
    found = interval(*rows)
    assert 0 <= found["low"] <= found["accuracy_rate"] + 1e-9
    assert found["accuracy_rate"] - 1e-9 <= found["high"] <= 1


def test_the_worst_designs_are_covered() -> None:
    """Risk-heavy: most of the sample in a tenth of the frame, every outcome by its chance (D3 reached .80 here)."""
    truths = np.arange(0.85, 0.9901, 0.01)
    risk, rest = (side.ravel() for side in np.meshgrid(np.arange(46), np.arange(16), indexing="ij"))
    parts = [
        pl.DataFrame({"at": np.arange(len(x)), "right": x}).with_columns(
            stratum=pl.lit(name), total=n, sample_count=n, frame_count=held * ENDLESS, shop_rate=0.95
        )
        for name, x, n, held in (("risk", risk, 45, 1), ("rest", rest, 15, 9))
    ]
    found = stratified_interval(pl.concat(parts).sort("at", maintain_order=True), ["at"])
    low, high = (found[side].to_numpy()[:, None] for side in ("low", "high"))
    wrong = (1 - truths) / 1.2  # risky charts have three times the errors
    chances = binom.pmf(risk[:, None], 45, 1 - 3 * wrong) * binom.pmf(rest[:, None], 15, 1 - wrong)
    covered = (chances * ((low <= truths) & (truths <= high))).sum(axis=0)
    assert covered.min() >= 0.92
    assert 0.94 <= covered.mean() <= 0.975


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"right": 11}, "right"),
        ({"right": None}, "right"),
        ({"right": -1}, "right"),
        ({"frame_count": 9}, "sample_count"),
        ({"frame_count": None}, "frame_count|sample_count"),
        ({"total": 0, "right": 0}, "total"),
        ({"shop_rate": 1.2}, "shop_rate"),
        ({"deff": 0.0}, "deff"),
        ({"stratum": "rest"}, "stratum"),
    ],
)
def test_what_is_refused(change: dict, named: str) -> None:
    rows = [{**stratum("risk", 9, 10, 20, shop_rate=None, deff=None), **change}, stratum("rest", 9, 10, 20, shop_rate=0.9, deff=1.0)]
    with pytest.raises(InputError, match=f"^({named}) is wrong in"):
        stratified_interval(pl.DataFrame(rows, infer_schema_length=None, strict=False), ["coder_id"])


def test_columns_and_emptiness() -> None:
    with pytest.raises(InputError, match="frame_count"):
        stratified_interval(pl.DataFrame([stratum("a", 1, 2, 3)]).drop("frame_count"), ["coder_id"])
    full = pl.DataFrame([stratum("a", 1, 2, 3)])
    empty = stratified_interval(full.clear(), ["coder_id"])
    assert empty.is_empty()
    assert set(empty.columns) == set(stratified_interval(full, ["coder_id"]).columns)
