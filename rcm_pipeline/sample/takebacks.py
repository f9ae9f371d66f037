"""Money taken back from a paid claim: by reversal, with a correction or without one, or by letter alone."""

from rcm_pipeline.sample.answers import corrected, paid_after_all, reversal, uniform
from rcm_pipeline.sample.claim_courses import Answer, ClaimCourse, Recoupment, Version
from rcm_pipeline.sample.draws import Draws
from rcm_pipeline.sample.scenarios import COPAY, NO_AUTHORIZATION

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
