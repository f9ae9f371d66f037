"""Transactions of a segment stream: what each ST opens, by the set it names, its guide and its group."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from rcm_pipeline.x12.buffer.bytewise import Mask
from rcm_pipeline.x12.buffer.segments import Rows, Segments, code_of
from rcm_pipeline.x12.loops import last_before, latest, ordinal_within
from rcm_pipeline.x12.notes import Notes
from rcm_pipeline.x12.transaction_sets import OF_KIND, READ_KINDS, TRANSACTION_SETS, UNKNOWN, kind_of

_ENVELOPE = ("ISA", "IEA", "GS", "GE", "TA1")
_VERSION = r"^\d{6}(?:X\d{3}[A-Z0-9]{0,3})?$"  # what is not a guide's name could be anything, so it is not kept


@dataclass(frozen=True)
class Transactions:
    """Every ST of the stream. `of[i]` is the index of the transaction segment i stands in, or -1."""

    rows: Rows
    of: Rows
    number: Rows
    kind: list[str]
    version: pl.Series

    def inside(self, *kinds: str) -> Mask:
        """Mask of the segments that stand in a transaction of one of these kinds."""
        wanted = np.array([k in kinds for k in self.kind] + [False])
        mask: Mask = wanted[self.of]
        return mask


def find_transactions(segments: Segments, notes: Notes) -> Transactions:
    """Locate and name every transaction; report those of sets that are not read, and text outside any."""
    rows, count = segments.where("ST"), len(segments)
    opened, closed = latest(rows, count), latest(segments.where("ISA"), count)
    is_inside = (opened >= 0) & (opened > closed)
    if count:
        is_inside &= segments.file[opened] == segments.file
    is_inside[segments.where(*_ENVELOPE)] = False
    of = np.where(is_inside, _index_of(rows, count), -1)
    version = _versions(segments, rows)
    kind = _kinds(segments, rows, of, version)
    repeated = int((rows < segments.began.repeated).sum())
    number = ordinal_within(segments.file[rows]) + segments.began.transactions - repeated
    found = Transactions(rows, of, number, kind, version)
    notes.of = np.append(number, 0)[of]
    _report_after_end(segments, of, notes)
    _report_unread(segments, found, notes)
    _report_strays(segments, of, notes)
    _report_unknown(segments, found, notes)
    return found


def _index_of(rows: Rows, count: int) -> Rows:
    return np.repeat(np.arange(-1, len(rows)), np.diff(np.concatenate([[0], rows, [count]])))


def _versions(segments: Segments, rows: Rows) -> pl.Series:
    groups = last_before(rows, segments.where("GS"))
    groups = np.where((groups >= 0) & (segments.file[groups] == segments.file[rows]), groups, -1) if len(rows) else groups
    own, group = segments.text(rows, 3), segments.text(groups, 8)
    segments.cells(rows, 3, keep=True), segments.cells(groups, 8, keep=True)
    version_code = pl.coalesce(own, group)
    return pl.select(pl.when(version_code.str.contains(_VERSION)).then(version_code)).to_series().alias("version")


def _kinds(segments: Segments, rows: Rows, of: Rows, version: pl.Series) -> list[str]:
    telling = [entry.service_segment for entry in TRANSACTION_SETS if entry.service_segment]
    served = {name: frozenset(of[segments.where(name)].tolist()) for name in telling}
    purposes = segments.where("BHT")
    purpose = dict(zip(of[purposes].tolist(), segments.text(purposes, 6).to_list(), strict=True))
    segments.cells(rows, 1, keep=True)
    return [
        kind_of(code or "", guide or "", purpose.get(index) or "", frozenset(name for name, inside in served.items() if index in inside))
        for index, (code, guide) in enumerate(zip(segments.text(rows, 1), version, strict=True))
    ]


def _report_after_end(segments: Segments, of: Rows, notes: Notes) -> None:
    """A transaction goes on until the next one or the next interchange begins, even if an SE, GE, GS or IEA stands too early."""
    ends = segments.where("SE", "GE", "IEA", "GS")
    after = ends[ends + 1 < len(segments)] + 1
    goes_on = after[(of[after] >= 0) & ~np.isin(after, segments.where("ST", "SE"))]
    notes.finding("segments_after_end", goes_on, "segments stand behind the end of their transaction; read as part of it")


def _report_unread(segments: Segments, found: Transactions, notes: Notes) -> None:
    is_unread = np.array([k not in READ_KINDS for k in found.kind], dtype=bool)
    if not is_unread.any():
        return
    inside = found.of[(found.of >= 0) & segments.is_new & ~notes.is_rejected]
    size = np.bincount(inside, minlength=len(found.rows))[is_unread]
    start = np.maximum(found.rows[is_unread], segments.began.repeated)  # a long one is reported once per block
    names = [OF_KIND.get(k, UNKNOWN).title for k, u in zip(found.kind, is_unread, strict=True) if u]
    has_any = size > 0
    details = [f"{name} is not read by this version" for name, has in zip(names, has_any, strict=True) if has]
    notes.reject("set_not_read", start[has_any], details, size[has_any])


def _report_strays(segments: Segments, of: Rows, notes: Notes) -> None:
    """One reject per run of segments that stand in no transaction and are no envelope."""
    is_stray = (of < 0) & segments.is_new
    is_stray[segments.where(*_ENVELOPE)] = False
    is_stray &= ~notes.is_rejected
    starts = np.flatnonzero(is_stray & ~np.concatenate([[False], is_stray[:-1]]))
    ends = np.flatnonzero(is_stray & ~np.concatenate([is_stray[1:], [False]]))
    notes.reject("outside_transaction", starts, "segments that stand in no transaction", ends - starts + 1)


def _report_unknown(segments: Segments, found: Transactions, notes: Notes) -> None:
    """Segments that the set of their transaction does not have."""
    is_known = found.of < 0
    for kind in set(found.kind) & set(READ_KINDS):
        is_known |= found.inside(kind) & np.isin(segments.ids, [code_of(name) for name in OF_KIND[kind].segments])
    is_known |= ~found.inside(*READ_KINDS) | notes.is_rejected
    notes.reject("unknown_segment", np.flatnonzero(~is_known), "a segment that its transaction set does not have; not read")
