"""Find the interchanges of a file and rewrite their separators to one fixed set, so all files read as one stream.

Every interchange states its own separators in its ISA. After that the bytes of any file use SEGMENT, ELEMENT
and COMPONENT, whatever the sender chose, and are valid UTF-8.
"""

import codecs
from dataclasses import dataclass, field, replace

from rcm_pipeline.x12.buffer.separators import (
    BARE_START,
    MAX_ISA,
    Notice,
    Separators,
    first_header,
    next_interchange,
    read_separators,
)

SEGMENT, ELEMENT, COMPONENT = b"\x1c", b"\x1d", b"\x1f"
_CONTROL = SEGMENT + ELEMENT + COMPONENT
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
LOOK_AHEAD = 400_000  # what must stand behind a header before its separators are judged, unless the file ends
_MAX_SEGMENT = 64_000_000


@dataclass
class Normalised:
    """A file's bytes with canonical separators, ending with a terminator, and what was noticed on the way."""

    content: bytes
    interchange_count: int
    is_unterminated: bool = False
    encoding: str = "ascii"
    notices: list[Notice] = field(default_factory=list)


def looks_like_x12(raw: bytes) -> bool:
    """True when the text starts with an X12 segment or holds an interchange header near its start."""
    head = raw[:4096]
    head = head.decode("utf-16", errors="replace").encode() if head.startswith(_UTF_16) else head.removeprefix(codecs.BOM_UTF8)
    return bool(BARE_START.match(head) or first_header(head))


def normalise(raw: bytes) -> Normalised:
    """A whole file at once. Text that belongs to no interchange becomes a reject notice."""
    reader = Normaliser()
    content = reader.feed(raw, is_last=True)
    return Normalised(content, reader.interchange_count, reader.is_unterminated, reader.encoding, reader.notices)


class Normaliser:
    """Takes a file in portions of any size and gives back canonical bytes, whole segments only until the file ends."""

    def __init__(self, look_ahead: int = LOOK_AHEAD) -> None:
        self._look_ahead = look_ahead
        self.notices: list[Notice] = []
        self.interchange_count = 0
        self.is_unterminated = False
        self.encoding = ""
        self._text, self._at = b"", 0
        self._separators: Separators | None = None
        self._decoder: codecs.IncrementalDecoder | None = None
        self._is_started = self._is_stopped = False

    def feed(self, portion: bytes, *, is_last: bool) -> bytes:
        """Canonical bytes of what can be told so far. With `is_last` all that is left, with a terminator at its end."""
        portion = self._begin(portion) if not self._is_started else portion
        portion = b"" if self._is_stopped else portion
        if self._decoder:
            portion = self._decoder.decode(portion, final=is_last).encode()
        self._text, self._at = self._text[self._at :] + portion, 0
        parts: list[bytes] = []
        while self._at < len(self._text) and self._advance(parts, is_last):
            pass
        content = self._decoded(b"".join(parts))
        if is_last:
            content = content.rstrip(b" \r\n\t")
            self.is_unterminated = bool(content.strip()) and not content.endswith(SEGMENT)
            content += SEGMENT if self.is_unterminated else b""
        return content

    def _decoded(self, text: bytes) -> bytes:
        """The text as UTF-8; the encoding of the file is the least simple one that any part of it needs."""
        content, kind = _as_utf8(text)
        if kind == "latin-1" and self.encoding != kind:
            self._notice(Notice("not_utf8", "bytes that are not UTF-8 were read as Latin-1"))
        if (self.encoding not in ("utf-16", "utf-8-sig", "latin-1") and kind != "ascii") or not self.encoding:
            self.encoding = kind
        return content

    def _begin(self, portion: bytes) -> bytes:
        self._is_started = True
        if portion.startswith(_UTF_16):
            self.encoding = "utf-16"
            self._decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
        elif portion.startswith(codecs.BOM_UTF8):
            self.encoding = "utf-8-sig"
            self._notice(Notice("byte_order_mark", "the file starts with a byte order mark"))
            return portion[len(codecs.BOM_UTF8) :]
        return portion

    def _advance(self, parts: list[bytes], is_last: bool) -> bool:
        """Translate up to the next interchange or as far as is safe; False when more text is needed."""
        if self._separators is None:
            return (is_last or len(self._text) - self._at > self._look_ahead) and self._open()
        end = next_interchange(self._text, self._at + 3, self._separators)
        is_found = end < len(self._text)
        if not is_found and not is_last:
            end = self._safe_end(self._separators)
        if end > self._at:
            parts.append(_translate(self._text[self._at : end], self._separators, self.notices))
            self._at, self._separators = end, replace(self._separators, header=0)
        if is_found:
            self._separators = None
        return is_found

    def _safe_end(self, separators: Separators) -> int:
        """Behind the last segment that is surely whole, and before anything that may be a header cut in two."""
        size = len(self._text)
        last = max(self._text.rfind(bytes([t]), self._at, max(size - 2 * MAX_ISA, self._at)) for t in separators.terminators)
        if last < 0 and size - self._at > _MAX_SEGMENT:
            detail = "a segment is longer than 64 MB; the file is read up to it"
            self._notice(Notice("segment_too_long", detail, is_reject=True))
            self._is_stopped, self._at = True, size
        return last + 1

    def _open(self) -> bool:
        """Skip to the next header and read its separators."""
        if not self.interchange_count:
            self._at = self._skip_foreign_text()
            if self._at == len(self._text):
                return False
        self.interchange_count += 1
        self._separators, found = read_separators(self._text, self._at)
        for notice in found:
            self._notice(notice)
        if self._separators is None:
            self._notice(Notice("separators_unreadable", "the interchange header is cut or not X12", is_reject=True))
            following = first_header(self._text, self._at + 3)
            self._at = len(self._text) if following is None else following
            return following is not None
        return True

    def _skip_foreign_text(self) -> int:
        bare = BARE_START.match(self._text)
        if bare:
            return bare.start(1)
        isa = first_header(self._text)
        start = isa if isa is not None else len(self._text)
        if self._text[:start].strip():
            self._notice(Notice("text_before_interchange", f"{start} bytes stand before the first interchange", is_reject=True))
        return start

    def _notice(self, notice: Notice) -> None:
        self.notices.append(notice)


def _translate(chunk: bytes, separators: Separators, notices: list[Notice]) -> bytes:
    used = separators.element + separators.component + separators.terminators
    pairs = [(separators.component, COMPONENT), (separators.element, ELEMENT)]  # repetitions stay as they were sent
    table = _table([*pairs, *((bytes([t]), SEGMENT) for t in separators.terminators)])
    if any(c in chunk for c in (bytes([c]) for c in _CONTROL) if c not in used):
        notice = Notice("control_characters", "control characters inside elements were read as spaces")
        if notice not in notices:
            notices.append(notice)
    is_by_line = separators.terminators in (b"\r\n", b"\n", b"\r")
    wraps = b"" if is_by_line else b"\r\n"  # some senders wrap lines in the middle of a segment
    header = chunk[: separators.header].translate(_table([(separators.element, ELEMENT)]), wraps)
    return header + chunk[separators.header :].translate(table, wraps)


def _table(pairs: list[tuple[bytes, bytes]]) -> bytes:
    """What each byte becomes; control characters become spaces unless they separate."""
    table = bytearray(range(256))
    for control in b"\0\x1a" + _CONTROL:
        table[control] = 0x20
    for source, target in pairs:
        if source:
            table[source[0]] = target[0]
    return bytes(table)


def _as_utf8(content: bytes) -> tuple[bytes, str]:
    if content.isascii():
        return content, "ascii"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1").encode(), "latin-1"
    return content, "utf-8"
