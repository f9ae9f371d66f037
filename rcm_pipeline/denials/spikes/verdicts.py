"""From expectations to verdicts: chances of a window, which are alarms among all of a week, and why some are not judged."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rcm_pipeline.denials.spikes.model.panel import MOST_RATE, Floats, Panel
from rcm_pipeline.denials.spikes.model.prior import Bools
from rcm_pipeline.denials.spikes.model.replay import Week
from rcm_pipeline.denials.spikes.model.tails import all_denied, upper_tail
from rcm_pipeline.denials.spikes.settings import SpikeSettings

_TINY = 1e-9
_LEAST_EXPECTED = 0.5  # denials a lift is held against: after a history without one the usual rate says only that it is small
SHORT = "too little history"
FEW = "too few to tell"


@dataclass(frozen=True)
class Chances:
    """Of every series in one week. `window` is the number of weeks whose p was smallest; `reason` is empty where judged.

    `is_counted`: judged, and of a cause that somebody was denied for by then. `is_worth`: the rise is large enough for a page.
    """

    p_value: Floats
    lift: Floats
    window: Floats
    is_counted: Bools
    is_worth: Bools
    reason: np.ndarray[tuple[int], np.dtype[np.str_]]


@dataclass(frozen=True)
class Verdict:
    """Which of a week's series are alarms, and at which share of false alarms they would be."""

    q_value: Floats
    is_alarm: Bools


@dataclass(frozen=True)
class _Window:
    p_value: Floats
    least: Floats
    lift: Floats
    extra: Floats
    decided: Floats


def chances(panel: Panel, weeks: Week, at: int, settings: SpikeSettings) -> Chances:
    """p = min(1, price x the smallest p of the windows), and what else an alarm needs.

    That is a lift and a number of extra denials worth a page and, where several windows are looked at, more denials
    than expected in the week itself: without that, the second would ring once more for a week that is over.
    """
    found = [_window(panel, weeks, at, length, settings) for length in settings.windows]
    each = np.stack([window.p_value for window in found])
    price = settings.window_price - settings.few_rebate * np.exp(-weeks.expected[at] / 2) if len(found) > 1 else np.ones(1)
    best = each.argmin(axis=0)
    series = np.arange(best.size)
    lift = np.stack([window.lift for window in found])[best, series]
    extra = np.stack([window.extra for window in found])[best, series]
    is_up = panel.denied[at] > weeks.expected[at] if len(found) > 1 else True
    least = price * np.stack([window.least for window in found]).min(axis=0)
    is_few = (found[0].decided == 0) | (least > settings.tell_chance)
    reason = np.select([weeks.seen[at] < settings.min_weeks, is_few], [SHORT, FEW], "")
    return Chances(
        np.minimum(price * each.min(axis=0), 1.0),
        lift,
        np.array(settings.windows)[best],
        (reason == "") & (weeks.is_met[at] > 0),
        (lift >= settings.min_lift) & (extra >= settings.min_extra) & is_up,
        reason,
    )


def verdict(family: Sequence[Chances], settings: SpikeSettings) -> Verdict:
    """Of the last week of a family of weeks: Benjamini and Hochberg over series, each by its smallest p of these weeks.

    A week alone would promise a tenth of its own alarms, which for few series and rare spikes are nearly all false; so every p pays for
    `promise_weeks`, the quarter that a person looks back over, and a series lends others its rank once, however long its spike lasts.
    Causes that nobody was denied for yet have q = 1: they may be met next week, or never be heard of.
    """
    now = family[-1]
    smallest = np.stack([np.where(week.is_counted, week.p_value, 1.0) for week in family]).min(axis=0)
    q_value = np.ones(now.p_value.size)
    counted = now.is_counted
    q_value[counted] = adjusted(now.p_value[counted], smallest[counted], settings.promise_weeks * int(counted.sum()))
    return Verdict(q_value, (now.reason == "") & (q_value <= settings.false_share) & now.is_worth)


def adjusted(p_values: Floats, smallest: Floats, tests: int) -> Floats:
    """Adjusted p-values among the `smallest` of every series, of so many `tests`: of alarms at q <= x, a share of x is wrong on average.

    Where `smallest` are the p-values and there are no other tests this is Benjamini and Hochberg 1995. Any order; of nothing nothing.
    """
    ranked = np.sort(smallest)
    share = tests * ranked / np.arange(1, ranked.size + 1)
    later = np.append(np.minimum.accumulate(share[::-1])[::-1], np.inf)  # the smallest share at any larger p
    rank = np.searchsorted(ranked, p_values, side="right")
    found: Floats = np.minimum(np.minimum(tests * p_values / np.maximum(rank, 1), later[rank]), 1.0)
    return found


def detectable_lift(expected: Floats, variance: Floats) -> Floats:
    """The smallest denials over expected seen in four of five cases at a false alarm in a thousand: 1 + 3.9 G / E."""
    lift: Floats = np.where(expected > 0, 1 + 3.9 * np.sqrt(variance) / np.maximum(expected, _TINY), np.inf)
    return lift


def _window(panel: Panel, weeks: Week, at: int, length: int, settings: SpikeSettings) -> _Window:
    """The weeks of a window summed.

    The speed guard repeats the test with the claims that were expected to be decided and keeps the larger p.
    """
    rows = slice(max(at + 1 - length, 0), at + 1)
    denied, decided, expected = (part[rows].sum(axis=0) for part in (panel.denied, panel.decided, weeks.expected))
    variance = window_variance(weeks, rows)
    states = _noise_states(settings, weeks.seen[at])
    p_value, least = _chance(denied, decided, expected, variance, states)
    if panel.expected_decided is not None:
        hoped = panel.expected_decided[rows]
        hoped = np.where(np.isnan(hoped), panel.decided[rows], hoped)
        share = np.where(panel.decided[rows] > 0, hoped / np.maximum(panel.decided[rows], 1), 1.0)
        guarded = (weeks.expected[rows] * share).sum(axis=0)
        total = np.maximum(hoped.sum(axis=0), denied)
        scale = guarded / np.maximum(expected, _TINY)
        p_value = np.maximum(p_value, _chance(denied, total, guarded, variance * scale * np.maximum(scale, 1.0), states)[0])
    lift = denied / np.maximum(expected, _LEAST_EXPECTED)
    return _Window(p_value, least, lift, denied - expected, decided)


def window_variance(weeks: Week, rows: slice) -> Floats:
    """Of the denials of a window: scatter adds, twice the covariance of neighbours with it; doubt adds before it is squared."""
    neighbours = weeks.covariance[rows][1:].sum(axis=0)
    variance: Floats = weeks.scatter[rows].sum(axis=0) + 2 * neighbours + weeks.doubt[rows].sum(axis=0) ** 2
    return variance


def _noise_states(settings: SpikeSettings, seen: Floats) -> list[tuple[Floats, float]]:
    """Chance by series of each state the noise may be in, and its variance over the measured: wider while a series is young."""
    young = settings.young_chance * 0.5 ** (seen / settings.young_half_life)
    return [((1 - young) * chance, times) for chance, times in settings.noise_states] + [(young, settings.young_times)]


def _chance(
    denied: Floats, decided: Floats, expected: Floats, variance: Floats, states: Sequence[tuple[Floats, float]]
) -> tuple[Floats, Floats]:
    """Mid-p of as many or more, and the same if all had been denied; 1 where nothing was decided.

    The noise is not known exactly: the mean of the tails of every state it may be in. Mostly it is as measured, now and then
    much larger; far out that state alone decides, so that p of one in ten thousand means that too.
    """
    n = np.maximum(decided, 1.0)
    rate = np.clip(expected / n, _TINY, MOST_RATE)
    plain = n * rate * (1 - rate)
    noise = np.maximum(variance - plain, 0.0)
    p_value, least = np.zeros(n.size), np.zeros(n.size)
    for chance, times in states:
        tail, smallest = _tails(denied, n, rate, plain + times * noise)
        p_value, least = p_value + chance * tail, least + chance * smallest
    return np.where(decided > 0, p_value, 1.0), np.where(decided > 0, least, 1.0)


def _tails(denied: Floats, n: Floats, rate: Floats, variance: Floats) -> tuple[Floats, Floats]:
    over = variance / np.maximum(n * rate * (1 - rate), _TINY)
    icc = np.where(n > 1, (over - 1) / np.maximum(n - 1, _TINY), 0.0)
    return upper_tail(denied, n, rate, icc), all_denied(n, rate, icc)
