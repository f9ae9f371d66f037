"""Every transaction with the control numbers of its envelope: what acknowledgements and duplicates are matched by."""

import numpy as np
import polars as pl

from rcm_pipeline.x12.buffer.segments import Rows, Segments
from rcm_pipeline.x12.loops import Loop, last_before
from rcm_pipeline.x12.notes import Notes
from rcm_pipeline.x12.table import Door, Table
from rcm_pipeline.x12.transactions import Transactions


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
    table.date("group_date", "GS04", group)
    table.text("batch_token", "BHT03", purpose)
    table.date("created_date", "BHT04", purpose)
    return table.frame()
