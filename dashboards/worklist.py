"""The worklist for the people who work it: a workbook, with account numbers only where that is asked for."""

import os
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from dashboards.workbook import worklist_workbook
from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.governance.claim_history import ACCOUNT_DOMAIN
from rcm_pipeline.intake.contents import content_of
from rcm_pipeline.intake.inbox import deliveries, places_of
from rcm_pipeline.intake.load import read_portions
from rcm_pipeline.privacy.keys import client_key
from rcm_pipeline.privacy.tokens import Identified, Tokens
from rcm_pipeline.settings import Home, load_client_settings
from rcm_pipeline.warehouse import read


def write_worklist(home: Home, client: str, out: Path, *, with_accounts: bool) -> tuple[int, int]:
    """Write the workbook, readable by its owner only; return how many denials it lists and how many have an account number."""
    with open_warehouse(home.published(client), read_only=True) as connection:
        listed = read(connection, "mart_worklist")
    accounts = account_numbers(home, client, listed["claim_token"].drop_nulls()) if with_accounts else None
    write_private(out, worklist_workbook(listed, None, accounts))
    return listed.height, 0 if accounts is None else listed.join(accounts, on="claim_token", how="semi").height


def write_private(out: Path, content: bytes) -> None:
    """Write a file that may identify people, readable by its owner only."""
    with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        os.fchmod(file.fileno(), 0o600)  # one that was there already may be open to others
        file.write(content)


def account_numbers(home: Home, client: str, tokens: pl.Series) -> pl.DataFrame:
    """claim_token and account of these tokens, read again from the claims and remittances in the inbox; nothing is stored."""
    wanted = tokens.unique().implode()
    pseudonyms = Tokens(client_key(home.keys, client))
    found = [
        numbers.select(pseudonyms.token(ACCOUNT_DOMAIN, numbers["account"]).alias("claim_token"), "account").filter(
            pl.col("claim_token").is_in(wanted)
        )
        for numbers in _numbers(home, client)
    ]
    empty = pl.DataFrame(schema={"claim_token": pl.String, "account": pl.String})
    return pl.concat([empty, *found]).unique("claim_token", keep="first", maintain_order=True)


def _numbers(home: Home, client: str) -> Iterator[pl.DataFrame]:
    """Account numbers as the client's files write them, a portion at a time."""
    settings = load_client_settings(home.settings, client)
    found = [content_of(d) for d in deliveries(places_of(home.inbox, client)) if d.file_id]
    for _, readings in read_portions(found, settings, Identified(), set()):
        for reading in readings:
            for table in ("raw_claims", "raw_remits"):
                frame = reading.tables.get(table)
                if frame is not None and frame.height:
                    yield frame.select(pl.col("claim_token").alias("account")).drop_nulls().unique()
