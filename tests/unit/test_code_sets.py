"""Codes against the release of their day: boundaries, headings, what is left alone, and what could not be checked."""

from decimal import Decimal as D

import polars as pl
import pytest

from rcm_pipeline.code_sets.changes import code_set_changes
from rcm_pipeline.code_sets.findings import code_set_coverage, code_set_findings
from rcm_pipeline.code_sets.systems import CPT, HCPCS, ICD10CM, usual_end
from rcm_pipeline.quality.contracts import Outcome, check_contract
from rcm_pipeline.weeks import Week
from schemas.contract import conform, widened
from schemas.registry import CONTRACTS
from tests.tables import outcome_of
from tests.unit.code_set_world import ANCHOR, World, claim, day, release

# A2 begins and A1 ends on 1 October 2026; A3 becomes a heading of A31 and A32 on that day; A400 comes on 1 April 2027
FY2026 = release(ICD10CM, "2026-04-01", "2026-09-30", "A01 A03 A0500")
FY2027 = release(ICD10CM, "2026-10-01", "2027-09-30", "A02 A031 A032 A0500")
APRIL = release(ICD10CM, "2027-04-01", "2027-09-30", "A02 A031 A032 A04 A0500")
LINEAGES = widened(pl.DataFrame({"lineage_id": ["L1"], "coder_id": ["C7"], "sequence_code": ["P"]}), CONTRACTS["core_claim_lineages"])


def verdict(code: str, served: str, *releases: object, **more: object) -> str:
    return next(iter(World([claim("1", served, code, **more)], *(releases or (FY2026, FY2027, APRIL))).verdicts().values()))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("code", "served", "expected"),
    [
        ("A01", "2026-03-31", "not_checkable"),
        ("A01", "2026-04-01", "valid"),
        ("A01", "2026-09-30", "valid"),
        ("A01", "2026-10-01", "no_longer_valid"),
        ("A02", "2026-09-30", "not_yet_valid"),
        ("A02", "2026-10-01", "valid"),
        ("A03", "2026-09-30", "valid"),
        ("A03", "2026-10-01", "not_billable"),
        ("A031", "2026-09-30", "not_yet_valid"),
        ("A04", "2027-03-31", "not_yet_valid"),
        ("A04", "2027-04-01", "valid"),
        ("A04", "2027-10-01", "not_checkable"),
        ("A05", "2026-10-01", "not_billable"),
        ("A050", "2026-10-01", "not_billable"),
        ("A09", "2026-10-01", "unknown_code"),
        ("A05001", "2026-10-01", "unknown_code"),
    ],
)
def test_a_code_is_judged_by_the_release_of_its_day(code: str, served: str, expected: str) -> None:
    assert verdict(code, served) == expected


def test_one_release_says_nothing_of_other_days() -> None:
    assert verdict("A01", "2026-10-01", FY2026) == "not_checkable"
    assert verdict("A01", "2026-10-01") == "no_longer_valid"


def test_without_any_list_or_without_a_day_nothing_can_be_checked() -> None:
    assert World([claim("1", "2026-05-01", "A01")]).verdicts() == {"A01": "not_checkable"}
    assert verdict("A01", "2026-05-01", first_service_date=None, last_service_date=None) == "not_checkable"


def test_points_blanks_and_small_letters_make_no_difference() -> None:
    assert verdict("a05.00", "2026-05-01") == "valid"
    world = World([claim("1", "2026-05-01", [("ABK", " A0500 "), ("ABF", ""), ("ABF", None)])], FY2026)
    assert world.verdicts() == {"A0500": "valid"}


def test_icd_9_and_pcs_are_left_alone() -> None:
    """BK, BF, BJ, PR and BN are ICD-9-CM, BBR and BBQ ICD-10-PCS: never judged as ICD-10-CM, and not counted as such."""
    world = World([claim("1", "2026-05-01", [(q, "A01") for q in ("BK", "BF", "BJ", "PR", "BN", "BBR", "BBQ")])], FY2026)
    assert world.values.is_empty()
    assert code_set_coverage(world.judged, world.code_sets, Week(ANCHOR)).is_empty()
    kept = World([claim("1", "2026-05-01", [(q, "A01") for q in ("ABK", "ABF", "ABJ", "APR", "ABN")])], FY2026)
    assert kept.judged["verdict"].to_list() == ["valid"] * 5


@pytest.mark.parametrize(("place", "qualifier", "expected"), [("11", "A", "no_longer_valid"), ("13", "A", "valid"), ("11", "B", "valid")])
def test_inpatient_diagnoses_go_by_the_last_day(place: str, qualifier: str, expected: str) -> None:
    """From 28 September to 2 October: 11 is an inpatient hospital as type of bill, an office as place of service."""
    stay = {"last_service_date": day("2026-10-02"), "place_code": place, "place_qualifier": qualifier}
    assert verdict("A01", "2026-09-28", **stay) == expected


def test_a_line_goes_by_its_own_day_and_else_by_the_claims() -> None:
    cpt = release(CPT, "2026-10-01", "2026-12-31", "99213")
    lines = [{"procedure_code": "99213", "service_from_date": day(d) if d else None} for d in ("2026-09-30", "2026-10-01", "")]
    world = World([claim("1", "2026-09-29", lines=lines)], cpt)
    assert world.judged.sort("line_no")["verdict"].to_list() == ["not_checkable", "valid", "not_checkable"]


def test_procedures_and_modifiers_are_told_apart_by_form() -> None:
    lists = [
        release(HCPCS, "2026-10-01", "2026-12-31", "J1100"),
        release("modifier", "2026-10-01", "2026-12-31", "RT"),
        release(CPT, "2026-01-01", "2026-12-31", "99213 0001U"),
    ]
    lines = [
        {"procedure_code": "99213", "modifier_1_code": "25", "modifier_2_code": "RT"},
        {"procedure_code": "J1100", "modifier_1_code": "P3", "modifier_4_code": "LL"},
        {"procedure_code": "J9999"},
        {"procedure_code": "0001u"},
        {"procedure_code": "9921"},
        {"procedure_code": "D0120", "code_qualifier": "AD"},
        {"procedure_code": "1AAAA", "code_qualifier": "HP"},
    ]
    world = World([claim("1", "2026-11-02", lines=lines)], *lists)
    found = {(r["system_code"], r["code"], r["verdict"]) for r in world.judged.iter_rows(named=True)}
    assert found == {
        ("cpt", "99213", "valid"),
        ("cpt_modifier", "25", "not_checkable"),
        ("modifier", "RT", "valid"),
        ("hcpcs", "J1100", "valid"),
        ("cpt_modifier", "P3", "not_checkable"),
        ("modifier", "LL", "unknown_code"),
        ("hcpcs", "J9999", "unknown_code"),
        ("cpt", "0001U", "valid"),
        ("cpt", None, "unknown_code"),
        ("cdt", "D0120", "not_checkable"),
    }


@pytest.mark.parametrize(
    ("served", "expected"),
    [("2026-10-14", "not_yet_valid"), ("2026-10-15", "valid"), ("2026-11-30", "valid"), ("2026-12-01", "no_longer_valid")],
)
def test_a_codes_own_days_inside_a_release_count(served: str, expected: str) -> None:
    hcpcs = release(HCPCS, "2026-10-01", "2026-12-31", [("J1100", "2026-10-15", "2026-11-30")])
    assert World([claim("1", served, lines=[{"procedure_code": "J1100"}])], hcpcs).verdicts() == {"J1100": expected}


def test_findings_name_place_reason_coder_and_charge() -> None:
    claims = [
        claim("1", "2026-10-05", "A01 A02", [{"procedure_code": "J9999", "modifier_2_code": "ZZ"}]),
        claim("2", "2026-10-05", "A03", lineage_id="L1", version_no=2, sent_date=day("2026-11-19")),
        claim("3", "2026-10-05", "A01", frequency_code="8"),
    ]
    world = World(claims, FY2027, FY2026, *(release(s, "2026-10-01", "2026-12-31", c) for s, c in ((HCPCS, "J1100"), ("modifier", "RT"))))
    found = conform(code_set_findings(world.judged, LINEAGES), CONTRACTS["mart_code_set_findings"])
    assert all(outcome.is_passed for outcome in check_contract(found, CONTRACTS["mart_code_set_findings"]))
    told = found.select(
        "version_id", "line_no", "diagnosis_no", "modifier_no", "code", "fault_code", "carc_code", "charge_amount", "is_newest"
    )
    assert told.rows() == [
        ("V1", None, 1, None, "A01", "no_longer_valid", "146", D("100.00"), False),
        ("V1", 1, None, None, "J9999", "unknown_code", "181", D("40.00"), False),
        ("V1", 1, None, 2, "ZZ", "unknown_code", "182", D("40.00"), False),
        ("V2", None, 1, None, "A03", "not_billable", "146", D("100.00"), True),
    ]
    assert found["coder_id"].to_list() == ["C7"] * 4


def test_what_has_not_the_form_of_a_code_is_shown_nowhere() -> None:
    world = World([claim("1", "2026-10-05", "SMITH SMITHSONIAN")], FY2027)
    found = code_set_findings(world.judged, LINEAGES)
    assert found.select("code", "fault_code").rows() == [(None, "unknown_code")] * 2
    assert "SMITH" not in str(world.judged.to_dict(as_series=False))


def test_coverage_carries_both_sides_of_the_rate() -> None:
    """10 checked in FY2027, 2 of them wrong: Wilson 5.7 to 51.0 %; 3 served before any list; one code set without a list."""
    claims = [claim(f"{n}", "2026-10-05", "A02" if n > 2 else "A01") for n in range(1, 11)]
    claims += [claim(f"{n}", "2026-01-05", "A01") for n in (11, 12, 13)]
    claims += [claim("14", "2026-11-05", lines=[{"procedure_code": "99213"}])]
    world = World(claims, FY2027)
    found = conform(code_set_coverage(world.judged, world.code_sets, Week(ANCHOR)), CONTRACTS["mart_code_set_coverage"])
    assert all(outcome.is_passed for outcome in check_contract(found, CONTRACTS["mart_code_set_coverage"]))
    told = found.select("system_code", "release_id", "code_count", "value_count", "checked_count", "unchecked_count", "invalid_count")
    assert told.rows() == [
        ("cpt", None, 1, 1, 0, 1, 0),
        ("icd10cm", "icd10cm 2026-10-01", 2, 10, 10, 0, 2),
        ("icd10cm", None, 1, 3, 0, 3, 0),
    ]
    row = found.row(1, named=True)
    assert (row["invalid_rate"], row["low"], row["high"]) == pytest.approx((0.2, 0.0567, 0.5098), abs=1e-4)


def coverage_check(world: World) -> Outcome:
    """The batch check on lists that ended, on what these claims are covered by."""
    coverage = conform(code_set_coverage(world.judged, world.code_sets, Week(ANCHOR)), CONTRACTS["mart_code_set_coverage"])
    return outcome_of("current_code_sets", {"mart_code_set_coverage": coverage}, ANCHOR)


@pytest.mark.parametrize(
    ("served", "sent", "failed", "checked"),
    [
        ("2026-10-01", "2026-11-16", 1, 1),
        ("2026-10-01", "2026-11-22", 1, 1),
        ("2026-10-01", "2026-11-23", 0, 0),
        ("2026-10-01", "2026-11-15", 0, 0),
        ("2026-09-30", "2026-11-16", 0, 1),
        ("2026-03-31", "2026-11-16", 0, 1),
    ],
)
def test_a_list_that_ended_is_stale_for_the_anchor_week(served: str, sent: str, failed: int, checked: int) -> None:
    """A day before the oldest list is missing history, not a stale reference."""
    world = World([claim("1", served, "A01", sent_date=day(sent))], FY2026)
    outcome = coverage_check(world)
    assert (outcome.is_passed, outcome.failed_count, outcome.checked_count) == (not failed, failed, checked)
    assert (outcome.severity, outcome.table_name) == ("warn", "mart_code_set_coverage")
    says = "the newest icd10cm list here ended on 2026-09-30; 1 of 1 codes of the week are of later days, see docs/code_sets.md"
    assert outcome.detail == (says if failed else None)


def test_a_code_set_without_codes_or_without_a_list_is_not_stale() -> None:
    world = World([claim("1", "2026-11-05", lines=[{"procedure_code": "99213"}])], FY2026)
    outcome = coverage_check(world)
    assert (outcome.is_passed, outcome.checked_count) == (True, 0)


def test_a_newer_list_makes_it_current_again() -> None:
    world = World([claim("1", "2026-11-05", "A01")], FY2026, FY2027)
    assert coverage_check(world).is_passed


def test_coming_changes_count_the_clients_own_mix() -> None:
    claims = [
        claim("1", "2026-09-05", "A01 A02 A03 A0500", [{"procedure_code": "99213"}] * 3, charge_amount=D("10.00")),
        claim("2", "2026-09-20", "A01 A01", [{"procedure_code": "99213"}], charge_amount=D("5.00")),
        claim("3", "2026-09-20", "A01", frequency_code="8"),
        claim("4", "2024-09-20", "A01", sent_date=day("2024-10-01")),
    ]
    world = World(claims, FY2026, FY2027)
    found = code_set_changes(world.values, world.code_sets, world.entries, Week(day("2026-09-21")))
    assert found.is_empty(), "the claims were sent after that week"
    before = World(
        [(version | {"sent_date": day("2026-09-22")}, dx, lines) for version, dx, lines in claims[:3]] + [claims[3]], FY2026, FY2027
    )
    found = conform(
        code_set_changes(before.values, before.code_sets, before.entries, Week(day("2026-09-21"))), CONTRACTS["mart_code_set_changes"]
    )
    assert all(outcome.is_passed for outcome in check_contract(found, CONTRACTS["mart_code_set_changes"]))
    told = found.select(
        "code", "change_code", "change_date", "is_coming", "longer_code_count", "claim_count", "line_count", "charge_amount"
    )
    first = day("2026-10-01")
    assert told.rows() == [
        ("A01", "ends", first, True, 0, 2, 4, D("15.00")),
        ("A02", "begins", first, True, 0, 1, 3, D("10.00")),
        ("A03", "becomes_heading", first, True, 2, 1, 3, D("10.00")),
    ]


def test_a_replaced_claim_is_not_counted_again() -> None:
    claims = [claim("1", "2026-09-05", "A01"), claim("2", "2026-09-05", "A01", lineage_id="L1", version_no=2)]
    world = World(claims, FY2026, FY2027)
    found = code_set_changes(world.values, world.code_sets, world.entries, Week(ANCHOR))
    assert found.select("code", "claim_count", "charge_amount").rows() == [("A01", 1, D("100.00"))]


def test_once_no_release_is_to_come_the_newest_is_told() -> None:
    world = World([claim("1", "2026-09-05", "A01")], FY2026, FY2027)
    found = code_set_changes(world.values, world.code_sets, world.entries, Week(ANCHOR))
    assert found.select("code", "change_code", "is_coming").rows() == [("A01", "ends", False)]


def test_a_codes_own_last_day_is_a_coming_change() -> None:
    hcpcs = release(
        HCPCS, "2026-10-01", "2026-12-31", [("J1100", "2002-01-01", "2026-12-31"), ("J1101", None, None), ("J1102", None, "2026-10-31")]
    )
    lines = [{"procedure_code": code} for code in ("J1100", "J1101", "J1102")]
    world = World([claim("1", "2026-10-05", lines=lines)], hcpcs)
    found = code_set_changes(world.values, world.code_sets, world.entries, Week(ANCHOR))
    assert found.select("code", "change_code", "change_date", "line_count", "charge_amount").rows() == [
        ("J1100", "ends", day("2027-01-01"), 1, D("40.00"))
    ]


@pytest.mark.parametrize(
    ("system", "first", "last"),
    [
        (ICD10CM, "2026-10-01", "2027-09-30"),
        (ICD10CM, "2027-04-01", "2027-09-30"),
        (ICD10CM, "2026-09-30", "2026-09-30"),
        (HCPCS, "2026-10-01", "2026-12-31"),
        (HCPCS, "2027-01-01", "2027-03-31"),
        (CPT, "2027-01-01", "2027-12-31"),
        ("cpt_modifier", "2026-07-01", "2026-12-31"),
    ],
)
def test_a_release_ends_with_the_period_of_its_system(system: str, first: str, last: str) -> None:
    assert usual_end(system, day(first)) == day(last)
