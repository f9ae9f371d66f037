"""Hand-made claims and releases for the tests of code sets."""

import datetime as dt
from decimal import Decimal as D

import polars as pl

from rcm_pipeline.code_sets.releases import CODES, Release, code_entries, in_order, release_table
from rcm_pipeline.code_sets.values import used_codes, values_of
from rcm_pipeline.code_sets.verdicts import judged
from schemas.contract import empty, widened
from schemas.registry import CONTRACTS

ANCHOR = dt.date(2026, 11, 16)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def release(
    system: str, first: str, last: str, codes: str | list[tuple[str, str | None, str | None]], name: str = "", source: str = "file"
) -> Release:
    """A release of these codes; a text names them with blanks between, a list gives their own days."""
    rows = [(code, None, None) for code in codes.split()] if isinstance(codes, str) else codes
    dated = [(code, begin and day(begin), end and day(end)) for code, begin, end in rows]
    frame = pl.DataFrame(dated, schema=CODES, orient="row")
    return Release(system, name or f"{system} {first}", day(first), day(last), source, "0" * 64, frame)


def claim(
    name: str, served: str, dx: list[tuple[str, str | None]] | str = "", lines: list[dict[str, object]] | None = None, **more: object
) -> tuple[dict[str, object], list[dict[str, object]], list[dict[str, object]]]:
    """A claim, its diagnoses (text: ICD-10-CM codes with blanks between) and its lines."""
    given = [("ABF", code) for code in dx.split()] if isinstance(dx, str) else dx
    version = {
        "file_id": name, "claim_no": 1, "version_id": f"V{name}", "submission_id": name, "lineage_id": f"L{name}", "version_no": 1, "sequence_code": "P", "frequency_code": "1",
        "sent_date": day("2026-11-18"), "payer_id": "P", "charge_amount": D("100.00"), "line_count": len(lines or []),
        "first_service_date": day(served), "last_service_date": day(served), "place_code": "11", "place_qualifier": "B",
    } | more  # fmt: skip
    keys = {"file_id": name, "transaction_no": 1, "claim_no": 1, "segment_no": 1}
    diagnoses = [keys | {"diagnosis_no": n, "qualifier_code": q, "diagnosis_code": code} for n, (q, code) in enumerate(given, 1)]
    numbered = [keys | {"line_no": n, "code_qualifier": "HC", "charge_amount": D("40.00")} | line for n, line in enumerate(lines or [], 1)]
    return version, diagnoses, numbered


class World:
    """Tables of some claims and releases, as the marts are given them."""

    def __init__(self, claims: list[tuple[dict, list, list]], *releases: Release) -> None:
        places = [
            pl.Series(key, [version[key] for version, _, _ in claims], dtype)
            for key, dtype in (("file_id", pl.String), ("claim_no", pl.Int64))
        ]
        self.versions = self._table("core_claim_versions", [version for version, _, _ in claims]).with_columns(places)
        self.diagnoses = self._table("raw_claim_diagnoses", [row for _, rows, _ in claims for row in rows])
        self.lines = self._table("raw_claim_lines", [row for _, _, rows in claims for row in rows])
        self.releases = in_order(releases)
        self.code_sets = release_table(self.releases)
        self.entries = code_entries(used_codes(self.lines, self.diagnoses), self.releases)
        self.values = values_of(self.lines, self.diagnoses, self.versions)
        self.judged = judged(self.values, self.code_sets, self.entries)

    @staticmethod
    def _table(name: str, rows: list[dict]) -> pl.DataFrame:
        return widened(pl.DataFrame(rows, infer_schema_length=None), CONTRACTS[name]) if rows else empty(CONTRACTS[name])

    def verdicts(self) -> dict[str, str]:
        """Code → verdict; a code that was not of the form of one is shown as ?."""
        return {row["code"] or "?": row["verdict"] for row in self.judged.iter_rows(named=True)}
