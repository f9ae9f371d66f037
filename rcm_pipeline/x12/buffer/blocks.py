"""One file of any size as blocks of canonical bytes, each cut where a transaction, a level or a claim begins."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rcm_pipeline.x12.buffer.envelope import ELEMENT, LOOK_AHEAD, SEGMENT, Normalised, Normaliser

BLOCK_BYTES = 2_000_000
_PATIENCE = 8  # blocks to wait for a place to cut before any segment will do
_OPENERS = tuple(tag + ELEMENT for tag in (b"CLP", b"CLM", b"HL", b"ST"))


@dataclass
class Block(Normalised):
    """A part of a file; `is_last` when nothing follows."""

    is_last: bool = False


def blocks(read: Callable[[int], bytes], progress: Callable[[int], None] = lambda _: None, size: int = BLOCK_BYTES) -> Iterator[Block]:
    """The blocks of a file that is read through `read(size)`. The last one may be empty."""
    reader, waiting = Normaliser(min(LOOK_AHEAD, size)), b""
    noted = seen = 0
    while portion := read(size):
        progress(len(portion))
        waiting += reader.feed(portion, is_last=False)
        cut = _last_opener(waiting) if len(waiting) >= size else 0
        if not cut and len(waiting) > _PATIENCE * size:
            cut = waiting.rfind(SEGMENT) + 1
        if cut:
            yield Block(waiting[:cut], reader.interchange_count - seen, False, reader.encoding, reader.notices[noted:])
            noted, seen, waiting = len(reader.notices), reader.interchange_count, waiting[cut:]
    waiting += reader.feed(b"", is_last=True)
    fresh = reader.notices[noted:]
    yield Block(waiting, reader.interchange_count - seen, reader.is_unterminated, reader.encoding, fresh, is_last=True)


def _last_opener(content: bytes) -> int:
    """Where the last claim, level or transaction begins, or 0."""
    return max(0, *(_last(content, opener) for opener in _OPENERS))


def _last(content: bytes, opener: bytes) -> int:
    end = len(content)
    while (at := content.rfind(opener, 0, end)) > 0:
        if content[:at].rstrip(b" \t\r\n").endswith(SEGMENT) if content[at - 1 : at] in b" \t\r\n" else content[at - 1 : at] == SEGMENT:
            return at
        end = at
    return 0
