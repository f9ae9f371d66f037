"""How much more a series scatters from week to week than chance: its own noise, and that of series of its size."""

from collections import deque
from functools import cache

import numpy as np
from scipy.special import gammaln

from rcm_pipeline.denials.spikes.model.panel import Floats
from rcm_pipeline.denials.spikes.model.tails import limits
from rcm_pipeline.denials.spikes.settings import SpikeSettings

_SIZES = np.arange(-4.0, 10.0)  # log2 of the expected denials, for which a pooled noise is kept
_POOL_WORTH = 300.0  # weeks of other sizes that a size's own noise is held against
_WITHIN = np.linspace(-0.5, 0.5, 17)  # places within a size, for counts are whole
_USUAL_SHAPE = 49.0  # of the negative binomial whose rate has a CV of a seventh
_APART = 30.0  # pairs of weeks, in units of counting: weeks are thought to be independent until as much says otherwise
_GROWN = 39  # weeks of history, before which usual rates are still being learnt and neighbours are wrong alike
_DRIFT = 0.12  # correlation that rates which drift leave where weeks are independent: .06 to .12 on simulated payers
_FAR = 3  # weeks, after which weeks are alike only because the usual rate is wrong in both
_PLAIN = 3.0  # claims are thought to be decided one by one until this much evidence says otherwise
_FIRST = 0.01  # squared CV of a weekly rate before anything is known: a tenth


@cache
def _cut_table(clip: float) -> Floats:
    """By `_SIZES`, the share of its variance that a count keeps when it is cut as in `Noise.add`, on average over a size.

    Without it small series would be thought to have no noise: the cut takes as much of their variance as their noise adds to it.
    """
    kept = [np.mean([_kept_share(size, clip) for size in 2.0 ** (place + _WITHIN)]) for place in _SIZES]
    return np.array(kept)


def _kept_share(expected: float, clip: float) -> float:
    variance = expected * (1 + expected / _USUAL_SHAPE)
    count = np.arange(int(expected + 12 * np.sqrt(variance) + 20), dtype=np.float64)
    log = gammaln(count + _USUAL_SHAPE) - gammaln(_USUAL_SHAPE) - gammaln(count + 1) - _USUAL_SHAPE * np.log1p(expected / _USUAL_SHAPE)
    chance = np.exp(log + count * np.log(expected / (_USUAL_SHAPE + expected)))
    low, high = limits(np.array(expected), np.array(variance), clip)
    cut = np.clip(count, low, high + 1 / (1 + expected))
    return float(chance @ (cut - expected) ** 2) / variance


def left_by_the_cut(expected: Floats, clip: float) -> Floats:
    """Share of its variance that a count of so many expected keeps when it is cut at `clip` standard deviations."""
    kept: Floats = np.interp(np.log2(np.maximum(expected, 1e-9)), _SIZES, _cut_table(clip))
    return kept


def weeks_as_one(expected: Floats, settings: SpikeSettings) -> Floats:
    """How many weeks of so few denials tell as much of noise as one of very many: chance then hides it."""
    weeks: Floats = (1 + settings.noise_denials / np.maximum(expected, 1e-9)) ** 2
    return weeks


def _above(expected: Floats, rate: Floats, factor: Floats) -> Floats:
    """Standard deviation of a week's denials that is noise above counting."""
    sd: Floats = np.sqrt(expected * (1 - rate) * (factor - 1))
    return sd


class Noise:
    """Squared coefficient of variation of the true weekly rate, by series and pooled by size."""

    def __init__(self, series: int, settings: SpikeSettings) -> None:
        self._settings = settings
        self._keep = 0.5 ** (1 / settings.noise_half_life)
        self._sum, self._weight = np.zeros(series), np.zeros(series)
        self._pool_sum, self._pool_weight = np.zeros(_SIZES.size), np.zeros(_SIZES.size)
        self._together, self._apart = 0.0, 0.0
        self._past: deque[tuple[Floats, Floats, Floats]] = deque([(np.zeros(series),) * 3], maxlen=_FAR)

    def factor(self, expected: Floats, decided: Floats, rate: Floats) -> Floats:
        """Variance over that of the binomial: phi = 1 + (n - 1) CV² p / (1 - p), at least 1."""
        worth = self._settings.noise_weeks * weeks_as_one(expected, self._settings)
        squared_cv = (worth * self._pooled(expected) + self._sum) / (worth + self._weight)
        factor: Floats = 1 + np.maximum(decided - 1, 0) * np.maximum(squared_cv, 0) * rate / (1 - rate)
        return factor

    def covariance(self, expected: Floats, rate: Floats, factor: Floats) -> Floats:
        """Of this week's denials with those of the week before: one correlation of the noise above counting, over all series."""
        correlation = np.clip(self._together / (self._apart + _APART) - _DRIFT, 0.0, 1.0)
        found: Floats = correlation * self._past[-1][1] * _above(expected, rate, factor)
        return found

    def add(
        self, denied: Floats, expected: Floats, decided: Floats, rate: Floats, factor: Floats, doubt: Floats, seen: Floats, is_used: Floats
    ) -> None:
        """A week's own noise, less what the doubt in its index explains; its count cut so that one spike does not hide the next."""
        plain = np.maximum(expected * (1 - rate), 1e-9)
        low, high = limits(np.maximum(expected, 1e-9), plain * factor + doubt * doubt, self._settings.noise_clip)
        cut = np.clip(denied, low, high + 1 / (1 + expected))
        square = (cut - expected) ** 2 / left_by_the_cut(expected, self._settings.noise_clip)
        over = ((square - doubt * doubt) / plain - 1) / np.maximum(decided - 1, 1) * (1 - rate) / np.maximum(rate, 1e-12)
        is_used = is_used * (decided > 1)
        self._add_pair(cut - expected, _above(expected, rate, factor), (seen >= _GROWN) * is_used / (plain * factor))
        own, pooled = is_used * expected / (expected + 2), is_used * expected / (expected + 10)
        self._sum = self._sum * self._keep + own * over
        self._weight = self._weight * self._keep + own
        size = np.clip(np.rint(np.log2(np.maximum(expected, 1e-9)) - _SIZES[0]), 0, _SIZES.size - 1).astype(np.int64)
        keep = self._settings.pool_decay
        self._pool_sum = self._pool_sum * keep + np.bincount(size, pooled * over, _SIZES.size)
        self._pool_weight = self._pool_weight * keep + np.bincount(size, pooled, _SIZES.size)

    def _add_pair(self, off: Floats, sd: Floats, weight: Floats) -> None:
        """A week beside the last: the product of what both were off, less that with a week long ago.

        A usual rate that is wrong puts all weeks off alike, near and far; that is no correlation of neighbours.
        """
        keep = self._settings.pool_decay
        if len(self._past) == _FAR:
            near, far = (float((np.sqrt(weight * past[2]) * off * past[0]).sum()) for past in (self._past[-1], self._past[0]))
            self._together = self._together * keep + near - far
            self._apart = self._apart * keep + float((np.sqrt(weight * self._past[-1][2]) * sd * self._past[-1][1]).sum())
        self._past.append((off, sd, weight))

    def _over_sizes(self) -> Floats:
        """By size b + a/E, the line nearest to the noise of the sizes: b is the noise of rates, a of claims decided together."""
        weight = self._pool_weight / weeks_as_one(2.0**_SIZES, self._settings)
        noise = self._pool_sum / np.maximum(self._pool_weight, 1e-9)
        few = 2.0**-_SIZES
        total, mean, square = weight.sum() + 1, weight @ few, weight @ few**2 + _PLAIN
        level, slope = weight @ noise + _FIRST, weight @ (few * noise)
        batches = (total * slope - mean * level) / max(total * square - mean**2, 1e-12)
        batches = max(batches, 0.0)
        line: Floats = np.maximum((level - batches * mean) / total, 0.0) + batches * few
        return line

    def _pooled(self, expected: Floats) -> Floats:
        worth = _POOL_WORTH * weeks_as_one(2.0**_SIZES, self._settings)
        by_size = (self._pool_sum + worth * self._over_sizes()) / (self._pool_weight + worth)
        pooled: Floats = np.interp(np.log2(np.maximum(expected, 1e-9)), _SIZES, by_size)
        return pooled
