"""Write finished tables: check each against its contract, then replace it; record every check."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping

import duckdb
import polars as pl

from rcm_pipeline.quality.contracts import Outcome, check_contract
from rcm_pipeline.warehouse import append, replace
from schemas.contract import conform
from schemas.registry import CONTRACTS


def store_tables(connection: duckdb.DuckDBPyConnection, run_id: str, tables: Mapping[str, pl.DataFrame]) -> list[Outcome]:
    """Replace the tables that keep their contract; one that does not leaves what was there. Returns all outcomes."""
    outcomes: list[Outcome] = []
    for name, frame in tables.items():
        found = check_contract(frame, CONTRACTS[name])
        if all(outcome.is_passed for outcome in found):
            replace(connection, name, frame)
        outcomes += found
    record(connection, run_id, outcomes)
    return outcomes


def store_each(
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    tables: Iterable[tuple[str, pl.DataFrame]],
    judges: Mapping[str, Callable[[pl.DataFrame], Outcome]],
) -> tuple[dict[str, int], list[Outcome]]:
    """Store tables as they are made, and judge those that have a judge. Returns row counts and all outcomes."""
    counts: dict[str, int] = {}
    outcomes: list[Outcome] = []
    for name, table in tables:
        counts[name] = table.height
        outcomes += store_tables(connection, run_id, {name: table})
        if name in judges:
            told = [judges[name](table)]
            record(connection, run_id, told)
            outcomes += told
    return counts, outcomes


def record(connection: duckdb.DuckDBPyConnection, run_id: str, outcomes: list[Outcome]) -> None:
    """Add outcomes to ops_checks."""
    rows = [vars(outcome) | {"run_id": run_id} for outcome in outcomes]
    append(connection, "ops_checks", conform(pl.DataFrame(rows), CONTRACTS["ops_checks"]))


def now() -> dt.datetime:
    """UTC without zone, as the warehouse keeps it."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)
