"""What can be wrong with the codes of a chart: the coder's codes are those of the claim, an error says what was right instead."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rcm_pipeline.sample import prices
from rcm_pipeline.sample.claims import Claim

EM, PROCEDURE, DIAGNOSIS = "em", "procedure", "diagnosis"
# how often each kind of error occurs at a code of this kind
_COMMON = {
    EM: (("EM_OVER1", 4), ("EM_UNDER1", 4), ("EM_OVER2", 1), ("EM_UNDER2", 1), ("MOD_MISSING", 2), ("MOD_WRONG", 2)),
    PROCEDURE: (("PX_WRONG", 3), ("PX_UNSUPPORTED", 2), ("MOD_MISSING", 2), ("MOD_WRONG", 3), ("UNITS", 2)),
    DIAGNOSIS: (("DX_SPECIFICITY", 4), ("DX_WRONG", 2), ("DX_UNSUPPORTED", 2), ("DX_SEQUENCE", 2)),
}
_LEVEL_STEPS = {"EM_OVER1": -1, "EM_OVER2": -2, "EM_UNDER1": 1, "EM_UNDER2": 2}
_RIVALS = {
    "PX_MISSED": {"PX_UNSUPPORTED"},
    "PX_UNSUPPORTED": {"PX_MISSED"},
    "DX_MISSED": {"DX_UNSUPPORTED", "DX_SEQUENCE"},
    "DX_UNSUPPORTED": {"DX_MISSED", "DX_SEQUENCE"},
    "DX_SEQUENCE": {"DX_MISSED", "DX_UNSUPPORTED", "DX_WRONG", "DX_SPECIFICITY"},
    "DX_WRONG": {"DX_SEQUENCE"},
    "DX_SPECIFICITY": {"DX_SEQUENCE"},
}


@dataclass(frozen=True, slots=True)
class Code:
    """A code on a chart; no units where it is a diagnosis."""

    kind: str
    code: str
    modifier: str = ""
    units: int | None = None

    @property
    def full(self) -> str:
        """With its modifier."""
        return f"{self.code}-{self.modifier}" if self.modifier else self.code

    @property
    def allowed(self) -> int | None:
        """Cents; null where it is a diagnosis."""
        return None if self.units is None else prices.allowed(self.code, self.units)


@dataclass(frozen=True, slots=True)
class Pair:
    """A place on a chart, as coded and as it is right; null where one of them has no code."""

    coded: Code | None
    right: Code | None

    @property
    def difference(self) -> int | None:
        """Cents allowed as coded minus as right; null for a diagnosis."""
        known = self.coded or self.right
        if known is None or known.units is None:
            return None
        coded = self.coded.allowed or 0 if self.coded else 0
        right = self.right.allowed or 0 if self.right else 0
        if self.coded and self.right and self.coded.modifier != self.right.modifier:
            return coded - right + prices.modifier_difference(self.coded.modifier, right)
        return coded - right


@dataclass(frozen=True, slots=True)
class Error:
    """One error: its category, the places where another code (or none) was right, and a code that was overlooked."""

    error_code: str
    changes: tuple[tuple[int, Code | None], ...] = ()
    added: Code | None = None

    def pair(self, codes: Sequence[Code]) -> Pair:
        """The codes it is about; of a wrong order the first."""
        return Pair(None, self.added) if self.added else Pair(codes[self.changes[0][0]], self.changes[0][1])


def codes_of(claim: Claim) -> tuple[Code, ...]:
    """The codes of a claim: its lines, then its diagnoses in their order."""
    lines = (Code(EM if n.code[:4] in prices.EM_LEVELS else PROCEDURE, n.code, n.modifier, n.units) for n in claim.lines)
    return (*lines, *(Code(DIAGNOSIS, code) for code in claim.diagnoses))


def compared(codes: Sequence[Code], errors: Sequence[Error]) -> list[Pair]:
    """The codes beside what is right by these errors; what was overlooked stands after the codes of its kind."""
    right: list[Code | None] = list(codes)
    for error in errors:
        for place, code in error.changes:
            right[place] = code
    pairs = [Pair(code, other) for code, other in zip(codes, right, strict=True)]
    added = [Pair(None, error.added) for error in errors if error.added]
    procedures = [pair for pair in pairs if pair.coded and pair.coded.kind != DIAGNOSIS]
    overlooked = [pair for pair in added if pair.right and pair.right.kind != DIAGNOSIS]
    return [*procedures, *overlooked, *pairs[len(procedures) :], *(pair for pair in added if pair not in overlooked)]


class Miscoding:
    """Errors planted on one chart, such that each can be told from the codes alone."""

    def __init__(self, rng: random.Random, codes: tuple[Code, ...], errors: Sequence[Error] = ()) -> None:
        self._rng, self.codes, self.errors = rng, codes, list(errors)

    def fits(self, error_code: str, place: int) -> bool:
        """Whether there can be such an error at this code."""
        return bool(self._wrong(error_code, place))

    def plant(self, error_code: str, place: int) -> bool:
        """Plant it, if it fits; whether it did."""
        made = self._wrong(error_code, place)
        self.errors += made
        return bool(made)

    def plant_any(self, place: int) -> bool:
        """Plant an error of a kind that occurs at such a code."""
        kinds = [(kind, often) for kind, often in _COMMON[self.codes[place].kind] if self.fits(kind, place)]
        return bool(kinds) and self.plant(self._rng.choices([k for k, _ in kinds], [n for _, n in kinds])[0], place)

    def overlook(self, kind: str) -> bool:
        """Plant a procedure or a diagnosis that was documented and not coded."""
        name, choice = ("PX_MISSED", prices.OVERLOOKED_PROCEDURES) if kind == PROCEDURE else ("DX_MISSED", prices.OVERLOOKED_DIAGNOSES)
        if self._has_rival(name):
            return False
        code = self._rng.choice(choice)
        self.errors.append(Error(name, added=Code(kind, code, units=1 if kind == PROCEDURE else None)))
        return True

    def is_changed(self, place: int) -> bool:
        """Whether an error touches this code."""
        return any(place == changed for error in self.errors for changed, _ in error.changes)

    def _has_rival(self, error_code: str) -> bool:
        """An error it could not be told from."""
        return any(e.error_code in _RIVALS.get(error_code, ()) for e in self.errors)

    def _wrong(self, error_code: str, place: int) -> list[Error]:
        if self.is_changed(place) or self._has_rival(error_code):
            return []
        code = self.codes[place]
        match error_code:
            case "PX_UNSUPPORTED" | "DX_UNSUPPORTED":
                return [Error(error_code, ((place, None),))] if self._can_spare(error_code, place) else []
            case "DX_SEQUENCE":
                return self._swapped(place)
        right = _RIGHT[error_code](self._rng, code)
        if right is None or not self._is_clear(code, right):
            return []
        return [Error(error_code, ((place, right),))]

    def _can_spare(self, error_code: str, place: int) -> bool:
        """The chart keeps a procedure and its first diagnosis; one code of its kind at most is not supported."""
        if self.codes[place].kind == DIAGNOSIS:
            return error_code.startswith("DX") and self.codes[place - 1].kind == DIAGNOSIS
        left = [p for p, code in enumerate(self.codes) if code.kind != DIAGNOSIS and p != place]
        return error_code.startswith("PX") and any(not self._is_taken_out(p) for p in left)

    def _is_taken_out(self, place: int) -> bool:
        return any(change == (place, None) for error in self.errors for change in error.changes)

    def _swapped(self, place: int) -> list[Error]:
        """First and second diagnosis in the wrong order."""
        is_first = self.codes[place].kind == DIAGNOSIS and self.codes[place - 1].kind != DIAGNOSIS
        if not is_first or place + 1 == len(self.codes):
            return []
        return [Error("DX_SEQUENCE", ((place, self.codes[place + 1]), (place + 1, self.codes[place])))]

    def _is_clear(self, code: Code, right: Code) -> bool:
        """The right code stands nowhere else on the chart, or it differs in modifier or units from the only one of its kind."""
        if code.code == right.code:
            return sum(other.code == code.code for other in self.codes) == 1
        others = {c.code for c in self.codes} | {c.code for error in self.errors for _, c in error.changes if c}
        return right.code not in others


def _another_level(steps: int) -> Callable[[random.Random, Code], Code | None]:
    def right(_: random.Random, code: Code) -> Code | None:
        level = int(code.code[4:] or 0) + steps if code.kind == EM else 0
        return replace(code, code=f"{code.code[:4]}{level}") if 1 <= level <= 5 else None

    return right


def _sibling(_: random.Random, code: Code) -> Code | None:
    return replace(code, code=prices.SIBLING[code.code]) if code.code in prices.SIBLING else None


def _with_modifier(rng: random.Random, code: Code) -> Code | None:
    return replace(code, modifier=rng.choice(prices.MODIFIERS)) if code.units and not code.modifier else None


def _other_modifier(rng: random.Random, code: Code) -> Code | None:
    return replace(code, modifier=rng.choice([m for m in prices.MODIFIERS if m != code.modifier])) if code.modifier else None


def _other_units(rng: random.Random, code: Code) -> Code | None:
    if code.units is None or code.kind == EM:
        return None
    return replace(code, units=code.units - 1 if code.units > 1 and rng.random() < 0.7 else code.units + 1)


def _detailed(_: random.Random, code: Code) -> Code | None:
    return replace(code, code=prices.DETAILED[code.code]) if code.code in prices.DETAILED else None


def _other_diagnosis(rng: random.Random, code: Code) -> Code | None:
    return replace(code, code=rng.choice(prices.OTHER_DIAGNOSES)) if code.kind == DIAGNOSIS else None


_RIGHT: dict[str, Callable[[random.Random, Code], Code | None]] = {
    **{name: _another_level(steps) for name, steps in _LEVEL_STEPS.items()},
    "PX_WRONG": _sibling,
    "MOD_MISSING": _with_modifier,
    "MOD_WRONG": _other_modifier,
    "UNITS": _other_units,
    "DX_SPECIFICITY": _detailed,
    "DX_WRONG": _other_diagnosis,
}
