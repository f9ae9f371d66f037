"""What the next block of a file must be told again: the open envelope, transaction and levels its claims stand in."""

from dataclasses import dataclass

import numpy as np

from rcm_pipeline.x12.buffer.bytewise import Mask
from rcm_pipeline.x12.buffer.segments import Rows, Segments, code_of
from rcm_pipeline.x12.loops import last_before
from rcm_pipeline.x12.transactions import Transactions

_LEVELS = ("20", "21", "19", "22", "23")  # from the outermost inwards
_BODY = ("HL", "CLP", "CLM", "LX", "AK1", "AK2")
_LONGEST = 400


@dataclass(frozen=True)
class Context:
    """Canonical bytes of the segments to repeat, how many they are, and which of their cells were let through the door."""

    content: bytes
    count: int
    kept: Mask


def context_of(segments: Segments, transactions: Transactions) -> Context:
    """The context in which the block ends."""
    count = len(segments)
    end = np.array([count])
    keep = [row for row in (int(last_before(end, segments.where(tag))[0]) for tag in ("ISA", "GS")) if row >= 0]
    start = int(last_before(end, transactions.rows)[0])
    is_open = start >= 0 and start > int(last_before(end, segments.where("SE", "GE", "IEA"))[0])
    if is_open:
        body = segments.where(*_BODY)
        header_end = int(np.append(body[body > start], count)[0])
        keep += range(start, min(header_end, start + _LONGEST))
        keep += _open_levels(segments, start, body)
    kept = [segments.kept_of(row) for row in keep]
    return Context(b"".join(segments.raw_segment(row) for row in keep), len(keep), np.concatenate([np.zeros(0, dtype=bool), *kept]))


def _open_levels(segments: Segments, start: int, body: Rows) -> list[int]:
    """The last loop of each level, as long as a level outside it did not begin anew after it."""
    levels = segments.where("HL")
    levels = levels[levels > start]
    codes = segments.code(levels, 3)
    rows: list[int] = []
    outer = start
    for level in _LEVELS:
        found = levels[(codes == code_of(level)) & (levels > outer)]
        if len(found):
            outer = int(found[-1])
            end = int(np.append(body[body > outer], len(segments))[0])
            rows += range(outer, min(end, outer + _LONGEST))
    return rows
