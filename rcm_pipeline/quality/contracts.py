"""Judge a finished frame against its contract: shape, every rule by its name, and the key. Counts, never values.

The rules of a contract are drawn from the fields that pandera checks and asked in one select over the frame; that both give
the same verdict on every contract is tested, so a run need not ask pandera, whose errors hold values.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import polars as pl

from schemas.contract import Contract, key_columns, polars_schema, row_rules, table_name, unique_columns

SHAPE, RULES, QUARANTINE = "shape", "rules", "quarantine"


@dataclass(frozen=True)
class Outcome:
    """Result of one check on one table. `severity` error blocks publication when it fails; warn does not.

    `check_name` is the name of a check, or the rule of the contract that failed. `detail` says what was observed and what is usual.
    """

    table_name: str
    check_name: str
    kind: str
    severity: str
    is_passed: bool
    failed_count: int
    checked_count: int
    detail: str | None = None


def check_contract(frame: pl.DataFrame, contract: type[Contract]) -> list[Outcome]:
    """Shape (columns and types) and rules (nulls, lists, ranges, between columns, the key); a rule that fails is named."""
    return check_portions([frame], contract)


def check_portions(frames: Iterable[pl.DataFrame], contract: type[Contract]) -> list[Outcome]:
    """The same for a table that comes in portions, so that it need not be held at once; of all of it only the key is kept."""
    table, expected, uniques = table_name(contract), polars_schema(contract), _uniques(contract)
    has_shape, height, broken, identifying = True, 0, dict[str, int](), []
    for frame in frames:
        height += frame.height
        if list(frame.schema.items()) != list(expected.items()):
            has_shape = False
            continue
        identifying.append(frame.select(sorted({name for columns in uniques.values() for name in columns})))
        for rule, count in _broken(frame, contract).items():
            broken[rule] = broken.get(rule, 0) + count
    broken |= {rule: count for rule, columns in uniques.items() if (count := _repeated(identifying, columns))}
    outcomes = [Outcome(table, SHAPE, "shape", "error", has_shape, 0 if has_shape else 1, len(expected))]
    if not broken:
        return [*outcomes, Outcome(table, RULES, "rule", "error", True, 0, height)]
    return outcomes + [Outcome(table, rule, "rule", "error", False, count, height) for rule, count in sorted(broken.items())]


def check_quarantine(table: str, good: int, broken: int, max_share: float) -> Outcome:
    """Rows set aside may be at most the allowed share of a raw table; above it the run stops."""
    share = broken / (good + broken) if broken else 0.0
    return Outcome(table, QUARANTINE, "rule", "error", share <= max_share, broken, good + broken)


def _broken(frame: pl.DataFrame, contract: type[Contract]) -> dict[str, int]:
    """Rules that fail, each with the number of rows that fail it."""
    if frame.is_empty():
        return {}
    counts = frame.select(_failures(contract)).row(0, named=True)
    return {name: int(count) for name, count in counts.items() if count}


@cache
def _failures(contract: type[Contract]) -> list[pl.Expr]:
    """For every rule of the contract how many rows fail it; one whose answer is null is not kept."""
    return [(~passes.fill_null(False)).sum().alias(name) for name, (_, passes) in row_rules(contract).items()]


@cache
def _uniques(contract: type[Contract]) -> dict[str, tuple[str, ...]]:
    """Rule → the columns no two rows are equal in: the key, and columns that are unique beside it."""
    key = key_columns(contract)
    return {f"key is unique: {', '.join(key)}": key, **{f"{name} is unique": (name,) for name in unique_columns(contract)}}


def _repeated(frames: list[pl.DataFrame], columns: Sequence[str]) -> int:
    """Rows more than there are different values; null is a value of its own where the contract lets a part of a key be null."""
    if not columns or not frames:
        return 0
    every = pl.concat([frame.select(columns) for frame in frames])
    return every.height - every.n_unique()
