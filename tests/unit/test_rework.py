"""Rework cost by hand, and a range that Monte Carlo agrees with."""

import datetime as dt
import random
from decimal import Decimal

import polars as pl
import pytest

from rcm_pipeline.denials.outcomes.denial_outcomes import mart_denial_outcomes
from rcm_pipeline.rework.cost import default_parameters, mart_rework_costs
from rcm_pipeline.weeks import Week
from schemas.vocabulary.denials import ROOT_CAUSES
from tests.spec.engine import core_tables, remittance
from tests.tables import rows

ANCHOR = dt.date(2026, 11, 16)
PAID = "CLP*P{0}*1*100*50*0*CI*I{0}\nSVC*HC:99213*100*50\nCAS*CO*45*50"
DENIED = "CLP*D{0}*1*1000*0*0*CI*J{0}\nSVC*HC:99213*1000*0\nCAS*CO*29*1000"


def costs(claims: list[str], touches: list[dict] | None = None) -> pl.DataFrame:
    core = core_tables(remittance("\n".join(claims)))
    tables = {
        name: core[f"core_{name}"]
        for name in ("claim_lineages", "claim_versions", "adjudications", "adjudicated_lines", "denials", "reversals", "payers")
    }
    outcomes = mart_denial_outcomes(*tables.values(), rows("raw_touches", touches or []), week=Week(ANCHOR))
    return mart_rework_costs(outcomes, week=Week(ANCHOR))


def touch(number: int, minutes: int) -> dict:
    return {
        "file_id": "f",
        "row_no": number + 2,
        "claim_token": f"D{number}",
        "touched_date": dt.date(2026, 11, 20),
        "activity_code": "call",
        "minutes": Decimal(minutes),
    }


def test_the_prior_by_hand() -> None:
    """One timely-filing denial of 1,000 at a payer that allows half: see the arithmetic in each line."""
    row = costs([PAID.format(1), DENIED.format(1)]).filter(pl.col("root_cause") == "timely_filing").row(0, named=True)
    labour_each = 30 / 60 * 32.0 * 1.2
    assert row["labour_per_denial_amount"] == Decimal("19.20") == Decimal(str(round(labour_each, 2))).quantize(Decimal("0.01"))
    assert row["labour_amount"] == Decimal("11.52")  # 0.6 worked
    assert row["loss_amount"] == Decimal("425.00")  # 500 expected, 0.6 x 0.25 recovered
    assert row["delay_amount"] == Decimal("0.74")  # 75 x 45/365 x 0.08
    assert row["total_amount"] == Decimal("437.26")
    assert row["total_low_amount"] < row["total_amount"] < row["total_high_amount"]
    assert row["source_code"] == "prior"


def test_a_rich_touch_log_replaces_the_prior() -> None:
    claims = [PAID.format(1), *(DENIED.format(n) for n in range(40))]
    row = costs(claims, [touch(n, 10 + n % 3) for n in range(30)]).filter(pl.col("root_cause") == "timely_filing").row(0, named=True)
    assert (row["source_code"], row["denial_count"], row["worked_count"]) == ("measured", 40, 30)
    assert row["worked_rate"] == 0.75
    assert row["minutes_per_denial"] == pytest.approx(11.0)


def test_twenty_nine_worked_denials_are_not_enough() -> None:
    claims = [PAID.format(1), *(DENIED.format(n) for n in range(40))]
    assert costs(claims, [touch(n, 10) for n in range(29)])["source_code"].unique().to_list() == ["prior"]


def test_a_claim_counts_once_however_many_lines_were_denied() -> None:
    two = "CLP*D1*1*300*0*0*CI*J1\nSVC*HC:99213*100*0\nCAS*CO*29*100\nSVC*HC:93000*200*0\nCAS*CO*197*200"
    table = costs([PAID.format(1), two])
    assert table.select("root_cause", "denial_count", "denied_amount").rows() == [
        ("authorization", 1, Decimal("300.00")),
        ("all", 1, Decimal("300.00")),
    ]


def test_the_range_agrees_with_monte_carlo() -> None:
    claims = [PAID.format(1), *(DENIED.format(n) for n in range(100))]
    row = costs(claims).filter(pl.col("root_cause") == "timely_filing").row(0, named=True)
    given, rng = default_parameters(), random.Random(1)

    def factor(cv: float) -> float:
        return rng.gammavariate(1 / cv**2, cv**2)

    draws = []
    for _ in range(20000):
        worked = factor(given.worked_cv)
        labour = 100 * 0.6 * 19.2 * worked * factor(given.minutes_cv) * factor(given.rate_cv)
        back = 50000 * 0.15 * factor(given.worked_cv) * factor(given.recovered_cv)
        draws.append(labour + 50000 - back + back * 45 / 365 * 0.08)
    draws.sort()
    assert float(row["total_low_amount"]) == pytest.approx(draws[1000], rel=0.01)
    assert float(row["total_high_amount"]) == pytest.approx(draws[19000], rel=0.01)


def test_a_prior_that_is_wrong_is_wrong_for_every_cause() -> None:
    """Two causes on the same priors: the spread of the total adds up, it does not average out."""
    other = DENIED.replace("29", "22").replace("D{0}", "E{0}")
    table = costs([PAID.format(1), *(DENIED.format(n) for n in range(50)), *(other.format(n) for n in range(50))])
    width = {r["root_cause"]: float(r["total_high_amount"] - r["total_low_amount"]) for r in table.iter_rows(named=True)}
    assert width["all"] == pytest.approx(width["timely_filing"] + width["cob"], rel=0.03)


def test_every_root_cause_has_parameters() -> None:
    assert default_parameters().causes["root_cause"].to_list() == ROOT_CAUSES
    assert default_parameters().causes.null_count().sum_horizontal().item() == 0


def test_nothing_denied_costs_nothing() -> None:
    assert costs([PAID.format(1)]).is_empty()
