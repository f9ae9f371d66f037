"""Every measure on the golden world, each counted by hand (the counting is told beside the numbers)."""

import datetime as dt
from decimal import Decimal as D

import polars as pl
import pytest

from rcm_pipeline.metrics.definitions import definitions
from tests.unit.golden_world import world

TO_DATE = "to date"
# metric, variant, first day of the period, numerator, denominator; None where there is none
GOLDEN = [
    # M01: the file of 7 Sep is rejected by its 999, the one sent again two days later is not
    ("M01", "", "2026-08-03", 1, 1), ("M01", "", "2026-08-31", 1, 1), ("M01", "", "2026-09-07", 1, 2), ("M01", "", "2026-11-16", 1, 1),
    # M02: H is turned back (A7) on 2 Nov; E's first version was never answered by a 277CA
    ("M02", "versions", "2026-08-03", 0, 5), ("M02", "versions", "2026-09-07", 0, 2), ("M02", "versions", "2026-11-02", 1, 2),
    ("M02", "versions", "2026-11-09", 0, 1),
    # as claims: C counts by its version of 31 Aug, H by the accepted one of 9 Nov
    ("M02", "claims", "2026-08-03", 0, 4), ("M02", "claims", "2026-08-31", 0, 1), ("M02", "claims", "2026-11-02", 0, 1),
    ("M02", "claims", "2026-11-09", 0, 1),
    # M03: first versions only; H's was turned back
    ("M03", "", "2026-08-03", 5, 5), ("M03", "", "2026-09-07", 1, 1), ("M03", "", "2026-11-02", 1, 2),
    # M04: of A (reversed later), B, C (denied) and K only K needed nothing; E answers its second version
    ("M04", "", "2026-08-17", 1, 4), ("M04", "", "2026-08-31", 0, 1), ("M04", "", "2026-11-16", 0, 2),
    # M06, M07: Aug B and C; Sep D; Oct S; Nov G. Sent: Aug A-D and K; Sep E twice and S; C's replacement does not count
    ("M06", "", "2026-08-01", 2, 0), ("M06", "", "2026-09-01", 1, 5), ("M06", "", "2026-10-01", 1, 8), ("M06", "", "2026-11-01", 1, 8),
    ("M07", "", "2026-08-01", 500, 0), ("M07", "", "2026-09-01", 400, 1100), ("M07", "", "2026-11-01", 100, 2200),
    # M08: lines A, B, C twice and K; D is pended then. B and C's second line denied
    ("M08", "lines", "2026-08-17", 2, 5), ("M08", "charges", "2026-08-17", 400, 700), ("M08", "lines", "2026-08-31", 1, 1),
    ("M08", "lines", "2026-11-16", 1, 2), ("M08", "charges", "2026-11-16", 100, 600),
    ("M09", "full", "2026-08-17", 1, 4), ("M09", "full_or_partial", "2026-08-17", 2, 4), ("M09", "full", "2026-10-05", 1, 1),
    ("M09", "full", "2026-11-16", 1, 2),
    # M10: payments of nothing (B, D pended, D denied, S, G) in four weeks
    ("M10", "", "2026-07-27", 2, 5), ("M10", "", "2026-08-10", 3, 6), ("M10", "", "2026-09-14", 1, 3), ("M10", "", "2026-10-26", 1, 3),
    ("M11", "", "2026-08-17", 1, 4), ("M11", "", "2026-11-16", 0, 2),
    # M12: of five sent on 3 Aug B and C are denied after 17 days, D after 31; of E and S, S after 29
    ("M12", "d30", "2026-08-03", 2, 5), ("M12", "d60", "2026-08-03", 3, 5), ("M12", "d90", "2026-08-03", 3, 5),
    ("M12", "d30", "2026-09-07", 1, 2), ("M12", "d30", "2026-11-02", 1, 2),
    # M13: D expired on 3 Nov; B, E and A stand paid. M14: D's 400 at 790/1200 allowed; allowed of B, C, E, A
    ("M13", "", "2026-08-24", 1, 4), ("M14", "", "2026-08-24", "263.33", 560),
    # M15: B overturned, D expired
    ("M15", "count", TO_DATE, 1, 2), ("M15", "charges", TO_DATE, 200, 600), ("M15", "allowed", TO_DATE, "131.67", 395),
    ("M16", "mean", TO_DATE, 5, 1), ("M16", "median", TO_DATE, None, 1), ("M17", "", TO_DATE, None, 5),
    # M18: open are C, G and S
    ("M18", "", TO_DATE, "263.33", None),
    # M19: D and S preventable, G in part. M20: S touched after ten days. M21: deadlines of B and D passed, D's untouched
    ("M19", "", "2026-08-24", 550, 600), ("M20", "d14", "2026-09-14", 1, 1), ("M20", "d7", "2026-09-21", 0, 1),
    ("M21", "", "2026-08-24", "263.33", 395),
    # M22: B, C and S reworked, C denied again for 50. M23: seven decisions, no duplicate
    ("M22", "", TO_DATE, 1, 3), ("M23", "", "2026-08-24", 0, 7), ("M24", "", "2026-08-24", 0, 600),
    # M25: A loses 30, B gains; WO takes 40; paid 150 + 60 + 300 + 50. M26: G's 96 has no remark; nine payments
    ("M25", "", "2026-08-24", 70, 560), ("M26", "", "2026-08-24", 1, 9),
    # M27: E and S coded after 5 days, G and H after 1, Q after 3. M28: three asked, one open 12 days, one of two changed
    ("M27", "coding", "2026-08-24", 2, 5), ("M27", "bill_hold", "2026-08-24", 5, 5), ("M27", "charge_lag", "2026-08-24", 4, 5),
    ("M27", "coding_median", "2026-08-24", None, 5),
    ("M28", "rate", "2026-08-24", 3, 5), ("M28", "overdue", "2026-08-24", 1, 1), ("M28", "precision", "2026-08-24", 1, 2),
    # M29: one payer, four causes, six weeks with decisions: too little history to judge any
    ("M29", "", "2026-11-16", 0, 0),
]  # fmt: skip
VALUES = [
    ("M05", "", "2026-11-16", 0.5),  # 1 of 1, 1 of 1, and E of E and G
    ("M06", "", "2026-09-01", 0.6),  # 3 x 1 / 5
    ("M12", "d30", "2026-11-02", None),  # G of G and H is denied, but nobody had 30 days yet
    ("M16", "median", TO_DATE, 5.0),
    ("M17", "", TO_DATE, 61.0),  # at risk 4 on day 35 (B), 2 on day 61 (D): 3/4, then 3/8
    ("M18", "", TO_DATE, 263.33),
    ("M27", "coding_median", "2026-08-24", 3.0),
    ("M27", "bill_hold_median", "2026-08-24", 1.0),
    ("M27", "charge_lag_median", "2026-08-24", 4.0),
]


@pytest.fixture(scope="module")
def tables() -> dict[str, pl.DataFrame]:
    return world()


def row(tables: dict[str, pl.DataFrame], metric: str, variant: str, start: str) -> dict:
    day = None if start == TO_DATE else dt.date.fromisoformat(start)
    found = tables["mart_metrics"].filter(
        (pl.col("metric_id") == metric) & (pl.col("variant_code") == variant) & pl.col("period_start").eq_missing(day)
    )
    assert found.height == 1, f"{metric} {variant} {start}: {found.height} rows"
    return found.row(0, named=True)


@pytest.mark.parametrize(("metric", "variant", "start", "numerator", "denominator"), GOLDEN)
def test_both_sides_of_the_fraction(tables: dict, metric: str, variant: str, start: str, numerator: object, denominator: object) -> None:
    found = row(tables, metric, variant, start)
    want = [None if side is None else D(str(side)) for side in (numerator, denominator)]
    assert [found["numerator"], found["denominator"]] == want


@pytest.mark.parametrize(("metric", "variant", "start", "value"), VALUES)
def test_values_that_are_no_plain_fraction(tables: dict, metric: str, variant: str, start: str, value: float) -> None:
    assert row(tables, metric, variant, start)["value"] == pytest.approx(value)


def test_every_defined_measure_has_a_golden_case() -> None:
    told = {(case[0], case[1]) for case in [*GOLDEN, *VALUES]}
    defined = {
        (d.metric_id, variant) for d in definitions().values() if d.metric_id.startswith("M") for variant in (d.variants or {"": ""})
    }
    assert told == defined


def test_periods_that_may_still_change_say_so(tables: dict) -> None:
    assert not row(tables, "M06", "", "2026-11-01")["is_complete"]  # the month is not over
    assert not row(tables, "M06", "", "2026-10-01")["is_mature"]  # nothing is known of July
    assert row(tables, "M12", "d90", "2026-08-03")["is_mature"]
    assert not row(tables, "M12", "d90", "2026-09-07")["is_mature"]
    assert row(tables, "M04", "", "2026-08-17")["is_mature"]
    assert not row(tables, "M04", "", "2026-11-16")["is_mature"]  # touches may still come


def test_what_became_of_each_denial(tables: dict) -> None:
    outcomes = tables["mart_denial_outcomes"].select(
        "claim_token", "resolution_code", "resolved_date", "channel_code", "recovered_amount", "is_repeat"
    )
    assert outcomes.sort("claim_token").rows() == [
        ("B", "overturned", dt.date(2026, 9, 24), "appeal", D(150), False),
        ("C", "open", None, None, D(0), True),
        ("D", "expired", dt.date(2026, 11, 3), None, D(0), False),
        ("G", "open", None, None, D(0), False),
        ("S", "open", None, None, D(0), False),
    ]


def test_where_each_claim_is(tables: dict) -> None:
    statuses = tables["core_claim_lineages"].select("claim_token", "version_count", "status_code").sort("claim_token").rows()
    assert statuses == [
        ("A", 1, "paid"), ("B", 1, "paid"), ("C", 2, "partly_denied"), ("D", 1, "denied"), ("E", 2, "paid"), ("G", 1, "denied"),
        ("H", 2, "unanswered"), ("K", 1, "paid"), ("Q", 1, "unanswered"), ("S", 1, "denied"),
    ]  # fmt: skip
    waiting = tables["mart_unmatched"].select("side_code", "lineage_id", "age_days").rows()
    assert waiting == [("claim", "H-P1", 13), ("claim", "Q-P1", 5)]


def test_the_worklist_puts_what_brings_most_first_and_what_is_late_last(tables: dict) -> None:
    """Chances: priors, drawn to what is worked and old: B was won (6 of 11), C was not (5 of 11). Cost: minutes x rate of the priors."""
    listed = tables["mart_worklist"].select("rank", "claim_token", "urgency", "days_left", "net_amount").rows()
    assert listed == [
        (1, "G", "open", 57, D("2.50")),  # 65.83 x 0.20 - 10.67
        (2, "S", "doubtful", 15, D("-4.89")),  # 65.83 x 6/11 - 40.80
        (3, "C", "doubtful", 15, D("-30.15")),  # 131.67 x 5/11 - 90.00
        (4, "D", "late", -20, D("49.83")),  # 263.33 x 0.25 - 16.00
    ]
