"""Auditors: agreement against published values, the gate, and accuracy corrected for their errors."""

import numpy as np
import polars as pl
import pytest

from rcm_pipeline.coding.people.calibration import corrected_accuracy
from rcm_pipeline.errors import InputError
from rcm_pipeline.stats.accuracy_limits import accuracy_limits
from rcm_pipeline.stats.agreement import agreement, presence

PREGNANCY = [[13, 0, 0], [0, 20, 7], [0, 4, 56]]  # Gwet 2014: 100 women, two abstractors
DIAGNOSIS = [[40, 4, 4, 17], [6, 25, 2, 13], [4, 1, 21, 12], [15, 5, 9, 45]]  # Gwet 2014: 223 patients, two methods
LETTERS = ["w", "x", "y", "z"]


def reviews(counts: list[list[int]]) -> pl.DataFrame:
    said = [(LETTERS[i], LETTERS[j]) for i, row in enumerate(counts) for j, count in enumerate(row) for _ in range(count)]
    return pl.DataFrame(said, schema={"a": pl.String, "b": pl.String}, orient="row")


def found(counts: list[list[int]], weights: str = "identity") -> dict:
    return agreement(reviews(counts), by=[], categories=LETTERS[: len(counts)], weights=weights).row(0, named=True)


@pytest.mark.parametrize(
    ("counts", "weights", "ac1", "ac1_error", "chance", "kappa", "kappa_low", "kappa_high", "kappa_error", "alpha"),
    [  # irrCAC 0.4.4, six digits; its function for tables divides the variance of AC1 by n, that for ratings by n - 1 as ours does
        (PREGNANCY, "identity", 0.849331, 0.043217, 0.269925, 0.796409, 0.679518, 0.913301, 0.058911, 0.797258),
        (PREGNANCY, "quadratic", 0.940237, 0.017920, 0.539850, 0.892157, 0.822012, 0.962302, 0.035352, 0.892649),
        (PREGNANCY, "linear", 0.900023, 0.029276, 0.449875, 0.842902, 0.747913, 0.937891, 0.047872, 0.843587),
        (DIAGNOSIS, "identity", 0.456158, 0.043450, 0.241405, 0.431501, 0.340909, 0.522093, 0.045969, 0.431618),
        (DIAGNOSIS, "quadratic", 0.298573, 0.075179, 0.697392, 0.383186, 0.253524, 0.512848, 0.065795, 0.383416),
        (DIAGNOSIS, "linear", 0.377068, 0.056065, 0.563279, 0.406811, 0.301599, 0.512023, 0.053388, 0.406884),
    ],
)
def test_published_examples(
    counts: list,
    weights: str,
    ac1: float,
    ac1_error: float,
    chance: float,
    kappa: float,
    kappa_low: float,
    kappa_high: float,
    kappa_error: float,
    alpha: float,
) -> None:
    row = found(counts, weights)
    items = row["item_count"]
    expected = {
        "ac1": ac1,
        "ac1_error": ac1_error * (items / (items - 1)) ** 0.5,
        "chance_rate": chance,
        "kappa": kappa,
        "kappa_low": kappa_low,
    }
    expected |= {"kappa_high": kappa_high, "kappa_error": kappa_error, "alpha": alpha}
    assert {name: row[name] for name in expected} == pytest.approx(expected, abs=1e-6)


def test_percent_agreement_has_its_counts_and_limits() -> None:
    row = found(PREGNANCY)
    assert (row["agree_count"], row["item_count"], row["agreement_rate"]) == (89, 100, 0.89)
    low, high = accuracy_limits(89, 100)
    assert (row["low"], row["high"]) == (float(low), float(high))


def test_limits_of_ac1_by_hand() -> None:
    row = found(PREGNANCY)
    size = 0.89 * 0.11 / (row["ac1_error"] * (1 - row["chance_rate"])) ** 2
    assert 95 < size < 100
    low, high = accuracy_limits(0.89 * size, size)
    chance = row["chance_rate"]
    assert row["ac1_low"] == pytest.approx((float(low) - chance) / (1 - chance))
    assert row["ac1_high"] == pytest.approx((float(high) - chance) / (1 - chance))


def test_nearly_all_right_breaks_kappa_but_not_ac1() -> None:
    """94 of 100 agree: with no error found by both kappa is -.03, with three it is .47."""
    none, three = found([[94, 3], [3, 0]]), found([[91, 3], [3, 3]])
    assert none["kappa"] == pytest.approx(-0.03, abs=0.005)
    assert three["kappa"] == pytest.approx(0.47, abs=0.005)
    assert none["ac1"] == pytest.approx(0.94, abs=0.005)
    assert three["ac1"] == pytest.approx(0.93, abs=0.005)


def test_all_the_same_verdict() -> None:
    row = found([[30, 0], [0, 0]])
    assert row["kappa"] is None
    assert row["alpha"] is None
    assert (row["ac1"], row["ac1_high"]) == (1.0, 1.0)
    assert 0.85 < row["ac1_low"] < 0.9


def test_auditors_may_change_places() -> None:
    turned = [list(row) for row in zip(*DIAGNOSIS, strict=True)]
    one, other = found(DIAGNOSIS), found(turned)
    assert one == pytest.approx(other)


def test_groups_and_reviews_by_one_auditor_only() -> None:
    rows = pl.concat(
        [
            reviews(PREGNANCY).with_columns(team=pl.lit("A")),
            pl.DataFrame({"a": ["w", None], "b": [None, "x"], "team": ["B", "B"]}),
            pl.DataFrame({"a": ["w"], "b": [None], "team": ["A"]}, schema_overrides={"b": pl.String}),
        ]
    )
    table = agreement(rows, by=["team"], categories=LETTERS[:3])
    assert table["item_count"].to_list() == [100, 0]
    assert table["ac1"].to_list() == [pytest.approx(0.849331, abs=1e-6), None]
    assert table.filter(team="B").select("agreement_rate", "low", "ac1_low", "kappa").row(0) == (None,) * 4


def test_presence_of_error_categories() -> None:
    double = pl.DataFrame(
        {"item": ["1", "2", "3"], "a": [["UNITS", "POA"], [], ["POA"]], "b": [["UNITS"], [], None]},
        schema_overrides={"a": pl.List(pl.String), "b": pl.List(pl.String)},
    )
    table = presence(double, ["UNITS", "POA"]).sort("category", "item")
    assert table.select("item", "category", "a", "b").rows() == [
        ("1", "POA", "yes", "no"),
        ("2", "POA", "no", "no"),
        ("3", "POA", "yes", None),
        ("1", "UNITS", "yes", "yes"),
        ("2", "UNITS", "no", "no"),
        ("3", "UNITS", "no", None),
    ]
    by_category = agreement(table, by=["category"], categories=["yes", "no"])
    assert by_category.select("category", "item_count", "agree_count").rows() == [("POA", 2, 1), ("UNITS", 2, 2)]
    with pytest.raises(InputError, match="2 reviews hold a category"):
        presence(double, ["UNITS"])


def test_what_is_refused() -> None:
    with pytest.raises(InputError, match=r"^a is no known category in 100"):
        agreement(reviews(PREGNANCY), by=[], categories=["p", "q"])
    with pytest.raises(InputError, match="two categories"):
        agreement(reviews(PREGNANCY), by=[], categories=["w"])
    with pytest.raises(InputError, match="weights"):
        found(PREGNANCY, "cubic")
    with pytest.raises(InputError, match="lack b"):
        agreement(reviews(PREGNANCY).drop("b"), by=[], categories=LETTERS[:3])


def audit(**change: float | None) -> dict:
    counts = {"right": 190.0, "total": 200.0, "found_count": 90, "wrong_count": 100, "cleared_count": 98, "right_count": 100}
    frame = pl.DataFrame([{**counts, **change}], schema_overrides={"right": pl.Float64, "total": pl.Float64})
    return corrected_accuracy(frame).row(0, named=True)


def test_five_percent_seen_is_three_point_four() -> None:
    assert 1 - audit()["corrected_rate"] == pytest.approx(0.03 / 0.88)  # Se .9, Sp .98
    assert 1 - audit(found_count=80, cleared_count=97)["corrected_rate"] == pytest.approx(0.02 / 0.77)  # Se .8, Sp .97


def test_the_interval_by_hand() -> None:
    """Lang and Reiczigel's formula, step by step."""
    z2 = 1.959963984540054**2
    seen, sens, spec = (10 + z2 / 2) / (200 + z2), 91 / 102, 99 / 102
    true = (seen + spec - 1) / (sens + spec - 1)
    v, u = sens * (1 - sens) / 102, spec * (1 - spec) / 102
    half = np.sqrt(z2 * (seen * (1 - seen) / (200 + z2) + true**2 * v + (1 - true) ** 2 * u)) / (sens + spec - 1)
    centre = true + 2 * z2 * (true * v - (1 - true) * u)
    assert audit()["corrected_low"] == pytest.approx(1 - centre - half)
    assert audit()["corrected_high"] == pytest.approx(min(1 - centre + half, 1))


def test_a_larger_calibration_set_narrows() -> None:
    small, large = audit(), audit(found_count=9000, wrong_count=10000, cleared_count=9800, right_count=10000)
    assert large["corrected_high"] - large["corrected_low"] < small["corrected_high"] - small["corrected_low"]


def test_fewer_errors_than_false_ones_is_all_right() -> None:
    row = audit(right=200.0)
    assert (row["corrected_rate"], row["corrected_high"]) == (1.0, 1.0)


def test_an_auditor_who_cannot_tell_gives_no_number() -> None:
    for change in (
        {"found_count": 15, "cleared_count": 90},
        {"wrong_count": 0, "found_count": 0},
        {"total": 0.0, "right": 0.0},
        {"right_count": None, "cleared_count": None},
    ):
        row = audit(**change)
        assert [row[name] for name in ("corrected_rate", "corrected_low", "corrected_high")] == [None] * 3


def test_wrong_audits_are_refused() -> None:
    with pytest.raises(InputError, match="found_count is not from 0 to wrong_count in 1"):
        audit(found_count=101)
    with pytest.raises(InputError, match="right is not from 0"):
        audit(right=201.0)
    with pytest.raises(InputError, match="lack"):
        corrected_accuracy(pl.DataFrame({"right": [1]}))
