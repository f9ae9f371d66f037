"""One column's cells: where each begins, how long it is, and its first eight bytes."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from rcm_pipeline.x12.buffer.bytewise import Mask, Offsets, Words
from rcm_pipeline.x12.buffer.columns import Column, text_column
from rcm_pipeline.x12.buffer.source import Source


@dataclass(frozen=True)
class Cells:
    """The cells of a column, row by row; length 0 where a row has none.

    `place` is looked up in `of` to find where a cell begins, and only when somebody asks.
    """

    source: Source
    length: Offsets
    word: Words
    place: Offsets
    of: Offsets | None = None

    @classmethod
    def none(cls, source: Source, count: int) -> "Cells":
        """Rows without a cell."""
        nothing = np.zeros(count, dtype=np.int64)
        return cls(source, nothing, nothing.view(np.uint64), nothing)

    @cached_property
    def start(self) -> Offsets:
        """Where each cell begins in the buffer."""
        return self.place if self.of is None else self.of.take(self.place, mode="wrap")

    @cached_property
    def is_filled(self) -> Mask:
        """Which rows have a cell with something in it."""
        filled: Mask = self.length > 0
        return filled

    def only(self, mask: Mask) -> "Cells":
        """The same rows, the cells outside the mask emptied."""
        return Cells(self.source, np.where(mask, self.length, 0), np.where(mask, self.word, np.uint64(0)), self.place, self.of)

    def at(self, rows: Offsets) -> "Cells":
        """The cells of these rows."""
        return Cells(self.source, self.length[rows], self.word[rows], self.place[rows], self.of)

    def or_else(self, other: "Cells") -> "Cells":
        """These cells, and the other's where these are empty."""
        mine = self.is_filled
        word = np.where(mine, self.word, other.word)
        return Cells(self.source, np.where(mine, self.length, other.length), word, np.where(mine, self.start, other.start))

    def column(self) -> Column:
        """The cells as text; null where empty."""
        return text_column(self.source, self.length, self.word, lambda rows: self.at(rows).start)

    def values(self) -> list[bytes]:
        """The bytes of every filled cell."""
        raw, has = self.source.raw, self.is_filled
        start = self.start[has]
        return [raw[begin:end] for begin, end in zip(start.tolist(), (start + self.length[has]).tolist(), strict=True)]

    def series(self) -> pl.Series:
        """The cells as a Polars series."""
        found = pl.from_arrow(self.column())
        assert isinstance(found, pl.Series)
        return found
