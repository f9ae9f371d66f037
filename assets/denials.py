"""Core denial tables, and the weekly denial rates made from them."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from assets.contracts import check_specs, results, table_spec
from assets.guard import safely
from assets.marts import mart_asset
from assets.resources import Workplace
from assets.store import record, store_tables
from rcm_pipeline.denials.core import build_core
from rcm_pipeline.denials.history import anchor_of, recent_volumes
from rcm_pipeline.quality.outcomes import Outcome
from rcm_pipeline.quality.suite import usual_volume
from rcm_pipeline.settings import load_client_settings
from rcm_pipeline.warehouse import open_warehouse, read

CORE = ["core_payers", "core_adjudications", "core_adjudicated_lines", "core_denials"]
SOURCES = ["raw_payments", "raw_remits", "raw_remit_lines", "raw_adjustments", "raw_remarks"]
_CHECKS = [spec for name in CORE for spec in check_specs(name)]


@dg.multi_asset(name="core", specs=[table_spec(name, SOURCES) for name in CORE], check_specs=_CHECKS)
def core(context: dg.AssetExecutionContext, workplace: dg.ResourceParam[Workplace]) -> Iterator[dg.MaterializeResult[None]]:
    """Decide every line, find every cause, then let Great Expectations judge the batch."""
    counts, outcomes = safely(lambda: _build(workplace, context.partition_key, context.run.run_id))
    for name in CORE:
        yield results(name, counts[name], outcomes)


def _build(place: Workplace, client: str, run_id: str) -> tuple[dict[str, int], list[Outcome]]:
    settings, path = load_client_settings(place.home.settings, client), place.home.warehouse(client)
    with open_warehouse(path) as connection:
        tables = build_core(
            {name: read(connection, name) for name in SOURCES},
            payer_aliases=settings.payer_aliases,
            capitated_payers=settings.capitated_payers,
        )
        outcomes = store_tables(connection, run_id, tables)
    judged = _judge(place, client, tables)
    with open_warehouse(path) as connection:
        record(connection, run_id, judged)
    return {name: frame.height for name, frame in tables.items()}, outcomes + judged


def _judge(place: Workplace, client: str, tables: dict[str, pl.DataFrame]) -> list[Outcome]:
    from rcm_pipeline.quality.expectations import Batch, judge_batch  # takes seconds to import, so only here

    anchor = anchor_of(tables["core_adjudications"], place.today)
    low, high = usual_volume(recent_volumes(tables["core_adjudications"], anchor))
    return judge_batch(place.home.warehouse(client), Batch(anchor, place.today, low, high))


rates = mart_asset("mart_denial_rates")
