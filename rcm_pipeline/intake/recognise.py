"""What a file is, told from its bytes alone: names lie, and may hold identifiers."""

import zipfile
from dataclasses import dataclass

from rcm_pipeline.intake.contents import Content
from rcm_pipeline.x12.buffer.envelope import looks_like_x12

SHEETS = ("csv", "xlsx", "parquet")
ARCHIVES = ("zip", "gzip")
MAX_SHEET_BYTES = 400_000_000
_MAX_UNPACKED = 200_000_000
_MAX_RATIO = 100
_MAX_MEMBERS = 1_000
_ZIP, _GZIP, _PARQUET = b"PK\x03\x04", b"\x1f\x8b", b"PAR1"
_EMPTY_ZIP = b"PK\x05\x06"
_KNOWN_BINARY = {
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "an old Excel (.xls) or Word file",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
}
_TAR_PLACE = slice(257, 262)


@dataclass(frozen=True)
class Recognised:
    """The format of a file, or why it has none we read (rule and reason)."""

    format_code: str
    rule: str = ""
    reason: str = ""


def recognise(content: Content) -> Recognised:
    """x12, csv, xlsx, parquet, zip, gzip or unknown. Never raises on what the file holds."""
    head = content.head()
    if not head.strip():
        return Recognised("unknown", "empty_file", "the file is empty; ask the sender for it again")
    if head.startswith((_ZIP, _EMPTY_ZIP)):
        return _zip(content)
    if head.startswith(_GZIP):
        return _packed(content, "gzip")
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
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _unreadable("the file is binary and of no kind read here")
    return Recognised("csv")


def _unreadable(what: str) -> Recognised:
    return Recognised("unknown", "not_readable", f"{what}; send X12, CSV, XLSX or Parquet, alone or in a .zip or .gz")


def _packed(content: Content, format_code: str) -> Recognised:
    if content.archive_id is not None:
        return Recognised("unknown", "nested_archive", "an archive inside an archive is not opened; pack the files themselves")
    return Recognised(format_code)


def _zip(content: Content) -> Recognised:
    try:
        with content.opened() as stream, zipfile.ZipFile(stream) as packed:
            members = packed.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return Recognised("unknown", "workbook_damaged", "the workbook or archive is cut or damaged; ask the sender for it again")
    if not any(member.filename == "xl/workbook.xml" for member in members):
        return _packed(content, "zip")
    unpacked = sum(member.file_size for member in members)
    if unpacked > _MAX_UNPACKED or unpacked > _MAX_RATIO * max(content.byte_count, 1) or len(members) > _MAX_MEMBERS:
        return Recognised("unknown", "workbook_too_large", "the workbook unpacks to more than is allowed; send it as CSV")
    return Recognised("xlsx")
