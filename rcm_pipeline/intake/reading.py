"""Contents to raw tables: X12 files of a batch together, long ones block by block, sheets one by one."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl

from rcm_pipeline import __version__
from rcm_pipeline.intake.contents import Content
from rcm_pipeline.intake.quarantine import split
from rcm_pipeline.intake.recognise import SHEETS, Recognised
from rcm_pipeline.intake.sheets.sheet_files import read_sheets
from rcm_pipeline.intake.sheets.sheet_reading import Imbalance, SheetReading
from rcm_pipeline.privacy.door import AllowListDoor, allow_list
from rcm_pipeline.privacy.tokens import Pseudonyms
from rcm_pipeline.settings import ClientSettings
from rcm_pipeline.x12.read import Reading, read_x12, stream_x12
from rcm_pipeline.x12.sets.balance import LINE
from rcm_pipeline.x12.values import MONEY
from schemas.registry import CONTRACTS

Known = tuple[Content, Recognised]
Notes = list[tuple[int | None, str | None, str, str]]
_COUNTS = (
    "segment_count",
    "read_segment_count",
    "rejected_segment_count",
    "transaction_count",
    "claim_count",
    "remit_count",
    "element_count",
    "dropped_count",
    "finding_count",
    "reject_count",
)


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


def read_files(batch: Sequence[Known], settings: ClientSettings, pseudonyms: Pseudonyms) -> FileReading:
    """Read a batch of files held in memory. Every file gets a ledger row; what was not read gets rejects. Never raises on content."""
    reading = FileReading()
    x12 = [content for content, known in batch if known.format_code == "x12"]
    if x12:
        _read_x12_batch(x12, pseudonyms, reading)
    for content, known in batch:
        if known.format_code in SHEETS:
            reading.extend(_read_sheet_file(content, known, settings, pseudonyms))
        elif known.format_code == "unknown":
            add_unread(content, known, [(known.rule, known.reason)], pseudonyms, reading)
    return reading


def stream_file(content: Content, pseudonyms: Pseudonyms, progress: Callable[[int], None] = lambda _: None) -> Iterator[FileReading]:
    """An X12 file of any size, block by block; the last reading holds its ledger row. Numbers of notes go on from block to block."""
    door = AllowListDoor(allow_list()["x12"], pseudonyms)
    files: list[pl.DataFrame] = []
    noted = {"raw_rejects": 0, "raw_findings": 0}
    with content.stream() as read:
        for block in stream_x12(read, door, progress):
            reading = FileReading()
            _add_tables([content], block, block.rejects, noted, reading)
            noted = {name: count + reading.tables[name].height for name, count in noted.items()}
            files.append(block.files)
            yield reading
    reading = FileReading()
    if not noted["raw_rejects"]:
        _add_rejects([content], _silent(_summed(files)), 0, reading)
        noted["raw_rejects"] = reading.tables["raw_rejects"].height
    _add_ledger([content], _summed(files), pl.Series([noted["raw_findings"]]), pl.Series([noted["raw_rejects"]]), pseudonyms, reading)
    yield reading


def _summed(files: list[pl.DataFrame]) -> pl.DataFrame:
    """The rows of one file's blocks as one row."""
    together = pl.concat(files)
    kinds = sorted({kind for joined in together["kind"].drop_nulls() for kind in joined.split("+")})
    return together.select(
        pl.col("file").first(),
        pl.col("encoding").filter(pl.col("encoding") != "ascii").first().fill_null("ascii"),
        pl.lit("+".join(kinds) or None, dtype=pl.String).alias("kind"),
        pl.col(pl.Int64).exclude("file").sum(),
    )


def _read_x12_batch(contents: list[Content], pseudonyms: Pseudonyms, reading: FileReading) -> None:
    """All files at once; if that fails, one by one, so a file that breaks the reader costs only itself."""
    door = AllowListDoor(allow_list()["x12"], pseudonyms)
    raw = [content.bytes() for content in contents]
    try:
        result = read_x12(raw, door)
    except Exception as error:  # noqa: BLE001 - a defect of the reader must not cost the neighbours, nor show a value
        if len(contents) > 1:
            for content in contents:
                _read_x12_batch([content], pseudonyms, reading)
            return
        reading.extend(reader_failed(contents, type(error).__name__, pseudonyms))
        return
    rejected = _silent(result.files).join(result.rejects.select("file").unique(), on="file", how="anti")
    all_rejects = pl.concat([result.rejects, rejected], how="diagonal")
    _add_tables(contents, result, all_rejects, {"raw_rejects": 0, "raw_findings": 0}, reading)
    findings, rejects = (
        pl.DataFrame({"file": range(len(contents))}, schema={"file": pl.Int64})
        .join(notes.group_by("file").agg(pl.len().cast(pl.Int64)), on="file", how="left", maintain_order="left")["len"]
        .fill_null(0)
        for notes in (result.findings, all_rejects)
    )
    _add_ledger(contents, result.files, findings, rejects, pseudonyms, reading)


def _read_sheet_file(content: Content, known: Recognised, settings: ClientSettings, pseudonyms: Pseudonyms) -> FileReading:
    """One sheet file; a defect of the reader costs only itself."""
    raw, reading = content.bytes(), FileReading()
    try:
        sheets = read_sheets(raw, known.format_code, settings, pseudonyms)
        _add_sheets(content, known, sheets, pseudonyms, reading)
    except Exception as error:  # noqa: BLE001 - as for X12: no neighbour pays for it, and no value is shown
        return reader_failed([content], type(error).__name__, pseudonyms, known.format_code)
    return reading


def reader_failed(contents: Sequence[Content], failure: str, pseudonyms: Pseudonyms, format_code: str = "x12") -> FileReading:
    """What is said of files on which the reader itself failed; only the kind of failure is named."""
    reading = FileReading()
    reason = f"the reader failed on this file ({failure}); please report it with this rule"
    for content in contents:
        add_unread(content, Recognised(format_code), [("reader_failed", reason)], pseudonyms, reading)
    return reading


def _add_tables(contents: list[Content], result: Reading, rejects: pl.DataFrame, noted: dict[str, int], reading: FileReading) -> None:
    for table, frame in result.tables.items():
        reading.add(table, _named(contents, frame))
    _add_rejects(contents, rejects, noted["raw_rejects"], reading)
    reading.add("raw_findings", _numbered(_named(contents, result.findings), "finding_no", noted["raw_findings"]))


def _add_rejects(contents: list[Content], rejects: pl.DataFrame, after: int, reading: FileReading) -> None:
    reading.add("raw_rejects", _numbered(_named(contents, rejects).rename({"detail": "reason"}), "reject_no", after))


def _named(contents: list[Content], frame: pl.DataFrame) -> pl.DataFrame:
    """Rows with the file_id in place of the file's index in the batch."""
    ids = pl.Series([content.file_id for content in contents], dtype=pl.String)
    return frame.with_columns(ids.gather(frame["file"]).alias("file_id"))


def _silent(files: pl.DataFrame) -> pl.DataFrame:
    """A reject for every whole file that holds no transaction; for those of which nothing else is said."""
    return files.filter(pl.col("kind").is_null() & (pl.col("segment_count") > 0)).select(
        "file",
        rule=pl.lit("no_transaction"),
        detail=pl.lit("the interchange holds no transaction; ask the sender for it again"),
        segment_count=pl.lit(0, dtype=pl.Int64),
    )


def _add_ledger(
    contents: list[Content], files: pl.DataFrame, findings: pl.Series, rejects: pl.Series, pseudonyms: Pseudonyms, reading: FileReading
) -> None:
    reading.add(
        "raw_files",
        files.with_columns(
            file_id=pl.Series([content.file_id for content in contents]),
            archive_id=pl.Series([content.archive_id for content in contents], dtype=pl.String),
            format_code=pl.lit("x12"),
            byte_count=pl.Series([content.byte_count for content in contents]),
            finding_count=findings,
            reject_count=rejects,
            key_id=pl.lit(pseudonyms.key_id),
            reader_version=pl.lit(__version__),
        ),
    )


def _add_sheets(content: Content, known: Recognised, sheets: SheetReading, pseudonyms: Pseudonyms, reading: FileReading) -> None:
    for table, frame in sheets.tables.items():
        reading.add(table, frame.with_columns(file_id=pl.lit(content.file_id)))
    rejects, findings = _notes(content.file_id, sheets.rejects, "reason"), _notes(content.file_id, sheets.findings, "detail")
    findings = pl.concat([findings, _imbalances(content.file_id, sheets.imbalances)], how="diagonal")
    reading.add("raw_rejects", _numbered(rejects.with_columns(segment_count=pl.lit(0, dtype=pl.Int64)), "reject_no"))
    reading.add("raw_findings", _numbered(findings, "finding_no"))
    _ledger(
        content,
        known,
        pseudonyms,
        reading,
        kind="+".join(sorted(sheets.kinds)) or None,
        encoding=sheets.encoding,
        segment_count=sheets.row_count,
        read_segment_count=sheets.row_count,
        claim_count=sheets.claim_count,
        remit_count=sheets.remit_count,
        element_count=sheets.cell_count,
        dropped_count=sheets.dropped_count,
        finding_count=findings.height,
        reject_count=rejects.height,
    )


def add_unread(
    content: Content, known: Recognised, refused: Sequence[tuple[str, str]], pseudonyms: Pseudonyms, reading: FileReading
) -> None:
    """A ledger row for a file of which nothing itself is read, and a reject per (rule, reason)."""
    rejects = _notes(content.file_id, [(None, None, rule, reason) for rule, reason in refused], "reason")
    reading.add("raw_rejects", _numbered(rejects.with_columns(segment_count=pl.lit(0, dtype=pl.Int64)), "reject_no"))
    _ledger(content, known, pseudonyms, reading, reject_count=rejects.height)


def _ledger(content: Content, known: Recognised, pseudonyms: Pseudonyms, reading: FileReading, **values: object) -> None:
    row = dict.fromkeys(_COUNTS, 0) | {
        "file_id": content.file_id,
        "archive_id": content.archive_id,
        "format_code": known.format_code,
        "byte_count": content.byte_count,
        "key_id": pseudonyms.key_id,
        "reader_version": __version__,
    }
    reading.add("raw_files", pl.DataFrame([row | values], strict=False))


def _notes(file_id: str, notes: Notes, text: str) -> pl.DataFrame:
    schema = {"row_no": pl.Int64, "column_name": pl.String, "rule": pl.String, text: pl.String}
    return pl.DataFrame(notes, schema=schema, orient="row").with_columns(file_id=pl.lit(file_id))


def _imbalances(file_id: str, imbalances: Sequence[Imbalance]) -> pl.DataFrame:
    """Lines of a sheet that do not balance, as findings; the row stands where the segment does for X12."""
    schema: dict[str, pl.DataType] = {"row_no": pl.Int64(), "stated_amount": MONEY, "computed_amount": MONEY}
    return pl.DataFrame(imbalances, schema=schema, orient="row").with_columns(
        file_id=pl.lit(file_id),
        segment_no=pl.col("row_no"),
        column_name=pl.lit("paid_amount"),
        rule=pl.lit(LINE),
        detail=pl.lit(_UNBALANCED),
        difference_amount=pl.col("stated_amount") - pl.col("computed_amount"),
    )


_UNBALANCED = "paid_amount is not the charge less the adjustments"


def _numbered(notes: pl.DataFrame, name: str, after: int = 0) -> pl.DataFrame:
    return notes.with_columns((pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("file_id") + after).alias(name))
