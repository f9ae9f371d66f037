"""The lists of codes a client is checked against: read from its folder, kept only as far as its claims use them."""

from collections.abc import Iterator

import dagster as dg
import duckdb
import polars as pl

from assets.contracts import check_specs, results, table_spec
from assets.guard import safely
from assets.resources import Workplace
from assets.store import store_tables
from rcm_pipeline.code_sets.folder import load_releases
from rcm_pipeline.code_sets.releases import code_entries, release_table
from rcm_pipeline.code_sets.values import used_codes
from rcm_pipeline.quality.contracts import Outcome
from rcm_pipeline.settings import load_client_settings
from rcm_pipeline.warehouse import open_warehouse

TABLES = ("ops_code_sets", "ops_code_entries")
_SOURCES = ("raw_claim_lines", "raw_claim_diagnoses")
_LINES = """SELECT DISTINCT code_qualifier, procedure_code, modifier_1_code, modifier_2_code, modifier_3_code, modifier_4_code
FROM raw_claim_lines"""
_DIAGNOSES = "SELECT DISTINCT qualifier_code, diagnosis_code FROM raw_claim_diagnoses"


@dg.multi_asset(
    name="code_sets",
    specs=[table_spec(name, _SOURCES) for name in TABLES],
    check_specs=[spec for name in TABLES for spec in check_specs(name)],
)
def code_sets(context: dg.AssetExecutionContext, workplace: dg.ResourceParam[Workplace]) -> Iterator[dg.MaterializeResult[None]]:
    """Read the package's list and those of the client's folder; keep what they say of the codes on its claims."""
    counts, outcomes = safely(lambda: _load(workplace, context.partition_key, context.run.run_id))
    for name in TABLES:
        yield results(name, counts[name], outcomes)


def _load(place: Workplace, client: str, run_id: str) -> tuple[dict[str, int], list[Outcome]]:
    settings = load_client_settings(place.home.settings, client)
    releases = load_releases(place.home.code_lists(settings))
    with open_warehouse(place.home.warehouse(client)) as connection:
        entries = code_entries(_used(connection), releases)
        tables = dict(zip(TABLES, (release_table(releases), entries), strict=True))
        outcomes = store_tables(connection, run_id, tables)
    return {name: table.height for name, table in tables.items()}, outcomes


def _used(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    return used_codes(connection.sql(_LINES).pl(), connection.sql(_DIAGNOSES).pl())
