"""Every value the fast reader takes from a real file equals what the plain reader finds there."""

import csv
from pathlib import Path

import polars as pl
import pytest

from rcm_pipeline.x12.read import Reading, read_x12
from tests.conftest import OpenDoor
from tests.oracle import plain_x12

REMITS = {
    "claim_no": "claim_no",
    "segment_no": "segment_no",
    "claim_token": "claim",
    "status_code": "status",
    "charge_amount": "charge",
    "paid_amount": "paid",
    "patient_responsibility_amount": "patient",
    "icn_token": "icn",
}
REMIT_LINES = {
    "claim_no": "claim_no",
    "line_no": "line_no",
    "procedure_code": "code",
    "modifier_1_code": "modifier",
    "charge_amount": "charge",
    "paid_amount": "paid",
    "line_control_token": "control",
}
ADJUSTMENTS = {"claim_no": "claim_no", "line_no": "line_no", "group_code": "group", "carc_code": "reason", "amount": "amount"}
REMARKS = {"claim_no": "claim_no", "line_no": "line_no", "rarc_code": "code"}
CLAIMS = {
    "claim_no": "claim_no",
    "segment_no": "segment_no",
    "claim_token": "claim",
    "charge_amount": "charge",
    "place_code": "place",
    "frequency_code": "frequency",
    "original_icn_token": "original",
}
CLAIM_LINES = {
    "claim_no": "claim_no",
    "line_no": "line_no",
    "procedure_code": "code",
    "modifier_1_code": "modifier",
    "charge_amount": "charge",
}
DIAGNOSES = {"claim_no": "claim_no", "diagnosis_no": "diagnosis_no", "diagnosis_code": "code"}


@pytest.fixture(scope="module")
def reading(corpus: list[Path]) -> Reading:
    """All real files, read as one batch."""
    return read_x12([path.read_bytes() for path in corpus], OpenDoor())


def test_every_claim_and_payment_of_every_file_is_counted(corpus: list[Path], reading: Reading) -> None:
    manifest = {
        row["file"]: row for row in csv.DictReader((corpus[0].parents[1] / "MANIFEST.tsv").read_text().splitlines(), delimiter="\t")
    }
    counted = {path.name: reading.files.row(i, named=True) for i, path in enumerate(corpus)}
    wrong = [
        name
        for name, row in manifest.items()
        if (row["n_ST"], row["n_CLM"], row["n_CLP"])
        != tuple(str(counted[name][c]) for c in ("transaction_count", "claim_count", "remit_count"))
    ]
    assert wrong == []


def test_values_equal_an_independent_reading(corpus: list[Path], reading: Reading) -> None:
    compared = 0
    for index, path in enumerate(corpus):
        text = path.read_bytes().decode("utf-8-sig", errors="replace")
        if not text.lstrip().startswith("ISA"):
            continue
        rules = reading.findings.filter(pl.col("file") == index)["rule"].to_list()
        if "component_separator" in rules or "not_utf8" in rules:
            continue  # the plain reader believes ISA16 and UTF-8
        segments = plain_x12.split_segments(text)
        plain_835, plain_837 = plain_x12.read_835(segments), plain_x12.read_837(segments)
        for table, key, columns in (
            ("raw_remits", plain_835["remits"], REMITS), ("raw_remit_lines", plain_835["lines"], REMIT_LINES),
            ("raw_adjustments", plain_835["adjustments"], ADJUSTMENTS), ("raw_remarks", plain_835["remarks"], REMARKS),
            ("raw_claims", plain_837["claims"], CLAIMS), ("raw_claim_lines", plain_837["lines"], CLAIM_LINES),
            ("raw_claim_diagnoses", plain_837["diagnoses"], DIAGNOSES),
        ):  # fmt: skip
            got = reading.tables[table].filter(pl.col("file") == index).select(*columns).rows()
            want = [tuple(row[source] for source in columns.values()) for row in key]
            assert got == want, f"{path.name}: {table}"
            compared += len(want)
    assert compared > 8000


def test_a_batch_of_files_reads_like_each_file_alone(corpus: list[Path], reading: Reading) -> None:
    for index in range(0, len(corpus), 9):
        alone = read_x12([corpus[index].read_bytes()], OpenDoor())
        for name, table in alone.tables.items():
            part = reading.tables[name].filter(pl.col("file") == index).drop("file")
            assert part.equals(table.drop("file")), (corpus[index].name, name)


def test_every_segment_is_read_or_in_a_reject(reading: Reading) -> None:
    files = reading.files
    assert files["is_read"].all(), "the corpus holds no set that is not read"
    assert (files["segment_count"] == files["read_segment_count"] + files["rejected_segment_count"]).all()
    assert reading.rejects.group_by("rule").agg(pl.col("segment_count").sum()).sort("rule").rows() == [
        ("outside_transaction", 2),
        ("unknown_segment", 5),
    ]


@pytest.mark.parametrize(
    "name", ["xlate__sample837-original.edi", "affect-therapeutics__nevada_medicaid.txt", "imsweb__x12_no_isa_line.txt"]
)
def test_odd_envelopes_are_read(corpus: list[Path], name: str) -> None:
    path = next(p for p in corpus if p.name == name)
    reading = read_x12([path.read_bytes()], OpenDoor())
    assert reading.files["claim_count"][0] + reading.files["remit_count"][0] > 0
    assert reading.rejects.is_empty()
