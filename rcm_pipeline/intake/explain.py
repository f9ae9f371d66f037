"""How a file would be understood: which column of a sheet goes where and what is missing. Headings are never repeated."""

from collections.abc import Iterator

from rcm_pipeline.intake.archives import unpack
from rcm_pipeline.intake.contents import Content
from rcm_pipeline.intake.recognise import ARCHIVES, SHEETS, recognise
from rcm_pipeline.intake.sheets.kinds import columns_of
from rcm_pipeline.intake.sheets.sheet_files import read_sheets
from rcm_pipeline.intake.sheets.sheet_reading import Mapped
from rcm_pipeline.privacy.tokens import Identified
from rcm_pipeline.settings import ClientSettings

_ID_DIGITS = 12
_LETTERS = 26


def explain(content: Content, settings: ClientSettings) -> Iterator[str]:
    """Lines for a person. A heading that was not recognised may be a patient's name, so only its column letter is said."""
    known, name = recognise(content), content.file_id[:_ID_DIGITS]
    if known.format_code in ARCHIVES:
        with unpack(content, known.format_code) as found:
            yield f"{name}: {known.format_code} with {len(found.members)} files"
            for member in found.members:
                yield from explain(member, settings)
            for _, reason in found.refused:
                yield f"{name}: {reason}"
    elif known.format_code in SHEETS:
        reading = read_sheets(content.bytes(), known.format_code, settings, Identified())
        for mapped in reading.mapped:
            yield from _sheet(name, mapped)
        yield f"{name}: {reading.row_count} rows; {len(reading.rejects)} things not read, {len(reading.findings)} kept but odd"
        for row, column, _, reason in reading.rejects[:5]:
            yield f"{name}: row {row or '–'}{f', {column}' if column else ''}: {reason}"
    elif known.format_code == "x12":
        yield f"{name}: X12; its columns are fixed by the standard, see the tables' dictionary"
    else:
        yield f"{name}: {known.reason}"


def _sheet(name: str, mapped: Mapped) -> Iterator[str]:
    if mapped.kind is None:
        near = f"; nearest is {mapped.nearest}, which also needs {', '.join(mapped.nearest_missing)}" if mapped.nearest else ""
        yield f"{name}: the header row matches no sheet we know{near}"
        return
    yield f"{name}: read as {mapped.kind}"
    for column, place in sorted(mapped.places.items(), key=lambda item: item[1]):
        yield f"  column {letters(place)} → {column}"
    for place in mapped.unused:
        yield f"  column {letters(place)} → not used, dropped"
    for column in mapped.missing:
        yield f"  missing: {column}; name its heading under [headers.{mapped.kind}] in the client's settings"
    absent = [c for c in columns_of(mapped.kind) if c not in (*mapped.places, *mapped.missing)]
    if absent:
        yield f"  not in the sheet, left empty: {', '.join(absent)}"


def letters(place: int) -> str:
    """A column as spreadsheets name it: A, B … Z, AA."""
    name, place = "", place + 1
    while place:
        place, rest = divmod(place - 1, _LETTERS)
        name = chr(ord("A") + rest) + name
    return name
