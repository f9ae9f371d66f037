"""The whole life of a claim, written by hand: paid, denied, taken back, split, duplicated, corrected; what every table makes of it."""

import datetime as dt

import polars as pl
import pytest

from tests.unit.lives import batch, claim, clp, listed, metric, outcomes, payment, reversal, standing, tables_of

PAID, DENIED = ("99213", "100", "80", "CO*45*20"), ("99213", "100", "0", "CO*197*100")
OTHER_PAID, OTHER_DENIED = ("85025", "50", "40", "CO*45*10"), ("85025", "50", "0", "CO*50*50")
AGAIN = ("99213", "100", "0", "OA*18*100")
OTHER_AGAIN = ("85025", "50", "0", "OA*18*50")
SENT = batch(claim("A1", ("99213", "100"), ("85025", "50")), day="20261005")


def test_a_claim_split_over_two_claim_payments_of_one_payment_is_partly_denied() -> None:
    tables = tables_of(SENT, payment(clp("A1", "I1", PAID), clp("A1", "I2", OTHER_DENIED), day="20261106"))
    assert standing(tables) == {"A1/P": ("partly_denied", 80.0)}
    assert outcomes(tables) == [("A1", True, "open", 0.0)]
    assert listed(tables) == ["A1"]
    assert metric(tables, "M11") == (1, 1)


@pytest.mark.parametrize("is_denied_first", [False, True])
def test_a_claim_split_over_two_payments_a_week_apart_is_partly_denied(is_denied_first: bool) -> None:
    days = ("20261113", "20261106") if is_denied_first else ("20261106", "20261113")
    tables = tables_of(SENT, payment(clp("A1", "I1", PAID), day=days[0]), payment(clp("A1", "I2", OTHER_DENIED), day=days[1]))
    assert standing(tables) == {"A1/P": ("partly_denied", 80.0)}
    assert outcomes(tables) == [("A1", True, "open", 0.0)]
    assert listed(tables) == ["A1"]
    lines = tables["core_adjudicated_lines"]
    assert lines["is_first"].to_list() == lines["is_current"].to_list() == [True, True]


def test_paid_then_taken_back_and_denied_is_a_denial_of_its_own() -> None:
    tables = tables_of(
        SENT,
        payment(clp("A1", "I1", PAID, OTHER_PAID), day="20261009"),
        payment(reversal("A1", "I1", PAID, OTHER_PAID), clp("A1", "I2", DENIED, OTHER_PAID), day="20261120"),
    )
    assert standing(tables) == {"A1/P": ("partly_denied", 40.0)}
    assert outcomes(tables) == [("A1", False, "open", 0.0)]
    assert listed(tables) == ["A1"]
    assert metric(tables, "M08")[0] == 0
    assert metric(tables, "M18")[0] > 0
    series = tables["mart_denial_rates"].filter((pl.col("metric_id") == "M08R") & (pl.col("payer_id") == "P1"))
    found = series.filter(pl.col("root_cause") == "authorization").select("week", "numerator", "denominator").rows()
    assert found == [(dt.date(2026, 11, 16), 1, 2)]
    [row] = tables["mart_denial_outcomes"].iter_rows(named=True)
    assert (row["deadline_date"] - row["denied_date"]).days == 60  # takeback_days of a PPO in clocks.tsv; an appeal would have 180


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_duplicate_denied_on_the_day_its_original_is_paid_is_no_work(order: tuple[int, int]) -> None:
    answers = [clp("A1", "I1", PAID, OTHER_PAID), clp("A1", "I2", AGAIN, OTHER_AGAIN)]
    again = batch(claim("A1", ("99213", "100"), ("85025", "50")), day="20261006")
    tables = tables_of(SENT, again, payment(*(answers[n] for n in order), day="20261106"))
    assert standing(tables) == {"A1/P": ("paid", 120.0)}
    assert outcomes(tables) == []
    assert listed(tables) == []
    assert metric(tables, "M23")[0] == 1


@pytest.mark.parametrize("correction", [clp("A1", "I2", PAID, OTHER_AGAIN), clp("A1", "I2", PAID)])
def test_a_correction_that_pays_only_the_denied_line_overturns_it(correction: list[str]) -> None:
    tables = tables_of(SENT, payment(clp("A1", "I1", DENIED, OTHER_PAID), day="20261009"), payment(correction, day="20261106"))
    assert standing(tables) == {"A1/P": ("paid", 120.0)}
    assert outcomes(tables) == [("A1", True, "overturned", 80.0)]
    assert metric(tables, "M15", "count") == (1, 1)


def test_one_of_two_denied_lines_paid_leaves_the_other_on_the_list() -> None:
    tables = tables_of(SENT, payment(clp("A1", "I1", DENIED, OTHER_DENIED), day="20261106"), payment(clp("A1", "I2", PAID), day="20261120"))
    assert standing(tables) == {"A1/P": ("partly_denied", 80.0)}
    [row] = tables["mart_denial_outcomes"].iter_rows(named=True)
    assert (row["resolution_code"], row["line_count"], row["open_line_count"]) == ("open", 2, 1)
    assert row["at_risk_amount"] <= 50
    assert listed(tables) == ["A1"]


def test_an_overturn_turned_round_is_a_second_denial() -> None:
    tables = tables_of(
        batch(claim("A1", ("99213", "100")), day="20261001"),
        payment(clp("A1", "I1", DENIED), day="20261009"),
        payment(clp("A1", "I2", PAID), day="20261023"),
        payment(reversal("A1", "I2", PAID), clp("A1", "I3", DENIED), day="20261120"),
    )
    found = tables["mart_denial_outcomes"].sort("episode_no")
    assert found.select("episode_no", "is_initial", "line_count").rows() == [(1, True, 1), (2, False, 1)]
    assert found["resolution_code"].to_list()[1] == "open"


def test_a_duplicate_denied_after_the_original_was_taken_back_is_no_duplicate() -> None:
    tables = tables_of(
        batch(claim("A1", ("99213", "100")), day="20261001"),
        payment(clp("A1", "I1", PAID), day="20261009"),
        payment(reversal("A1", "I1", PAID), clp("A1", "I2", AGAIN), day="20261120"),
    )
    assert standing(tables) == {"A1/P": ("denied", 0.0)}
    [denial] = tables["core_denials"].iter_rows(named=True)
    assert (denial["root_cause"], denial["review_reason"], denial["expected_amount"] > 0) == ("unspecified", "payer_logic", True)
    assert outcomes(tables) == [("A1", False, "open", 0.0)]


def test_our_own_void_is_no_takeback() -> None:
    tables = tables_of(
        batch(claim("A1", ("99213", "100")), day="20260901"),
        payment(clp("A1", "I1", PAID), day="20260918"),
        batch(claim("A1", ("99213", "100"), frequency="8", original="I1"), day="20260921"),
        payment(reversal("A1", "I1", PAID), day="20261009"),
        payment(clp("B1", "I9", PAID), day="20261120"),
    )
    assert metric(tables, "M25")[0] == 0
    quality = tables["mart_payer_quality"].filter((pl.col("rule_id") == "Q7") & (pl.col("payer_id") == "all"))
    assert quality["failure_count"].to_list() == [0]


def test_a_correction_dated_before_its_reversal_is_its_correction() -> None:
    tables = tables_of(
        batch(claim("A1", ("99213", "100")), day="20260901"),
        payment(clp("A1", "I1", PAID), day="20260918"),
        payment(clp("A1", "I2", ("99213", "100", "60", "CO*45*40")), day="20261009"),
        payment(reversal("A1", "I1", PAID), day="20261016"),
        payment(clp("B1", "I9", PAID), day="20261127"),
    )
    assert standing(tables)["A1/P"] == ("paid", 60.0)
    assert tables["core_reversals"]["correction_answer_id"].null_count() == 0
    assert metric(tables, "M25")[0] == 20


@pytest.mark.parametrize(("adjustments", "expected"), [("CO*45*30+CO*50*70", 70.0), ("OA*23*80+PR*96*20", 20.0)])
def test_what_is_expected_is_never_more_than_what_is_denied(adjustments: str, expected: float) -> None:
    likes = [clp(f"L{n}", f"J{n}", ("99213", "100", "100", "")) for n in range(20)]
    tables = tables_of(payment(*likes, clp("A1", "I1", ("99213", "100", "0", adjustments)), day="20261106"))
    assert tables["core_denials"]["expected_amount"].cast(pl.Float64).to_list() == [expected]


@pytest.mark.parametrize("status", ["2", "20"])
def test_the_answer_of_a_secondary_never_closes_the_primary(status: str) -> None:
    sent = batch(claim("A1", ("99213", "100")), day="20261001")
    denied = payment(clp("A1", "J1", ("99213", "100", "0", "OA*23*80+PR*27*20"), status=status), day="20261106", payer="P2")
    assert standing(tables_of(sent, denied)) == {"A1/P": ("unanswered", None), "A1/S": ("denied", 0.0)}
    lines = ("REF*6R*L1",)
    garbled = payment(clp("A1X", "I1", PAID, more=["NM1*IL*1*DOE*JANE****MI*M1"]), day="20261030")
    both = standing(tables_of(sent, garbled, denied))
    assert both["A1/P"] == ("paid", 80.0), lines
    assert both["A1/S"][0] == "denied"
