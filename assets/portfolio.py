"""What clients know together: read back into a client's file before its marts, and made anew after the clients have run."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import polars as pl

from assets.factory import Made, Step, store, table_step
from assets.guard import safely
from assets.resources import Workplace
from rcm_pipeline.connection import at_once, open_warehouse
from rcm_pipeline.denials.spikes.counts import weekly_counts
from rcm_pipeline.denials.spikes.portfolio import portfolio as portfolio_table
from rcm_pipeline.privacy.keys import client_keys
from rcm_pipeline.publishing import one_at_a_time, write_in_place
from rcm_pipeline.settings import Home, consenting, load_client_settings
from rcm_pipeline.warehouse import as_parquet, from_parquet, read
from schemas.contract import empty
from schemas.registry import CONTRACTS

_NAME = "ops_portfolio"
_PATIENCE = 4  # weeks a member may be behind the others before they no longer wait for it
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
    """What was published stays; new weeks come to it. Clients and rows. One process at a time.

    Nothing is renewed while the file of a member that still allows it is not there, as while its key is renewed.
    """
    home = workplace.home
    with one_at_a_time(home.portfolio.with_name(".making.lock")):
        clients, published, members = consenting(home), _published(home.portfolio), _members(home.members)
        away = set(members.since) - set(clients)
        if any(load_client_settings(home.settings, client).data_aggregation for client in away):
            return len(clients), published.height
        return len(clients), _renew(home, clients, published, _closed(members, published), has_left=bool(away))


@dataclass(frozen=True)
class _Members:
    """Who takes part, the week after which each one's claims count (of the first ones all), and the last week ever handed back."""

    since: Mapping[str, dt.date | None]
    closed: dt.date | None


def _renew(home: Home, clients: Sequence[str], published: pl.DataFrame, members: _Members, *, has_left: bool) -> int:
    """Rows of the reference after new weeks came to it.

    Where somebody left, nothing of the weeks it took part in is handed back any longer, nor counted anew: the empty reference is
    written first, so that a run that is stopped in between hands nothing of it back.
    """
    if has_left:
        published, members = published.clear(), _Members({}, members.closed)
        write_in_place(home.portfolio, as_parquet(published))
    since = {client: members.since.get(client, members.closed) for client in clients}
    days = {client: None if after is None else after.isoformat() for client, after in since.items()}
    closed = None if members.closed is None else members.closed.isoformat()
    write_in_place(home.members, json.dumps({"since": days, "closed": closed}).encode())
    counted = _reached([_counts(home.published(client), client, after) for client, after in since.items()])
    table = portfolio_table(pl.concat(counted), published, client_keys(home.keys, _KEY)[-1]) if counted else published
    write_in_place(home.portfolio, as_parquet(table))
    return table.height


def _closed(members: _Members, published: pl.DataFrame) -> _Members:
    """The same with the last week of what was handed back: no later version counts it or one before it anew."""
    last = published["week"].max()
    days = [day for day in (members.closed, last) if isinstance(day, dt.date)]
    return _Members(members.since, max(days, default=None))


def _reached(counted: Sequence[pl.DataFrame]) -> list[pl.DataFrame]:
    """The weeks that every member has reached, for a week that is handed back stays; not waited for is who has fallen silent."""
    lasts = [last for frame in counted if isinstance(last := frame["week"].max(), dt.date)]
    awake = [last for last in lasts if last >= max(lasts) - dt.timedelta(weeks=_PATIENCE)]
    return [frame.filter(pl.col("week") <= min(awake)) for frame in counted] if awake else list(counted)


def _published(path: Path) -> pl.DataFrame:
    """The reference as it was last handed back; none where it is of another version of the software."""
    return from_parquet(path.read_bytes(), _NAME) if path.exists() else empty(CONTRACTS[_NAME])


def _members(path: Path) -> _Members:
    known = json.loads(path.read_bytes()) if path.exists() else {"since": {}, "closed": None}
    days = {client: dt.date.fromisoformat(after) if after else None for client, after in known["since"].items()}
    return _Members(days, dt.date.fromisoformat(known["closed"]) if known["closed"] else None)


def _counts(path: Path, client: str, after: dt.date | None) -> pl.DataFrame:
    """A client's weekly counts after a week: the only thing that is read of it."""
    with open_warehouse(path, read_only=True) as connection:
        rates = read(connection, "mart_denial_rates", _COUNTED).filter("is_complete")
    last = rates["week"].max()
    weekly = weekly_counts(rates, last if isinstance(last, dt.date) else None, client)
    return weekly if after is None else weekly.filter(pl.col("week") > after)
