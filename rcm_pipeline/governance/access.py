"""Opening a client's vault: entered in the access log first; and renewing its keys, with every token made anew."""

import datetime as dt
from pathlib import Path

import duckdb
import polars as pl

from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.errors import StorageError
from rcm_pipeline.privacy.access_log import AccessLog
from rcm_pipeline.privacy.keys import Keys, add_key, client_keys
from rcm_pipeline.privacy.tokens import TOKEN_HEX_DIGITS, key_id, renewed_text
from rcm_pipeline.privacy.vault import ACCOUNT, PAYER_NUMBER, Vault
from rcm_pipeline.publishing import beside
from rcm_pipeline.settings import Home
from rcm_pipeline.warehouse import QUARANTINE, append, create_tables, read
from schemas.registry import layer

_ROWS = 500_000  # of a table, made anew at a time
_TOKEN = rf"^[0-9a-f]{{{TOKEN_HEX_DIGITS}}}$"


def account_numbers(home: Home, client: str, tokens: pl.Series, action_code: str) -> pl.DataFrame:
    """claim_token and account of these tokens, from the vault; that it was opened stands in the access log before it is.

    Numbers of files that were read before there was a vault are not in it. Raises StorageError where log or vault were changed.
    """
    return _opened(home, client, tokens, action_code).numbers(ACCOUNT, tokens).rename({"token": "claim_token", "number": "account"})


def numbers_of(home: Home, client: str, claim_token: str) -> tuple[str | None, list[str]]:
    """The account number of a claim and the payers' own numbers of it, from the vault, entered as `explain`."""
    with open_warehouse(home.published(client), read_only=True) as connection:
        query = "SELECT DISTINCT icn_token FROM raw_remits WHERE claim_token = ? AND icn_token IS NOT NULL ORDER BY 1"
        payers = pl.Series([row[0] for row in connection.execute(query, [claim_token]).fetchall()], dtype=pl.String)
    vault = _opened(home, client, pl.Series([claim_token]), "explain")
    account = vault.numbers(ACCOUNT, pl.Series([claim_token]))["number"].to_list()
    return account[0] if account else None, vault.numbers(PAYER_NUMBER, payers)["number"].sort().to_list()


def checked_entries(connection: duckdb.DuckDBPyConnection, home: Home, client: str) -> pl.DataFrame:
    """The access log as it is now. Raises StorageError where it is not what was written, or lacks what the warehouse knows of it."""
    log = AccessLog(home.access_log(client), client_keys(home.keys, client, may_create=False))
    return log.entries_since(read(connection, "ops_access_log"))


def access_entries(home: Home, client: str) -> pl.DataFrame:
    """Rows of ops_access_log as they are now. Raises StorageError where they are not what was written, or one is missing."""
    with open_warehouse(home.published(client), read_only=True) as connection:
        return checked_entries(connection, home, client)


def rotate_keys(home: Home, client: str) -> None:
    """Give the client a new key and make every token anew under it; called by who holds the client's lock.

    Where an earlier call was stopped in between it is taken up: the warehouse says with which key its tokens were made. Afterwards
    core and marts are empty and nothing is published until the next run. Raises StorageError, SettingsError and BusyError.
    """
    working = home.warehouse(client)
    with open_warehouse(working) as connection:
        used = {row[0] for row in connection.sql("SELECT DISTINCT key_id FROM raw_files").fetchall()}
        connection.execute("CHECKPOINT")
    keys = client_keys(home.keys, client, may_create=False)
    if used <= {key_id(keys[-1])}:
        keys = add_key(home.keys, client)
    since = next((at for at, key in enumerate(keys) if used == {key_id(key)}), None)
    if used and since is None:
        raise StorageError(f"{working}: its pseudonyms were not all made with one of this client's keys", fix="restore the right key")
    AccessLog(home.access_log(client), keys).add("rotate", 0, _now())
    home.published(client).unlink(missing_ok=True)
    Vault(home.vault(client), keys).renew()
    _renew_tokens(working, keys[(since or 0) + 1 :])  # the last, for until then the warehouse says that it is not done


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


def _opened(home: Home, client: str, tokens: pl.Series, action_code: str) -> Vault:
    keys = client_keys(home.keys, client, may_create=False)
    AccessLog(home.access_log(client), keys).add(action_code, tokens.n_unique(), _now())
    return Vault(home.vault(client), keys)


def _renew_tokens(working: Path, later: Keys) -> None:
    """What was read and noted in a new database, its tokens renewed; no page of the old one is kept."""
    tables = [*layer("raw"), *(QUARANTINE + name for name in layer("raw")), *layer("ops")]
    with beside(working) as fresh, open_warehouse(working, read_only=True) as old, open_warehouse(fresh) as new:
        create_tables(new)
        for name in tables:
            for batch in old.sql(f'SELECT * FROM "{name}"').to_arrow_reader(_ROWS):
                append(new, name, _with_renewed(pl.DataFrame(batch), later))
        new.execute("UPDATE raw_files SET key_id = ?", [key_id(later[-1])])
        new.execute("UPDATE ops_runs SET status = 'failed' WHERE run_no = (SELECT max(run_no) FROM ops_runs)")  # nothing is computed
        new.execute("CHECKPOINT")
    working.with_name(f"{working.name}.wal").unlink(missing_ok=True)


def _with_renewed(frame: pl.DataFrame, later: Keys) -> pl.DataFrame:
    for name, kind in frame.schema.items():
        if kind != pl.String:
            continue
        old = frame[name].filter(frame[name].str.contains(_TOKEN)).unique()
        if len(old):
            frame = frame.with_columns(frame[name].replace(old, renewed_text(later, old)))
    return frame
