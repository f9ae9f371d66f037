"""The weeks of a panel gone through in their order: what was expected of each, knowing only the weeks before it."""

from collections import deque
from dataclasses import dataclass, fields

import numpy as np
import polars as pl

from rcm_pipeline.denials.spikes.model.baseline import Baselines
from rcm_pipeline.denials.spikes.model.noise import Noise
from rcm_pipeline.denials.spikes.model.panel import MOST_RATE, Floats, Panel
from rcm_pipeline.denials.spikes.model.prior import Bools, prior
from rcm_pipeline.denials.spikes.model.season import Season
from rcm_pipeline.denials.spikes.model.tails import normal_score
from rcm_pipeline.denials.spikes.settings import SpikeSettings

_TINY = 1e-9
_MOST_WORTH = 3.0  # ordinary weeks that the claims of a small week may count as


@dataclass(frozen=True)
class Week:
    """One number per series, or with `replay` one row per week.

    `level` is the usual rate before season. `scatter` is E (1 - p) phi, `covariance` that with the week before; `doubt` the standard
    deviation that the index adds to all weeks of a window alike. `seen` counts the weeks in the baseline that had decided
    claims. `is_met`: 1 from the week on in which the cause was first denied by any payer.
    """

    level: Floats
    index: Floats
    expected: Floats
    noise: Floats
    scatter: Floats
    covariance: Floats
    doubt: Floats
    seen: Floats
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
    usual = np.zeros(panel.keys.height)  # claims decided in an ordinary week
    season = Season(panel, settings, known)
    awaiting: deque[tuple[Floats, Floats, Floats, Floats]] = deque()
    for week in range(panel.weeks):
        if len(believed) > settings.left_out:
            baselines.add(*believed.popleft())
        denied, decided = panel.denied[week], panel.decided[week]
        index, unsure, is_known = season.index(week)
        doubt = _doubt(index, unsure, is_known, known.is_january[week], known.has_january[panel.cause], settings)
        is_met = met[week][panel.cause]
        rates = baselines.rates(known.rates[max(week - settings.left_out - 1, 0)], met[week])
        level = np.maximum(baselines.blend(rates), _TINY)
        rate = np.minimum(level * index, MOST_RATE)
        expected = decided * rate
        factor = noise.factor(expected, decided, rate)
        scatter = expected * (1 - rate) * factor
        variance = np.maximum(scatter + (expected * doubt) ** 2, _TINY)
        is_settled = ((baselines.seen >= settings.settle_weeks) & (decided > 0)).astype(np.float64)
        belief = np.where(is_settled > 0, _belief(denied, expected, variance, settings.robust), 1.0)
        believed.append((denied, decided * index, belief * _worth(decided, usual, factor)))
        pace = np.where(usual > 0, settings.usual_pace, 1.0) * (decided > 0)
        usual = usual + (decided - usual) * pace
        if week >= panel.weeks - kept:
            together = noise.covariance(expected, rate, factor)
            found = Week(level, index, expected, factor, scatter, together, expected * doubt, baselines.seen, is_met)
            for field in fields(Week):
                getattr(out, field.name)[week] = getattr(found, field.name)
        is_telling = (belief > settings.noise_belief) & (is_known | known.has_january[panel.cause] | ~known.is_january[week])
        noise.add(denied, expected, decided, rate, factor, expected * doubt, baselines.seen, is_settled * is_met * is_telling)
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


def _doubt(index: Floats, unsure: Floats, is_known: Bools, is_january: bool, is_shipped: Bools, settings: SpikeSettings) -> Floats:
    """Relative standard deviation of the index: (1/4) |1 - 1/I| and that of its counts; more in a January that no past year tells of."""
    doubt: Floats = np.sqrt(settings.season_doubt * ((1 - 1 / index) / 4) ** 2 + unsure)
    least = np.where(is_shipped, settings.prior_doubt, settings.january_doubt)
    return np.where(is_january & ~is_known, np.maximum(doubt, least), doubt)


def _worth(decided: Floats, usual: Floats, factor: Floats) -> Floats:
    """Weight of a claim of this week beside one of an ordinary week: n claims tell as much as n / (1 + (n - 1) rho) apart, rho the noise.

    So a week of thirty times the claims hardly moves the usual rate more than another, for all of it shares one week's noise.
    """
    rho = (factor - 1) / np.maximum(decided - 1, 1)
    worth = (1 + np.maximum(usual - 1, 0) * rho) / factor
    return np.where(usual > 0, np.minimum(worth, _MOST_WORTH), 1.0)


def _belief(denied: Floats, expected: Floats, variance: Floats, robust: float) -> Floats:
    """1, or (robust / z)² for a week that surprises by more than `robust` standard deviations."""
    score = np.abs(normal_score(denied, np.maximum(expected, _TINY), variance))
    belief: Floats = np.minimum(1, robust / np.maximum(score, _TINY)) ** 2
    return belief
