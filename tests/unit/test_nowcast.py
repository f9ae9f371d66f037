"""The nowcast of immature weeks: worked examples, what it may and may not look at, and whether its intervals hold."""

import datetime as dt
import functools

import numpy as np
import polars as pl
import pytest

from benchmarks.spikes.nowcasts import AS_OF, DOUBLED, SLOW, STABLE, Scenario, World, cohorts_of, measured, simulate
from rcm_pipeline.denials.nowcast.completion import Completion, at_age, completion, pace_variance
from rcm_pipeline.denials.nowcast.nowcast import NowcastSettings, mixture_limits, nowcast
from rcm_pipeline.denials.nowcast.rate_states import MULTIPLIERS, SAME, Usual, betaln, evidence
from rcm_pipeline.errors import InputError

KEYS = ["client", "payer", "cause"]
ESTIMATES = ["decided_share", "nowcast_denied", "nowcast_rate", "low", "high"]


@functools.cache
def world_of(scenario: Scenario, seed: int) -> World:
    return simulate(scenario, seed)


def cohort(rows: list[tuple[int, int, int, int, int]], client: str = "A") -> pl.DataFrame:
    """Rows of weeks ago, age at decision, denied, paid, submitted."""
    named = [
        {"client": client, "payer": "P", "cause": "C", "week": AS_OF - dt.timedelta(weeks=ago), "age_weeks": age,
         "denied": denied, "paid": paid, "submitted": sent}
        for ago, age, denied, paid, sent in rows
    ]  # fmt: skip
    return pl.DataFrame(named)


def halves(weeks: int = 40, denied: int = 5, client: str = "A") -> pl.DataFrame:
    """100 claims a week, of which half are decided at once and half a week later; `denied` of each half are denied."""
    rows = [(ago, age, denied, 50 - denied, 100) for ago in range(weeks) for age in (0, 1) if age <= ago]
    return cohort(rows, client)


@pytest.fixture(scope="module")
def known() -> pl.DataFrame:
    """120 of the simulated series, 26 weeks of them."""
    series = cohorts_of(world_of(STABLE, 31)).filter((pl.col("cause") < "C03") & (pl.col("payer") < "P04"))
    return series.filter(pl.col("week") > AS_OF - dt.timedelta(weeks=26))


def test_the_chain_ladder_is_that_worked_by_hand() -> None:
    counts = np.array([[[4, 0, 0], [2, 6, 0], [3, 5, 2], [1, 7, 2]]], dtype=np.float64)  # by weeks ago, then age at decision
    found = completion(counts, np.array([0]), NowcastSettings(half_life=1e9))
    # h(2) = (2 + 2) / (10 + 10) = 1/5; h(1) = (6 + 5 + 7) / (8 + 8 + 8) = 3/4; F = 1/4 * 4/5, 4/5, 1
    assert np.exp(found.log_done[0]) == pytest.approx([0.2, 0.8, 1.0], abs=1e-5)
    assert np.exp(found.log_open[0, :2]) == pytest.approx([0.8, 0.2], abs=1e-5)


def batches(weeks: int = 40) -> np.ndarray:
    """100 denials a week: by turns 20 and 80 of them at once, the rest a week later."""
    counts = np.array([[[20, 80], [80, 20]][ago % 2] for ago in range(weeks)], dtype=np.float64)[None]
    counts[0, 0, 1] = 0  # the youngest week has not come so far
    return counts


def test_how_far_a_payers_weeks_differ_is_that_worked_by_hand() -> None:
    steady = np.full((1, 40, 2), 50.0)
    steady[0, 0, 1] = 0
    settings, payer = NowcastSettings(half_life=1e9), np.array([0])
    curves = completion(batches(), payer, settings), completion(steady, payer, settings)
    # h = 50 of 100 in both; (80 - 50) / (100 / 2) = .6 or -.6 beside nothing; .6² less h / (100 (1 - h)) = .01 of each
    assert pace_variance(batches(), steady, curves, payer, settings)[0] == pytest.approx([0.34, 0], abs=0.001)
    # both in the same batches: nothing between them, and what counting would leave is not below none
    alike = completion(batches(), payer, settings)
    assert pace_variance(batches(), batches(), (alike, alike), payer, settings)[0] == pytest.approx([0, 0])


def test_a_payer_that_denies_in_batches_is_known_less_well() -> None:
    def open_week(first: tuple[int, int]) -> tuple[float, float]:
        rows = [(ago, age, (first if age == 0 else first[::-1])[ago % 2], 450, 1000) for ago in range(40) for age in (0, 1) if age <= ago]
        youngest = nowcast(cohort(rows), as_of=AS_OF).filter(pl.col("age_weeks") == 0)
        return youngest["low"].item() * 1000, youngest["high"].item() * 1000

    low, high = open_week((50, 50))
    assert 85 < low < 100 < high < 120
    low, high = open_week((20, 80))  # 20 seen of a hundred: as the last such week, or as one of a smaller number
    assert low < 75
    assert high > 100


def test_the_rate_expected_among_the_decided_is_that_worked_by_hand() -> None:
    about = Usual(np.array([0.1]), np.array([0.09]), np.array([1000.0]))
    seen = evidence(np.array([[3.0]]), np.array([[8.0]]), np.log([[0.5]]), np.array([[0.0]]), about)
    # odds q = (1/9) / (1/2) = 2/9, q = 2/11; r = 2/11 * 9/11 * .09 / .9² = 2/121, K = 121/2 - 1
    assert MULTIPLIERS[SAME] == 1
    assert seen.share[0, 0, SAME] == pytest.approx(2 / 11)
    assert seen.precision[0, 0, SAME] == pytest.approx(59.5)
    assert (seen.denied[0, 0], seen.paid[0, 0]) == (3, 8)
    # B(2, 3) = 1! 2! / 4!
    assert float(betaln(np.array(2.0), np.array(3.0))) == pytest.approx(np.log(1 / 12))


def test_limits_are_those_of_the_binomial() -> None:
    one = np.ones((1, 1))
    low, high = mixture_limits(np.array([100.0]), 0.1 * one, 0 * one, one, 0.0)
    assert (low[0], high[0]) == (5, 15)  # binomial(100, .1): P(X <= 4) = .024, P(X <= 5) = .058; P(X <= 14) = .927, P(X <= 15) = .960
    # at no further denial nothing is below the lower limit, so the upper one needs 90 %: binomial(10, .1): P(X <= 2) = .930
    low, high = mixture_limits(np.array([10.0]), 0.1 * one, 0 * one, one, 1.0)
    assert (low[0], high[0]) == (0, 2)


def test_a_week_half_decided_is_doubled() -> None:
    found = nowcast(halves(), as_of=AS_OF).sort("age_weeks")
    first, second = found.row(0, named=True), found.row(1, named=True)
    assert found.height == 13
    assert found.columns == [
        *KEYS, "week", "age_weeks", "submitted", "denied", "paid", "open", "decided_share", "naive_rate", "nowcast_denied",
        "nowcast_rate", "low", "high", "judged", "reason",
    ]  # fmt: skip
    # F_D = F_P = 1/2, so g = h = 1 and the 50 open claims are denied at the usual rate: 5 + 50 * .1
    assert first["nowcast_denied"] == pytest.approx(10, abs=0.05)
    assert (first["open"], first["naive_rate"], first["judged"]) == (50, 0.1, True)
    assert first["decided_share"] == pytest.approx(0.5, abs=0.01)
    assert first["low"] < 0.1 < first["high"]
    assert (second["open"], second["low"], second["nowcast_rate"], second["high"]) == (0, 0.1, 0.1, 0.1)


def test_denials_that_come_first_do_not_raise_the_rate() -> None:
    # 8 of 10 denials and 32 of 90 payments come at once: naive 8 / 40 = 20 %, but g = (32/90) / .8 = 4/9 and h = (58/90) / .2
    rows = [(ago, age, *((8, 32), (2, 58))[age], 100) for ago in range(40) for age in (0, 1) if age <= ago]
    found = nowcast(cohort(rows), as_of=AS_OF).sort("age_weeks").row(0, named=True)
    assert found["naive_rate"] == pytest.approx(0.2)
    # odds pi = (1/9) / h = 2/58, so of the 60 open 60 * 2/60 are denied; the payer's speed, being estimated, leaves some .05
    assert found["nowcast_denied"] == pytest.approx(10, abs=0.1)


def test_counts_are_conserved(known: pl.DataFrame) -> None:
    found = nowcast(known, as_of=AS_OF)
    assert found["judged"].all()
    assert (found["open"] == found["submitted"] - found["denied"] - found["paid"]).all()
    assert found["nowcast_denied"].is_between(found["denied"], found["denied"] + found["open"]).all()
    assert (found["low"] <= found["nowcast_rate"]).all()
    assert (found["nowcast_rate"] <= found["high"]).all()
    assert found["low"].ge(found["denied"] / found["submitted"] - 1e-9).all()
    assert found["high"].le((found["denied"] + found["open"]) / found["submitted"] + 1e-9).all()
    assert found.filter(pl.col("open") == 0).select((pl.col("high") - pl.col("low")).max()).item() in (None, 0.0)
    assert found.select(pl.struct(*KEYS, "week").n_unique()).item() == found.height
    for name in ESTIMATES:
        assert found[name].is_finite().all(), name


def test_only_what_was_decided_by_then_counts(known: pl.DataFrame) -> None:
    then = AS_OF - dt.timedelta(weeks=4)
    is_known = (pl.col("week") + pl.duration(weeks=pl.col("age_weeks"))) <= then
    assert nowcast(known, as_of=then).equals(nowcast(known.filter(is_known), as_of=then))


def test_the_order_of_rows_does_not_matter(known: pl.DataFrame) -> None:
    assert nowcast(known, as_of=AS_OF).equals(nowcast(known.sample(fraction=1, shuffle=True, seed=1), as_of=AS_OF))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda frame: frame.drop("paid"), "column paid"),
        (lambda frame: frame.with_columns(submitted=pl.lit(61)), "denied and paid exceed submitted in 39 weeks"),
        (lambda frame: frame.with_columns(submitted=pl.lit(877) + pl.col("age_weeks")), "submitted differs within a week in 39 weeks"),
        (lambda frame: frame.with_columns(pl.col("week") + dt.timedelta(days=1)), "week is not a Monday in 79 rows"),
        (lambda frame: pl.concat([frame, frame.head(1)]), "age_weeks repeat in 1 row"),
        (lambda frame: frame.with_columns(denied=pl.lit(-877)), "column denied is below zero in 79 rows"),
        (lambda frame: frame.with_columns(payer=pl.lit(None, pl.String)), "column payer is empty in 79 rows"),
        (lambda frame: frame.with_columns(paid=pl.lit("877")), "column paid holds no whole numbers"),
        (lambda frame: frame.with_columns(pl.col("week").cast(pl.String)), "week is not of type Date"),
    ],
)
def test_bad_input_is_named_by_place_and_never_by_value(change, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        nowcast(change(halves()), as_of=AS_OF)
    assert caught.value.fix
    assert "877" not in str(caught.value)


def test_a_day_inside_the_week_is_refused() -> None:
    with pytest.raises(InputError, match="as_of is not a Monday"):
        nowcast(halves(), as_of=AS_OF + dt.timedelta(days=1))


def test_what_cannot_be_known_is_not_judged() -> None:
    short = nowcast(halves(weeks=12), as_of=AS_OF).sort("age_weeks")
    assert short["judged"].to_list() == [False] + [True] * 11  # weeks with nothing open are final, whatever the history
    assert short["reason"][0] == "too little history to know how fast this payer decides"
    assert short["nowcast_rate"][0] is None
    few = nowcast(halves(denied=0), as_of=AS_OF).sort("age_weeks")
    assert few["reason"][0] == "too few denials to know how fast this payer denies"
    young = pl.concat([halves(), cohort([(0, 0, 0, 0, 3)], "B")])
    found = nowcast(young, as_of=AS_OF).filter(pl.col("client") == "B").row(0, named=True)
    assert (found["open"], found["judged"], found["naive_rate"]) == (3, False, None)
    assert found["reason"] == "no decided claims in earlier weeks to know the usual rate from"


def test_nothing_and_next_to_nothing_give_no_nonsense() -> None:
    empty = nowcast(halves().clear(), as_of=AS_OF)
    assert empty.schema == nowcast(halves(), as_of=AS_OF).schema
    assert nowcast(halves(), as_of=AS_OF - dt.timedelta(weeks=500)).is_empty()  # nothing was sent by then
    waiting = nowcast(cohort([(ago, 0, 0, 0, 5) for ago in range(30)]), as_of=AS_OF)
    assert not waiting["judged"].any()
    # a series with one claim a week and none denied leans on the others of its payer
    tiny = cohort([(ago, 0, 0, 0, 1) for ago in range(2)] + [(ago, 1, 0, 1, 1) for ago in range(2, 40)], "B")
    found = nowcast(pl.concat([halves(), tiny]), as_of=AS_OF).filter((pl.col("client") == "B") & (pl.col("open") > 0))
    assert found["judged"].all()
    assert found["nowcast_rate"].is_between(0.001, 0.1).all()
    assert (found["low"] == 0).all()


def test_between_ages_the_curve_is_straight_in_the_log_of_time() -> None:
    table = np.log(np.array([[0.5, 1.5, 2.5]]))
    assert at_age(table, np.array([[0.0, 0.3, 1.7]])) == pytest.approx(np.log([[0.5, 0.8, 2.2]]))
    assert isinstance(completion(np.ones((1, 3, 2)), np.array([0]), NowcastSettings()), Completion)


@pytest.mark.parametrize(("scenario", "seed"), [(STABLE, 31), (SLOW, 32), (DOUBLED, 33)])
def test_intervals_cover_and_rates_are_not_biased(scenario: Scenario, seed: int) -> None:
    world = world_of(scenario, seed)
    found = measured(world, world.slowed if world.slowed.any() else np.ones(len(world.moved), dtype=bool))
    # about four times the sampling error of 500 or 1,000 series around the measured .90-.94
    assert found["nowcast cover"].min() > 0.86
    assert found["nowcast cover"].max() < 0.97
    assert np.abs(found["nowcast payer bias"][1:]).max() < 0.04
    assert np.abs(found["naive payer bias"][1:]).min() > 0.08  # the same weeks mislead when read as they are
