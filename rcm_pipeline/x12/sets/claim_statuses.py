"""277CA claim acknowledgements: every status at receiver, provider, claim and line level, and the batch totals."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from rcm_pipeline.x12.buffer.bytewise import Mask
from rcm_pipeline.x12.buffer.segments import Rows, Segments, code_of
from rcm_pipeline.x12.loops import Loop, last_before, ordinal_within
from rcm_pipeline.x12.notes import Notes
from rcm_pipeline.x12.table import Door, Table
from rcm_pipeline.x12.transactions import Transactions

_STATUSES = {1: 1, 10: 2, 11: 3}  # the three composites of STC and their order
_SENIOR = {"21": ("20",), "19": ("20", "21")}  # a level ends where one outside it begins anew
_LEVELS = {"20": "source", "21": "receiver", "19": "provider"}
_COUNTS = {"accepted_count": ("90", "QA"), "rejected_count": ("AA", "QC")}


@dataclass(frozen=True)
class Stream:
    """The 277CA part of a segment stream: levels (HL), the tracked claims in them (TRN) and their lines (SVC)."""

    segments: Segments
    transactions: Transactions
    levels: Loop
    tracked: Loop
    lines: Loop
    level_code: npt.NDArray[np.int32]

    def rows(self, identifier: str, qualifier: str | None = None) -> Rows:
        """Rows of a segment inside the levels of a 277CA."""
        found = self.segments.where(identifier) if qualifier is None else self.segments.qualified(identifier, qualifier)
        return found[self.levels.of(found) >= 0]

    def is_claim(self, rows: Rows) -> Mask:
        """Which rows stand at claim level or below: in a patient's level, or one of no kind that we know."""
        known = [code_of(level) for level in _LEVELS]
        mask: Mask = ~np.isin(self.level_code[self.levels.of(rows)], known)
        return mask


def read_claim_statuses(segments: Segments, transactions: Transactions, door: Door, notes: Notes) -> dict[str, pl.DataFrame]:
    """The two raw tables of every 277CA of the stream."""
    stream = _stream(segments, transactions)
    loose = np.flatnonzero(transactions.inside("277CA") & (segments.ids == code_of("STC")))
    notes.reject("orphan_segment", loose[stream.levels.of(loose) < 0], "STC that stands in no level of its transaction")
    return {"raw_claim_statuses": _statuses(stream, door, notes), "raw_claim_status_totals": _totals(stream, door, notes)}


def _stream(segments: Segments, transactions: Transactions) -> Stream:
    within = np.where(transactions.inside("277CA"), transactions.of, -1)
    within[segments.where("SE")] = -1
    hl, trn, svc = segments.where("HL"), segments.where("TRN"), segments.where("SVC")
    levels = Loop(hl[within[hl] >= 0], within)
    tracked = Loop(trn[levels.of(trn) >= 0], levels.index)
    lines = Loop(svc[tracked.of(svc) >= 0], tracked.index)
    return Stream(segments, transactions, levels, tracked, lines, segments.code(levels.rows, 3))


def _statuses(stream: Stream, door: Door, notes: Notes) -> pl.DataFrame:
    segments, stc = stream.segments, stream.rows("STC")
    stc = stc[segments.is_new[stc]]
    element = np.tile(np.array(list(_STATUSES)), len(stc))
    rows = np.repeat(stc, len(_STATUSES))
    has = segments.is_filled(rows, element)
    rows, element = rows[has], element[has]
    table = Table(segments, door, notes, rows, element - 1)
    _add_level(stream, table)
    table.add("status_no", ordinal_within(segments.file[rows]) + segments.began.statuses)
    table.add("composite_no", np.array([_STATUSES.get(e, 0) for e in range(12)])[element])
    table.text("category_code", "STC01-1")
    table.text("status_code", "STC01-2")
    table.text("entity_code", "STC01-3")
    table.date("status_date", "STC02", is_repeated=False)
    table.text("action_code", "STC03", is_repeated=False)
    table.money("charge_amount", "STC04", rows)
    _add_identity(stream, table)
    return table.frame()


def _add_level(stream: Stream, table: Table) -> None:
    rows, level = table.rows, stream.levels.of(table.rows)
    names = np.full(len(rows), "claim", dtype=object)
    for code, name in _LEVELS.items():
        names[stream.level_code[level] == code_of(code)] = name
    names[stream.lines.of(rows) >= 0] = "line"
    table.add_text("level_code", names.tolist())
    table.add("transaction_no", stream.transactions.number[stream.transactions.of[rows]])
    claims = stream.tracked.rows[stream.is_claim(stream.tracked.rows)]
    numbers = np.zeros(len(stream.tracked.rows) + 1, dtype=np.int64)
    numbers[np.isin(stream.tracked.rows, claims).nonzero()[0]] = (
        ordinal_within(stream.segments.file[claims]) + stream.segments.began.tracked
    )
    table.add_optional("claim_no", numbers[stream.tracked.of(rows)])
    line_numbers = np.append(ordinal_within(stream.tracked.of(stream.lines.rows)), 0)
    table.add_optional("line_no", line_numbers[stream.lines.of(rows)])


def _add_identity(stream: Stream, table: Table) -> None:
    """What the status is about: its own claim and line, and the batch and provider of the levels above it."""
    rows, is_claim = table.rows, stream.is_claim(table.rows)
    tracked = np.append(stream.tracked.rows, -1)[stream.tracked.of(rows)]
    table.text("batch_token", "TRN02[21]", _above(stream, rows, "TRN", "21"))
    table.text("provider_npi", "NM109[85]", _above(stream, rows, "NM1", "19"))
    table.text("claim_token", "TRN02[PT]", np.where(is_claim, tracked, -1))
    for name, reference, identifier, qualifier in (
        ("icn_token", "REF02[1K]", "REF", "1K"),
        ("clearinghouse_token", "REF02[D9]", "REF", "D9"),
    ):
        table.text(name, reference, _of_claim(stream, rows, stream.rows(identifier, qualifier)))
    service = _of_claim(stream, rows, stream.rows("DTP", "472"))
    own = np.append(stream.lines.first(stream.rows("DTP", "472")), -1)[stream.lines.of(rows)]
    service = np.where(own >= 0, own, service)
    table.date("service_from_date", "DTP03[472]", service)
    table.end_date("service_to_date", "DTP03[472]", service)
    line = np.append(stream.lines.rows, -1)[stream.lines.of(rows)]
    table.text("procedure_code", "SVC01-2", line)
    table.money("line_charge_amount", "SVC02", line)
    control = np.append(stream.lines.first(stream.rows("REF", "FJ")), -1)
    table.text("line_control_token", "REF02[FJ]", control[stream.lines.of(rows)])


def _of_claim(stream: Stream, rows: Rows, found: Rows) -> Rows:
    """For each row, the first of the found segments in its claim, not in one of the claim's lines."""
    first = np.append(stream.tracked.first(found[stream.lines.of(found) < 0]), -1)
    return first[stream.tracked.of(rows)]


def _above(stream: Stream, rows: Rows, identifier: str, level: str) -> Rows:
    """For each row, such a segment in the last level of this kind at or above it, in the same transaction."""
    opened = stream.levels.rows[stream.level_code == code_of(level)]
    first = np.append(Loop(stream.levels.rows, stream.levels.parent).first(stream.rows(identifier)), -1)
    at = last_before(rows, opened)
    index = np.where(at >= 0, stream.levels.of(at), -1)
    same = stream.transactions.of[at] == stream.transactions.of[rows] if len(rows) else at >= 0
    outer = [code_of(code) for code in _SENIOR[level]]
    same &= at > last_before(rows, stream.levels.rows[np.isin(stream.level_code, outer)])
    return np.where(same, first[index], -1)


def _totals(stream: Stream, door: Door, notes: Notes) -> pl.DataFrame:
    """One row per level above the claims that says how much of the batch was accepted and rejected."""
    levels = stream.levels
    traced = levels.first(stream.segments.where("TRN"))
    rows = np.where(traced >= 0, traced, levels.rows)
    places: dict[str, Rows] = {}
    for name, qualifiers in _COUNTS.items():
        found = np.sort(np.concatenate([stream.rows("QTY", q) for q in qualifiers]))
        places[name] = levels.first(found)
    for name, qualifier in (("accepted_amount", "YU"), ("rejected_amount", "YY")):
        places[name] = levels.first(stream.rows("AMT", qualifier))
    has = np.any([found >= 0 for found in places.values()], axis=0)
    keep = has & ~stream.is_claim(levels.rows) & stream.segments.is_new[rows]
    table = Table(stream.segments, door, notes, rows[keep])
    _add_level(stream, table)
    for drop in ("claim_no", "line_no"):
        table.columns.pop(drop)
    table.add("total_no", ordinal_within(stream.segments.file[table.rows]) + stream.segments.began.totals)
    table.text("batch_token", "TRN02[21]", _above(stream, table.rows, "TRN", "21"))
    table.count("accepted_count", "QTY02", places["accepted_count"][keep])
    table.count("rejected_count", "QTY02", places["rejected_count"][keep])
    table.money("accepted_amount", "AMT02[YU]", places["accepted_amount"][keep])
    table.money("rejected_amount", "AMT02[YY]", places["rejected_amount"][keep])
    return table.frame()
