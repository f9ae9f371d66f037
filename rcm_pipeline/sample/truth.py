"""The answer key of a client, kept outside the inbox and written in parts, so that a million claims fit in memory."""

from datetime import date
from pathlib import Path

import polars as pl

from rcm_pipeline.sample.claim_courses import Answer, ClaimCourse, Recoupment, Version
from rcm_pipeline.sample.scenarios import Scenario

_PART_ROWS = 200_000
_Type = pl.DataType | type[pl.DataType]
_Row = tuple[object, ...]
_T, _N, _D, _B, _F = pl.String, pl.Int64, pl.Date, pl.Boolean, pl.Float64
SCHEMAS: dict[str, dict[str, _Type]] = {  # amounts are in cents until they are written
    "lines": {
        "account": _T, "answer_no": _N, "line_no": _N, "payer_id": _T, "week": _D, "kind": _T, "is_first": _B, "charge_amount": _N,
        "denied_amount": _N, "disposition": _T, "root_cause": _T, "review_reason": _T,
    },
    "versions": {
        "account": _T, "sequence": _T, "version_no": _N, "sent_date": _D, "frequency": _T, "l1": _T, "l2": _T, "charge_amount": _N,
    },
    "answers": {
        "account": _T, "sequence": _T, "answer_no": _N, "payer_id": _T, "date": _D, "icn": _T, "status_code": _T, "kind": _T,
        "version_no": _N, "is_mangled": _B, "written_account": _T, "reverses_answer_no": _N, "corrected_by_answer_no": _N,
        "charge_amount": _N, "paid_amount": _N,
    },
    "recoupments": {"payer_id": _T, "date": _D, "reason_code": _T, "amount": _N, "icn": _T, "account": _T},
    "lineages": {
        "account": _T, "sequence": _T, "version_count": _N, "first_sent_date": _D, "first_answer_date": _D, "initial_denial_date": _D,
        "initial_denied_amount": _N, "initial_disposition": _T, "current_status": _T, "current_disposition": _T,
        "is_overturned": _B, "overturn_date": _D, "appeal_date": _D, "first_touch_date": _D, "is_written_off": _B, "channel": _T,
    },
    "charts": {
        "account": _T, "coder_id": _T, "specialty": _T, "coded_date": _D, "code_count": _N, "error_count": _N, "is_right": _B,
        "right_chance": _F, "is_denied_for_coding": _B,
    },
    "reviews": {
        "review_id": _T, "account": _T, "kind": _T, "stratum": _T, "coder_id": _T, "auditor_id": _T, "date": _D, "frame_count": _N,
        "selection_rate": _F, "coder_code_count": _N, "auditor_code_count": _N, "correct_code_count": _N, "is_right_as_audited": _B,
        "is_right": _B,
    },
    "findings": {  # planted and found, planted and missed, or found where the code was right
        "review_id": _T, "account": _T, "kind": _T, "coder_id": _T, "auditor_id": _T, "error_code": _T, "coder_code": _T,
        "auditor_code": _T, "delta_amount": _N, "is_planted": _B, "is_found": _B, "rebuttal": _T,
    },
    "coders": {
        "coder_id": _T, "specialty": _T, "accuracy": _F, "chart_count": _N, "right_count": _N, "right_chance": _F, "standing": _T,
    },
    "queries": {
        "query_id": _T, "account": _T, "reason_code": _T, "sent_date": _D, "answered_date": _D, "is_overdue": _B, "decision_id": _T,
        "role": _T, "subject": _T, "is_outside": _B,
    },
}  # fmt: skip


class Truth:
    """Collects the tables of one client and writes each in parts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rows: dict[str, list[_Row]] = {name: [] for name in SCHEMAS}
        self._parts = dict.fromkeys(SCHEMAS, 0)
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, name: str, rows: list[_Row]) -> None:
        """Note rows of a table."""
        self._rows[name] += rows
        if len(self._rows[name]) >= _PART_ROWS:
            self._write(name)

    def close(self) -> None:
        """Write what is left; every table has one part at least."""
        for name, rows in self._rows.items():
            if rows or not self._parts[name]:
                self._write(name)

    def _write(self, name: str) -> None:
        frame = pl.DataFrame(self._rows[name], schema=SCHEMAS[name], orient="row")
        money = [c for c in frame.columns if c.endswith("amount")]
        dollars = (pl.col(money).cast(pl.Decimal(18, 2)) / pl.lit(100).cast(pl.Decimal(18, 2))).cast(pl.Decimal(18, 2))
        path = self._folder / f"{name}_{self._parts[name]:03d}.parquet"
        frame.with_columns(dollars).write_parquet(path, compression="zstd", compression_level=12, statistics=False)
        self._parts[name] += 1
        self._rows[name] = []


def line_rows(answer: Answer, course: ClaimCourse, monday: date) -> list[_Row]:
    """Every line of an answer; without an account where no 837 of ours exists."""
    claim, kind = answer.claim, kind_of(answer)
    sign, head = (-1 if answer.is_reversal else 1), (claim.account if course.is_ours else None, answer.number)
    rows: list[_Row] = []
    for number, (line, scenario, adjusted) in enumerate(zip(claim.lines, answer.scenarios, answer.adjustments, strict=True), start=1):
        facts = (answer.payer.payer_id, monday, kind, answer.is_first, sign * line.charge)
        if answer.is_reversal or line.charge == 0:
            rows.append((*head, number, *facts, 0, "excluded", None, None))
        else:
            denied = denied_cents(scenario, adjusted)
            rows.append((*head, number, *facts, denied, scenario.disposition, scenario.root_cause, scenario.review_reason))
    return rows


def version_row(version: Version, *, has_statuses: bool) -> _Row:
    """A version, and how far it came; `has_statuses` unless it is too young for a 277CA."""
    claim = version.claim
    l1 = "rejected" if version.is_batch_rejected else "accepted"
    l2 = "rejected" if version.rejection else "accepted"
    if version.is_batch_rejected or not has_statuses:
        l2 = "none"
    return (claim.account, version.sequence, version.number, version.sent, version.frequency, l1, l2, claim.charge)


def answer_row(answer: Answer, course: ClaimCourse, last_week: int) -> _Row:
    """An answer; a correction that comes after the last week is none."""
    correction = answer.corrected_by
    if correction is not None and correction.week > last_week:
        correction = None
    written = answer.written_account or None
    return (
        answer.claim.account if course.is_ours else None,
        answer.sequence,
        answer.number,
        answer.payer.payer_id,
        answer.day,
        answer.icn,
        answer.status,
        kind_of(answer),
        answer.version,
        written is not None,
        written if course.is_ours else answer.claim.account,
        answer.reverses.number if answer.reverses else None,
        correction.number if correction else None,
        answer.charge,
        answer.paid,
    )


def recoupment_row(recoupment: Recoupment, day: date) -> _Row:
    """Money moved outside any claim, on the day it was."""
    return (recoupment.payer.payer_id, day, recoupment.reason, recoupment.amount, recoupment.icn or None, recoupment.account or None)


def kind_of(answer: Answer) -> str:
    """Decided, or taken back."""
    return "reversal" if answer.is_reversal else "adjudication"


def denied_cents(scenario: Scenario, adjustments: list[tuple[str, str, int]]) -> int:
    """Cents denied: all that is not the contract write-off; the whole charge where the write-off hides the denial."""
    if not scenario.root_cause:
        return 0
    hidden = scenario.disposition == "denial_suspected"
    return sum(amount for _, carc, amount in adjustments if hidden or carc != "45")
