"""The core tables in one step."""

from collections.abc import Iterator

import dagster as dg
import duckdb
import polars as pl

from assets.contracts import check_specs, results, table_spec
from assets.guard import safely
from assets.resources import Workplace
from assets.store import record, store_tables
from rcm_pipeline.denials.classify.causes import RECLASSIFIED_BY, reclassified
from rcm_pipeline.denials.core import CORE, SOURCES, RawTables, core_tables
from rcm_pipeline.quality.checks import usual_volume
from rcm_pipeline.quality.contracts import Outcome
from rcm_pipeline.settings import load_client_settings
from rcm_pipeline.warehouse import append, file_codes, open_warehouse, read
from rcm_pipeline.weeks import anchor_of, recent_volumes

_SPECS = [table_spec(name, SOURCES) for name in CORE]
_CHECKS = [spec for name in CORE for spec in check_specs(name)]


@dg.multi_asset(name="core", specs=_SPECS, check_specs=_CHECKS)
def core(context: dg.AssetExecutionContext, workplace: dg.ResourceParam[Workplace]) -> Iterator[dg.MaterializeResult[None]]:
    """Follow every claim from sending to decision, find every cause, then let Great Expectations judge the batch."""
    counts, outcomes = safely(lambda: _build(workplace, context.partition_key, context.run.run_id))
    for name in CORE:
        yield results(name, counts[name], outcomes)


def _build(place: Workplace, client: str, run_id: str) -> tuple[dict[str, int], list[Outcome]]:
    settings, path = load_client_settings(place.home.settings, client), place.home.warehouse(client)
    counts: dict[str, int] = {}
    outcomes: list[Outcome] = []
    with open_warehouse(path) as connection:
        before = read(connection, "core_denials", RECLASSIFIED_BY)
        for name, table in core_tables(_raw(connection), settings, place.today):
            if name == "core_denials":
                append(connection, "ops_reclassifications", reclassified(before, table, run_id))
            counts[name] = table.height
            outcomes += store_tables(connection, run_id, {name: table})
        dates = read(connection, "core_adjudications", ("adjudication_date", "week"))
    judged = _judge(place, client, dates)
    with open_warehouse(path) as connection:
        record(connection, run_id, judged)
    return counts, outcomes + judged


def _raw(connection: duckdb.DuckDBPyConnection) -> RawTables:
    """The raw tables the core is built from, each read when it is needed."""
    files = file_codes(connection)
    return RawTables(lambda name: read(connection, name, SOURCES[name], files), files)


def _judge(place: Workplace, client: str, adjudications: pl.DataFrame) -> list[Outcome]:
    from rcm_pipeline.quality.expectations import Batch, judge_batch  # takes seconds to import, so only here

    anchor = anchor_of(adjudications, place.today)
    low, high = usual_volume(recent_volumes(adjudications, anchor))
    return judge_batch(place.home.warehouse(client), Batch(anchor, place.today, low, high))
