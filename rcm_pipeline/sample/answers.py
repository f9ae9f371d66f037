"""Draw what a payer answers: a decision per line, a reversal, a correction, a payment after all."""

from collections.abc import Callable
from functools import cache
from itertools import accumulate

from rcm_pipeline.sample.claim_courses import Amounts, Answer, Version
from rcm_pipeline.sample.claims import Line
from rcm_pipeline.sample.draws import Draws
from rcm_pipeline.sample.scenarios import (
    AMBIGUOUS,
    AUTHORIZATION_SENT,
    CAPITATED,
    CONTRACT,
    DENIALS,
    NOT_DECIDED,
    PAID,
    PARTIAL,
    PENDED,
    STAY_NOT_NEEDED,
    Scenario,
)
from rcm_pipeline.sample.world import (
    CAPITATED_PAYER,
    DENIAL_LEVEL,
    INPATIENT,
    PAYER_OF,
    SPIKE_CAUSE,
    SPIKE_FACTOR,
    SPIKE_PAYER,
    SPIKE_WEEKS,
)

_AMBIGUOUS_EVERY = 88  # denied lines
_INPATIENT_FACTOR = 32
_SHARES = (1500, 2000, 3000, 4000)
_Options = tuple[tuple[Scenario, ...], tuple[float, ...]]


def decide(draws: Draws, version: Version, week: int, *, may_pend: bool = True) -> Answer:
    """A first decision, or that nothing is decided yet."""
    claim, payer = version.claim, version.payer
    is_spike = payer.payer_id == SPIKE_PAYER and draws.weeks - 1 - SPIKE_WEEKS < week < draws.weeks
    is_inpatient = claim.is_institutional and version.place == INPATIENT
    scenarios, weights = _options(payer.payer_id, claim.coder.accuracy < 0.9, is_spike, is_inpatient, may_pend)
    drawn = draws.rng.choices(scenarios, cum_weights=weights, k=len(claim.lines))
    whole = next((s for s in drawn if s.is_whole_claim), None)
    if whole:
        drawn = [whole] * len(drawn)
    return answer(draws, version, week, _with_ambiguous(draws, claim.lines, drawn))


def answer(draws: Draws, version: Version, week: int, scenarios: list[Scenario]) -> Answer:
    """An answer to a version with these outcomes, one per line."""
    lines = version.claim.lines
    return Answer(
        version.claim,
        version.payer,
        week,
        draws.remitted_day(week),
        scenarios,
        [_amounts(draws, line, scenario) for line, scenario in zip(lines, scenarios, strict=True)],
        scenarios[0].status,
        draws.icn(version.payer),
        version.number,
        version.frequency,
        version.place,
        version.sequence,
    )


def uniform(draws: Draws, version: Version, week: int, scenario: Scenario) -> Answer:
    """An answer with one outcome for all lines."""
    return answer(draws, version, week, [scenario] * len(version.claim.lines))


def paid_after_all(draws: Draws, version: Version, week: int) -> Answer:
    """Everything is paid, with or without a share of the patient."""
    return uniform(draws, version, week, CONTRACT if draws.rng.random() < 0.8 else PAID[1])


def denied_again(draws: Draws, version: Version, week: int, denial: Answer) -> Answer:
    """The same outcomes once more."""
    return answer(draws, version, week, denial.scenarios)


def denied_otherwise(draws: Draws, version: Version, week: int, denial: Answer) -> Answer:
    """Denied as a whole for another cause; never for want of an authorization, whose number may have been sent."""
    known = {scenario.root_cause for scenario in denial.scenarios} | {"authorization", "duplicate"}
    return uniform(draws, version, week, draws.rng.choice([s for s in DENIALS if s.root_cause not in known]))


def reversal(draws: Draws, original: Answer, week: int) -> Answer:
    """All amounts of an answer taken back under its own claim number; about half name it a second time."""
    negated: Amounts = [[(group, carc, -amount) for group, carc, amount in line] for line in original.adjustments]
    return Answer(
        original.claim,
        original.payer,
        week,
        draws.remitted_day(week),
        original.scenarios,
        negated,
        "22",
        original.icn,
        original.version,
        original.frequency,
        original.place,
        original.sequence,
        is_reversal=True,
        reverses=original,
        names_original=draws.rng.random() < 0.5,
    )


def corrected(draws: Draws, original: Answer, version: Version, week: int, make: Callable[[Draws, Version, int], Answer]) -> list[Answer]:
    """A reversal and the correction that stands behind it in the same remittance."""
    taken, correction = reversal(draws, original, week), make(draws, version, week)
    taken.corrected_by = correction
    return [taken, correction]


@cache
def _options(payer_id: str, is_weak_coder: bool, is_spike: bool, is_inpatient: bool, may_pend: bool) -> _Options:
    """What may happen and how likely, as running totals."""
    weighed = [(s, s.weight) for s in (*PAID, PARTIAL, *NOT_DECIDED) if may_pend or s is not PENDED]
    if payer_id == CAPITATED_PAYER:
        weighed.append((CAPITATED, CAPITATED.weight))
    weighed += [(s, _denial_weight(s, payer_id, is_weak_coder, is_spike, is_inpatient)) for s in DENIALS]
    return tuple(s for s, _ in weighed), tuple(accumulate(weight for _, weight in weighed))


def _denial_weight(scenario: Scenario, payer_id: str, is_weak_coder: bool, is_spike: bool, is_inpatient: bool) -> float:
    cause, payer = scenario.root_cause or "", PAYER_OF[payer_id]
    weight = DENIAL_LEVEL * scenario.weight * payer.denial_factor * payer.cause_factors.get(cause, 1.0)
    if is_spike and cause == SPIKE_CAUSE:
        weight *= SPIKE_FACTOR
    if is_weak_coder and cause == "coding":
        weight *= 3
    return weight * _INPATIENT_FACTOR if is_inpatient and scenario is STAY_NOT_NEEDED else weight


def _with_ambiguous(draws: Draws, lines: list[Line], drawn: list[Scenario]) -> list[Scenario]:
    """Every so-manieth denied line becomes one that no rule can settle; it must not be one of a claim denied as a whole."""
    denied = [place for place, scenario in enumerate(drawn) if scenario.root_cause and lines[place].charge]
    before = draws.denied_lines // _AMBIGUOUS_EVERY
    draws.denied_lines += len(denied)
    free = [place for place in denied if drawn[place].disposition == "denied_full" and not drawn[place].is_whole_claim]
    if not free:
        draws.denied_lines = min(draws.denied_lines, (before + 1) * _AMBIGUOUS_EVERY - 1)
        return drawn
    if draws.denied_lines // _AMBIGUOUS_EVERY == before:
        return drawn
    unclear = draws.turn("ambiguous", AMBIGUOUS)
    if unclear is AUTHORIZATION_SENT:  # the claim carries the number, so no line of it can lack it
        return [unclear if place == free[0] or s.root_cause == "authorization" else s for place, s in enumerate(drawn)]
    return [unclear if place == free[0] else s for place, s in enumerate(drawn)]


def _amounts(draws: Draws, line: Line, scenario: Scenario) -> list[tuple[str, str, int]]:
    if scenario is CONTRACT:  # most lines: spared the rest
        return [("CO", "45", line.contract)] if line.contract else []
    allowed = line.charge - line.contract
    share = min(allowed // 2, draws.rng.choice(_SHARES))
    parts = {"all": line.charge, "contract": line.contract, "allowed": allowed, "share": share, "half": allowed // 2}
    return [(group, carc, parts[part]) for group, carc, part in scenario.adjustments if parts[part]]
