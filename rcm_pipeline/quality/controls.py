"""The catalogue of controls, each with what it came to in a run."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import polars as pl

from rcm_pipeline.quality.checks import CHECKS
from rcm_pipeline.quality.contracts import RULES, SHAPE

FREQUENCY = "every run"
_KINDS = {SHAPE: "shape", RULES: "rule"}  # checks that every table has, by kind, for a rule that fails bears its own name


@dataclass(frozen=True)
class Control:
    """What must hold, who answers for it, and the checks that judge it."""

    control_id: str
    sentence: str
    owner: str
    checks: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """A control in a run: passed, failed or not judged; what was observed where it failed, and on how much it was looked at."""

    control: Control
    state: str
    observed: str
    table_count: int
    checked_count: int


@cache
def controls() -> tuple[Control, ...]:
    """Every control, in the order of the catalogue."""
    known = {check.name: check.sentence for check in CHECKS}
    listed = tomllib.loads(files("rcm_pipeline.quality").joinpath("controls.toml").read_text(encoding="utf-8"))
    return tuple(
        Control(name, entry.get("sentence") or known[entry["checks"][0]], entry["owner"], tuple(entry["checks"]))
        for name, entry in listed.items()
    )


def results(checks: pl.DataFrame) -> Iterator[Result]:
    """Each control with what came of it, from the rows of ops_checks of one run."""
    for control in controls():
        named = [(pl.col("kind") == _KINDS[name]) if name in _KINDS else (pl.col("check_name") == name) for name in control.checks]
        own = checks.filter(pl.any_horizontal(named))
        failed = own.filter(~pl.col("is_passed")).sort("severity", "table_name", "check_name")
        state = "failed" if failed.height else "passed" if own.height else "not judged"
        observed = "; ".join(_observed(row) for row in failed.iter_rows(named=True))
        yield Result(control, state, observed, own["table_name"].n_unique(), int(own["checked_count"].sum()))


def _observed(row: dict[str, object]) -> str:
    return str(row["detail"] or f"{row['check_name']} of {row['table_name']}: {row['failed_count']:,} of {row['checked_count']:,}")
