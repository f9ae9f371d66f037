"""Coder accuracy: seven methods of the same charts, intervals that know codes come in charts, findings counted once."""

import datetime as dt
from typing import Any

import polars as pl
import pytest

from rcm_pipeline.coding.accuracy.clusters import design_effects, pooled_icc
from rcm_pipeline.coding.accuracy.coder_accuracy import mart_coder_accuracy
from rcm_pipeline.coding.accuracy.em_levels import mart_em_levels
from rcm_pipeline.coding.accuracy.errors import mart_cert_split, mart_coding_errors
from rcm_pipeline.coding.people.auditors import mart_auditor_agreement, mart_auditor_quality
from rcm_pipeline.settings import Qa
from rcm_pipeline.stats.ratstats import attribute_limits
from rcm_pipeline.weeks import Week
from schemas.contract import empty
from schemas.registry import CONTRACTS
from tests.unit.qa_tables import ANCHOR, code, finding, review, table

Rows = list[dict[str, Any]]


def accuracy(reviews: Rows, codes: Rows | None = None, findings: Rows | None = None) -> pl.DataFrame:
    made = table("core_qa_reviews", reviews), table("core_qa_codes", codes or []), table("core_qa_findings", findings or [])
    return mart_coder_accuracy(*made, empty(CONTRACTS["ops_qa_samples"]), week=Week(ANCHOR))


def row(found: pl.DataFrame, method: str, scope: str = "all", period: str = "all", week: dt.date = ANCHOR) -> dict[str, Any]:
    own = (pl.col("method_id") == method) & (pl.col("scope_id") == scope) & (pl.col("period_code") == period) & (pl.col("week") == week)
    return found.filter(own).row(0, named=True)


def test_one_chart_four_accuracies() -> None:
    """The example of the specification: coder 5 codes, auditor 6, 4 match, 1 wrong, 2 missed: A1 4/6, A2 4/5, A3 0/1, A7 2/5."""
    found = accuracy([review(1, coded=5, audited=6, right=4, finding_count=3)], findings=[finding(1), finding(1), finding(1)])
    sides = {method: (row(found, method)["numerator"], row(found, method)["denominator"]) for method in ("A1", "A2", "A3", "A7")}
    assert sides == {"A1": (4, 6), "A2": (4, 5), "A3": (0, 1), "A7": (2, 5)}


def test_weights_are_points_lost_of_five_a_code() -> None:
    """Two charts of 4 codes are worth 40 points; findings of 3 and 2 points leave 35. A chart loses no more than it is worth."""
    charts = [review(1, coded=4, audited=4, right=2), review(2, coded=4, audited=4, right=4)]
    found = accuracy(charts, findings=[finding(1), finding(1, weight=2), finding(2, weight=5, is_counted=False)])
    assert (row(found, "A5")["numerator"], row(found, "A5")["denominator"], row(found, "A5")["unit_code"]) == (35, 40, "points")
    ruined = accuracy(charts, findings=[finding(1, weight=5)] * 9)
    assert (row(ruined, "A5")["numerator"], row(ruined, "A5")["denominator"]) == (20, 40)


def test_dollars_gross_and_net_of_charts_whose_every_code_has_them() -> None:
    """Audited $300: one code $30 too high, one $10 too low. Gross 260/300, net 320/300. A chart with an unknown amount is left out."""
    amounts = {"auditor_allowed_amount": 100, "allowed_delta_amount": 0}
    codes = [
        code(1, 1, **amounts),
        code(1, 2, **amounts | {"allowed_delta_amount": 30}),
        code(2, 1, **amounts | {"allowed_delta_amount": -10}),
        code(3, 1, **amounts),
        code(3, 2),
    ]
    found = accuracy([review(n) for n in (1, 2, 3)], codes)
    gross, net = row(found, "A4_gross"), row(found, "A4_net")
    assert [(float(r["numerator"]), float(r["denominator"]), r["review_count"]) for r in (gross, net)] == [(260, 300, 2), (320, 300, 2)]
    assert net["accuracy_rate"] == pytest.approx(320 / 300)
    assert net["high"] > 1 > net["low"]
    assert gross["high"] <= 1


def test_the_interval_of_dollars_is_that_of_a_ratio() -> None:
    """Charts of (right, total) = (90, 100), (100, 100), (40, 50): R = .92, residuals -2, 8, -6, so SE = sqrt(3/2 × 104)/250."""
    totals = {1: (100, 10), 2: (100, 0), 3: (50, 10)}
    codes = [code(n, 1, auditor_allowed_amount=all_, allowed_delta_amount=off) for n, (all_, off) in totals.items()]
    found = row(accuracy([review(n) for n in totals], codes), "A4_gross")
    assert found["accuracy_rate"] == pytest.approx(0.92)
    reach = 4.302653 * (1.5 * 104) ** 0.5 / 250  # t of 2 degrees
    assert (found["low"], found["high"], found["interval_code"]) == (pytest.approx(0.92 - reach, abs=1e-6), 1.0, "difference")


def test_visits_by_level_and_codes_by_family() -> None:
    em = {"code_kind": "em", "code_family": "evaluation", "coder_code": "99214", "auditor_code": "99213"}
    codes = [
        code(1, 1, **em, verdict_code="changed", level_difference=1),
        code(1, 2, **em | {"coder_code": "99213"}, level_difference=0),
        code(1, 3),
        code(1, 4, auditor_code=None, verdict_code="extra"),
        code(1, 5, coder_code=None, verdict_code="missed"),
    ]
    found = accuracy([review(1)], codes)
    assert (row(found, "A6")["numerator"], row(found, "A6")["denominator"], row(found, "A6")["unit_code"]) == (1, 2, "visits")
    families = {(m, f): row(found, m, f)["accuracy_rate"] for m in ("A1", "A2") for f in ("evaluation", "surgery")}
    assert families == {("A1", "evaluation"): 0.5, ("A2", "evaluation"): 0.5, ("A1", "surgery"): 0.5, ("A2", "surgery"): 0.5}


def test_by_category_charts_without_a_finding_of_it() -> None:
    found = accuracy([review(n) for n in range(1, 5)], findings=[finding(1), finding(1), finding(2, is_counted=False), finding(3, "POA")])
    sides = {name: (row(found, "A3", name)["numerator"], row(found, "A3", name)["denominator"]) for name in ("UNITS", "POA")}
    assert sides == {"UNITS": (3, 4), "POA": (3, 4)}


@pytest.mark.parametrize(
    "change", [{"stratum_code": "risk"}, {"kind_code": "second"}, {"kind_code": "calibration"}, {"kind_code": "reaudit"}]
)
def test_only_first_reviews_of_random_charts_enter_the_rate(change: dict[str, str]) -> None:
    found = accuracy([review(1), review(2, right=0, **change)])
    assert row(found, "A1", "C1")["accuracy_rate"] == 1.0
    assert row(found, "A1", "C1")["review_count"] == 1


def test_quarters_roll_and_weeks_stand_alone() -> None:
    inside, outside = review(1, day="2026-08-24"), review(2, right=0, day="2026-08-23")
    found = accuracy([inside, outside])
    assert row(found, "A1", period="quarter")["review_count"] == 1
    assert row(found, "A1", period="all")["review_count"] == 2
    before = row(found, "A1", period="quarter", week=ANCHOR - dt.timedelta(weeks=1))
    assert before["review_count"] == 2
    assert found.filter((pl.col("period_code") == "week") & (pl.col("scope_code") == "all"))["week"].unique().to_list() == [
        dt.date(2026, 8, 24)
    ]


def test_what_is_reviewed_after_the_anchor_week_is_not_known() -> None:
    assert row(accuracy([review(1), review(2, right=0, day="2026-11-23")]), "A1")["review_count"] == 1


def test_codes_that_fail_together_count_for_less() -> None:
    """Ten charts of five codes: all right or all wrong together is ten pieces of evidence, not fifty."""
    together = accuracy([review(n, right=5 if n % 5 else 0) for n in range(1, 11)])
    apart = accuracy([review(n, right=4) for n in range(1, 11)])
    assert row(together, "A1")["numerator"] == row(apart, "A1")["numerator"] == 40
    assert row(together, "A1")["effective_size"] == pytest.approx(10)
    assert row(apart, "A1")["effective_size"] == pytest.approx(50)
    assert row(together, "A1")["high"] - row(together, "A1")["low"] > 1.8 * (row(apart, "A1")["high"] - row(apart, "A1")["low"])


def test_a_chart_under_two_numbers_counts_once_by_its_latest() -> None:
    again = review(9, right=0, day="2026-11-19", claim_token="c1")
    assert row(accuracy([review(1), review(2), again]), "A3")["numerator"] == 1
    assert row(accuracy([review(1), review(2), again]), "A3")["denominator"] == 2
    other = review(9, "C2", right=0, claim_token="c1")  # somebody else's coding of the same account
    assert row(accuracy([review(1), review(2), other]), "A3")["denominator"] == 3


def test_charts_that_are_all_alike_are_not_certain() -> None:
    charts = [review(n) for n in range(1, 11)]
    points = row(accuracy(charts), "A5")
    assert points["accuracy_rate"] == points["high"] == 1.0
    assert points["low"] == row(accuracy(charts), "A3")["low"] < 0.8
    money = [code(n, 1, auditor_allowed_amount=100, allowed_delta_amount=0) for n in range(1, 11)]
    gross = row(accuracy(charts, money), "A4_gross")
    assert (gross["accuracy_rate"], gross["low"], gross["high"], gross["interval_code"]) == (1.0, None, None, "none")


def test_charts_of_a_small_frame_have_exact_limits() -> None:
    """20 of 100 charts, 3 with an error: the limits of the errors in the 100 by the hypergeometric distribution."""
    charts = [review(n, right=5 if n > 3 else 4, selection_rate=0.2, frame_count=100) for n in range(1, 21)]
    assert row(accuracy(charts[:15]), "A3")["interval_code"] == "wilson"  # a draw not reviewed to its end
    found, exact = row(accuracy(charts), "A3"), attribute_limits(100, 20, 3, 0.95)
    assert (found["interval_code"], found["low"], found["high"]) == ("exact_finite", 1 - exact.upper / 100, 1 - exact.lower / 100)
    endless = [chart | {"selection_rate": 0.01, "frame_count": 2000} for chart in charts]
    assert row(accuracy(endless), "A3")["interval_code"] == "wilson"


def test_the_icc_of_the_textbook_cases() -> None:
    charts = pl.DataFrame({"coder": ["a"] * 4, "right": [5, 5, 0, 0], "total": [5, 5, 5, 5]})
    assert pooled_icc(charts, "coder") == pytest.approx(1.0)
    assert pooled_icc(charts.with_columns(right=pl.Series([4, 4, 4, 4])), "coder") == 0.0
    assert pooled_icc(charts.head(1), "coder") == 0.0
    assert charts.select(design_effects(pl.col("total"), 0.25)).item() == pytest.approx(2.0)


def test_findings_overturned_are_shown_but_not_counted() -> None:
    reviews = table("core_qa_reviews", [review(1), review(2, stratum_code="risk"), review(3, "C2")])
    found = [
        finding(1, allowed_delta_amount=10),
        finding(1, allowed_delta_amount=-4, rebuttal_code="upheld", direction_code="under"),
        finding(1, allowed_delta_amount=99, rebuttal_code="overturned", is_counted=False),
        finding(2, allowed_delta_amount=50),
    ]
    errors = mart_coding_errors(reviews, table("core_qa_findings", found), week=Week(ANCHOR))
    of_client = errors.filter(pl.col("scope_code") == "all")
    assert of_client.select("error_code", "finding_count", "chart_count", "overturned_count", "review_count").rows() == [
        ("UNITS", 2, 1, 1, 2)
    ]
    assert of_client.select("over_count", "under_count").row(0) == (1, 1)
    assert [str(v) for v in of_client.select("allowed_delta_amount", "gross_delta_amount").row(0)] == ["6.00", "14.00"]
    assert errors.filter(pl.col("scope_code") == "coder").select("scope_id", "review_count").rows() == [("C1", 1)]


def test_the_cert_split_stands_beside_the_published_one() -> None:
    reviews = table("core_qa_reviews", [review(n) for n in range(1, 5)])
    found = [finding(1), finding(2), finding(3), finding(4, "DOC_INSUFFICIENT", cert_code="insufficient_documentation")]
    split = mart_cert_split(mart_coding_errors(reviews, table("core_qa_findings", found), week=Week(ANCHOR)))
    by = {r["cert_code"]: r for r in split.iter_rows(named=True)}
    assert (by["incorrect_coding"]["finding_share"], by["insufficient_documentation"]["finding_share"]) == (0.75, 0.25)
    assert by["insufficient_documentation"]["published_share"] == 0.595
    assert (by["no_documentation"]["finding_count"], by["no_documentation"]["published_share"]) == (0, None)
    assert all((r["published_share"] is None) == (r["source"] is None) for r in by.values())


def test_no_reviews_no_rows() -> None:
    assert accuracy([]).is_empty()
    empties = [empty(CONTRACTS[name]) for name in ("core_qa_reviews", "core_qa_codes", "core_qa_findings", "ops_qa_samples")]
    assert mart_coder_accuracy(*empties, week=None).is_empty()


def test_every_table_of_a_page_is_of_the_same_charts() -> None:
    """What is reviewed after the anchor week is in none of them."""
    later = {"day": "2026-12-14"}
    reviews = table(
        "core_qa_reviews", [review(1), review(2, **later), review(3, kind_code="second", auditor_id="AU2", claim_token="c2", **later)]
    )
    found = table("core_qa_findings", [finding(1), finding(2), finding(3)])
    codes = table("core_qa_codes", [code(n, 1, code_kind="em", auditor_code="99213", level_difference=0) for n in (1, 2)])
    errors = mart_coding_errors(reviews, found, week=Week(ANCHOR))
    assert errors.filter(pl.col("scope_code") == "all").select("finding_count", "review_count").rows() == [(1, 1)]
    assert mart_em_levels(reviews, codes, week=Week(ANCHOR))["pair_count"].unique().to_list() == [1]
    assert mart_auditor_agreement(reviews, found, week=Week(ANCHOR), settings=Qa(minimum_agreement=0.6)).is_empty()
    assert mart_auditor_quality(reviews, found, week=Week(ANCHOR))["review_count"].to_list() == [1]
