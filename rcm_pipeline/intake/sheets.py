"""Exports, QA sheets and logs into raw tables by a header map: which column is which, what is missing, which cells do not fit."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import polars as pl

from rcm_pipeline.intake.cells import parse
from rcm_pipeline.intake.exports import EXPORTS
from rcm_pipeline.intake.sheet_reading import Mapped, SheetReading
from rcm_pipeline.intake.tabular import Rows, sheets_of
from rcm_pipeline.privacy.door import AllowListDoor, allow_list
from rcm_pipeline.privacy.tokens import Pseudonyms
from schemas.contract import Contract, polars_schema
from schemas.registry import CONTRACTS
from schemas.sheets import SheetClaims, SheetRemittances

_TABLES = ("qa_reviews", "qa_findings", "coded_encounters", "touches", "escalations", "decisions")
KINDS: dict[str, type[Contract]] = {kind: CONTRACTS[f"raw_{kind}"] for kind in _TABLES} | {
    "claims": SheetClaims,
    "remittances": SheetRemittances,
}
_KEYS = ("file_id", "row_no")
_LIKENESS = 3
NOT_DATA = "For reading only"  # a sheet that begins with it is text for people, such as those of rcm plan-qa beside its form
_MAX_COLUMNS = 1_000
_CASE = {"stratum_code": "lower", "rebuttal_code": "lower", "error_code": "upper", "responsible_party_code": "lower"}
Headers = Mapping[str, Mapping[str, str]]


@cache
def shipped_headers() -> dict[str, dict[str, list[str]]]:
    """Headings that are understood without any setting."""
    return tomllib.loads(files("rcm_pipeline.intake").joinpath("headers.toml").read_text(encoding="utf-8"))


@cache
def shipped_words() -> dict[str, dict[str, list[str]]]:
    """Column of a closed list → our word → how people write it."""
    return tomllib.loads(files("rcm_pipeline.intake").joinpath("words.toml").read_text(encoding="utf-8"))


def read_sheets(raw: bytes, format_code: str, headers: Headers, pseudonyms: Pseudonyms) -> SheetReading:
    """Every sheet of a CSV, TSV, XLSX or Parquet file. Nothing raises on bad content; what is not read is a reject."""
    reading = SheetReading()
    for rows in sheets_of(raw, format_code, reading):
        _read_sheet(rows, headers, pseudonyms, reading)
    if not reading.tables and not reading.rejects:
        reading.reject("sheet_empty", "the file holds no rows; ask the sender for it again")
    return reading


def _read_sheet(rows: Rows, headers: Headers, pseudonyms: Pseudonyms, reading: SheetReading) -> None:
    top = next((place for place, row in enumerate(rows) if any(cell.strip() for cell in row)), None)
    if top is None:
        return
    if rows[top][0].strip().startswith(NOT_DATA):
        filled = sum(1 for row in rows for cell in row if cell.strip())
        reading.cell_count += filled
        reading.dropped_count += filled
        return
    header, below = rows[top][:_MAX_COLUMNS], enumerate(rows[top + 1 :], start=top + 2)
    body = {number: row for number, row in below if any(cell.strip() for cell in row)}
    mapped = match_header(header, headers)
    reading.mapped.append(mapped)
    if mapped.kind is None:
        reading.reject("sheet_unknown", "the header row matches no sheet we know; " + _KNOWN)
        return
    if mapped.missing:
        names, fix = (
            ", ".join(mapped.missing),
            f"add the column, or name its heading under [headers.{mapped.kind}] in the client's settings",
        )
        reason = f"looks like {mapped.kind}, but no column was found for {names}; {fix}"
        reading.rejects.append((1, mapped.missing[0], "column_missing", reason))
        return
    ragged = [number for number, row in body.items() if any(cell.strip() for cell in row[len(header) :])]
    for number in ragged:
        reason = "the row has more cells than the header; quote cells that hold the separator"
        reading.rejects.append((number, None, "row_too_long", reason))
    _fill(mapped.kind, mapped.places, {n: row for n, row in body.items() if n not in set(ragged)}, pseudonyms, reading)


def match_header(header: list[str], headers: Headers) -> Mapped:
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
        is_whole = int(all(name in places for name in required(kind)))
        if (is_whole, len(places)) > best[0] and (is_whole or len(places) >= _LIKENESS):
            best = ((is_whole, len(places)), kind, places)
    _, kind_found, places = best
    missing = [name for name in required(kind_found) if name not in places] if kind_found else []
    unused = [at for at, text in enumerate(plain) if text and at not in places.values()]
    return Mapped(kind_found, places, missing, unused)


def _fill(kind: str, places: Mapping[str, int], body: dict[int, list[str]], pseudonyms: Pseudonyms, reading: SheetReading) -> None:
    columns = KINDS[kind].to_schema().columns
    row_no = pl.Series("row_no", list(body), dtype=pl.Int64)
    door = AllowListDoor(allow_list()[kind], pseudonyms)
    table: dict[str, pl.Series] = {"row_no": row_no}
    is_good = pl.repeat(True, len(row_no), eager=True)
    for name, dtype in polars_schema(KINDS[kind]).items():
        if name in _KEYS:
            continue
        cells = [row[places[name]] if places.get(name, len(row)) < len(row) else "" for row in body.values()]
        text = pl.Series(cells, dtype=pl.String).str.strip_chars().replace("", None)
        value = parse(door.admit(name, _our_words(name, text, row_no, reading)), dtype)
        value = getattr(value.str, f"to_{_CASE[name]}case")() if name in _CASE else value
        if name == "stratum_code" and name not in places:
            value = pl.repeat("random", len(text), dtype=pl.String, eager=True)
            reading.findings.append((1, name, "stratum_assumed", "no column says how charts were chosen; all are taken as a random sample"))
        if kind == "remittances" and name == "status_code" and name not in places:
            reading.findings.append(
                (1, name, "status_assumed", "no column says how claims were processed; as primary, or reversed if negative")
            )
        is_good &= _note_cells(name, text, value, row_no, columns[name].nullable, reading)
        table[name] = value
    reading.row_count += len(body)
    filled = sum(1 for row in body.values() for cell in row if cell.strip())
    reading.cell_count += filled
    reading.dropped_count += filled - sum(int(table[name].is_not_null().sum()) for name in places)
    _add(kind, pl.DataFrame(table).filter(is_good), reading)


def _add(kind: str, frame: pl.DataFrame, reading: SheetReading) -> None:
    """The rows as they are, or, from an export, as the raw tables they stand for."""
    reading.kinds.add(kind)
    tables = EXPORTS[kind](frame, reading.before()) if kind in EXPORTS else {f"raw_{kind}": frame}
    for table, rows in tables.items():
        reading.add(table, rows)


def _our_words(name: str, text: pl.Series, row_no: pl.Series, reading: SheetReading) -> pl.Series:
    """Cells of a column with a closed list in our words; what is none of them is `other`, and a finding."""
    if name not in shipped_words():
        return text
    ours = {phrase: word for word, phrases in shipped_words()[name].items() for phrase in [word.replace("_", " "), *phrases]}
    found = pl.Series([ours.get(_plain(cell)) if cell else None for cell in text], dtype=pl.String)
    for number in row_no.filter(found.is_null() & text.is_not_null()):
        reading.findings.append((number, name, "word_unknown", f"{name} is none of the words we know; taken as other"))
    return pl.select(pl.when(text.is_not_null()).then(found.fill_null("other"))).to_series()


def _note_cells(name: str, text: pl.Series, value: pl.Series, row_no: pl.Series, is_nullable: bool, reading: SheetReading) -> pl.Series:
    """Report every cell that did not become a value; a row that lacks a required one is not read."""
    is_bad = text.is_not_null() & value.is_null()
    is_lost = value.is_null() & (not is_nullable)
    for number in row_no.filter(is_lost):
        reason = f"{name} is empty or not of its type; correct this cell, the row was not read"
        reading.rejects.append((number, name, "cell_unreadable", reason))
    for number in row_no.filter(is_bad & ~is_lost):
        reading.findings.append((number, name, "cell_unreadable", f"{name} is not of its type; left empty"))
    return ~is_lost


def required(kind: str) -> list[str]:
    """Columns a sheet of this kind must have."""
    columns = KINDS[kind].to_schema().columns
    return [name for name, col in columns.items() if not col.nullable and name not in (*_KEYS, "stratum_code")]


def _plain(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", heading.lower()).strip()


_KNOWN = "known are " + ", ".join(KINDS) + "; name the client's headings in its settings"
