"""How a claim's course looks on the last day: first denial, what was done, what came of it, where it stands."""

from dataclasses import dataclass, field
from datetime import date

from rcm_pipeline.sample.claim_courses import PRIMARY, SECONDARY, Answer, ClaimCourse, Touch, Version
from rcm_pipeline.sample.scenarios import PENDED, SENT_TWICE
from rcm_pipeline.sample.truth import denied_cents
from rcm_pipeline.sample.work import APPEAL, PEER_TO_PEER, RECORDS, WRITE_OFF

_CHANNELS = {APPEAL: "appeal", RECORDS: "records", PEER_TO_PEER: "peer_to_peer"}
_Row = tuple[object, ...]


@dataclass(slots=True, eq=False)
class Lineage:
    """The versions, answers and touches of one payer sequence that the last day knows of, in order."""

    account: str
    sequence: str
    versions: list[Version]
    answers: list[Answer]
    touches: list[Touch]
    decisions: list[Answer] = field(init=False)
    first: Answer | None = field(init=False)
    denial: Answer | None = field(init=False)
    current: Answer | None = field(init=False)

    def __post_init__(self) -> None:
        """Find the decisions, the first, whether it was an initial denial, and the newest that was not reversed."""
        self.decisions = [a for a in self.answers if not a.is_reversal and a.scenarios[0] is not PENDED]
        self.first = self.decisions[0] if self.decisions else None
        self.denial = self.first if self.first is not None and self.first.is_denied else None
        taken_back = {a.reverses for a in self.answers if a.is_reversal}
        # that a second sending was one too many changes nothing
        own = [a for a in self.decisions if a not in taken_back and (a is self.first or a.scenarios[0] is not SENT_TWICE)]
        self.current = own[-1] if own else None

    @property
    def is_overturned(self) -> bool:
        """Denied at first, and paid more than that in the end, on the lines that were denied."""
        if self.denial is None or self.current is None or self.current is self.denial:
            return False
        places = [n for n, s in enumerate(self.denial.outcomes) if s.root_cause]
        return paid_on(self.current, places) > paid_on(self.denial, places)

    @property
    def status(self) -> str:
        """Where it stands: undecided also where no line was judged, paid also where some line was."""
        if self.current is None:
            return "reversed" if self.decisions else "undecided"
        if self.current.is_denied_whole:
            return "denied"
        return "paid" if self.current.is_decided else "undecided"

    @property
    def current_disposition(self) -> str | None:
        """What the decision that stands comes to."""
        if self.current is None or not self.current.is_decided:
            return None if self.current is None else "undecided"
        if self.current.is_denied_whole:
            return "denied_full"
        return "denied_partial" if self.current.is_denied else "paid"

    @property
    def channel(self) -> str | None:
        """The way taken against the initial denial, whatever came of it."""
        if self.denial is None:
            return None
        again = next((v for v in self.versions if v.frequency == "7"), None)
        if again is not None:
            return "corrected_claim" if again.place == self.versions[0].place else "observation"
        tried = next((_CHANNELS[t.activity] for t in self.touches if t.activity in _CHANNELS), None)
        return tried or ("payer_reprocessing" if self.is_overturned else None)

    def first_touch(self, *activities: str) -> date | None:
        """Day of the first touch, or of the first of these activities, from the denial on."""
        since = self.denial.day if self.denial else date.min
        days = (t.day for t in self.touches if t.day >= since and (not activities or t.activity in activities))
        return min(days, default=None)


def paid_on(answer: Answer, places: list[int]) -> int:
    """Cents paid on some lines of an answer."""
    return sum(answer.claim.lines[n].charge - sum(amount for _, _, amount in answer.adjustments[n]) for n in places)


def lineages_of(course: ClaimCourse, last_week: int, last_day: date) -> list[Lineage]:
    """The lineages of a course that were sent or answered by the last day; work belongs to the first payer's."""
    found = []
    for sequence in (PRIMARY, SECONDARY):
        versions = [v for v in course.versions if v.sequence == sequence and v.sent <= last_day]
        answers = [a for a in course.answers if a.sequence == sequence and a.week <= last_week]
        if versions or answers:
            touches = [t for t in course.touches if t.day <= last_day] if sequence == PRIMARY else []
            found.append(Lineage(course.claim.account, sequence, versions, answers, sorted(touches, key=lambda t: t.day)))
    return found


def lineage_row(lineage: Lineage) -> _Row:
    """The truth of a lineage."""
    denial, is_overturned = lineage.denial, lineage.is_overturned
    denied = sum(map(denied_cents, denial.scenarios, denial.adjustments)) if denial else None
    disposition = ("denied_full" if denial.is_denied_whole else "denied_partial") if denial else None
    return (
        lineage.account,
        lineage.sequence,
        len(lineage.versions),
        lineage.versions[0].sent if lineage.versions else None,
        lineage.answers[0].day if lineage.answers else None,
        denial.day if denial else None,
        denied,
        disposition,
        lineage.status,
        lineage.current_disposition,
        is_overturned,
        lineage.current.day if lineage.current and is_overturned else None,
        lineage.first_touch(APPEAL),
        lineage.first_touch(),
        any(t.activity == WRITE_OFF for t in lineage.touches),
        lineage.channel,
    )
