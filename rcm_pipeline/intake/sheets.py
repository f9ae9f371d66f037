"""Exports, QA sheets and logs into raw tables by a header map: which column is which, what is missing, which cells do not fit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import polars as pl

from rcm_pipeline.intake.cells import normalised, parse
from rcm_pipeline.intake.exports import EXPORTS
from rcm_pipeline.intake.headings import KEYS, KINDS, Headers, Part, counted_or_listed, match_header, parts_of
from rcm_pipeline.intake.sheet_reading import SheetReading
from rcm_pipeline.intake.tabular import Rows, sheets_of
from rcm_pipeline.privacy.door import AllowListDoor, allow_list
from rcm_pipeline.privacy.tokens import Pseudonyms
from schemas.contract import polars_schema

NOT_DATA = "For reading only"  # a sheet that begins with it is text for people, such as those of rcm plan-qa beside its form
_MAX_COLUMNS = 1_000
_CASE = {"stratum_code": "lower", "rebuttal_code": "lower", "error_code": "upper"}
# an empty cell of these says something, so one that cannot be read must not become empty
_EMPTY_SPEAKS = {
    "qa_reviews": ("coder_code_count", "auditor_code_count", "correct_code_count", "coder_codes", "auditor_codes"),
    "qa_codes": ("coder_code", "auditor_code", "coder_modifiers", "auditor_modifiers", "coder_units", "auditor_units"),
}


def read_sheets(raw: bytes, format_code: str, headers: Headers, pseudonyms: Pseudonyms) -> SheetReading:
    """Every sheet of a CSV, TSV, XLSX or Parquet file. Nothing raises on bad content; what is not read is a reject."""
    reading = SheetReading()
    for rows in sheets_of(raw, format_code, reading):
        _read_sheet(rows, headers, pseudonyms, reading)
    if not reading.tables and not reading.rejects:
        reading.reject("sheet_empty", "the file holds no rows; ask the sender for it again")
    return reading


def _read_sheet(rows: Rows, headers: Headers, pseudonyms: Pseudonyms, reading: SheetReading) -> None:
    top = next((at for at, row in enumerate(rows) if _filled([row])), None)
    if top is None:
        return
    if rows[top][0].strip().startswith(NOT_DATA):
        reading.cell_count += _filled(rows)
        reading.dropped_count += _filled(rows)
        return
    header, below = rows[top][:_MAX_COLUMNS], enumerate(rows[top + 1 :], start=top + 2)
    body = {number: row for number, row in below if _filled([row])}
    mapped = match_header(header, headers)
    if mapped.kind == "qa_reviews":
        mapped = replace(mapped, places=counted_or_listed(mapped.places, body))
    reading.mapped.append(mapped)
    if mapped.kind is None:
        reading.reject("sheet_unknown", "the header row matches no sheet we know; " + _KINDS_KNOWN)
    elif mapped.missing:
        _reject_missing(mapped.kind, mapped.missing, reading)
    else:
        good = _without_ragged(body, len(header), reading)
        _read_rows(parts_of(mapped.kind, mapped.places, header, good, headers), good, pseudonyms, reading)


def _filled(rows: Iterable[Sequence[str]]) -> int:
    """Cells that hold anything but blanks."""
    return sum(1 for row in rows for cell in row if cell.strip())


def _reject_missing(kind: str, missing: Sequence[str], reading: SheetReading) -> None:
    fix = f"add the column, or name its heading under [headers.{kind}] in the client's settings"
    reason = f"looks like {kind}, but no column was found for {', '.join(missing)}; {fix}"
    reading.rejects.append((1, missing[0], "column_missing", reason))


def _without_ragged(body: dict[int, list[str]], width: int, reading: SheetReading) -> dict[int, list[str]]:
    """The rows without those that hold more cells than the header: where each value belongs is not known."""
    ragged = [number for number, row in body.items() if _filled([row[width:]])]
    reason = "the row has more cells than the header; quote cells that hold the separator"
    reading.rejects.extend((number, None, "row_too_long", reason) for number in ragged)
    return {number: row for number, row in body.items() if number not in set(ragged)}


def _read_rows(parts: Iterable[Part], rows: dict[int, list[str]], pseudonyms: Pseudonyms, reading: SheetReading) -> None:
    admitted: dict[int, int] = {}
    for part in parts:
        for at, count in _fill(part, pseudonyms, reading).items():
            admitted[at] = max(admitted.get(at, 0), count)
    reading.row_count += len(rows)
    reading.cell_count += _filled(rows.values())
    reading.dropped_count += _filled(rows.values()) - sum(admitted.values())


def _fill(part: Part, pseudonyms: Pseudonyms, reading: SheetReading) -> dict[int, int]:
    """Read the rows of a part into its table; how many cells of each place became values."""
    kind, places = part.kind, part.places
    columns = KINDS[kind].to_schema().columns
    types = {name: dtype for name, dtype in polars_schema(KINDS[kind]).items() if name not in KEYS}
    absent = [name for name in types if name not in places and columns[name].nullable]
    words = _words(part, [name for name in types if name not in absent], reading)
    door = AllowListDoor(allow_list()[kind], pseudonyms)
    admitted = words.with_columns(door.admit(name, words[name]).alias(name) for name in words.columns if name != "row_no")
    values = admitted.select("row_no", *(_cased(name, parse(pl.col(name), types[name])) for name in admitted.columns if name != "row_no"))
    values = values.with_columns(pl.lit(None, types[name]).alias(name) for name in absent)
    values = values.with_columns(_assumed(kind, name, values[name], reading).alias(name) for name in types if name not in places)
    is_optional = {name: columns[name].nullable for name in words.columns if name != "row_no"}
    speaking = _EMPTY_SPEAKS.get(kind, ())
    is_good = _note_cells(words, values, is_optional, speaking, reading)
    _add(kind, values.select("row_no", *types).filter(is_good), reading)
    counts = values.select(pl.col(*dict.fromkeys(places)).is_not_null().sum()).row(0, named=True) if places else {}
    return {at: int(counts[name]) for name, at in places.items()}


def _words(part: Part, names: Sequence[str], reading: SheetReading) -> pl.DataFrame:
    """The cells of these columns, trimmed, null where empty, in our words where their column has a closed list."""
    rows = list(part.body.values())
    row_no = pl.Series("row_no", list(part.body), dtype=pl.Int64)
    cells = [pl.Series(name, _cells(rows, part.places.get(name)), dtype=pl.String) for name in names]
    text = pl.DataFrame([row_no, *cells]).with_columns(pl.col(pl.String).str.strip_chars().replace("", None))
    return text.with_columns(normalised(name, text[name], row_no, reading).alias(name) for name in names)


def _cells(rows: Sequence[Sequence[str]], place: int | None) -> list[str]:
    return [row[place] if place is not None and place < len(row) else "" for row in rows]


def _cased(name: str, value: pl.Expr) -> pl.Expr:
    match _CASE.get(name):
        case "lower":
            return value.str.to_lowercase()
        case "upper":
            return value.str.to_uppercase()
        case _:
            return value


def _assumed(kind: str, name: str, value: pl.Series, reading: SheetReading) -> pl.Series:
    """What is taken for a column that is not there, with a finding where that matters."""
    if name == "stratum_code":
        reading.findings.append((1, name, "stratum_assumed", "no column says how charts were chosen; all are taken as a random sample"))
        return pl.repeat("random", len(value), dtype=pl.String, eager=True)
    if kind == "remittances" and name == "status_code":
        reading.findings.append(
            (1, name, "status_assumed", "no column says how claims were processed; as primary, or reversed if negative")
        )
    return value


def _add(kind: str, frame: pl.DataFrame, reading: SheetReading) -> None:
    """The rows as they are, or, from an export, as the raw tables they stand for."""
    reading.kinds.add(kind)
    tables = EXPORTS[kind](frame, reading.before()) if kind in EXPORTS else {f"raw_{kind}": frame}
    for table, rows in tables.items():
        reading.add(table, rows)


def _note_cells(
    words: pl.DataFrame, values: pl.DataFrame, is_optional: Mapping[str, bool], speaking: Sequence[str], reading: SheetReading
) -> pl.Series:
    """Report every cell that did not become a value; a row that lacks one it cannot do without is not read."""
    is_good = pl.repeat(True, len(values), eager=True)
    for name, optional in is_optional.items():
        if values[name].null_count() == (words[name].null_count() if optional else 0):
            continue
        is_bad = words[name].is_not_null() & values[name].is_null()
        is_lost = is_bad & (name in speaking) if optional else values[name].is_null()
        for number in values["row_no"].filter(is_lost):
            reason = f"{name} is empty or not of its type; correct this cell, the row was not read"
            reading.rejects.append((number, name, "cell_unreadable", reason))
        for number in values["row_no"].filter(is_bad & ~is_lost):
            reading.findings.append((number, name, "cell_unreadable", f"{name} is not of its type; left empty"))
        is_good &= ~is_lost
    return is_good


_KINDS_KNOWN = "known are " + ", ".join(KINDS) + "; name the client's headings in its settings"
