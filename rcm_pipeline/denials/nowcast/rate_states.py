"""A series' usual denial rate, its weekly noise, and how likely it is that the rate changed within the last weeks."""

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln, expit, logit

from rcm_pipeline.denials.nowcast.completion import Floats, Ints, sum_by
from rcm_pipeline.denials.nowcast.settings import NowcastSettings

MULTIPLIERS = 2.0 ** (np.arange(-6, 11) / 4)  # of the usual rate, from .35 to 5.7 in steps of 19 %
SAME = 6  # the multiplier 1
_CHANGED = np.arange(len(MULTIPLIERS)) != SAME
_MIN_DECIDED = 20  # claims, for a series to speak on how far series differ
_CORRELATION = (1e-3, 0.5)


@dataclass(frozen=True)
class Usual:
    """By series: the usual rate, and the squared CV about it of the true rate of a week, error of the usual rate included."""

    rate: Floats
    cv2: Floats
    decided: Floats


@dataclass(frozen=True)
class Evidence:
    """By series, week and multiplier: share q expected among the decided, its precision K; and the decided claims that count."""

    share: Floats
    precision: Floats
    denied: Floats
    paid: Floats


def usual(denied: Floats, paid: Floats, ratio: Floats, cause: Ints, settings: NowcastSettings) -> Usual:
    """The usual rate p and its noise, from weeks at least `gap` old, each counting 0.5 ** (age / base_half_life).

    Decided claims of a week still lean to the faster outcome: N = D + P of them stand for y = N D g / (D g + P) denials,
    g = F_P / F_D. p = (sum y + K c) / (sum N + K), c the rate of the cause over all series, K by moments over its series.
    """
    age = np.arange(denied.shape[1])
    weight = np.where(age >= settings.gap, 0.5 ** (age / settings.base_half_life), 0.0)
    decided = denied + paid
    made = decided * denied * ratio / np.maximum(denied * ratio + paid, 1e-9)
    found, of = made @ weight, decided @ weight
    aim = ((sum_by(found, cause) + 0.1) / (sum_by(of, cause) + 1))[cause]
    precision = _precision_between(found, of, aim)
    rate = np.clip((found + precision * aim) / (of + precision), 1e-4, 0.95)
    own = _weekly_cv2(made, np.where(weight > 0, decided, 0.0), rate, settings.prior_cv2)
    return Usual(rate, own + (1 - rate) / (rate * (of + precision + 1)), of)


def _precision_between(found: Floats, of: Floats, aim: Floats) -> float:
    """Claims that the rate of the cause is worth: 1 / r - 1, r = mean((y / N - c)² - c (1 - c) / N) / mean(c (1 - c))."""
    is_known = of >= _MIN_DECIDED
    if not is_known.any():
        return 1 / _CORRELATION[1] - 1
    y, n, c = found[is_known], of[is_known], aim[is_known]
    between = ((y / n - c) ** 2 - c * (1 - c) / n).mean() / (c * (1 - c)).mean()
    return float(1 / np.clip(between, *_CORRELATION) - 1)


def _weekly_cv2(made: Floats, decided: Floats, rate: Floats, prior: float) -> Floats:
    """Squared CV of the true weekly rate, by moments: a week says ((y - E)² - E (1 - p)) / E², E = N p.

    Weeks are weighed by 1 / v², v = (E (1 - p) + CV² E²) / E²; a series' estimate, variance 2 / sum of the weights, is drawn
    to the run's mean CV² with a prior sd as large as that mean. Three rounds, as v needs CV².
    """
    expected = decided * rate[:, None]
    is_used = expected > 0
    safe = np.maximum(expected, 1e-9)
    counting = (1 - rate[:, None]) / safe
    says = np.where(is_used, ((made - expected) / safe) ** 2 - counting, 0.0)
    weeks = is_used.sum(axis=1)
    freedom = weeks / np.maximum(weeks - 1, 1)
    cv2, run = np.full(len(rate), prior), prior
    for _ in range(3):
        weight = np.where(is_used, 1 / (counting + cv2[:, None]) ** 2, 0.0)
        total = weight.sum(axis=1)
        own = freedom * (weight * says).sum(axis=1) / np.maximum(total, 1e-12)
        trust = 1 / (2 / np.maximum(total, 1e-12) + run**2)
        run = float(max((trust * own).sum() / trust.sum(), 1e-4)) if total.any() else prior
        cv2 = np.clip((own * total / 2 + 1 / run) / (total / 2 + 1 / run**2), 0.1 * run, 1.0)
    return cv2


def evidence(denied: Floats, paid: Floats, log_ratio: Floats, delay_variance: Floats, about: Usual) -> Evidence:
    """What each multiplier m of the usual rate p would lead one to expect among the decided claims of each week.

    logit q = logit(m p) - log g; precision K = 1 / r - 1, r = q (1 - q) CV² / (1 - m p)², the weekly noise carried over to
    the logit. As g is not sure, variance v of its log, decided claims count 1 / (1 + N q (1 - q) v) each, q at m = 1.
    """
    rate = np.clip(about.rate[:, None] * MULTIPLIERS, 1e-5, 0.97)
    share = inverse_logit(logit(rate)[:, None, :] - log_ratio[:, :, None])
    noise = (about.cv2[:, None] / (1 - rate) ** 2)[:, None, :]
    correlation = np.clip(share * (1 - share) * noise, 1e-6, 0.5)
    usual_share = share[:, :, SAME]
    counts = 1 / (1 + (denied + paid) * usual_share * (1 - usual_share) * delay_variance)
    return Evidence(share, 1 / correlation - 1, denied * counts, paid * counts)


def multiplier_odds(seen: Evidence, payer: Ints, settings: NowcastSettings) -> Floats:
    """Probability of each multiplier in each week, by series: series x week x multiplier.

    A state is «times m from c weeks ago on», c = 1 to change_weeks, or no change. Its likelihood is the product over the
    weeks since of beta-binomial(D of D + P; K q, K (1 - q)), against that of no change. Prior odds are learned from the
    run (empirical Bayes, by expectation and maximisation): see `_state_odds`. A week's multiplier is m in the states that
    reach it and 1 in the others.
    """
    alpha, beta = seen.precision * seen.share, seen.precision * (1 - seen.share)
    likelihood = betaln(alpha + seen.denied[:, :, None], beta + seen.paid[:, :, None]) - betaln(alpha, beta)
    since = np.cumsum((likelihood - likelihood[:, :, [SAME]])[:, : settings.change_weeks], axis=1)
    states = _state_odds(since[:, :, _CHANGED], payer, settings)
    odds = np.zeros(seen.share.shape)
    odds[:, : settings.change_weeks, _CHANGED] = np.cumsum(states[:, ::-1], axis=1)[:, ::-1]
    odds[:, :, SAME] = np.maximum(1 - odds.sum(axis=2), 0)
    return odds


def _state_odds(gain: Floats, payer: Ints, settings: NowcastSettings) -> Floats:
    """Probability of each state of change. Before data: `moved_share`, even over c, falling as exp(-|log2 m|) over m.

    Prior of the run = (prior_series x that + sum of the series' probabilities) / (prior_series + series); a payer's is its
    own series' drawn to the run's in the same way, by payer_series; each series takes its payer's. Repeated from the start `rounds` times.
    """
    series, weeks, multipliers = gain.shape
    flat = gain.reshape(series, weeks * multipliers)
    top = np.maximum(flat.max(axis=1, keepdims=True), 0)
    weigh, weigh_same = np.exp(flat - top), np.exp(-top[:, 0])
    shape = np.exp(-np.abs(np.log2(MULTIPLIERS[_CHANGED])))
    first = settings.moved_share * np.tile(shape / shape.sum() / weeks, weeks)
    size = sum_by(np.ones(series), payer)[:, None]
    priors = np.tile(first, (len(size), 1))
    states = np.zeros_like(flat)
    for _ in range(settings.rounds):
        prior = priors[payer]
        states = prior * weigh
        states /= (states.sum(axis=1) + (1 - prior.sum(axis=1)) * weigh_same)[:, None]
        run = (settings.prior_series * first + states.sum(axis=0)) / (settings.prior_series + series)
        priors = (settings.payer_series * run + sum_by(states, payer)) / (settings.payer_series + size)
    return states.reshape(series, weeks, multipliers)


def inverse_logit(value: Floats) -> Floats:
    """Share from log odds, kept off zero and one."""
    share: Floats = expit(np.clip(value, -16, 16))
    return share
