"""837 claims, professional, institutional and dental: claims, service lines and diagnoses."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from rcm_pipeline.x12.loops import Loop, Mask, last_before, ordinal_within
from rcm_pipeline.x12.notes import Notes
from rcm_pipeline.x12.segments import Rows, Segments, code_of
from rcm_pipeline.x12.table import Door, Table
from rcm_pipeline.x12.transactions import Transactions

KINDS = ("837P", "837I", "837D")
_DIAGNOSIS_QUALIFIERS = ("ABK", "ABF", "ABJ", "APR", "ABN", "BK", "BF", "BJ", "PR", "BN")
_HI_CODES = 12


@dataclass(frozen=True)
class Stream:
    """The 837 part of a segment stream: claims, lines, and which segments describe the header of the next claim."""

    segments: Segments
    transactions: Transactions
    within: Rows
    claims: Loop
    lines: Loop
    in_header: Mask
    in_claim_head: Mask

    def rows(self, identifier: str, qualifier: str | None = None) -> Rows:
        """Rows of a segment inside 837 transactions, with a qualifier in its first element."""
        found = self.segments.where(identifier)
        found = found[self.within[found] >= 0]
        return found if qualifier is None else found[self.segments.code(found, 1) == code_of(qualifier)]

    def header(self, rows: Rows) -> Rows:
        """For each claim, the last of these rows that stands in the header before it, or -1."""
        rows = rows[self.in_header[rows]]
        found = last_before(self.claims.rows, rows)
        same = (found >= 0) & (self.within[found] == self.within[self.claims.rows])
        return np.where(same, found, -1)

    def head(self, rows: Rows) -> Rows:
        """For each claim, the first of these rows in its own claim-level loop (not a provider, payer or line)."""
        return self.claims.first(rows[self.in_claim_head[rows]])


def read_claims(segments: Segments, transactions: Transactions, door: Door, notes: Notes) -> dict[str, pl.DataFrame]:
    """The three raw tables of every 837 in the stream."""
    stream = _stream(segments, transactions)
    for identifier in ("SV1", "SV2", "SV3"):
        rows = stream.rows(identifier)
        notes.reject("orphan_segment", rows[stream.lines.parent[rows] < 0], f"{identifier} that stands in no claim")
    return {
        "raw_claims": _claims(stream, door, notes),
        "raw_claim_lines": _lines(stream, door, notes),
        "raw_claim_diagnoses": _diagnoses(stream, door, notes),
    }


def _stream(segments: Segments, transactions: Transactions) -> Stream:
    within = np.where(transactions.inside(KINDS), transactions.of, -1)
    every = np.arange(len(segments), dtype=np.int64)
    clm = segments.where("CLM")
    claims = Loop(clm[within[clm] >= 0], within)
    last_claim = last_before(every, claims.rows)
    last_level = last_before(every, segments.where("HL"))
    last_other_payer = last_before(every, segments.where("SBR"))
    in_header = (last_level > last_claim) | (last_other_payer < last_claim) | (claims.index < 0)
    belongs = np.where(last_level > last_claim, -1, claims.index)
    service = segments.where("SV1", "SV2", "SV3")
    last_inner = last_before(every, segments.where("NM1", "SBR", "LX", "SV1", "SV2", "SV3", "SVD"))
    lines = Loop(service[belongs[service] >= 0], belongs)
    return Stream(segments, transactions, within, claims, lines, in_header, (belongs >= 0) & (last_inner < last_claim))


def _claims(stream: Stream, door: Door, notes: Notes) -> pl.DataFrame:
    segments, transactions, rows = stream.segments, stream.transactions, stream.claims.rows
    table = Table(segments, door, notes, rows)
    of = transactions.of[rows]
    table.add("transaction_no", transactions.number[of])
    table.add("claim_no", ordinal_within(segments.file[rows]))
    table.add("transaction_set", pl.Series(transactions.kind, dtype=pl.String).gather(of))
    table.add("version", transactions.version.gather(of))
    table.date("created_date", "BHT04", stream.header(stream.rows("BHT")))
    table.text("claim_token", "CLM01")
    table.money("charge_amount", "CLM02")
    table.text("place_code", "CLM05-1")
    table.text("place_qualifier", "CLM05-2")
    table.text("frequency_code", "CLM05-3")
    _add_parties(stream, table)
    statement = stream.head(stream.rows("DTP", "434"))
    table.date("statement_from_date", "DTP03[434]", statement)
    table.end_date("statement_to_date", "DTP03[434]", statement)
    table.date("admission_date", "DTP03[435]", stream.head(stream.rows("DTP", "435")))
    table.text("original_icn_token", "REF02[F8]", stream.head(stream.rows("REF", "F8")))
    table.text("clearinghouse_token", "REF02[D9]", stream.head(stream.rows("REF", "D9")))
    table.flag("has_authorization", "REF02[G1]", stream.head(stream.rows("REF", "G1")))
    table.flag("has_referral", "REF02[9F]", stream.head(stream.rows("REF", "9F")))
    table.flag("has_attachment", "PWK01", stream.head(stream.rows("PWK")))
    table.flag("has_note", "NTE02", stream.head(stream.rows("NTE")))
    table.text("discharge_status_code", "CL103", stream.head(stream.rows("CL1")))
    table.text("drg_code", "HI01-2[DR]", _drg_rows(stream))
    return table.frame()


def _add_parties(stream: Stream, table: Table) -> None:
    payers = stream.rows("NM1", "PR")
    is_person = stream.segments.code(payers, 2) == code_of("1")  # a person who pays is named in no table
    payer, member = stream.header(payers), stream.header(stream.rows("NM1", "IL"))
    payer = np.where(np.isin(payer, payers[is_person]), -1, payer)
    billing = stream.header(stream.rows("NM1", "85"))
    sbr = stream.header(stream.rows("SBR"))
    table.text("payer_sequence_code", "SBR01", sbr)
    table.text("filing_indicator_code", "SBR09", sbr)
    table.text("payer_name", "NM103[PR]", payer)
    table.text("payer_id", "NM109[PR]", payer)
    table.text("member_token", "NM109[IL]", member)
    table.text("billing_npi", "NM109[85]", billing)
    rendering = stream.rows("NM1", "82")
    last_line = last_before(rendering, stream.segments.where("LX", "SV1", "SV2", "SV3", "SBR"))
    own = rendering[last_line < last_before(rendering, stream.claims.rows)]
    table.text("rendering_npi", "NM109[82]", stream.claims.first(own))


def _drg_rows(stream: Stream) -> Rows:
    hi = stream.rows("HI")
    qualifier = stream.segments.text(hi, 1, 1)
    return stream.head(hi[(qualifier == "DR").fill_null(False).to_numpy()])


def _lines(stream: Stream, door: Door, notes: Notes) -> pl.DataFrame:
    parts = [_service_lines(stream, door, notes, name) for name in ("SV1", "SV2", "SV3")]
    return pl.concat(parts, how="diagonal").sort("_row").drop("_row")


def _service_lines(stream: Stream, door: Door, notes: Notes, name: str) -> pl.DataFrame:
    segments, lines = stream.segments, stream.lines
    of_this_kind = np.isin(lines.rows, segments.where(name))
    rows = lines.rows[of_this_kind]
    table = Table(segments, door, notes, rows)
    claim = stream.claims.of(rows)
    table.add("transaction_no", stream.transactions.number[stream.transactions.of[rows]])
    table.add("claim_no", ordinal_within(segments.file[stream.claims.rows])[claim])
    table.add("line_no", ordinal_within(stream.claims.of(lines.rows))[of_this_kind])
    code = "SV202" if name == "SV2" else f"{name}01"
    table.text("code_qualifier", f"{code}-1")
    table.text("procedure_code", f"{code}-2")
    for place in range(4):
        table.text(f"modifier_{place + 1}_code", f"{code}-{place + 3}")
    table.text("revenue_code", "SV201", rows if name == "SV2" else np.full(len(rows), -1))
    table.money("charge_amount", {"SV1": "SV102", "SV2": "SV203", "SV3": "SV302"}[name])
    table.text("unit_code", {"SV1": "SV103", "SV2": "SV204"}.get(name, "SV103"), rows if name != "SV3" else np.full(len(rows), -1))
    table.quantity("units", {"SV1": "SV104", "SV2": "SV205", "SV3": "SV306"}[name])
    table.text("place_code", {"SV1": "SV105", "SV3": "SV303"}.get(name, "SV105"), rows if name != "SV2" else np.full(len(rows), -1))
    for place in range(4):
        pointers = rows if name == "SV1" else np.full(len(rows), -1)
        table.text(f"diagnosis_pointer_{place + 1}", f"SV107-{place + 1}", pointers)
    service = lines.first(stream.rows("DTP", "472"))[of_this_kind]
    table.date("service_from_date", "DTP03[472]", service)
    table.end_date("service_to_date", "DTP03[472]", service)
    table.text("line_control_token", "REF02[6R]", lines.first(stream.rows("REF", "6R"))[of_this_kind])
    table.text("ndc_code", "LIN03", lines.first(stream.rows("LIN"))[of_this_kind])
    table.text("rendering_npi", "NM109[82]", lines.first(stream.rows("NM1", "82"))[of_this_kind])
    table.add("_row", rows)
    return table.frame()


def _diagnoses(stream: Stream, door: Door, notes: Notes) -> pl.DataFrame:
    rows = stream.rows("HI")
    rows = rows[stream.in_claim_head[rows]]
    count = stream.segments.count[rows]
    frames = []
    for place in range(1, _HI_CODES + 1):
        table = Table(stream.segments, door, notes, rows[count > place])
        table.add("transaction_no", stream.transactions.number[stream.transactions.of[table.rows]])
        table.add("claim_no", ordinal_within(stream.segments.file[stream.claims.rows])[stream.claims.of(table.rows)])
        table.text("qualifier_code", f"HI{place:02d}-1")
        table.text("diagnosis_code", f"HI{place:02d}-2")
        table.text("present_on_admission_code", f"HI{place:02d}-9")
        table.add("_row", table.rows)
        table.add("_place", pl.Series([place] * len(table.rows), dtype=pl.Int64))
        frames.append(table.frame())
    found = pl.concat(frames).filter(pl.col("qualifier_code").is_in(_DIAGNOSIS_QUALIFIERS)).sort("_row", "_place")
    return found.with_columns(pl.int_range(1, pl.len() + 1).over("file", "claim_no").alias("diagnosis_no")).drop("_row", "_place")
