"""The truth of every coded chart: who coded it, which of its codes are wrong, and how likely it was that none is."""

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta

from rcm_pipeline.sample.claim_courses import PRIMARY, Answer, ClaimCourse
from rcm_pipeline.sample.claims import Claim
from rcm_pipeline.sample.draws import Draws
from rcm_pipeline.sample.miscoding import DIAGNOSIS, PROCEDURE, Code, Error, Miscoding, codes_of
from rcm_pipeline.sample.world import NEWCOMER_WEEKS, Coder, Habit

_MISCODED_SHARE = 0.55  # of charts denied for coding, beyond what is wrong anyway
_OF_DENIAL = {"16": "MOD_MISSING", "4": "MOD_WRONG", "11": "DX_WRONG", "97": "PX_UNSUPPORTED", "151": "UNITS"}
_HANDED_OVER = 0.4
_EDUCATION_PART, _RELAPSE_PART = 0.4, 0.75  # of all weeks, when education comes and when a habit comes back
_OVERLOOKED = (PROCEDURE, DIAGNOSIS)


@dataclass(frozen=True, slots=True)
class Chart:
    """A coded encounter; `right_chance` is the chance planted for it that no code is wrong."""

    claim: Claim
    codes: tuple[Code, ...]
    errors: tuple[Error, ...]
    right_chance: float
    is_denied: bool

    @property
    def is_right(self) -> bool:
        """No code is wrong and none was overlooked."""
        return not self.errors


def coding_denial(course: ClaimCourse) -> Answer | None:
    """The first decision of the first payer, if it denied a line for coding."""
    first = next((a for a in course.answers if a.is_first and a.sequence == PRIMARY), None)
    return first if first is not None and any(s.root_cause == "coding" for s in first.outcomes) else None


def hand_over(draws: Draws, claim: Claim, week: int) -> None:
    """In the last weeks a newcomer codes some charts of the specialty."""
    for coder in draws.client.newcomers:
        is_there = week >= draws.weeks - NEWCOMER_WEEKS and claim.coder.specialty == coder.specialty
        if is_there and draws.stream(f"newcomer {claim.account}").random() < _HANDED_OVER:
            claim.coder = coder


def draw_chart(draws: Draws, course: ClaimCourse) -> Chart:
    """The chart of a claim: the same however often it is asked for, and whatever else is drawn."""
    claim, rng = course.claim, draws.stream(f"chart {course.claim.account}")
    miscoding, denial = Miscoding(rng, codes_of(claim)), coding_denial(course)
    chance = _by_habit(draws, claim, rng, miscoding) * _by_chance(claim.coder, rng, miscoding)
    if denial is not None:
        chance *= 1 - _MISCODED_SHARE
        if rng.random() < _MISCODED_SHARE and not miscoding.errors:
            _as_denied(denial, miscoding)
    return Chart(claim, miscoding.codes, tuple(miscoding.errors), chance, denial is not None)


def education_day(draws: Draws) -> date:
    """The day coders were educated about their habits: a Wednesday."""
    return draws.monday(int(draws.weeks * _EDUCATION_PART)) + timedelta(days=2)


def habit_of(draws: Draws, coder: Coder, service: date) -> Habit | None:
    """The habit as it is on a day: education stops some for good, some for a while, and some not at all."""
    habit, begun = coder.habit, education_day(draws)
    if habit is None or not habit.after or service < begun:
        return habit
    is_back = habit.after == "came_back" and service >= draws.monday(int(draws.weeks * _RELAPSE_PART))
    return habit if is_back else replace(habit, rate=0.0)


def _by_habit(draws: Draws, claim: Claim, rng: random.Random, miscoding: Miscoding) -> float:
    habit, chance = habit_of(draws, claim.coder, claim.service), 1.0
    for place in range(len(miscoding.codes)) if habit else ():
        if habit and habit.rate and miscoding.fits(habit.error_code, place):
            chance *= 1 - habit.rate
            if rng.random() < habit.rate:
                miscoding.plant(habit.error_code, place)
    return chance


def _by_chance(coder: Coder, rng: random.Random, miscoding: Miscoding) -> float:
    """Every code is right with the accuracy of the coder; half as many are overlooked, of procedures and of diagnoses."""
    wrong, chance = 1 - coder.accuracy, 1.0
    for place in range(len(miscoding.codes)):
        chance *= coder.accuracy
        if rng.random() < wrong:
            miscoding.plant_any(place)
    for kind in _OVERLOOKED:
        chance *= 1 - wrong / 2
        if rng.random() < wrong / 2:
            miscoding.overlook(kind)
    return chance


def _as_denied(denial: Answer, miscoding: Miscoding) -> None:
    """The error the payer saw, or another on the denied line where the codes leave no room for it."""
    line = next(place for place, s in enumerate(denial.scenarios) if s.root_cause == "coding")
    kind = _OF_DENIAL[denial.scenarios[line].carc]
    place = next(p for p, code in enumerate(miscoding.codes) if code.kind == DIAGNOSIS) if kind.startswith("DX") else line
    if not miscoding.plant(kind, place):
        miscoding.plant_any(line)
