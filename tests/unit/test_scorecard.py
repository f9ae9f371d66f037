"""The status of a measure respects its interval, and targets can be agreed per client."""

import datetime as dt

import polars as pl
import pytest

from rcm_pipeline.metrics.scorecard import Facts, scorecard
from schemas.contract import conform
from schemas.registry import CONTRACTS

ANCHOR = dt.date(2026, 11, 16)


def empty(name: str) -> pl.DataFrame:
    return conform(pl.DataFrame(), CONTRACTS[name]).clear()


def status(numerator: int, denominator: int, **targets: float) -> tuple:
    rates = conform(
        pl.DataFrame(
            [
                {
                    "metric_id": "M09",
                    "week": ANCHOR,
                    "payer_id": "all",
                    "root_cause": "all",
                    "numerator": numerator,
                    "denominator": denominator,
                    "denial_rate": 0.0,
                    "low": 0.0,
                    "high": 1.0,
                    "denied_amount": 0,
                    "charge_amount": 0,
                    "is_complete": True,
                }
            ]
        ),
        CONTRACTS["mart_denial_rates"],
    )
    facts = Facts(rates, empty("mart_coder_accuracy"), empty("core_adjudications"), empty("core_denials"), empty("raw_touches"))
    card = scorecard(facts, ANCHOR, {"initial_denial_claims": targets} if targets else {})
    row = card.filter(pl.col("kpi_id") == "initial_denial_claims").row(0, named=True)
    assert card.filter(pl.col("kpi_id") == "coding_accuracy")["status"].to_list() == ["not_judged"]
    return row["status"], row["value_rate"]


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [(4, 100, "green"), (5, 100, "green"), (8, 100, "amber"), (15, 100, "amber"), (150, 1000, "red"), (1, 4, "amber"), (40, 100, "red")],
)
def test_red_needs_the_whole_interval(numerator: int, denominator: int, expected: str) -> None:
    """15 of 100 is above the limit of 10 %, but its interval reaches down to 9.3 %; 15 % of 1,000 does not."""
    assert status(numerator, denominator)[0] == expected


def test_agreed_targets_replace_the_shipped_ones() -> None:
    assert status(15, 100, target=0.2, limit=0.3)[0] == "green"
    assert status(40, 100, target=0.2, limit=0.3)[0] == "red"


def test_nothing_complete_nothing_judged() -> None:
    facts = Facts(
        empty("mart_denial_rates"), empty("mart_coder_accuracy"), empty("core_adjudications"), empty("core_denials"), empty("raw_touches")
    )
    assert scorecard(facts, None, {}).is_empty()
