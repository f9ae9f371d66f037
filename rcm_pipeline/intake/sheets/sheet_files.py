"""A file of sheets to raw tables: the table in every sheet, its kind by all its columns, its rows typed, and what was left out."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from rcm_pipeline.intake.sheets.cells import UNDECIDED, amounts, cleaned, word_of
from rcm_pipeline.intake.sheets.exports import EXPORTS
from rcm_pipeline.intake.sheets.file_grids import grids_of
from rcm_pipeline.intake.sheets.grids import Grid, filled_count
from rcm_pipeline.intake.sheets.headings import Headers, heading, places_of
from rcm_pipeline.intake.sheets.kinds import KINDS, fits, is_deciding, missing
from rcm_pipeline.intake.sheets.qa_parts import counted_or_listed, parts_of, whole_reviews
from rcm_pipeline.intake.sheets.sheet_reading import Mapped, SheetReading
from rcm_pipeline.intake.sheets.table_reading import Understanding, typed_rows
from rcm_pipeline.intake.sheets.tables import Table, data_rows, tables_of
from rcm_pipeline.privacy.tokens import Pseudonyms
from rcm_pipeline.settings import ClientSettings, SheetMap
from schemas.vocabulary.sheets import SHEET_KINDS

NOT_DATA = "For reading only"  # a sheet that begins with it is text for people, such as those of rcm plan-qa beside its form
_LIKENESS = 3
_SEARCHED = 60  # rows in which the headings of a map are looked for
_LINES = ("claims", "remittances", "claim_outcomes")
_OF_CLAIM = ("payer_name", "payer_id", "payment_date", "denied_date", "created_date", "icn_token", "member_token")
_ON_LINE = ("procedure_code", "revenue_code")


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
    own, header_row = _map_of(grid, settings.sheets)
    tables = [_whole(table) for table in tables_of(grid, header_row)]
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
    stale = _stale(best, understood, own, settings.headers)
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
    headings, body = whole_reviews(table.headings, table.body)
    return replace(table, headings=headings, body=body)


def _stale(table: Table, mapped: Mapped, own: SheetMap | None, headers: Headers) -> list[str]:
    """Columns whose heading the client names and the sheet lacks: of its map, or of the kind it would be but for those names."""
    if own:
        return [name for name in own.columns if name not in mapped.places]
    shipped = mapped_table(table, None, {}) if headers else mapped
    if shipped.kind is None or shipped.kind == mapped.kind or shipped.missing:
        return []
    present = {part for texts in table.headings for part in texts}
    return [name for name, text in headers.get(shipped.kind, {}).items() if not present & set(heading(text))]


def _map_of(grid: Grid, maps: Sequence[SheetMap]) -> tuple[SheetMap | None, int | None]:
    """The client's map of this sheet, by the name of the sheet or by most of its headings in one row, and the number of that row."""
    for own in maps:
        wanted = {part for text in own.columns.values() for part in heading(text)}
        top = own.header_row or 1
        rows = grid.rows[top - 1 : top if own.header_row else _SEARCHED]
        known = [len(wanted & {part for cell in row for part in heading(cell)}) for row in rows]
        most = max(known, default=0)
        if (own.sheet and own.sheet == grid.name) or (not own.sheet and 2 * most >= len(set(own.columns.values()))):
            return own, top + known.index(most) if most else own.header_row
    return None, None


def mapped_table(table: Table, own: SheetMap | None, headers: Headers) -> Mapped:
    """The kind of sheet, and where each column stands. One whose columns are all there goes before one that lacks some."""
    if own:
        return _by_map(table, own, headers)
    found = {kind: places_of(kind, table.headings, headers) for kind in KINDS}
    decided, denied = _statuses(table, found["claim_outcomes"])
    unknown = _unused(table, found["claim_outcomes"])
    speaks = any(is_deciding(text) for at in unknown for text in table.headings[at])
    best: tuple[tuple[int, int, int], str | None] = ((0, 0, -len(KINDS)), None)
    for kind, places in found.items():
        is_whole = not missing(kind, places) and fits(kind, places, found["claim_outcomes"], decided, denied, speaks)
        rank = (int(is_whole), len(set(places.values())), -len(missing(kind, places)))
        if rank > best[0] and (is_whole or missing(kind, places)):
            best = (rank, kind)
    (whole, known, _), nearest = best
    if nearest is None or not known:
        return Mapped(None, {}, [], _unused(table, {}))
    places = found[nearest]
    lacking = missing(nearest, places)
    if not whole and known < _LIKENESS:
        return Mapped(None, {}, [], _unused(table, {}), nearest=nearest, nearest_missing=lacking)
    return Mapped(nearest, places, lacking, _unused(table, places))


def _by_map(table: Table, own: SheetMap, headers: Headers) -> Mapped:
    places = places_of(own.kind, table.headings, {**headers, own.kind: {**headers.get(own.kind, {}), **own.columns}})
    stated = {name: at for name, text in own.columns.items() for at, known in enumerate(table.headings) if set(heading(text)) & set(known)}
    others = {name: at for name, at in places.items() if name in own.columns or at not in stated.values()}
    chosen = {**others, **stated}
    lacking = [name for name in missing(own.kind, chosen) if not (own.stand_in_date and name == "payment_date")]
    return Mapped(own.kind, {n: at for n, at in chosen.items() if n not in own.columns or n in stated}, lacking, _unused(table, chosen))


def _unused(table: Table, places: Mapping[str, int]) -> list[int]:
    return [at for at, texts in enumerate(table.headings) if texts and at not in places.values()]


def _statuses(table: Table, lines: Mapping[str, int]) -> tuple[bool, bool]:
    """Whether any status says that a payer decided, and whether every row is denied: by its status, or by a reason or day of denial."""
    words = {word_of("status_code", cell) or cell for cell in _cells(table, lines.get("status_code")) if cell}
    decided = any(word != UNDECIDED and (word.isdigit() or word_of("status_code", word)) for word in words)
    reasons = [_cells(table, lines[name]) for name in ("carc_code", "reason_words", "denied_date") if name in lines]
    every = bool(reasons) and all(any(row) for row in zip(*reasons, strict=True))
    return decided, (every or (bool(reasons) and words == {"4"})) and not words & {"1", "2", "3", "22"}


def _cells(table: Table, place: int | None) -> list[str]:
    return [row[place].strip() if place is not None and place < len(row) else "" for row in table.body.values()]


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
    key = places.get("review_token", places.get("claim_token", places.get("staff_id")))
    body = _without_ragged(data_rows(table, key, places), table, reading)
    if kind in _LINES:
        body = _filled_down(body, places, reading)
        body = _without_sums(body, places, reading)
    reading.rejects.extend(note for note in table.notes if note[2] != "units_row")
    reading.findings.extend(note for note in table.notes if note[2] == "units_row")
    understood = Understanding(
        _words(own, settings), own.date_order if own and own.date_order else settings.date_order, own.negative if own else ()
    )
    reading.has_status, reading.totals = "status_code" in places, _totals(table, places)
    reading.has_payment = "paid_amount" in places or "claim_paid_amount" in places
    admitted: dict[int, int] = {}
    for part in parts_of(kind, places, table.headings, body, settings.headers):
        rows, counts = typed_rows(part, understood, pseudonyms, reading)
        _add(part.kind, _standing_in(rows, own, part.places, reading), reading)
        for at, count in counts.items():
            admitted[at] = max(admitted.get(at, 0), count)
    if not body:
        reading.reject("sheet_empty", "the table has a header and no rows; ask the sender for it again")
    filled = filled_count(table.body.values())
    reading.row_count += len(body)
    reading.cell_count += filled
    reading.dropped_count += max(filled - sum(admitted.values()), 0)


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


def _without_ragged(body: dict[int, list[str]], table: Table, reading: SheetReading) -> dict[int, list[str]]:
    """The rows without those that hold more cells than the header: where each value belongs is not known."""
    ragged = [number for number, row in body.items() if filled_count([row[table.width :]])]
    reason = "the row has more cells than the header; quote cells that hold the separator"
    reading.rejects.extend((number, None, "row_too_long", reason) for number in ragged)
    return {number: row for number, row in body.items() if number not in set(ragged)}


def _filled_down(body: dict[int, list[str]], places: Mapping[str, int], reading: SheetReading) -> dict[int, list[str]]:
    """A row that names no claim goes on with the one above, where it is a line and all else of a claim is empty in it too.

    Only where the sheet has several columns of a claim: with the account alone, an empty cell may as well be a lost one.
    """
    of_claim = [places[name] for name in ("claim_token", *_OF_CLAIM) if name in places]
    on_line = [places[name] for name in _ON_LINE if name in places]
    if len(of_claim) < 2 or not on_line or "claim_token" not in places:
        return body
    above: list[str] | None = None
    last, count = -1, 0
    found = {}
    for number, row in body.items():
        is_line = any(at < len(row) and row[at].strip() for at in on_line)
        is_open = not any(at < len(row) and row[at].strip() for at in of_claim)
        if above and is_line and is_open and number == last + 1:
            found[number] = [above[at] if at in of_claim and at < len(above) else cell for at, cell in enumerate(row)]
            count += 1
        else:
            found[number] = row
        above, last = found[number], number
    if count:
        reading.findings.append((None, "claim_token", "filled_down", f"{count} rows name no claim and go on with the one above them"))
    return found


def _without_sums(body: dict[int, list[str]], places: Mapping[str, int], reading: SheetReading) -> dict[int, list[str]]:
    """The last row, where it names no claim and its amounts are the sums of those above, is no row of data."""
    if len(body) < 3 or "claim_token" not in places:
        return body
    *above, last = body
    at_key, row = places["claim_token"], body[last]
    money = [at for name, at in places.items() if name.endswith("_amount") and at < len(row) and row[at].strip()]
    if (at_key < len(row) and row[at_key].strip()) or not money:
        return body
    texts = {f"{at}": cleaned("", (body[n][at] if at < len(body[n]) else "" for n in (*above, last))) for at in money}
    plain_texts = amounts(pl.DataFrame(texts, schema=dict.fromkeys(texts, pl.String)))
    numbers = plain_texts.select(pl.all().str.replace_all(",", "").cast(pl.Decimal(18, 2), strict=False)).get_columns()
    if any(cents[:-1].sum() == cents[-1] for cents in numbers):
        reading.rejects.append((last, None, "total_row", "a row of totals, which is no row of data; not read"))
        return {number: body[number] for number in above}
    return body


def _add(kind: str, frame: pl.DataFrame, reading: SheetReading) -> None:
    """The rows as they are, or, from an export, as the raw tables they stand for."""
    reading.kinds.add(kind)
    tables = EXPORTS[kind](frame, reading) if kind in EXPORTS else {f"raw_{kind}": frame}
    for table, rows in tables.items():
        reading.add(table, rows)
