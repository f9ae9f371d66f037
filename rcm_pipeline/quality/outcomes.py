"""What a check says: counts, never values."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """Result of one check on one table. `severity` error blocks publication when it fails; warn does not."""

    table_name: str
    check_name: str
    kind: str
    severity: str
    is_passed: bool
    failed_count: int
    checked_count: int
