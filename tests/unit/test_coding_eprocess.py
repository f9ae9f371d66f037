"""Evidence about a mean: by hand, whoever looks, whenever the turn came, and how often it is false."""

import math

import numpy as np
import pytest

from rcm_pipeline.stats.eprocess import ABOVE, BELOW, Detector, Side, gains, scores_to_reach

STANDARD = 0.95
FIRST = 6 / math.pi**2
ONE = Side(1, (0.1,))  # a bet of 2 at 0.95


def seen(looks: list[list[float]], side: Side = BELOW) -> list[float]:
    """The e-value of one subject after each look at these scores."""
    detector, found = Detector.of(1, side), []
    for scores in looks:
        gained = gains(np.array(scores), STANDARD, side).sum(axis=0)[None, :]
        detector = detector.after(gained, np.array([bool(scores)]))
        found.append(float(np.exp(detector.log_evidence[0])))
    return found


def test_one_bet_by_hand() -> None:
    """From the first look 6/pi² of the stake is on 1.3 x 0.9; from the second, a quarter as much, on 0.9; the rest is kept."""
    first, second = seen([[0.8], [1.0]], ONE)
    assert first == pytest.approx(FIRST * 1.3 + 1 - FIRST)
    assert second == pytest.approx((FIRST * 1.3 + FIRST / 4) * 0.9 + 1 - FIRST - FIRST / 4)


def test_the_bets_share_the_stake() -> None:
    """Below: 0.5, 1, 2, 4 and 8 times 0.15 won on a score of 0.8; above: a quarter, a half and all of 0.05 on a score of 1."""
    assert gains(np.array([0.8]), STANDARD, BELOW)[0] == pytest.approx(np.log1p([0.075, 0.15, 0.3, 0.6, 1.2]))
    assert gains(np.array([1.0]), STANDARD, ABOVE)[0] == pytest.approx(np.log1p([0.0125, 0.025, 0.05]))
    assert seen([[0.8]])[0] == pytest.approx(FIRST * (1 + np.mean([0.075, 0.15, 0.3, 0.6, 1.2])) + 1 - FIRST)


@pytest.mark.parametrize("standard", [0.5, 0.9, 0.95, 0.99])
def test_no_bet_can_lose_all(standard: float) -> None:
    for side in (BELOW, ABOVE):
        assert np.isfinite(gains(np.array([0.0, 1.0]), standard, side)).all()


@pytest.mark.parametrize("scores", [[1.0, 0.0], [1.0, 0.6], [0.95]])
def test_no_bet_is_expected_to_win_at_the_standard(scores: list[float]) -> None:
    """Whatever the two scores that make a mean of the standard: the expected factor of every bet, on either side, is 1."""
    high, low = max(scores), min(scores)
    chance = 1.0 if high == low else (STANDARD - low) / (high - low)
    for side in (BELOW, ABOVE):
        factors = np.exp(gains(np.array([high, low]), STANDARD, side))
        assert chance * factors[0] + (1 - chance) * factors[1] == pytest.approx(np.ones(len(side.bets)))


def test_order_within_a_look_and_empty_looks_change_nothing() -> None:
    plain = seen([[0.8, 1.0, 0.6], [0.9]])
    assert seen([[1.0, 0.6, 0.8], [], [0.9]]) == pytest.approx([plain[0], plain[0], plain[1]])


def test_good_years_do_not_hide_a_turn() -> None:
    """Two years all right, then one code in five wrong: the bets begun since see it after three months, one product never would by then."""
    years = seen([[1.0] * 10] * 24 + [[0.8] * 10] * 3)
    alone = gains(np.array([1.0] * 240 + [0.8] * 30), STANDARD, BELOW).sum(axis=0)
    assert years[23] < 1
    assert years[-1] > 20 > np.exp(alone).mean()


def test_begun_again_is_as_if_nothing_had_been_seen() -> None:
    gained = gains(np.array([0.6]), STANDARD, BELOW).sum(axis=0)[None, :]
    both = Detector.of(2, BELOW).after(np.repeat(gained, 2, axis=0), np.array([True, True]))
    again = both.begun_again(np.array([True, False])).after(np.repeat(gained, 2, axis=0), np.array([True, True]))
    assert again.log_evidence[0] == both.log_evidence[0]
    assert again.log_evidence[1] > both.log_evidence[1]


def test_scores_to_reach_are_those_that_reach_it() -> None:
    scores = np.array([0.8, 1.0, 0.8, 1.0, 0.8])
    gained = gains(scores, STANDARD, BELOW).sum(axis=0)[None, :]
    detector = Detector.of(1, BELOW).after(gained, np.array([True]))
    (more,) = scores_to_reach(detector, np.array([20.0]), gained, np.array([5.0]))
    best = [float((detector.wealth + gained / 5 * count).max() - np.log(len(BELOW.bets))) for count in (more, more - 1)]
    assert best[0] >= np.log(20) > best[1], "the bet that does best reaches it with the last of them"
    good = gains(np.ones(5), STANDARD, BELOW).sum(axis=0)[None, :]
    assert np.isnan(scores_to_reach(Detector.of(1, BELOW).after(good, np.array([True])), np.array([20.0]), good, np.array([5.0])))[0]


@pytest.mark.parametrize("side", [BELOW, ABOVE])
def test_at_the_standard_it_rings_in_at_most_one_of_twenty(side: Side) -> None:
    """Charts of five codes that are alike (three in four all right or all wrong), 48 months of ten: far fewer than 5 % ever ring."""
    rng = np.random.default_rng(4)
    detector, ever = Detector.of(4000, side), np.zeros(4000, dtype=bool)
    for _ in range(48):
        alike = rng.random((4000, 10)) < 0.75
        scores = np.where(alike, rng.random((4000, 10)) < STANDARD, rng.binomial(5, STANDARD, (4000, 10)) / 5)
        detector = detector.after(gains(scores, STANDARD, side).sum(axis=1), np.ones(4000, dtype=bool))
        ever |= detector.log_evidence >= np.log(20)
    assert 0.002 < ever.mean() < 0.03
