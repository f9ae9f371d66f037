"""The spike detector: rows recomputed by hand, tails against scipy, what a week may know, and what is not judged or refused."""

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from scipy.stats import betabinom, binom

from rcm_pipeline.denials.spikes import SpikeSettings, detect
from rcm_pipeline.denials.spikes.verdicts import adjusted

FIRST = dt.date(2025, 2, 10)  # ISO week 7: the first January comes 47 weeks later
COLUMNS = [
    "client", "payer", "cause", "week", "denied", "decided", "expected_decided", "base_rate", "index", "expected", "noise", "give_or_take", "surprise",
    "window", "lift", "p_value", "q_value", "is_alarm", "detectable_lift", "judged", "reason",
]  # fmt: skip


def monday(at: int) -> dt.date:
    return FIRST + dt.timedelta(weeks=at)


def series(denied: list[int], decided: int | list[int] = 200, cause: str = "cob", payer: str = "P1", client: str = "acme") -> pl.DataFrame:
    """One series from the first Monday on."""
    claims = decided if isinstance(decided, list) else [decided] * len(denied)
    weeks = [monday(at) for at in range(len(denied))]
    named = {"client": client, "payer": payer, "cause": cause}
    return pl.DataFrame({"week": weeks, "denied": denied, "decided": claims}).select(
        *(pl.lit(text).alias(name) for name, text in named.items()), pl.all()
    )


def drawn(seed: int, weeks: int = 70, names: int = 6) -> pl.DataFrame:
    """Several series of several sizes, with a spike and a quiet payer among them."""
    random = np.random.default_rng(seed)
    frames = []
    for at in range(names):
        claims = random.poisson(random.choice([8, 40, 400]), weeks)
        rate = np.where(np.arange(weeks) == weeks - 3, 0.3, 0.1) if at % 3 == 0 else np.full(weeks, 0.08)
        frames.append(series(random.binomial(claims, rate).tolist(), claims.tolist(), ("cob", "coding")[at % 2], f"P{at // 4}", f"c{at}"))
    return pl.concat(frames)


def last(frame: pl.DataFrame, chosen: SpikeSettings | None = None) -> dict[str, Any]:
    """The verdict of the last week of a single series."""
    return detect(frame, settings=chosen).row(0, named=True)


def middle(denied: float, decided: float, expected: float, variance: float) -> float:
    """Chance of more, and half that of as many, with this mean and variance."""
    rate = expected / decided
    over = variance / (expected * (1 - rate))
    if over < 1 + 1e-9:
        return float(binom.sf(denied, decided, rate) + binom.pmf(denied, decided, rate) / 2)
    icc = (over - 1) / (decided - 1)
    a, b = rate * (1 - icc) / icc, (1 - rate) * (1 - icc) / icc
    return float(betabinom.sf(denied, decided, a, b) + betabinom.pmf(denied, decided, a, b) / 2)


def doubtful(denied: float, decided: float, expected: float, variance: float) -> float:
    """The mean of such chances over the states the noise may be in: it is not known exactly."""
    chosen = SpikeSettings()
    young = chosen.young_chance * 0.5 ** (43 / chosen.young_half_life)  # of 45 weeks the last two are in no baseline
    states = [*(((1 - young) * chance, times) for chance, times in chosen.noise_states), (young, chosen.young_times)]
    plain = expected * (1 - expected / decided)
    return sum(chance * middle(denied, decided, expected, plain + times * (variance - plain)) for chance, times in states)


def test_a_usual_week_is_judged_and_does_not_ring() -> None:
    found = detect(series([20] * 41))
    assert found.columns == COLUMNS
    row = found.row(0, named=True)
    assert (row["week"], row["denied"], row["decided"], row["judged"], row["reason"]) == (monday(40), 20, 200, True, None)
    assert row["expected"] == pytest.approx(20, rel=0.01)
    assert row["lift"] == pytest.approx(1, rel=0.01)
    assert row["p_value"] > 0.5
    assert not row["is_alarm"]


def test_three_times_the_usual_rings() -> None:
    row = last(series([20] * 40 + [60]))
    assert (row["judged"], row["is_alarm"], row["window"]) == (True, True, 1)
    assert row["lift"] == pytest.approx(3, rel=0.01)
    assert row["p_value"] < 0.001
    assert row["surprise"] == pytest.approx(40 / 18**0.5, rel=0.01)  # binomial(200, .1) has the variance 18
    assert row["detectable_lift"] == pytest.approx(1 + 3.9 * 36**0.5 / 40, rel=0.01)  # over the two weeks of the longer window


def test_fewer_denials_than_usual_are_no_spike() -> None:
    row = last(series([20] * 40 + [2]))
    assert (row["judged"], row["is_alarm"]) == (True, False)
    assert row["surprise"] < -3
    assert row["p_value"] > 0.9


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_row_is_recomputed_from_its_own_columns(seed: int) -> None:
    random = np.random.default_rng(seed)
    claims = random.poisson(300, 45)
    found = detect(series(random.binomial(claims, random.beta(12, 108, 45)).tolist(), claims.tolist()), test_weeks=2)
    before, row = found.sort("week").to_dicts()
    for one in (before, row):
        rate = one["expected"] / one["decided"]
        assert one["index"] == 1  # no week of a past year is known
        assert one["expected"] == pytest.approx(one["decided"] * one["base_rate"] * one["index"])
        assert one["noise"] > 1
        assert one["give_or_take"] ** 2 == pytest.approx(one["expected"] * (1 - rate) * one["noise"])
        assert one["surprise"] == pytest.approx((one["denied"] - one["expected"]) / one["give_or_take"])
    both = [{name: one[name] for name in ("denied", "decided", "expected")} for one in (row, before)]
    sums = [sum(one[name] for one in both) for name in ("denied", "decided", "expected")]
    variances = row["give_or_take"] ** 2, row["give_or_take"] ** 2 + before["give_or_take"] ** 2
    of_row = row["denied"], row["decided"], row["expected"]
    chances = [doubtful(*of_row, variances[0]), doubtful(sums[0], sums[1], sums[2], variances[1])]
    price = SpikeSettings().window_price - SpikeSettings().few_rebate * np.exp(-row["expected"] / 2)
    assert 1 < price < 2  # two windows that overlap
    assert row["p_value"] == pytest.approx(min(1, price * min(chances)), rel=0.002)
    assert row["window"] == 1 + (chances[1] < chances[0])
    assert row["lift"] == pytest.approx((row["denied"] / row["expected"], sums[0] / sums[2])[row["window"] - 1])


def benjamini_hochberg(chances: np.ndarray) -> np.ndarray:
    """One week by itself."""
    return adjusted(chances, chances, chances.size)


def test_benjamini_and_hochberg_by_hand() -> None:
    # ranked .01 .02 .03 .5; times 4 over the rank .04 .04 .04 .5
    assert benjamini_hochberg(np.array([0.5, 0.01, 0.03, 0.02])) == pytest.approx([0.5, 0.04, 0.04, 0.04])
    # .005 .04 .9: .015 .06 .9; in the order given
    assert benjamini_hochberg(np.array([0.04, 0.9, 0.005])) == pytest.approx([0.06, 0.9, 0.015])
    # .02 .021: .04 and .021, and a smaller p never has a larger q
    assert benjamini_hochberg(np.array([0.02, 0.021])) == pytest.approx([0.021, 0.021])
    assert benjamini_hochberg(np.array([])).size == 0


def test_the_first_fifteen_of_their_paper() -> None:
    """Benjamini and Hochberg (1995): four of these fifteen are found at a false share of .05."""
    chances = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    assert (benjamini_hochberg(np.array(chances)) <= 0.05).tolist() == [True] * 4 + [False] * 11


def test_a_series_lends_its_rank_once_and_a_quarter_is_paid_for() -> None:
    """Three series, thirteen weeks: 39 tests. The first had .001 five weeks ago and has .4 now; with it .002 is the second of its kind."""
    smallest, now = np.array([0.001, 0.002, 0.5]), np.array([0.4, 0.002, 0.5])
    assert adjusted(now, smallest, 39) == pytest.approx([1.0, 0.039, 1.0])
    assert adjusted(now[1:], smallest[1:], 26) == pytest.approx([0.052, 1.0])


@pytest.mark.parametrize(("weeks_ago", "lends"), [(7, True), (9, False)])  # the week after a spike has it in its window
def test_an_alarm_of_eight_weeks_ago_is_known_by_then(weeks_ago: int, lends: bool) -> None:
    rising = [20] * 60
    rising[59 - weeks_ago] = 60
    beside = series([20] * 59 + [36], client="beside")
    alone = detect(pl.concat([series([20] * 60, client="other"), beside])).filter(client="beside")["q_value"].item()
    both = detect(pl.concat([series(rising, client="other"), beside])).filter(client="beside")["q_value"].item()
    assert (both < 0.6 * alone) is lends


def test_adjusted_over_the_judged_series_of_the_week() -> None:
    young = series([0] * 36 + [5, 5, 5, 5, 50], [0] * 36 + [100] * 5, client="young")
    found = detect(pl.concat([drawn(4, weeks=41), young]))
    assert found.filter(client="young")["q_value"].to_list() == [None]
    known = found.filter("judged")
    assert known.height == 6
    weeks = detect(pl.concat([drawn(4, weeks=41), young]), test_weeks=8).filter(pl.col("client").is_in(known["client"].to_list()))
    smallest = known.join(
        weeks.group_by("client", "payer", "cause").agg(pl.col("p_value").min().alias("smallest")), on=["client", "payer", "cause"]
    )
    expected = adjusted(smallest["p_value"].to_numpy(), smallest["smallest"].to_numpy(), 13 * 6)
    assert smallest["q_value"].to_list() == pytest.approx(expected.tolist())


@pytest.mark.parametrize("seed", [5, 6])
def test_a_week_is_judged_on_what_was_known_then(seed: int) -> None:
    """Seventy weeks, so that the seasonal index is at work in the weeks tested."""
    whole = drawn(seed)
    found = detect(whole, test_weeks=5)
    assert found.select((pl.col("index") - 1).abs().max()).item() > 0.001
    for back in range(5):
        week = monday(69 - back)
        then = detect(whole.filter(pl.col("week") <= week))
        assert then.drop("q_value").equals(found.filter(pl.col("week") == week).drop("q_value"))
        assert then["q_value"].equals(found.filter(pl.col("week") == week)["q_value"])


def test_a_cause_that_nobody_has_met_yet_changes_no_verdict() -> None:
    """Payers are filled with every cause ever seen; one first denied later must not make this week's tests more."""
    own = series([20] * 40 + [31])
    unmet = pl.concat(series([0] * 41, cause=f"new{at}") for at in range(5))
    alone, among = detect(own, test_weeks=4), detect(pl.concat([own, unmet]), test_weeks=4)
    assert_frame_equal(among.filter(pl.col("cause") == "cob"), alone, rel_tol=1e-9)
    others = among.filter(pl.col("cause") != "cob")
    assert others["q_value"].to_list() == [1.0] * 20
    assert others["p_value"].min() > 0.3  # type: ignore[operator]


def test_a_cause_met_for_the_first_time_may_ring_at_once() -> None:
    found = detect(pl.concat([series([20] * 41), series([0] * 40 + [30], cause="new")]))
    assert found.filter(pl.col("cause") == "new")["is_alarm"].to_list() == [True]


@pytest.mark.parametrize("weeks", [60, 75])
def test_in_the_second_year_of_a_lone_client_small_chances_stay_rare(weeks: int) -> None:
    """The index rests on few counts of one year: what is not known of it is in the variance."""
    random = np.random.default_rng(weeks)
    claims = np.exp(random.uniform(np.log(50), np.log(3000), 300)).astype(int)
    counts = [random.binomial(n, random.beta(10, 90, weeks)).tolist() for n in claims]
    frame = pl.concat(
        series(count, int(n), payer=f"P{at % 20}", cause=f"k{at // 20}") for at, (n, count) in enumerate(zip(claims, counts, strict=True))
    )
    found = detect(frame, test_weeks=6).filter("judged")
    assert found.height > 1500
    assert (found["p_value"] < 0.01).sum() <= 2 * 0.01 * found.height


def test_the_order_of_rows_does_not_matter() -> None:
    whole = drawn(7)
    assert detect(whole.sample(fraction=1, shuffle=True, seed=1), test_weeks=3).equals(detect(whole, test_weeks=3))


def test_a_missing_week_is_one_in_which_nothing_was_decided() -> None:
    whole = drawn(8)
    gone = pl.col("week").is_in([monday(at) for at in (5, 30, 31, 68)]) & (pl.col("client") != "c1")
    zero = whole.with_columns(pl.when(~gone).then(name).otherwise(0).alias(name) for name in ("denied", "decided"))
    assert detect(whole.filter(~gone), test_weeks=4).equals(detect(zero, test_weeks=4))


def test_a_spike_does_not_hide_itself_the_week_after() -> None:
    """The week before the tested one is not in its baseline, and one bad week moves the usual rate by little."""
    found = detect(series([20] * 40 + [60, 60]), test_weeks=2).sort("week")
    assert found["base_rate"].to_list() == pytest.approx([0.1, 0.1], rel=0.01)
    assert found["is_alarm"].to_list() == [True, True]
    later = last(series([20] * 40 + [60] + [20] * 3))
    assert later["base_rate"] == pytest.approx(0.1, rel=0.05)


def test_a_rise_that_lasts_becomes_the_usual_rate() -> None:
    row = last(series([20] * 10 + [40] * 35))
    assert not row["is_alarm"]
    assert row["expected"] == pytest.approx(40, rel=0.1)


@pytest.mark.parametrize(("before", "after"), [(20, 40), (40, 20)])
def test_a_change_that_lasts_is_no_season_a_year_later(before: int, after: int) -> None:
    found = detect(series([before] * 30 + [after] * 70), test_weeks=25)
    assert found["index"].to_list() == pytest.approx([1.0] * 25, abs=0.06)
    assert found["expected"].to_list() == pytest.approx([after] * 25, rel=0.08)


def test_a_season_that_comes_back_is_learned_from_others() -> None:
    """Ten clients deny twice as much in six weeks of summer: known the next year, and no alarm."""
    counts = [40 if monday(at).isocalendar().week in range(26, 32) else 20 for at in range(90)]
    assert counts[-1] == 20
    found = detect(pl.concat(series(counts, client=f"c{at}") for at in range(10)), test_weeks=25)
    summer = found.filter(pl.col("denied") == 40)
    assert summer.height == 60
    assert summer["index"].min() > 1.6  # type: ignore[operator]
    assert not summer["is_alarm"].any()


@pytest.mark.parametrize(("weeks", "is_judged"), [(5, False), (9, False), (10, True)])
def test_a_new_series_has_too_little_history(weeks: int, is_judged: bool) -> None:
    """Eight weeks in the baseline, and the one before the tested week is not in it."""
    row = last(series([20] * (weeks - 1) + [60]))
    assert row["judged"] is is_judged
    assert row["reason"] == (None if is_judged else "too little history")
    assert row["is_alarm"] is is_judged
    assert (row["p_value"] is None) is not is_judged
    assert row["denied"] == 60


def test_weeks_without_decisions_are_no_history() -> None:
    row = last(series([20] * 5 + [0] * 30 + [60], [200] * 5 + [0] * 30 + [200]))
    assert (row["judged"], row["reason"], row["is_alarm"]) == (False, "too little history", False)


@pytest.mark.parametrize("cause", ["authorization", "eligibility"])
def test_the_first_january(cause: str) -> None:
    """Eligibility has a shipped January, 1.6 in the first week; of other causes none is expected, with wider limits."""
    frame = series([20] * 47 + [70], cause=cause)
    row = last(frame)
    assert row["week"] == dt.date(2026, 1, 5)
    if cause == "eligibility":
        assert (row["judged"], row["reason"], row["is_alarm"]) == (True, None, True)
        assert row["index"] == 1.6
        assert row["expected"] == pytest.approx(32, rel=0.01)
        assert row["give_or_take"] ** 2 == pytest.approx(32 * 0.84 + (0.2 * 32) ** 2, rel=0.03)  # a shipped index is in doubt by a fifth
    else:
        assert (row["judged"], row["reason"], row["index"], row["is_alarm"]) == (True, None, 1, True)
        assert row["give_or_take"] ** 2 == pytest.approx(20 * 0.9 + (0.3 * 20) ** 2, rel=0.03)
        assert not last(series([20] * 47 + [36], cause=cause))["is_alarm"], "what would ring in another week may be January"
        assert last(series([20] * 44 + [36], cause=cause))["p_value"] < 0.005
    before = last(frame.head(45).with_columns(pl.when(pl.col("week") == monday(44)).then(60).otherwise("denied").alias("denied")))
    assert (before["week"], before["judged"], before["is_alarm"]) == (dt.date(2025, 12, 15), True, True)


@pytest.mark.parametrize(("week", "is_wide"), [(45, False), (46, True), (51, True), (52, False)])
def test_the_first_six_iso_weeks_are_january(week: int, is_wide: bool) -> None:
    """Week 46 begins on 29 December, which is ISO week 1 of 2026; week 52 is ISO week 7."""
    row = last(series([20] * (week + 1), cause="authorization"))
    assert row["judged"]
    assert (row["give_or_take"] > 6) is is_wide


def test_a_january_that_nobody_knew_teaches_no_noise() -> None:
    """What was allowed for in it did not happen: that is no reason to think the series quieter afterwards."""
    ordinary, after = last(series([20, 24, 16] * 15)), last(series([20, 24, 16] * 18))
    assert after["noise"] == pytest.approx(ordinary["noise"], rel=0.1)


def test_a_january_that_was_seen_is_expected_again() -> None:
    """Six clients whose denials rise by two fifths in ISO weeks 1 to 6 of one year; the next January is judged and expects it."""
    weeks = [monday(at).isocalendar().week for at in range(102)]
    denied = [280 if week <= 6 else 200 for week in weeks]
    frame = pl.concat([series(denied, 2000, "authorization", client=f"c{at}") for at in range(6)])
    first = detect(frame.filter(pl.col("week") <= monday(49)))
    assert first["index"].unique().to_list() == [1.0]
    second = detect(frame)
    assert second["week"].unique().to_list() == [dt.date(2027, 1, 18)]
    assert second["judged"].all()
    assert not second["is_alarm"].any()
    assert second["index"].to_list() == pytest.approx([1.4] * 6, rel=0.12)


def test_one_claim_is_too_few_to_tell() -> None:
    row = last(series([int(at % 3 == 1) for at in range(41)], 1))
    assert (row["denied"], row["judged"], row["reason"], row["is_alarm"]) == (1, False, "too few to tell", False)
    assert (row["p_value"], row["q_value"]) == (None, None)


def test_a_week_in_which_nothing_was_decided_is_not_judged() -> None:
    row = last(series([20] * 40 + [0], [200] * 40 + [0]))
    assert (row["judged"], row["reason"], row["is_alarm"]) == (False, "too few to tell", False)
    assert (row["expected"], row["surprise"], row["p_value"]) == (0, 0, None)


def test_nothing_was_ever_denied() -> None:
    quiet, sudden = last(series([0] * 41)), last(series([0] * 40 + [12]))
    assert (quiet["judged"], quiet["is_alarm"]) == (True, False)
    assert quiet["p_value"] > 0.5
    assert (sudden["judged"], sudden["is_alarm"]) == (True, True)
    assert sudden["p_value"] < 1e-6
    assert 0 < sudden["expected"] < 0.1
    assert sudden["lift"] == 24, "twelve beside half a denial, not beside none"


def test_one_denial_is_no_spike_however_rare() -> None:
    row = last(series([0] * 60 + [1]))
    assert (row["judged"], row["is_alarm"]) == (True, False)
    assert row["q_value"] < 0.03
    assert row["denied"] - row["expected"] < 2
    assert last(series([0] * 40 + [1]), replace(SpikeSettings(), min_extra=0.5))["is_alarm"]


def test_a_significant_rise_that_is_small_is_not_worth_a_page() -> None:
    row = last(series([2000] * 40 + [2400], 20_000))
    assert (row["judged"], row["is_alarm"]) == (True, False)
    assert row["q_value"] < 0.01
    assert row["lift"] == pytest.approx(1.2, rel=0.01)
    assert last(series([2000] * 40 + [2400], 20_000), replace(SpikeSettings(), min_lift=1.15))["is_alarm"]


def test_a_spike_that_is_over_does_not_ring_again() -> None:
    """The two weeks together are far up, but the last of them is not."""
    row = last(series([20] * 40 + [60, 19]))
    assert (row["window"], row["judged"], row["is_alarm"]) == (2, True, False)
    assert row["q_value"] < 0.001
    assert row["lift"] == pytest.approx(79 / 40, rel=0.02)
    assert last(series([20] * 40 + [60, 22]))["is_alarm"]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3000), st.floats(0, 1)), min_size=12, max_size=60))
def test_whatever_came_the_numbers_are_numbers(counts: list[tuple[int, float]]) -> None:
    found = detect(series([round(n * share) for n, share in counts], [n for n, _ in counts]), test_weeks=len(counts))
    for name in ("base_rate", "index", "expected", "noise", "give_or_take", "surprise", "lift"):
        assert found[name].is_finite().all(), name
    known = found.filter("judged")
    assert known["p_value"].is_between(0, 1).all()
    assert known["q_value"].is_between(0, 1).all()
    assert found.filter(~pl.col("judged")).select(pl.col("reason").is_not_null().all()).item()
    alarms = found.filter("is_alarm")
    assert (alarms["denied"] > alarms["expected"]).all()
    assert alarms["judged"].all()
    assert (alarms["lift"] >= 1.25).all()


def test_the_first_weeks_may_be_tested() -> None:
    found = detect(series([20] * 3), test_weeks=50)
    assert found["week"].to_list() == [monday(at) for at in range(3)]
    assert found["reason"].to_list() == ["too little history"] * 3
