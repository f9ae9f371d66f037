"""Coder accuracy: the four numbers of one chart, intervals that know codes come in charts, findings counted once."""

import datetime as dt

import polars as pl
import pytest

from rcm_pipeline.coding.accuracy import coder_accuracy
from rcm_pipeline.coding.clusters import design_effects, pooled_icc
from rcm_pipeline.coding.errors import coding_errors
from rcm_pipeline.reference import reference
from schemas.contract import conform
from schemas.registry import CONTRACTS

ANCHOR = dt.date(2026, 11, 16)


def review(number: int, coder: str, codes: int, auditor: int, right: int, stratum: str = "random", day: str = "2026-11-18") -> dict:
    return {
        "file_id": "f",
        "row_no": number + 1,
        "review_token": f"r{number}",
        "claim_token": f"c{number}",
        "coder_id": coder,
        "auditor_id": "AU1",
        "review_date": dt.date.fromisoformat(day),
        "specialty": "ED",
        "stratum_code": stratum,
        "coder_code_count": codes,
        "auditor_code_count": auditor,
        "correct_code_count": right,
    }


def accuracy(*reviews: dict) -> pl.DataFrame:
    return coder_accuracy(conform(pl.DataFrame(list(reviews)), CONTRACTS["raw_qa_reviews"]), ANCHOR)


def row(table: pl.DataFrame, method: str, scope: str = "all", period: str = "all") -> dict:
    return table.filter((pl.col("method_id") == method) & (pl.col("scope_id") == scope) & (pl.col("period_code") == period)).row(
        0, named=True
    )


def test_one_chart_three_accuracies() -> None:
    """Coder 5 codes, auditor 6, 4 match: A1 4/6, A2 4/5, A3 0/1."""
    table = accuracy(review(1, "C1", 5, 6, 4))
    assert [(row(table, m)["numerator"], row(table, m)["denominator"]) for m in ("A1", "A2", "A3")] == [(4, 6), (4, 5), (0, 1)]


def test_charts_chosen_for_risk_do_not_enter_the_rate() -> None:
    table = accuracy(review(1, "C1", 5, 5, 5), review(2, "C1", 5, 5, 0, stratum="risk"))
    assert row(table, "A1", "C1")["accuracy_rate"] == 1.0
    assert row(table, "A1", "C1")["review_count"] == 1


def test_the_quarter_holds_thirteen_weeks() -> None:
    inside, outside = review(1, "C1", 4, 4, 4, day="2026-08-24"), review(2, "C1", 4, 4, 0, day="2026-08-23")
    assert row(accuracy(inside, outside), "A1", period="quarter")["review_count"] == 1
    assert row(accuracy(inside, outside), "A1", period="all")["review_count"] == 2


def test_codes_that_fail_together_count_for_less() -> None:
    """Ten charts of five codes: all right or all wrong together is ten pieces of evidence, not fifty."""
    together = accuracy(*(review(n, "C1", 5, 5, 5 if n % 5 else 0) for n in range(1, 11)))
    apart = accuracy(*(review(n, "C1", 5, 5, 4) for n in range(1, 11)))
    assert row(together, "A1")["numerator"] == row(apart, "A1")["numerator"] == 40
    assert row(together, "A1")["effective_size"] == pytest.approx(10)
    assert row(apart, "A1")["effective_size"] == pytest.approx(50)
    assert row(together, "A1")["high"] - row(together, "A1")["low"] > 1.8 * (row(apart, "A1")["high"] - row(apart, "A1")["low"])


def test_the_icc_of_the_textbook_cases() -> None:
    charts = pl.DataFrame({"coder": ["a"] * 4, "right": [5, 5, 0, 0], "total": [5, 5, 5, 5]})
    assert pooled_icc(charts, "coder") == pytest.approx(1.0)
    assert pooled_icc(charts.with_columns(right=pl.Series([4, 4, 4, 4])), "coder") == 0.0
    assert pooled_icc(charts.head(1), "coder") == 0.0
    assert charts.select(design_effects(pl.col("total"), 0.25)).item() == pytest.approx(2.0)


def test_findings_overturned_are_shown_but_not_counted() -> None:
    reviews = conform(pl.DataFrame([review(1, "C1", 5, 5, 4), review(2, "C1", 5, 5, 4, stratum="risk")]), CONTRACTS["raw_qa_reviews"])
    found = [
        {
            "file_id": "f",
            "row_no": 2 + n,
            "review_token": token,
            "error_code": "UNITS",
            "allowed_delta_amount": delta,
            "rebuttal_code": rebuttal,
        }
        for n, (token, delta, rebuttal) in enumerate(
            [("r1", 10, "none"), ("r1", -4, "upheld"), ("r1", 99, "overturned"), ("r2", 50, "none")]
        )
    ]
    table = coding_errors(reviews, conform(pl.DataFrame(found), CONTRACTS["raw_qa_findings"]), reference("qa_errors"))
    assert table.select("error_code", "finding_count", "overturned_count", "review_count").rows() == [("UNITS", 2, 1, 1)]
    assert [str(v) for v in table.select("allowed_delta_amount", "gross_delta_amount").row(0)] == ["6.00", "14.00"]


def test_no_reviews_no_rows() -> None:
    assert coder_accuracy(conform(pl.DataFrame(), CONTRACTS["raw_qa_reviews"]).clear(), None).is_empty()
