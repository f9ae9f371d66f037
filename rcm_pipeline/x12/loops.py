"""Which claim, line or header a segment belongs to, worked out for all segments at once from their order."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from rcm_pipeline.x12.segments import Rows

Mask = npt.NDArray[np.bool_]


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
        if not len(self.rows):
            return np.full(len(self.parent), -1, dtype=np.int64)
        opens = np.zeros(len(self.parent), dtype=np.int64)
        opens[self.rows] = 1
        last = np.cumsum(opens) - 1
        belongs = (last >= 0) & (self.parent >= 0) & (self.parent[self.rows[np.maximum(last, 0)]] == self.parent)
        return np.where(belongs, last, -1)

    def of(self, rows: Rows) -> Rows:
        """Index of the opening each row belongs to; -1 where it belongs to none."""
        return np.where(rows >= 0, self.index[rows], -1) if len(self.parent) else np.full(len(rows), -1, dtype=np.int64)

    def first(self, rows: Rows) -> Rows:
        """For each opening, the first of these rows inside it, or -1."""
        index = self.of(rows)
        found = np.full(len(self.rows), -1, dtype=np.int64)
        inside = index >= 0
        found[index[inside][::-1]] = rows[inside][::-1]
        return found


def last_before(rows: Rows, marks: Rows, *, strict: bool = False) -> Rows:
    """Row of the last mark at or before each row (strictly before, if asked), or -1."""
    index = np.searchsorted(marks, rows, side="left" if strict else "right") - 1
    return np.where(index >= 0, marks[np.maximum(index, 0)], -1) if len(marks) else np.full(len(rows), -1, dtype=np.int64)


def ordinal_within(group: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """1-based position of each item inside its group; equal groups stand together."""
    if not len(group):
        return group
    starts = np.concatenate([[True], group[1:] != group[:-1]])
    position = np.arange(len(group))
    return position - np.maximum.accumulate(np.where(starts, position, 0)) + 1
