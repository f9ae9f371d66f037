"""From expectations to verdicts: chances of a window, which are alarms among all of a week, and why some are not judged."""

from dataclasses import dataclass

import numpy as np

from rcm_pipeline.denials.spikes.model.panel import Floats, Panel
from rcm_pipeline.denials.spikes.model.prior import Bools
from rcm_pipeline.denials.spikes.model.replay import Week
from rcm_pipeline.denials.spikes.model.tails import all_denied, upper_tail
from rcm_pipeline.denials.spikes.settings import SpikeSettings

_TINY = 1e-9
SHORT = "too little history"
JANUARY = "first January without a prior"
FEW = "too few to tell"


@dataclass(frozen=True)
class Verdict:
    """Of every series in one week. `window` is the number of weeks whose p was smallest; `reason` is empty where judged."""

    p_value: Floats
    lift: Floats
    window: Floats
    q_value: Floats
    is_alarm: Bools
    reason: np.ndarray[tuple[int], np.dtype[np.str_]]


@dataclass(frozen=True)
class _Window:
    p_value: Floats
    least: Floats
    lift: Floats
    extra: Floats
    decided: Floats
    is_usable: Bools


def verdict(panel: Panel, weeks: Week, at: int, settings: SpikeSettings) -> Verdict:
    """p = min(1, price x the smallest p of the windows), then Benjamini and Hochberg over all judged series of the week.

    Of these, causes that nobody was denied for yet are left out, with q = 1: they may be met next week, or never be heard of.

    An alarm also needs a lift and a number of extra denials worth a page and, where several windows are looked at, more denials
    than expected in the week itself: without that, the second would ring once more for a week that is over. A window that holds
    a January week without an index is not looked at.
    """
    found = [_window(panel, weeks, at, length, settings) for length in settings.windows]
    chances = np.stack([window.p_value for window in found])
    price = settings.window_price if len(found) > 1 else 1.0
    p_value = np.minimum(price * chances.min(axis=0), 1.0)
    best = chances.argmin(axis=0)
    series = np.arange(best.size)
    lift = np.stack([window.lift for window in found])[best, series]
    extra = np.stack([window.extra for window in found])[best, series]
    is_up = panel.denied[at] > weeks.expected[at] if len(found) > 1 else True
    is_worth = (lift >= settings.min_lift) & (extra >= settings.min_extra) & is_up
    least = price * np.stack([window.least for window in found]).min(axis=0)
    reason = np.select(
        [
            weeks.seen[at] < settings.min_weeks,
            ~np.any([window.is_usable for window in found], axis=0),
            (found[0].decided == 0) | (least > settings.tell_chance),
        ],
        [SHORT, JANUARY, FEW],
        "",
    )
    is_judged = reason == ""
    q_value = np.ones(p_value.size)
    is_one_of = is_judged & (weeks.is_met[at] > 0)
    q_value[is_one_of] = benjamini_hochberg(p_value[is_one_of])
    is_alarm = is_judged & (q_value <= settings.false_share) & is_worth
    return Verdict(p_value, lift, np.array(settings.windows)[best], q_value, is_alarm, reason)


def benjamini_hochberg(chances: Floats) -> Floats:
    """Adjusted p-values: of the alarms at q <= x, a share of x is wrong on average. Any order; of nothing nothing."""
    order = np.argsort(chances, kind="stable")
    ranked = chances[order] * chances.size / np.arange(1, chances.size + 1)
    adjusted = np.empty(chances.size)
    adjusted[order] = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1.0)
    return adjusted


def detectable_lift(expected: Floats, variance: Floats) -> Floats:
    """The smallest denials over expected seen in four of five cases at a false alarm in a thousand: 1 + 3.9 G / E."""
    lift: Floats = np.where(expected > 0, 1 + 3.9 * np.sqrt(variance) / np.maximum(expected, _TINY), np.inf)
    return lift


def _window(panel: Panel, weeks: Week, at: int, length: int, settings: SpikeSettings) -> _Window:
    """The weeks of a window summed: scatter adds, doubt adds before it is squared.

    The speed guard repeats the test with the claims that were expected to be decided and keeps the larger p.
    """
    rows = slice(max(at + 1 - length, 0), at + 1)
    denied, decided, expected = (part[rows].sum(axis=0) for part in (panel.denied, panel.decided, weeks.expected))
    variance = weeks.scatter[rows].sum(axis=0) + weeks.doubt[rows].sum(axis=0) ** 2
    p_value, least = _chance(denied, decided, expected, variance, settings.noise_states)
    if panel.expected_decided is not None:
        hoped = panel.expected_decided[rows]
        hoped = np.where(np.isnan(hoped), panel.decided[rows], hoped)
        share = np.where(panel.decided[rows] > 0, hoped / np.maximum(panel.decided[rows], 1), 1.0)
        guarded = (weeks.expected[rows] * share).sum(axis=0)
        total = np.maximum(hoped.sum(axis=0), denied)
        scale = guarded / np.maximum(expected, _TINY)
        p_value = np.maximum(p_value, _chance(denied, total, guarded, variance * scale * np.maximum(scale, 1.0), settings.noise_states)[0])
    lift = np.where(expected > 0, denied / np.maximum(expected, _TINY), np.where(denied > 0, np.inf, 0.0))
    is_usable = ((weeks.has_index[rows] > 0) | (panel.decided[rows] == 0)).all(axis=0)
    p_value, least = (np.where(is_usable, chance, 1.0) for chance in (p_value, least))
    return _Window(p_value, least, lift, denied - expected, decided, is_usable)


def _chance(
    denied: Floats, decided: Floats, expected: Floats, variance: Floats, states: tuple[tuple[float, float], ...]
) -> tuple[Floats, Floats]:
    """Mid-p of as many or more, and the same if all had been denied; 1 where nothing was decided.

    The noise is not known exactly: the mean of the tails of every state it may be in. Mostly it is as measured, now and then
    much larger; far out that state alone decides, so that p of one in ten thousand means that too.
    """
    n = np.maximum(decided, 1.0)
    rate = np.clip(expected / n, _TINY, 0.98)
    p_value, least = np.zeros(n.size), np.zeros(n.size)
    for chance, times in states:
        tail, smallest = _tails(denied, n, rate, variance * times)
        p_value, least = p_value + chance * tail, least + chance * smallest
    return np.where(decided > 0, p_value, 1.0), np.where(decided > 0, least, 1.0)


def _tails(denied: Floats, n: Floats, rate: Floats, variance: Floats) -> tuple[Floats, Floats]:
    over = variance / np.maximum(n * rate * (1 - rate), _TINY)
    icc = np.where(n > 1, (over - 1) / np.maximum(n - 1, _TINY), 0.0)
    return upper_tail(denied, n, rate, icc), all_denied(n, rate, icc)
