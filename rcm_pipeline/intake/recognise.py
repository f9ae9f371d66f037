"""What a file is, told from its bytes alone: names lie, and may hold identifiers."""

import io
import zipfile
from dataclasses import dataclass

from rcm_pipeline.x12.envelope import looks_like_x12

MAX_BYTES = 1_900_000_000
_MAX_UNPACKED = 200_000_000
_MAX_RATIO = 100
_MAX_MEMBERS = 1_000
_KNOWN_BINARY = {
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a gzip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel (.xls) or Word file",
    b"7z\xbc\xaf": "a 7z archive",
}


@dataclass(frozen=True)
class Recognised:
    """The format of a file, or why it has none we read (rule and reason)."""

    format_code: str
    rule: str = ""
    reason: str = ""


def recognise(raw: bytes) -> Recognised:
    """x12, xlsx, csv or unknown. Never raises."""
    if not raw.strip():
        return Recognised("unknown", "empty_file", "the file is empty; ask the sender for it again")
    if len(raw) > MAX_BYTES:
        return Recognised("unknown", "file_too_large", "the file is larger than 1.9 GB; split it at interchanges")
    if raw.startswith(b"PK\x03\x04"):
        return _workbook(raw)
    for magic, name in _KNOWN_BINARY.items():
        if raw.startswith(magic):
            return Recognised("unknown", "not_readable", f"the file is {name}, which this version does not read; send X12, CSV or XLSX")
    if looks_like_x12(raw):
        return Recognised("x12")
    sample = raw[:65536]
    if b"\0" in sample and not raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Recognised("unknown", "not_readable", "the file is binary and of no kind read here; send X12, CSV or XLSX")
    return Recognised("csv")


def _workbook(raw: bytes) -> Recognised:
    try:
        members = zipfile.ZipFile(io.BytesIO(raw)).infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return Recognised("unknown", "workbook_damaged", "the workbook is cut or damaged; ask the sender for it again")
    if not any(member.filename == "xl/workbook.xml" for member in members):
        return Recognised(
            "unknown", "not_readable", "the file is a zip archive, which this version does not read; unpack it into the inbox"
        )
    unpacked = sum(member.file_size for member in members)
    if unpacked > _MAX_UNPACKED or unpacked > _MAX_RATIO * max(len(raw), 1) or len(members) > _MAX_MEMBERS:
        return Recognised("unknown", "workbook_too_large", "the workbook unpacks to more than is allowed; send it as CSV")
    return Recognised("xlsx")
