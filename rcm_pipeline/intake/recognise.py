"""What a file is, told from its bytes alone: names lie, and may hold identifiers."""

import re
import zipfile
from dataclasses import dataclass

from rcm_pipeline.intake.contents import Content
from rcm_pipeline.x12.buffer.envelope import looks_like_x12

WORKBOOKS = ("xlsx", "xls", "ods")
SHEETS = ("csv", "html", "parquet", *WORKBOOKS)
ARCHIVES = ("zip", "gzip")
MAX_SHEET_BYTES = 400_000_000
_MAX_UNPACKED = 200_000_000
_MAX_RATIO = 100
_MAX_MEMBERS = 1_000
_ZIP, _GZIP, _PARQUET, _OLE = b"PK\x03\x04", b"\x1f\x8b", b"PAR1", b"\xd0\xcf\x11\xe0"
_EMPTY_ZIP = b"PK\x05\x06"
_KNOWN_BINARY = {
    b"%PDF": "a PDF",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
}
_TAR_PLACE = slice(257, 262)
LOCKED = "the workbook is protected by a password; save it without one and send it again"
_HTML = re.compile(rb"^[^<]{0,40}<(?:!doctype html|html|head|body|table|meta|style)\b", re.IGNORECASE)
_SPREADSHEET_XML = b"urn:schemas-microsoft-com:office:spreadsheet"
_STRAY_NULS = 0.01  # of a text that a program padded or damaged; a binary file has far more
_SHORTEST_WIDE = 16  # bytes, below which zeros say nothing
_WIDE_SHARE = 0.3  # of the bytes of UTF-16 in Western scripts every second is zero; a third of that may be other signs


@dataclass(frozen=True)
class Recognised:
    """The format of a file, or why it has none we read (rule and reason)."""

    format_code: str
    rule: str = ""
    reason: str = ""


def recognise(content: Content) -> Recognised:
    """x12, a kind of sheet, zip, gzip or unknown. Never raises on what the file holds."""
    head = content.head()
    if not head.strip():
        return Recognised("unknown", "empty_file", "the file is empty; ask the sender for it again")
    if head.startswith((_ZIP, _EMPTY_ZIP)):
        return _zip(content)
    if head.startswith(_GZIP):
        return _packed(content, "gzip")
    if head.startswith(_OLE):
        return _old_office(content)
    if foreign := _foreign(head):
        return _unreadable(f"the file is {foreign}, which is not read here")
    if looks_like_x12(head):
        return Recognised("x12")
    if content.byte_count > MAX_SHEET_BYTES:
        return Recognised("unknown", "file_too_large", "a sheet may hold 400 MB; send it in parts, or as Parquet")
    if head.startswith(_PARQUET):
        return Recognised("parquet")
    return _text(head)


def _foreign(head: bytes) -> str:
    """What a file of another kind is called; empty for one that may be ours."""
    if head[_TAR_PLACE] == b"ustar":
        return "a tar archive"
    return next((name for magic, name in _KNOWN_BINARY.items() if head.startswith(magic)), "")


def _text(head: bytes) -> Recognised:
    wide = wide_encoding(head)
    if head.count(b"\0") > _STRAY_NULS * len(head) and not wide and head.rstrip(b"\0").count(b"\0"):
        return _unreadable("the file is binary and of no kind read here")
    text = head.decode(wide, errors="ignore").encode() if wide else head
    if _SPREADSHEET_XML in text:
        return _unreadable("the file is an XML spreadsheet of 2003; open it and save it as .xlsx")
    return Recognised("html" if _HTML.match(text.removeprefix(b"\xef\xbb\xbf").lstrip()) else "csv")


def wide_encoding(raw: bytes) -> str:
    """The name of UTF-16 in the order its bytes have, marked or not; empty for any other text."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    head = raw[:4096]
    if len(head) < _SHORTEST_WIDE:
        return ""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > _WIDE_SHARE * len(head) and not even:
        return "utf-16-le"
    return "utf-16-be" if even > _WIDE_SHARE * len(head) and not odd else ""


def _old_office(content: Content) -> Recognised:
    """A compound file is told by the names of its streams: a workbook, a locked package, or something else of Office."""
    if content.byte_count > MAX_SHEET_BYTES:
        return Recognised("unknown", "file_too_large", "a workbook may hold 400 MB; send it in parts, or as Parquet")
    raw = content.bytes()
    if "EncryptedPackage".encode("utf-16-le") in raw:
        return Recognised("unknown", "workbook_locked", LOCKED)
    if any(name.encode("utf-16-le") in raw for name in ("Workbook", "Book")):
        return Recognised("xls")
    return _unreadable("the file is of an old Office program, but no workbook")


def _unreadable(what: str) -> Recognised:
    return Recognised("unknown", "not_readable", f"{what}; send X12, CSV, XLSX, XLS, ODS or Parquet, alone or in a .zip or .gz")


def _packed(content: Content, format_code: str) -> Recognised:
    if content.archive_id is not None:
        return Recognised("unknown", "nested_archive", "an archive inside an archive is not opened; pack the files themselves")
    return Recognised(format_code)


def _zip(content: Content) -> Recognised:
    try:
        with content.opened() as stream, zipfile.ZipFile(stream) as packed:
            members = packed.infolist()
            is_locked = "META-INF/manifest.xml" in packed.namelist() and b"encryption-data" in packed.read("META-INF/manifest.xml")
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return Recognised("unknown", "workbook_damaged", "the workbook or archive is cut or damaged; ask the sender for it again")
    form = _packed_workbook({member.filename for member in members})
    if not form:
        return _packed(content, "zip")
    if is_locked:
        return Recognised("unknown", "workbook_locked", LOCKED)
    unpacked = sum(member.file_size for member in members)
    if unpacked > _MAX_UNPACKED or unpacked > _MAX_RATIO * max(content.byte_count, 1) or len(members) > _MAX_MEMBERS:
        return Recognised("unknown", "workbook_too_large", "the workbook unpacks to more than is allowed; send it as CSV")
    return Recognised(form)


def _packed_workbook(names: set[str]) -> str:
    """The kind of workbook these members make; empty for an archive of files."""
    if {"xl/workbook.xml", "xl/workbook.bin"} & names:
        return "xlsx"
    return "ods" if {"content.xml", "mimetype"} <= names else ""
