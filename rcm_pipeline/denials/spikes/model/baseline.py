"""The usual rate of every series: discounted sums at several half-lives, leaning on the rate of payer and cause."""

import numpy as np

from rcm_pipeline.denials.spikes.model.panel import MOST_RATE, Floats, Panel
from rcm_pipeline.denials.spikes.settings import SpikeSettings

_ANY_DENIED, _ANY_DECIDED = 0.5, 5.0  # a rate of a tenth, worth five claims, before anything is known


class Baselines:
    """What has been added so far, by half-life; forgotten by half every half-life."""

    def __init__(self, panel: Panel, settings: SpikeSettings) -> None:
        halves = np.array(settings.half_lives)
        self._settings, self._panel = settings, panel
        self._keep = (0.5 ** (1 / halves))[:, None]
        self._keep_score = 0.5 ** (1 / settings.score_half_life)
        shape = len(halves), panel.keys.height
        self._denied, self._decided, self._score = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self.seen = np.zeros(panel.keys.height)
        self._firsts = panel.firsts

    def add(self, denied: Floats, exposure: Floats, weight: Floats) -> None:
        """A week: its denials, its decided claims times the seasonal index, and how far it is believed."""
        self._denied = self._denied * self._keep + weight * denied
        self._decided = self._decided * self._keep + weight * exposure
        self.seen += exposure > 0

    def rates(self, given: Floats, met: Floats) -> Floats:
        """Rates by half-life and series: (denied + K parent) / (decided + K).

        `given` rates of payer and cause from elsewhere, nan where not known; `met`: 1 for causes denied before or this week.
        """
        worth = self._settings.rate_claims
        rates: Floats = (self._denied + worth * self._parent(given, met)) / (self._decided + worth)
        return np.clip(rates, 0, MOST_RATE)

    def blend(self, rates: Floats) -> Floats:
        """One rate per series: each half-life weighs exp(-score/2) of how badly it foretold the past."""
        behind = self._score - self._score.min(axis=0)
        weight = np.exp(-0.5 * self._settings.score_weight * behind)
        blended: Floats = (weight * rates).sum(axis=0) / weight.sum(axis=0)
        return blended

    def judge(self, denied: Floats, foretold: Floats, variance: Floats) -> None:
        """Score the half-lives by what came of the week they foretold."""
        cap = self._settings.score_cap**2
        error = np.minimum((denied - foretold) ** 2 / variance, cap)
        self._score = self._score * self._keep_score + np.where(self.seen >= self._settings.settle_weeks, error, 0.0)

    def _parent(self, given: Floats, met: Floats) -> Floats:
        """Rate of payer and cause, leaning on that of the cause, and this on all; a given rate stands in its place."""
        worth, panel = self._settings.parent_claims, self._panel
        denied, decided = (np.add.reduceat(sums, self._firsts, axis=1) for sums in (self._denied, self._decided))
        causes = int(panel.group_cause.max()) + 1
        by_cause = [_by(sums, panel.group_cause, causes) for sums in (denied, decided)]
        every = (by_cause[0].sum(axis=1) + _ANY_DENIED) / (by_cause[1] @ met + _ANY_DECIDED)
        of_cause = (by_cause[0] + worth * every[:, None]) / (by_cause[1] + worth)
        above = of_cause[:, panel.group_cause]
        known = np.where(np.isnan(given), above, given)
        parent: Floats = ((denied + worth * known) / (decided + worth))[:, panel.group]
        return parent


def _by(sums: Floats, to: np.ndarray[tuple[int], np.dtype[np.int64]], size: int) -> Floats:
    return np.stack([np.bincount(to, row, size) for row in sums])
