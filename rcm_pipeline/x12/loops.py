"""Which claim, line or header a segment belongs to, worked out for all segments at once from their order."""

from dataclasses import dataclass

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

    def of(self, rows: Rows) -> Rows:
        """Index (not row) of the opening each row belongs to; -1 where it belongs to none."""
        if not len(self.rows):
            return np.full(len(rows), -1, dtype=np.int64)
        index = np.searchsorted(self.rows, rows, side="right") - 1
        opening = self.rows[np.maximum(index, 0)]
        belongs = (index >= 0) & (rows >= 0) & (self.parent[opening] == self.parent[rows]) & (self.parent[rows] >= 0)
        return np.where(belongs, index, -1)

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
