"""Contracts hold, names are one, and a broken row is seen by pandera and by the quarantine alike."""

import re

import polars as pl
import pytest

from rcm_pipeline.intake.quarantine import split
from rcm_pipeline.quality.contracts import check_contract, check_quarantine
from schemas.contract import descriptions, empty, polars_schema, row_rules, widened
from schemas.registry import CONTRACTS

SUFFIXES = {
    "_amount": pl.Decimal(18, 2),
    "_date": pl.Date(),
    "_count": pl.Int64(),
    "_rate": pl.Float64(),
    "_token": pl.String(),
    "_code": pl.String(),
}


@pytest.mark.parametrize("name", CONTRACTS)
def test_every_table_says_what_it_is_and_types_follow_names(name: str) -> None:
    contract = CONTRACTS[name]
    assert re.fullmatch(r"(raw|core|mart|ops)_[a-z_]+", name)
    assert (contract.__doc__ or "").endswith(".")
    assert all(len(text) > 3 for text in descriptions(contract).values())
    for column, dtype in polars_schema(contract).items():
        for suffix, expected in SUFFIXES.items():
            if column.endswith(suffix):
                assert dtype == expected, column
        if column.startswith(("is_", "has_")):
            assert dtype == pl.Boolean, column
    row_rules(contract)
    contract.validate(empty(contract))


def test_a_rate_never_travels_alone() -> None:
    for name in ("mart_denial_rates", "mart_coder_accuracy", "mart_scorecard"):
        assert {"numerator", "denominator", "low", "high"} <= set(polars_schema(CONTRACTS[name]))


def adjustment(**changes: object) -> pl.DataFrame:
    row = {
        "file_id": "f",
        "transaction_no": 1,
        "claim_no": 1,
        "line_no": None,
        "adjustment_no": 1,
        "segment_no": 9,
        "group_code": "CO",
        "carc_code": "45",
        "amount": None,
        "quantity": None,
    }
    return widened(pl.DataFrame([row | changes]), CONTRACTS["raw_adjustments"])


def test_a_broken_row_is_seen_by_the_contract_and_by_the_quarantine() -> None:
    good, broken = adjustment(), adjustment(claim_no=0)
    assert [o.is_passed for o in check_contract(good, CONTRACTS["raw_adjustments"])] == [True, True]
    outcomes = check_contract(pl.concat([good, broken]), CONTRACTS["raw_adjustments"])
    assert [(o.check_name, o.is_passed, o.failed_count, o.checked_count) for o in outcomes] == [
        ("shape", True, 0, 10),
        ("claim_no is at least 1", False, 1, 2),
    ]
    kept, aside = split(pl.concat([good, broken]), CONTRACTS["raw_adjustments"])
    assert kept.equals(good)
    assert aside["broken_rule"].to_list() == ["claim_no is at least 1"]
    assert aside.select("claim_no", "segment_no").rows() == [(None, 9)], "the culprit is blanked, its place is kept"


def test_a_wrong_type_is_a_shape_failure_not_a_cast() -> None:
    wrong = adjustment().with_columns(pl.col("claim_no").cast(pl.Int32))
    assert [o.is_passed for o in check_contract(wrong, CONTRACTS["raw_adjustments"])] == [False, True], (
        "no rule is looked at where the types are wrong"
    )


def test_quarantine_may_hold_the_allowed_share_and_no_more() -> None:
    assert check_quarantine("t", good=95, broken=5, max_share=0.05).is_passed
    assert not check_quarantine("t", good=94, broken=6, max_share=0.05).is_passed
    assert check_quarantine("t", good=0, broken=0, max_share=0.0).is_passed
