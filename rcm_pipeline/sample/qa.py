"""The coding QA of one client: charts as they are coded, reviews, feedback, and the truth of each."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from rcm_pipeline.sample.audits import Review
from rcm_pipeline.sample.charts import Chart, coding_denial, draw_chart, education_day
from rcm_pipeline.sample.claim_courses import Answer, ClaimCourse
from rcm_pipeline.sample.draws import Draws
from rcm_pipeline.sample.feedback import EDUCATION, Feedback
from rcm_pipeline.sample.logs import Logs
from rcm_pipeline.sample.metrics_truth import Metrics
from rcm_pipeline.sample.miscoding import Error
from rcm_pipeline.sample.reviewing import Reviewing
from rcm_pipeline.sample.sheets import written
from rcm_pipeline.sample.truth import Truth
from rcm_pipeline.sample.world import Coder

_WEAK = 0.95  # of codes
_STANDARD, _NEAR = 0.95, 0.005  # of charts without an error; what is as near to it is at the standard
_Row = tuple[object, ...]


@dataclass
class _Charts:
    """What a coder coded: charts, those without an error, and the chances planted for that."""

    count: int = 0
    right: int = 0
    chance: float = 0.0


class Qa:
    """Collects the charts of a week and reviews them at its end."""

    def __init__(self, draws: Draws, logs: Logs, truth: Truth, metrics: Metrics) -> None:
        self._draws, self._logs, self._truth, self._metrics = draws, logs, truth, metrics
        self._reviewing, self._feedback = Reviewing(draws), Feedback(draws)
        self._coded: list[Chart] = []
        self._denied: list[Chart] = []
        self._coders = {coder.coder_id: (coder, _Charts()) for coder in (*draws.client.coders, *draws.client.newcomers)}

    def code(self, course: ClaimCourse, coded: date) -> None:
        """A chart was coded."""
        chart = draw_chart(self._draws, course)
        self._coded.append(chart)
        self._truth.add("charts", [_chart_row(chart, coded)])
        charts = self._coders[chart.claim.coder.coder_id][1]
        charts.count += 1
        charts.right += chart.is_right
        charts.chance += round(chart.right_chance, 4)

    def hear(self, course: ClaimCourse, answer: Answer) -> None:
        """A payer answered: a chart denied for coding may be chosen for that."""
        if course.is_ours and coding_denial(course) is answer:
            self._denied.append(draw_chart(self._draws, course))

    def end(self, week: int) -> None:
        """Review a week; before the first one nobody does."""
        for review in self._reviewing.week(week, self._coded, self._denied) if week >= 0 else ():
            self._logs.review(review)
            self._metrics.add_review(review)
            self._truth.add("reviews", [_review_row(review)])
            self._truth.add("findings", _finding_rows(review))
            for action in self._feedback.on(review):
                self._logs.act(action)
        self._coded, self._denied = [], []

    def close(self) -> None:
        """Note how accurate each coder is by chart."""
        self._truth.add("coders", [_coder_row(coder, charts) for coder, charts in self._coders.values()])

    def planted(self) -> dict[str, Any]:
        """What was planted in coders and auditors."""
        client, day = self._draws.client, str(education_day(self._draws))
        coders = [coder for coder, _ in self._coders.values()]
        habits = [(coder.coder_id, coder.habit) for coder in coders if coder.habit]
        return {
            "coders": {coder.coder_id: coder.accuracy for coder in coders},
            "weak": [coder.coder_id for coder in coders if coder.accuracy < _WEAK],
            "newcomers": [coder.coder_id for coder in client.newcomers],
            "habits": [{"coder_id": coder, "error_code": habit.error_code, "rate": habit.rate} for coder, habit in habits],
            "feedback": [
                {"coder_id": coder, "error_code": habit.error_code, "action": EDUCATION, "date": day, "effect": habit.after}
                for coder, habit in habits
                if habit.after
            ],
            "auditors": {a.auditor_id: {"sensitivity": a.sensitivity, "false_rate": a.false_rate} for a in client.auditors},
        }


def _chart_row(chart: Chart, coded: date) -> _Row:
    claim = chart.claim
    wrong = len(chart.errors)
    facts = (claim.account, claim.coder.coder_id, claim.coder.specialty, coded, len(chart.codes))
    return (*facts, wrong, chart.is_right, round(chart.right_chance, 4), chart.is_denied)


def _review_row(review: Review) -> _Row:
    chart, drawn = review.chart, review.drawn
    facts = (review.review_id, chart.claim.account, drawn.kind, drawn.stratum, chart.claim.coder.coder_id, review.auditor_id, review.day)
    return (*facts, drawn.frame_count, drawn.selection_rate, *review.counts, review.is_right, chart.is_right)


def _finding_rows(review: Review) -> list[_Row]:
    """Errors found and errors missed."""
    found = [(f.error, (f.is_planted, True, f.rebuttal)) for f in review.findings]
    return [_finding_row(review, error, judged) for error, judged in [*found, *((error, (True, False, None)) for error in review.missed)]]


def _finding_row(review: Review, error: Error, judged: tuple[bool, bool, str | None]) -> _Row:
    claim, pair = review.chart.claim, error.pair(review.chart.codes)
    names = [name or None for name in written((pair.coded, pair.right), with_modifier=error.error_code.startswith("MOD"))]
    facts = (review.review_id, claim.account, review.drawn.kind, claim.coder.coder_id, review.auditor_id, error.error_code)
    return (*facts, *names, pair.difference, *judged)


def _coder_row(coder: Coder, charts: _Charts) -> _Row:
    """The chance of a chart without an error is the mean of those planted for its charts; null where there are none."""
    chance = charts.chance / charts.count if charts.count else None
    standing = None
    if chance is not None:
        standing = "at" if abs(chance - _STANDARD) <= _NEAR else "below" if chance < _STANDARD else "above"
    return (coder.coder_id, coder.specialty, coder.accuracy, charts.count, charts.right, chance, standing)
