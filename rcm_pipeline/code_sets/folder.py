"""Read the folder of code lists a client's settings name: each file a release, each wrong one an error that says where."""

import datetime as dt
import hashlib
from pathlib import Path

import polars as pl

from rcm_pipeline.code_sets.built_in import built_in_release
from rcm_pipeline.code_sets.layouts import day, layout_of
from rcm_pipeline.code_sets.names import OURS, Named, is_companion, named
from rcm_pipeline.code_sets.releases import CODES, Release, in_order
from rcm_pipeline.code_sets.systems import ICD10CM, SYSTEMS, system_of
from rcm_pipeline.errors import SettingsError

_Coded = tuple[str, dt.date | None, dt.date | None]


def load_releases(folder: Path) -> list[Release]:
    """The package's ICD-10-CM release and every list of the folder, in order; a folder that is not there holds none.

    Raises SettingsError naming file and line for a list that cannot be read in full: half a list would call good codes
    wrong. The message never quotes the line, for it may be of another file than was meant.
    """
    found = {path: named(path.name) for path in _files(folder)}
    known = {path: name for path, name in found.items() if name is not None}
    for path in sorted(found.keys() - known.keys()):
        _refuse_unnamed(path, known)
    _refuse_twins(known)
    lists = [release for path, name in known.items() if not _has_order_file(name, known) for release in read_list(path, name)]
    return in_order([built_in_release(), *lists])


def read_list(path: Path, name: Named) -> list[Release]:
    """The releases in one file: its codes, and its modifiers where it holds some. Raises SettingsError."""
    content = path.read_bytes()
    lines = _text(content).splitlines()
    rows: dict[str, list[_Coded]] = {}
    for number, code, first, last in layout_of(lines, name.system)(lines):
        plain = code.upper().replace(".", "") if name.system == ICD10CM else code.upper()
        system = system_of(plain, name.system)
        if system is None:
            raise _wrong(path, number, f"there is no {SYSTEMS[name.system].label} code")
        rows.setdefault(system, []).append((plain, *_days(path, number, first, last)))
    if not rows:
        raise SettingsError(f"{path}: the list holds no code", fix="download it again, or take it out of the folder")
    digest = hashlib.sha256(content).hexdigest()
    return [
        Release(system, path.name, name.valid_from, name.valid_to, "file", digest, _codes(found)) for system, found in sorted(rows.items())
    ]


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


def _has_order_file(name: Named, known: dict[Path, Named]) -> bool:
    """CMS packs a codes file beside its order file: the same list, so one of them is enough."""
    return name.is_codes_file and any(_same(name, other) and not other.is_codes_file for other in known.values())


def _refuse_unnamed(path: Path, known: dict[Path, Named]) -> None:
    """A file that is no list by its name, but for the workbook CMS packs beside the same list as text."""
    twin = named(path.with_suffix(".txt").name)
    if path.suffix.lower() == ".xlsx" and twin and any(_same(twin, name) for name in known.values()):
        return
    fixes = {".zip": "unpack it there", ".xlsx": "save its sheet as CSV, or take the text file packed beside it"}
    raise SettingsError(
        f"{path}: the name does not say of which code set and day this list is", fix=fixes.get(path.suffix.lower(), f"name it {OURS}")
    )


def _refuse_twins(known: dict[Path, Named]) -> None:
    kept = [path for path, name in known.items() if not _has_order_file(name, known)]
    for at, path in enumerate(kept):
        for other in kept[:at]:
            if _same(known[path], known[other]):
                raise SettingsError(f"{path}: {other.name} is of the same code set and day", fix="leave one of them in the folder")


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
