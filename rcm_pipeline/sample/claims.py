"""Draw claims: lines, charges, codes, and who is to pay."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeVar

from rcm_pipeline.sample.world import (
    DIAGNOSES,
    FORENAMES,
    INPATIENT,
    INPATIENT_SHARE,
    OFFICE,
    OUTPATIENT,
    PAYERS,
    PROCEDURES,
    REVENUE_CODES,
    SURNAMES,
    Client,
    Coder,
    Payer,
)

T = TypeVar("T")
# as often as they occur in a hundred
_PAYERS = tuple(payer for payer, often in zip(PAYERS, (24, 20, 18, 16, 12, 10), strict=True) for _ in range(often))
_LINE_COUNTS = (1,) * 40 + (2,) * 35 + (3,) * 18 + (4,) * 7
_UNITS = (1,) * 85 + (2,) * 10 + (3,) * 5
_DAYS = tuple(timedelta(days=days) for days in range(5))
_MODIFIERS = ("",) * 70 + ("25",) * 12 + ("59",) * 10 + ("RT",) * 8


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
    """What was done for a patient in one encounter, and whom it is billed to first."""

    account: str
    member: str
    patient: tuple[str, str]
    birth: str
    payer: Payer
    coder: Coder
    service: date
    is_institutional: bool
    place: str
    diagnoses: tuple[str, ...]
    lines: list[Line]
    charge: int
    lag_weeks: int
    authorization: str = ""


def draw_claim(rng: random.Random, client: Client, monday: date, account: str) -> Claim:
    """A claim with its date of service in the week that begins on this Monday."""
    payer = _one_of(rng, _PAYERS)
    is_institutional = rng.random() < client.institutional_share
    lines = [_draw_line(rng, is_institutional) for _ in range(_one_of(rng, _LINE_COUNTS))]
    if rng.random() < 0.01:
        lines.append(replace(lines[-1], charge=0, contract=0))
    person = _below(rng, 10**6)
    return Claim(
        account=account,
        member=f"W{person:09d}",
        patient=(SURNAMES[person % 10], FORENAMES[person // 10 % 10]),
        birth=f"{1935 + person % 75}{1 + person % 12:02d}{1 + person % 28:02d}",
        payer=payer,
        coder=_one_of(rng, client.coders),
        service=monday + _DAYS[_below(rng, 5)],
        is_institutional=is_institutional,
        place=_draw_place(rng) if is_institutional else OFFICE,
        diagnoses=tuple(rng.sample(DIAGNOSES, 1 + _below(rng, 3))),
        lines=lines,
        charge=sum(line.charge for line in lines),
        lag_weeks=rng.randint(*payer.lag_weeks),
    )


def _one_of(rng: random.Random, things: Sequence[T]) -> T:
    """As `choice`, in half the time: millions are drawn."""
    return things[int(rng.random() * len(things))]


def _below(rng: random.Random, end: int) -> int:
    return int(rng.random() * end)


def _draw_place(rng: random.Random) -> str:
    return INPATIENT if rng.random() < INPATIENT_SHARE else OUTPATIENT


def _draw_line(rng: random.Random, is_institutional: bool) -> Line:
    code, price = _one_of(rng, PROCEDURES)
    units = _one_of(rng, _UNITS)
    charge = units * (price + _below(rng, 80) * 5 - 200)
    return Line(
        code,
        _one_of(rng, _MODIFIERS),
        _one_of(rng, REVENUE_CODES) if is_institutional else "",
        charge,
        units,
        charge * (35 + _below(rng, 20)) // 100,
    )
