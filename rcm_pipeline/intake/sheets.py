"""QA sheets, coding logs and touch logs: CSV and XLSX into raw tables by a header map."""

import csv
import io
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import fastexcel
import polars as pl

from rcm_pipeline.intake.cells import parse
from rcm_pipeline.privacy.door import AllowListDoor, allow_list
from rcm_pipeline.privacy.tokens import Pseudonyms
from schemas.contract import polars_schema
from schemas.registry import CONTRACTS

KINDS = ("qa_reviews", "qa_findings", "coded_encounters", "touches")
_KEYS = ("file_id", "row_no")
_LIKENESS = 3
_MAX_COLUMNS = 1_000
_CASE = {"stratum_code": "lower", "rebuttal_code": "lower", "error_code": "upper", "responsible_party_code": "lower"}


@dataclass
class SheetReading:
    """What the sheets of one file held. Rejects and findings: row_no, column_name, rule, text."""

    tables: dict[str, pl.DataFrame] = field(default_factory=dict)
    rejects: list[tuple[int | None, str | None, str, str]] = field(default_factory=list)
    findings: list[tuple[int | None, str | None, str, str]] = field(default_factory=list)
    row_count: int = 0
    cell_count: int = 0
    dropped_count: int = 0
    encoding: str | None = None


@cache
def shipped_headers() -> dict[str, dict[str, list[str]]]:
    """Headings that are understood without any setting."""
    return tomllib.loads(files("rcm_pipeline.intake").joinpath("headers.toml").read_text(encoding="utf-8"))


def read_sheets(raw: bytes, format_code: str, headers: Mapping[str, Mapping[str, str]], pseudonyms: Pseudonyms) -> SheetReading:
    """Every sheet of a CSV or XLSX file. Nothing raises on bad content; what is not read is a reject."""
    reading = SheetReading()
    sheets = _workbook(raw, reading) if format_code == "xlsx" else [_text(raw, reading)]
    for rows in sheets:
        _read_sheet(rows, headers, pseudonyms, reading)
    if not reading.tables and not reading.rejects:
        reading.rejects.append((None, None, "sheet_empty", "the file holds no rows; ask the sender for it again"))
    return reading


def _workbook(raw: bytes, reading: SheetReading) -> list[list[list[str]]]:
    try:
        book = fastexcel.read_excel(raw)
        frames = [book.load_sheet(name, header_row=None, dtypes="string").to_polars() for name in book.sheet_names]
    except Exception:  # noqa: BLE001 - fastexcel's own error may quote cells, so it is not looked at
        reading.rejects.append((None, None, "workbook_damaged", "the workbook cannot be read; save it again as .xlsx or send CSV"))
        return []
    return [[["" if cell is None else cell for cell in row] for row in frame.rows()] for frame in frames]


def _text(raw: bytes, reading: SheetReading) -> list[list[str]]:
    for encoding in ("utf-16",) if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "cp1252", "latin-1"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        reading.encoding = encoding
        break
    else:
        reading.rejects.append((None, None, "not_readable", "the file is cut inside a character; ask the sender for it again"))
        return []
    text = text.lstrip("\r\n")
    delimiter = max(",\t;|", key=text.split("\n", 1)[0].count)
    rows: list[list[str]] = []
    try:
        rows.extend(csv.reader(io.StringIO(text), delimiter=delimiter, strict=True))
    except csv.Error:
        reason = "from here on the quotes do not close or the text is no table; correct this row, what follows was not read"
        reading.rejects.append((len(rows) + 1, None, "not_readable", reason))
    return rows


def _read_sheet(rows: list[list[str]], headers: Mapping[str, Mapping[str, str]], pseudonyms: Pseudonyms, reading: SheetReading) -> None:
    top = next((place for place, row in enumerate(rows) if any(cell.strip() for cell in row)), None)
    if top is None:
        return
    header, below = rows[top][:_MAX_COLUMNS], enumerate(rows[top + 1 :], start=top + 2)
    body = {number: row for number, row in below if any(cell.strip() for cell in row)}
    kind, places = _match(header, headers)
    if kind is None:
        reading.rejects.append((None, None, "sheet_unknown", "the header row matches no sheet we know; " + _KNOWN))
        return
    missing = [name for name in _required(kind) if name not in places]
    if missing:
        names = ", ".join(missing)
        fix = f"add the column, or name its heading under [headers.{kind}] in the client's settings"
        reading.rejects.append((1, missing[0], "column_missing", f"looks like {kind}, but no column was found for {names}; {fix}"))
        return
    ragged = [number for number, row in body.items() if any(cell.strip() for cell in row[len(header) :])]
    for number in ragged:
        reading.rejects.append(
            (number, None, "row_too_long", "the row has more cells than the header; quote cells that hold the separator")
        )
    _fill(kind, places, {number: row for number, row in body.items() if number not in ragged}, pseudonyms, reading)


def _match(header: list[str], headers: Mapping[str, Mapping[str, str]]) -> tuple[str | None, dict[str, int]]:
    """The kind of sheet with the most columns recognised, and where each column stands."""
    plain = [_plain(cell) for cell in header]
    best: tuple[tuple[int, int], str | None, dict[str, int]] = ((0, 0), None, {})
    for kind in KINDS:
        places: dict[str, int] = {}
        for name, synonyms in shipped_headers()[kind].items():
            own = headers.get(kind, {}).get(name)
            wanted = [_plain(own)] if own else [name.replace("_", " "), *synonyms]
            at = next((plain.index(w) for w in wanted if w in plain), None)
            if at is not None:
                places[name] = at
        is_whole = int(all(name in places for name in _required(kind)))
        if (is_whole, len(places)) > best[0] and (is_whole or len(places) >= _LIKENESS):
            best = ((is_whole, len(places)), kind, places)
    return best[1], best[2]


def _fill(kind: str, places: dict[str, int], body: dict[int, list[str]], pseudonyms: Pseudonyms, reading: SheetReading) -> None:
    contract = CONTRACTS[f"raw_{kind}"]
    schema, columns = polars_schema(contract), contract.to_schema().columns
    row_no = pl.Series("row_no", list(body), dtype=pl.Int64)
    door = AllowListDoor(allow_list()[kind], pseudonyms)
    table: dict[str, pl.Series] = {"row_no": row_no}
    is_good = pl.repeat(True, len(row_no), eager=True)
    for name, dtype in schema.items():
        if name in _KEYS:
            continue
        cells = [row[places[name]] if places.get(name, len(row)) < len(row) else "" for row in body.values()]
        text = pl.Series(cells, dtype=pl.String).str.strip_chars().replace("", None)
        value = parse(door.admit(name, text), dtype)
        value = getattr(value.str, f"to_{_CASE[name]}case")() if name in _CASE else value
        if name == "stratum_code" and name not in places:
            value = pl.repeat("random", len(text), dtype=pl.String, eager=True)
            reading.findings.append((1, name, "stratum_assumed", "no column says how charts were chosen; all are taken as a random sample"))
        is_good &= _note_cells(name, text, value, row_no, columns[name].nullable, reading)
        table[name] = value
    reading.row_count += len(body)
    filled = sum(1 for row in body.values() for cell in row if cell.strip())
    reading.cell_count += filled
    reading.dropped_count += filled - sum(int(table[name].is_not_null().sum()) for name in places)
    frame = pl.DataFrame(table).filter(is_good)
    known = reading.tables.get(f"raw_{kind}")
    reading.tables[f"raw_{kind}"] = frame if known is None else pl.concat([known, frame])


def _note_cells(name: str, text: pl.Series, value: pl.Series, row_no: pl.Series, is_nullable: bool, reading: SheetReading) -> pl.Series:
    """Report every cell that did not become a value; a row that lacks a required one is not read."""
    is_bad = text.is_not_null() & value.is_null()
    is_lost = value.is_null() & (not is_nullable)
    for number in row_no.filter(is_lost):
        reading.rejects.append(
            (number, name, "cell_unreadable", f"{name} is empty or not of its type; correct this cell, the row was not read")
        )
    for number in row_no.filter(is_bad & ~is_lost):
        reading.findings.append((number, name, "cell_unreadable", f"{name} is not of its type; left empty"))
    return ~is_lost


def _required(kind: str) -> list[str]:
    columns = CONTRACTS[f"raw_{kind}"].to_schema().columns
    return [name for name, col in columns.items() if not col.nullable and name not in (*_KEYS, "stratum_code")]


def _plain(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", heading.lower()).strip()


_KNOWN = "known are " + ", ".join(KINDS) + "; name the client's headings in its settings"
