"""What tests of sheets share: a file read to raw tables, and the columns that matter of them."""

from typing import Any

import polars as pl

from rcm_pipeline.intake.contents import content_of_bytes
from rcm_pipeline.intake.reading import read_files
from rcm_pipeline.intake.recognise import recognise
from rcm_pipeline.privacy.tokens import Identified
from rcm_pipeline.settings import ClientSettings
from schemas.contract import empty
from schemas.registry import layer

REMITS = (
    "Account Number,Payment Date,Payer,Status,CPT,Service Date,Billed,Allowed,Paid,Group,Reason Code,Adjustment Amount,Remark Code",
    "A1,2026-08-01,ACME,1,99213,2026-06-01,100.00,80.00,80.00,CO,45,20.00,",
    "A2,2026-08-01,ACME,4,99214,2026-06-02,200.00,0.00,0.00,CO,197,200.00,N54",
)


def tables_of_sheet(content: str | bytes, **settings: Any) -> dict[str, pl.DataFrame]:
    """Every raw table of one file."""
    own = content_of_bytes(content if isinstance(content, bytes) else content.encode())
    reading = read_files([(own, recognise(own))], ClientSettings.model_validate(settings), Identified())
    return {name: empty(contract) for name, contract in layer("raw").items()} | reading.tables


def text(*rows: str) -> str:
    return "\n".join(rows) + "\n"


def values(tables: dict[str, pl.DataFrame], table: str, *columns: str) -> list[tuple[str | None, ...]]:
    """Cells as text, for amounts and dates are read that way best."""
    rows = tables[table].select(columns).rows()
    return [tuple(None if cell is None else str(cell) for cell in row) for row in rows]


def remits(tables: dict[str, pl.DataFrame]) -> list[tuple[str | None, ...]]:
    return values(tables, "raw_remits", "claim_token", "status_code", "charge_amount", "paid_amount")


def adjustments(tables: dict[str, pl.DataFrame]) -> list[tuple[str | None, ...]]:
    return values(tables, "raw_adjustments", "group_code", "carc_code", "amount")


def rules(tables: dict[str, pl.DataFrame], table: str = "raw_rejects") -> list[tuple[int | None, str]]:
    return tables[table].select("row_no", "rule").rows()


def kind(tables: dict[str, pl.DataFrame]) -> str | None:
    return tables["raw_files"]["kind"].item()
