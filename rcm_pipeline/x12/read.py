"""Read X12 files into raw tables, findings and rejects: many small files at once, or one of any size block by block."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress

import numpy as np
import polars as pl

from rcm_pipeline.x12.buffer.blocks import BLOCK_BYTES, blocks
from rcm_pipeline.x12.buffer.bytewise import Mask
from rcm_pipeline.x12.buffer.envelope import Normalised, normalise
from rcm_pipeline.x12.buffer.segments import Segments, Start
from rcm_pipeline.x12.buffer.separators import Notice
from rcm_pipeline.x12.context import Context, context_of
from rcm_pipeline.x12.controls import check_controls, envelope_of, far_dates
from rcm_pipeline.x12.notes import FINDINGS, REJECTS, Notes
from rcm_pipeline.x12.sets.balance import check_payments, stated_payments
from rcm_pipeline.x12.sets.registry import SHARES, read_sets
from rcm_pipeline.x12.table import Door
from rcm_pipeline.x12.transaction_sets import READ_KINDS
from rcm_pipeline.x12.transactions import Transactions, find_transactions

_CLOSERS = ("SE", "GE", "IEA", "TA1")
_READ = {*READ_KINDS, "TA1"}
_ENVELOPE = ("ISA", "IEA", "GS", "GE")
_ORDINALS = {  # what Start counts → the table whose rows it counts
    "claims": "raw_claims",
    "remits": "raw_remits",
    "statuses": "raw_claim_statuses",
    "totals": "raw_claim_status_totals",
    "acknowledged": "raw_acknowledgements",
    "errors": "raw_acknowledgement_errors",
}


@dataclass(frozen=True)
class Reading:
    """What a batch of files, or a block of one, held. Every frame has a `file` column: the file's index in the batch.

    `files` has one row per file: kinds, segments (read and rejected), transactions, claims, remits, filled elements,
    dropped ones. `findings` and `rejects` carry transaction_no, segment_no, rule and detail, and never an identifier.
    """

    tables: dict[str, pl.DataFrame]
    files: pl.DataFrame
    findings: pl.DataFrame
    rejects: pl.DataFrame


@dataclass(frozen=True)
class _Block:
    """A reading whose files may go on, with what must be known when they end."""

    reading: Reading
    envelope: pl.DataFrame
    shares: pl.DataFrame
    segments: Segments
    transactions: Transactions


def read_x12(files: Sequence[bytes], door: Door) -> Reading:
    """Read the transactions of all files at once; elements pass through the door.

    Claims, lines and adjustments keep their ordinals in the file. Nothing raises on bad content: what cannot be
    kept is a reject, what is odd but kept is a finding.
    """
    normalised = [normalise(raw) for raw in files]
    block = _read_block(normalised, door, Start())
    return _ended(block.reading, stated_payments(block.reading.tables["raw_payments"]), block.envelope, block.shares)


def stream_x12(
    read: Callable[[int], bytes], door: Door, progress: Callable[[int], None] = lambda _: None, block_bytes: int = BLOCK_BYTES
) -> Iterator[Reading]:
    """Read one file of any size through `read(size)`, block by block, cut at transactions, levels or claims.

    The readings put together hold what `read_x12` would find in the whole file; `files` rows are to be added up.
    What can only be judged at the end (counts, control numbers, payments) stands in the last one.
    """
    start, context = Start(), Context(b"", 0, np.zeros(0, dtype=bool))
    payments, envelopes, shares = [], [], []
    for part in blocks(read, progress, block_bytes):
        block = _read_block([replace(part, content=context.content + part.content)], door, start)
        payments.append(stated_payments(block.reading.tables["raw_payments"]))
        envelopes.append(block.envelope)
        shares.append(block.shares)
        if part.is_last:
            yield _ended(block.reading, pl.concat(payments), pl.concat(envelopes), pl.concat(shares))
            return
        yield block.reading
        context = context_of(block.segments, block.transactions)
        start = _next_start(start, block, context)


def _read_block(files: list[Normalised], door: Door, start: Start) -> _Block:
    segments = Segments([n.content for n in files], start)
    notes = Notes(segments)
    _report_cut_ends(segments, files, notes)
    transactions = find_transactions(segments, notes)
    tables = read_sets(segments, transactions, door, notes)
    shares = tables.pop(SHARES)
    found, refused = _file_notices(files)
    findings = pl.concat([found, notes.findings, far_dates(tables)], how="diagonal")
    rejects = pl.concat([refused, notes.rejects], how="diagonal")
    reading = Reading(tables, _summary(segments, transactions, tables, rejects, notes, files), findings, rejects)
    return _Block(reading, envelope_of(segments, notes.of), shares, segments, transactions)


def _ended(reading: Reading, payments: pl.DataFrame, envelope: pl.DataFrame, shares: pl.DataFrame) -> Reading:
    late = [check_controls(envelope), check_payments(payments, shares)]
    findings = pl.concat([reading.findings, *late], how="diagonal")
    return replace(reading, findings=findings.sort("file", "segment_no", "rule", maintain_order=True))


def _next_start(start: Start, block: _Block, context: Context) -> Start:
    counts: Mapping[str, int] = {name: getattr(start, name) + block.reading.tables[table].height for name, table in _ORDINALS.items()}
    tracked = block.reading.tables["raw_claim_statuses"]["claim_no"].max()
    new_transactions = int(block.segments.is_new[block.transactions.rows].sum())
    return Start(
        repeated=context.count,
        kept=context.kept,
        segments=start.segments + int(block.segments.is_new.sum()),
        transactions=start.transactions + new_transactions,
        tracked=start.tracked if tracked is None else int(str(tracked)),
        **counts,
    )


def _report_cut_ends(segments: Segments, files: list[Normalised], notes: Notes) -> None:
    """A last segment without its terminator may be cut in the middle: keep it only if it closes an envelope."""
    last = segments.bounds[1:] - 1
    cut = [row for row, n, begin in zip(last, files, segments.bounds[:-1], strict=True) if n.is_unterminated and row >= begin]
    rows = np.array(cut, dtype=np.int64)
    rows = rows[~np.isin(rows, segments.where(*_CLOSERS))]
    notes.reject("cut_segment", rows, "the file ends inside this segment; ask the sender for the whole file")
    segments.blank(rows)


def _file_notices(files: list[Normalised]) -> tuple[pl.DataFrame, pl.DataFrame]:
    def frame(is_reject: bool) -> pl.DataFrame:
        notices: list[tuple[int, Notice]] = [(i, n) for i, file in enumerate(files) for n in file.notices if n.is_reject == is_reject]
        rows = [{"file": i, "rule": n.rule, "detail": n.detail} for i, n in notices]
        return pl.DataFrame(rows, schema={"file": pl.Int64, "rule": pl.String, "detail": pl.String})

    found, refused = frame(False), frame(True).with_columns(segment_count=pl.lit(0, dtype=pl.Int64))
    return (
        pl.concat([pl.DataFrame(schema=FINDINGS), found], how="diagonal"),
        pl.concat([pl.DataFrame(schema=REJECTS), refused], how="diagonal"),
    )


def _summary(
    segments: Segments,
    transactions: Transactions,
    tables: dict[str, pl.DataFrame],
    rejects: pl.DataFrame,
    notes: Notes,
    files: list[Normalised],
) -> pl.DataFrame:
    count = len(files)
    is_read = _in_read_set(segments, transactions) & ~notes.is_rejected
    is_new = segments.is_new[transactions.rows]
    kinds: list[set[str]] = [set() for _ in files]
    for file, kind in zip(segments.file[transactions.rows][is_new].tolist(), compress(transactions.kind, is_new), strict=True):
        kinds[file].add(kind)
    for file in segments.file[segments.where("TA1")].tolist():
        kinds[file].add("TA1")
    filled, kept = segments.element_counts()
    return pl.DataFrame(
        {
            "file": np.arange(count),
            "encoding": pl.Series([n.encoding for n in files], dtype=pl.String),
            "kind": pl.Series(["+".join(sorted(held)) or None for held in kinds], dtype=pl.String),
            "is_read": pl.Series([bool(held & _READ) for held in kinds], dtype=pl.Boolean),
            "interchange_count": pl.Series([n.interchange_count for n in files], dtype=pl.Int64),
            "segment_count": np.bincount(segments.file[segments.is_new], minlength=count),
            "read_segment_count": np.bincount(segments.file[is_read], minlength=count),
            "rejected_segment_count": np.bincount(rejects["file"], rejects["segment_count"], minlength=count).astype(np.int64),
            "transaction_count": np.bincount(segments.file[transactions.rows][is_new], minlength=count),
            "claim_count": np.bincount(tables["raw_claims"]["file"], minlength=count),
            "remit_count": np.bincount(tables["raw_remits"]["file"], minlength=count),
            "element_count": filled,
            "dropped_count": filled - kept,
        },
    )


def _in_read_set(segments: Segments, transactions: Transactions) -> Mask:
    """New segments of the envelope, or inside a transaction whose set is read."""
    inside = transactions.inside(*READ_KINDS)
    inside[segments.where(*_ENVELOPE, "TA1")] = True
    return inside & segments.is_new
