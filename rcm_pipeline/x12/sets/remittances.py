"""835 remittances: payments, remits (CLP), service lines, adjustments, remarks and provider adjustments."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from rcm_pipeline.x12.buffer.segments import Rows, Segments, code_of
from rcm_pipeline.x12.loops import Loop, last_before, latest, ordinal_within
from rcm_pipeline.x12.notes import Notes
from rcm_pipeline.x12.sets.repeats import adjustments_of, repeated
from rcm_pipeline.x12.table import Door, Table
from rcm_pipeline.x12.transaction_sets import kinds_of
from rcm_pipeline.x12.transactions import Transactions

_TRIPLETS = 6
_PAIRS, _MOST_PAIRS = 6, 60  # pairs of a PLB by the guide, and those that are read all the same
_REMARKS = {"LQ": (2,), "MIA": (5, 20, 21, 22, 23), "MOA": (3, 4, 5, 6, 7)}


@dataclass(frozen=True)
class RemittanceLoops:
    """The 835 part of a segment loops with its three nested loops; `heads` are the claims without their lines."""

    segments: Segments
    transactions: Transactions
    payments: Loop
    claims: Loop
    heads: Loop
    lines: Loop

    def rows(self, identifier: str, qualifier: str | None = None) -> Rows:
        """Rows of a segment inside 835 transactions, with a qualifier in its first element."""
        found = self.segments.where(identifier) if qualifier is None else self.segments.qualified(identifier, qualifier)
        return found[self.payments.of(found) >= 0]

    def add_keys(self, table: Table) -> tuple[Rows, Rows]:
        """Add transaction_no, and return each row's claim index and line index (-1 where there is none)."""
        table.add("transaction_no", self.transactions.number[self.transactions.of[table.rows]])
        return self.claims.of(table.rows), self.lines.of(table.rows)

    def add_place(self, table: Table) -> None:
        """Keys of something that hangs on a claim or on one of its lines; line_no is null at claim level."""
        claim, line = self.add_keys(table)
        table.add("claim_no", self.claim_numbers()[claim])
        table.add_optional("line_no", np.append(self.line_numbers(), 0)[line])

    def claim_numbers(self) -> Rows:
        """Ordinal in the file of every claim payment."""
        return ordinal_within(self.segments.file[self.claims.rows]) + self.segments.began.remits

    def line_numbers(self) -> Rows:
        """Ordinal in its claim payment of every line."""
        return ordinal_within(self.claims.of(self.lines.rows))


@dataclass(frozen=True)
class Remittances:
    """What the 835s of a block hold: the six tables, and the loops and the tables whose amounts must balance."""

    frames: dict[str, pl.DataFrame]
    loops: RemittanceLoops
    payments: Table
    remits: Table
    lines: Table
    adjustments: Table
    provider_adjustments: Table


def read_remittances(segments: Segments, transactions: Transactions, door: Door, notes: Notes) -> Remittances:
    """Every 835 of the loops."""
    loops = _loops(segments, transactions)
    _report_orphans(loops, notes)
    payments, remits, lines = _payments(loops, door, notes), _remits(loops, door, notes), _lines(loops, door, notes)
    adjustments, provider = _adjustments(loops, door, notes), _provider_adjustments(loops, door, notes)
    frames = {
        "raw_payments": payments.frame(),
        "raw_remits": remits.frame(),
        "raw_remit_lines": lines.frame(),
        "raw_adjustments": adjustments.frame(),
        "raw_remarks": _remarks(loops, door, notes),
        "raw_provider_adjustments": provider.frame(),
    }
    return Remittances(frames, loops, payments, remits, lines, adjustments, provider)


def _loops(segments: Segments, transactions: Transactions) -> RemittanceLoops:
    is_835 = np.array([kind in kinds_of("remittances") for kind in transactions.kind], dtype=bool)
    within = np.where(transactions.inside(*kinds_of("remittances")), transactions.of, -1)
    payments = Loop(transactions.rows[is_835], within)
    clp = segments.where("CLP")
    claims = Loop(clp[within[clp] >= 0], _before_summary(segments, within))
    svc = segments.where("SVC")
    lines = Loop(svc[claims.of(svc) >= 0], claims.index)
    heads = Loop(claims.rows, np.where(lines.index < 0, claims.parent, -1))
    return RemittanceLoops(segments, transactions, payments, claims, heads, lines)


def _before_summary(segments: Segments, within: Rows) -> Rows:
    """What a claim must share with its members: they stand behind the same ST, PLB or SE, which belong to no claim themselves."""
    ends = segments.where("PLB", "SE")
    parent = np.where(within >= 0, latest(segments.where("ST", "PLB", "SE"), len(segments)), -1)
    parent[ends] = -1
    return parent


def _report_orphans(loops: RemittanceLoops, notes: Notes) -> None:
    for identifier in ("SVC", "CAS", "LQ", "MIA", "MOA"):
        rows = loops.rows(identifier)
        notes.reject("orphan_segment", rows[loops.claims.of(rows) < 0], f"{identifier} that stands in no claim of its transaction")
    adjusting = loops.rows("CAS")
    moving = loops.rows("PLB")
    notes.finding(
        "too_many_adjustments", moving[loops.segments.count[moving] > 3 + 2 * _PAIRS], "PLB holds more than six adjustments; all were read"
    )
    too_long = adjusting[loops.segments.count[adjusting] > 2 + 3 * _TRIPLETS]
    notes.reject("too_many_adjustments", too_long, "CAS holds at most six adjustments; those after the sixth were not read", 0)


def _payments(loops: RemittanceLoops, door: Door, notes: Notes) -> Table:
    payments = loops.payments
    is_new = loops.segments.is_new[payments.rows]
    table = Table(loops.segments, door, notes, payments.rows[is_new])

    def first(identifier: str, qualifier: str | None = None) -> Rows:
        rows = loops.segments.where(identifier) if qualifier is None else loops.segments.qualified(identifier, qualifier)
        return payments.first(rows)[is_new]

    loops.add_keys(table)
    table.add_text("version", loops.transactions.version.gather(loops.transactions.of[table.rows]))
    bpr = first("BPR")
    table.text("handling_code", "BPR01", bpr)
    table.money("payment_amount", "BPR02", bpr)
    table.text("credit_debit_code", "BPR03", bpr)
    table.text("method_code", "BPR04", bpr)
    table.date("payment_date", "BPR16", bpr)
    table.date("production_date", "DTM02[405]", first("DTM", "405"))
    table.text("trace_token", "TRN02", first("TRN"))
    payer = first("N1", "PR")
    table.text("payer_name", "N102[PR]", payer)
    table.text("payer_id", "N104[PR]", payer)
    table.text("payer_secondary_id", "REF02[2U]", first("REF", "2U"))
    payee = first("N1", "PE")  # a tax id may stand there instead
    is_npi = loops.segments.code(payee, 3) == code_of("XX")
    table.text("payee_npi", "N104[PE]", np.where(is_npi, payee, -1))
    table.text("payee_token", "N104[PE_ID]", np.where(is_npi, -1, payee))
    return table


def _remits(loops: RemittanceLoops, door: Door, notes: Notes) -> Table:
    claims = loops.claims
    table = Table(loops.segments, door, notes, claims.rows)

    def first(identifier: str, qualifier: str) -> Rows:
        return loops.heads.first(loops.segments.qualified(identifier, qualifier))

    loops.add_keys(table)
    table.add("claim_no", loops.claim_numbers())
    payer = _payer_above(loops)
    table.text("payer_name", "N102[PR]", payer)
    table.text("payer_id", "N104[PR]", payer)
    table.text("claim_token", "CLP01")
    table.text("status_code", "CLP02")
    table.money("charge_amount", "CLP03")
    table.money("paid_amount", "CLP04")
    table.money("patient_responsibility_amount", "CLP05")
    table.text("filing_indicator_code", "CLP06")
    table.text("icn_token", "CLP07")
    table.text("place_code", "CLP08")
    table.text("frequency_code", "CLP09")
    table.text("drg_code", "CLP11")
    table.text("member_token", "NM109[IL]", first("NM1", "IL"))
    table.text("patient_token", "NM109[QC]", first("NM1", "QC"))
    table.text("rendering_npi", "NM109[82]", first("NM1", "82"))
    table.text("original_icn_token", "REF02[F8]", first("REF", "F8"))
    table.flag("has_authorization", "REF02[G1]", first("REF", "G1"))
    table.date("service_from_date", "DTM02[232]", first("DTM", "232"))
    table.date("service_to_date", "DTM02[233]", first("DTM", "233"))
    table.date("received_date", "DTM02[050]", first("DTM", "050"))
    table.flag("has_crossover", "NM103[TT]", first("NM1", "TT"))
    return table


def _payer_above(loops: RemittanceLoops) -> Rows:
    """For each claim payment the payer that stands above it where its transaction names more than one, or -1."""
    named = loops.rows("N1", "PR")
    above, of = last_before(loops.claims.rows, named), loops.payments.of(loops.claims.rows)
    first = np.append(loops.payments.first(named), -1)[of]
    return np.where((above > first) & (first >= 0) & (loops.payments.of(above) == of), above, -1)


def _lines(loops: RemittanceLoops, door: Door, notes: Notes) -> Table:
    lines = loops.lines
    table = Table(loops.segments, door, notes, lines.rows)

    def first(identifier: str, qualifier: str) -> Rows:
        return lines.first(loops.segments.qualified(identifier, qualifier))

    claim, _ = loops.add_keys(table)
    table.add("claim_no", loops.claim_numbers()[claim])
    table.add("line_no", loops.line_numbers())
    table.service_code("SVC01")
    for place in range(4):
        table.text(f"modifier_{place + 1}_code", f"SVC01-{place + 3}")
    table.money("charge_amount", "SVC02")
    table.money("paid_amount", "SVC03")
    table.text("revenue_code", "SVC04")
    table.quantity("paid_units", "SVC05")
    table.text("billed_procedure_code", "SVC06-2")
    table.quantity("billed_units", "SVC07")
    service = first("DTM", "472")
    table.date("service_from_date", "DTM02[472]", np.where(service >= 0, service, first("DTM", "150")))
    table.date("service_to_date", "DTM02[151]", first("DTM", "151"))
    table.text("line_control_token", "REF02[6R]", first("REF", "6R"))
    table.money("allowed_amount", "AMT02[B6]", first("AMT", "B6"))
    return table


def _adjustments(loops: RemittanceLoops, door: Door, notes: Notes) -> Table:
    rows = loops.rows("CAS")
    return adjustments_of(loops.segments, door, notes, rows[loops.claims.of(rows) >= 0], loops.add_place, loops.claims.of)


def _remarks(loops: RemittanceLoops, door: Door, notes: Notes) -> pl.DataFrame:
    frames: list[pl.DataFrame] = []
    order: list[Rows] = []
    for identifier, elements in _REMARKS.items():
        found = loops.rows(identifier, "HE") if identifier == "LQ" else loops.rows(identifier)
        rows = np.repeat(found[loops.claims.of(found) >= 0], len(elements))
        if not len(rows) and frames:
            continue
        element = np.tile(np.array(elements), len(rows) // len(elements))
        has = loops.segments.is_filled(rows, element)
        table = Table(loops.segments, door, notes, rows[has], element[has] - elements[0])
        loops.add_place(table)
        table.text("rarc_code", f"{identifier}{elements[0]:02d}")
        table.add_text("source_code", identifier)
        frames.append(table.frame())
        order.append(table.rows)
    together = frames[0] if len(frames) == 1 else pl.concat(frames)[np.argsort(np.concatenate(order), kind="stable")]
    remarks = together.filter(pl.col("rarc_code").is_not_null())
    claim = remarks["claim_no"].to_numpy() * loops.segments.file_count + remarks["file"].to_numpy()
    return remarks.with_columns(pl.Series("remark_no", ordinal_within(claim), dtype=pl.Int64))


def _provider_adjustments(loops: RemittanceLoops, door: Door, notes: Notes) -> Table:
    rows, repeats = repeated(loops.segments, loops.rows("PLB"), first=3, step=2, most=_MOST_PAIRS)
    has = loops.segments.is_filled(rows, 3 + repeats) | loops.segments.is_filled(rows, 4 + repeats)
    table = Table(loops.segments, door, notes, rows[has], repeats[has])
    loops.add_keys(table)
    table.text("provider_npi", "PLB01", is_repeated=False)
    table.date("fiscal_date", "PLB02", is_repeated=False)
    table.text("reason_code", "PLB03-1")
    table.text("reference_token", "PLB03-2")
    table.money("amount", "PLB04")
    table.add("adjustment_no", ordinal_within(loops.transactions.of[table.rows]))
    return table
