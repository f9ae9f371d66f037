"""Raw tables: load what is new in a client's inbox."""

from dataclasses import replace

import duckdb
import polars as pl

from assets.factory import Made, Step, table_step
from assets.resources import now
from rcm_pipeline import __version__
from rcm_pipeline.errors import SettingsError, StorageError
from rcm_pipeline.governance.publications import latest_run
from rcm_pipeline.intake.inbox import KnownContents, deliveries, places_of
from rcm_pipeline.intake.load import load_inbox
from rcm_pipeline.privacy.keys import client_keys
from rcm_pipeline.privacy.tokens import Tokens, key_id
from rcm_pipeline.privacy.vault import Vault
from rcm_pipeline.quality.contracts import RULES, Outcome, check_portions, check_quarantine
from rcm_pipeline.warehouse import QUARANTINE, append, create_tables, portions, row_counts
from schemas.contract import conform
from schemas.registry import CONTRACTS, layer

TABLES = tuple(layer("raw"))


def _load(step: Step) -> Made:
    """Load every new file of the inbox, each content once, in transactions with its ledger rows, and judge what was loaded."""
    create_tables(step.connection)
    is_judged = _is_judged(step.connection)
    _begin(step)
    known = KnownContents(step.workplace.home.known_contents(step.client))
    found = list(deliveries(places_of(step.workplace.home.inbox, step.client), known))
    tokens, vault = _tokens(step)
    loaded = load_inbox(step.connection, found, step.settings, tokens, step.workplace.progress, vault.seal)
    known.save()
    step.connection.execute(
        "UPDATE ops_runs SET file_count = ?, duplicate_count = ?, unreadable_count = ? WHERE run_id = ?",
        [loaded.file_count, loaded.duplicate_count, loaded.unreadable_count, step.run_id],
    )
    rows = row_counts(step.connection, [*TABLES, *(QUARANTINE + name for name in TABLES)])
    for name in TABLES:
        fresh = portions(step.connection, name, loaded.file_ids if is_judged else None)
        judged = [_of_all(outcome, rows[name]) for outcome in check_portions(fresh, CONTRACTS[name])]
        set_aside = check_quarantine(name, rows[name], rows[QUARANTINE + name], step.settings.quarantine.max_share)
        yield name, rows[name], [*judged, set_aside]


def _begin(step: Step) -> None:
    """The run's row stands before anything is loaded: however the run ends, what it left is not taken for what was published."""
    counts = {"file_count": 0, "duplicate_count": 0, "unreadable_count": 0}
    [(before,)] = step.connection.sql("SELECT coalesce(max(run_no), 0) FROM ops_runs").fetchall()
    run = {"run_id": step.run_id, "run_no": before + 1, "started_at": now(), "status": "running", "code_version": __version__, **counts}
    append(step.connection, "ops_runs", conform(pl.DataFrame([run]), CONTRACTS["ops_runs"]))


def _is_judged(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether all that is loaded was judged by these contracts: it was when the last run was published by this version."""
    last = latest_run(connection)
    return last is not None and (last.status, last.code_version) == ("published", __version__)


def _of_all(outcome: Outcome, rows: int) -> Outcome:
    """The verdict on the rules for the whole table: what was there before was judged when it was loaded."""
    return replace(outcome, checked_count=rows) if outcome.check_name == RULES else outcome


def _tokens(step: Step) -> tuple[Tokens, Vault]:
    """The client's tokens and what holds their numbers; another key than that of the warehouse matches nothing, so it is refused."""
    used = {row[0] for row in step.connection.sql("SELECT DISTINCT key_id FROM raw_files").fetchall()}
    keys = client_keys(step.workplace.home.keys, step.client, may_create=not used)
    vault = Vault(step.workplace.home.vault(step.client), keys)
    tokens = Tokens(*keys, heard=vault.note)
    if tokens.older_key_id in used:
        folder = step.workplace.home.warehouse(step.client).parent
        raise StorageError(
            f"{folder}: this warehouse holds pseudonyms of version 0.5, which match none of now",
            fix="move that folder away and run again: the whole inbox is then read anew",
        )
    if used & {key_id(key) for key in keys[:-1]}:
        raise SettingsError(f"{step.client}: its keys were renewed, but not its tokens", fix=f"rcm keys rotate {step.client}")
    if used - {tokens.key_id}:
        names = ", ".join(sorted(used))
        folder = step.workplace.home.keys
        raise SettingsError(f"{folder}/{step.client}.key: this warehouse was made with another key ({names})", fix="restore that key")
    return tokens, vault


raw = table_step("raw", dict.fromkeys(TABLES, ()), _load, "What is new in the inbox, typed and tokenised, with its ledger.")
