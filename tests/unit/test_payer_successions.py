"""A payer under a new name: one series falls silent, another begins."""

import datetime as dt

import polars as pl
import pytest

from dashboards.spikes import succession_lines
from rcm_pipeline.denials.spikes.successions import mart_payer_successions
from rcm_pipeline.weeks import Week
from tests.tables import rows as table_rows

ANCHOR = dt.date(2026, 11, 16)


def rates(**payers: tuple[int, int, int]) -> pl.DataFrame:
    """Weeks before the anchor of the first and the last decision, and claims decided a week, by payer."""
    return table_rows(
        "mart_denial_rates",
        [
            {"metric_id": metric, "payer_id": payer, "root_cause": "coding", "week": ANCHOR - dt.timedelta(weeks=back), "numerator": 1, "denominator": claims}
            for payer, (first, last, claims) in payers.items()
            for back in range(last, first + 1)
            for metric in ("M09", "M11")
        ],
    )  # fmt: skip


def pairs(**payers: tuple[int, int, int]) -> list[tuple[str, str]]:
    found = mart_payer_successions(rates(OTHER=(40, 0, 100), **payers), week=Week(ANCHOR))
    return found.select("payer_id", "successor_id").rows()


def test_one_that_falls_silent_when_another_begins_is_a_hint() -> None:
    found = mart_payer_successions(rates(OTHER=(40, 0, 100), OLD=(40, 7, 50), NEW=(6, 0, 60)), week=Week(ANCHOR))
    row = found.row(0, named=True)
    assert (row["payer_id"], row["successor_id"]) == ("OLD", "NEW")
    assert (row["last_week"], row["first_week"]) == (dt.date(2026, 9, 28), dt.date(2026, 10, 5))
    assert (row["decided_before"], row["decided_since"]) == (50, 60)
    (line,) = succession_lines(found, {"OLD": "Old Payer", "NEW": "New Payer"})
    assert line.startswith("Old Payer decided nothing after the week 28 Sep")
    assert "New Payer (NEW) began" in line


@pytest.mark.parametrize(
    "new",
    [(6, 0, 150), (6, 0, 20), (2, 0, 50), (12, 0, 50), (6, 5, 50)],
    ids=["far more claims", "far fewer", "long after", "long before", "silent too"],
)
def test_what_is_no_hint(new: tuple[int, int, int]) -> None:
    assert pairs(OLD=(40, 7, 50), NEW=new) == []


def test_a_pause_and_a_payer_hardly_seen_are_no_hint() -> None:
    assert pairs(OLD=(40, 3, 50), NEW=(2, 0, 50)) == []
    assert pairs(OLD=(12, 7, 50), NEW=(6, 0, 50)) == []
    assert pairs() == []
    assert mart_payer_successions(rates(), week=Week(ANCHOR)).is_empty()
