"""Coordination of benefits of an 837: the claim's other payers, what they paid, and their adjustments, kept apart from our own."""

import numpy as np
import polars as pl

from rcm_pipeline.x12.buffer.segments import Rows
from rcm_pipeline.x12.loops import Loop, ordinal_within
from rcm_pipeline.x12.notes import Notes
from rcm_pipeline.x12.sets.claim_loops import ClaimLoops, organisations
from rcm_pipeline.x12.sets.repeats import adjustments_of
from rcm_pipeline.x12.table import Door, Table


def read_other_payers(loops: ClaimLoops, door: Door, notes: Notes) -> dict[str, pl.DataFrame]:
    """The three raw tables of loops 2320, 2330 and 2430."""
    svd = loops.rows("SVD")
    answers = Loop(svd[loops.lines.of(svd) >= 0], loops.lines.index)
    return {
        "raw_other_payers": _payers(loops, door, notes),
        "raw_other_payer_lines": _lines(loops, answers, door, notes),
        "raw_other_payer_adjustments": _adjustments(loops, answers, door, notes),
    }


def _payers(loops: ClaimLoops, door: Door, notes: Notes) -> pl.DataFrame:
    payers = loops.payers
    table = Table(loops.segments, door, notes, payers.rows)

    def first(identifier: str, qualifier: str) -> Rows:
        return payers.first(loops.segments.qualified(identifier, qualifier))

    claim = loops.add_keys(table)
    table.add("payer_no", ordinal_within(claim))
    table.text("payer_sequence_code", "SBR01")
    table.text("relationship_code", "SBR02")
    table.text("filing_indicator_code", "SBR09")
    payer = organisations(loops.segments, first("NM1", "PR"))
    table.text("payer_name", "NM103[PR]", payer)
    table.text("payer_id", "NM109[PR]", payer)
    table.text("member_token", "NM109[IL]", first("NM1", "IL"))
    table.money("paid_amount", "AMT02[D]", first("AMT", "D"))
    table.money("noncovered_amount", "AMT02[A8]", first("AMT", "A8"))
    table.money("patient_liability_amount", "AMT02[EAF]", first("AMT", "EAF"))
    table.date("adjudication_date", "DTP03[573]", first("DTP", "573"))
    table.text("icn_token", "REF02[F8]", first("REF", "F8"))
    return table.frame()


def _lines(loops: ClaimLoops, answers: Loop, door: Door, notes: Notes) -> pl.DataFrame:
    table = Table(loops.segments, door, notes, answers.rows)
    line = loops.lines.of(answers.rows)
    loops.add_keys(table)
    table.add("line_no", loops.line_numbers[line])
    table.add("payer_line_no", ordinal_within(line))
    table.text("payer_id", "SVD01")
    table.money("paid_amount", "SVD02")
    table.text("code_qualifier", "SVD03-1")
    table.text("procedure_code", "SVD03-2")
    table.quantity("paid_units", "SVD05")
    table.date("adjudication_date", "DTP03[573]", answers.first(loops.rows("DTP", "573")))
    table.money("patient_liability_amount", "AMT02[EAF]", answers.first(loops.rows("AMT", "EAF")))
    return table.frame()


def _adjustments(loops: ClaimLoops, answers: Loop, door: Door, notes: Notes) -> pl.DataFrame:
    payer_numbers = ordinal_within(loops.claims.of(loops.payers.rows))
    answer_numbers = ordinal_within(loops.lines.of(answers.rows))

    def add_place(table: Table) -> None:
        loops.add_keys(table)
        for name, loop, numbers in (
            ("payer_no", loops.payers, payer_numbers),
            ("line_no", loops.lines, loops.line_numbers),
            ("payer_line_no", answers, answer_numbers),
        ):
            table.add_optional(name, np.append(numbers, 0)[loop.of(table.rows)])

    cas = loops.rows("CAS")
    table = adjustments_of(loops.segments, door, notes, cas[loops.claims.of(cas) >= 0], add_place, loops.claims.of)
    return table.frame()
