"""What a client reads: numbers, dates and one-sentence answers."""

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest

from dashboards import scorecard, texts
from schemas.contract import widened
from schemas.registry import CONTRACTS


@pytest.mark.parametrize(
    ("said", "words_for_it"),
    [
        (texts.percent(0.1234), "12.3\u00a0%"), (texts.percent(None), "–"), (texts.interval(0.1, 0.25), "10.0–25.0\u00a0%"), (texts.interval(None, None), ""),
        (texts.dollars(Decimal("1234567.89")), "$1,234,568"), (texts.dollars(Decimal("-3.2")), "−$3"), (texts.dollars(None), "–"),
        (texts.week(dt.date(2026, 11, 16)), "16–22 Nov 2026"), (texts.week(dt.date(2026, 9, 28)), "28 Sep–4 Oct 2026"), (texts.week(None), "–"),
        (texts.day(dt.date(2026, 1, 5)), "5 Jan 2026"), (texts.title("NORTHLAKE HEALTH PLAN"), "Northlake Health Plan"), (texts.title("UnitedCare"), "UnitedCare"),
        (texts.cause("timely_filing"), "Timely filing"), (texts.cause("all"), "All causes"), (texts.disposition("denied_full"), "Denied in full"),
    ],
)  # fmt: skip
def test_words(said: str, words_for_it: str) -> None:
    assert said == words_for_it


def test_the_scorecard_says_what_is_off_target_first() -> None:
    def row(kpi: str, status: str) -> dict:
        return {
            "kpi_id": kpi,
            "metric_id": "M09",
            "week": dt.date(2026, 11, 16),
            "week_count": 4,
            "unit_code": "claims",
            "numerator": 1,
            "denominator": 2,
            "value_rate": 0.5,
            "target_rate": 0.1,
            "limit_rate": 0.2,
            "direction": "lower",
            "status": status,
            "owner": "x",
        }

    card = widened(
        pl.DataFrame([row("balanced_remittances", "green"), row("initial_denial_claims", "red"), row("coding_accuracy", "amber")]),
        CONTRACTS["mart_scorecard"],
    )
    assert scorecard.headline(card) == (
        "Off target: claims denied at first decision. Watch: coding accuracy (code over code). 1 of 3 measures are on target.")  # fmt: skip
