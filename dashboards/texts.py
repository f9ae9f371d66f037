"""Numbers, dates and codes in the words a client reads."""

import datetime as dt
import textwrap
from decimal import Decimal

from rcm_pipeline.reference import reference
from schemas.vocabulary import ALL


def percent(value: float | None, digits: int = 1) -> str:
    """0.1234 → 12.3 % (with a space that does not break); a dash where there is no rate."""
    return "–" if value is None else f"{value * 100:.{digits}f}\u00a0%"


def points(value: float) -> str:
    """A change of a rate in percentage points, with its sign."""
    return f"{value * 100:+.2f}\u00a0points".replace("-", "−")


def interval(low: float | None, high: float | None) -> str:
    """The limits of a rate."""
    return "" if low is None or high is None else f"{low * 100:.1f}–{high * 100:.1f}\u00a0%"


def dollars(value: Decimal | float | int | None) -> str:
    """Whole dollars with separators; a dash where there is none."""
    if value is None:
        return "–"
    sign = "−" if value < 0 else ""
    return f"{sign}${abs(round(value)):,}"


def count(value: Decimal | float | int | None) -> str:
    """A count with separators."""
    return "–" if value is None else f"{int(value):,}"


def day(value: dt.date | None) -> str:
    """16 Nov 2026."""
    return "–" if value is None else f"{value.day} {value:%b %Y}"


def month(value: dt.date) -> str:
    """Nov 2026."""
    return f"{value:%b %Y}"


def week(monday: dt.date | None) -> str:
    """16–22 Nov 2026."""
    if monday is None:
        return "–"
    sunday = monday + dt.timedelta(days=6)
    first = f"{monday.day}" if monday.month == sunday.month else f"{monday.day} {monday:%b}"
    return f"{first}–{sunday.day} {sunday:%b %Y}"


def cause(root_cause: str) -> str:
    """The label of a root cause."""
    labels = dict(reference("root_causes").select("root_cause", "label").iter_rows())
    return "All causes" if root_cause == ALL else str(labels.get(root_cause, root_cause))


def error(code: str) -> str:
    """The label of a category of the closed error list."""
    labels = dict(reference("qa_errors").select("error_code", "label").iter_rows())
    return str(labels.get(code, code))


def title(name: str) -> str:
    """NORTHLAKE HEALTH PLAN → Northlake Health Plan; names with small letters stay as they are."""
    return name.title() if name.isupper() else name


_DISPOSITIONS = {
    "paid": "Paid",
    "paid_patient_resp": "Left to the patient (deductible, copay)",
    "denied_full": "Denied in full",
    "denied_partial": "Denied in part",
    "denial_suspected": "Denial suspected",
    "pended": "Pended, not decided yet",
    "capitated": "Capitated",
    "cob_satisfied": "Covered by another payer",
    "excluded": "Not a decision (reversal, zero charge, …)",
}


def disposition(code: str) -> str:
    """A disposition in the reader's words."""
    return _DISPOSITIONS[code]


_SUBMISSIONS = {
    "rejected_interchange": "Rejected as an interchange (TA1)",
    "rejected_transaction": "Rejected as a transaction (999)",
    "rejected_batch": "Rejected as a batch (277CA)",
    "answered": "Every claim answered",
    "partly_answered": "Some claims answered",
    "acknowledged": "Accepted as a file, claims not answered yet",
    "received": "Interchange received, nothing more",
    "unanswered": "No answer at all",
}


def submission(code: str) -> str:
    """How far a sent batch came, in the reader's words."""
    return _SUBMISSIONS[code]


def measure(value: float | None, unit: str) -> str:
    """A measure's value by its unit: a share as per cent, dollars without a fraction as dollars, days as days."""
    if value is None:
        return "–"
    if unit == "days":
        return days(value)
    return dollars(value) if unit == "dollars" and value > 1 else percent(value)


def fraction(numerator: Decimal | None, denominator: Decimal | None, unit: str, factor: int = 1) -> str:
    """Both sides of a fraction, in its unit, with what it is multiplied by."""
    shown = dollars if unit == "dollars" else count
    if numerator is None:
        return "" if denominator is None else shown(denominator)
    times = f"{factor} × " if factor != 1 else ""
    return shown(numerator) if denominator is None else f"{times}{shown(numerator)} of {shown(denominator)}"


def days(value: float | None) -> str:
    """12 days; a dash while it cannot be told."""
    return "–" if value is None else f"{value:g}\u00a0days"


def day_range(low: float | None, high: float | None) -> str:
    """The limits of a number of days; open above while that cannot be told."""
    return "" if low is None else f"{low:g}–{high:g}" if high is not None else f"from {low:g}"


def period(code: str, start: dt.date | None, end: dt.date) -> str:
    """A measure's period."""
    if start is None:
        return f"to {day(end)}"
    return week(start) if code == "week" else f"{start:%b %Y}" if code == "month" else f"{code} to {day(end)}"


def wrapped(label: str) -> str:
    """A long chart label on two lines or more, so that a phone shows all of it."""
    return "<br>".join(textwrap.wrap(label, 24))


def plain(code: str) -> str:
    """incorrect_coding → incorrect coding."""
    return code.replace("_", " ")
