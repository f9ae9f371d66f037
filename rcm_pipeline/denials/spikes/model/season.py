"""The seasonal index of payer and cause, pooled over clients: the same weeks of past years, each noisy week cut."""

import numpy as np

from rcm_pipeline.denials.spikes.model.panel import Floats, Ints, Panel
from rcm_pipeline.denials.spikes.model.prior import Bools, Prior
from rcm_pipeline.denials.spikes.model.tails import limits
from rcm_pipeline.denials.spikes.settings import SpikeSettings

_SHARP = np.array([0.1, 0.8, 0.1])  # a week and its neighbours in a past year
_YEAR = 52.1775  # weeks
_CUTS = 2  # rounds in which the centre is found again after cutting
_TINY = 1e-9


class Season:
    """Effective denials (over the noise factor) and what baseline and prior expected of them, by week, group and cause."""

    def __init__(self, panel: Panel, settings: SpikeSettings, prior: Prior) -> None:
        self._settings, self._group, self._cause_of, self._prior = settings, panel.group, panel.group_cause, prior
        self._firsts = panel.firsts
        self._causes = int(panel.group_cause.max()) + 1
        shape = panel.weeks, panel.group_cause.size
        self.denied, self.expected = np.zeros(shape), np.zeros(shape)
        self._all_denied, self._all_expected = (np.zeros((panel.weeks, self._causes)) for _ in range(2))
        reach = settings.season_weeks
        self._smooth = (reach + 1.0 - np.abs(np.arange(-reach, reach + 1))) / (reach + 1)

    def add(self, week: int, denied: Floats, before: Floats, after: Floats, factor: Floats) -> None:
        """A past week's denials against n p0 (no season), both over the noise factor, cut at the limits around their centre.

        p0 is what lies between the level before the week and the one half a year after it that explains the week best: a rise
        that lasted is no season. The centre of a series is the index of the others: of its group, leaning on those of its
        cause in other groups, and on the same weeks of the years before. Where the prior knows the sums of a group they stand
        in their place.
        """
        january = self._prior.january[week][self._cause_of]
        known = self.index(week)[0][self._firsts] / january
        low_level, high_level = np.minimum(before, after), np.maximum(before, after)
        january = january[self._group]
        centre = known[self._group]
        for _ in range(_CUTS):
            level = np.clip(denied / (january * centre), low_level, high_level) * january
            expected = level / factor
            middle = np.maximum(level * centre, _TINY)
            low, high = limits(middle, middle * factor, self._settings.robust)
            cut = np.clip(denied, low, high + 1)
            centre = self._centre(cut / factor, expected, known)
        given = self._prior.season_denied[week], self._prior.season_expected[week]
        own = self._sums(cut / factor), self._sums(expected)
        self.denied[week], self.expected[week] = (np.where(np.isnan(g), o, g) for g, o in zip(given, own, strict=True))
        for total, part in ((self._all_denied, self.denied), (self._all_expected, self.expected)):
            total[week] = np.bincount(self._cause_of, part[week], self._causes)

    def index(self, week: int) -> tuple[Floats, Floats, Bools]:
        """Index by series for a week, its relative variance, and whether a past year was known to take it from.

        The variance is that of the counts behind it: effective denials scatter as counts do.
        """
        january = self._prior.january[week][self._cause_of]
        sharp, smooth = self._gather(week, _SHARP), self._gather(week, self._smooth)
        if sharp is None or smooth is None:
            return january[self._group], np.zeros(self._group.size), np.zeros(self._group.size, dtype=bool)
        s = self._settings
        cause_smooth = (smooth[2] + s.season_cause) / (smooth[3] + s.season_cause)
        cause_sharp = (sharp[2] + s.season_cause * cause_smooth) / (sharp[3] + s.season_cause)
        above, ratio = cause_smooth[self._cause_of], (cause_sharp / cause_smooth)[self._cause_of]
        group_smooth = (smooth[0] + s.season_group * above) / (smooth[1] + s.season_group)
        season = (sharp[0] + s.season_sharp * group_smooth * ratio) / (sharp[1] + s.season_sharp)
        of_cause = smooth[5] / (smooth[3] + s.season_cause) ** 2, sharp[5] / (sharp[3] + s.season_cause) ** 2
        of_smooth = (smooth[4] + s.season_group**2 * of_cause[0][self._cause_of]) / (smooth[1] + s.season_group) ** 2
        of_both = ratio**2 * of_smooth + group_smooth**2 * of_cause[1][self._cause_of]
        variance = (sharp[4] + s.season_sharp**2 * of_both) / (sharp[1] + s.season_sharp) ** 2 / np.maximum(season, _TINY) ** 2
        return (january * season)[self._group], variance[self._group], (sharp[3] > 0)[self._cause_of][self._group]

    def _centre(self, denied: Floats, expected: Floats, known: Floats) -> Floats:
        s, of = self._settings, self._cause_of
        group = self._sums(denied), self._sums(expected)
        cause = [np.bincount(of, sums, self._causes)[of] - sums for sums in group]
        others = (cause[0] + s.season_cause * known) / (cause[1] + s.season_cause)
        at = self._group
        centre: Floats = (group[0][at] - denied + s.season_group * others[at]) / (group[1][at] - expected + s.season_group)
        return np.maximum(centre, 1e-3)

    def _gather(self, week: int, kernel: Floats) -> list[Floats] | None:
        weights, rows = _past(week, kernel, self._settings)
        if not rows.size:
            return None
        sums = [weights @ table[rows] for table in (self.denied, self.expected, self._all_denied, self._all_expected)]
        return sums + [weights**2 @ table[rows] for table in (self.expected, self._all_expected)]

    def _sums(self, values: Floats) -> Floats:
        sums: Floats = np.add.reduceat(values, self._firsts)
        return sums


def _past(week: int, kernel: Floats, settings: SpikeSettings) -> tuple[Floats, Ints]:
    """Weights and places of the weeks of past years around this one that lie in the panel."""
    years = np.arange(1, settings.season_years + 1)
    reach = kernel.size // 2
    rows = week - np.rint(years * _YEAR).astype(np.int64)[:, None] + np.arange(-reach, reach + 1)
    weights = settings.season_decay ** (years - 1.0)[:, None] * kernel
    is_known = (rows >= 0) & (rows < week)
    return weights[is_known], rows[is_known]
