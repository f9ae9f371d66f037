"""How much more a series scatters than counting alone: its own past, moderated by that of all series of its size."""

import numpy as np

from rcm_pipeline.denials.spikes.model.panel import Floats
from rcm_pipeline.denials.spikes.model.tails import limits
from rcm_pipeline.denials.spikes.settings import SpikeSettings

_SIZES = np.arange(-4.0, 10.0)  # log2 of the expected denials, for which a pooled noise is kept
_POOL_WORTH = 300.0  # weeks of other sizes that a size's own noise is held against
_FIRST = 0.01  # squared CV of a weekly rate before anything is known: a tenth


class Noise:
    """Squared coefficient of variation of the true weekly rate, by series and pooled by size."""

    def __init__(self, series: int, settings: SpikeSettings) -> None:
        self._settings = settings
        self._keep = 0.5 ** (1 / settings.noise_half_life)
        self._sum, self._weight = np.zeros(series), np.zeros(series)
        self._pool_sum, self._pool_weight = np.zeros(_SIZES.size), np.zeros(_SIZES.size)

    def factor(self, expected: Floats, decided: Floats, rate: Floats) -> Floats:
        """Variance over that of the binomial: phi = 1 + (n - 1) CV² p / (1 - p), at least 1."""
        worth = self._settings.noise_weeks
        squared_cv = (worth * self._pooled(expected) + self._sum) / (worth + self._weight)
        factor: Floats = 1 + np.maximum(decided - 1, 0) * np.maximum(squared_cv, 0) * rate / (1 - rate)
        return factor

    def add(self, denied: Floats, expected: Floats, decided: Floats, rate: Floats, factor: Floats, doubt: Floats, is_used: Floats) -> None:
        """A week's own noise, less what the doubt in its index explains; its count cut so that one spike does not hide the next."""
        plain = np.maximum(expected * (1 - rate), 1e-9)
        low, high = limits(np.maximum(expected, 1e-9), plain * factor + doubt * doubt, self._settings.noise_clip)
        cut = np.clip(denied, low, high + 1 / (1 + expected))
        over = (((cut - expected) ** 2 - doubt * doubt) / plain - 1) / np.maximum(decided - 1, 1) * (1 - rate) / np.maximum(rate, 1e-12)
        is_used = is_used * (decided > 1)
        own, pooled = is_used * expected / (expected + 2), is_used * expected / (expected + 10)
        self._sum = self._sum * self._keep + own * over
        self._weight = self._weight * self._keep + own
        size = np.clip(np.rint(np.log2(np.maximum(expected, 1e-9)) - _SIZES[0]), 0, _SIZES.size - 1).astype(np.int64)
        keep = self._settings.pool_decay
        self._pool_sum = self._pool_sum * keep + np.bincount(size, pooled * over, _SIZES.size)
        self._pool_weight = self._pool_weight * keep + np.bincount(size, pooled, _SIZES.size)

    def _pooled(self, expected: Floats) -> Floats:
        every = (self._pool_sum.sum() + _FIRST) / (self._pool_weight.sum() + 1)
        by_size = (self._pool_sum + _POOL_WORTH * every) / (self._pool_weight + _POOL_WORTH)
        pooled: Floats = np.interp(np.log2(np.maximum(expected, 1e-9)), _SIZES, by_size)
        return pooled
