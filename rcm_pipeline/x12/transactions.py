"""Transactions of a segment stream: what each ST opens, by the set it names, its guide and its group."""

import re
from dataclasses import dataclass

import numpy as np
import polars as pl

from rcm_pipeline.x12.buffer.bytewise import Mask
from rcm_pipeline.x12.buffer.segments import Rows, Segments, code_of
from rcm_pipeline.x12.known import KNOWN_SEGMENTS, READ_SETS, SET_NAMES
from rcm_pipeline.x12.loops import last_before, latest, ordinal_within
from rcm_pipeline.x12.notes import Notes

_ENVELOPE = ("ISA", "IEA", "GS", "GE", "TA1")
_CLAIM_VERSIONS = {"837P": "222|098", "837I": "223|096", "837D": "224|097"}
_STATUS_VERSIONS = {"277CA": "X214|X167|X364|X329", "277 pending": "X228|X365", "277 response": "X212|X093|X329"}
_STATUS_PURPOSES = {"TH": "277CA", "NO": "277 pending", "DG": "277 response"}  # BHT06 where no guide is named
_SERVICE_SEGMENTS = {"SV1": "837P", "SV2": "837I", "SV3": "837D"}
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
    said = pl.coalesce(own, group)
    return pl.select(pl.when(said.str.contains(_VERSION)).then(said)).to_series().alias("version")


def _kinds(segments: Segments, rows: Rows, of: Rows, version: pl.Series) -> list[str]:
    served = {kind: frozenset(of[segments.where(name)].tolist()) for name, kind in _SERVICE_SEGMENTS.items()}
    purposes = segments.where("BHT")
    purpose = dict(zip(of[purposes].tolist(), segments.text(purposes, 6).to_list(), strict=True))
    segments.cells(rows, 1, keep=True)
    kinds = []
    for index, (sent, guide) in enumerate(zip(segments.text(rows, 1), version, strict=True)):
        code, text = sent or "", guide or ""
        if code == "837":
            named = [k for k, pattern in _CLAIM_VERSIONS.items() if re.search(pattern, text)]
            code = (named or [k for k, inside in served.items() if index in inside] or ["837P"])[0]
        elif code == "277":
            named = [k for k, pattern in _STATUS_VERSIONS.items() if re.search(pattern, text)]
            code = (named or [_STATUS_PURPOSES.get(purpose.get(index) or "", "277")])[0]
        kinds.append(code if code in SET_NAMES or code in READ_SETS else "other")
    return kinds


def _report_after_end(segments: Segments, of: Rows, notes: Notes) -> None:
    """A transaction goes on until the next one or the next interchange begins, even if an SE, GE, GS or IEA stands too early."""
    ends = segments.where("SE", "GE", "IEA", "GS")
    after = ends[ends + 1 < len(segments)] + 1
    goes_on = after[(of[after] >= 0) & ~np.isin(after, segments.where("ST", "SE"))]
    notes.finding("segments_after_end", goes_on, "segments stand behind the end of their transaction; read as part of it")


def _report_unread(segments: Segments, found: Transactions, notes: Notes) -> None:
    is_unread = np.array([k not in READ_SETS for k in found.kind], dtype=bool)
    if not is_unread.any():
        return
    inside = found.of[(found.of >= 0) & segments.is_new & ~notes.is_rejected]
    size = np.bincount(inside, minlength=len(found.rows))[is_unread]
    start = np.maximum(found.rows[is_unread], segments.began.repeated)  # a long one is reported once per block
    names = [SET_NAMES.get(k, "a transaction set that is not known here") for k, u in zip(found.kind, is_unread, strict=True) if u]
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
    for kinds, identifiers in KNOWN_SEGMENTS.items():
        inside = found.inside(*kinds)
        if inside.any():
            is_known |= inside & np.isin(segments.ids, [code_of(i) for i in identifiers])
    is_known |= ~found.inside(*READ_SETS) | notes.is_rejected
    notes.reject("unknown_segment", np.flatnonzero(~is_known), "a segment that its transaction set does not have; not read")
