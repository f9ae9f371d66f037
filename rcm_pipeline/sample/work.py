"""Draw the work people log: touches on denials, queries about unclear records, and what was decided on them."""

from dataclasses import dataclass
from datetime import date, timedelta

from rcm_pipeline.sample.claim_courses import Answer, Touch
from rcm_pipeline.sample.claims import Claim
from rcm_pipeline.sample.draws import Draws

Row = list[object]
TOUCH_HEADER = ["Account Number", "Work Date", "Staff ID", "Role", "Activity", "Minutes", "Notes"]
ESCALATION_HEADER = ["Query ID", "Account Number", "Asked By", "Query Date", "Reason", "Sent To", "Answered Date", "Outcome"]
DECISION_HEADER = ["Decision ID", "Query ID", "Decision Date", "Decided By", "Role", "Subject", "Decision"]
APPEAL, RECORDS, PEER_TO_PEER, WRITE_OFF, CALL = "write appeal", "send records", "peer to peer call", "write off", "call payer"
_CODING, _RESEND = "correct codes", "correct and resend"
_ROLES = {APPEAL: "appeals", RECORDS: "records", PEER_TO_PEER: "appeals", WRITE_OFF: "supervisor", _CODING: "coder"}
_MINUTES = {"billing_format": 14, "eligibility": 18, "coding": 32, "documentation": 45, "authorization": 48, "medical_necessity": 95}
_MINUTES_OF_ACTIVITY = {WRITE_OFF: 6, CALL: 15}

ESCALATED_SHARE = 0.018
_ESCALATED_DENIAL_SHARE = 0.6
_REASONS = ("Incomplete chart support", "Unclear diagnosis detail", "Conflicting documentation", "Unusual payer logic", "Other")
_REASON_CODES = dict(zip(_REASONS, ("chart_support", "diagnosis_detail", "conflicting_documentation", "payer_logic", "other"), strict=True))
_AGREED_DAYS = 5
_WORDS = {"chart_support": _REASONS[0], "diagnosis_detail": _REASONS[1], "conflicting_documentation": _REASONS[2]}
# Whom it is sent to, who decides, and what it is about. The last is decided by a role that may not: a coder writes off.
_AUTHORITIES = (
    ("provider", "provider", "code change"),
    ("coding lead", "coding lead", "code change"),
    ("client manager", "client manager", "write off"),
    ("payer contract team", "supervisor", "payer rule"),
    ("client manager", "coder", "write off"),
)
# Which roles may decide what, as the client's settings say.
AUTHORITY = {
    "code change": ("coder", "coding lead", "provider"),
    "write off": ("client manager",),
    "payer rule": ("supervisor", "client manager"),
}
_STANDING = (
    ("provider", "code change"),
    ("coding lead", "code change"),
    ("coder", "code change"),
    ("client manager", "write off"),
    ("supervisor", "payer rule"),
)
_STANDING_EACH = 5


@dataclass(frozen=True)
class Escalation:
    """One query; no answer when the day is null, no decision when there is none."""

    number: str
    account: str
    staff: str
    sent: date
    reason: str
    role: str
    answered: date | None
    outcome: str
    decision: Row | None

    @property
    def is_outside(self) -> bool:
        """Settled by a role that may not."""
        return self.decision is not None and self.decision[4] not in AUTHORITY[str(self.decision[5])]

    @property
    def row(self) -> Row:
        """As a row of the sheet."""
        return [self.number, self.account, self.staff, self.sent, self.reason, self.role, self.answered or "", self.outcome]


def logged(draws: Draws, denial: Answer, day: date, activity: str) -> Touch:
    """One activity on a denied claim; its minutes follow the cause of the denial."""
    rng = draws.rng
    cause = next(s.root_cause or "" for s in denial.scenarios if s.root_cause)
    usual = _MINUTES_OF_ACTIVITY.get(activity) or _MINUTES.get(cause, 20)
    minutes = max(3, round(rng.lognormvariate(0, 0.35) * usual / 1.25))
    return Touch(denial.claim.account, day, f"B{rng.randrange(1, 5):02d}", _ROLES.get(activity, "biller"), activity, minutes)


def rework_activity(denial: Answer) -> str:
    """What is logged when a claim is corrected."""
    return _CODING if any(s.root_cause == "coding" for s in denial.scenarios) else _RESEND


def touch_row(touch: Touch) -> Row:
    """A line of the work log."""
    return [touch.account, touch.day, touch.staff, touch.role, touch.activity, touch.minutes, "called payer"]


def coding_query(draws: Draws, claim: Claim, coded: date) -> Escalation | None:
    """A coder's question about a record, for few encounters."""
    if draws.rng.random() > ESCALATED_SHARE:
        return None
    reason = draws.rng.choices(_REASONS, (40, 25, 20, 10, 5))[0]
    return _query(draws, claim.account, claim.coder.coder_id, coded + timedelta(days=draws.rng.randrange(2)), reason)


def denial_query(draws: Draws, denial: Answer) -> Escalation | None:
    """A question about a denial that no rule can settle."""
    review = next((s.review_reason for s in denial.outcomes if s.review_reason), None)
    if review is None or draws.rng.random() > _ESCALATED_DENIAL_SHARE:
        return None
    day = draws.remitted_day(denial.week) + timedelta(days=draws.rng.randrange(1, 6))
    return _query(draws, denial.claim.account, f"B{draws.rng.randrange(1, 5):02d}", day, _WORDS.get(review, _REASONS[3]))


def standing_decisions(draws: Draws, week: int) -> list[Row]:
    """Decisions of a quarter on rules and single cases that nobody had asked about, all within the authority of the role."""
    rng, prefix, rows = draws.stream(f"decisions {week}"), draws.client.account_prefix, list[Row]()
    for role, subject in _STANDING * _STANDING_EACH:
        day, staff = draws.sent_day(week) - timedelta(days=rng.randrange(28)), f"M{rng.randrange(1, 4):02d}"
        number = f"{prefix}-D{draws.next_number('decision'):05d}"
        rows.append([number, "", day, staff, role, subject, rng.choice(("Changed", "Confirmed"))])
    return rows


def query_row(query: Escalation, last_day: date) -> tuple[object, ...]:
    """The truth of a query on the last day; overdue while open for more days than agreed."""
    is_overdue = query.answered is None and (last_day - query.sent).days > _AGREED_DAYS
    decided = (query.decision[0], query.decision[4], query.decision[5]) if query.decision else (None, None, None)
    return (query.number, query.account, _REASON_CODES[query.reason], query.sent, query.answered, is_overdue, *decided, query.is_outside)


def _query(draws: Draws, account: str, staff: str, sent: date, reason: str) -> Escalation:
    rng, prefix = draws.rng, draws.client.account_prefix
    number = draws.next_number("query")
    role, by, subject = draws.turn("authority", _AUTHORITIES)
    answered = sent + timedelta(days=rng.randrange(1, 12)) if rng.random() < 0.88 else None
    if answered is not None and draws.week_of(answered) >= draws.weeks:
        answered = None
    if answered is None:
        return Escalation(f"{prefix}-E{number:05d}", account, staff, sent, reason, role, None, "", None)
    outcome = rng.choices(("Changed", "Confirmed"), (55, 45))[0]
    decision: Row | None = None
    if rng.random() < 0.7:
        decided = [f"{prefix}-E{number:05d}", answered, f"M{rng.randrange(1, 4):02d}", by, subject, outcome]
        decision = [f"{prefix}-D{draws.next_number('decision'):05d}", *decided]
    return Escalation(f"{prefix}-E{number:05d}", account, staff, sent, reason, role, answered, outcome, decision)
