"""The course of a claim from the day it is sent: who answers, what follows, and how it ends."""

from dataclasses import replace
from datetime import timedelta

from rcm_pipeline.sample.answers import corrected, decide, paid_after_all, reversal, uniform
from rcm_pipeline.sample.claim_courses import Answer, ClaimCourse, Recoupment, Touch, Version
from rcm_pipeline.sample.claims import Claim
from rcm_pipeline.sample.draws import Draws
from rcm_pipeline.sample.followups import follow_up
from rcm_pipeline.sample.mistakes import mangle, send_twice
from rcm_pipeline.sample.scenarios import AUTHORIZATION_SENT, COPAY, NO_AUTHORIZATION, PENDED
from rcm_pipeline.sample.secondary import bill_second_payer, cross_over
from rcm_pipeline.sample.sending import answer_week, draft, send, tell
from rcm_pipeline.sample.work import CALL

_NEVER_ANSWERED = 0.01
_CROSSED_OVER, _SECOND_PAYER = 0.025, 0.12  # of claims paid with a share left to the patient: about 1 % and 4 % of all
_TAKEN_BACK = 0.014
_BY_LETTER_EVERY = 140  # paid claims
_VOIDED_EVERY = 160  # paid claims
_EARLY_CALL_EVERY = 9  # denied claims
_AUTHORIZED = 0.1


def draw_life(draws: Draws, claim: Claim, week: int) -> ClaimCourse:
    """Everything that will happen to a claim of a week."""
    course = ClaimCourse(claim)
    version = send(draws, course, draft(draws, claim, week))
    if draws.rng.random() > _NEVER_ANSWERED:
        first = _first_decision(draws, course, version)
        if first.is_denied:
            call_early(draws, course, version, first)
            follow_up(draws, course, version, first)
        elif all(s.disposition in ("paid", "paid_patient_resp") for s in first.outcomes):
            _after_payment(draws, course, version, first)
    _authorize(draws, course)
    return numbered(course)


def _first_decision(draws: Draws, course: ClaimCourse, version: Version) -> Answer:
    first = decide(draws, version, answer_week(draws, version, course.claim.lag_weeks))
    course.answers.append(first)
    tell(draws, version, first.icn)
    mangle(draws, version, first)
    if first.scenarios[0] is PENDED:
        first = decide(draws, version, first.week + draws.rng.randint(2, 4), may_pend=False)
        first.follows_pend = True
        course.answers.append(first)
    return first


def _after_payment(draws: Draws, course: ClaimCourse, version: Version, first: Answer) -> None:
    """A paid claim may be sent twice, go to a second payer, or be taken back; mostly it rests."""
    if send_twice(draws, course, version, first):
        return
    if first.patient_share and draws.rng.random() < _CROSSED_OVER:
        cross_over(draws, course, first)
    elif first.patient_share and draws.rng.random() < _SECOND_PAYER:
        bill_second_payer(draws, course, version, first)
    elif first.paid and draws.rng.random() < _TAKEN_BACK:
        take_back(draws, course, version, first)
    elif first.paid and draws.is_due("letter", _BY_LETTER_EVERY):
        recoup(draws, course, first)
    elif first.paid and draws.is_due("void", _VOIDED_EVERY):
        void(draws, course, version, first)


def _authorize(draws: Draws, course: ClaimCourse) -> None:
    """Some claims carry an authorization number; none of those denied for want of one, but where that is the payer's error."""
    scenarios = {scenario for answer in course.answers for scenario in answer.scenarios}
    if any(scenario.root_cause == "authorization" for scenario in scenarios):
        return
    if AUTHORIZATION_SENT in scenarios or draws.rng.random() < _AUTHORIZED:
        course.claim.authorization = f"A{draws.rng.randrange(10**7):07d}"


def numbered(course: ClaimCourse) -> ClaimCourse:
    """Number the answers as they come in, and mark the first decision of each payer sequence."""
    course.answers.sort(key=lambda answer: answer.week)
    decided: set[str] = set()
    for number, answer in enumerate(course.answers, start=1):
        answer.number = number
        if not answer.is_reversal and answer.scenarios[0] is not PENDED and answer.sequence not in decided:
            answer.is_first = True
            decided.add(answer.sequence)
    return course


def void(draws: Draws, course: ClaimCourse, version: Version, paid: Answer) -> None:
    """We bill by mistake, and void it two weeks after it was paid (frequency 8); the payer takes its money back, and owes nothing."""
    week = paid.week + 2
    sent = replace(version, number=len(course.versions) + 1, week=week, sent=draws.sent_day(week), frequency="8")
    sent.original_icn, sent.told_icn = paid.icn, ""
    if (week, version.claim.is_institutional) in draws.rejected_batches:
        return
    course.versions.append(sent)
    with draws.aside():
        taken = reversal(draws, paid, week + 2)
    taken.version, taken.frequency = sent.number, "8"
    course.answers.append(taken)


def call_early(draws: Draws, course: ClaimCourse, version: Version, denial: Answer) -> None:
    """Some claims are asked about before they are decided: work, but not on the denial that comes."""
    day = denial.day - timedelta(days=2)
    if draws.is_due("early call", _EARLY_CALL_EVERY) and (day - version.sent).days > 10:
        course.touches.append(Touch(course.claim.account, day, "B01", "biller", CALL, 6))


# What follows a reversal: a correction beside it, one in a later week, none, a second reversal, or a delayed recovery
_KINDS = ("same", "later", "chain", "never", "delayed", "same", "later", "same")


def take_back(draws: Draws, course: ClaimCourse, version: Version, paid: Answer) -> None:
    """Reverse a paid answer three to six weeks later."""
    kind, week = draws.turn("takeback", _KINDS), paid.week + draws.rng.randint(3, 6)
    taken = reversal(draws, paid, week)
    course.answers.append(taken)
    if kind == "never":
        return
    is_denied = kind != "chain" and draws.rng.random() < 0.35
    correction_week = week + (draws.rng.randint(1, 3) if kind == "later" else 0)
    correction = uniform(draws, version, correction_week, NO_AUTHORIZATION if is_denied else COPAY)
    taken.corrected_by = correction
    course.answers.append(correction)
    if kind == "chain":
        course.answers += corrected(draws, correction, version, week + draws.rng.randint(2, 4), paid_after_all)
    if kind == "delayed":
        course.recoupments += _delayed(draws, taken)


def _delayed(draws: Draws, taken: Answer) -> list[Recoupment]:
    """The payer leaves the money for now, and takes it a week or two later."""
    amount, claim = -taken.paid, taken.claim
    later = taken.week + draws.rng.randint(1, 2)
    return [
        Recoupment(taken.payer, week, "WO", cents, taken.icn, claim.account) for week, cents in ((taken.week, -amount), (later, amount))
    ]


def recoup(draws: Draws, course: ClaimCourse, paid: Answer) -> None:
    """By letter: the money, or half of it, is taken from a later payment, and no claim is reversed."""
    amount = paid.paid if draws.rng.random() < 0.5 else paid.paid // 2
    week = paid.week + draws.rng.randint(4, 8)
    course.recoupments.append(Recoupment(paid.payer, week, "WO", amount, paid.icn, paid.claim.account))
