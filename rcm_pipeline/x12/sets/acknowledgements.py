"""999, 997 and TA1: what the receiver says of the interchanges, groups and transactions that were sent to it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from rcm_pipeline.x12.buffer.bytewise import Mask
from rcm_pipeline.x12.buffer.segments import Rows, Segments, code_of
from rcm_pipeline.x12.loops import Loop, last_before, latest, ordinal_within
from rcm_pipeline.x12.notes import Notes
from rcm_pipeline.x12.sets.repeats import repeated
from rcm_pipeline.x12.table import Door, Table
from rcm_pipeline.x12.transaction_sets import kinds_of
from rcm_pipeline.x12.transactions import Transactions

_NOTES = {"IK5": (2, 5), "AK5": (2, 5), "AK9": (5, 5)}  # first element and number of error codes


@dataclass(frozen=True)
class AcknowledgementLoops:
    """What is acknowledged, in file order: TA1 is about an interchange, AK1 about a group, AK2 about a transaction in it."""

    segments: Segments
    transactions: Transactions
    subjects: Loop

    def rows(self, *identifiers: str) -> Rows:
        """Rows of these segments that belong to something acknowledged."""
        found = self.segments.where(*identifiers)
        return found[self.subjects.of(found) >= 0]

    def numbers(self) -> Rows:
        """Ordinal in the file of everything acknowledged; what only repeats an earlier block comes out below it."""
        repeated = int((~self.segments.is_new[self.subjects.rows]).sum())
        return ordinal_within(self.segments.file[self.subjects.rows]) + self.segments.began.acknowledged - repeated


def read(segments: Segments, transactions: Transactions, door: Door, notes: Notes) -> dict[str, pl.DataFrame]:
    """The two raw tables of every 999, 997 and TA1."""
    inside = transactions.inside(*kinds_of("acknowledgements"))
    parent = np.where(inside, transactions.of, -1)
    interchange = segments.where("TA1")
    parent[interchange] = len(transactions.rows) + np.arange(len(interchange))  # each stands for itself
    opens = segments.where("AK1", "AK2", "TA1")
    subjects = Loop(opens[parent[opens] >= 0], parent)
    loops = AcknowledgementLoops(segments, transactions, subjects)
    return {
        "raw_acknowledgements": _acknowledgements(loops, door, notes),
        "raw_acknowledgement_errors": _errors(loops, door, notes),
    }


def _acknowledgements(loops: AcknowledgementLoops, door: Door, notes: Notes) -> pl.DataFrame:
    segments, subjects = loops.segments, loops.subjects
    is_new = segments.is_new[subjects.rows]
    rows = subjects.rows[is_new]
    table = Table(segments, door, notes, rows)
    ids = segments.ids[rows]

    def where(identifier: str, of: Rows | None = None) -> Rows:
        return np.where(ids == code_of(identifier), rows if of is None else of, -1)

    of = loops.transactions.of[rows]
    kind = pl.Series([*loops.transactions.kind, "TA1"], dtype=pl.String).gather(of % (len(loops.transactions.kind) + 1))
    table.add_optional("transaction_no", np.append(loops.transactions.number, 0)[of])
    table.add("acknowledgement_no", loops.numbers()[is_new])
    table.add_text("source_code", kind)
    level = np.select([ids == code_of("TA1"), ids == code_of("AK1")], ["interchange", "group"], "transaction")
    table.add_text("level_code", level.tolist())
    table.text_of_any("set_code", {"AK101": where("AK1"), "AK201": where("AK2")})
    table.text("interchange_control_id", "TA101", where("TA1"))
    group = latest(segments.where("AK1"), len(segments))[rows]
    same = (group >= 0) & (loops.transactions.of[group] == of) & (of >= 0) if len(rows) else group >= 0
    table.text("group_control_id", "AK102", np.where(same, group, -1))
    table.text("transaction_control_id", "AK202", where("AK2"))
    envelope = last_before(rows, segments.where("ISA"))
    same_file = segments.file[envelope] == segments.file[rows] if len(rows) else envelope >= 0
    envelope = np.where(same_file & (envelope >= 0), envelope, -1)
    table.text("sender_id", "ISA06", envelope)
    table.text("receiver_id", "ISA08", envelope)
    table.short_date("interchange_date", "TA102", where("TA1"))
    table.short_date("answered_date", "ISA09", envelope)
    _add_verdicts(loops, table, where, is_new)
    return table.frame()


def _add_verdicts(loops: AcknowledgementLoops, table: Table, where: Callable[..., Rows], is_new: Mask) -> None:
    """TA104 stands in the segment itself, IK5/AK5 in the transaction's loop, AK9 closes the group behind its transactions."""
    verdict = where("AK2", loops.subjects.first(loops.rows("IK5", "AK5"))[is_new])
    closing = where("AK1", _closing(loops)[is_new])
    table.text_of_any("status_code", {"TA104": where("TA1"), "IK501": verdict, "AK901": closing})
    table.count("included_count", "AK902", closing)
    table.count("received_count", "AK903", closing)
    table.count("accepted_count", "AK904", closing)


def _closing(loops: AcknowledgementLoops) -> Rows:
    """For everything acknowledged, the AK9 of its group: the first behind it in the same transaction."""
    segments, of = loops.segments, loops.transactions.of
    rows, ak9 = loops.subjects.rows, segments.where("AK9")
    if not len(ak9) or not len(rows):
        return np.full(len(rows), -1)
    at = np.searchsorted(ak9, rows)
    found = ak9[np.minimum(at, len(ak9) - 1)]
    return np.where((at < len(ak9)) & (of[found] == of[rows]) & (of[rows] >= 0), found, -1)


def _errors(loops: AcknowledgementLoops, door: Door, notes: Notes) -> pl.DataFrame:
    frames, order = [], []
    for build in (_segment_errors, _element_errors, _verdict_errors, _interchange_notes):
        table = build(loops, door, notes)
        _add_subject(loops, table)
        frames.append(table.frame())
        order.append(table.rows)
    found = pl.concat(frames, how="diagonal")[np.argsort(np.concatenate(order), kind="stable")]
    return found.with_columns(pl.Series("error_no", ordinal_within(found["file"].to_numpy()) + loops.segments.began.errors))


def _add_subject(loops: AcknowledgementLoops, table: Table) -> None:
    """What an error is about: what was named last before it, but a group's own errors are about the group."""
    rows, segments = table.rows, loops.segments
    group = last_before(rows, segments.where("AK1"))
    subject = loops.subjects.of(np.where(segments.ids[rows] == code_of("AK9"), group, rows))
    table.add_optional("transaction_no", np.append(loops.transactions.number, 0)[loops.transactions.of[table.rows]])
    table.add("acknowledgement_no", loops.numbers()[subject])


def _segment_errors(loops: AcknowledgementLoops, door: Door, notes: Notes) -> Table:
    """IK3 or AK3: a segment and what is wrong with it; CTX beside it says in which claim."""
    rows = loops.rows("IK3", "AK3")
    table = Table(loops.segments, door, notes, rows)
    table.add_text("level_code", "segment")
    _add_error_place(loops, table, rows)
    table.text("error_code", "IK304", rows)
    return table


def _element_errors(loops: AcknowledgementLoops, door: Door, notes: Notes) -> Table:
    """IK4 or AK4: an element of the segment named before it. The copy of the bad value (IK404) never comes in."""
    rows = loops.rows("IK4", "AK4")
    table = Table(loops.segments, door, notes, rows)
    table.add_text("level_code", "element")
    opened = latest(loops.segments.where("IK3", "AK3"), len(loops.segments))[rows]
    same = loops.subjects.of(opened) == loops.subjects.of(rows)
    _add_error_place(loops, table, np.where(same, opened, -1))
    table.count("element_position", "IK401-1", rows)
    table.count("component_position", "IK401-2", rows)
    table.text("element_code", "IK402", rows)
    table.text("error_code", "IK403", rows)
    return table


def _add_error_place(loops: AcknowledgementLoops, table: Table, segment: Rows) -> None:
    opened = Loop(loops.rows("IK3", "AK3"), loops.subjects.index)
    context = opened.first(_claim_contexts(loops))
    table.text("segment_code", "IK301", segment)
    table.count("segment_position", "IK302", segment)
    table.text("loop_code", "IK303", segment)
    padded = np.append(context, -1)
    table.text("claim_token", "CTX01-2[CLM01]", padded[opened.of(segment)])


def _claim_contexts(loops: AcknowledgementLoops) -> Rows:
    rows, segments = loops.rows("CTX"), loops.segments
    is_claim: Mask = segments.code_in(segments.component(segments.cells(rows, 1), 1)) == code_of("CLM01")
    return rows[is_claim]


def _verdict_errors(loops: AcknowledgementLoops, door: Door, notes: Notes) -> Table:
    """Error codes beside the verdict on a transaction (IK5, AK5) or on a group (AK9)."""
    rows, shifts = [], []
    for identifier, (first, most) in _NOTES.items():
        found, repeats = repeated(loops.segments, loops.rows(identifier), first=first, step=1, most=most)
        has = loops.segments.is_filled(found, first + repeats)
        rows.append(found[has])
        shifts.append((first - 2 + repeats)[has])
    table = Table(loops.segments, door, notes, np.concatenate(rows), np.concatenate(shifts))
    is_group = loops.segments.ids[table.rows] == code_of("AK9")
    table.add_text("level_code", np.where(is_group, "group", "transaction").tolist())
    table.text("error_code", "IK502")
    return table


def _interchange_notes(loops: AcknowledgementLoops, door: Door, notes: Notes) -> Table:
    """TA105: the note code beside the verdict on an interchange; 000 says that nothing is wrong."""
    rows = loops.rows("TA1")
    rows = rows[loops.segments.is_filled(rows, 5) & (loops.segments.code(rows, 5) != code_of("000"))]
    table = Table(loops.segments, door, notes, rows)
    table.add_text("level_code", "interchange")
    table.text("error_code", "TA105")
    return table
