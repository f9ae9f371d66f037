"""The list of batch checks: names, tables and severities, without Great Expectations itself."""

from dataclasses import dataclass
from statistics import median

MINIMUM_HISTORY = 4


@dataclass(frozen=True)
class BatchCheck:
    """One expectation about the whole batch, and what it says in plain words."""

    name: str
    table_name: str
    severity: str
    sentence: str


CHECKS = (
    BatchCheck(
        "usual_volume", "core_adjudications", "warn", "The anchor week holds as many claim payments as this client's weeks usually do."
    ),
    BatchCheck("fresh", "core_adjudications", "warn", "The newest remittance is at most 21 days old."),
    BatchCheck("balances", "core_adjudications", "warn", "At least 95 % of claim payments balance to the cent."),
    BatchCheck(
        "reconciles", "core_adjudicated_lines", "error", "Charges of all adjudicated lines equal the charges in the files, to the cent."
    ),
    BatchCheck("classified", "core_denials", "warn", "At most 5 % of denied dollars have no usable cause."),
    BatchCheck("within_charge", "core_denials", "warn", "No line is denied for more than its charge."),
)
CURRENT_CODES = BatchCheck(
    "current_code_sets",
    "mart_code_set_coverage",
    "warn",
    "No code on the claims of the anchor week was used after the last day of the newest list of its code set.",
)
COUNTED_REVIEWS = BatchCheck(
    "counted_reviews",
    "core_qa_reviews",
    "warn",
    "Every QA review says how many codes are right, by counts or by a list of codes from both sides.",
)
MART_CHECKS = (CURRENT_CODES, COUNTED_REVIEWS)  # judged where their table is made, not by Great Expectations


def usual_volume(history: list[int]) -> tuple[int, int]:
    """Bounds of a usual week: 0.4 to 2.5 times the median of earlier weeks; anything while there are fewer than four."""
    if len(history) < MINIMUM_HISTORY:
        return 0, 2**31 - 1
    return int(0.4 * median(history)), int(2.5 * median(history)) + 1
