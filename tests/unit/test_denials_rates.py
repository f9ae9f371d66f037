"""Weekly rates counted by hand, first decisions only; weeks and what changed."""

import datetime as dt

import polars as pl
import pytest

from rcm_pipeline.denials.rates.denial_rates import mart_denial_rates
from rcm_pipeline.weeks import Week, anchor_week
from tests.spec.engine import core_tables, remittance

DENIED = "CLP*{0}*1*100*0*0*CI*I{0}\nSVC*HC:99213*100*0\nCAS*CO*197*100"
PAID = "CLP*{0}*1*100*60*0*CI*I{0}\nSVC*HC:99213*100*60\nCAS*CO*45*40"
PARTLY = "CLP*{0}*1*200*60*0*CI*I{0}\nSVC*HC:99213*100*60\nCAS*CO*45*40\nSVC*HC:93000*100*0\nCAS*CO*29*100"
PENDED = "CLP*{0}*1*100*0*0*CI*I{0}\nSVC*HC:99213*100*0\nCAS*OA*133*100"
REVERSED = "CLP*{0}*22*-100*-60*0*CI*I{0}\nSVC*HC:99213*-100*-60\nCAS*CO*45*-40"
MONDAY = dt.date(2026, 11, 16)


def rates(*claims: str) -> pl.DataFrame:
    core = core_tables(remittance("\n".join(claims)))
    return mart_denial_rates(core["core_adjudications"], core["core_adjudicated_lines"], core["core_denials"], week=Week(MONDAY))


def cell(table: pl.DataFrame, metric: str, cause: str = "all", payer: str = "all") -> tuple:
    return table.filter((pl.col("metric_id") == metric) & (pl.col("root_cause") == cause) & (pl.col("payer_id") == payer)).select(
        "numerator", "denominator", "denied_amount", "charge_amount").row(0)  # fmt: skip


def test_counts_by_hand() -> None:
    table = rates(*(t.format(n) for n, t in enumerate([DENIED, PAID, PAID, PARTLY, PENDED], start=1)))
    assert cell(table, "M09")[:2] == (1, 4)
    assert cell(table, "M11")[:2] == (1, 4)
    assert tuple(map(str, cell(table, "M08"))) == ("2", "5", "200.00", "500.00")
    assert cell(table, "M08", "authorization")[:2] == (1, 5)
    assert cell(table, "M08", "timely_filing", "PAYERX")[:2] == (1, 5)
    assert table["week"].unique().to_list() == [MONDAY]
    row = table.filter((pl.col("metric_id") == "M09") & (pl.col("root_cause") == "all") & (pl.col("payer_id") == "all")).row(0, named=True)
    assert row["denial_rate"] == 0.25
    assert row["low"] == pytest.approx(0.0456, abs=1e-4)
    assert row["high"] == pytest.approx(0.6994, abs=1e-4)


def test_only_the_first_decision_of_a_claim_counts() -> None:
    table = rates(PAID.format(1), REVERSED.format(1), DENIED.format(1), PAID.format(2))
    assert cell(table, "M09")[:2] == (0, 2)


def test_an_account_number_used_again_for_another_visit_is_another_claim() -> None:
    dated = [DENIED.format(1) + f"\nDTM*472*{day}" for day in ("20261101", "20261108", "20261108")]
    assert cell(rates(*dated), "M09")[:2] == (2, 2)


def test_a_repeat_on_part_of_the_dates_or_without_dates_is_the_same_claim() -> None:
    whole = (
        "CLP*1*1*200*0*0*CI*I1\nSVC*HC:99213*100*0\nDTM*472*20261101\nCAS*CO*197*100\nSVC*HC:93000*100*0\nDTM*472*20261103\nCAS*CO*197*100"
    )
    part, undated = DENIED.format(1) + "\nDTM*472*20261103", DENIED.format(1)
    assert cell(rates(whole, part, undated), "M09")[:2] == (1, 1)


def test_a_second_level_denial_repeats_an_earlier_one() -> None:
    assert cell(rates(DENIED.format(1).replace("*197*", "*193*"), PAID.format(2)), "M09")[:2] == (0, 2)


def test_a_pended_answer_is_not_the_first_decision() -> None:
    table = rates(PENDED.format(1), DENIED.format(1))
    assert cell(table, "M09")[:2] == (1, 1)


def test_causes_sum_to_all() -> None:
    table = rates(*(t.format(n) for n, t in enumerate([DENIED, DENIED, PAID, PARTLY], start=1)))
    parts = table.filter((pl.col("metric_id") == "M08") & (pl.col("payer_id") == "all") & (pl.col("root_cause") != "all"))
    assert parts["numerator"].sum() == cell(table, "M08")[0]


@pytest.mark.parametrize(
    ("dates", "today", "anchor"),
    [
        (["2026-11-19"], "2026-11-23", "2026-11-16"),
        (["2026-11-19"], "2026-11-22", None),
        (["2026-11-12", "2026-11-16"], "2026-11-23", "2026-11-09"),
        (["2026-11-10", "2026-11-19"], "2026-11-23", "2026-11-16"),
        (["2026-11-10", "2026-11-17"], "2026-11-30", "2026-11-09"),
        (["2026-11-12", "2099-01-01"], "2026-11-23", "2026-11-09"),
        ([], "2026-11-23", None),
    ],
)
def test_the_anchor_is_the_last_complete_week(dates: list[str], today: str, anchor: str | None) -> None:
    expected = Week(dt.date.fromisoformat(anchor)) if anchor else None
    assert anchor_week({dt.date.fromisoformat(d): 1 for d in dates}, dt.date.fromisoformat(today)) == expected


@pytest.mark.parametrize(
    ("last", "anchor"),
    [
        ({0: 40}, "2026-11-16"),  # its payers pay on Mondays
        ({0: 10}, "2026-11-16"),
        ({0: 9}, "2026-11-09"),  # less than a quarter of the usual forty
        ({}, "2026-11-09"),
    ],
)
def test_a_week_is_complete_by_the_clients_own_days_and_volumes(last: dict[int, int], anchor: str) -> None:
    monday = dt.date(2026, 11, 16)
    counts = {monday - dt.timedelta(weeks=ago): 40 for ago in range(1, 6)} | {monday + dt.timedelta(days=d): n for d, n in last.items()}
    assert anchor_week(counts, dt.date(2026, 11, 23)) == Week(dt.date.fromisoformat(anchor))


def test_a_week_whose_usual_days_have_not_come_is_not_complete() -> None:
    thursday = dt.date(2026, 11, 19)
    counts = {thursday - dt.timedelta(weeks=ago): 40 for ago in range(1, 6)}
    assert anchor_week(counts | {thursday - dt.timedelta(days=2): 20}, dt.date(2026, 11, 23)) == Week(dt.date(2026, 11, 9))
    assert anchor_week(counts | {thursday: 20}, dt.date(2026, 11, 23)) == Week(dt.date(2026, 11, 16))
