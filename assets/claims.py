"""What was sent, and what came back in front of the payer's decision."""

from collections.abc import Iterator

import dagster as dg

from assets.contracts import check_specs, results, table_spec
from assets.guard import safely
from assets.resources import Workplace
from assets.store import store_tables
from rcm_pipeline.claims.submissions import SOURCES, core_submissions
from rcm_pipeline.quality.outcomes import Outcome
from rcm_pipeline.warehouse import open_warehouse, read

TABLE = "core_submissions"


@dg.multi_asset(name=TABLE, specs=[table_spec(TABLE, SOURCES)], check_specs=check_specs(TABLE))
def submissions(context: dg.AssetExecutionContext, workplace: dg.ResourceParam[Workplace]) -> Iterator[dg.MaterializeResult[None]]:
    """Match acknowledgements with what was sent."""
    count, outcomes = safely(lambda: _build(workplace, context.partition_key, context.run.run_id))
    yield results(TABLE, count, outcomes)


def _build(place: Workplace, client: str, run_id: str) -> tuple[int, list[Outcome]]:
    with open_warehouse(place.home.warehouse(client)) as connection:
        table = core_submissions({source: read(connection, source) for source in SOURCES}, place.today)
        return table.height, store_tables(connection, run_id, {TABLE: table})
