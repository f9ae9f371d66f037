"""Evidence about the mean of scores from 0 to 1 that may be looked at as often as one likes, and finds a turn whenever it came.

A bet on each score: wealth is multiplied by 1 + bet x (standard - score), or by 1 + bet x (score - standard) on the other side. While
the mean is on the standard's own side no bet is expected to win, so the wealth is an e-value at every look (Waudby-Smith and Ramdas 2024,
JRSS B 86:1, section 4): it reaches 20 with a chance of at most 1 in 20, ever. Several constant bets share the stake. What is assumed is
only that each score's mean, whatever came before, is on that side: no distribution, and nothing of how alike the codes of a chart are.

A detector puts the share 6/(pi² j²) of its stake on the bets that begin at look j, and keeps the rest (Shin, Ramdas and Rinaldo 2022,
e-detectors, with weights that sum to 1): what was good for years cannot hide a turn, and there is no rule of when to begin again.

By hand, one bet of 2 from the first look on, standard 0.95: scores 0.80 and 1 make (1 + 2 x 0.15)(1 - 2 x 0.05) = 1.17.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from rcm_pipeline.stats.accuracy_limits import Flags, Floats

_FIRST_WEIGHT = 6 / math.pi**2


@dataclass(frozen=True)
class Side:
    """On which side of the standard wealth grows: +1 below, -1 above. `bets` are shares of the largest that can never lose all."""

    sign: int
    bets: tuple[float, ...]


# At 0.95 the bets below are 0.5, 1, 2, 4 and 8, for means from a point under it to 0.8. With 0.25 instead of none they find 0.93 later;
# without 8 they see a fall to 0.85 later (benchmarks.coding looks).
BELOW = Side(1, (0.025, 0.05, 0.1, 0.2, 0.4))
# Above there is little to win on a score, so bets are large: 0.25, 0.5 and 1. Whole charts, right or wrong, need the small ones.
ABOVE = Side(-1, (0.2375, 0.475, 0.95))


def gains(scores: Floats, standard: Floats | float, side: Side) -> Floats:
    """The logarithm that every bet gains on every score: an array with one axis more, of the bets."""
    level = np.broadcast_to(np.asarray(standard, dtype=np.float64), scores.shape)[..., None]
    size = np.array(side.bets) / ((1 - level) if side.sign > 0 else level)
    found: Floats = np.log1p(side.sign * size * (level - scores[..., None]))
    return found


@dataclass(frozen=True)
class Detector:
    """Detectors of many subjects side by side, as they stand after a look."""

    wealth: Floats  # subjects x bets: logarithm of the stake begun, summed over beginnings
    looks: Floats  # looks with scores since each began
    rest: Floats  # stake not begun

    @classmethod
    def of(cls, subjects: int, side: Side) -> "Detector":
        """Nothing seen yet."""
        return cls(np.full((subjects, len(side.bets)), -np.inf), np.zeros(subjects), np.ones(subjects))

    def after(self, gained: Floats, has_scores: Flags) -> "Detector":
        """After a look: `gained` is the sum of `gains` over its scores (subjects x bets). Nothing changes where there were none."""
        looks = self.looks + has_scores
        begun = np.where(has_scores, _FIRST_WEIGHT / np.maximum(looks, 1) ** 2, 0)
        with np.errstate(divide="ignore"):
            wealth = np.logaddexp(self.wealth, np.log(begun)[:, None]) + gained
        return Detector(np.where(has_scores[:, None], wealth, self.wealth), looks, np.maximum(self.rest - begun, 0))

    def begun_again(self, which: Flags) -> "Detector":
        """As if nothing had been seen of these subjects."""
        return replace(
            self,
            wealth=np.where(which[:, None], -np.inf, self.wealth),
            looks=np.where(which, 0, self.looks),
            rest=np.where(which, 1, self.rest),
        )

    @property
    def log_evidence(self) -> Floats:
        """The natural logarithm of the e-value of every subject."""
        with np.errstate(divide="ignore"):
            begun = np.logaddexp.reduce(self.wealth, axis=1) - math.log(self.wealth.shape[1])
            return np.asarray(np.logaddexp(begun, np.log(self.rest)))


def scores_to_reach(detector: Detector, level: Floats, gained: Floats, count: Floats) -> Floats:
    """How many more scores like the `count` behind `gained` (subjects x bets) take each detector to its `level`; nan where none do."""
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = gained / count[:, None]
        needed = (np.log(level * detector.wealth.shape[1])[:, None] - detector.wealth) / np.where(rate > 0, rate, np.nan)
    known = np.isfinite(needed).any(axis=1)
    least = np.nanmin(np.where(known[:, None], needed, 0), axis=1)
    return np.where(known, np.maximum(np.ceil(least), 1), np.nan)
