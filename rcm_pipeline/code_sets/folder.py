"""Read the folder of code lists a client's settings name: each file a release, each wrong one an error that says where."""

import csv
import datetime as dt
import hashlib
import io
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from rcm_pipeline.code_sets.built_in import built_in_release
from rcm_pipeline.code_sets.layouts import day, layout_of
from rcm_pipeline.code_sets.names import OURS, Named, is_companion, named
from rcm_pipeline.code_sets.releases import CODES, Release, in_order
from rcm_pipeline.code_sets.systems import ICD10CM, SYSTEMS, system_of
from rcm_pipeline.errors import SettingsError
from rcm_pipeline.intake.sheets.sheet_reading import SheetReading
from rcm_pipeline.intake.sheets.workbooks import workbook_grids

_MAX_UNPACKED = 500_000_000  # bytes; the largest archive of CMS unpacks to a tenth
_Coded = tuple[str, dt.date | None, dt.date | None]


@dataclass(frozen=True)
class _List:
    """A file of the folder, or of an archive in it: where it lies, and what it holds."""

    path: Path
    content: bytes = field(repr=False)

    @property
    def is_workbook(self) -> bool:
        return self.path.suffix.lower() == ".xlsx"

    @property
    def named(self) -> Named | None:
        """What its name says; a workbook is named like the text beside it."""
        return named(self.path.with_suffix(".txt").name if self.is_workbook else self.path.name)


def load_releases(folder: Path) -> list[Release]:
    """The package's ICD-10-CM release and every list of the folder, in order; a folder that is not there holds none.

    Raises SettingsError naming file and line for a list that cannot be read in full: half a list would call good codes
    wrong. The message never quotes the line, for it may be of another file than was meant.
    """
    files = [own for path in _files(folder) for own in _unpacked(path)]
    known = {own: name for own in files if (name := own.named) is not None}
    for own in files:
        if own not in known:
            raise SettingsError(f"{own.path}: the name does not say of which code set and day this list is", fix=f"name it {OURS}")
    chosen = {own: name for own, name in known.items() if not _has_fuller_file(own, name, known)}
    _refuse_twins(chosen)
    lists = [release for own, name in chosen.items() for release in _releases(own, name)]
    return in_order([built_in_release(), *lists])


def _releases(own: _List, name: Named) -> list[Release]:
    """The releases in one file: its codes, and its modifiers where it holds some. Raises SettingsError."""
    lines = (_workbook_text(own) if own.is_workbook else _text(own.content)).splitlines()
    rows: dict[str, list[_Coded]] = {}
    for number, code, first, last in layout_of(lines, name.system)(lines):
        plain = code.upper().replace(".", "") if name.system == ICD10CM else code.upper()
        system = system_of(plain, name.system)
        if system is None:
            raise _wrong(own.path, number, f"there is no {SYSTEMS[name.system].label} code")
        rows.setdefault(system, []).append((plain, *_days(own.path, number, first, last)))
    if not rows:
        raise SettingsError(f"{own.path}: the list holds no code", fix="download it again, or take it out of the folder")
    digest = hashlib.sha256(own.content).hexdigest()
    return [
        Release(system, own.path.name, name.valid_from, name.valid_to, "file", digest, _codes(found))
        for system, found in sorted(rows.items())
    ]


def _unpacked(path: Path) -> list[_List]:
    """The file itself, or, of an archive as CMS packs it, the lists in it. Raises SettingsError for a damaged one."""
    if path.suffix.lower() != ".zip":
        return [_List(path, path.read_bytes())]
    try:
        with zipfile.ZipFile(path) as packed:
            members = [member for member in packed.infolist() if not member.is_dir() and not is_companion(Path(member.filename).name)]
            if sum(member.file_size for member in members) > _MAX_UNPACKED:
                raise SettingsError(f"{path}: the archive unpacks to more than is allowed", fix="put only the lists into the folder")
            return [_List(path / Path(member.filename).name, packed.read(member)) for member in members]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError):
        is_damaged = True
    assert is_damaged
    raise SettingsError(f"{path}: the archive is damaged or locked", fix="download it again")


def _workbook_text(own: _List) -> str:
    """The longest sheet of a workbook as CSV."""
    reading = SheetReading()
    grids = workbook_grids(own.content, reading)
    if not grids:
        raise SettingsError(f"{own.path}: {reading.rejects[0][3] if reading.rejects else 'the workbook is empty'}", fix="download it again")
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(
        [" ".join(cell.split()) for cell in row] for row in max((g.rows for g in grids), key=len)
    )
    return out.getvalue()


def _days(path: Path, line: int, first: str, last: str) -> tuple[dt.date | None, dt.date | None]:
    begins, ends = (day(text) if text else None for text in (first, last))
    if (first and not begins) or (last and not ends):
        raise _wrong(path, line, "a date is none", "write dates 2026-10-01, 20261001 or 10/01/2026")
    if begins and ends and ends < begins:
        raise _wrong(path, line, "the last day is before the first")
    return begins, ends


def _codes(rows: list[_Coded]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=CODES, orient="row").unique().sort("code", "valid_from", nulls_last=False)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.is_file() and not is_companion(path.name)) if folder.is_dir() else []


def _has_fuller_file(own: _List, name: Named, known: dict[_List, Named]) -> bool:
    """CMS packs a codes file beside its order file, and a workbook beside its text: the same list, so one of them is enough."""
    twins = [other for other in known if other is not own and _same(name, known[other])]
    if own.is_workbook and any(not other.is_workbook for other in twins):
        return True
    return name.is_codes_file and any(not known[other].is_codes_file for other in twins)


def _refuse_twins(chosen: dict[_List, Named]) -> None:
    lists = list(chosen)
    for at, own in enumerate(lists):
        for other in lists[:at]:
            if _same(chosen[own], chosen[other]):
                raise SettingsError(f"{own.path}: {other.path.name} is of the same code set and day", fix="leave one of them in the folder")


def _same(one: Named, other: Named) -> bool:
    return (one.system, one.valid_from) == (other.system, other.valid_from)


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _wrong(path: Path, line: int, what: str, fix: str = "") -> SettingsError:
    usual = "correct that line, or download the list again; docs/code_sets.md shows the layouts"
    return SettingsError(f"{path}: line {line}: {what}", fix=fix or usual)
