"""Find the interchanges of a file and rewrite their separators to one fixed set, so all files read as one stream.

Every interchange states its own separators in its ISA. After `normalise` the bytes of any file use
SEGMENT, ELEMENT, REPEAT and COMPONENT, whatever the sender chose, and are valid UTF-8.
"""

import re
from dataclasses import dataclass, field

SEGMENT, ELEMENT, REPEAT, COMPONENT = b"\x1c", b"\x1d", b"\x1e", b"\x1f"
_CONTROL = SEGMENT + ELEMENT + REPEAT + COMPONENT
_ISA = re.compile(rb"ISA[^A-Za-z0-9\s]")
_GLUED = re.compile(rb"IEA([^A-Za-z0-9\s])\d+\1\d+$")
_BARE_START = re.compile(rb"\s*(ISA|GS|ST)([^A-Za-z0-9\s])")
_COMPOSITE = re.compile(rb"(?:SVC|SV1|SV3|HI)(?P<e>[^A-Za-z0-9\s])(?:HC|AD|NU|WK|ER|BK|ABK|BBR|BR|PR|APR|DR)([^A-Za-z0-9\s])")
_MAX_ISA = 600


@dataclass(frozen=True)
class Separators:
    """The delimiters of one interchange; `terminators` holds two bytes when lines end segments."""

    element: bytes
    component: bytes
    repeat: bytes
    terminators: bytes


@dataclass(frozen=True)
class Notice:
    """Something odd about a file: a finding (data kept) or a reject (data not kept), with its rule and place."""

    rule: str
    detail: str
    interchange_no: int | None = None
    is_reject: bool = False


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
    head = _strip_byte_order_mark(raw[:4096])[0]
    return bool(_BARE_START.match(head) or _first_header(head))


def normalise(raw: bytes) -> Normalised:
    """Return the file with canonical separators. Text that belongs to no interchange becomes a reject notice."""
    text, encoding = _strip_byte_order_mark(raw)
    notices: list[Notice] = []
    if encoding == "utf-8-sig":
        notices.append(Notice("byte_order_mark", "the file starts with a byte order mark"))
    parts: list[bytes] = []
    position, number = _skip_foreign_text(text, notices), 0
    while position < len(text):
        number += 1
        separators, found = _read_separators(text, position, number)
        notices.extend(found)
        if separators is None:
            notices.append(Notice("separators_unreadable", "the interchange header is cut or not X12", number, True))
            break
        end = _next_interchange(text, position + 3, separators)
        parts.append(_translate(text[position:end], separators, number, notices))
        position = end
    content, kind = _as_utf8(b"".join(parts))
    if kind == "latin-1":
        notices.append(Notice("not_utf8", "bytes that are not UTF-8 were read as Latin-1"))
    is_unterminated = bool(content.strip()) and not content.rstrip().endswith(SEGMENT)
    return Normalised(
        content.rstrip(b" \r\n\t") + (SEGMENT if is_unterminated else b""), number, is_unterminated, encoding or kind, notices
    )


def _strip_byte_order_mark(raw: bytes) -> tuple[bytes, str]:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace").encode(), "utf-16"
    if raw.startswith(b"\xef\xbb\xbf"):
        return raw[3:], "utf-8-sig"
    return raw, ""


def _skip_foreign_text(text: bytes, notices: list[Notice]) -> int:
    bare = _BARE_START.match(text)
    if bare:
        return bare.start(1)
    isa = _first_header(text)
    start = isa.start() if isa else len(text)
    if text[:start].strip():
        notices.append(Notice("text_before_interchange", f"{start} bytes stand before the first interchange", None, True))
    return start


def _read_separators(text: bytes, start: int, number: int) -> tuple[Separators | None, list[Notice]]:
    if not text.startswith(b"ISA", start):
        return _guess_separators(text, start, number)
    element = text[start + 3 : start + 4]
    header = text[start : start + _MAX_ISA]
    elements = header.split(element, 16)
    if not element or len(elements) < 17:
        return None, []
    at = start + len(element.join(elements[:16])) + 1
    version, repeat = elements[12].strip(), elements[11].strip()
    is_repeat = len(repeat) == 1 and not repeat.isalnum() and repeat != element and version >= b"00402"
    component, terminator = _component_and_terminator(text, at, element)
    notices = [] if at - start == 104 else [Notice("isa_length", "the ISA is not 106 characters long", number)]
    if not terminator or terminator.isalnum() or terminator == element:
        return None, notices
    terminators = b"\r\n" if terminator in b"\r\n" else terminator
    used = _component_in_use(text, at, element, terminators)
    if used and used != component and text.count(component, at + 2, at + 200_000) == 0:
        notices.append(Notice("component_separator", "ISA16 is not the component separator in use", number))
        component = used
    return Separators(element, component, repeat if is_repeat else b"", terminators), notices


def _component_and_terminator(text: bytes, at: int, element: bytes) -> tuple[bytes, bytes]:
    """ISA16 and the byte after it; a header without ISA16 ends at once with its terminator."""
    first, rest = text[at : at + 1], text[at + 1 : at + 400]
    following = rest.lstrip()
    line = re.split(rb"[\r\n]", following, maxsplit=1)[0]
    starts_group = re.match(rb"(GS|TA1|ISA|ST)" + re.escape(element), following)
    if first in b"\r\n" and first:
        return b"", first
    if starts_group and rest[:1] in b"\r\nGTI" and (rest[:1] not in b"\r\n" or line.rstrip().endswith(first)):
        return b"", first
    return first, rest.lstrip(b" ")[:1]


def _component_in_use(text: bytes, at: int, element: bytes, terminators: bytes) -> bytes:
    for match in _COMPOSITE.finditer(text, at, at + 200_000):
        candidate = match[2]
        if match["e"] == element and candidate != element and candidate not in terminators:
            return candidate
    return b""


def _guess_separators(text: bytes, start: int, number: int) -> tuple[Separators | None, list[Notice]]:
    """Separators of a file that begins with GS or ST: known places in those two segments give them away."""
    element = text[start + 2 : start + 3]
    count = 8 if text.startswith(b"GS", start) else 2
    fields = rb"(?:%s[^%s]*?){%d}" % (re.escape(element), re.escape(element), count)
    last = rb"(?:%s005010X[0-9A-Z]+)?" % re.escape(element)
    match = re.compile(rb"(?:GS|ST)" + fields + last + rb"(?P<t>[^A-Za-z0-9 ])(?=\s*[A-Z][A-Z0-9]{1,2}" + re.escape(element) + rb")").match(
        text, start
    )
    notice = Notice("no_interchange_header", "the file has no ISA; separators were worked out from its text", number)
    if not match:
        return None, [notice]
    terminators = b"\r\n" if match["t"] in b"\r\n" else match["t"]
    component = _component_in_use(text, start, element, terminators) or b":"
    return Separators(element, component, b"", terminators), [notice]


def _next_interchange(text: bytes, position: int, separators: Separators) -> int:
    for match in _ISA.finditer(text, position):
        before = text[max(position, match.start() - 200) : match.start()]
        ends_segment = before.rstrip()[-1:] in separators.terminators or before.rstrip(b" \t")[-1:] in b"\r\n"
        if before and (ends_segment or _GLUED.search(before)) and _is_header(text, match):
            return match.start()
    return len(text)


def _first_header(text: bytes) -> re.Match[bytes] | None:
    """The first ISA that is not part of a word and has the separators of a header after it."""
    for match in _ISA.finditer(text):
        if not text[max(match.start() - 1, 0) : match.start()].isalnum() and _is_header(text, match):
            return match
    return None


def _is_header(text: bytes, match: re.Match[bytes]) -> bool:
    separator = text[match.end() - 1 : match.end()]
    return text.count(separator, match.start(), match.start() + _MAX_ISA) >= 15


def _translate(chunk: bytes, separators: Separators, number: int, notices: list[Notice]) -> bytes:
    used = separators.element + separators.component + separators.repeat + separators.terminators
    table = bytearray(range(256))
    for control in _CONTROL:
        table[control] = 0x20
    pairs = [(separators.repeat, REPEAT), (separators.component, COMPONENT), (separators.element, ELEMENT)]
    pairs += [(bytes([t]), SEGMENT) for t in separators.terminators]
    for source, target in pairs:
        if source:
            table[source[0]] = target[0]
    if any(chunk.count(c) for c in (bytes([c]) for c in _CONTROL if bytes([c]) not in used)):
        notices.append(Notice("control_characters", "control characters inside elements were read as spaces", number))
    is_by_line = separators.terminators in (b"\r\n", b"\n", b"\r")
    return chunk.translate(bytes(table), b"" if is_by_line else b"\r\n")  # some senders wrap lines in the middle of a segment


def _as_utf8(content: bytes) -> tuple[bytes, str]:
    if content.isascii():
        return content, "ascii"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1").encode(), "latin-1"
    return content, "utf-8"
