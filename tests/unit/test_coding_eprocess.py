"""Evidence against a coder: by hand, over time, and how often it is false."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from scipy.integrate import quad
from scipy.stats import beta, binom

from rcm_pipeline.errors import InputError
from rcm_pipeline.stats.eprocess import EvidenceSettings, evidence, log_evidence

SETTINGS = EvidenceSettings()
MONTHS = [dt.date(2026, month, 1) for month in range(1, 13)]


def looks(*counts: tuple[float | None, float | None], coder: str = "C1") -> pl.DataFrame:
    return pl.DataFrame(
        [(coder, month, right, total) for month, (right, total) in zip(MONTHS, counts, strict=False)],
        schema={"coder_id": pl.String, "date": pl.Date, "right": pl.Float64, "total": pl.Float64},
        orient="row",
    )


def one(right: float, wrong: float) -> float:
    return float(np.exp(log_evidence(np.array([right]), np.array([wrong]), SETTINGS))[0])


@pytest.mark.parametrize(("right", "wrong"), [(0, 1), (1, 0), (9, 1), (90, 10), (170, 30), (40.5, 2.5)])
def test_it_is_the_average_likelihood_below_the_standard(right: float, wrong: float) -> None:
    def ratio(q: float) -> float:
        return float((q / 0.95) ** right * ((1 - q) / 0.05) ** wrong * beta.pdf(q, 18, 2))

    assert one(right, wrong) == pytest.approx(quad(ratio, 0, 0.95)[0] / beta.cdf(0.95, 18, 2), rel=1e-7)


def test_no_data_is_no_evidence() -> None:
    assert one(0, 0) == pytest.approx(1.0)


def test_its_mean_is_one_at_the_standard_and_less_above() -> None:
    wrong = np.arange(41.0)
    e = np.exp(log_evidence(40 - wrong, wrong, SETTINGS))
    assert e @ binom.pmf(wrong, 40, 0.05) == pytest.approx(1.0)
    assert e @ binom.pmf(wrong, 40, 0.03) < 1
    assert e @ binom.pmf(wrong, 40, 0.10) > 5


def test_a_share_of_a_chart_is_no_more_than_its_mean_of_right_and_wrong() -> None:
    """What makes shares valid: e after a chart of 0.8 right <= 0.8 e(right) + 0.2 e(wrong)."""
    for before in ((0, 0), (20, 3), (100, 5)):
        right, wrong = before
        assert one(right + 0.8, wrong + 0.2) <= 0.8 * one(right + 1, wrong) + 0.2 * one(right, wrong + 1)


def test_the_alarm_rings_once_and_is_dated() -> None:
    found = evidence(looks((8, 10), (7, 10), (8, 10), (10, 10), (10, 10)))
    assert found["is_alarm"].to_list() == [False, True, True, True, True]
    assert found["alarm_date"].unique().to_list() == [MONTHS[1]]
    assert found["e_value"].to_list()[1] >= 20 > found["e_value"].to_list()[0]
    assert found["cumulative_right"].to_list() == [8, 15, 23, 33, 43]


def test_an_alarm_is_not_taken_back_when_evidence_falls() -> None:
    found = evidence(looks((4, 10), *[(100, 100)] * 6))
    assert found["e_value"][-1] < 20
    assert found["is_alarm"].all()


def test_months_without_data_change_nothing_and_order_is_by_date() -> None:
    full = looks((9, 10), (None, None), (0, 0), (7, 10))
    found = evidence(full.reverse())
    assert found["date"].to_list() == MONTHS[:4]
    assert found["e_value"][0] == found["e_value"][1] == found["e_value"][2]
    assert found["e_value"][3] == pytest.approx(one(16, 4))
    assert found["total"].to_list() == [10, 0, 0, 10]


def test_coders_do_not_touch_and_a_good_one_has_no_date() -> None:
    both = pl.concat([looks((2, 10), coder="bad"), looks((10, 10), (10, 10), coder="good")])
    found = evidence(both)
    assert found.filter(pl.col("coder_id") == "good")["alarm_date"].null_count() == 2
    assert found.filter(pl.col("coder_id") == "good").equals(evidence(both.filter(pl.col("coder_id") == "good")))


def test_weeks_end_where_the_month_does() -> None:
    weekly = evidence(looks((3, 3), (2, 3), (2, 3), (1, 1)))
    assert weekly["e_value"][-1] == pytest.approx(evidence(looks((8, 10)))["e_value"][0])


@pytest.mark.parametrize(("right", "wrong"), [(20_000, 50), (50_000, 300), (300_000, 9_000), (40_000, 1_200)])
def test_far_above_the_standard_it_is_small_and_finite(right: int, wrong: int) -> None:
    """Where the incomplete beta function is zero for a float: against the integral in logarithms."""
    q = 0.95 - np.geomspace(1e-9, 0.2, 400_000)[::-1]
    log = right * np.log(q / 0.95) + wrong * np.log((1 - q) / 0.05) + beta.logpdf(q, 18, 2)
    expected = np.log(np.trapezoid(np.exp(log), q)) - beta.logcdf(0.95, 18, 2)
    assert log_evidence(np.array([float(right)]), np.array([float(wrong)]), SETTINGS)[0] == pytest.approx(expected, abs=2e-3)


def test_far_below_the_standard_it_does_not_overflow() -> None:
    found = evidence(looks((0, 100_000)))
    assert np.isfinite(found["e_value"][0])
    assert found["log_e_value"][0] > 200_000


def test_a_coder_at_the_standard_is_accused_in_at_most_2_5_percent_of_24_months() -> None:
    """Exactly: errors are carried on only where nothing has rung."""
    for size in (1, 5, 10, 20, 50):
        alive, rung = np.ones(1), 0.0
        for look in range(1, 25):
            alive = np.convolve(alive, binom.pmf(np.arange(size + 1), size, 0.05))
            wrong = np.arange(len(alive), dtype=float)
            rings = log_evidence(size * look - wrong, wrong, SETTINGS) >= np.log(20)
            rung += alive[rings].sum()
            alive[rings] = 0
        assert 0.004 < rung <= 0.025


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"right": 11.0}, "right"),
        ({"right": -1.0}, "right"),
        ({"right": None}, "right"),
        ({"right": float("nan")}, "right"),
        ({"total": float("inf")}, "total"),
        ({"date": MONTHS[1]}, "date"),
        ({"date": None}, "date"),
        ({"coder_id": None}, "coder_id"),
    ],
)
def test_what_is_refused(change: dict, named: str) -> None:
    rows = looks((9, 10), (9, 10)).to_dicts()
    rows[0] |= change
    with pytest.raises(InputError, match=f"^{named} is wrong in"):
        evidence(pl.DataFrame(rows, schema=looks().schema))


def test_settings_and_columns_are_checked() -> None:
    with pytest.raises(InputError, match="alarm"):
        evidence(looks((9, 10)), settings=EvidenceSettings(alarm=0.5))
    with pytest.raises(InputError, match="total"):
        evidence(looks((9, 10)).drop("total"))
    assert evidence(looks()).is_empty()
