"""What is done about a denial, and what comes of it: a corrected claim, an appeal, records, a call, a write-off, or nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from rcm_pipeline.sample.answers import corrected, denied_again, denied_otherwise, paid_after_all
from rcm_pipeline.sample.claim_courses import Answer, ClaimCourse, Touch, Version
from rcm_pipeline.sample.draws import Draws
from rcm_pipeline.sample.scenarios import STAY_NOT_NEEDED
from rcm_pipeline.sample.sending import answer_week, draft, send, tell
from rcm_pipeline.sample.work import APPEAL, CALL, PEER_TO_PEER, RECORDS, WRITE_OFF, logged, rework_activity
from rcm_pipeline.sample.world import INPATIENT, OUTPATIENT

# In this order: corrected claim, appeal, records, peer to peer, written off, the payer by itself, a call only, nothing
_USUAL = (42, 6, 0, 0, 12, 3, 7, 30)
_WAYS_OF_CAUSE = {
    "documentation": (8, 10, 42, 0, 10, 2, 6, 22),
    "medical_necessity": (8, 28, 8, 18, 10, 2, 6, 20),
    "authorization": (0, 32, 0, 14, 14, 5, 9, 26),
    "timely_filing": (0, 25, 0, 0, 30, 0, 0, 45),
    "duplicate": (0, 0, 0, 0, 30, 0, 30, 40),
    "noncovered_benefit": (0, 10, 0, 0, 35, 0, 5, 50),
    "unspecified": (0, 20, 0, 0, 5, 5, 30, 40),
}
_PARTLY = (12, 12, 0, 4, 8, 3, 26, 35)


@dataclass(frozen=True)
class _Case:
    """An initial denial, and the version it answers."""

    draws: Draws
    course: ClaimCourse
    version: Version
    denial: Answer

    def log(self, activity: str, most_days: int) -> Touch:
        """Log an activity within so many days after the denial."""
        day = self.draws.remitted_day(self.denial.week) + timedelta(days=self.draws.rng.randrange(1, most_days))
        self.course.touches.append(logged(self.draws, self.denial, day, activity))
        return self.course.touches[-1]

    def later(self, touch: Touch, least: int, most: int) -> int:
        """A week so many weeks after a touch."""
        return self.draws.week_of(touch.day) + self.draws.rng.randint(least, most)


def follow_up(draws: Draws, course: ClaimCourse, version: Version, denial: Answer) -> None:
    """Draw one way for an initial denial."""
    case = _Case(draws, course, version, denial)
    if _is_stay(case) and draws.rng.random() < 0.7:
        _downgrade(case)
        return
    cause = next(s.root_cause or "" for s in denial.scenarios if s.root_cause)
    weights = _WAYS_OF_CAUSE.get(cause, _USUAL) if denial.is_denied_whole else _PARTLY
    draws.rng.choices(_WAYS, weights)[0](case)


def _is_stay(case: _Case) -> bool:
    is_inpatient = case.course.claim.is_institutional and case.version.place == INPATIENT
    return is_inpatient and case.denial.scenarios[0] is STAY_NOT_NEEDED


def _resend(case: _Case, place: str) -> tuple[Version, int]:
    """A replacement claim one to three weeks after the denial, and the week of its answer."""
    draws, denial = case.draws, case.denial
    weeks = draws.rng.randint(1, 3)
    case.log(rework_activity(denial), 7 * weeks + 1)
    version = draft(draws, case.course.claim, denial.week + weeks, frequency="7")
    version.place, version.original_icn = place, denial.icn
    sent = send(draws, case.course, version)
    return sent, answer_week(draws, sent, draws.rng.randint(2, 4))


def _downgrade(case: _Case) -> None:
    """A denied stay is billed again as an outpatient visit, and paid."""
    sent, week = _resend(case, OUTPATIENT)
    case.course.answers.append(paid_after_all(case.draws, sent, week))
    tell(case.draws, sent, case.course.answers[-1].icn)


def _correct(case: _Case) -> None:
    sent, week = _resend(case, case.version.place)
    outcome = case.draws.rng.random()
    if not case.denial.is_denied_whole:
        case.course.answers += corrected(case.draws, case.denial, sent, week, paid_after_all)
    elif outcome < 0.7:
        case.course.answers.append(paid_after_all(case.draws, sent, week))
    elif outcome < 0.87:
        _deny_again(case, sent, week)
    else:
        case.course.answers.append(denied_otherwise(case.draws, sent, week, case.denial))
    tell(case.draws, sent, case.course.answers[-1].icn)


def _deny_again(case: _Case, version: Version, week: int) -> None:
    case.course.answers.append(denied_again(case.draws, version, week, case.denial))
    if case.draws.rng.random() < 0.4:
        _give_up(case, week)


def _give_up(case: _Case, week: int) -> None:
    """Write off after an answer of this week."""
    day = case.draws.remitted_day(week) + timedelta(days=case.draws.rng.randrange(1, 20))
    case.course.touches.append(logged(case.draws, case.denial, day, WRITE_OFF))


def _appeal(case: _Case) -> None:
    week, outcome = case.later(case.log(APPEAL, 20), 3, 6), case.draws.rng.random()
    if outcome < 0.5:
        case.course.answers += corrected(case.draws, case.denial, case.version, week, paid_after_all)
    elif outcome < 0.7 and case.denial.is_denied_whole:
        _deny_again(case, case.version, week)
    elif outcome < 0.85:
        _give_up(case, week)


def _send_records(case: _Case) -> None:
    week, outcome = case.later(case.log(RECORDS, 14), 2, 5), case.draws.rng.random()
    if outcome < 0.7:
        case.course.answers.append(paid_after_all(case.draws, case.version, week))
    elif outcome < 0.82:
        _deny_again(case, case.version, week)


def _call_a_peer(case: _Case) -> None:
    week = case.later(case.log(PEER_TO_PEER, 10), 1, 3)
    if case.draws.turn("peer agrees", (True, False, True)):
        case.course.answers += corrected(case.draws, case.denial, case.version, week, paid_after_all)


def _write_off(case: _Case) -> None:
    case.log(WRITE_OFF, 30)


def _wait_for_payer(case: _Case) -> None:
    """The payer sees its own mistake."""
    week = case.denial.week + case.draws.rng.randint(2, 6)
    case.course.answers += corrected(case.draws, case.denial, case.version, week, paid_after_all)


def _only_call(case: _Case) -> None:
    first = case.log(CALL, 16)
    if case.draws.rng.random() < 0.25:
        day = first.day + timedelta(days=case.draws.rng.randrange(3, 12))
        case.course.touches.append(logged(case.draws, case.denial, day, CALL))


def _do_nothing(_: _Case) -> None:
    """Most denials nobody touches."""


_WAYS: tuple[Callable[[_Case], None], ...] = (
    _correct,
    _appeal,
    _send_records,
    _call_a_peer,
    _write_off,
    _wait_for_payer,
    _only_call,
    _do_nothing,
)
