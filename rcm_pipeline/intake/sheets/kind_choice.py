"""Which kind of sheet a table is, by all its columns and the words in them, or by the client's map; and where its columns stand."""

from collections.abc import Mapping, Sequence

from rcm_pipeline.intake.sheets.cells import UNDECIDED, word_of
from rcm_pipeline.intake.sheets.grids import Grid
from rcm_pipeline.intake.sheets.headings import Headers, heading, places_of
from rcm_pipeline.intake.sheets.kinds import KINDS, Evidence, base_of, fits, is_ageing, is_deciding, missing, takes_off
from rcm_pipeline.intake.sheets.plausibility import plausible_columns
from rcm_pipeline.intake.sheets.sheet_reading import Mapped
from rcm_pipeline.intake.sheets.tables import Table
from rcm_pipeline.settings import SheetMap

_LIKENESS = 3
_SEARCHED = 60  # rows in which the headings of a map are looked for


def map_of(grid: Grid, maps: Sequence[SheetMap]) -> tuple[SheetMap | None, int | None]:
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
    is_plausible = plausible_columns(table)
    found = {kind: places_of(kind, table.headings, headers, is_plausible) for kind in KINDS}
    evidence = _evidence(table, found)
    best: tuple[tuple[int, int, int], str | None] = ((0, 0, -len(KINDS)), None)
    for kind, places in found.items():
        is_whole = not missing(kind, places) and fits(kind, places, evidence)
        known = len(set(places.values())) + len(table.headings) * (kind == "receivables" and is_ageing(places, evidence))
        rank = (int(is_whole), known, -len(missing(kind, places)))
        if rank > best[0] and (is_whole or missing(kind, places)):
            best = (rank, kind)
    (whole, known, _), nearest = best
    if nearest is None or not known:
        return Mapped(None, {}, [], _unused(table, {}))
    places = found[nearest]
    lacking = missing(nearest, places)
    if not whole and known < _LIKENESS:
        return Mapped(None, {}, [], _unused(table, {}), nearest=nearest, nearest_missing=lacking)
    every = places_of(nearest, table.headings, headers)
    other = [name for name, at in every.items() if name not in places and not is_plausible(base_of(name), at)]
    return Mapped(nearest, places, lacking, _unused(table, places), implausible=other)


def side_by_side(table: Table, headers: Headers) -> list[Table]:
    """The tables that stand beside each other in one, an empty column between them; a table may have empty columns of its own.

    They are two where the right one has a heading of the left one again, is of a kind by itself, or has other rows.
    """
    used = {at for row in table.body.values() for at, cell in enumerate(row) if cell.strip()}
    for gap, texts in enumerate(table.headings):
        if texts or gap in used or not any(table.headings[:gap]) or not any(table.headings[gap + 1 :]):
            continue
        left, right = table.columns(0, gap), table.columns(gap + 1, len(table.headings))
        repeats = {own for own in left.headings if own} & {own for own in right.headings if own}
        alone = mapped_table(right, None, headers)
        if repeats or (alone.kind and not alone.missing) or left.body.keys() != right.body.keys():
            return [left, *side_by_side(right, headers)]
    return [table]


def _by_map(table: Table, own: SheetMap, headers: Headers) -> Mapped:
    places = places_of(own.kind, table.headings, {**headers, own.kind: {**headers.get(own.kind, {}), **own.columns}})
    stated = {name: at for name, text in own.columns.items() for at, known in enumerate(table.headings) if set(heading(text)) & set(known)}
    others = {name: at for name, at in places.items() if name in own.columns or at not in stated.values()}
    chosen = {**others, **stated}
    lacking = [name for name in missing(own.kind, chosen) if not (own.stand_in_date and name == "payment_date")]
    return Mapped(own.kind, {n: at for n, at in chosen.items() if n not in own.columns or n in stated}, lacking, _unused(table, chosen))


def outdated_columns(table: Table, mapped: Mapped, own: SheetMap | None, headers: Headers) -> list[str]:
    """Columns whose heading the client names and the sheet lacks: of its map, or of the kind it would be but for those names."""
    if own:
        return [name for name in own.columns if name not in mapped.places]
    shipped = mapped_table(table, None, {}) if headers else mapped
    if shipped.kind is None or shipped.kind == mapped.kind or shipped.missing:
        return []
    present = {part for texts in table.headings for part in texts}
    return [name for name, text in headers.get(shipped.kind, {}).items() if not present & set(heading(text))]


def unread_decisions(table: Table, mapped: Mapped) -> list[int]:
    """Places of columns that are not used although their heading speaks of what payers do or take off."""
    return [at for at in mapped.unused if any(is_deciding(text) or takes_off(text) for text in table.headings[at])]


def _unused(table: Table, places: Mapping[str, int]) -> list[int]:
    return [at for at, texts in enumerate(table.headings) if texts and at not in places.values()]


def _evidence(table: Table, found: Mapping[str, Mapping[str, int]]) -> Evidence:
    """What the words of a table say: whether a payer decided anything, whether every row is denied, whether it is a ledger."""
    lines = found["claim_outcomes"]
    words = {word_of("status_code", cell) or cell for cell in _cells(table, lines.get("status_code")) if cell}
    decided = any(word != UNDECIDED and (word.isdigit() or word_of("status_code", word)) for word in words)
    reasons = [_cells(table, lines[name]) for name in ("carc_code", "reason_words", "denied_date") if name in lines]
    every = bool(reasons) and all(any(row) for row in zip(*reasons, strict=True))
    entries = {word_of("posting_code", cell) for cell in _cells(table, found["postings"].get("posting_code"))}
    return Evidence(
        lines,
        has_decided_words=decided,
        all_denied=(every or (bool(reasons) and words == {"4"})) and not words & {"1", "2", "3", "22"},
        speaks_of_decisions=any(is_deciding(text) for at in _unused(table, lines) for text in table.headings[at]),
        remittance_count=len(set(found["remittances"].values())),
        is_ledger="charge" in entries and bool(entries & {"payment", "reversal", "contractual", "write_off", "adjustment", "transfer"}),
    )


def _cells(table: Table, place: int | None) -> list[str]:
    return [row[place].strip() if place is not None and place < len(row) else "" for row in table.body.values()]
