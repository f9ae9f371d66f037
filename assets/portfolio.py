"""What clients know together: read back into a client's file before its marts, and made anew after the clients have run."""

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import polars as pl

from assets.contracts import check_specs, results, table_spec
from assets.guard import safely
from assets.resources import Workplace
from assets.store import store_tables
from rcm_pipeline.denials.spikes.counts import weekly_counts
from rcm_pipeline.denials.spikes.portfolio import portfolio as portfolio_table
from rcm_pipeline.quality.contracts import Outcome
from rcm_pipeline.settings import consenting, load_client_settings
from rcm_pipeline.warehouse import open_warehouse, read
from schemas.contract import conform, empty
from schemas.registry import CONTRACTS

_NAME = "ops_portfolio"
_COUNTED = ("metric_id", "payer_id", "root_cause", "week", "numerator", "denominator", "is_complete")


@dg.multi_asset(name=_NAME, specs=[table_spec(_NAME, ["raw_files"])], check_specs=check_specs(_NAME))
def ops_portfolio(context: dg.AssetExecutionContext, workplace: dg.ResourceParam[Workplace]) -> Iterator[dg.MaterializeResult[None]]:
    """The portfolio's latest reference, for a client whose settings allow data aggregation; nothing for others."""
    count, outcomes = safely(lambda: _take(workplace, context.partition_key, context.run.run_id))
    yield results(_NAME, count, outcomes)


@dg.asset(group_name="portfolio", kinds={"polars", "parquet"})
def portfolio(workplace: dg.ResourceParam[Workplace]) -> dg.MaterializeResult[None]:
    """Seasonal index, usual rate and payer-wide line over clients, from weekly counts of those that allow it, suppressed.

    It reads mart_denial_rates of each client's own file, one after the other, and writes one file beside them.
    """
    clients, rows = safely(lambda: _make(workplace))
    return dg.MaterializeResult(metadata={"clients": clients, "rows": rows})


def _take(place: Workplace, client: str, run_id: str) -> tuple[int, list[Outcome]]:
    contract, path = CONTRACTS[_NAME], place.home.portfolio
    is_part = load_client_settings(place.home.settings, client).data_aggregation
    table = conform(pl.read_parquet(path), contract) if is_part and path.exists() else empty(contract)
    with open_warehouse(place.home.warehouse(client)) as connection:
        return table.height, store_tables(connection, run_id, {_NAME: table})


def _make(place: Workplace) -> tuple[int, int]:
    clients = consenting(place.home)
    counted = [_counts(place.home.warehouse(client), client) for client in clients]
    table = portfolio_table(pl.concat(counted)) if counted else empty(CONTRACTS[_NAME])
    _write(table, place.home.portfolio)
    return len(clients), table.height


def _counts(path: Path, client: str) -> pl.DataFrame:
    """A client's weekly counts: the only thing that is read of it."""
    with open_warehouse(path, read_only=True) as connection:
        rates = read(connection, "mart_denial_rates", _COUNTED).filter("is_complete")
    last = rates["week"].max()
    return weekly_counts(rates, last if isinstance(last, dt.date) else None, client)


def _write(table: pl.DataFrame, path: Path) -> None:
    """Beside, then renamed: a client reads the old reference or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    beside = path.with_name(f".{path.name}-{os.getpid()}")
    table.write_parquet(beside)
    beside.replace(path)
