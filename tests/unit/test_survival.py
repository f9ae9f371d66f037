"""Kaplan-Meier on a textbook sample, and rates split into rate and mix."""

import datetime as dt

import polars as pl
import pytest

from rcm_pipeline.stats.decomposition import kitagawa
from rcm_pipeline.stats.survival import kaplan_meier, median_days, share_by

# 6-MP remission times of Freireich et al. (1963), + censored: the curve every textbook prints
WEEKS = [(6, 1), (6, 1), (6, 1), (6, 0), (7, 1), (9, 0), (10, 1), (10, 0), (11, 0), (13, 1), (16, 1), (17, 0), (19, 0), (20, 0),
         (22, 1), (23, 1), (25, 0), (32, 0), (32, 0), (34, 0), (35, 0)]  # fmt: skip
SAMPLE = pl.DataFrame({"days": [w for w, _ in WEEKS], "is_ended": [bool(e) for _, e in WEEKS], "group": "6-MP"})


def test_the_curve_is_that_of_the_textbook() -> None:
    curve = kaplan_meier(SAMPLE, ["group"]).filter(pl.col("ended_count") > 0)
    assert curve["days"].to_list() == [6, 7, 10, 13, 16, 22, 23]
    assert curve["at_risk"].to_list() == [21, 17, 15, 12, 11, 7, 6]
    assert curve["survival"].to_list() == pytest.approx([0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482], abs=1e-4)


def test_the_median_counts_those_that_still_go_on() -> None:
    found = median_days(SAMPLE, ["group"]).row(0, named=True)
    assert (found["count"], found["ended_count"], found["median_days"]) == (21, 9, 23)
    assert found["median_low_days"] == 13  # log-log limits, as R's survfit(conf.type = "log-log") gives
    assert found["median_high_days"] is None
    ongoing = median_days(SAMPLE.with_columns(pl.lit(False).alias("is_ended")), ["group"]).row(0, named=True)
    assert ongoing["median_days"] is None


def test_without_censoring_the_share_is_the_plain_one() -> None:
    plain = pl.DataFrame({"days": [1, 2, 3, 40], "is_ended": [True, True, False, False], "group": "a"})
    row = share_by(plain.with_columns(pl.when("is_ended").then("days").otherwise(50).alias("days")), ["group"], 30).row(0, named=True)
    assert row["rate"] == pytest.approx(0.5)


def trends(rows: list[tuple[dt.date, str, int, int]]) -> pl.DataFrame:
    named = [{"week": w, "payer_id": p, "root_cause": "all", "denied_count": d, "decided_count": n} for w, p, d, n in rows]
    return pl.DataFrame(named)


MON = [dt.date(2026, 11, 9), dt.date(2026, 11, 16)]


def test_rate_and_mix_effects_add_up_to_the_change() -> None:
    """A: 10 of 100 to 20 of 50; B: 30 of 100 to 30 of 150. Whole rate 0.20 to 0.25."""
    table = kitagawa(trends([(MON[0], "A", 10, 100), (MON[0], "B", 30, 100), (MON[1], "A", 20, 50), (MON[1], "B", 30, 150)]),
                     (MON[0], MON[0]), (MON[1], MON[1]), "payer_id")  # fmt: skip
    by = {r["payer_id"]: r for r in table.iter_rows(named=True)}
    assert by["A"]["rate_effect"] == pytest.approx((0.4 - 0.1) * (0.5 + 0.25) / 2)
    assert by["A"]["mix_effect"] == pytest.approx((0.25 - 0.5) * (0.1 + 0.4) / 2)
    assert by["B"]["rate_effect"] == pytest.approx((0.2 - 0.3) * (0.5 + 0.75) / 2)
    assert table["rate_effect"].sum() + table["mix_effect"].sum() == pytest.approx(0.05)


def test_what_is_new_is_all_mix_and_an_empty_period_says_nothing() -> None:
    rows = [(MON[0], "A", 10, 100), (MON[1], "A", 10, 100), (MON[1], "NEW", 50, 100)]
    table = kitagawa(trends(rows), (MON[0], MON[0]), (MON[1], MON[1]), "payer_id")
    new = table.filter(pl.col("payer_id") == "NEW").row(0, named=True)
    assert (new["rate_effect"], new["mix_effect"]) == (0.0, pytest.approx(0.5 * 0.5))
    assert table["rate_effect"].sum() + table["mix_effect"].sum() == pytest.approx(0.2)
    assert kitagawa(trends(rows[1:]), (MON[0], MON[0]), (MON[1], MON[1]), "payer_id").is_empty()
