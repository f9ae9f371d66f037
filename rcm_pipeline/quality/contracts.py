"""Judge a finished frame against its contract: shape first, then every rule, as counts per rule."""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl
from pandera.errors import SchemaErrors

from schemas.contract import Contract, polars_schema, table_name

SHAPE, RULES, QUARANTINE = "shape", "rules", "quarantine"


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


def check_contract(frame: pl.DataFrame, contract: type[Contract]) -> list[Outcome]:
    """Two outcomes: shape (columns and types, blocking) and rules (nulls, lists, ranges, uniqueness; blocking).

    The frame must be collected: pandera looks at no value of a LazyFrame.
    """
    return check_portions([frame], contract)


def check_portions(frames: Iterable[pl.DataFrame], contract: type[Contract]) -> list[Outcome]:
    """The same for a table that comes in portions, so that it need not be held at once; uniqueness is judged within each."""
    table, expected = table_name(contract), polars_schema(contract)
    has_shape, failed, height = True, 0, 0
    for frame in frames:
        is_same = dict(frame.schema) == expected
        has_shape &= is_same
        failed += _failures(frame, contract) if is_same else frame.height
        height += frame.height
    outcomes = [Outcome(table, SHAPE, "shape", "error", has_shape, 0 if has_shape else 1, len(expected))]
    return [*outcomes, Outcome(table, RULES, "rule", "error", failed == 0, failed, height)]


def check_quarantine(table: str, good: int, broken: int, max_share: float) -> Outcome:
    """Rows set aside may be at most the allowed share of a raw table; above it the run stops."""
    share = broken / (good + broken) if broken else 0.0
    return Outcome(table, QUARANTINE, "rule", "error", share <= max_share, broken, good + broken)


def _failures(frame: pl.DataFrame, contract: type[Contract]) -> int:
    """How many rule violations there are, between columns too. The error itself holds values: nothing but the count leaves here."""
    passes = [rule.fill_null(False) for _, rule in contract.rules_between_columns().values()]
    between = sum(frame.height - int(frame.select(rule.sum()).item()) for rule in passes)
    try:
        contract.validate(frame, lazy=True)
    except SchemaErrors as error:
        return between + max(1, len(error.failure_cases))
    return between
