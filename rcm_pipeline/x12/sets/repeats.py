"""Segments that repeat a group of elements: one row per filled group, in order, without a loop over groups."""

from collections.abc import Callable

import numpy as np

from rcm_pipeline.x12.buffer.segments import Rows, Segments
from rcm_pipeline.x12.loops import ordinal_within
from rcm_pipeline.x12.notes import Notes
from rcm_pipeline.x12.table import Door, Table

_TRIPLETS = 6


def repeated(segments: Segments, rows: Rows, *, first: int, step: int, most: int) -> tuple[Rows, Rows]:
    """Each row once per group it holds, and how many elements to the right of the first group each group stands."""
    groups = np.clip(-(-(segments.count[rows] - first) // step), 0, most)
    flat = np.repeat(rows, groups)
    place = np.arange(len(flat)) - np.repeat(np.cumsum(groups) - groups, groups)
    return flat, place * step


def adjustments_of(
    segments: Segments, door: Door, notes: Notes, cas: Rows, add_place: Callable[[Table], None], claim_of: Callable[[Rows], Rows]
) -> Table:
    """One row per filled triplet of these CAS segments, numbered within their claim."""
    rows, repeats = repeated(segments, cas, first=2, step=3, most=_TRIPLETS)
    has = segments.is_filled(rows, 2 + repeats) | segments.is_filled(rows, 3 + repeats)
    table = Table(segments, door, notes, rows[has], repeats[has])
    add_place(table)
    table.text("group_code", "CAS01", is_repeated=False)
    table.text("carc_code", "CAS02")
    table.money("amount", "CAS03")
    table.quantity("quantity", "CAS04")
    table.add("adjustment_no", ordinal_within(claim_of(table.rows)))
    return table
