"""One way to make a mart asset: read its sources, call its builder, store and check the result."""

from collections.abc import Iterator

import dagster as dg

from assets.contracts import check_specs, results, table_spec
from assets.guard import safely
from assets.resources import Workplace
from assets.store import store_tables
from rcm_pipeline.denials.history import anchor_of
from rcm_pipeline.governance.marts import MARTS, sources_of
from rcm_pipeline.quality.outcomes import Outcome
from rcm_pipeline.settings import load_client_settings
from rcm_pipeline.warehouse import open_warehouse, read


def mart_asset(name: str) -> dg.AssetsDefinition:
    """The asset of one mart of the library's list."""

    @dg.multi_asset(name=name, specs=[table_spec(name, MARTS[name].sources)], check_specs=check_specs(name))
    def mart(context: dg.AssetExecutionContext, workplace: dg.ResourceParam[Workplace]) -> Iterator[dg.MaterializeResult[None]]:
        count, outcomes = safely(lambda: _build(name, workplace, context.partition_key, context.run.run_id))
        yield results(name, count, outcomes)

    return mart


def _build(name: str, place: Workplace, client: str, run_id: str) -> tuple[int, list[Outcome]]:
    settings = load_client_settings(place.home.settings, client)
    with open_warehouse(place.home.warehouse(client)) as connection:
        tables = {source: read(connection, source, columns) for source, columns in sources_of(name).items()}
        table = MARTS[name].build(tables, anchor_of(tables["core_adjudications"], place.today), settings)
        return table.height, store_tables(connection, run_id, {name: table})
