"""How a file would be understood, for the person who holds it: which column goes where, what is left, and a map to correct.

The one place where headings and cells of a file are shown: on that person's terminal, on demand.
"""

from collections.abc import Iterator

from rcm_pipeline.intake.archives import unpack
from rcm_pipeline.intake.contents import Content
from rcm_pipeline.intake.recognise import ARCHIVES, SHEETS, recognise
from rcm_pipeline.intake.sheets.grids import letters
from rcm_pipeline.intake.sheets.kinds import columns_of
from rcm_pipeline.intake.sheets.sheet_files import read_sheets
from rcm_pipeline.intake.sheets.sheet_reading import Mapped, Note, SheetReading
from rcm_pipeline.privacy.tokens import Identified
from rcm_pipeline.settings import ClientSettings
from schemas.vocabulary.sheets import SHEET_KINDS

_ID_DIGITS = 12
_PROBLEMS = 3  # with their cells; the first of each rule
_SHOWN = 40  # characters of a heading or cell


def explain(content: Content, settings: ClientSettings) -> Iterator[str]:
    """Lines for a person: what every sheet is taken for, what is assumed, and the first problems with their cells."""
    known, name = recognise(content), content.file_id[:_ID_DIGITS]
    if known.format_code in ARCHIVES:
        with unpack(content, known.format_code) as found:
            yield f"{name}: {known.format_code} with {len(found.members)} files"
            for member in found.members:
                yield from explain(member, settings)
            for _, reason in found.refused:
                yield f"{name}: {reason}"
    elif known.format_code in SHEETS:
        reading = _reading(content, settings)
        for number, mapped in enumerate(reading.mapped, start=1):
            yield from _sheet(f"{name}, table {number}", mapped)
        yield f"{name}: {reading.row_count} rows; {len(reading.rejects)} things not read, {len(reading.findings)} kept but odd"
        yield from _problems(reading)
    elif known.format_code == "x12":
        yield f"{name}: X12; its columns are fixed by the standard, see the tables' dictionary"
    else:
        yield f"{name}: {known.reason}"


def starter_maps(content: Content, settings: ClientSettings) -> Iterator[str]:
    """TOML of a map for every sheet of the file, as it is understood now; headings that are not used stand behind a #."""
    known = recognise(content)
    if known.format_code in ARCHIVES:
        with unpack(content, known.format_code) as found:
            for member in found.members:
                yield from starter_maps(member, settings)
    elif known.format_code in SHEETS:
        for mapped in _reading(content, settings).mapped:
            yield from _map(mapped)


def _reading(content: Content, settings: ClientSettings) -> SheetReading:
    return read_sheets(content.bytes(), recognise(content).format_code, settings, Identified())


def _sheet(name: str, mapped: Mapped) -> Iterator[str]:
    if mapped.kind is None:
        near = f"; nearest is {mapped.nearest}, which also needs {', '.join(mapped.nearest_missing)}" if mapped.nearest else ""
        yield f"{name}: the header row (row {mapped.header_row}) matches no sheet we know{near}"
    else:
        yield f"{name}: read as {mapped.kind} ({SHEET_KINDS[mapped.kind]}), header in row {mapped.header_row}"
    for column, place in sorted(mapped.places.items(), key=lambda item: item[1]):
        yield f"  column {letters(place)} {_title(mapped, place)} → {column}"
    for place in mapped.unused:
        yield f"  column {letters(place)} {_title(mapped, place)} → not used, dropped"
    if mapped.kind is None:
        return
    for column in mapped.missing:
        yield f"  missing: {column}; name its heading under [headers.{mapped.kind}], or in a map: --save-map"
    absent = [c for c in columns_of(mapped.kind) if c not in (*mapped.places, *mapped.missing)]
    if absent:
        yield f"  not in the sheet, left empty: {', '.join(absent)}"


def _problems(reading: SheetReading) -> Iterator[str]:
    """What holds for a whole sheet, then the first rows that show each rule, with their cells; what was refused goes first."""
    for note in [*reading.rejects, *reading.findings]:
        if note[0] is None:
            yield f"  {note[1] or 'sheet'}: {note[3]}"
    firsts: dict[str, Note] = {}
    for note in [*reading.rejects, *reading.findings]:
        if note[0] is not None:
            firsts.setdefault(note[2], note)
    for row, column, rule, reason in list(firsts.values())[:_PROBLEMS]:
        times = sum(note[2] == rule for note in [*reading.rejects, *reading.findings])
        yield f"  row {row}{_cell(reading, row, column)}: {reason}" + (f" ({times} such)" if times > 1 else "")


def _cell(reading: SheetReading, row: int | None, column: str | None) -> str:
    """Where a problem stands, and what stands there."""
    for mapped in reading.mapped:
        if row is not None and column is not None and row in mapped.body and column in mapped.places:
            place, cells = mapped.places[column], mapped.body[row]
            return f", {column} in {letters(place)}{row} ({_quoted(cells[place] if place < len(cells) else '')})"
    return f", {column}" if column else ""


def _title(mapped: Mapped, place: int) -> str:
    return _quoted(mapped.titles[place]) if place < len(mapped.titles) else ""


def _quoted(text: str) -> str:
    shown = " ".join(text.split())
    return f'"{shown[:_SHOWN]}…"' if len(shown) > _SHOWN else f'"{shown}"'


def _map(mapped: Mapped) -> Iterator[str]:
    kind = mapped.kind or mapped.nearest or "remittances"
    yield "[[sheets]]"
    yield f'kind = "{kind}"  # one of {", ".join(SHEET_KINDS)}'
    yield f"# header_row = {mapped.header_row}   # only where the header is not found by its headings"
    yield '# date_order = "month_first"   # or "day_first"'
    yield "# stand_in_date = 2026-01-31    # the day of decision of rows that name none"
    yield ""
    yield "[sheets.columns]  # our column = the heading of the sheet"
    for column, place in sorted(mapped.places.items(), key=lambda item: item[1]):
        if place < len(mapped.titles):
            yield f"{column} = {_toml(mapped.titles[place])}"
    for column in [*mapped.missing, *mapped.nearest_missing]:
        yield f'# {column} = ""  # needed: the heading it stands under'
    free = [column for column in columns_of(kind) if column not in (*mapped.places, *mapped.missing, *mapped.nearest_missing)]
    for place in mapped.unused:
        if place < len(mapped.titles):
            yield f"# … = {_toml(mapped.titles[place])}  # not used"
    yield f"# columns a sheet of this kind may also have: {', '.join(free)}"
    yield ""


def _toml(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
