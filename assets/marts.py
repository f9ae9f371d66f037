"""All marts in one step: each source is read once, each mart stored and checked as it is made."""

from collections.abc import Iterator

import dagster as dg

from assets.contracts import check_specs, results, table_spec
from assets.guard import safely
from assets.resources import Workplace
from assets.store import store_each
from rcm_pipeline.governance.marts import MARTS, SOURCES, mart_tables
from rcm_pipeline.quality.checks import CURRENT_CODES
from rcm_pipeline.quality.code_sets import judge_code_sets
from rcm_pipeline.quality.contracts import Outcome
from rcm_pipeline.settings import load_client_settings
from rcm_pipeline.warehouse import file_codes, open_warehouse, read
from rcm_pipeline.weeks import anchor_of

_SPECS = [table_spec(name, mart.sources) for name, mart in MARTS.items()]
_CHECKS = [spec for name in MARTS for spec in check_specs(name)]


@dg.multi_asset(name="marts", specs=_SPECS, check_specs=_CHECKS)
def marts(context: dg.AssetExecutionContext, workplace: dg.ResourceParam[Workplace]) -> Iterator[dg.MaterializeResult[None]]:
    """Compute everything that is published."""
    counts, outcomes = safely(lambda: _build(workplace, context.partition_key, context.run.run_id))
    for name in MARTS:
        yield results(name, counts[name], outcomes)


def _build(place: Workplace, client: str, run_id: str) -> tuple[dict[str, int], list[Outcome]]:
    settings = load_client_settings(place.home.settings, client)
    with open_warehouse(place.home.warehouse(client)) as connection:
        files = file_codes(connection)
        tables = {name: read(connection, name, columns, files) for name, columns in SOURCES.items()}
        anchor = anchor_of(tables["core_adjudications"], place.today)
        return store_each(connection, run_id, mart_tables(tables, anchor, settings), {CURRENT_CODES.table_name: judge_code_sets})
