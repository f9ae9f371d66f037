"""Interchanges, groups and transactions of a segment stream: what each ST opens, and whether the counts agree."""

import re
from dataclasses import dataclass

import numpy as np
import polars as pl

from rcm_pipeline.x12.loops import Mask, last_before, ordinal_within
from rcm_pipeline.x12.notes import Notes
from rcm_pipeline.x12.segments import Rows, Segments

READ_SETS = ("835", "837P", "837I", "837D")
_ENVELOPE = ("ISA", "IEA", "GS", "GE", "TA1")
_CLAIM_VERSIONS = {"837P": "222|098", "837I": "223|096", "837D": "224|097"}
_SERVICE_SEGMENTS = {"SV1": "837P", "SV2": "837I", "SV3": "837D"}
_VERSION = r"^\d{6}(?:X\d{3}[A-Z0-9]{0,3})?$"  # what is not a guide's name could be anything, so it is not kept
_KNOWN_AS = {
    "277": "a 277 claim status",
    "277CA": "a 277CA claim acknowledgement",
    "999": "a 999 acknowledgement",
    "997": "a 997 acknowledgement",
    "270": "a 270 eligibility inquiry",
    "271": "a 271 eligibility response",
    "276": "a 276 status inquiry",
    "278": "a 278 authorization",
    "820": "an 820 premium payment",
    "834": "an 834 enrolment",
    "824": "an 824 application advice",
}


@dataclass(frozen=True)
class Transactions:
    """Every ST of the stream. `of[i]` is the index of the transaction segment i stands in, or -1."""

    rows: Rows
    of: Rows
    number: Rows
    kind: list[str]
    version: pl.Series

    def inside(self, kinds: tuple[str, ...]) -> Mask:
        """Mask of the segments that stand in a transaction of one of these kinds."""
        wanted = np.array([k in kinds for k in self.kind] + [False])
        return wanted[self.of]


def find_transactions(segments: Segments, notes: Notes) -> Transactions:
    """Locate and name every transaction; report those of sets that are not read, and text outside any."""
    rows = segments.where("ST")
    every = np.arange(len(segments), dtype=np.int64)
    closers = segments.where("SE", "GE", "IEA", "ISA", "GS")
    opened, closed = last_before(every, rows), last_before(every, closers, strict=True)
    is_inside = (opened >= 0) & (opened > closed) & (segments.file[opened] == segments.file)
    is_inside[segments.where(*_ENVELOPE)] = False
    of = np.where(is_inside, np.searchsorted(rows, every, side="right") - 1, -1)
    version = _versions(segments, rows)
    kind = _kinds(segments, rows, of, version)
    found = Transactions(rows, of, ordinal_within(segments.file[rows]), kind, version)
    _report_unread(found, notes)
    _report_strays(segments, of, notes)
    return found


def _versions(segments: Segments, rows: Rows) -> pl.Series:
    groups = last_before(rows, segments.where("GS"))
    groups = np.where((groups >= 0) & (segments.file[groups] == segments.file[rows]), groups, -1)
    own, group = segments.text(rows, 3).str.strip_chars(), segments.text(groups, 8).str.strip_chars()
    for row_set, element in ((rows, 3), (groups, 8)):
        segments.keep(row_set, element)
    said = pl.coalesce(own.replace("", None), group)
    return pl.select(pl.when(said.str.contains(_VERSION)).then(said)).to_series().alias("version")


def _kinds(segments: Segments, rows: Rows, of: Rows, version: pl.Series) -> list[str]:
    services = {name: of[segments.where(name)] for name in _SERVICE_SEGMENTS}
    kinds = []
    segments.keep(rows, 1)
    for index, (sent, guide) in enumerate(zip(segments.text(rows, 1), version, strict=True)):
        code, text = (sent or "").strip(), guide or ""
        if code == "837":
            named = [k for k, pattern in _CLAIM_VERSIONS.items() if re.search(pattern, text)]
            served = [k for s, k in _SERVICE_SEGMENTS.items() if index in services[s]]
            code = (named or served or ["837P"])[0]
        kind = "277CA" if code == "277" and "X214" in text else code
        kinds.append(kind if kind in _KNOWN_AS or kind in READ_SETS else "other")
    return kinds


def _report_unread(found: Transactions, notes: Notes) -> None:
    unread = np.array([k not in READ_SETS for k in found.kind], dtype=bool)
    rows = found.rows[unread]
    names = [_KNOWN_AS.get(k, "a transaction set that is not known here") for k, u in zip(found.kind, unread, strict=True) if u]
    notes.reject("set_not_read", rows, [f"{name} is not read by this version" for name in names])


def _report_strays(segments: Segments, of: Rows, notes: Notes) -> None:
    """One reject per run of segments that stand in no transaction and are no envelope."""
    is_stray = of < 0
    is_stray[segments.where("ISA", "IEA", "GS", "GE")] = False
    starts = np.flatnonzero(is_stray & ~np.concatenate([[False], is_stray[:-1]]))
    acknowledgement = np.isin(starts, segments.where("TA1"))
    text = [
        "a TA1 interchange acknowledgement is not read by this version" if a else "segments that stand in no transaction"
        for a in acknowledgement
    ]
    notes.reject("outside_transaction", starts, text)
