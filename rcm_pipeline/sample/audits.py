"""What an auditor makes of a chart: errors seen and missed, errors seen where none is, and what came of the coder's rebuttal."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rcm_pipeline.sample.charts import Chart
from rcm_pipeline.sample.miscoding import Error, Miscoding, Pair, compared
from rcm_pipeline.sample.world import Auditor

KEY = Auditor("KEY", sensitivity=1.0, false_rate=0.0)  # the known answer to a calibration chart
FIRST, SECOND, CALIBRATION, REAUDIT = "first", "second", "calibration", "reaudit"
RANDOM, RISK = "random", "risk"
_NONE, _UPHELD, _OVERTURNED, _OPEN = REBUTTALS = ("none", "upheld", "overturned", "open")
_OF_TRUE, _OF_FALSE = (86, 9, 1, 4), (10, 4, 80, 6)


@dataclass(frozen=True)
class Drawn:
    """How a chart came to be reviewed: a frame only where it is a first review or a re-audit."""

    kind: str
    stratum: str
    frame_count: int | None = None
    selection_rate: float | None = None


@dataclass(frozen=True)
class Finding:
    """An error an auditor reports; not planted where the code was right."""

    error: Error
    is_planted: bool
    rebuttal: str

    @property
    def stands(self) -> bool:
        """Not overturned."""
        return self.rebuttal != _OVERTURNED


@dataclass(frozen=True)
class Review:
    """One chart reviewed by one auditor."""

    review_id: str
    chart: Chart
    auditor_id: str
    day: date
    drawn: Drawn
    findings: tuple[Finding, ...]
    missed: tuple[Error, ...]

    @property
    def pairs(self) -> list[Pair]:
        """The coder's codes beside the auditor's, before any rebuttal."""
        return compared(self.chart.codes, [finding.error for finding in self.findings])

    @property
    def stated_counts(self) -> tuple[int, int, int]:
        """Codes of the coder, of the auditor, and those on which both agree, before any rebuttal."""
        return self._counted(self.findings)

    @property
    def counts(self) -> tuple[int, int, int]:
        """The same by the findings that stand."""
        return self._counted([finding for finding in self.findings if finding.stands])

    def _counted(self, findings: Sequence[Finding]) -> tuple[int, int, int]:
        """Of two codes in the wrong order one counts as wrong."""
        pairs = compared(self.chart.codes, [finding.error for finding in findings])
        swaps = sum(finding.error.error_code == "DX_SEQUENCE" for finding in findings)
        agreed = sum(pair.coded == pair.right for pair in pairs) + swaps
        return len(self.chart.codes), sum(pair.right is not None for pair in pairs), agreed

    @property
    def is_right(self) -> bool:
        """No finding stands."""
        return not any(finding.stands for finding in self.findings)


def audit(rng: random.Random, chart: Chart, auditor: Auditor, *, may_be_rebutted: bool) -> tuple[tuple[Finding, ...], tuple[Error, ...]]:
    """What the auditor reports, and the errors it misses."""
    seen = [rng.random() < auditor.sensitivity for _ in chart.errors]
    found = [error for error, is_seen in zip(chart.errors, seen, strict=True) if is_seen]
    missed = tuple(error for error, is_seen in zip(chart.errors, seen, strict=True) if not is_seen)
    findings = [Finding(error, True, _rebuttal(rng, _OF_TRUE, may_be_rebutted)) for error in found]
    findings += [Finding(error, False, _rebuttal(rng, _OF_FALSE, may_be_rebutted)) for error in _imagined(rng, chart, auditor)]
    return tuple(findings), missed


def _imagined(rng: random.Random, chart: Chart, auditor: Auditor) -> list[Error]:
    """Errors where none is, at codes that are right."""
    view = Miscoding(rng, chart.codes, chart.errors)
    for place in range(len(chart.codes)):
        if not view.is_changed(place) and rng.random() < auditor.false_rate:
            view.plant_any(place)
    return view.errors[len(chart.errors) :]


def _rebuttal(rng: random.Random, weights: tuple[int, ...], may_be: bool) -> str:
    return rng.choices(REBUTTALS, weights)[0] if may_be else _NONE
