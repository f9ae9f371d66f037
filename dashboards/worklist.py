"""The worklist for the people who work it: a workbook, with account numbers only where that is asked for."""

import os
from pathlib import Path

from dashboards.workbook import worklist_workbook
from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.governance.access import account_numbers
from rcm_pipeline.settings import Home
from rcm_pipeline.warehouse import read


def write_worklist(home: Home, client: str, out: Path, *, with_accounts: bool) -> tuple[int, int]:
    """Write the workbook, readable by its owner only; return how many denials it lists and how many have an account number."""
    with open_warehouse(home.published(client), read_only=True) as connection:
        listed = read(connection, "mart_worklist")
    accounts = account_numbers(home, client, listed["claim_token"].drop_nulls(), "worklist") if with_accounts else None
    write_private(out, worklist_workbook(listed, None, accounts))
    return listed.height, 0 if accounts is None else listed.join(accounts, on="claim_token", how="semi").height


def write_private(out: Path, content: bytes) -> None:
    """Write a file that may identify people, readable by its owner only."""
    with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        os.fchmod(file.fileno(), 0o600)  # one that was there already may be open to others
        file.write(content)
