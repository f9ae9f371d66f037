"""The status of a measure respects its interval, targets can be agreed per client, and every number is one of mart_metrics."""

import datetime as dt

import polars as pl
import pytest

from rcm_pipeline.metrics.scorecard import mart_scorecard, measures
from rcm_pipeline.settings import ClientSettings
from rcm_pipeline.weeks import Week
from tests.tables import rows

WEEK = Week(dt.date(2026, 11, 16))


def metric(
    numerator: int | None, denominator: int | None, *, week: Week = WEEK, metric_id: str = "M09", variant: str = "full", **more: object
) -> dict:
    return {
        "metric_id": metric_id, "variant_code": variant, "period_code": "week", "period_start": week.monday, "period_end": week.sunday,
        "numerator": numerator, "denominator": denominator,
    } | more  # fmt: skip


def card(*metrics: dict, **scorecard: dict) -> pl.DataFrame:
    settings = ClientSettings.model_validate({"scorecard": scorecard})
    return mart_scorecard(rows("mart_metrics", list(metrics)), week=WEEK, settings=settings)


def status(numerator: int, denominator: int, **targets: float) -> str:
    found = card(metric(numerator, denominator), **({"initial_denial_claims": targets} if targets else {}))
    assert found.filter(pl.col("kpi_id") == "coding_accuracy")["status"].to_list() == ["not_judged"]
    return found.filter(pl.col("kpi_id") == "initial_denial_claims")["status"].item()


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [(4, 100, "green"), (5, 100, "green"), (8, 100, "amber"), (15, 100, "amber"), (150, 1000, "red"), (1, 4, "amber"), (40, 100, "red")],
)
def test_red_needs_the_whole_interval(numerator: int, denominator: int, expected: str) -> None:
    """15 of 100 is above the limit of 10 %, but its interval reaches down to 9.3 %; 15 % of 1,000 does not."""
    assert status(numerator, denominator) == expected


def test_agreed_targets_replace_the_shipped_ones() -> None:
    assert status(15, 100, target=0.2, limit=0.3) == "green"
    assert status(40, 100, target=0.2, limit=0.3) == "red"


def test_a_weekly_measure_is_the_sum_of_its_weeks_and_no_more() -> None:
    weeks = [metric(1, 10, week=WEEK.back(n)) for n in range(6)]
    row = card(*weeks).filter(pl.col("kpi_id") == "initial_denial_claims").row(0, named=True)
    assert (row["week_count"], row["numerator"], row["denominator"]) == (4, 4, 40)


def test_any_other_measure_is_read_in_its_newest_period_with_its_own_limits() -> None:
    own = {"period_code": "8 weeks", "low": 0.2, "high": 0.9}
    worked = [metric(n, 10, week=WEEK.back(9 - n), metric_id="M20", variant="d14", **own) for n in (5, 6)]
    row = card(*worked).filter(pl.col("kpi_id") == "denials_worked").row(0, named=True)
    assert (row["numerator"], row["denominator"], row["low"], row["high"]) == (6, 10, 0.2, 0.9)


def test_a_measure_without_a_work_log_is_not_judged() -> None:
    nothing = metric(None, None, metric_id="M20", variant="d14", period_code="8 weeks")
    row = card(nothing).filter(pl.col("kpi_id") == "denials_worked").row(0, named=True)
    assert (row["status"], row["denominator"], row["value_rate"]) == ("not_judged", 0, None)


def test_every_measure_is_a_defined_metric() -> None:
    from rcm_pipeline.metrics.definitions import definitions

    for measure in measures().values():
        definition = definitions()[measure["metric_id"]]
        assert measure.get("variant", "") in (definition.variants or {"": ""})


def test_without_a_complete_week_there_is_no_card() -> None:
    assert mart_scorecard(rows("mart_metrics", []), week=None, settings=ClientSettings()).is_empty()
