"""Inbox to raw tables: each distinct content once, each batch of files in one transaction with its ledger rows."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import duckdb
import polars as pl

from rcm_pipeline.errors import InputError
from rcm_pipeline.intake.inbox import Delivery, read_bytes
from rcm_pipeline.intake.quarantine import split
from rcm_pipeline.intake.reading import Content, FileReading, read_files
from rcm_pipeline.privacy.tokens import Pseudonyms
from rcm_pipeline.settings import ClientSettings
from rcm_pipeline.warehouse import QUARANTINE, append
from schemas.registry import CONTRACTS

_BATCH_BYTES = 48_000_000
_BATCH_FILES = 500
Progress = Callable[[int], None]


@dataclass
class Loaded:
    """What a load did: files by outcome, and rows by table."""

    file_count: int = 0
    duplicate_count: int = 0
    unreadable_count: int = 0
    rows: dict[str, int] = field(default_factory=dict)


def load_inbox(
    connection: duckdb.DuckDBPyConnection,
    found: Sequence[Delivery],
    settings: ClientSettings,
    pseudonyms: Pseudonyms,
    progress: Progress = lambda _: None,
) -> Loaded:
    """Load every file whose content is not in the ledger yet. The same content again changes nothing.

    Files that cannot be opened have no content to be known by: their rejects are renewed on every load.
    """
    loaded = Loaded()
    known = {row[0] for row in connection.sql("SELECT file_id FROM raw_files").fetchall()}
    new: list[Delivery] = []
    for delivery in found:
        if delivery.file_id is None:
            loaded.unreadable_count += 1
        elif delivery.file_id in known:
            loaded.duplicate_count += 1
            progress(delivery.byte_count)
        else:
            known.add(delivery.file_id)
            new.append(delivery)
    _renew_unreadable(connection, [d.reason for d in found if d.file_id is None])
    for batch in batches(new):
        reading = read_files(contents_of(batch), settings, pseudonyms)
        _store(connection, reading, loaded)
        loaded.file_count += len(batch)
        progress(sum(d.byte_count for d in batch))
    return loaded


def contents_of(batch: Sequence[Delivery]) -> list[Content]:
    """The bytes of a batch, known by the hash they have now. Raises InputError when a file changed or vanished meanwhile."""
    contents = []
    for delivery in batch:
        try:
            raw = read_bytes(delivery.path)
        except OSError:
            raw = b""
        if hashlib.sha256(raw).hexdigest() != delivery.file_id:
            raise InputError(
                "a file of the inbox changed while it was read; nothing of its batch was loaded", fix="run again when it is complete"
            )
        contents.append((delivery.file_id or "", raw))
    return contents


def batches(new: Sequence[Delivery]) -> Iterator[list[Delivery]]:
    """Deliveries in portions that fit in memory and in one buffer."""
    batch: list[Delivery] = []
    size = 0
    for delivery in new:
        if batch and (size + delivery.byte_count > _BATCH_BYTES or len(batch) >= _BATCH_FILES):
            yield batch
            batch, size = [], 0
        batch.append(delivery)
        size += delivery.byte_count
    if batch:
        yield batch


def _store(connection: duckdb.DuckDBPyConnection, reading: FileReading, loaded: Loaded) -> None:
    """All rows of a batch and its ledger rows, in one transaction."""
    connection.begin()
    try:
        for table, frame in reading.tables.items():
            append(connection, table, frame)
            append(connection, QUARANTINE + table, reading.aside[table])
            loaded.rows[table] = loaded.rows.get(table, 0) + frame.height
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def _renew_unreadable(connection: duckdb.DuckDBPyConnection, reasons: list[str]) -> None:
    """One reject per file that could not be opened, numbered in inbox order."""
    rows = [
        {"file_id": None, "reject_no": number, "rule": "file_unreadable", "reason": f"file {number} of those that cannot be opened: {why}"}
        for number, why in enumerate(reasons, start=1)
    ]
    contract = CONTRACTS["raw_rejects"]
    fresh, _ = split(pl.DataFrame(rows, schema_overrides={"file_id": pl.String}) if rows else pl.DataFrame(), contract)
    connection.begin()
    connection.execute("DELETE FROM raw_rejects WHERE file_id IS NULL")
    append(connection, "raw_rejects", fresh)
    connection.commit()
