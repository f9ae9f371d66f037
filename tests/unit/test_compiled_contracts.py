"""The rules of a contract asked in one select give pandera's verdict, on every contract and whatever is broken in it."""

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandera.errors import SchemaErrors

from rcm_pipeline.quality.contracts import check_contract
from schemas.contract import Contract, key_columns, polars_schema, row_rules, unique_columns
from schemas.registry import CONTRACTS

ROWS = 5
_MANY = {pl.String: ["a", "Z9", "0"], pl.Int64: [0, 1, 7], pl.Float64: [0.0, 0.5, 1.0], pl.Boolean: [True, False]}
_DAYS = [dt.date(2026, 1, 5), dt.date(2026, 11, 23)]
_BAD = {
    pl.String: ["", "no such word", "\x00"],
    pl.Int64: [-1, -(10**12)],
    pl.Float64: [-0.1, 1.5, float("nan"), float("inf"), float("-inf")],
    pl.Decimal: [Decimal("-1.00"), Decimal("0.01")],
}


def good_values(column: Any, dtype: pl.DataType) -> st.SearchStrategy[Any]:
    """Values that keep the column's rules."""
    given = {check.name: check.statistics for check in column.checks}
    if "isin" in given:
        return st.sampled_from(list(given["isin"]["allowed_values"]))
    if "str_matches" in given:
        return st.from_regex(given["str_matches"]["pattern"], fullmatch=True)
    least = [stats["min_value"] for name, stats in given.items() if name in ("greater_than_or_equal_to", "in_range")]
    if isinstance(dtype, pl.Decimal):
        return st.sampled_from([Decimal(least[0] if least else 0).quantize(Decimal(1).scaleb(-dtype.scale)), Decimal(3)])
    if least:
        return st.just(type(_MANY[type(dtype)][0])(least[0]))
    if isinstance(dtype, pl.Date):
        return st.sampled_from(_DAYS)
    if isinstance(dtype, pl.Datetime):
        return st.just(dt.datetime(2026, 11, 23, 6))
    return st.just(b"x") if isinstance(dtype, pl.Binary) else st.sampled_from(_MANY[type(dtype)])


def pandera_is_content(frame: pl.DataFrame, contract: type[Contract]) -> bool:
    try:
        contract.validate(frame, lazy=True)
    except SchemaErrors:
        return False
    return True


@pytest.mark.parametrize("name", CONTRACTS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_both_verdicts_are_equal(name: str, data: st.DataObject) -> None:
    contract = CONTRACTS[name]
    columns, schema = contract.to_schema().columns, polars_schema(contract)
    seed = data.draw(st.integers(0, 10**6))
    values = {column: [data.draw(good_values(columns[column], dtype)) for _ in range(2)] * ROWS for column, dtype in schema.items()}
    rows = {column: some[:ROWS] for column, some in values.items()}
    chosen = random.Random(seed)
    for column in chosen.sample(list(rows), k=min(len(rows), data.draw(st.integers(0, 2)))):
        bad = [None, *_BAD.get(type(schema[column]), [])]
        rows[column][chosen.randrange(ROWS)] = chosen.choice(bad)
    frame = pl.DataFrame(rows, schema=dict(schema), strict=False)
    between, key = set(contract.rules_between_columns()), f"key is unique: {', '.join(key_columns(contract))}"
    failed = {o.check_name: o.failed_count for o in check_contract(frame, contract) if not o.is_passed}
    single = set(failed) - between - {key}
    assert single <= {*row_rules(contract), *(f"{column} is unique" for column in unique_columns(contract))}
    assert pandera_is_content(frame, contract) == (not single), failed


@pytest.mark.parametrize("name", CONTRACTS)
def test_the_order_of_columns_is_part_of_the_shape(name: str) -> None:
    empty = pl.DataFrame(schema=dict(polars_schema(CONTRACTS[name])))
    assert all(outcome.is_passed for outcome in check_contract(empty, CONTRACTS[name]))
    turned = empty.select(reversed(empty.columns))
    assert [o.check_name for o in check_contract(turned, CONTRACTS[name]) if not o.is_passed] == (["shape"] if empty.width > 1 else [])


@pytest.mark.parametrize("name", [name for name, contract in CONTRACTS.items() if pl.Float64() in polars_schema(contract).values()])
def test_no_number_is_no_value(name: str) -> None:
    """Pandera counts NaN as null, Polars as larger than any number."""
    contract = CONTRACTS[name]
    filled = {f"{column} is filled": column for column, dtype in polars_schema(contract).items() if isinstance(dtype, pl.Float64)}
    for rule, column in filled.items():
        frame = pl.DataFrame({column: [float("nan")]})
        assert contract.to_schema().columns[column].nullable or not frame.select(row_rules(contract)[rule][1]).item()
