"""The process that opens workbooks and web pages, apart from all else: a hostile one can end this process, and nothing but it.

Run as a script. Reads 8 bytes of length and a workbook, answers with 8 bytes of length and JSON, until its input ends. It
imports nothing heavy, so that it starts in a tenth of a second, and may take a limited amount of memory.
"""

import datetime as dt
import html
import io
import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import python_calamine as calamine

sys.path.append(str(Path(__file__).resolve().parents[3]))  # for what of ours this process runs, installed or not
from rcm_pipeline.intake.sheets.web_tables import web_tables

_MEMORY = 4 << 30  # bytes of address space: five times what ten million cells take
_MAX_CELLS = 10_000_000
_LONG_NUMBER = 10**14  # from fifteen digits on a number cell may have lost its last ones
_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
_PLACE = re.compile(rb'\br="([A-Z]*)(\d+)"')
_CELL = re.compile(rb"<(?:\w+:)?c\b([^>]*)>")
_STYLE = re.compile(rb'\bs="(\d+)"')
_USED = re.compile(rb'<(?:\w+:)?dimension\b[^>]*\bref="[A-Z]+\d+:([A-Z]+)(\d+)"')
_ODS_ROW = re.compile(rb'<table:table table:name="([^"]*)"|<table:table-row\b([^>]*)>')
_ODS_REPEATED, _ODS_UNSEEN = re.compile(rb'number-rows-repeated="(\d+)"'), re.compile(rb'visibility="(?:collapse|filter)"')
_DIGIT = "\0"  # a place of a digit in the mask of a number format
_SHEET_NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_REL_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def main() -> None:
    """Answer one workbook after the other."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while len(head := source.read(8)) == 8:
        answer = json.dumps(answer_of(source.read(int.from_bytes(head, "big")))).encode()
        sink.write(len(answer).to_bytes(8, "big"))
        sink.write(answer)
        sink.flush()


def answer_of(raw: bytes) -> dict[str, Any]:
    """`sheets`, or `refused` with the rule that was broken and, where one is to blame, the last cell of the sheet."""
    try:
        return {"sheets": list(_sheets(raw) if raw.startswith((b"PK", b"\xd0\xcf\x11\xe0")) else web_tables(raw.decode()))}
    except calamine.PasswordError:
        return {"refused": "workbook_locked"}
    except _TooLargeError as error:
        return {"refused": "workbook_too_large", "cell": str(error)}
    except MemoryError:
        return {"refused": "workbook_too_large"}
    except Exception:  # noqa: BLE001 - the error may quote cells, so it is not looked at
        return {"refused": "workbook_damaged"}


class _TooLargeError(Exception):
    """The last cell of a sheet with more cells than are read."""


def _sheets(raw: bytes) -> Iterator[dict[str, Any]]:
    parts = _Parts(raw)
    parts.check_size()
    book = calamine.load_workbook(io.BytesIO(raw))
    for at, about in enumerate(book.sheets_metadata):
        if about.typ is not calamine.SheetTypeEnum.WorkSheet:
            continue
        sheet: dict[str, Any] = {"name": about.name, "is_hidden": about.visible is not calamine.SheetVisibleEnum.Visible, "rows": []}
        if not sheet["is_hidden"]:
            opened = book.get_sheet_by_index(at)
            masks = parts.masks(about.name)
            sheet["rows"] = [_texts(row, number, masks) for number, row in enumerate(opened.to_python(skip_empty_area=False))]
            sheet["merged"] = [[*start, *end] for start, end in opened.merged_cell_ranges or []]
            sheet["hidden_rows"] = parts.hidden_rows(about.name)
        yield sheet


def _texts(row: list[Any], number: int, masks: dict[tuple[int, int], str]) -> list[str]:
    texts = [_text(cell) for cell in row]
    return [masked(text, masks.get((number, at), "")) for at, text in enumerate(texts)] if masks else texts


def masked(text: str, mask: str) -> str:
    """A number as its format shows it: 12345 behind 00000000 is 00012345, behind 000-00-0000 it is 000-01-2345."""
    places = mask.count(_DIGIT)
    if not places or not text.isdigit():
        return text
    digits = text.zfill(places)
    shown, rest = mask.replace(_DIGIT, digits[: len(digits) - places + 1], 1), digits[len(digits) - places + 1 :]
    for digit in rest:
        shown = shown.replace(_DIGIT, digit, 1)
    return shown


def mask_of(form: str) -> str:
    """A number format that shows a fixed number of digits, and text among them; empty for any other."""
    mask = ""
    for quoted, escaped, plain in re.findall(r'"([^"]*)"|\\(.)|(.)', form.split(";", maxsplit=1)[0]):
        if not plain:
            mask += quoted or escaped
        elif plain == "0":
            mask += _DIGIT
        elif plain in "-/() ":
            mask += plain
        else:
            return ""
    return mask if mask.count(_DIGIT) > 1 else ""


def _text(cell: Any) -> str:
    """A cell as text; a number that may have lost digits in scientific form, which no identifier is taken from."""
    match cell:
        case str():
            return cell
        case bool():
            return "TRUE" if cell else "FALSE"
        case float() | int() if cell == int(cell):
            return str(int(cell)) if abs(cell) < _LONG_NUMBER else f"{cell:.14E}"
        case float():
            return f"{cell:.15g}"
        case dt.datetime():
            return cell.isoformat(" ") if cell.time() != dt.time() else str(cell.date())
        case dt.date():
            return str(cell)
        case _:
            return ""


class _Parts:
    """What is only in the XML of an .xlsx, .xlsm or .ods: number formats that show digits, hidden rows, the last cell."""

    def __init__(self, raw: bytes) -> None:
        self._zip = zipfile.ZipFile(io.BytesIO(raw)) if raw.startswith(b"PK") else None
        names = set(self._zip.namelist()) if self._zip else set()
        self._is_ods = "content.xml" in names
        self._paths = self._sheet_paths() if "xl/workbook.xml" in names else {}
        self._masks = self._styles() if self._paths and "xl/styles.xml" in names else {}

    def check_size(self) -> None:
        """Raises _TooLargeError for a sheet whose cells stand so far apart that what is between them cannot be held."""
        for path in self._paths.values():
            text = self._read(path)
            used = _USED.search(text[:4096])
            if used and _area(used[1], used[2]) > _MAX_CELLS:
                places = [place for found in _CELL.finditer(text) if (place := _PLACE.search(found[1]))]
                last = max(places, key=lambda place: (int(place[2]), len(place[1]), place[1]), default=None)
                widest = max((_column_number(place[1]) for place in places), default=0)
                if last and widest * int(last[2]) > _MAX_CELLS:
                    raise _TooLargeError((last[1] + last[2]).decode())

    def hidden_rows(self, name: str) -> list[int]:
        """Places of the rows a person does not see, from 0."""
        if self._is_ods:
            return self._hidden_of_ods(name)
        text = self._read(self._paths[name]) if name in self._paths else b""
        if not _HIDDEN.search(text):
            return []
        shown = (found[1] for found in _ROW.finditer(text) if _HIDDEN.search(found[1]))
        return [int(place[2]) - 1 for row in shown if (place := _PLACE.search(row))]

    def _hidden_of_ods(self, name: str) -> list[int]:
        sheet, at, hidden = "", 0, list[int]()
        for found in _ODS_ROW.finditer(self._read("content.xml")):
            if found[1] is not None:
                sheet, at = html.unescape(found[1].decode()), 0
                continue
            repeated = _ODS_REPEATED.search(found[2])
            count = int(repeated[1]) if repeated else 1
            if sheet == name and _ODS_UNSEEN.search(found[2]):
                hidden.extend(range(at, at + min(count, _MAX_CELLS)))
            at += count
        return hidden

    def masks(self, name: str) -> dict[tuple[int, int], str]:
        """Row and column of the cells whose format shows a fixed number of digits → its mask."""
        if not self._masks or name not in self._paths:
            return {}
        found = {}
        for cell in _CELL.finditer(self._read(self._paths[name])):
            style, place = _STYLE.search(cell[1]), _PLACE.search(cell[1])
            if style and place and int(style[1]) in self._masks:
                found[int(place[2]) - 1, _column_number(place[1]) - 1] = self._masks[int(style[1])]
        return found

    def _read(self, path: str) -> bytes:
        return self._zip.read(path) if self._zip else b""

    def _sheet_paths(self) -> dict[str, str]:
        book = ET.fromstring(self._read("xl/workbook.xml"))  # noqa: S314 - expat refuses entity bombs, memory is limited
        rels = ET.fromstring(self._read("xl/_rels/workbook.xml.rels"))  # noqa: S314
        targets = {rel.get("Id"): str(rel.get("Target")) for rel in rels}
        found = {}
        for sheet in book.iter(f"{_SHEET_NS}sheet"):
            target = targets.get(sheet.get(_REL_ID), "")
            path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            if self._zip and path in self._zip.namelist():
                found[str(sheet.get("name"))] = path
        return found

    def _styles(self) -> dict[int, str]:
        styles = ET.fromstring(self._read("xl/styles.xml"))  # noqa: S314
        masks = {form.get("numFmtId"): mask_of(str(form.get("formatCode"))) for form in styles.iter(f"{_SHEET_NS}numFmt")}
        cells = styles.find(f"{_SHEET_NS}cellXfs")
        return {at: mask for at, xf in enumerate(cells if cells is not None else ()) if (mask := masks.get(xf.get("numFmtId"), ""))}


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _area(column: bytes, row: bytes) -> int:
    return _column_number(column) * int(row)


if __name__ == "__main__":
    main()
