"""What clients know together: read back into a client's file before its marts, and made anew after the clients have run."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from assets.factory import Made, Step, store, table_step
from assets.guard import safely
from assets.resources import Workplace
from rcm_pipeline.connection import at_once, open_warehouse
from rcm_pipeline.denials.spikes.counts import weekly_counts
from rcm_pipeline.denials.spikes.portfolio import portfolio as portfolio_table
from rcm_pipeline.privacy.keys import client_keys
from rcm_pipeline.publishing import write_in_place
from rcm_pipeline.settings import consenting
from rcm_pipeline.warehouse import as_parquet, read
from schemas.contract import empty, polars_schema
from schemas.registry import CONTRACTS

_NAME = "ops_portfolio"
_KEY = "_portfolio"  # of the chance that rounds; no client's name begins with an underscore
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
    table = _published(step.workplace.home.portfolio) if step.settings.data_aggregation else empty(CONTRACTS[_NAME])
    with at_once(step.connection):
        yield _NAME, table.height, store(step, _NAME, table)


ops_portfolio = table_step(_NAME, {_NAME: ("raw_files",)}, _take, "What the portfolio hands back to a client that takes part.")


def _make(workplace: Workplace) -> tuple[int, int]:
    """What was published stays; new weeks come to it. Clients and rows."""
    home = workplace.home
    clients, published, before = consenting(home), _published(home.portfolio), _members(home.members)
    last = published["week"].max()
    if set(before) - set(clients):  # what somebody took part in who does so no more is handed back no longer, nor counted anew
        published, before = published.clear(), {}
    since = {client: before.get(client, last) for client in clients}
    counted = [_counts(home.published(client), client, after) for client, after in since.items()]
    table = portfolio_table(pl.concat(counted), published, client_keys(home.keys, _KEY)[-1]) if counted else published
    days = {client: after.isoformat() if isinstance(after, dt.date) else None for client, after in since.items()}
    write_in_place(home.members, json.dumps(days).encode())
    write_in_place(home.portfolio, as_parquet(table))
    return len(clients), table.height


def _published(path: Path) -> pl.DataFrame:
    """The reference as it was last handed back; none where it is of another version of the software."""
    table = pl.read_parquet(path) if path.exists() else empty(CONTRACTS[_NAME])
    return table if table.schema == polars_schema(CONTRACTS[_NAME]) else empty(CONTRACTS[_NAME])


def _members(path: Path) -> dict[str, dt.date | None]:
    """Who takes part, and the week after which each one's claims count; of the first ones all."""
    known = json.loads(path.read_bytes()) if path.exists() else {}
    return {client: dt.date.fromisoformat(after) if after else None for client, after in known.items()}


def _counts(path: Path, client: str, after: Any) -> pl.DataFrame:
    """A client's weekly counts after a week: the only thing that is read of it."""
    with open_warehouse(path, read_only=True) as connection:
        rates = read(connection, "mart_denial_rates", _COUNTED).filter("is_complete")
    last = rates["week"].max()
    weekly = weekly_counts(rates, last if isinstance(last, dt.date) else None, client)
    return weekly if after is None else weekly.filter(pl.col("week") > after)
