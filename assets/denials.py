"""The core tables in one step, and the marts of denials made from them."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from assets.contracts import check_specs, results, table_spec
from assets.guard import safely
from assets.marts import mart_asset
from assets.resources import Workplace
from assets.store import record, store_tables
from rcm_pipeline.denials.core import CORE, SOURCES, build_core
from rcm_pipeline.denials.history import anchor_of, recent_volumes
from rcm_pipeline.denials.reclassified import RECLASSIFIED_BY, reclassified
from rcm_pipeline.quality.outcomes import Outcome
from rcm_pipeline.quality.suite import usual_volume
from rcm_pipeline.settings import load_client_settings
from rcm_pipeline.warehouse import append, open_warehouse, read

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
    with open_warehouse(path) as connection:
        raw = {name: read(connection, name, columns) for name, columns in SOURCES.items()}
        before = read(connection, "core_denials", RECLASSIFIED_BY)
        tables = build_core(raw, settings, place.today)
        del raw
        append(connection, "ops_reclassifications", reclassified(before, tables["core_denials"], run_id))
        outcomes = store_tables(connection, run_id, tables)
    judged = _judge(place, client, tables["core_adjudications"])
    with open_warehouse(path) as connection:
        record(connection, run_id, judged)
    return {name: frame.height for name, frame in tables.items()}, outcomes + judged


def _judge(place: Workplace, client: str, adjudications: pl.DataFrame) -> list[Outcome]:
    from rcm_pipeline.quality.expectations import Batch, judge_batch  # takes seconds to import, so only here

    anchor = anchor_of(adjudications, place.today)
    low, high = usual_volume(recent_volumes(adjudications, anchor))
    return judge_batch(place.home.warehouse(client), Batch(anchor, place.today, low, high))


rates = mart_asset("mart_denial_rates")
outcomes = mart_asset("mart_denial_outcomes")
cohorts = mart_asset("mart_denial_cohorts")
recoveries = mart_asset("mart_recoveries")
payer_quality = mart_asset("mart_payer_quality")
trends = mart_asset("mart_denial_trends")
unmatched = mart_asset("mart_unmatched")
funnel = mart_asset("mart_claim_funnel")
worklist = mart_asset("mart_worklist")
