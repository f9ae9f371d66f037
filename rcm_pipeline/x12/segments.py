"""The segment stream: where every segment and element of a canonical buffer begins and ends, as arrays."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from rcm_pipeline.x12.envelope import COMPONENT, ELEMENT, SEGMENT
from rcm_pipeline.x12.views import PADDING, Bytes, Offsets, text_column

Rows = npt.NDArray[np.int64]
_SPACE = np.frombuffer(b" \t\r\n", dtype=np.uint8)
_MAX_COMPONENTS = 9


def code_of(text: str) -> int:
    """A short code as one integer: its length above its first three bytes (longer codes differ by length)."""
    raw = text.encode()
    return len(raw) << 24 | int.from_bytes(raw[:3].ljust(3, b"\0"), "little")


class Segments:
    """All segments of a batch of files. Row numbers index segments; -1 stands for «no such segment»."""

    def __init__(self, files: Sequence[bytes]) -> None:
        sizes = np.array([len(f) for f in files], dtype=np.int64)
        self.buffer: Bytes = np.frombuffer(b"".join(files) + b"\0" * PADDING, dtype=np.uint8)
        text = self.buffer[:-PADDING]
        is_delimiter = (text == SEGMENT[0]) | (text == ELEMENT[0])
        self._end: Offsets = np.flatnonzero(is_delimiter)
        last_cell = np.flatnonzero(text[self._end] == SEGMENT[0])
        first_cell = np.concatenate([[0], last_cell[:-1] + 1]) if len(last_cell) else last_cell
        self._start: Offsets = np.concatenate([[0], self._end[:-1] + 1]) if len(self._end) else self._end
        self._trim_segment_starts(first_cell)
        blank = (first_cell == last_cell) & (self._start[first_cell] >= self._end[first_cell])
        self.first: Rows = first_cell[~blank]
        self.count: Rows = (last_cell - first_cell + 1)[~blank]
        bounds = np.cumsum(sizes)
        self.file: Rows = np.searchsorted(bounds, self._start[self.first], side="right")
        self.file_count = len(files)
        self.kept = np.zeros(len(self._end), dtype=bool)
        self._where: dict[tuple[str, ...], Rows] = {}

    def _trim_segment_starts(self, first_cell: Rows) -> None:
        """Step over the newlines and indentation that stand before a segment."""
        todo = first_cell
        while len(todo):
            at = self._start[todo]
            todo = todo[(at < self._end[todo]) & np.isin(self.buffer[at], _SPACE)]
            self._start[todo] += 1

    def __len__(self) -> int:
        return len(self.first)

    @cached_property
    def ids(self) -> npt.NDArray[np.int64]:
        """Every segment's identifier as an integer, see `code_of`."""
        return self._codes(self.first)

    @cached_property
    def number(self) -> Rows:
        """1-based ordinal of every segment in its file."""
        starts = np.searchsorted(self.file, np.arange(self.file_count))
        return np.arange(len(self), dtype=np.int64) - starts[self.file] + 1

    @cached_property
    def size(self) -> npt.NDArray[np.int64]:
        """Bytes in every cell of the stream."""
        length: npt.NDArray[np.int64] = np.maximum(self._end - self._start, 0)
        return length

    def where(self, *identifiers: str) -> Rows:
        """Rows of the segments with one of these identifiers, in order."""
        if identifiers not in self._where:
            wanted: npt.NDArray[np.bool_] = np.isin(self.ids, [code_of(i) for i in identifiers])
            self._where[identifiers] = np.flatnonzero(wanted)
        return self._where[identifiers]

    def cells(self, rows: Rows, element: int) -> Rows:
        """Cell of an element of each row, or -1 where the segment is absent or shorter."""
        known = rows >= 0
        cell = np.where(known, self.first[rows] + element, -1) if len(self) else np.full(len(rows), -1)
        return np.where(known & (element < self.count[rows]), cell, -1) if len(self) else cell

    def code(self, rows: Rows, element: int) -> npt.NDArray[np.int64]:
        """An element as an integer to compare with `code_of`; 0 where absent."""
        cell = self.cells(rows, element)
        return np.where(cell >= 0, self._codes(np.maximum(cell, 0)), 0) if len(self) else cell

    def is_filled(self, rows: Rows, element: int) -> npt.NDArray[np.bool_]:
        """Whether an element holds anything at all."""
        cell = self.cells(rows, element)
        return (cell >= 0) & (self.size[np.maximum(cell, 0)] > 0) if len(self) else cell >= 0

    def text(self, rows: Rows, element: int, component: int | None = None) -> pl.Series:
        """An element (or one component of it, 1-based) as text; null where absent or empty."""
        cell = self.cells(rows, element)
        safe = np.maximum(cell, 0)
        if not len(self._end):
            return pl.Series([None] * len(rows), dtype=pl.String)
        start = np.where(cell >= 0, self._start[safe], 0)
        end = np.where(cell >= 0, self._end[safe], 0)
        column = text_column(self.buffer, start, end)
        return column if component is None else _component(column, component)

    def keep(self, rows: Rows, element: int) -> None:
        """Note that this element was let through the door, so what was not can be counted."""
        cell = self.cells(rows, element)
        self.kept[cell[cell >= 0]] = True

    def blank(self, rows: Rows) -> None:
        """Take the meaning from these segments: they keep their ordinal but match no identifier."""
        self.ids[rows] = 0
        self._where.clear()

    def element_counts(self, of: npt.NDArray[np.bool_] | None = None) -> npt.NDArray[np.int64]:
        """Filled elements per file, identifiers of segments not counted; `of` restricts the cells."""
        counted = self.size > 0
        counted[self.first] = False
        if of is not None:
            counted &= of
        cells = np.flatnonzero(counted)
        segment = np.searchsorted(self.first, cells, side="right") - 1
        return np.bincount(self.file[segment], minlength=self.file_count)

    def _codes(self, cell: Rows) -> npt.NDArray[np.int64]:
        start, size = self._start[cell], self.size[cell]
        code = size << 24
        for place in range(3):
            code |= np.where(size > place, self.buffer[start + place].astype(np.int64) << (8 * place), 0)
        return code


def _component(column: pl.Series, component: int) -> pl.Series:
    parts = column.str.split_exact(COMPONENT.decode(), _MAX_COMPONENTS).struct.field(f"field_{component - 1}")
    return parts.replace("", None).alias(column.name)
