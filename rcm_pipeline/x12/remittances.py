"""835 remittances: payments, remits (CLP), service lines, adjustments, remarks and provider adjustments."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from rcm_pipeline.x12.loops import Loop, ordinal_within
from rcm_pipeline.x12.notes import Notes
from rcm_pipeline.x12.segments import Rows, Segments, code_of
from rcm_pipeline.x12.table import Door, Table
from rcm_pipeline.x12.transactions import Transactions

_TRIPLETS = 6
_PAIRS = 6
_CLAIM_REMARKS = {"MIA": (5, 20, 21, 22, 23), "MOA": (3, 4, 5, 6, 7)}


@dataclass(frozen=True)
class Stream:
    """The 835 part of a segment stream with its three nested loops."""

    segments: Segments
    transactions: Transactions
    payments: Loop
    claims: Loop
    lines: Loop

    def rows(self, identifier: str, qualifier: str | None = None) -> Rows:
        """Rows of a segment inside 835 transactions, with a qualifier in its first element."""
        found = self.segments.where(identifier)
        is_wanted = self.payments.of(found) >= 0
        if qualifier is not None:
            is_wanted &= self.segments.code(found, 1) == code_of(qualifier)
        return found[is_wanted]

    def claim_rows(self, identifier: str, qualifier: str | None = None) -> Rows:
        """The same, at claim level only: not inside a service line."""
        found = self.rows(identifier, qualifier)
        return found[self.lines.of(found) < 0]


def read_remittances(segments: Segments, transactions: Transactions, door: Door, notes: Notes) -> dict[str, pl.DataFrame]:
    """The six raw tables of every 835 in the stream."""
    stream = _stream(segments, transactions)
    _report_orphans(stream, notes)
    return {
        "raw_payments": _payments(stream, door, notes),
        "raw_remits": _remits(stream, door, notes),
        "raw_remit_lines": _lines(stream, door, notes),
        "raw_adjustments": _adjustments(stream, door, notes),
        "raw_remarks": _remarks(stream, door, notes),
        "raw_provider_adjustments": _provider_adjustments(stream, door, notes),
    }


def _stream(segments: Segments, transactions: Transactions) -> Stream:
    is_835 = np.array([k == "835" for k in transactions.kind], dtype=bool)
    within = np.where(transactions.inside(("835",)), transactions.of, -1)
    payments = Loop(transactions.rows[is_835], within)
    clp = segments.where("CLP")
    claims = Loop(clp[within[clp] >= 0], _before_summary(segments, within))
    svc = segments.where("SVC")
    lines = Loop(svc[claims.of(svc) >= 0], claims.index)
    return Stream(segments, transactions, payments, claims, lines)


def _before_summary(segments: Segments, within: Rows) -> Rows:
    """Transaction of each segment; the provider adjustments that close a transaction belong to no claim."""
    parent = within.copy()
    parent[segments.where("PLB", "SE")] = -1
    return parent


def _report_orphans(stream: Stream, notes: Notes) -> None:
    for identifier in ("SVC", "CAS", "LQ", "MIA", "MOA"):
        rows = stream.rows(identifier)
        notes.reject("orphan_segment", rows[stream.claims.of(rows) < 0], f"{identifier} that stands in no claim of its transaction")
    adjusting = stream.rows("CAS")
    too_long = adjusting[stream.segments.count[adjusting] > 2 + 3 * _TRIPLETS]
    notes.reject("too_many_adjustments", too_long, "CAS holds at most six adjustments; those after the sixth were not read")


def _keys(stream: Stream, table: Table) -> tuple[Rows, Rows]:
    """Add transaction_no, and return each row's claim index and line index (-1 where there is none)."""
    claim, line = stream.claims.of(table.rows), stream.lines.of(table.rows)
    table.add("transaction_no", stream.transactions.number[stream.transactions.of[table.rows]])
    return claim, line


def _claim_numbers(stream: Stream) -> Rows:
    return ordinal_within(stream.segments.file[stream.claims.rows])


def _line_numbers(stream: Stream) -> Rows:
    return ordinal_within(stream.claims.of(stream.lines.rows))


def _add_place(stream: Stream, table: Table) -> None:
    """Keys of something that hangs on a claim or on one of its lines; line_no is null at claim level."""
    claim, line = _keys(stream, table)
    table.add("claim_no", _claim_numbers(stream)[claim])
    numbers = np.concatenate([_line_numbers(stream), [0]])
    table.add("line_no", pl.Series(numbers[line]).replace(0, None))


def _payments(stream: Stream, door: Door, notes: Notes) -> pl.DataFrame:
    payments = stream.payments
    table = Table(stream.segments, door, notes, payments.rows)
    _keys(stream, table)
    table.add("version", stream.transactions.version.gather(stream.transactions.of[payments.rows]))
    bpr, trn = payments.first(stream.rows("BPR")), payments.first(stream.rows("TRN"))
    payer, payee = payments.first(stream.rows("N1", "PR")), payments.first(stream.rows("N1", "PE"))
    table.text("handling_code", "BPR01", bpr)
    table.money("payment_amount", "BPR02", bpr)
    table.text("credit_debit_code", "BPR03", bpr)
    table.text("method_code", "BPR04", bpr)
    table.date("payment_date", "BPR16", bpr)
    table.date("production_date", "DTM02[405]", payments.first(stream.rows("DTM", "405")))
    table.text("trace_token", "TRN02", trn)
    table.text("payer_name", "N102[PR]", payer)
    table.text("payer_id", "N104[PR]", payer)
    table.text("payer_secondary_id", "REF02[2U]", payments.first(stream.rows("REF", "2U")))
    table.text("payee_npi", "N104[PE]", payee)
    return table.frame()


def _remits(stream: Stream, door: Door, notes: Notes) -> pl.DataFrame:
    claims = stream.claims
    table = Table(stream.segments, door, notes, claims.rows)
    _keys(stream, table)
    table.add("claim_no", _claim_numbers(stream))
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
    table.text("member_token", "NM109[IL]", claims.first(stream.claim_rows("NM1", "IL")))
    table.text("patient_token", "NM109[QC]", claims.first(stream.claim_rows("NM1", "QC")))
    table.text("rendering_npi", "NM109[82]", claims.first(stream.claim_rows("NM1", "82")))
    table.text("original_icn_token", "REF02[F8]", claims.first(stream.claim_rows("REF", "F8")))
    table.flag("has_authorization", "REF02[G1]", claims.first(stream.claim_rows("REF", "G1")))
    table.date("service_from_date", "DTM02[232]", claims.first(stream.claim_rows("DTM", "232")))
    table.date("service_to_date", "DTM02[233]", claims.first(stream.claim_rows("DTM", "233")))
    table.date("received_date", "DTM02[050]", claims.first(stream.claim_rows("DTM", "050")))
    table.flag("has_crossover", "NM103[TT]", claims.first(stream.claim_rows("NM1", "TT")))
    return table.frame()


def _lines(stream: Stream, door: Door, notes: Notes) -> pl.DataFrame:
    lines = stream.lines
    table = Table(stream.segments, door, notes, lines.rows)
    claim, _ = _keys(stream, table)
    table.add("claim_no", _claim_numbers(stream)[claim])
    table.add("line_no", _line_numbers(stream))
    table.text("code_qualifier", "SVC01-1")
    table.text("procedure_code", "SVC01-2")
    for place in range(4):
        table.text(f"modifier_{place + 1}_code", f"SVC01-{place + 3}")
    table.money("charge_amount", "SVC02")
    table.money("paid_amount", "SVC03")
    table.text("revenue_code", "SVC04")
    table.quantity("paid_units", "SVC05")
    table.text("billed_procedure_code", "SVC06-2")
    table.quantity("billed_units", "SVC07")
    service = lines.first(stream.rows("DTM", "472"))
    start = np.where(service >= 0, service, lines.first(stream.rows("DTM", "150")))
    table.date("service_from_date", "DTM02[472]", start)
    table.date("service_to_date", "DTM02[151]", lines.first(stream.rows("DTM", "151")))
    table.text("line_control_token", "REF02[6R]", lines.first(stream.rows("REF", "6R")))
    table.money("allowed_amount", "AMT02[B6]", lines.first(stream.rows("AMT", "B6")))
    return table.frame()


def _adjustments(stream: Stream, door: Door, notes: Notes) -> pl.DataFrame:
    rows = stream.rows("CAS")
    rows = rows[stream.claims.of(rows) >= 0]
    count = stream.segments.count[rows]
    frames = []
    for triplet in range(_TRIPLETS):
        at = 2 + 3 * triplet
        table = Table(stream.segments, door, notes, rows[count > at])
        _add_place(stream, table)
        table.text("group_code", "CAS01")
        table.text("carc_code", f"CAS{at:02d}")
        table.money("amount", f"CAS{at + 1:02d}")
        table.quantity("quantity", f"CAS{at + 2:02d}")
        table.add("_is_sent", stream.segments.is_filled(table.rows, at) | stream.segments.is_filled(table.rows, at + 1))
        table.add("_triplet", pl.Series([triplet] * len(table.rows), dtype=pl.Int64))
        table.add("_row", table.rows)
        frames.append(table.frame())
    sent = pl.concat(frames).filter("_is_sent").drop("_is_sent")
    return _numbered(sent, "adjustment_no", "_row", "_triplet")


def _remarks(stream: Stream, door: Door, notes: Notes) -> pl.DataFrame:
    health = stream.rows("LQ", "HE")
    places = [("LQ", 2, health[stream.claims.of(health) >= 0])]
    for identifier, elements in _CLAIM_REMARKS.items():
        rows = stream.rows(identifier)
        places += [(identifier, element, rows[stream.claims.of(rows) >= 0]) for element in elements]
    frames = []
    for identifier, element, rows in places:
        table = Table(stream.segments, door, notes, rows)
        _add_place(stream, table)
        table.text("rarc_code", f"{identifier}{element:02d}")
        table.add("source_code", pl.Series([identifier] * len(rows), dtype=pl.String))
        table.add("_element", pl.Series([element] * len(rows), dtype=pl.Int64))
        table.add("_row", table.rows)
        frames.append(table.frame())
    return _numbered(pl.concat(frames).filter(pl.col("rarc_code").is_not_null()), "remark_no", "_row", "_element")


def _provider_adjustments(stream: Stream, door: Door, notes: Notes) -> pl.DataFrame:
    rows = stream.rows("PLB")
    count = stream.segments.count[rows]
    frames = []
    for pair in range(_PAIRS):
        at = 3 + 2 * pair
        table = Table(stream.segments, door, notes, rows[count > at])
        _keys(stream, table)
        table.text("provider_npi", "PLB01")
        table.date("fiscal_date", "PLB02")
        table.text("reason_code", f"PLB{at:02d}-1")
        table.text("reference_token", f"PLB{at:02d}-2")
        table.money("amount", f"PLB{at + 1:02d}")
        table.add("_pair", pl.Series([pair] * len(table.rows), dtype=pl.Int64))
        table.add("_row", table.rows)
        frames.append(table.frame())
    filled = pl.concat(frames).filter(pl.col("reason_code").is_not_null() | pl.col("amount").is_not_null())
    return _numbered(filled, "adjustment_no", "_row", "_pair", within=("file", "transaction_no"))


def _numbered(frame: pl.DataFrame, name: str, *order: str, within: tuple[str, ...] = ("file", "claim_no")) -> pl.DataFrame:
    """Rows in the order of the file with an ordinal inside their claim (or transaction)."""
    ordered = frame.sort(order)
    return ordered.with_columns(pl.int_range(1, pl.len() + 1).over(within).alias(name)).drop(order)
