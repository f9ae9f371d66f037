"""Raw tables: load what is new in a client's inbox."""

from collections.abc import Iterator

import dagster as dg
import duckdb
import polars as pl

from assets.contracts import check_specs, results, table_spec
from assets.guard import safely
from assets.resources import Workplace
from assets.store import now, record
from rcm_pipeline import __version__
from rcm_pipeline.errors import SettingsError
from rcm_pipeline.intake.inbox import clients_of, deliveries
from rcm_pipeline.intake.load import load_inbox
from rcm_pipeline.privacy.keys import client_key
from rcm_pipeline.privacy.tokens import Tokens
from rcm_pipeline.quality.contracts import Outcome, check_portions, check_quarantine
from rcm_pipeline.settings import load_client_settings
from rcm_pipeline.warehouse import QUARANTINE, append, create_tables, open_warehouse, portions
from schemas.contract import conform
from schemas.registry import CONTRACTS, layer

TABLES = list(layer("raw"))


@dg.multi_asset(
    name="raw", specs=[table_spec(name) for name in TABLES], check_specs=[spec for name in TABLES for spec in check_specs(name)]
)
def raw(context: dg.AssetExecutionContext, workplace: dg.ResourceParam[Workplace]) -> Iterator[dg.MaterializeResult[None]]:
    """Load every new file of the inbox, each content once, in transactions with its ledger rows."""
    counts, outcomes = safely(lambda: _load(workplace, context.partition_key, context.run.run_id))
    for name in TABLES:
        yield results(name, counts[name], outcomes)


def _load(place: Workplace, client: str, run_id: str) -> tuple[dict[str, int], list[Outcome]]:
    settings = load_client_settings(place.home.settings, client)
    found = list(deliveries(clients_of(place.home.inbox).get(client, [])))
    with open_warehouse(place.home.warehouse(client)) as connection:
        create_tables(connection)
        tokens = _tokens(connection, place, client)
        started = now()
        loaded = load_inbox(connection, found, settings, tokens, place.progress)
        run = {
            "run_id": run_id,
            "started_at": started,
            "status": "running",
            "code_version": __version__,
            "file_count": loaded.file_count,
            "duplicate_count": loaded.duplicate_count,
            "unreadable_count": loaded.unreadable_count,
        }
        append(connection, "ops_runs", conform(pl.DataFrame([run]), CONTRACTS["ops_runs"]))
        counts: dict[str, int] = {}
        outcomes: list[Outcome] = []
        for name in TABLES:
            judged = check_portions(portions(connection, name), CONTRACTS[name])
            broken = connection.sql(f'SELECT count(*) FROM "{QUARANTINE}{name}"').fetchall()[0][0]
            counts[name] = judged[-1].checked_count
            outcomes += [*judged, check_quarantine(name, counts[name], broken, settings.quarantine.max_share)]
        record(connection, run_id, outcomes)
    return counts, outcomes


def _tokens(connection: duckdb.DuckDBPyConnection, place: Workplace, client: str) -> Tokens:
    """The client's tokens; another key than the one the warehouse was made with would match nothing, so it is refused."""
    used = {row[0] for row in connection.sql("SELECT DISTINCT key_id FROM raw_files").fetchall()}
    tokens = Tokens(client_key(place.home.keys, client, may_create=not used))
    if used - {tokens.key_id}:
        names = ", ".join(sorted(used))
        raise SettingsError(f"{place.home.keys}/{client}.key: this warehouse was made with another key ({names})", fix="restore that key")
    return tokens
