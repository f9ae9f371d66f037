"""Any files to tables on disk: what `rcm read` does, without a warehouse."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from rcm_pipeline.errors import InputError, StorageError
from rcm_pipeline.intake.inbox import Delivery, deliveries
from rcm_pipeline.intake.load import batches, contents_of
from rcm_pipeline.intake.reading import FileReading, read_files
from rcm_pipeline.privacy.tokens import Identified, Pseudonyms
from rcm_pipeline.settings import ClientSettings
from rcm_pipeline.warehouse import QUARANTINE
from schemas.contract import empty
from schemas.registry import CONTRACTS, layer

FORMATS = ("parquet", "csv", "json")


def read_paths(paths: Sequence[Path], settings: ClientSettings, pseudonyms: Pseudonyms) -> tuple[FileReading, list[Delivery]]:
    """Every raw table of these files and folders, each content once; and the files that could not be opened.

    Raises InputError when a path does not exist. Only for identified reading does raw_files name its files.
    """
    for path in paths:
        if not path.exists() and not path.is_symlink():
            raise InputError(f"{path}: there is no such file or folder", fix="check the path")
    found: dict[str, Delivery] = {}
    unopened = []
    for delivery in deliveries(list(paths)):
        if delivery.file_id is None:
            unopened.append(delivery)
        else:
            found.setdefault(delivery.file_id, delivery)
    reading = FileReading()
    for batch in batches(list(found.values())):
        reading.extend(read_files(contents_of(batch), settings, pseudonyms))
    if isinstance(pseudonyms, Identified) and found:
        names = {file_id: d.path.name for file_id, d in found.items()}
        named = pl.col("file_id").replace_strict(names, return_dtype=pl.String).alias("file_name")
        reading.tables["raw_files"] = reading.tables["raw_files"].with_columns(named)
    return reading, unopened


def write_tables(reading: FileReading, out: Path, form: str) -> dict[str, int]:
    """One file per raw table, tables without rows included, and one per quarantine that holds rows. Returns rows by table."""
    counts, failed = {}, ""
    try:
        out.mkdir(parents=True, exist_ok=True)
        for table in layer("raw"):
            frame = reading.tables.get(table, empty(CONTRACTS[table]))
            _write(frame, out / f"{table}.{form}", form)
            counts[table] = frame.height
            aside = reading.aside.get(table)
            if aside is not None and aside.height:
                _write(aside, out / f"{QUARANTINE}{table}.{form}", form)
                counts[QUARANTINE + table] = aside.height
    except OSError as error:
        failed = error.strerror or type(error).__name__
    if failed:
        raise StorageError(f"{out}: the tables could not be written ({failed})", fix="check space and permissions of that folder")
    return counts


def _write(frame: pl.DataFrame, path: Path, form: str) -> None:
    beside = path.with_name(f".{path.name}")
    match form:
        case "parquet":
            frame.write_parquet(beside, compression="zstd")
        case "csv":
            frame.write_csv(beside)
        case _:
            frame.with_columns(pl.col(pl.Decimal).cast(pl.String)).write_json(beside)
    beside.replace(path)
