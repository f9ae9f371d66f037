"""A coder over months: when the evidence rings, what counts afresh, and what would settle it."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest

from rcm_pipeline.coding.people.turns import coder_turns

WEAK, FINE = [1.0] * 5 + [0.6] * 5, [1.0] * 10
NONE = pl.DataFrame(schema={"coder_id": pl.String, "month": pl.Date})


def month(number: int) -> dt.date:
    """January 2025 is 0."""
    return dt.date(2025 + number // 12, number % 12 + 1, 1)


def charts(*months: Sequence[float], coder: str = "C1") -> pl.DataFrame:
    rows = [(coder, month(number), score) for number, scores in enumerate(months) for score in scores]
    return pl.DataFrame(rows, schema={"coder_id": pl.String, "month": pl.Date, "score": pl.Float64}, orient="row")


def educations(*numbers: int, coder: str = "C1") -> pl.DataFrame:
    return pl.DataFrame([(coder, month(number)) for number in numbers], schema=NONE.schema, orient="row")


def turn(rows: pl.DataFrame, taught: pl.DataFrame = NONE, *, below: float = 0.95, above: float = 0.95) -> dict[str, Any]:
    (found,) = coder_turns(rows, taught, below=below, above=above).to_dicts()
    return found


def test_a_weak_coder_rings_and_charts_count_afresh_from_the_next_month() -> None:
    now, later = turn(charts(WEAK, WEAK)), turn(charts(WEAK, WEAK, FINE))
    assert (now["alarm_date"], now["since_date"], now["alarm_count"]) == (month(1), month(0), 1)
    assert now["evidence"] >= 20
    assert (later["alarm_date"], later["since_date"], later["since_chart_count"], later["since_rate"]) == (month(1), month(2), 10, 1.0)
    assert later["evidence"] < 1
    assert not later["is_educated"]


def test_an_education_after_the_alarm_begins_the_count_and_one_before_it_does_not() -> None:
    rows = charts(WEAK, WEAK, FINE, FINE, FINE, FINE)
    taught = turn(rows, educations(0, 4))
    assert (taught["since_date"], taught["since_chart_count"], taught["is_educated"]) == (month(4), 20, True)
    assert turn(rows, educations(0))["since_date"] == month(2)
    assert (turn(rows, educations(1))["since_date"], turn(rows, educations(1))["is_educated"]) == (month(2), True)
    assert turn(rows, educations(3, 5))["since_date"] == month(3), "a second education drops nothing"


def test_a_recovery_is_shown_and_dated_and_a_relapse_rings_again() -> None:
    well = turn(charts(WEAK, WEAK, *[FINE] * 14), educations(1))
    assert month(9) < well["recovered_date"] < month(15)
    assert (well["alarm_count"], well["is_repeated"], well["settling_count"]) == (1, False, None)
    relapsed = turn(charts(WEAK, WEAK, *[FINE] * 14, *[WEAK] * 3), educations(1))
    assert (relapsed["alarm_count"], relapsed["recovered_date"], relapsed["is_repeated"]) == (2, well["recovered_date"], False)
    assert relapsed["alarm_date"] >= month(16)


def test_ringing_again_without_recovery_is_repeated() -> None:
    found = turn(charts(*[WEAK] * 8))
    assert found["alarm_count"] > 1
    assert found["is_repeated"]


def test_ten_bad_months_after_an_alarm_do_not_hide_a_recovery_for_good() -> None:
    """Nobody wrote the education down: the detector finds when the charts turned."""
    found = turn(charts(WEAK, WEAK, *[[1.0] * 7 + [0.8] * 3] * 10, *[FINE] * 30))
    assert found["recovered_date"] is not None


@pytest.mark.parametrize(("scores", "settles"), [([1.0] * 5 + [0.9] * 5, None), (FINE, "above"), ([1.0] * 8 + [0.6] * 2, "below")])
def test_what_would_settle_it(scores: list[float], settles: str | None) -> None:
    """All of ten right: ln(10 x 3) less what is won, over ln 1.05 a chart. At the standard on average: nothing like it settles."""
    found = turn(charts(scores))
    assert found["settles_as"] == settles
    if settles == "above":
        won = 10 * np.log(1.05) + np.log(6 / np.pi**2)
        assert found["settling_count"] == np.ceil((np.log(10 * 3) - won) / np.log(1.05))
        reached = turn(charts(scores, FINE * (found["settling_count"] // 10 + 1)))
        assert reached["above_evidence"] >= 10
        assert (reached["settling_count"], reached["settles_as"]) == (None, None)


def test_below_ten_charts_nothing_is_promised() -> None:
    assert turn(charts(FINE[:9]))["settling_count"] is None


def test_coders_do_not_touch() -> None:
    both = pl.concat([charts(*[WEAK] * 3), charts(FINE, [], FINE, FINE, coder="C2")])
    alone = coder_turns(charts(FINE, [], FINE, FINE, coder="C2"), NONE, below=0.95, above=0.95)
    assert coder_turns(both, educations(1), below=0.95, above=0.95).filter(pl.col("coder_id") == "C2").equals(alone)


def test_a_standard_that_auditors_lower_accuses_later() -> None:
    assert turn(charts(WEAK), below=0.90)["evidence"] < turn(charts(WEAK))["evidence"]
    assert turn(charts(FINE), above=0.97)["above_evidence"] < turn(charts(FINE))["above_evidence"]


def test_no_chart_no_row() -> None:
    assert coder_turns(charts(), NONE, below=0.95, above=0.95).is_empty()
