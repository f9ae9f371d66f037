"""The core tables of coding in one step."""

from collections.abc import Iterator

import dagster as dg

from assets.contracts import check_specs, results, table_spec
from assets.guard import safely
from assets.resources import Workplace
from assets.store import store_each
from rcm_pipeline.coding.reviews.core import CORE, SOURCES, qa_tables
from rcm_pipeline.quality.checks import COUNTED_REVIEWS
from rcm_pipeline.quality.contracts import Outcome
from rcm_pipeline.quality.qa_reviews import judge_reviews
from rcm_pipeline.settings import load_client_settings
from rcm_pipeline.warehouse import file_codes, open_warehouse, read

_SPECS = [table_spec(name, SOURCES) for name in CORE]
_CHECKS = [spec for name in CORE for spec in check_specs(name)]


@dg.multi_asset(name="core_qa", specs=_SPECS, check_specs=_CHECKS)
def core_qa(context: dg.AssetExecutionContext, workplace: dg.ResourceParam[Workplace]) -> Iterator[dg.MaterializeResult[None]]:
    """Take the QA reviews in force, compare their codes, and settle what counts against the coder."""
    counts, outcomes = safely(lambda: _build(workplace, context.partition_key, context.run.run_id))
    for name in CORE:
        yield results(name, counts[name], outcomes)


def _build(place: Workplace, client: str, run_id: str) -> tuple[dict[str, int], list[Outcome]]:
    settings = load_client_settings(place.home.settings, client)
    with open_warehouse(place.home.warehouse(client)) as connection:
        files = file_codes(connection)
        tables = {name: read(connection, name, columns, files) for name, columns in SOURCES.items()}
        return store_each(
            connection,
            run_id,
            qa_tables(tables, settings),
            {COUNTED_REVIEWS.table_name: lambda table: judge_reviews(tables["raw_qa_reviews"], table)},
        )
