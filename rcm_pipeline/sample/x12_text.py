"""The envelope of an interchange and how its sender writes: separators, newlines and amounts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from rcm_pipeline.sample.world import Payer


@dataclass(frozen=True)
class Style:
    """Separators, what follows a segment, and whether .00 is left off amounts."""

    element: str
    component: str
    terminator: str
    newline: str
    drops_cents: bool = False

    def join(self, segments: Iterable[str]) -> str:
        """Segments written with * and : become text in this style."""
        end = self.terminator + self.newline
        text = "\0".join(segments).replace("*", self.element).replace(":", self.component)
        return text.replace("\0", end) + end

    def money(self, cents: int) -> str:
        """Cents as dollars."""
        if cents < 0:
            return "-" + self.money(-cents)
        if self.drops_cents and cents % 100 == 0:
            return str(cents // 100)
        return f"{cents // 100}.{cents % 100:02d}"


CLIENT_STYLE = Style("*", ":", "~", "\n")


def style_of(payer: Payer) -> Style:
    """How a payer writes its remittances."""
    element, component, terminator = payer.separators
    return Style(element, component, terminator, payer.newline, payer.drops_cents)


@cache
def ymd(day: date) -> str:
    """A day as eight digits."""
    return f"{day:%Y%m%d}"


def coded(code: str, modifier: str) -> str:
    """A procedure with its modifier as a composite."""
    return f"HC:{code}:{modifier}" if modifier else f"HC:{code}"


def wrapped(
    style: Style,
    group: str,
    version: str,
    sender: str,
    receiver: str,
    day: date,
    control: int,
    body: list[str],
    before: Sequence[str] = (),
) -> str:
    """One interchange around a transaction; `before` stands between its header and the group, as a TA1 does."""
    header = (
        f"ISA*00*{'':10}*00*{'':10}*ZZ*{sender:15}*ZZ*{receiver:15}*{day:%y%m%d}*0900*{'!' if style.component == '^' else '^'}*00501"
        f"*{control:09d}*0*P*:"
    )
    opening = [header, *before, f"GS*{group}*{sender}*{receiver}*{day:%Y%m%d}*0900*{control}*X*{version}"]
    return style.join([*opening, *body, f"GE*1*{control}", f"IEA*1*{control:09d}"])
