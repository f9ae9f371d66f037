"""The catalogue of controls: complete, and each with what a run says of it."""

from dashboards.quality import control_rows
from rcm_pipeline.quality.checks import CHECKS
from rcm_pipeline.quality.contracts import QUARANTINE, RULES, SHAPE
from rcm_pipeline.quality.controls import controls
from tests.tables import rows

CHECK = {"run_id": "r1", "severity": "warn", "is_passed": True, "failed_count": 0, "checked_count": 10}


def judged(*checks: dict) -> dict[str, dict[str, str]]:
    return {row["id"]: row for row in control_rows(rows("ops_checks", [CHECK | check for check in checks]))}


def test_every_check_belongs_to_one_control() -> None:
    named = [name for control in controls() for name in control.checks]
    assert sorted(named) == sorted([*(check.name for check in CHECKS), SHAPE, RULES, QUARANTINE])
    assert all(control.sentence.endswith(".") and control.owner for control in controls())


def test_a_control_says_what_was_observed_where_it_failed() -> None:
    found = judged(
        {"check_name": "usual_volume", "table_name": "mart_batch_measures", "kind": "batch"},
        {
            "check_name": "usual_payers",
            "table_name": "mart_batch_measures",
            "kind": "batch",
            "is_passed": False,
            "failed_count": 1,
            "detail": "P1: no claim payments",
        },
        {"check_name": "line_no is never null", "table_name": "raw_remit_lines", "kind": "rule", "is_passed": False, "failed_count": 3},
        {"check_name": "shape", "table_name": "raw_claims", "kind": "shape"},
    )
    assert (found["K05"]["result"], found["K05"]["observed"], found["K05"]["evidence"]) == (
        "failed",
        "P1: no claim payments",
        "1 table, 20 rows",
    )
    assert found["K13"]["observed"] == "line_no is never null of raw_remit_lines: 3 of 10"
    assert (found["K02"]["result"], found["K02"]["evidence"]) == ("not judged", "nothing to judge")
    assert list(found)[:2] == ["K05", "K13"], "what failed stands first"


def test_all_that_was_looked_at_and_held_has_passed() -> None:
    every = [{"check_name": check.name, "table_name": check.table_name, "kind": "batch"} for check in CHECKS]
    tables = [
        {"check_name": name, "table_name": "raw_claims", "kind": kind}
        for name, kind in (("shape", "shape"), ("rules", "rule"), ("quarantine", "balance"))
    ]
    assert {row["result"] for row in judged(*every, *tables).values()} == {"passed"}
