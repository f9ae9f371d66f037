"""837 claims, professional, institutional and dental: claims, service lines and diagnoses."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from rcm_pipeline.x12.buffer.bytewise import Mask, Offsets
from rcm_pipeline.x12.buffer.segments import Rows, code_of
from rcm_pipeline.x12.loops import ordinal_within
from rcm_pipeline.x12.notes import Notes
from rcm_pipeline.x12.sets.claim_loops import ClaimLoops, organisations
from rcm_pipeline.x12.sets.repeats import repeated
from rcm_pipeline.x12.table import Door, Table

_DIAGNOSIS_QUALIFIERS = ("ABK", "ABF", "ABJ", "APR", "ABN", "BK", "BF", "BJ", "PR", "BN")
_HI_CODES, _MOST_HI_CODES = 12, 60  # codes of a HI by the guide, and those that are read all the same
_PROVIDERS = {"rendering": "82", "referring": "DN", "facility": "77", "attending": "71", "operating": "72", "supervising": "DQ"}
_CHARGE = {"SV1": "SV102", "SV2": "SV203", "SV3": "SV302"}
_UNITS = {"SV1": "SV104", "SV2": "SV205", "SV3": "SV306"}
_UNIT_CODE = {"SV1": "SV103", "SV2": "SV204"}
_PLACE = {"SV1": "SV105", "SV3": "SV303"}


@dataclass(frozen=True)
class Claims:
    """What the 837s of a block hold: the three tables, and what must balance: charges in cents by claim and by line."""

    frames: dict[str, pl.DataFrame]
    loops: ClaimLoops
    claims: Table
    line_charges: Offsets
    is_line_unreadable: Mask


def read_claims(loops: ClaimLoops, door: Door, notes: Notes) -> Claims:
    """Every 837 of the loops."""
    for identifier in ("SV1", "SV2", "SV3", "HI", "LX", "CAS", "SVD", "OI"):
        rows = loops.rows(identifier)
        notes.reject("orphan_segment", rows[loops.claims.of(rows) < 0], f"{identifier} that stands in no claim")
    claims = _claims(loops, door, notes)
    lines, charges, is_unreadable = _lines(loops, door, notes)
    frames = {
        "raw_claims": claims.frame(),
        "raw_claim_lines": lines,
        "raw_claim_diagnoses": _diagnoses(loops, door, notes),
        "raw_claim_codes": _codes(loops, door, notes),
    }
    return Claims(frames, loops, claims, charges, is_unreadable)


def _claims(loops: ClaimLoops, door: Door, notes: Notes) -> Table:
    transactions, rows = loops.transactions, loops.claims.rows
    table = Table(loops.segments, door, notes, rows)
    of = transactions.of[rows]
    loops.add_keys(table)
    table.add_text("transaction_set", pl.Series(transactions.kind, dtype=pl.String).gather(of))
    table.add_text("version", transactions.version.gather(of))
    table.date("created_date", "BHT04", loops.header(loops.rows("BHT")))
    table.text("claim_token", "CLM01")
    table.money("charge_amount", "CLM02")
    table.text("place_code", "CLM05-1")
    table.text("place_qualifier", "CLM05-2")
    table.text("frequency_code", "CLM05-3")
    table.text("accident_code", "CLM11-1")
    table.text("delay_reason_code", "CLM20")
    _add_payer(loops, table)
    _add_providers(loops, table)
    _add_dates(loops, table)
    original = loops.head("REF", "F8")
    table.text("original_icn_token", "REF02[F8]", original)
    replaces = np.isin(loops.segments.code_in(loops.segments.component(loops.segments.cells(rows, 5), 3)), [code_of("7"), code_of("8")])
    notes.finding(
        "replaces_nothing", rows[replaces & (original < 0)], "CLM05-3 says that it replaces or voids a claim, and no REF F8 says which"
    )
    table.text("clearinghouse_token", "REF02[D9]", loops.head("REF", "D9"))
    table.flag("has_authorization", "REF02[G1]", loops.head("REF", "G1"))
    table.flag("has_referral", "REF02[9F]", loops.head("REF", "9F"))
    table.flag("has_attachment", "PWK01", loops.head("PWK"))
    table.flag("has_note", "NTE02", loops.head("NTE"))
    table.money("patient_paid_amount", "AMT02[F5]", loops.head("AMT", "F5"))
    table.text("discharge_status_code", "CL103", loops.head("CL1"))
    table.text("drg_code", "HI01-2[DR]", _drg_rows(loops))
    return table


def _add_dates(loops: ClaimLoops, table: Table) -> None:
    statement, service = loops.head("DTP", "434"), loops.head("DTP", "472")
    table.date("statement_from_date", "DTP03[434]", statement)
    table.end_date("statement_to_date", "DTP03[434]", statement)
    table.date("admission_date", "DTP03[435]", loops.head("DTP", "435"))
    table.date("service_date", "DTP03[472]", service)


def _add_payer(loops: ClaimLoops, table: Table) -> None:
    payer = organisations(loops.segments, loops.header(loops.rows("NM1", "PR"), "22"))
    sbr = loops.header(loops.rows("SBR"), "22")
    table.text("payer_sequence_code", "SBR01", sbr)
    patient = loops.header(loops.rows("PAT"), "patient")
    table.text_of_any("relationship_code", {"SBR02": sbr, "PAT01": patient})
    table.text("filing_indicator_code", "SBR09", sbr)
    table.text("payer_name", "NM103[PR]", payer)
    table.text("payer_id", "NM109[PR]", payer)
    table.text("member_token", "NM109[IL]", loops.header(loops.rows("NM1", "IL"), "22"))


def _add_providers(loops: ClaimLoops, table: Table) -> None:
    billing = loops.header(loops.rows("NM1", "85"), "20")
    is_npi = loops.segments.code(billing, 8) == code_of("XX")
    table.text("billing_npi", "NM109[85]", billing)
    table.text("billing_provider_token", "NM109[85_ID]", np.where(is_npi, -1, billing))
    table.text("pay_to_npi", "NM109[87]", loops.header(loops.rows("NM1", "87"), "20"))
    for name, qualifier in _PROVIDERS.items():
        table.text(f"{name}_npi", f"NM109[{qualifier}]", loops.provider(qualifier))


def _drg_rows(loops: ClaimLoops) -> Rows:
    hi = loops.rows("HI")
    hi = hi[loops.in_claim_head[hi]]
    first = loops.segments.component(loops.segments.cells(hi, 1), 1)
    return loops.claims.first(hi[loops.segments.code_in(first) == code_of("DR")])


def _lines(loops: ClaimLoops, door: Door, notes: Notes) -> tuple[pl.DataFrame, Offsets, Mask]:
    ids = loops.segments.ids[loops.lines.rows]
    charges, is_unreadable = np.zeros(len(ids), dtype=np.int64), np.zeros(len(ids), dtype=bool)
    parts, order = [], []
    for name in ("SV1", "SV2", "SV3"):
        of_this_kind = ids == code_of(name)
        if of_this_kind.any() or (name == "SV1" and not len(ids)):
            table = _service_lines(loops, door, notes, name, of_this_kind)
            charges[of_this_kind], is_unreadable[of_this_kind] = table.units["charge_amount"], table.is_unreadable
            parts.append(table.frame())
            order.append(table.rows)
    if len(parts) == 1:
        return parts[0], charges, is_unreadable
    return pl.concat(parts)[np.argsort(np.concatenate(order), kind="stable")], charges, is_unreadable


def _service_lines(loops: ClaimLoops, door: Door, notes: Notes, name: str, of_this_kind: Mask) -> Table:
    lines = loops.lines
    rows = lines.rows[of_this_kind]
    table, nothing = Table(loops.segments, door, notes, rows), np.full(len(rows), -1)

    def first(identifier: str, qualifier: str | None = None) -> Rows:
        segments = loops.segments
        rows = segments.where(identifier) if qualifier is None else segments.qualified(identifier, qualifier)
        return lines.first(rows)[of_this_kind]

    loops.add_keys(table)
    table.add("line_no", loops.line_numbers[of_this_kind])
    code = "SV202" if name == "SV2" else f"{name}01"
    table.service_code(code)
    for place in range(4):
        table.text(f"modifier_{place + 1}_code", f"{code}-{place + 3}")
    table.text("revenue_code", "SV201", rows if name == "SV2" else nothing)
    table.money("charge_amount", _CHARGE[name])
    table.text("unit_code", _UNIT_CODE.get(name, "SV103"), rows if name in _UNIT_CODE else nothing)
    table.quantity("units", _UNITS[name])
    table.text("place_code", _PLACE.get(name, "SV105"), rows if name in _PLACE else nothing)
    for place in range(4):
        table.text(f"diagnosis_pointer_{place + 1}", f"SV107-{place + 1}", rows if name == "SV1" else nothing)
    service = first("DTP", "472")
    table.date("service_from_date", "DTP03[472]", service)
    table.end_date("service_to_date", "DTP03[472]", service)
    table.text("line_control_token", "REF02[6R]", first("REF", "6R"))
    table.flag("has_authorization", "REF02[G1]", first("REF", "G1"))
    table.flag("has_attachment", "PWK01", first("PWK"))
    table.flag("has_note", "NTE02", first("NTE"))
    _add_drug(loops, table, first)
    table.text("tooth_code", "TOO02", first("TOO"))
    table.text("rendering_npi", "NM109[82]", first("NM1", "82"))
    return table


def _add_drug(loops: ClaimLoops, table: Table, first: Callable[..., Rows]) -> None:
    quantity, item = first("CTP"), first("LIN")
    drug = np.where(loops.segments.code(item, 2) == code_of("N4"), item, -1)
    table.text("ndc_code", "LIN03", drug)
    table.quantity("ndc_units", "CTP04", quantity)
    table.text("ndc_unit_code", "CTP05-1", quantity)


def _diagnoses(loops: ClaimLoops, door: Door, notes: Notes) -> pl.DataFrame:
    segments, hi = loops.segments, loops.rows("HI")
    too_long = hi[segments.count[hi] > 1 + _HI_CODES]
    notes.finding("too_many_codes", too_long, "HI holds more than twelve codes; all were read")
    rows, repeats, qualifier = _health_codes(loops)
    is_diagnosis = np.isin(qualifier, [code_of(q) for q in _DIAGNOSIS_QUALIFIERS])
    table = Table(segments, door, notes, rows[is_diagnosis], repeats[is_diagnosis])
    claim = loops.add_keys(table)
    table.add("diagnosis_no", ordinal_within(claim))
    table.text("qualifier_code", "HI01-1")
    table.text("diagnosis_code", "HI01-2")
    table.text("present_on_admission_code", "HI01-9")
    return table.frame()


def _health_codes(loops: ClaimLoops) -> tuple[Rows, Rows, npt.NDArray[np.int32]]:
    """Every code of the HI segments at claim level: its row, how far to the right it stands, and its qualifier."""
    segments, hi = loops.segments, loops.rows("HI")
    rows, repeats = repeated(segments, hi[loops.in_claim_head[hi]], first=1, step=1, most=_MOST_HI_CODES)
    return rows, repeats, segments.code_in(segments.component(segments.cells(rows, 1 + repeats), 1))


def _codes(loops: ClaimLoops, door: Door, notes: Notes) -> pl.DataFrame:
    """Procedures, occurrences, conditions and values of institutional claims: all that HI holds beside diagnoses and the DRG."""
    rows, repeats, qualifier = _health_codes(loops)
    others = ~np.isin(qualifier, [code_of(q) for q in (*_DIAGNOSIS_QUALIFIERS, "DR")]) & (qualifier != 0)
    table = Table(loops.segments, door, notes, rows[others], repeats[others])
    claim = loops.add_keys(table)
    table.add("code_no", ordinal_within(claim))
    table.text("qualifier_code", "HI01-1")
    table.text("code", "HI01-2")
    table.date("code_date", "HI01-4")
    table.money("code_amount", "HI01-5")
    return table.frame()
