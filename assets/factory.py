"""One factory: the tables of a layer and subject become one multi-asset with one step, one connection and one check a table."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import dagster as dg
import duckdb
import polars as pl

from assets.guard import safely
from assets.resources import Workplace
from assets.specs import check_result, check_spec, materialized, table_spec
from rcm_pipeline.connection import at_once, open_warehouse
from rcm_pipeline.denials.classify.causes import RECLASSIFIED_BY, reclassified
from rcm_pipeline.quality.checks import CHECKS, Batch
from rcm_pipeline.quality.contracts import Outcome, check_contract
from rcm_pipeline.settings import ClientSettings, load_client_settings
from rcm_pipeline.tables import build, registered
from rcm_pipeline.warehouse import append, make_warehouse, read, replace, scan_all
from rcm_pipeline.weeks import anchor_stored
from schemas.contract import conform
from schemas.registry import CONTRACTS


@dataclass(frozen=True)
class Step:
    """What the tables of one step are made with, for one client, over one connection."""

    workplace: Workplace
    client: str
    run_id: str
    connection: duckdb.DuckDBPyConnection
    settings: ClientSettings
    wanted: frozenset[str]


Made = Iterable[tuple[str, int, list[Outcome]]]  # table, rows it has now, how it was judged
Make = Callable[[Step], Made]
Result = dg.MaterializeResult[None] | dg.AssetCheckResult


def table_step(name: str, sources: Mapping[str, Iterable[str]], make: Make, description: str) -> dg.AssetsDefinition:
    """A multi-asset of these tables, each with the tables it reads. Any part of it can be run alone."""

    @dg.multi_asset(
        name=name,
        specs=[table_spec(table, reads) for table, reads in sources.items()],
        check_specs=[check_spec(table) for table in sources],
        can_subset=True,
        description=description,
    )
    def step(
        context: dg.AssetExecutionContext, workplace: dg.ResourceParam[Workplace]
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        wanted = frozenset(key.to_user_string() for key in context.selected_asset_keys)
        checked = {key.asset_key.to_user_string() for key in context.selected_asset_check_keys}
        workplace.stage(name.replace("_", " "))
        made = safely(workplace, lambda: _run(workplace, context.partition_key, context.run.run_id, wanted, make))
        yield from (materialized(table, rows) for table, rows, _ in made)  # before the checks, which ask for them all
        yield from (check_result(table, outcomes) for table, _, outcomes in made if table in checked)

    return step


def _run(workplace: Workplace, client: str, run_id: str, wanted: frozenset[str], make: Make) -> list[tuple[str, int, list[Outcome]]]:
    path = workplace.home.warehouse(client)
    settings = load_client_settings(workplace.home.settings, client)
    make_warehouse(path)
    with open_warehouse(path) as connection:
        made = list(make(Step(workplace, client, run_id, connection, settings, wanted)))
        batch = judge(connection, [table for table, _, _ in made], workplace.today)
        record(connection, run_id, [*(outcome for _, _, outcomes in made for outcome in outcomes), *batch])
    return [(table, rows, [*outcomes, *(o for o in batch if o.table_name == table)]) for table, rows, outcomes in made]


def registered_steps() -> list[dg.AssetsDefinition]:
    """A step for every layer and subject with registered tables, in the order of their names."""
    groups: dict[tuple[str, str], dict[str, Iterable[str]]] = {}
    for name, table in registered().items():
        groups.setdefault((table.layer, table.subject), {})[name] = table.sources
    return [
        table_step(f"{layer}_of_{subject}", sources, _make_registered, f"The {layer} tables of {subject}.")
        for (layer, subject), sources in sorted(groups.items())
    ]


def _make_registered(step: Step) -> Made:
    """Compute the wanted tables from the warehouse, each stored and judged as it is made; a step that fails leaves all as they were."""
    with at_once(step.connection):
        yield from _each_made(step)


def _each_made(step: Step) -> Made:
    tables = scan_all(step.connection)
    needs_week = any(name.startswith("mart_") for name in step.wanted)
    week = anchor_stored(step.connection, step.workplace.today) if needs_week else None
    done: set[str] = set()
    for name, table in registered().items():
        if name not in step.wanted or name in done:
            continue
        for made, frame in build(table, tables, week, step.settings, step.workplace.today):
            done.add(made)
            if made in step.wanted:
                yield made, frame.height, _store_denials(step, frame) if made == "core_denials" else store(step, made, frame)
            del frame  # the next table is made while this one would still be held


def _store_denials(step: Step, denials: pl.DataFrame) -> list[Outcome]:
    """Store them, and note in ops_reclassifications what a new state of the taxonomy changed."""
    before = read(step.connection, "core_denials", RECLASSIFIED_BY)
    outcomes = store(step, "core_denials", denials)
    if all(outcome.is_passed for outcome in outcomes):
        append(step.connection, "ops_reclassifications", reclassified(before, denials, step.run_id))
    return outcomes


def store(step: Step, name: str, frame: pl.DataFrame) -> list[Outcome]:
    """Replace a table by one that keeps its contract; one that does not leaves what was there."""
    outcomes = check_contract(frame, CONTRACTS[name])
    if all(outcome.is_passed for outcome in outcomes):
        replace(step.connection, name, frame)
    return outcomes


def judge(connection: duckdb.DuckDBPyConnection, made: Iterable[str], today: dt.date) -> list[Outcome]:
    """The batch checks of these tables; Great Expectations is imported only where there are any, for it takes seconds."""
    tables = set(made)
    checks = [check for check in CHECKS if check.table_name in tables]
    if not checks:
        return []
    from rcm_pipeline.quality.expectations import judge_batch

    return judge_batch(connection, Batch(anchor_stored(connection, today), today), checks)


def record(connection: duckdb.DuckDBPyConnection, run_id: str, outcomes: list[Outcome]) -> None:
    """Add outcomes to ops_checks."""
    if outcomes:
        rows = [vars(outcome) | {"run_id": run_id} for outcome in outcomes]
        append(connection, "ops_checks", conform(pl.DataFrame(rows), CONTRACTS["ops_checks"]))
