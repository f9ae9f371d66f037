"""Which reader takes which transaction sets; sets that a block does not hold cost nothing."""

from collections.abc import Callable
from functools import cache
from importlib import import_module

import numpy as np
import polars as pl

from rcm_pipeline.privacy.shapes import Shape
from rcm_pipeline.x12.buffer.segments import Rows, Segments
from rcm_pipeline.x12.loops import Loop, last_before
from rcm_pipeline.x12.notes import Notes
from rcm_pipeline.x12.sets.balance import check_claims, check_remittances, payment_shares
from rcm_pipeline.x12.sets.claim_loops import claim_loops
from rcm_pipeline.x12.sets.claims import read_claims
from rcm_pipeline.x12.sets.other_payers import read_other_payers
from rcm_pipeline.x12.sets.remittances import read_remittances
from rcm_pipeline.x12.table import Door, Table
from rcm_pipeline.x12.transaction_sets import TRANSACTION_SETS, kinds_of
from rcm_pipeline.x12.transactions import Transactions, find_transactions

Tables = dict[str, pl.DataFrame]
SHARES = "_payment_shares"


def read_sets(segments: Segments, transactions: Transactions, door: Door, notes: Notes) -> Tables:
    """Every raw table of a block; one that only feeds a later check has a name that begins with an underscore."""
    held = set(transactions.kind)
    has_notes = len(segments.where("TA1")) > 0  # a TA1 stands in no transaction
    tables = {"raw_transactions": read_headers(segments, transactions, door, notes)}
    for name, read in _readers().items():
        is_held = held.intersection(kinds_of(name)) or (has_notes and name == "acknowledgements")
        tables |= read(segments, transactions, door, notes) if is_held else _nothing(name)
    return tables


def _read_835(segments: Segments, transactions: Transactions, door: Door, notes: Notes) -> Tables:
    found = read_remittances(segments, transactions, door, notes)
    check_remittances(found, notes)
    return found.frames | {SHARES: payment_shares(found)}


def _read_837(segments: Segments, transactions: Transactions, door: Door, notes: Notes) -> Tables:
    loops = claim_loops(segments, transactions)
    claims = read_claims(loops, door, notes)
    check_claims(claims, notes)
    return claims.frames | read_other_payers(loops, door, notes)


Reader = Callable[[Segments, Transactions, Door, Notes], Tables]
_WITH_BALANCES: dict[str, Reader] = {"remittances": _read_835, "claims": _read_837}


@cache
def _readers() -> dict[str, Reader]:
    """Every reader that a transaction set names: the function `read` of the module of its name, or what checks balances as well."""
    names = dict.fromkeys(entry.reader for entry in TRANSACTION_SETS if entry.reader)
    return {name: _WITH_BALANCES.get(name) or import_module(f"{__package__}.{name}").read for name in names}


class _Nobody:
    """A door that lets nothing in."""

    def shape_of(self, reference: str) -> Shape | None:  # noqa: ARG002 - same call as every door
        return None

    def tokeniser(self, reference: str) -> None:  # noqa: ARG002 - same call as every door
        return None


@cache
def _nothing(name: str) -> Tables:
    """The tables of a reader without a row."""
    segments = Segments([])
    notes = Notes(segments)
    return _readers()[name](segments, find_transactions(segments, notes), _Nobody(), notes)


def read_headers(segments: Segments, transactions: Transactions, door: Door, notes: Notes) -> pl.DataFrame:
    """One row per ST of any set, read or not."""
    is_new = segments.is_new[transactions.rows]
    rows = transactions.rows[is_new]
    table = Table(segments, door, notes, rows)

    def before(identifier: str) -> Rows:
        found = last_before(rows, segments.where(identifier))
        same = segments.file[found] == segments.file[rows] if len(rows) else found >= 0
        return np.where((found >= 0) & same, found, -1)

    interchange, group = before("ISA"), before("GS")
    opened = Loop(transactions.rows, transactions.of)
    purpose = opened.first(segments.where("BHT"))[is_new]
    table.add("transaction_no", transactions.number[is_new])
    table.add_text("transaction_set", pl.Series(transactions.kind, dtype=pl.String).filter(pl.Series(is_new)))
    table.add_text("version", transactions.version.filter(pl.Series(is_new)))
    table.text("sender_id", "ISA06", interchange)
    table.text("receiver_id", "ISA08", interchange)
    table.text("interchange_control_id", "ISA13", interchange)
    table.text("group_control_id", "GS06", group)
    table.text("transaction_control_id", "ST02")
    table.text("usage_code", "ISA15", interchange)
    table.short_date("interchange_date", "ISA09", interchange)
    table.text("interchange_time", "ISA10", interchange)
    table.date("group_date", "GS04", group)
    table.text("batch_token", "BHT03", purpose)
    table.date("created_date", "BHT04", purpose)
    return table.frame()
