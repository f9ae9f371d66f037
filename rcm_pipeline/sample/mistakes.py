"""What goes wrong at the payer or with us: account numbers mangled, claims sent twice, answers to claims that are not ours."""

from rcm_pipeline.sample.answers import answer, uniform
from rcm_pipeline.sample.claim_courses import Answer, ClaimCourse, Version
from rcm_pipeline.sample.claims import draw_claim
from rcm_pipeline.sample.draws import Draws
from rcm_pipeline.sample.scenarios import CONTRACT, COPAY, PAID, SENT_TWICE, Scenario
from rcm_pipeline.sample.sending import answer_week, draft, send

_MANGLED_EVERY = 150  # first answers
_TWICE_EVERY = 170  # paid claims
_STRANGER_EVERY = 5  # weeks


def mangle(draws: Draws, version: Version, first: Answer) -> None:
    """Let the payer miswrite the account number of a few first answers.

    In turn: the line numbers are still right; only the payer's own claim number, told in the 277CA, leads back; or only
    member, dates, codes and charges do.
    """
    if not draws.is_due("mangled", _MANGLED_EVERY):
        return
    account, kind = first.claim.account, draws.turn("mangled kind", ("lines", "payer number", "service"))
    first.written_account = draws.turn("mangled form", (account[:-1], account[2:], account + "X", account[:2] + account[2:].lstrip("0")))
    first.has_line_numbers = kind == "lines"
    version.told_icn = first.icn if kind == "payer number" else ""


def send_twice(draws: Draws, course: ClaimCourse, version: Version, first: Answer) -> bool:
    """Send a few paid claims again as if new, a week or two after the first; the payer denies the second as a duplicate.

    Where the second goes out before the first is answered, both 277CAs tell the payer's claim numbers: nothing else does.
    """
    if course.claim.lag_weeks != 2 or first.follows_pend or not draws.is_due("twice", _TWICE_EVERY):
        return False
    weeks = draws.turn("twice after", (1, 2))
    second = send(draws, course, draft(draws, course.claim, version.week + weeks))
    usual = max(answer_week(draws, second, draws.rng.randint(2, 3)), first.week + 1)
    is_same_day = weeks == 1 and draws.turn("twice answered", (False, True))  # both in one payment, in either order
    week = first.week if is_same_day else usual
    duplicate = uniform(draws, second, week, SENT_TWICE)
    if weeks == 1:
        version.told_icn, second.told_icn = first.icn, duplicate.icn
    course.answers.append(duplicate)
    return True


def stranger(draws: Draws, week: int) -> ClaimCourse | None:
    """Every few weeks an answer to a claim that another system sent: no 837 of ours exists."""
    if not draws.is_due("stranger", _STRANGER_EVERY):
        return None
    account = f"{draws.client.account_prefix}X{draws.next_number('stranger'):06d}"
    claim = draw_claim(draws.rng, draws.client, draws.monday(week - 3), account)
    course = ClaimCourse(claim, is_ours=False)
    outcome: Scenario = draws.turn("stranger kind", (CONTRACT, COPAY, PAID[3]))
    made = answer(draws, draft(draws, claim, week - 3), week, [outcome] * len(claim.lines))
    made.version = None
    course.answers.append(made)
    return course
