"""Coders against the standard, and whether the auditors who judge them agree."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from rcm_pipeline.coding.accuracy.em_levels import mart_em_levels
from rcm_pipeline.coding.people.auditors import is_withheld, mart_auditor_agreement, mart_auditor_quality
from rcm_pipeline.coding.people.coders import mart_coder_standing
from rcm_pipeline.settings import Qa
from rcm_pipeline.weeks import Week
from schemas.contract import empty
from schemas.registry import CONTRACTS
from tests.tables import rows as table_rows
from tests.unit.qa_tables import ANCHOR, code, finding, review, table

Rows = list[dict[str, Any]]


def charts(coder: str, count: int, wrong: int, first: int) -> Rows:
    """Charts of five codes over the months before the anchor, `wrong` of them with one code wrong, spread evenly."""
    rows = []
    for n in range(count):
        day = dt.date(2026, 11, 20) - dt.timedelta(days=3 * n)
        is_wrong = (n * wrong) // count != ((n + 1) * wrong) // count
        rows.append(review(first + n, coder, right=4 if is_wrong else 5, day=f"{day}"))
    return rows


def standing(
    rows: Rows, *, method: str = "A1", is_withheld: bool = False, quality: pl.DataFrame | None = None, actions: Rows | None = None
) -> dict[str, dict[str, Any]]:
    judged = empty(CONTRACTS["mart_auditor_quality"]) if quality is None else quality
    agreed = table_rows("mart_auditor_agreement", [{"category_code": "any", "is_enough": False}] if is_withheld else [])
    given = table("core_qa_reviews", rows), table("core_qa_findings", []), table("raw_qa_actions", actions or []), judged, agreed
    found = mart_coder_standing(*given, week=Week(ANCHOR), settings=Qa(method=method, standard=0.95))
    return {row["coder_id"]: row for row in found.iter_rows(named=True)}


def test_groups_and_no_rank() -> None:
    """C1 right in all of 100 charts, C2 with one of five codes wrong in every chart and never taught, C3 seen too little."""
    found = standing([*charts("C1", 100, 0, 1), *charts("C2", 100, 100, 200), *charts("C3", 4, 1, 400)])
    assert {coder: row["group_code"] for coder, row in found.items()} == {"C1": "above", "C2": "below", "C3": "unclear"}
    assert (found["C2"]["numerator"], found["C2"]["denominator"], found["C2"]["review_count"]) == (400, 500, 100)
    assert found["C2"]["below_chance"] > 0.99
    assert found["C2"]["accuracy_rate"] < found["C2"]["shrunk_rate"]


def test_monthly_looks_ring_for_the_weak_coder_and_stay_silent_for_the_good() -> None:
    found = standing([*charts("C1", 100, 10, 1), *charts("C2", 100, 100, 200)])
    assert found["C1"]["alarm_date"] is None
    assert found["C1"]["evidence"] < 1
    assert found["C2"]["alarm_count"] > 1
    assert dt.date(2026, 1, 1) < found["C2"]["alarm_date"] < ANCHOR


def test_nobody_is_below_before_the_evidence_rings() -> None:
    """Two charts wrong of ten: likely below by the chance of the moment, but bad luck looks the same."""
    early = standing(charts("C1", 10, 2, 1), method="A3")["C1"]
    assert (early["alarm_date"], early["group_code"]) == (None, "unclear")
    assert early["below_chance"] > 0.8


def taught(number: int, day: str, action: str = "Education, one to one") -> dict[str, Any]:
    return {
        "file_id": "f",
        "row_no": number + 1,
        "review_token": f"r{number}",
        "action_code": action,
        "action_date": dt.date.fromisoformat(day),
    }


def turning(wrong_until: str) -> Rows:
    """100 charts from January on, one of five codes wrong in each coded until that day, and none after."""
    return [
        row | ({"correct_code_count": 4, "is_right": False} if f"{row['review_date']}" <= wrong_until else {})
        for row in charts("C1", 100, 0, 1)
    ]


def test_a_coder_who_was_taught_is_let_go_until_charts_tell() -> None:
    """One code in five wrong until mid July, all right from then on; below in the spring, taught on 14 July."""
    rows = turning("2026-07-14")
    untaught, educated = standing(rows)["C1"], standing(rows, actions=[taught(1, "2026-07-14")])["C1"]
    assert (untaught["group_code"], untaught["is_repeated"]) == ("below", True)
    assert (educated["group_code"], educated["since_date"], educated["is_educated"]) == ("retrained", dt.date(2026, 7, 1), True)
    assert educated["since_chart_count"] == sum(row["week"] >= dt.date(2026, 7, 1) for row in rows)
    assert educated["settles_as"] == "recovered"


def test_an_education_that_did_not_help_lets_nobody_go() -> None:
    """One code in five wrong in every chart to the end, taught in June and again in September."""
    row = standing(turning("2026-12-31"), actions=[taught(1, "2026-06-10"), taught(2, "2026-09-10")])["C1"]
    assert row["is_repeated"]
    assert row["group_code"] == "below"


@pytest.mark.parametrize("action", ["Query to the provider", "guideline updated"])
def test_only_an_education_begins_the_count(action: str) -> None:
    assert not standing(turning("2026-07-14"), actions=[taught(1, "2026-07-14", action)])["C1"]["is_educated"]


def test_what_auditors_call_wrong_without_reason_accuses_nobody() -> None:
    """Auditors call one right code in ten wrong: a coder with one code wrong in every other chart is what they would make of a good one."""
    counts = {"wrong_count": 100, "caught_count": 100, "good_count": 1000, "passed_count": 900}
    quality = table("mart_auditor_quality", [{"auditor_id": "AU1", **counts}])
    row = standing(charts("C1", 100, 50, 1), quality=quality)["C1"]
    assert row["below_standard_rate"] == pytest.approx(0.95 * 901 / 1002 + 0.05 * (1 - 101 / 102))
    assert row["above_standard_rate"] == 0.95
    assert row["alarm_date"] is None
    assert standing(charts("C1", 100, 50, 1))["C1"]["alarm_date"] is not None


def test_groups_are_withheld_where_the_auditors_do_not_agree() -> None:
    found = standing(charts("C2", 100, 100, 1), is_withheld=True)
    assert found["C2"]["group_code"] == "withheld"
    assert found["C2"]["accuracy_rate"] == 0.8


def test_accuracy_is_corrected_for_what_auditors_miss_and_see_too_much() -> None:
    """10 % of codes seen wrong by auditors who catch 80 % and pass 98 %: truly (0.10 - 0.02) / 0.78 of them are."""
    counts = {"wrong_count": 100, "caught_count": 80, "good_count": 100, "passed_count": 98}
    quality = table("mart_auditor_quality", [{"auditor_id": "AU1", **counts}])
    found = standing(charts("C1", 100, 50, 1), quality=quality)["C1"]
    assert found["corrected_rate"] == pytest.approx(1 - 0.08 / 0.78)
    assert found["corrected_low"] < found["corrected_rate"] < found["corrected_high"]
    assert standing(charts("C1", 100, 50, 1), method="A3", quality=quality)["C1"]["corrected_rate"] is None


def test_only_what_was_known_at_the_anchor() -> None:
    later = [row | {"week": ANCHOR + dt.timedelta(weeks=1)} for row in charts("C1", 50, 50, 1)]
    assert standing(later) == {}
    assert standing([]) == {}


def pair(number: int, *, first: bool, second: bool, auditors: tuple[str, str] = ("AU1", "AU2")) -> tuple[Rows, Rows]:
    """A chart reviewed twice, and who found wrong units on it."""
    rows = [
        review(number, auditor_id=auditors[0]),
        review(number + 1000, claim_token=f"c{number}", kind_code="second", auditor_id=auditors[1]),
    ]
    found = [finding(n) for n, said in ((number, first), (number + 1000, second)) if said]
    return rows, found


def agreed(*pairs: tuple[Rows, Rows]) -> dict[str, dict[str, Any]]:
    reviews, found = ([row for part in pairs for row in part[side]] for side in (0, 1))
    told = mart_auditor_agreement(
        table("core_qa_reviews", reviews), table("core_qa_findings", found), week=Week(ANCHOR), settings=Qa(minimum_agreement=0.6)
    )
    return {row["category_code"]: row for row in told.iter_rows(named=True)}


def test_agreement_is_counted_chart_by_chart() -> None:
    """40 charts: both found it on 4, one on 2, neither on 34. pe = 2 × .125 × .875, AC1 = (.95 - pe) / (1 - pe)."""
    said = [(True, True)] * 4 + [(True, False)] * 2 + [(False, False)] * 34
    found = agreed(*(pair(n, first=a, second=b) for n, (a, b) in enumerate(said, start=1)))
    row = found["UNITS"]
    assert [row[f"{name}_count"] for name in ("chart", "both", "one", "neither")] == [40, 4, 2, 34]
    assert row["agreement_rate"] == 0.95
    chance = 2 * 0.125 * 0.875
    assert row["ac1"] == pytest.approx((0.95 - chance) / (1 - chance))
    assert row["is_enough"] is True
    assert found["any"]["both_count"] == 4


@pytest.mark.parametrize(("charts_each", "is_enough", "withheld"), [(8, False, True), (2, None, False)])
def test_too_little_agreement_withholds_groups_but_too_few_charts_do_not(charts_each: int, is_enough: bool | None, withheld: bool) -> None:
    """Auditors who differ on half of the charts: shown on sixteen, not yet told on four."""
    said = [(True, False)] * charts_each + [(True, True)] * (charts_each // 2) + [(False, False)] * (charts_each // 2)
    reviews, found = ([row for n, (a, b) in enumerate(said, start=1) for row in pair(n, first=a, second=b)[side]] for side in (0, 1))
    told = mart_auditor_agreement(
        table("core_qa_reviews", reviews), table("core_qa_findings", found), week=Week(ANCHOR), settings=Qa(minimum_agreement=0.6)
    )
    assert told.filter(pl.col("category_code") == "any")["is_enough"].to_list() == [is_enough]
    assert is_withheld(told) is withheld


def test_charts_reviewed_twice_without_a_finding_agree() -> None:
    found = agreed(*(pair(n, first=False, second=False) for n in range(1, 16)))
    assert list(found) == ["any"]
    assert (found["any"]["chart_count"], found["any"]["neither_count"], found["any"]["agreement_rate"]) == (15, 15, 1.0)


def test_an_error_told_only_by_counts_is_an_error() -> None:
    """One auditor says four of five codes are right, the other all: they do not agree, whatever the findings sheet leaves out."""
    reviews = [row for n in range(1, 21) for row in pair(n, first=False, second=False)[0]]
    for row in reviews[::2]:
        row |= {"correct_code_count": 4, "is_right": False}
    told = mart_auditor_agreement(
        table("core_qa_reviews", reviews), table("core_qa_findings", []), week=Week(ANCHOR), settings=Qa(minimum_agreement=0.6)
    )
    assert told.select("category_code", "agreement_rate", "is_enough").rows() == [("any", 0.0, False)]


def test_a_second_look_by_the_same_auditor_is_no_double_review() -> None:
    assert agreed(pair(1, first=True, second=True, auditors=("AU1", "AU1"))) == {}


def test_auditors_are_held_against_the_key_and_against_rebuttals() -> None:
    """The key has two errors on one chart of five codes, four of them right; the auditor finds one of them and one that is none."""
    charts_ = [
        review(1, auditor_id="KEY", claim_token="k", kind_code="calibration", right=4),
        review(2, auditor_id="AU1", claim_token="k", kind_code="calibration", right=4),
        review(3, auditor_id="AU1"),
        review(4, auditor_id="AU1"),
    ]
    found = [
        finding(1), finding(1, "POA", finding_no=2), finding(2), finding(2, "DRG", finding_no=2),
        finding(3, rebuttal_code="overturned", is_counted=False), finding(4, rebuttal_code="upheld"),
    ]  # fmt: skip
    (row,) = mart_auditor_quality(table("core_qa_reviews", charts_), table("core_qa_findings", found), week=Week(ANCHOR)).to_dicts()
    assert row["auditor_id"] == "AU1"
    assert [row[name] for name in ("wrong_count", "caught_count", "good_count", "passed_count")] == [2, 1, 4, 3]
    assert [row[name] for name in ("review_count", "finding_count", "rebutted_count", "overturned_count")] == [2, 2, 2, 1]
    assert (row["sensitivity"], row["specificity"], row["overturn_rate"]) == (0.5, 0.75, 0.5)


def test_levels_lean_up_or_down() -> None:
    """Coded 99213 to 99215 against 99213: 0, +1, +2; and 99212 against 99213: -1."""
    coded = ["99213", "99214", "99215", "99212"]
    codes = [
        code(n, 1, code_kind="em", coder_code=one, auditor_code="99213", level_difference=int(one[-1]) - 3)
        for n, one in enumerate(coded, 1)
    ]
    reviews = table("core_qa_reviews", [review(n) for n in range(1, 5)])
    row = mart_em_levels(reviews, table("core_qa_codes", codes), week=Week(ANCHOR)).filter(pl.col("scope_code") == "all").row(0, named=True)
    assert [row[f"{name}_count"] for name in ("pair", "exact", "near", "over", "under")] == [4, 1, 3, 2, 1]
    assert row["bias"] == pytest.approx(0.5)
    assert row["bias_low"] < 0 < row["bias_high"]
    assert row["weighted_kappa"] == 0.0  # the audited level never varies, so nothing is beyond chance


@pytest.mark.parametrize("codes", [["99212", "99213", "99214"], ["99308-AI", "99309", "99310"]])
def test_levels_are_those_of_the_category_with_or_without_modifiers(codes: list[str]) -> None:
    """Audited 2, 3, 4 of the category, coded 2, 4, 4: seen 1/3, by chance 2/3 + 8/9 + 1/9, kappa 4/5. The last digit is no level."""
    rows = [
        code(n, 1, code_kind="em", coder_code="x", auditor_code=one, level_difference=off)
        for n, (one, off) in enumerate(zip(codes, (0, 1, 0), strict=True), 1)
    ]
    reviews = table("core_qa_reviews", [review(n) for n in range(1, 4)])
    found = mart_em_levels(reviews, table("core_qa_codes", rows), week=Week(ANCHOR)).filter(pl.col("scope_code") == "all")
    assert found["weighted_kappa"].item() == pytest.approx(0.8)
