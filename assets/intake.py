"""Raw tables: load what is new in a client's inbox."""

import polars as pl

from assets.factory import Made, Step, table_step
from assets.resources import now
from rcm_pipeline import __version__
from rcm_pipeline.errors import SettingsError
from rcm_pipeline.intake.inbox import clients_of, deliveries
from rcm_pipeline.intake.load import load_inbox
from rcm_pipeline.privacy.keys import client_key
from rcm_pipeline.privacy.tokens import Tokens
from rcm_pipeline.quality.contracts import check_portions, check_quarantine
from rcm_pipeline.warehouse import QUARANTINE, append, create_tables, portions
from schemas.contract import conform
from schemas.registry import CONTRACTS, layer

TABLES = tuple(layer("raw"))


def _load(step: Step) -> Made:
    """Load every new file of the inbox, each content once, in transactions with its ledger rows, and judge the tables."""
    create_tables(step.connection)
    found = list(deliveries(clients_of(step.workplace.home.inbox).get(step.client, [])))
    started = now()
    loaded = load_inbox(step.connection, found, step.settings, _tokens(step), step.workplace.progress)
    run = {
        "run_id": step.run_id,
        "started_at": started,
        "status": "running",
        "code_version": __version__,
        "file_count": loaded.file_count,
        "duplicate_count": loaded.duplicate_count,
        "unreadable_count": loaded.unreadable_count,
    }
    append(step.connection, "ops_runs", conform(pl.DataFrame([run]), CONTRACTS["ops_runs"]))
    for name in TABLES:
        judged = check_portions(portions(step.connection, name), CONTRACTS[name])
        broken = step.connection.sql(f'SELECT count(*) FROM "{QUARANTINE}{name}"').fetchall()[0][0]
        rows = judged[-1].checked_count
        yield name, rows, [*judged, check_quarantine(name, rows, broken, step.settings.quarantine.max_share)]


def _tokens(step: Step) -> Tokens:
    """The client's tokens; another key than the one the warehouse was made with would match nothing, so it is refused."""
    used = {row[0] for row in step.connection.sql("SELECT DISTINCT key_id FROM raw_files").fetchall()}
    tokens = Tokens(client_key(step.workplace.home.keys, step.client, may_create=not used))
    if used - {tokens.key_id}:
        names = ", ".join(sorted(used))
        keys = step.workplace.home.keys
        raise SettingsError(f"{keys}/{step.client}.key: this warehouse was made with another key ({names})", fix="restore that key")
    return tokens


raw = table_step("raw", dict.fromkeys(TABLES, ()), _load, "What is new in the inbox, typed and tokenised, with its ledger.")
