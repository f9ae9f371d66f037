"""What clients know together: read back into a client's file before its marts, and made anew after the clients have run."""

import datetime as dt
from pathlib import Path

import dagster as dg
import polars as pl

from assets.factory import Made, Step, store, table_step
from assets.guard import safely
from assets.resources import Workplace
from rcm_pipeline.connection import at_once, open_warehouse
from rcm_pipeline.denials.spikes.counts import weekly_counts
from rcm_pipeline.denials.spikes.portfolio import portfolio as portfolio_table
from rcm_pipeline.publishing import write_in_place
from rcm_pipeline.settings import consenting
from rcm_pipeline.warehouse import as_parquet, read
from schemas.contract import conform, empty
from schemas.registry import CONTRACTS

_NAME = "ops_portfolio"
_COUNTED = ("metric_id", "payer_id", "root_cause", "week", "numerator", "denominator", "is_complete")


@dg.asset(group_name="portfolio", kinds={"polars", "parquet"})
def portfolio(workplace: dg.ResourceParam[Workplace]) -> dg.MaterializeResult[None]:
    """Seasonal index, usual rate and payer-wide line over clients, from weekly counts of those that allow it, suppressed.

    It reads mart_denial_rates of each client's own file, one after the other, and writes one file beside them.
    """
    clients, rows = safely(workplace, lambda: _make(workplace))
    return dg.MaterializeResult(metadata={"clients": clients, "rows": rows})


def _take(step: Step) -> Made:
    """The portfolio's latest reference, for a client whose settings allow data aggregation; nothing for others."""
    contract, path = CONTRACTS[_NAME], step.workplace.home.portfolio
    is_part = step.settings.data_aggregation
    table = conform(pl.read_parquet(path), contract) if is_part and path.exists() else empty(contract)
    with at_once(step.connection):
        yield _NAME, table.height, store(step, _NAME, table)


ops_portfolio = table_step(_NAME, {_NAME: ("raw_files",)}, _take, "What the portfolio hands back to a client that takes part.")


def _make(workplace: Workplace) -> tuple[int, int]:
    clients = consenting(workplace.home)
    counted = [_counts(workplace.home.published(client), client) for client in clients]
    table = portfolio_table(pl.concat(counted)) if counted else empty(CONTRACTS[_NAME])
    write_in_place(workplace.home.portfolio, as_parquet(table))
    return len(clients), table.height


def _counts(path: Path, client: str) -> pl.DataFrame:
    """A client's weekly counts: the only thing that is read of it."""
    with open_warehouse(path, read_only=True) as connection:
        rates = read(connection, "mart_denial_rates", _COUNTED).filter("is_complete")
    last = rates["week"].max()
    return weekly_counts(rates, last if isinstance(last, dt.date) else None, client)
