"""The section of code sets: its sentences, its rows and that it fits the pack's template."""

import pytest

from dashboards import code_sets
from dashboards.page import render
from rcm_pipeline.code_sets.changes import code_set_changes
from rcm_pipeline.code_sets.findings import code_set_coverage, code_set_findings
from rcm_pipeline.weeks import Week
from schemas.contract import empty
from schemas.registry import CONTRACTS
from tests.tables import facts_of
from tests.unit.code_set_world import ANCHOR, World, claim, release

FY2026 = release("icd10cm", "2026-04-01", "2026-09-30", "A01 A03")
FY2027 = release("icd10cm", "2026-10-01", "2027-09-30", "A02 A031 A032")
CLAIMS = [
    claim("1", "2026-09-05", "A01 A09", [{"procedure_code": "99213"}]),
    claim("2", "2026-09-06", "A01 A09 SMITH"),
    claim("3", "2026-09-06", "A03"),
]


def tables(world: World) -> dict:
    return {
        "mart_code_set_findings": code_set_findings(world.judged, empty(CONTRACTS["core_claim_lineages"])),
        "mart_code_set_coverage": code_set_coverage(world.judged, world.code_sets, Week(ANCHOR)),
        "mart_code_set_changes": code_set_changes(world.values, world.code_sets, world.entries, Week(ANCHOR)),
    }


def page(section: dict) -> str:
    empty_manifest = dict.fromkeys(("file_count", "input_hash", "reference_hash", "settings_hash", "code_version"), "0" * 12)
    return render("pack.html.j2", title="T", client="C", week="W", through="D", sections=[section], is_internal=True, definitions=[], manifest=empty_manifest,
                  evidence="A")  # fmt: skip


def test_the_page_names_code_reason_and_what_waits() -> None:
    found = code_sets.section(facts_of(tables(World(CLAIMS, FY2026, FY2027))))
    assert found["lead"] == "3 of 6 codes checked were not valid on the date of service (50.0\u00a0%); 1 more could not be checked."
    assert [(r["code"], r["fault"], r["carc"], r["count"], r["claims"], r["charge"]) for r in found["rows"]] == [
        ("A09", "in no list", "146", "2", "2", "$200"),
        ("not of the form of a code", "in no list", "146", "1", "1", "$100"),
    ]
    assert [(r["code"], r["change"], r["date"], r["claims"]) for r in found["changes"]] == [
        ("A01", "ends", "1 Oct 2026", "2"),
        ("A03", "needs more characters (2 codes)", "1 Oct 2026", "1"),
    ]
    assert found["missing"] == [
        "CPT: no list is loaded; 1 code was not checked. To check them put the list of your CPT licence as cpt_YYYY-01-01.csv into code_sets/."
    ]
    html = page(found)
    assert "What releases change" in html
    assert "SMITH" not in html


def test_a_list_that_ended_says_which_file_is_wanted() -> None:
    found = code_sets.section(facts_of(tables(World([claim("1", "2026-10-01", "A01")], FY2026))))
    assert found["lead"] == "No list covers the dates of service: none of 1 codes could be checked."
    assert "the newest list ends on 30 Sep 2026" in found["missing"][0]
    assert "icd10cm_order_YYYY.txt" in page(found)


@pytest.mark.parametrize(
    ("claims", "lead"),
    [
        ([], "No codes have been sent yet."),
        ([claim("1", "2026-09-01", "A01")], "None of 1 codes checked was not valid on the date of service."),
    ],
)
def test_nothing_wrong_is_said_plainly(claims: list, lead: str) -> None:
    found = code_sets.section(facts_of(tables(World(claims, FY2026))))
    assert found["lead"] == lead
    assert "Codes not valid" not in page(found)


def test_days_before_the_oldest_list_ask_for_older_ones_not_newer() -> None:
    found = code_sets.section(facts_of(tables(World([claim("1", "2026-03-01", "A01"), claim("2", "2026-03-31", "A01")], FY2026))))
    assert found["missing"] == [
        "ICD-10-CM: 2 codes were not checked, used from 1 Mar 2026 to 31 Mar 2026. To check them put the lists of those days into code_sets/."
    ]
    undated = World([claim("1", "2026-05-01", "A01", first_service_date=None, last_service_date=None)], FY2026)
    assert code_sets.section(facts_of(tables(undated)))["missing"] == [
        "ICD-10-CM: 1 code was not checked, for no date of service was sent."
    ]
