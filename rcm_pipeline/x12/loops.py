"""Which claim, line or header a segment belongs to, worked out for all segments at once from their order."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rcm_pipeline.x12.buffer.segments import Rows


@dataclass(frozen=True)
class Loop:
    """The rows that open a loop (CLP, SVC, CLM …), in order, and the parent row each must share with its members.

    `parent[i]` names the enclosing loop of segment i; a member belongs to the last opening before it
    only if both have the same parent, so nothing leaks over the end of a claim or transaction.
    """

    rows: Rows
    parent: Rows

    @cached_property
    def index(self) -> Rows:
        """For every segment of the stream, the index (not row) of the opening it belongs to, or -1."""
        count = len(self.parent)
        if not len(self.rows):
            return np.full(count, -1, dtype=np.int64)
        lengths = np.diff(np.concatenate([[0], self.rows, [count]]))
        last = np.repeat(np.arange(-1, len(self.rows)), lengths)
        opened = np.repeat(np.concatenate([[-2], self.parent[self.rows]]), lengths)
        return np.where((opened == self.parent) & (self.parent >= 0), last, -1)

    def of(self, rows: Rows) -> Rows:
        """Index of the opening each row belongs to; -1 where it belongs to none, or is -1 itself."""
        return self._padded[rows]

    def first(self, rows: Rows) -> Rows:
        """For each opening, the first of these rows inside it, or -1."""
        found = np.full(len(self.rows) + 1, -1, dtype=np.int64)  # the last place takes what belongs to none
        found[self._padded[rows[::-1]]] = rows[::-1]
        return found[:-1]

    @cached_property
    def _padded(self) -> Rows:
        return np.append(self.index, -1)


def latest(marks: Rows, count: int, *, strict: bool = False) -> Rows:
    """For every segment of a stream of `count`, the last mark at or before it (strictly before, if asked), or -1."""
    edges = np.concatenate([[0], np.minimum(marks + strict, count), [count]])
    return np.repeat(np.concatenate([[-1], marks]), np.diff(edges))


def last_before(rows: Rows, marks: Rows, *, strict: bool = False) -> Rows:
    """Row of the last mark at or before each row (strictly before, if asked), or -1."""
    index = np.searchsorted(marks, rows, side="left" if strict else "right") - 1
    return np.where(index >= 0, marks[np.maximum(index, 0)], -1) if len(marks) else np.full(len(rows), -1, dtype=np.int64)


def ordinal_within(group: Rows) -> Rows:
    """1-based position of each item inside its group; equal groups stand together."""
    if not len(group):
        return group
    starts = np.concatenate([[True], group[1:] != group[:-1]])
    position = np.arange(len(group))
    return position - np.maximum.accumulate(np.where(starts, position, 0)) + 1
