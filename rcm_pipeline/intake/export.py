"""Any files to tables on disk: what `rcm read` does, without a warehouse and without holding more than a portion at once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from rcm_pipeline.errors import InputError, RcmError
from rcm_pipeline.intake.contents import Content, content_of
from rcm_pipeline.intake.inbox import Delivery, deliveries
from rcm_pipeline.intake.load import read_portions
from rcm_pipeline.intake.reading import FileReading, reader_failed
from rcm_pipeline.intake.sinks import Sinks
from rcm_pipeline.privacy.tokens import Identified, Pseudonyms
from rcm_pipeline.settings import ClientSettings
from rcm_pipeline.warehouse import QUARANTINE
from schemas.registry import layer


@dataclass
class Exported:
    """Rows by table, and what a person should be told: rejects (at most `SHOWN`), how many there are, files not opened."""

    rows: dict[str, int] = field(default_factory=dict)
    rejects: list[dict[str, object]] = field(default_factory=list)
    reject_count: int = 0
    unopened: list[str] = field(default_factory=list)

    def summary(self) -> Iterator[str]:
        """Rows by table, each reject with its place and reason, and what could not be opened. Never a value."""
        yield from (f"{table}: {rows:,}" for table, rows in self.rows.items() if rows)
        for r in self.rejects:
            named = (("segment_no", "segment"), ("row_no", "row"), ("column_name", "column"))
            place = ", ".join(f"{what} {r[key]}" for key, what in named if r[key])
            yield f"not read: file {str(r['file_id'])[:12]}{' ' + place if place else ''}: {r['reason']}"
        if self.reject_count > len(self.rejects):
            yield f"… and {self.reject_count - len(self.rejects)} more, all in raw_rejects"
        yield from (f"not opened: {reason}" for reason in self.unopened)


SHOWN = 20


def find_files(paths: Sequence[Path]) -> tuple[list[Delivery], list[str]]:
    """The files under these paths, each content once, and the reasons of those that could not be opened.

    Raises InputError when a path does not exist.
    """
    for path in paths:
        if not path.exists() and not path.is_symlink():
            raise InputError(f"{path}: there is no such file or folder", fix="check the path")
    found: dict[str, Delivery] = {}
    unopened = []
    for delivery in deliveries(list(paths)):
        if delivery.file_id is None:
            unopened.append(delivery.reason)
        else:
            found.setdefault(delivery.file_id, delivery)
    return list(found.values()), unopened


def export(
    found: Sequence[Delivery],
    settings: ClientSettings,
    pseudonyms: Pseudonyms,
    out: Path,
    form: str,
    progress: Callable[[int], None] = lambda _: None,
) -> Exported:
    """Write every raw table of these files to a folder, one file per table, portion by portion.

    Tables without rows are written too, and a quarantine where a table has one. Raises StorageError when a table cannot be
    written. Only for identified reading does raw_files name its files.
    """
    done = Exported()
    names = {d.file_id: d.path.name for d in found} if isinstance(pseudonyms, Identified) else {}
    with Sinks(out, form) as sinks:
        for reading in _readings(found, settings, pseudonyms, progress):
            _name_files(reading, names)
            for table, frame in reading.tables.items():
                sinks.write(table, frame)
                if reading.aside[table].height:
                    sinks.write(QUARANTINE + table, reading.aside[table])
            _tell(reading, done)
        for table in layer("raw"):
            sinks.ensure(table)
        done.rows = dict(sinks.rows)
    return done


def _readings(
    found: Sequence[Delivery], settings: ClientSettings, pseudonyms: Pseudonyms, progress: Callable[[int], None]
) -> Iterator[FileReading]:
    contents: list[Content] = [content_of(delivery) for delivery in found]
    known = {content.file_id for content in contents}
    for portion, readings in read_portions(contents, settings, pseudonyms, known, progress):
        failure = ""
        try:
            yield from readings
        except (RcmError, OSError):
            raise
        except Exception as error:  # noqa: BLE001 - a defect of the reader costs its file only, and shows no value
            failure = type(error).__name__
        if failure:
            yield reader_failed(portion, failure, pseudonyms)


def _name_files(reading: FileReading, names: dict[str | None, str]) -> None:
    files = reading.tables.get("raw_files")
    if files is not None and names:
        named = pl.coalesce("file_id", "archive_id").replace_strict(names, default=None, return_dtype=pl.String)
        reading.tables["raw_files"] = files.with_columns(named.alias("file_name"))


def _tell(reading: FileReading, done: Exported) -> None:
    rejects = reading.tables.get("raw_rejects")
    if rejects is None:
        return
    keys = ("file_id", "transaction_no", "segment_no", "row_no", "column_name", "rule", "reason")
    done.reject_count += rejects.height
    done.rejects += rejects.select(keys).head(SHOWN - len(done.rejects)).to_dicts() if len(done.rejects) < SHOWN else []
