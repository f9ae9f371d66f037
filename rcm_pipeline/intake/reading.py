"""Contents to raw tables: recognise each file, read X12 files of a batch together and sheets one by one."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from rcm_pipeline import __version__
from rcm_pipeline.intake.quarantine import split
from rcm_pipeline.intake.recognise import Recognised, recognise
from rcm_pipeline.intake.sheets import SheetReading, read_sheets
from rcm_pipeline.privacy.door import AllowListDoor, allow_list
from rcm_pipeline.privacy.tokens import Pseudonyms
from rcm_pipeline.settings import ClientSettings
from rcm_pipeline.x12.read import Reading, read_x12
from schemas.registry import CONTRACTS

Content = tuple[str, bytes]


@dataclass
class FileReading:
    """Raw tables of a batch, by table name, with file_id in place; raw_files, raw_findings and raw_rejects among them.

    `aside` holds the rows that break a rule of their table, with the rule.
    """

    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    aside: dict[str, pl.DataFrame] = field(default_factory=dict)

    def add(self, table: str, frame: pl.DataFrame) -> None:
        """Add rows to a table, the broken ones to its quarantine."""
        good, broken = split(frame, CONTRACTS[table])
        _append(self.tables, table, good)
        _append(self.aside, table, broken)

    def extend(self, other: "FileReading") -> None:
        """Add what another batch held."""
        for table in other.tables:
            _append(self.tables, table, other.tables[table])
            _append(self.aside, table, other.aside[table])


def _append(tables: dict[str, pl.DataFrame], name: str, rows: pl.DataFrame) -> None:
    tables[name] = pl.concat([tables[name], rows]) if name in tables else rows


def read_files(contents: Sequence[Content], settings: ClientSettings, pseudonyms: Pseudonyms) -> FileReading:
    """Read a batch of (file_id, bytes). Every file gets a ledger row; what was not read gets rejects. Never raises on content."""
    reading = FileReading()
    formats = [recognise(raw) for _, raw in contents]
    x12 = [content for content, known in zip(contents, formats, strict=True) if known.format_code == "x12"]
    if x12:
        _read_x12_batch(x12, pseudonyms, reading)
    for (file_id, raw), known in zip(contents, formats, strict=True):
        if known.format_code in ("csv", "xlsx"):
            _add_sheets(file_id, raw, known, read_sheets(raw, known.format_code, settings.headers, pseudonyms), pseudonyms, reading)
        elif known.format_code == "unknown":
            _add_unknown(file_id, raw, known, pseudonyms, reading)
    return reading


def _read_x12_batch(contents: list[Content], pseudonyms: Pseudonyms, reading: FileReading) -> None:
    """All files at once; if that fails, one by one, so a file that breaks the reader costs only itself."""
    door = AllowListDoor(allow_list()["x12"], pseudonyms)
    try:
        result = read_x12([raw for _, raw in contents], door)
    except Exception as error:  # noqa: BLE001 - a defect of the reader must not cost the neighbours, nor show a value
        if len(contents) > 1:
            for content in contents:
                _read_x12_batch([content], pseudonyms, reading)
            return
        known = Recognised(
            "x12", "reader_failed", f"the reader failed on this file ({type(error).__name__}); please report it with this rule"
        )
        _add_unknown(*contents[0], known, pseudonyms, reading)
        return
    _add_x12(contents, result, pseudonyms, reading)


def _add_x12(contents: list[Content], result: Reading, pseudonyms: Pseudonyms, reading: FileReading) -> None:
    ids = pl.Series([file_id for file_id, _ in contents])
    sizes = pl.Series([len(raw) for _, raw in contents])

    def named(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(ids.gather(frame["file"]).alias("file_id"))

    for table, frame in result.tables.items():
        reading.add(table, named(frame))
    nothing = result.files.filter(pl.col("transaction_count") == 0).select("file")
    silent = nothing.join(result.rejects.select("file").unique(), on="file", how="anti")
    rejects = pl.concat(
        [
            result.rejects,
            silent.with_columns(
                rule=pl.lit("no_transaction"), detail=pl.lit("the interchange holds no transaction; ask the sender for it again")
            ),
        ],
        how="diagonal",
    )
    reading.add("raw_rejects", _numbered(named(rejects).rename({"detail": "reason"}), "reject_no"))
    reading.add("raw_findings", _numbered(named(result.findings), "finding_no"))
    files = named(result.files).with_columns(
        format_code=pl.lit("x12"),
        byte_count=sizes.gather(result.files["file"]),
        key_id=pl.lit(pseudonyms.key_id),
        reader_version=pl.lit(__version__),
    )
    for name, notes in (("finding_count", result.findings), ("reject_count", rejects)):
        files = files.join(notes.group_by("file").agg(pl.len().alias(name)), on="file", how="left", maintain_order="left")
    reading.add("raw_files", files.with_columns(pl.col("finding_count", "reject_count").fill_null(0)))


def _add_sheets(file_id: str, raw: bytes, known: Recognised, sheets: SheetReading, pseudonyms: Pseudonyms, reading: FileReading) -> None:
    for table, frame in sheets.tables.items():
        reading.add(table, frame.with_columns(file_id=pl.lit(file_id)))
    rejects, findings = _notes(file_id, sheets.rejects, "reason"), _notes(file_id, sheets.findings, "detail")
    reading.add("raw_rejects", _numbered(rejects, "reject_no"))
    reading.add("raw_findings", _numbered(findings, "finding_no"))
    kinds = "+".join(sorted(table.removeprefix("raw_") for table in sheets.tables)) or None
    _ledger(
        file_id,
        raw,
        known,
        pseudonyms,
        reading,
        kind=kinds,
        encoding=sheets.encoding,
        segment_count=sheets.row_count,
        element_count=sheets.cell_count,
        dropped_count=sheets.dropped_count,
        finding_count=findings.height,
        reject_count=rejects.height,
    )


def _add_unknown(file_id: str, raw: bytes, known: Recognised, pseudonyms: Pseudonyms, reading: FileReading) -> None:
    reading.add("raw_rejects", _numbered(_notes(file_id, [(None, None, known.rule, known.reason)], "reason"), "reject_no"))
    _ledger(file_id, raw, known, pseudonyms, reading, reject_count=1)


def _ledger(file_id: str, raw: bytes, known: Recognised, pseudonyms: Pseudonyms, reading: FileReading, **values: object) -> None:
    counts = (
        "segment_count",
        "transaction_count",
        "claim_count",
        "remit_count",
        "element_count",
        "dropped_count",
        "finding_count",
        "reject_count",
    )
    row = (
        dict.fromkeys(counts, 0)
        | {
            "file_id": file_id,
            "format_code": known.format_code,
            "byte_count": len(raw),
            "key_id": pseudonyms.key_id,
            "reader_version": __version__,
        }
        | values
    )
    reading.add("raw_files", pl.DataFrame([row], strict=False))


def _notes(file_id: str, notes: list[tuple[int | None, str | None, str, str]], text: str) -> pl.DataFrame:
    schema = {"row_no": pl.Int64, "column_name": pl.String, "rule": pl.String, text: pl.String}
    return pl.DataFrame(notes, schema=schema, orient="row").with_columns(file_id=pl.lit(file_id))


def _numbered(notes: pl.DataFrame, name: str) -> pl.DataFrame:
    return notes.with_columns(pl.int_range(1, pl.len() + 1).over("file_id").alias(name))
