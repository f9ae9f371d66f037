"""A file of sheets to raw tables: the table in every sheet, its kind by all its columns, its rows typed, and what was left out."""

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from rcm_pipeline.intake.sheets.body_rows import body_rows
from rcm_pipeline.intake.sheets.exports import EXPORTS
from rcm_pipeline.intake.sheets.file_grids import grids_of
from rcm_pipeline.intake.sheets.grids import Grid, filled_count, letters
from rcm_pipeline.intake.sheets.kind_choice import map_of, mapped_table, outdated_columns, side_by_side, unread_decisions
from rcm_pipeline.intake.sheets.kinds import DECIDING
from rcm_pipeline.intake.sheets.qa_parts import counted_or_listed, parts_of, whole_reviews
from rcm_pipeline.intake.sheets.reason_columns import with_stated_reasons
from rcm_pipeline.intake.sheets.sheet_reading import Mapped, SheetReading
from rcm_pipeline.intake.sheets.table_reading import Understanding, typed_rows
from rcm_pipeline.intake.sheets.tables import Table, tables_of
from rcm_pipeline.privacy.tokens import Pseudonyms
from rcm_pipeline.settings import ClientSettings, SheetMap
from schemas.vocabulary.sheets import SHEET_KINDS

NOT_DATA = "For reading only"  # a sheet that begins with it is text for people, such as those of rcm plan-qa beside its form


def read_sheets(raw: bytes, format_code: str, settings: ClientSettings, pseudonyms: Pseudonyms) -> SheetReading:
    """Every sheet of a CSV, TSV, HTML, Parquet or workbook file. Nothing raises on bad content; what is not read is a reject."""
    reading = SheetReading()
    for grid in grids_of(raw, format_code, reading):
        _read_grid(grid, settings, pseudonyms, reading)
    if not reading.tables and not reading.rejects:
        reading.reject("sheet_empty", "the file holds no rows; ask the sender for it again")
    return reading


def _read_grid(grid: Grid, settings: ClientSettings, pseudonyms: Pseudonyms, reading: SheetReading) -> None:
    first = next((row for row in grid.rows if any(cell.strip() for cell in row)), None)
    if first is None:
        return
    if first[0].strip().startswith(NOT_DATA):
        reading.pass_over(filled_count(grid.rows))
        return
    own, header_row = map_of(grid, settings.sheets)
    tables = [_whole(part) for table in tables_of(grid, header_row) for part in ([table] if own else side_by_side(table, settings.headers))]
    mapped = [(table, mapped_table(table, own, settings.headers)) for table in tables]
    best, understood = max(
        mapped, key=lambda pair: (pair[1].kind is not None and not pair[1].missing, len(pair[1].places), len(pair[0].body))
    )
    for table, other in mapped:
        if table is not best and other.kind and not other.missing:
            detail = f"a further table that looks like {SHEET_KINDS[other.kind]}; not read: put it on a sheet of its own"
            reading.rejects.append((table.header_row, None, "further_table", detail))
    understood = replace(understood, header_row=best.header_row, titles=best.titles, body=best.body)
    reading.mapped.append(understood)
    stale = outdated_columns(best, understood, own, settings.headers)
    if stale:
        reading.rejects.append((best.header_row, stale[0], "map_outdated", _OUTDATED))
    elif understood.kind is None or understood.missing:
        _reject_unknown(understood, best, reading)
    else:
        _read_table(best, understood, own, settings, pseudonyms, reading)


_KNOWN = "known are " + ", ".join(SHEET_KINDS.values())
_OUTDATED = (
    "the map of this sheet in the client's settings names headings it does not have any more; correct the map, the sheet was not read"
)


def _whole(table: Table) -> Table:
    """The table with what stands in its headings, or in several columns, in columns of its own."""
    headings, body = with_stated_reasons(*whole_reviews(table.headings, table.body))
    return replace(table, headings=headings, body=body)


def _reject_unknown(mapped: Mapped, table: Table, reading: SheetReading) -> None:
    if mapped.kind is None:
        near = mapped.nearest
        lacks = f"nearest is {near} ({SHEET_KINDS[near]}), which also needs {', '.join(mapped.nearest_missing)}" if near else _KNOWN
        reading.reject("sheet_unknown", f"the header row matches no sheet we know; {lacks}; name the client's headings in its settings")
        return
    lacking = ", ".join(mapped.missing)
    fix = f"add the column, or name its heading under [headers.{mapped.kind}] in the client's settings"
    reason = f"looks like {mapped.kind} ({SHEET_KINDS[mapped.kind]}), but no column was found for {lacking}; {fix}"
    reading.rejects.append((table.header_row, mapped.missing[0], "column_missing", reason))


def _read_table(
    table: Table, mapped: Mapped, own: SheetMap | None, settings: ClientSettings, pseudonyms: Pseudonyms, reading: SheetReading
) -> None:
    kind = mapped.kind or ""
    places = counted_or_listed(mapped.places, table.body) if kind == "qa_reviews" else dict(mapped.places)
    body = body_rows(table, kind, places, reading)
    understood = Understanding(
        _words(own, settings), own.date_order if own and own.date_order else settings.date_order, own.negative if own else ()
    )
    reading.has_status, reading.totals = "status_code" in places, _totals(table, places)
    reading.has_payment = "paid_amount" in places or "claim_paid_amount" in places
    _note_columns(table, mapped, reading)
    admitted: dict[int, int] = {}
    for part in parts_of(kind, places, table.headings, body, settings.headers):
        rows, counts = typed_rows(part, understood, pseudonyms, reading)
        _add(part.kind, _standing_in(rows, own, part.places, reading), reading)
        for at, count in counts.items():
            admitted[at] = max(admitted.get(at, 0), count)
    if not body:
        reading.findings.append((None, None, "table_empty", "a table has a header and no rows"))
    filled = filled_count(table.body.values())
    reading.row_count += len(body)
    reading.cell_count += filled
    reading.dropped_count += max(filled - sum(admitted.values()), 0)


def _note_columns(table: Table, mapped: Mapped, reading: SheetReading) -> None:
    """Columns that are not read although their heading is known, or speaks of decisions or of what is taken off."""
    for name in mapped.implausible:
        reading.findings.append((None, name, "column_other", f"the cells under the heading taken for {name} are something else; not read"))
    unread = unread_decisions(table, mapped) if mapped.kind in DECIDING else []
    if unread:
        columns = ", ".join(letters(place) for place in unread)
        detail = f"columns {columns} speak of payments, denials or adjustments and are not read; name them in a map of this sheet"
        reading.findings.append((None, None, "columns_unread", detail))


def _words(own: SheetMap | None, settings: ClientSettings) -> dict[str, dict[str, str]]:
    maps = own.words if own else {}
    return {name: {**settings.words.get(name, {}), **maps.get(name, {})} for name in {*settings.words, *maps}}


def _totals(table: Table, places: Mapping[str, int]) -> set[str]:
    """Amounts whose heading speaks of a total or a claim: they may be that of the claim, repeated on its rows."""
    named = ("charge_amount", "paid_amount")
    return {name for name in named if name in places and any("total" in text or "claim" in text for text in table.headings[places[name]])}


def _standing_in(rows: pl.DataFrame, own: SheetMap | None, places: Mapping[str, int], reading: SheetReading) -> pl.DataFrame:
    """What is taken for a column that is not there, with a finding where that matters."""
    if "stratum_code" in rows.columns and "stratum_code" not in places:
        reading.findings.append(
            (None, "stratum_code", "stratum_assumed", "no column says how charts were chosen; all are taken as a random sample")
        )
        rows = rows.with_columns(pl.lit("random").alias("stratum_code"))
    if "payment_date" in rows.columns and own and own.stand_in_date:
        rows = rows.with_columns(pl.coalesce("payment_date", "denied_date", pl.lit(own.stand_in_date)).alias("payment_date"))
    if "paid_amount" in places and "status_code" not in places and "status_code" in rows.columns:
        detail = "no column says how claims were processed; as primary, or reversed if negative"
        reading.findings.append((None, "status_code", "status_assumed", detail))
    return rows


def _add(kind: str, frame: pl.DataFrame, reading: SheetReading) -> None:
    """The rows as they are, or, from an export, as the raw tables they stand for."""
    reading.kinds.add(kind)
    tables = EXPORTS[kind](frame, reading) if kind in EXPORTS else {f"raw_{kind}": frame}
    for table, rows in tables.items():
        reading.add(table, rows)
