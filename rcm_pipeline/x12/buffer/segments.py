"""The segment stream: where every segment and element of a canonical buffer begins and ends, as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from rcm_pipeline.x12.buffer.bytewise import PADDING, Bytes, Mask, Offsets, Words
from rcm_pipeline.x12.buffer.cells import Cells
from rcm_pipeline.x12.buffer.envelope import COMPONENT, SEGMENT
from rcm_pipeline.x12.buffer.source import Source

Rows = npt.NDArray[np.int64]
_IS_SPACE = np.isin(np.arange(256), np.frombuffer(b" \t\r\n", dtype=np.uint8))
_LONGEST_CODE = 127
_THREE_BYTES, _BYTE = np.uint64(0xFFFFFF), np.uint64(0xFF)
_MAX_COMPONENTS = 10


@dataclass(frozen=True)
class Start:
    """Where a block of a longer file begins: what came before it, and how many of its first segments only repeat that.

    The repeated segments (envelope and open levels) give the block's claims their context; they were read before.
    `kept` says which of their cells were already let through the door.
    """

    repeated: int = 0
    segments: int = 0
    transactions: int = 0
    claims: int = 0
    remits: int = 0
    tracked: int = 0
    statuses: int = 0
    totals: int = 0
    acknowledged: int = 0
    errors: int = 0
    kept: Mask = field(default_factory=lambda: np.zeros(0, dtype=bool))


def code_of(text: str) -> int:
    """A short code as one integer: its length above its first three bytes (longer codes differ by length)."""
    raw = text.encode()
    return len(raw) << 24 | int.from_bytes(raw[:3].ljust(3, b"\0"), "little")


class Segments:
    """All segments of a batch of files. Row numbers index segments; -1 stands for «no such segment»."""

    def __init__(self, files: Sequence[bytes], start: Start | None = None) -> None:
        self.began = start or Start()
        self.source = Source.of(list(files))
        buffer = self.source.buffer
        ends = np.flatnonzero((buffer[PADDING:-PADDING] - SEGMENT[0]) < 2) + PADDING
        last_cell = np.flatnonzero(buffer.take(ends) == SEGMENT[0])
        first_cell = np.concatenate([[0], last_cell[:-1] + 1]) if len(last_cell) else last_cell
        # one cell more than there are, for rows without one: it begins and ends nowhere
        starts = np.concatenate([[PADDING], ends[:-1] + 1, [0]]) if len(ends) else np.zeros(1, dtype=np.int64)
        ends = np.append(ends, 0)
        self._starts, self._lengths = starts, ends - starts
        self._words = self.source.words(starts, self._lengths)
        self._trim()
        is_blank = (first_cell == last_cell) & (self._lengths.take(first_cell) <= 0)
        self.first: Rows = first_cell[~is_blank]
        self.count: Rows = (last_cell - first_cell + 1)[~is_blank]
        self._firsts, self._counts = np.append(self.first, len(ends) - 1), np.append(self.count, 0)
        bounds = PADDING + np.cumsum([len(f) for f in files], dtype=np.int64)
        self.file_count = len(files)
        self.bounds: Rows = np.concatenate([[0], np.searchsorted(starts[self.first], bounds)])
        self.file: Rows = np.repeat(np.arange(len(files)), np.diff(self.bounds))
        self.kept = np.zeros(len(ends), dtype=bool)
        self.kept[: len(self.began.kept)] = self.began.kept
        self._where: dict[tuple[str, ...], Rows] = {}
        self._separated: tuple[Cells, Rows] | None = None
        self._looked_up: tuple[Rows, Rows, Rows, int, int] | None = None  # of the rows last asked for

    def _trim(self) -> None:
        """Step over the spaces, newlines and indentation at both ends of every cell that has any."""
        begins = _IS_SPACE.take((self._words & _BYTE).view(np.int64), mode="clip")
        ends = _IS_SPACE.take(self.source.buffer.take(self._starts + self._lengths - 1, mode="wrap"))
        padded = np.flatnonzero((begins | ends) & (self._lengths > 0))
        start = self._starts[padded]
        length = self._lengths[padded]
        _trim(self.source.buffer, start, length)
        self._starts[padded], self._lengths[padded] = start, length
        self._words[padded] = self.source.words(start, length)

    def __len__(self) -> int:
        return len(self.first)

    @cached_property
    def ids(self) -> npt.NDArray[np.int32]:
        """Every segment's identifier as an integer, see `code_of`."""
        return _coded(self._words.take(self.first), self._lengths.take(self.first))

    @cached_property
    def number(self) -> Rows:
        """1-based ordinal of every segment in its file; those that only repeat what was read before come out below it."""
        offset = self.began.segments - self.began.repeated
        return np.arange(len(self), dtype=np.int64) - self.bounds[self.file] + 1 + offset

    @cached_property
    def is_new(self) -> Mask:
        """Which segments do not repeat what an earlier block read."""
        return np.arange(len(self)) >= self.began.repeated

    @cached_property
    def components(self) -> Offsets:
        """Where the component separators stand; past the last one, the end of the buffer."""
        return np.append(np.flatnonzero(self.source.buffer == COMPONENT[0]), np.full(_MAX_COMPONENTS, len(self.source.raw)))

    def where(self, *identifiers: str) -> Rows:
        """Rows of the segments with one of these identifiers, in order."""
        if identifiers not in self._where:
            first, *others = (code_of(i) for i in identifiers)
            wanted = self.ids == first
            for code in others:
                wanted |= self.ids == code
            self._where[identifiers] = np.flatnonzero(wanted)
        return self._where[identifiers]

    def qualified(self, identifier: str, qualifier: str) -> Rows:
        """Rows of a segment with this qualifier in its first element."""
        key = (identifier, "", qualifier)
        if key not in self._where:
            rows = self.where(identifier)
            if (identifier, "") not in self._where:
                self._where[identifier, ""] = self.code(rows, 1).astype(np.int64)
            self._where[key] = rows[self._where[identifier, ""] == code_of(qualifier)]
        return self._where[key]

    def cells(self, rows: Rows, element: int | Rows, *, keep: bool = False) -> Cells:
        """The cells of an element of each row (one element for all, or one for each); row -1 has none.

        With `keep` they are noted as let through the door, so that what was not can be counted.
        """
        if self._looked_up is None or self._looked_up[0] is not rows:
            counts = self._counts.take(rows, mode="wrap")
            least, most = (int(counts.min()), int(counts.max())) if len(counts) else (0, 0)
            self._looked_up = (rows, self._firsts.take(rows, mode="wrap"), counts, least, most)
        _, firsts, counts, least, most = self._looked_up
        if isinstance(element, int) and element >= most:
            return Cells.none(self.source, len(rows))
        cell = firsts + element
        if not isinstance(element, int) or element >= least:
            cell = np.where(element < counts, cell, len(self.kept) - 1)
        if keep:
            self.kept[cell] = True
        return Cells(self.source, self._lengths.take(cell, mode="clip"), self._words.take(cell, mode="clip"), cell, self._starts)

    def component(self, cells: Cells, number: int) -> Cells:
        """One component (1-based) of composite cells."""
        start, separators = cells.start, self.components
        if self._separated is None or self._separated[0] is not cells:
            self._separated = (cells, np.searchsorted(separators, start))
        at = self._separated[1]
        begin = start if number == 1 else separators.take(at + (number - 2)) + 1
        length = np.minimum(separators.take(at + (number - 1)), start + cells.length) - begin
        has = np.flatnonzero((length > 0) & cells.is_filled)
        if not len(has):
            return Cells.none(self.source, len(start))
        begin, length = np.where(length > 0, begin, 0), np.maximum(length, 0)
        _trim(self.source.buffer, begin, length)
        word = np.zeros(len(start), dtype=np.uint64)
        word[has] = self.source.words(begin[has], length[has])
        return Cells(self.source, np.where(cells.is_filled, length, 0), word, begin)

    def kept_of(self, row: int) -> Mask:
        """Which cells of a segment were let through the door."""
        return self.kept[self.first[row] : self.first[row] + self.count[row]]

    def raw_segment(self, row: int) -> bytes:
        """The bytes of a segment with its terminator."""
        first, last = self.first[row], self.first[row] + self.count[row] - 1
        return self.source.raw[self._starts[first] : self._starts[last] + max(int(self._lengths[last]), 0)] + SEGMENT

    def text(self, rows: Rows, element: int | Rows) -> pl.Series:
        """An element as text; null where absent or empty."""
        return self.cells(rows, element).series()

    def code(self, rows: Rows, element: int) -> npt.NDArray[np.int32]:
        """An element as an integer to compare with `code_of`; 0 where absent."""
        return self.code_in(self.cells(rows, element))

    def code_in(self, cells: Cells) -> npt.NDArray[np.int32]:
        """Cells as integers to compare with `code_of`; 0 where empty."""
        return _coded(cells.word, cells.length)

    def is_filled(self, rows: Rows, element: int | Rows) -> Mask:
        """Whether an element holds anything at all."""
        return self.cells(rows, element).is_filled

    def blank(self, rows: Rows) -> None:
        """Take the meaning from these segments: they keep their ordinal but match no identifier."""
        self.ids[rows] = 0
        self._where.clear()

    def element_counts(self) -> tuple[Rows, Rows]:
        """Per file: filled elements (identifiers and repeated segments not counted), and how many were kept.

        A cell of a repeated segment that is kept only now counts now, so that the sums over all blocks are right.
        """
        is_counted = self._lengths > 0
        is_counted[self.first] = False
        is_kept = is_counted & self.kept
        repeated = len(self.began.kept)
        is_kept[:repeated] &= ~self.began.kept
        is_counted[:repeated] = False
        edges = np.append(self.first, len(self.kept) - 1)[self.bounds]
        spans = [slice(a, b) for a, b in pairwise(edges)]
        filled, kept = ([int(np.count_nonzero(mask[span])) for span in spans] for mask in (is_counted, is_kept))
        return np.array(filled, dtype=np.int64), np.array(kept, dtype=np.int64)


def _trim(buffer: Bytes, start: Offsets, length: Offsets) -> None:
    """Step over the white space at both ends of these cells, in place."""
    todo = np.flatnonzero(_IS_SPACE.take(buffer.take(start, mode="clip")) & (length > 0))
    while len(todo):
        start[todo] += 1
        length[todo] -= 1
        todo = todo[_IS_SPACE.take(buffer.take(start[todo], mode="clip")) & (length[todo] > 0)]
    todo = np.flatnonzero(_IS_SPACE.take(buffer.take(start + length - 1, mode="clip")) & (length > 0))
    while len(todo):
        length[todo] -= 1
        todo = todo[_IS_SPACE.take(buffer.take(start[todo] + length[todo] - 1, mode="clip")) & (length[todo] > 0)]


def _coded(word: Words, length: Offsets) -> npt.NDArray[np.int32]:
    code: npt.NDArray[np.int32] = ((word & _THREE_BYTES).view(np.int64) | np.minimum(length, _LONGEST_CODE) << 24).astype(np.int32)
    return code
