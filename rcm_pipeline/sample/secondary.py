"""The second payer of a claim: one we bill with what the first one paid, or one the first payer forwards the claim to."""

from rcm_pipeline.sample.claim_courses import SECONDARY, Amounts, Answer, ClaimCourse, Version
from rcm_pipeline.sample.draws import Draws
from rcm_pipeline.sample.scenarios import ALL_PAID_BEFORE, SECOND_DENIED, SHARE_LEFT, SHARE_PAID, Scenario
from rcm_pipeline.sample.sending import answer_week, draft, send, tell
from rcm_pipeline.sample.world import CAPITATED_PAYER, PAYERS, Payer

_OUTCOMES, _WEIGHTS = (SHARE_PAID, SHARE_LEFT, ALL_PAID_BEFORE, SECOND_DENIED), (62, 12, 16, 10)


def bill_second_payer(draws: Draws, course: ClaimCourse, version: Version, first: Answer) -> None:
    """Send the claim to another payer in the week the first one paid; answered two to four weeks later."""
    payer = _other_payer(draws, first.payer)
    second = draft(draws, course.claim, first.week + draws.rng.randrange(2))
    second.payer, second.sequence, second.place, second.prior = payer, SECONDARY, version.place, first
    sent = send(draws, course, second)
    answer = _second_answer(draws, payer, first, answer_week(draws, sent, draws.rng.randint(2, 4)))
    answer.version = sent.number
    tell(draws, sent, answer.icn)
    course.answers.append(answer)


def cross_over(draws: Draws, course: ClaimCourse, first: Answer) -> None:
    """The first payer forwards the claim: its answer says so, and a payer we sent nothing answers."""
    first.crossover = _other_payer(draws, first.payer)
    first.status = "19"
    course.answers.append(_second_answer(draws, first.crossover, first, first.week + draws.rng.randint(1, 3)))


def _other_payer(draws: Draws, first: Payer) -> Payer:
    return draws.rng.choice([payer for payer in PAYERS if payer is not first and payer.payer_id != CAPITATED_PAYER])


def _second_answer(draws: Draws, payer: Payer, first: Answer, week: int) -> Answer:
    outcome = draws.rng.choices(_OUTCOMES, _WEIGHTS)[0]
    shares = [sum(amount for group, _, amount in line if group == "PR") for line in first.adjustments]
    lines = first.claim.lines
    scenarios = [_of_line(outcome, share) for share in shares]
    adjustments: Amounts = []
    for scenario, share, line in zip(scenarios, shares, lines, strict=True):
        parts = {"all": line.charge, "prior": line.charge - share, "share": share}
        adjustments.append([(group, carc, parts[part]) for group, carc, part in scenario.adjustments if parts[part]])
    day, icn = draws.remitted_day(week), draws.icn(payer)
    return Answer(first.claim, payer, week, day, scenarios, adjustments, "2", icn, place=first.place, sequence=SECONDARY)


def _of_line(outcome: Scenario, share: int) -> Scenario:
    """A line of which nothing is left was paid before."""
    return outcome if share or outcome is SECOND_DENIED else ALL_PAID_BEFORE
