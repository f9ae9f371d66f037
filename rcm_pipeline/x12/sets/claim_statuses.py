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
from rcm_pipeline.x12.transaction_sets import kinds_of
from rcm_pipeline.x12.transactions import Transactions

_STATUSES = {1: 1, 10: 2, 11: 3}  # the three composites of STC and their order
_SENIOR = {"21": ("20",), "19": ("20", "21")}  # a level ends where one outside it begins anew
_LEVELS = {"20": "source", "21": "receiver", "19": "provider"}
_COUNTS = {"accepted_count": ("90", "QA"), "rejected_count": ("AA", "QC")}


@dataclass(frozen=True)
class StatusLoops:
    """The 277CA part of a segment loops: levels (HL), the tracked claims in them (TRN) and their lines (SVC)."""

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


def read(segments: Segments, transactions: Transactions, door: Door, notes: Notes) -> dict[str, pl.DataFrame]:
    """The two raw tables of every 277CA of the loops."""
    loops = _loops(segments, transactions)
    loose = np.flatnonzero(transactions.inside(*kinds_of("claim_statuses")) & (segments.ids == code_of("STC")))
    notes.reject("orphan_segment", loose[loops.levels.of(loose) < 0], "STC that stands in no level of its transaction")
    return {"raw_claim_statuses": _statuses(loops, door, notes), "raw_claim_status_totals": _totals(loops, door, notes)}


def _loops(segments: Segments, transactions: Transactions) -> StatusLoops:
    within = np.where(transactions.inside(*kinds_of("claim_statuses")), transactions.of, -1)
    within[segments.where("SE")] = -1
    hl, trn, svc = segments.where("HL"), segments.where("TRN"), segments.where("SVC")
    levels = Loop(hl[within[hl] >= 0], within)
    tracked = Loop(trn[levels.of(trn) >= 0], levels.index)
    lines = Loop(svc[tracked.of(svc) >= 0], tracked.index)
    return StatusLoops(segments, transactions, levels, tracked, lines, segments.code(levels.rows, 3))


def _statuses(loops: StatusLoops, door: Door, notes: Notes) -> pl.DataFrame:
    segments, stc = loops.segments, loops.rows("STC")
    stc = stc[segments.is_new[stc]]
    element = np.tile(np.array(list(_STATUSES)), len(stc))
    rows = np.repeat(stc, len(_STATUSES))
    has = segments.is_filled(rows, element)
    rows, element = rows[has], element[has]
    table = Table(segments, door, notes, rows, element - 1)
    _add_level(loops, table)
    table.add("status_no", ordinal_within(segments.file[rows]) + segments.began.statuses)
    table.add("composite_no", np.array([_STATUSES.get(e, 0) for e in range(12)])[element])
    table.text("category_code", "STC01-1")
    table.text("status_code", "STC01-2")
    table.text("entity_code", "STC01-3")
    table.date("status_date", "STC02", is_repeated=False)
    table.text("action_code", "STC03", is_repeated=False)
    table.money("charge_amount", "STC04", rows)
    _add_identity(loops, table)
    return table.frame()


def _add_level(loops: StatusLoops, table: Table) -> None:
    rows, level = table.rows, loops.levels.of(table.rows)
    names = np.full(len(rows), "claim", dtype=object)
    for code, name in _LEVELS.items():
        names[loops.level_code[level] == code_of(code)] = name
    names[loops.lines.of(rows) >= 0] = "line"
    table.add_text("level_code", names.tolist())
    table.add("transaction_no", loops.transactions.number[loops.transactions.of[rows]])
    claims = loops.tracked.rows[loops.is_claim(loops.tracked.rows)]
    numbers = np.zeros(len(loops.tracked.rows) + 1, dtype=np.int64)
    numbers[np.isin(loops.tracked.rows, claims).nonzero()[0]] = ordinal_within(loops.segments.file[claims]) + loops.segments.began.tracked
    table.add_optional("claim_no", numbers[loops.tracked.of(rows)])
    line_numbers = np.append(ordinal_within(loops.tracked.of(loops.lines.rows)), 0)
    table.add_optional("line_no", line_numbers[loops.lines.of(rows)])


def _add_identity(loops: StatusLoops, table: Table) -> None:
    """What the status is about: its own claim and line, and the batch and provider of the levels above it."""
    rows, is_claim = table.rows, loops.is_claim(table.rows)
    tracked = np.append(loops.tracked.rows, -1)[loops.tracked.of(rows)]
    table.text("batch_token", "TRN02[21]", _above(loops, rows, "TRN", "21"))
    table.text("provider_npi", "NM109[85]", _above(loops, rows, "NM1", "19"))
    table.text("claim_token", "TRN02[PT]", np.where(is_claim, tracked, -1))
    for name, reference, identifier, qualifier in (
        ("icn_token", "REF02[1K]", "REF", "1K"),
        ("clearinghouse_token", "REF02[D9]", "REF", "D9"),
    ):
        table.text(name, reference, _of_claim(loops, rows, loops.rows(identifier, qualifier)))
    service = _of_claim(loops, rows, loops.rows("DTP", "472"))
    own = np.append(loops.lines.first(loops.rows("DTP", "472")), -1)[loops.lines.of(rows)]
    service = np.where(own >= 0, own, service)
    table.date("service_from_date", "DTP03[472]", service)
    table.end_date("service_to_date", "DTP03[472]", service)
    line = np.append(loops.lines.rows, -1)[loops.lines.of(rows)]
    table.text("procedure_code", "SVC01-2", line)
    table.money("line_charge_amount", "SVC02", line)
    control = np.append(loops.lines.first(loops.rows("REF", "FJ")), -1)
    table.text("line_control_token", "REF02[FJ]", control[loops.lines.of(rows)])


def _of_claim(loops: StatusLoops, rows: Rows, found: Rows) -> Rows:
    """For each row, the first of the found segments in its claim, not in one of the claim's lines."""
    first = np.append(loops.tracked.first(found[loops.lines.of(found) < 0]), -1)
    return first[loops.tracked.of(rows)]


def _above(loops: StatusLoops, rows: Rows, identifier: str, level: str) -> Rows:
    """For each row, such a segment in the last level of this kind at or above it, in the same transaction."""
    opened = loops.levels.rows[loops.level_code == code_of(level)]
    first = np.append(Loop(loops.levels.rows, loops.levels.parent).first(loops.rows(identifier)), -1)
    at = last_before(rows, opened)
    index = np.where(at >= 0, loops.levels.of(at), -1)
    same = loops.transactions.of[at] == loops.transactions.of[rows] if len(rows) else at >= 0
    outer = [code_of(code) for code in _SENIOR[level]]
    same &= at > last_before(rows, loops.levels.rows[np.isin(loops.level_code, outer)])
    return np.where(same, first[index], -1)


def _totals(loops: StatusLoops, door: Door, notes: Notes) -> pl.DataFrame:
    """One row per level above the claims that says how much of the batch was accepted and rejected."""
    levels = loops.levels
    traced = levels.first(loops.segments.where("TRN"))
    rows = np.where(traced >= 0, traced, levels.rows)
    places: dict[str, Rows] = {}
    for name, qualifiers in _COUNTS.items():
        found = np.sort(np.concatenate([loops.rows("QTY", q) for q in qualifiers]))
        places[name] = levels.first(found)
    for name, qualifier in (("accepted_amount", "YU"), ("rejected_amount", "YY")):
        places[name] = levels.first(loops.rows("AMT", qualifier))
    has = np.any([found >= 0 for found in places.values()], axis=0)
    keep = has & ~loops.is_claim(levels.rows) & loops.segments.is_new[rows]
    table = Table(loops.segments, door, notes, rows[keep])
    _add_level(loops, table)
    for drop in ("claim_no", "line_no"):
        table.columns.pop(drop)
    table.add("total_no", ordinal_within(loops.segments.file[table.rows]) + loops.segments.began.totals)
    table.text("batch_token", "TRN02[21]", _above(loops, table.rows, "TRN", "21"))
    table.count("accepted_count", "QTY02", places["accepted_count"][keep])
    table.count("rejected_count", "QTY02", places["rejected_count"][keep])
    table.money("accepted_amount", "AMT02[YU]", places["accepted_amount"][keep])
    table.money("rejected_amount", "AMT02[YY]", places["rejected_amount"][keep])
    return table.frame()
