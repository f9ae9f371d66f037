"""The separators of an interchange, read from its header or worked out from its text, and where the next one begins."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

MAX_ISA = 600
_SAMPLE = 200_000  # bytes of an interchange that are looked at for the component separator in use
_ISA_ELEMENTS = 15
_GLUED = re.compile(rb"IEA([^A-Za-z0-9\s])\d+\1\d+$")
BARE_START = re.compile(rb"\s*(ISA|GS|ST)([^A-Za-z0-9\s])")
_COMPOSITE = re.compile(rb"(?:SVC|SV1|SV3|HI)(?P<e>[^A-Za-z0-9\s])(?:HC|AD|NU|WK|ER|BK|ABK|BBR|BR|PR|APR|DR)([^A-Za-z0-9\s])")
_FACILITY = re.compile(rb"CLM(?P<e>[^A-Za-z0-9\s])(?:[^\r\n]*?(?P=e)){4}[0-9]{2}([^A-Za-z0-9\s])[AB]\2[0-9]")  # CLM05
_NO_ISA16 = re.compile(rb"[A-Z]([^A-Za-z0-9])\s*(?:GS|TA1|ST|IEA)")  # ISA15, and at once the terminator


@dataclass(frozen=True)
class Separators:
    """The delimiters of one interchange; `terminators` holds two bytes when lines end segments.

    The first `header` bytes are its ISA, in which only element separators separate anything: its ISA11 may be any sign.
    """

    element: bytes
    component: bytes
    terminators: bytes
    header: int = 0


@dataclass(frozen=True)
class Notice:
    """Something odd about a file: a finding (data kept) or a reject (data not kept), with its rule and place."""

    rule: str
    detail: str
    is_reject: bool = False


def read_separators(text: bytes, start: int) -> tuple[Separators | None, list[Notice]]:
    """The separators of the interchange that begins here, None when they cannot be told, and what was odd about it."""
    if not text.startswith(b"ISA", start):
        return _guess_separators(text, start)
    element = text[start + 3 : start + 4]
    header = text[start : start + MAX_ISA]
    elements = header.split(element, 16)
    if not element or len(elements) < 17:
        return None, []
    if cut := _NO_ISA16.fullmatch(elements[15]):
        return _without_isa16(
            text, start + header.index(element.join(elements[:16])) + len(element.join(elements[:15])) + 2, element, cut[1]
        )
    at = start + len(element.join(elements[:16])) + 1
    component, terminator = _component_and_terminator(text, at, element)
    notices = [] if at - start == 104 else [Notice("isa_length", "the ISA is not 106 characters long")]
    if not terminator or terminator.isalnum() or terminator == element:
        return None, notices
    if not component:
        return _without_isa16(text, at, element, terminator)
    terminators = b"\r\n" if terminator in b"\r\n" else terminator
    found = Separators(element, component, terminators, at - start)
    end = next_interchange(text, at, found, min(at + _SAMPLE, len(text)))
    used = _component_in_use(text, at, end, element, terminators)
    if used and used != component and text.count(component, at + 2, end) == 0:
        notices.append(Notice("component_separator", "ISA16 is not the component separator in use"))
        component = used
    return replace(found, component=component), notices


def _without_isa16(text: bytes, at: int, element: bytes, terminator: bytes) -> tuple[Separators, list[Notice]]:
    """Separators of a header that names no component separator: the one in use, or the usual colon where none is."""
    terminators = b"\r\n" if terminator in b"\r\n" else terminator
    used = _component_in_use(text, at, min(at + _SAMPLE, len(text)), element, terminators)
    notice = Notice("isa_length", "the ISA has no ISA16; the component separator was worked out from the text")
    return Separators(element, used or b":", terminators), [notice]


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


def _component_in_use(text: bytes, at: int, end: int, element: bytes, terminators: bytes) -> bytes:
    for pattern in (_COMPOSITE, _FACILITY):
        for match in pattern.finditer(text, at, end):
            candidate = match[2]
            if match["e"] == element and candidate != element and candidate not in terminators:
                return candidate
    return b""


def _guess_separators(text: bytes, start: int) -> tuple[Separators | None, list[Notice]]:
    """Separators of a file that begins with GS or ST: known places in those two segments give them away."""
    element = text[start + 2 : start + 3]
    count = 8 if text.startswith(b"GS", start) else 2
    fields = rb"(?:%s[^%s]*?){%d}" % (re.escape(element), re.escape(element), count)
    last = rb"(?:%s005010X[0-9A-Z]+)?" % re.escape(element)
    match = re.compile(rb"(?:GS|ST)" + fields + last + rb"(?P<t>[^A-Za-z0-9 ])(?=\s*[A-Z][A-Z0-9]{1,2}" + re.escape(element) + rb")").match(
        text, start
    )
    notice = Notice("no_interchange_header", "the file has no ISA; separators were worked out from its text")
    if not match:
        return None, [notice]
    terminators = b"\r\n" if match["t"] in b"\r\n" else match["t"]
    component = _component_in_use(text, start, start + _SAMPLE, element, terminators) or b":"
    return Separators(element, component, terminators), [notice]


def next_interchange(text: bytes, position: int, separators: Separators, end: int | None = None) -> int:
    """Where the next interchange begins at or after a position and before the end, or the end (of the text, if not told)."""
    end = len(text) if end is None else end
    for start in _headers(text, position, end):
        before = text[max(position, start - 200) : start]
        ends_segment = before.rstrip()[-1:] in separators.terminators or before.rstrip(b" \t")[-1:] in b"\r\n"
        if before and (ends_segment or _GLUED.search(before)):
            return start
    return end


def first_header(text: bytes, position: int = 0) -> int | None:
    """Where the first ISA from a position on stands that is not part of a word and has the separators of a header after it."""
    found = (start for start in _headers(text, position, len(text)) if not text[max(start - 1, 0) : start].isalnum())
    return next(found, None)


def _headers(text: bytes, position: int, end: int) -> Iterator[int]:
    """Every ISA with as many separators after it as a header has."""
    while (position := text.find(b"ISA", position, end)) >= 0:
        separator = text[position + 3 : position + 4]
        is_sign = separator and not separator.isalnum() and not separator.isspace()
        if is_sign and text.count(separator, position, position + MAX_ISA) >= _ISA_ELEMENTS:
            yield position
        position += 3
