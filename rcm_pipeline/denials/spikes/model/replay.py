"""The weeks of a panel gone through in their order: what was expected of each, knowing only the weeks before it."""

from collections import deque
from dataclasses import dataclass, fields

import numpy as np
import polars as pl

from rcm_pipeline.denials.spikes.model.baseline import Baselines
from rcm_pipeline.denials.spikes.model.panel import Floats, Panel
from rcm_pipeline.denials.spikes.model.prior import Bools, prior
from rcm_pipeline.denials.spikes.model.season import Season
from rcm_pipeline.denials.spikes.model.tails import limits, normal_score
from rcm_pipeline.denials.spikes.settings import SpikeSettings

_TINY = 1e-9
_MOST = 0.98


@dataclass(frozen=True)
class Week:
    """One number per series, or with `replay` one row per week.

    `level` is the usual rate before season. `scatter` is E (1 - p) phi, independent from week to week; `doubt` the standard
    deviation that the index adds to all weeks of a window alike. `seen` counts the weeks in the baseline that had decided
    claims. `has_index`: 1 where the index rests on a past year, a shipped January or a week that needs neither.
    `is_met`: 1 from the week on in which the cause was first denied by any payer.
    """

    level: Floats
    index: Floats
    expected: Floats
    noise: Floats
    scatter: Floats
    doubt: Floats
    seen: Floats
    has_index: Floats
    is_met: Floats


@dataclass(frozen=True)
class Replayed:
    """What was expected week by week, and the seasonal sums by week and group that were gathered on the way."""

    weeks: Week
    season_denied: Floats
    season_expected: Floats


def replay(panel: Panel, settings: SpikeSettings, kept: int) -> Replayed:
    """Every week of every series foretold by the weeks before it, the last `settings.left_out` left out.

    Only the last `kept` weeks are written down; the others read zero.
    """
    known = prior(panel, settings.reference)
    out = Week(*(np.zeros(panel.denied.shape) for _ in fields(Week)))
    believed: deque[tuple[Floats, Floats, Floats]] = deque()
    baselines, noise = Baselines(panel, settings), Noise(panel.keys.height, settings)
    met = _met(panel)
    season = Season(panel, settings, known)
    awaiting: deque[tuple[Floats, Floats, Floats, Floats]] = deque()
    for week in range(panel.weeks):
        if len(believed) > settings.left_out:
            baselines.add(*believed.popleft())
        denied, decided = panel.denied[week], panel.decided[week]
        index, unsure, is_known = season.index(week)
        doubt = _doubt(index, unsure, is_known, known.is_january[week] & known.has_january[panel.cause], settings)
        has_index = is_known | known.has_january[panel.cause] | ~known.is_january[week]
        is_met = met[week][panel.cause]
        rates = baselines.rates(known.rates[max(week - settings.left_out - 1, 0)], met[week])
        level = np.maximum(baselines.blend(rates), _TINY)
        rate = np.minimum(level * index, _MOST)
        expected = decided * rate
        factor = noise.factor(expected, decided, rate)
        scatter = expected * (1 - rate) * factor
        variance = np.maximum(scatter + (expected * doubt) ** 2, _TINY)
        is_settled = ((baselines.seen >= settings.settle_weeks) & (decided > 0)).astype(np.float64)
        belief = np.where(is_settled > 0, _belief(denied, expected, variance, settings.robust), 1.0)
        believed.append((denied, decided * index, belief))
        if week >= panel.weeks - kept:
            found = Week(level, index, expected, factor, scatter, expected * doubt, baselines.seen, has_index, is_met)
            for field in fields(Week):
                getattr(out, field.name)[week] = getattr(found, field.name)
        noise.add(denied, expected, decided, rate, factor, expected * doubt, is_settled * is_met * (belief > settings.noise_belief))
        baselines.judge(denied, rates * (decided * index), variance)
        awaiting.append((is_settled * denied, is_settled * decided, level, factor))
        if len(awaiting) > settings.season_hindsight:
            past_denied, past_decided, past_level, past_factor = awaiting.popleft()
            season.add(week - settings.season_hindsight, past_denied, past_decided * past_level, past_decided * level, past_factor)
    return Replayed(out, season.denied, season.expected)


def seasonal_sums(panel: Panel, found: Replayed) -> pl.DataFrame:
    """The sums a `Reference` carries: by payer, cause and week, denied and expected over the noise factor.

    Zero in the last weeks, of which it cannot be told yet whether they are a season.
    """
    groups = panel.keys.select("payer", "cause").unique(maintain_order=True)
    weeks = pl.DataFrame({"week": [panel.week(at) for at in range(panel.weeks)]})
    cells = weeks.join(groups, how="cross", maintain_order="left_right")
    return cells.with_columns(pl.Series("denied", found.season_denied.ravel()), pl.Series("expected", found.season_expected.ravel()))


def _met(panel: Panel) -> Floats:
    """1 by week and cause from the first denial on: a cause nobody has met yet must not weigh on the verdicts of others."""
    first = np.zeros((panel.weeks, int(panel.cause.max()) + 1))
    week, series = np.nonzero(panel.denied)
    first[week, panel.cause[series]] = 1.0
    met: Floats = np.maximum.accumulate(first, axis=0)
    met[~met.any(axis=1)] = 1.0  # before the first denial of all, every cause is as new as another
    return met


def _doubt(index: Floats, unsure: Floats, is_known: Bools, is_shipped: Bools, settings: SpikeSettings) -> Floats:
    """Relative standard deviation of the index: (1/4) |1 - 1/I| and that of its counts, more where it is the shipped January."""
    doubt: Floats = np.sqrt(settings.season_doubt * ((1 - 1 / index) / 4) ** 2 + unsure)
    return np.where(is_shipped & ~is_known, np.maximum(doubt, settings.prior_doubt), doubt)


def _belief(denied: Floats, expected: Floats, variance: Floats, robust: float) -> Floats:
    """1, or (robust / z)² for a week that surprises by more than `robust` standard deviations."""
    score = np.abs(normal_score(denied, np.maximum(expected, _TINY), variance))
    belief: Floats = np.minimum(1, robust / np.maximum(score, _TINY)) ** 2
    return belief


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
