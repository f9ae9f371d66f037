"""What is done about a finding: the coder acknowledges it, and some are followed by education, a query or a guideline."""

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta

from rcm_pipeline.sample.audits import FIRST, REAUDIT, Review
from rcm_pipeline.sample.charts import education_day
from rcm_pipeline.sample.draws import Draws
from rcm_pipeline.sample.miscoding import Error

EDUCATION, _QUERY, _GUIDELINE = "education", "query", "guideline"
_ACKNOWLEDGED, _ACTED_ON = 0.9, 0.4


@dataclass(frozen=True)
class Action:
    """A step of feedback on one finding; no days where it is not acknowledged, or nothing is done."""

    review: Review
    error: Error
    acknowledged: date | None
    action: str = ""
    acted: date | None = None
    staff: str = ""

    def by(self, day: date) -> "Action":
        """As it is known on a day."""
        acknowledged = self.acknowledged if self.acknowledged and self.acknowledged <= day else None
        if self.acted and self.acted <= day:
            return replace(self, acknowledged=acknowledged)
        return Action(self.review, self.error, acknowledged)


class Feedback:
    """Answers findings of first reviews and re-audits that stand."""

    def __init__(self, draws: Draws) -> None:
        self._draws, self._rng = draws, draws.stream("feedback")

    def on(self, review: Review) -> list[Action]:
        """One step for every finding."""
        if review.drawn.kind not in (FIRST, REAUDIT):
            return []
        return [self._step(review, finding.error) for finding in review.findings if finding.stands]

    def _step(self, review: Review, error: Error) -> Action:
        rng, habit = self._rng, review.chart.claim.coder.habit
        informed, is_told = review.day + timedelta(days=rng.randrange(2, 11)), rng.random() < _ACKNOWLEDGED
        acted, is_acted = informed + timedelta(days=rng.randrange(5, 21)), rng.random() < _ACTED_ON
        staff, action = f"Q{rng.randrange(1, 4):02d}", _action(rng, error)
        if habit is not None and habit.after and habit.error_code == error.error_code:
            action, is_told = EDUCATION, True
            informed, acted, is_acted = self._educated(review.day, informed)
        if is_told and is_acted:
            return Action(review, error, informed, action, acted, staff)
        return Action(review, error, informed if is_told else None)

    def _educated(self, reviewed: date, informed: date) -> tuple[date, date, bool]:
        """Findings of a habit until the day of education are acknowledged by then and lead to it; later ones lead to nothing."""
        day = education_day(self._draws)
        return (min(informed, day), day, True) if reviewed < day else (informed, day, False)


def _action(rng: random.Random, error: Error) -> str:
    others = (_QUERY, EDUCATION) if error.error_code.startswith("DX") else (_GUIDELINE, EDUCATION)
    return rng.choice(others)
