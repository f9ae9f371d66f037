"""Inbox to raw tables: each distinct content once, each batch of files in one transaction with its ledger rows."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import duckdb
import polars as pl

from rcm_pipeline.connection import at_once
from rcm_pipeline.errors import RcmError
from rcm_pipeline.intake.archives import unpack
from rcm_pipeline.intake.contents import Content, content_of
from rcm_pipeline.intake.inbox import Delivery
from rcm_pipeline.intake.quarantine import quarantine_unbalanced, split
from rcm_pipeline.intake.reading import FileReading, Known, add_unread, read_files, reader_failed, stream_file
from rcm_pipeline.intake.recognise import ARCHIVES, Recognised, recognise
from rcm_pipeline.privacy.tokens import Pseudonyms
from rcm_pipeline.settings import ClientSettings
from rcm_pipeline.warehouse import QUARANTINE, append
from schemas.registry import CONTRACTS

STREAMED_BYTES = 16_000_000
_BATCH_FILES = 500
Progress = Callable[[int], None]
Portion = tuple[list[Content], Iterator[FileReading]]


@dataclass
class Loaded:
    """What a load did: files by outcome, and rows by table."""

    file_count: int = 0
    duplicate_count: int = 0
    unreadable_count: int = 0
    file_ids: list[str] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)


def load_inbox(
    connection: duckdb.DuckDBPyConnection,
    found: Sequence[Delivery],
    settings: ClientSettings,
    pseudonyms: Pseudonyms,
    progress: Progress = lambda _: None,
    before_commit: Callable[[], None] = lambda: None,
) -> Loaded:
    """Load every file whose content is not in the ledger yet. The same content again changes nothing.

    `before_commit` is called when all rows of a transaction are written and none of them stands yet.
    Files that cannot be opened have no content to be known by: their rejects are renewed on every load.
    """
    known = {row[0] for row in connection.sql("SELECT file_id FROM raw_files").fetchall()}
    unreadable = [d.reason for d in found if d.is_unopened]
    loaded = Loaded(unreadable_count=len(unreadable))
    _renew_unreadable(connection, unreadable)
    new = list(_new_contents(found, known, loaded, progress))
    for contents, readings in read_portions(new, settings, pseudonyms, known, progress):
        failure = _failure_of(partial(_store_portion, connection, contents, readings, settings, loaded, before_commit))
        if failure:
            _store_portion(connection, contents, iter([reader_failed(contents, failure, pseudonyms)]), settings, loaded, before_commit)
    return loaded


def _new_contents(found: Sequence[Delivery], known: set[str], loaded: Loaded, progress: Progress) -> Iterator[Content]:
    """Contents that are not in the ledger, each once; `known` grows by them."""
    for content in (content_of(d) for d in found if d.file_id is not None):
        if content.file_id in known:
            loaded.duplicate_count += 1
            progress(content.byte_count)
        else:
            known.add(content.file_id)
            yield content


def _failure_of(work: Callable[[], None]) -> str:
    """The kind of a defect of the reader, which must cost its file only and show no value; empty when there was none."""
    try:
        work()
    except (RcmError, duckdb.Error, OSError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever the reader stumbles over
        return type(error).__name__
    return ""


def _store_portion(
    connection: duckdb.DuckDBPyConnection,
    contents: list[Content],
    readings: Iterator[FileReading],
    settings: ClientSettings,
    loaded: Loaded,
    before_commit: Callable[[], None],
) -> None:
    """All readings of a portion and its ledger rows, or nothing."""
    rows: dict[str, int] = {}
    with at_once(connection):
        for reading in readings:
            _store(connection, reading, rows)
        if settings.balancing.policy == "quarantine":
            quarantine_unbalanced(connection, [content.file_id for content in contents])
        before_commit()
    loaded.file_count += len(contents)
    loaded.file_ids += [content.file_id for content in contents]
    for table, count in rows.items():
        loaded.rows[table] = loaded.rows.get(table, 0) + count


def read_portions(
    contents: Iterable[Content], settings: ClientSettings, pseudonyms: Pseudonyms, known: set[str], progress: Progress = lambda _: None
) -> Iterator[Portion]:
    """Contents in portions that fit in memory, with their readings; a portion is what is stored at once.

    Small files are read together, a long X12 file alone and block by block; an archive comes after its members, so that it
    is in the ledger only when they are. `known` file_ids are passed over among the members, and grow by them.
    """
    waiting: list[Known] = []
    size = 0
    for content in contents:
        form = recognise(content)
        if form.format_code in ARCHIVES:
            yield from _read_archive(content, form, settings, pseudonyms, known, progress)
        elif form.format_code == "x12" and content.byte_count > STREAMED_BYTES:
            yield [content], stream_file(content, pseudonyms, progress)
        else:
            if waiting and (size + content.byte_count > STREAMED_BYTES or len(waiting) >= _BATCH_FILES):
                yield _read_together(waiting, settings, pseudonyms, progress)
                waiting, size = [], 0
            waiting.append((content, form))
            size += content.byte_count
    if waiting:
        yield _read_together(waiting, settings, pseudonyms, progress)


def _read_together(waiting: list[Known], settings: ClientSettings, pseudonyms: Pseudonyms, progress: Progress) -> Portion:
    def readings() -> Iterator[FileReading]:
        yield read_files(waiting, settings, pseudonyms)
        progress(sum(content.byte_count for content, _ in waiting if content.archive_id is None))

    return [content for content, _ in waiting], readings()


def _read_archive(
    archive: Content, form: Recognised, settings: ClientSettings, pseudonyms: Pseudonyms, known: set[str], progress: Progress
) -> Iterator[Portion]:
    with unpack(archive, form.format_code) as found:
        fresh = []
        for member in found.members:
            if member.file_id not in known:
                known.add(member.file_id)
                fresh.append(member)
        yield from read_portions(fresh, settings, pseudonyms, known)
    reading = FileReading()
    add_unread(archive, form, found.refused, pseudonyms, reading)
    yield [archive], iter([reading])
    progress(archive.byte_count)


def _store(connection: duckdb.DuckDBPyConnection, reading: FileReading, rows: dict[str, int]) -> None:
    for table, frame in reading.tables.items():
        append(connection, table, frame)
        append(connection, QUARANTINE + table, reading.aside[table])
        rows[table] = rows.get(table, 0) + frame.height


def _renew_unreadable(connection: duckdb.DuckDBPyConnection, reasons: list[str]) -> None:
    """One reject per file that could not be opened, numbered in inbox order."""
    rows = [
        {
            "file_id": None,
            "reject_no": number,
            "segment_count": 0,
            "rule": "file_unreadable",
            "reason": f"file {number} of those that cannot be opened: {why}",
        }
        for number, why in enumerate(reasons, start=1)
    ]
    contract = CONTRACTS["raw_rejects"]
    fresh, _ = split(pl.DataFrame(rows, schema_overrides={"file_id": pl.String}) if rows else pl.DataFrame(), contract)
    with at_once(connection):
        connection.execute("DELETE FROM raw_rejects WHERE file_id IS NULL")
        append(connection, "raw_rejects", fresh)
