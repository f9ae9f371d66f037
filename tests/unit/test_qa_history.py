"""What the reasons are taken from, read from a warehouse: codes of claims, and charts whose code a new release changed."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.governance.qa_plan import history
from rcm_pipeline.warehouse import append, create_tables
from schemas.contract import widened
from schemas.registry import CONTRACTS
from tests.unit.qa_world import LAST

CLAIMS = [("f1", 1, "A", dt.date(2026, 10, 5)), ("f1", 2, "B", None), ("f2", 1, "C", dt.date(2026, 11, 18))]
LINES = [("f1", 1, "99213", dt.date(2026, 10, 1)), ("f1", 2, "99417", dt.date(2026, 10, 2)), ("f2", 1, "99213", None)]


def stored(path: Path, changes: list[tuple[str, str, dt.date]]) -> Path:
    """A warehouse with three claims; C alone carries the diagnosis E11.65, and B the code 99417."""
    tables = {
        "raw_files": pl.DataFrame({"file_id": ["f1", "f2"]}),
        "raw_claims": pl.DataFrame(CLAIMS, schema=["file_id", "claim_no", "claim_token", "created_date"], orient="row"),
        "raw_claim_lines": pl.DataFrame(
            LINES, schema=["file_id", "claim_no", "procedure_code", "service_from_date"], orient="row"
        ).with_columns(pl.lit("HC").alias("code_qualifier")),
        "raw_claim_diagnoses": pl.DataFrame({"file_id": ["f2"], "claim_no": [1], "qualifier_code": ["ABK"], "diagnosis_code": ["E11.65"]}),
        "mart_code_set_changes": pl.DataFrame(
            changes, schema={"system_code": pl.String, "code": pl.String, "change_date": pl.Date}, orient="row"
        ),
    }
    with open_warehouse(path) as connection:
        create_tables(connection)
        for name, rows in tables.items():
            append(connection, name, widened(rows, CONTRACTS[name]))
    return path


@pytest.mark.parametrize(
    ("changes", "charts"),
    [
        ([], []),
        ([("icd10cm", "E1165", dt.date(2026, 10, 1))], ["C"]),
        ([("cpt", "99417", dt.date(2026, 10, 1)), ("icd10cm", "E1165", dt.date(2026, 10, 1))], ["B", "C"]),
        ([("hcpcs", "99417", dt.date(2026, 10, 1))], []),
        ([("icd10cm", "E1165", LAST - dt.timedelta(weeks=13))], []),
        ([("icd10cm", "E1165", LAST + dt.timedelta(days=1))], []),
    ],
)
def test_charts_with_a_code_that_its_set_changed_lately(tmp_path: Path, changes: list[tuple[str, str, dt.date]], charts: list[str]) -> None:
    with open_warehouse(stored(tmp_path / "acme.duckdb", changes), read_only=True) as connection:
        assert sorted(history(connection, LAST).changed["claim_token"]) == charts


def test_a_code_was_used_on_the_day_its_claim_was_sent_else_of_service(tmp_path: Path) -> None:
    with open_warehouse(stored(tmp_path / "acme.duckdb", []), read_only=True) as connection:
        codes = history(connection, LAST).codes.sort("claim_token")
    assert codes.rows() == [
        ("A", "99213", dt.date(2026, 10, 5)),
        ("B", "99417", dt.date(2026, 10, 2)),
        ("C", "99213", dt.date(2026, 11, 18)),
    ]
