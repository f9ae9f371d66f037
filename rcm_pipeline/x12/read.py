"""Read a batch of X12 files into raw tables, findings and rejects: the whole reader behind one function."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from rcm_pipeline.x12.claims import read_claims
from rcm_pipeline.x12.controls import check_controls
from rcm_pipeline.x12.envelope import Normalised, normalise
from rcm_pipeline.x12.notes import SCHEMA, Notes
from rcm_pipeline.x12.remittances import read_remittances
from rcm_pipeline.x12.segments import Segments
from rcm_pipeline.x12.table import Door
from rcm_pipeline.x12.transactions import READ_SETS, Transactions, find_transactions

_CLOSERS = ("SE", "GE", "IEA", "TA1")


@dataclass(frozen=True)
class Reading:
    """What a batch of files held. Every frame has a `file` column: the file's index in the batch.

    `files` has one row per file: kinds, segments, transactions, claims, remits, filled elements, dropped ones.
    `findings` and `rejects` carry segment_no, rule and detail, and never a value from the file.
    """

    tables: dict[str, pl.DataFrame]
    files: pl.DataFrame
    findings: pl.DataFrame
    rejects: pl.DataFrame


def read_x12(files: Sequence[bytes], door: Door) -> Reading:
    """Read 835 and 837 transactions of all files at once; elements pass through the door.

    Claims, lines and adjustments keep their ordinals in the file. Nothing raises on bad content: what cannot be
    kept is a reject, what is odd but kept is a finding.
    """
    normalised = [normalise(raw) for raw in files]
    segments = Segments([n.content for n in normalised])
    notes = Notes(segments)
    _report_cut_ends(segments, normalised, notes)
    transactions = find_transactions(segments, notes)
    check_controls(segments, transactions, notes)
    tables = read_remittances(segments, transactions, door, notes) | read_claims(segments, transactions, door, notes)
    findings, rejects = _file_notices(normalised)
    return Reading(
        tables,
        _summary(segments, transactions, tables, normalised),
        _with_transaction(pl.concat([findings, notes.findings]), transactions),
        _with_transaction(pl.concat([rejects, notes.rejects]), transactions),
    )


def _report_cut_ends(segments: Segments, normalised: list[Normalised], notes: Notes) -> None:
    """A last segment without its terminator may be cut in the middle: keep it only if it closes an envelope."""
    last = np.searchsorted(segments.file, np.arange(len(normalised)), side="right") - 1
    cut = [row for row, n in zip(last, normalised, strict=True) if n.is_unterminated and row >= 0]
    rows = np.array(cut, dtype=np.int64)
    rows = rows[~np.isin(rows, segments.where(*_CLOSERS))]
    notes.reject("cut_segment", rows, "the file ends inside this segment; ask the sender for the whole file")
    segments.blank(rows)


def _file_notices(normalised: list[Normalised]) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows = [
        {"file": i, "segment_no": None, "rule": n.rule, "detail": n.detail, "row": -1, "reject": n.is_reject}
        for i, file in enumerate(normalised)
        for n in file.notices
    ]
    frame = pl.DataFrame(rows, schema=SCHEMA | {"reject": pl.Boolean})
    return frame.filter(~pl.col("reject")).drop("reject"), frame.filter("reject").drop("reject")


def _with_transaction(notes: pl.DataFrame, transactions: Transactions) -> pl.DataFrame:
    row = notes["row"].to_numpy()
    of = np.where(row >= 0, transactions.of[row], -1) if len(transactions.of) else np.full(len(row), -1)
    number = np.concatenate([transactions.number, [0]])[of]
    return notes.with_columns(pl.Series("transaction_no", number, dtype=pl.Int64).replace(0, None)).drop("row")


def _summary(segments: Segments, transactions: Transactions, tables: dict[str, pl.DataFrame], normalised: list[Normalised]) -> pl.DataFrame:
    count = len(normalised)
    kinds = pl.DataFrame({"file": segments.file[transactions.rows], "kind": pl.Series(transactions.kind, dtype=pl.String)})
    named = kinds.group_by("file").agg(
        pl.col("kind").unique().sort().str.join("+"),
        pl.len().cast(pl.Int64).alias("transaction_count"),
        pl.col("kind").is_in(READ_SETS).any().alias("is_read"),
    )
    filled = segments.element_counts()
    kept = segments.element_counts(segments.kept)
    base = pl.DataFrame(
        {
            "file": pl.Series(range(count), dtype=pl.Int64),
            "encoding": [n.encoding for n in normalised],
            "interchange_count": [n.interchange_count for n in normalised],
            "segment_count": np.bincount(segments.file, minlength=count),
            "element_count": filled,
            "dropped_count": filled - kept,
        },
        schema_overrides={"encoding": pl.String, "interchange_count": pl.Int64},
    )
    for name, table in (("claim_count", "raw_claims"), ("remit_count", "raw_remits")):
        held = tables[table].group_by("file").agg(pl.len().cast(pl.Int64).alias(name))
        base = base.join(held, on="file", how="left", maintain_order="left")
    return base.join(named, on="file", how="left", maintain_order="left").with_columns(
        pl.col("claim_count", "remit_count", "transaction_count").fill_null(0), pl.col("is_read").fill_null(False)
    )
