"""Draw claims and what becomes of them: lines, charges, answers, reversals, corrections."""

import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from rcm_pipeline.sample.scenarios import CAPITATED, DENIALS, NOT_DECIDED, PAID, PARTIAL, SUSPECTED, Scenario
from rcm_pipeline.sample.world import (
    CAPITATED_PAYER,
    DENIAL_LEVEL,
    DIAGNOSES,
    FORENAMES,
    PAYERS,
    PROCEDURES,
    REVENUE_CODES,
    SPIKE_CAUSE,
    SPIKE_FACTOR,
    SPIKE_PAYER,
    SPIKE_WEEKS,
    SURNAMES,
    Client,
    Coder,
    Payer,
)


@dataclass(slots=True)
class Line:
    """A service line; charge in cents."""

    code: str
    modifier: str
    revenue_code: str
    charge: int
    units: int
    contract: int


@dataclass(slots=True)
class Claim:
    """A claim as sent."""

    account: str
    member: str
    patient: tuple[str, str]
    birth: str
    payer: Payer
    coder: Coder
    service: date
    submitted: date
    is_institutional: bool
    diagnoses: tuple[str, ...]
    lines: list[Line]
    first_week: int

    @property
    def charge(self) -> int:
        """Total charge in cents."""
        return sum(line.charge for line in self.lines)


@dataclass(slots=True)
class Answer:
    """One claim payment: its scenario per line, its status, and whether its amounts are negated."""

    claim: Claim
    week: int
    scenarios: list[Scenario]
    status: str
    number: int = 1
    is_reversal: bool = False
    follows_pend: bool = False
    adjustments: list[list[tuple[str, str, int]]] = field(default_factory=list)

    @property
    def is_claim_level(self) -> bool:
        """All adjustments stand at claim level."""
        return self.scenarios[0].level == "claim"


def draw_claim(rng: random.Random, client: Client, week: int, monday: date, number: int) -> Claim:
    """A claim with its date of service in the given week."""
    payer = rng.choices(PAYERS, (24, 20, 18, 16, 12, 10))[0]
    is_institutional = rng.random() < client.institutional_share
    lines = [_draw_line(rng, is_institutional) for _ in range(rng.choices((1, 2, 3, 4), (40, 35, 18, 7))[0])]
    if rng.random() < 0.01:
        lines.append(replace(lines[-1], charge=0, contract=0))
    service = monday + timedelta(days=rng.randrange(5))
    person = rng.randrange(10**6)
    return Claim(
        account=f"{client.account_prefix}{number:08d}",
        member=f"W{person:09d}",
        patient=(SURNAMES[person % 10], FORENAMES[person // 10 % 10]),
        birth=f"{1935 + person % 75}{1 + person % 12:02d}{1 + person % 28:02d}",
        payer=payer,
        coder=rng.choice(client.coders),
        service=service,
        submitted=service + timedelta(days=rng.randrange(1, 5)),
        is_institutional=is_institutional,
        diagnoses=tuple(rng.sample(DIAGNOSES, rng.randrange(1, 4))),
        lines=lines,
        first_week=week + rng.randint(*payer.lag_weeks),
    )


def _draw_line(rng: random.Random, is_institutional: bool) -> Line:
    code, price = rng.choice(PROCEDURES)
    units = rng.choices((1, 2, 3), (85, 10, 5))[0]
    charge = units * (price + rng.randrange(-200, 200) // 5 * 5)
    return Line(
        code,
        rng.choices(("", "25", "59", "RT"), (70, 12, 10, 8))[0],
        rng.choice(REVENUE_CODES) if is_institutional else "",
        charge,
        units,
        charge * rng.randrange(35, 55) // 100,
    )


def draw_answers(rng: random.Random, claim: Claim, last_week: int) -> list[Answer]:
    """Every answer to a claim in order: a decision, and what may follow it weeks later."""
    first = _decide(rng, claim, claim.first_week, last_week)
    answers = [first]
    scenario = first.scenarios[0]
    if scenario.name == "pended":
        final = _decide(rng, claim, first.week + rng.randint(2, 4), last_week, may_pend=False)
        final.follows_pend = True
        answers.append(final)
    elif scenario.disposition == "denied_full" and scenario.is_whole_claim and rng.random() < 0.3:
        answers.append(_uniform(rng, claim, first.week + rng.randint(3, 7), PAID[0]))
    elif scenario.disposition == "paid" and rng.random() < 0.012:
        week = first.week + rng.randint(3, 6)
        answers.append(Answer(claim, week, first.scenarios, "22", is_reversal=True, adjustments=_negated(first.adjustments)))
        corrected = DENIALS[11] if rng.random() < 0.5 else PAID[1]
        answers.append(_uniform(rng, claim, week, corrected))
    for number, answer in enumerate(answers, start=1):
        answer.number = number
    return answers


def _decide(rng: random.Random, claim: Claim, week: int, last_week: int, *, may_pend: bool = True) -> Answer:
    options = _options(claim, week, last_week, may_pend)
    weights = [weight for _, weight in options]
    scenarios = [rng.choices([s for s, _ in options], weights)[0] for _ in claim.lines]
    whole = next((s for s in scenarios if s.is_whole_claim), None)
    if whole:
        scenarios = [whole] * len(claim.lines)
    return _answer(rng, claim, week, scenarios)


def _uniform(rng: random.Random, claim: Claim, week: int, scenario: Scenario) -> Answer:
    return _answer(rng, claim, week, [scenario] * len(claim.lines))


def _answer(rng: random.Random, claim: Claim, week: int, scenarios: list[Scenario]) -> Answer:
    adjustments = [_amounts(rng, line, scenario) for line, scenario in zip(claim.lines, scenarios, strict=True)]
    return Answer(claim, week, scenarios, scenarios[0].status, adjustments=adjustments)


def _options(claim: Claim, week: int, last_week: int, may_pend: bool) -> list[tuple[Scenario, float]]:
    payer = claim.payer
    options = [(s, s.weight) for s in PAID] + [(s, s.weight) for s in (SUSPECTED, PARTIAL)]
    options += [(s, s.weight) for s in NOT_DECIDED if may_pend or s.name != "pended"]
    if payer.payer_id == CAPITATED_PAYER:
        options.append((CAPITATED, CAPITATED.weight))
    for scenario in DENIALS:
        cause = scenario.root_cause or ""
        weight = DENIAL_LEVEL * scenario.weight * payer.denial_factor * payer.cause_factors.get(cause, 1.0)
        if payer.payer_id == SPIKE_PAYER and cause == SPIKE_CAUSE and last_week - SPIKE_WEEKS < week <= last_week:
            weight *= SPIKE_FACTOR
        if cause == "coding" and claim.coder.accuracy < 0.9:
            weight *= 3
        options.append((scenario, weight))
    return options


def _amounts(rng: random.Random, line: Line, scenario: Scenario) -> list[tuple[str, str, int]]:
    allowed = line.charge - line.contract
    share = min(allowed // 2, rng.choice((1500, 2000, 3000, 4000)))
    parts = {"all": line.charge, "contract": line.contract, "allowed": allowed, "share": share, "half": allowed // 2}
    return [(group, carc, parts[part]) for group, carc, part in scenario.adjustments if parts[part]]


def _negated(adjustments: list[list[tuple[str, str, int]]]) -> list[list[tuple[str, str, int]]]:
    return [[(group, carc, -amount) for group, carc, amount in line] for line in adjustments]
