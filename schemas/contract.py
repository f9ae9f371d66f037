"""What a contract is: one pandera class per table, and what else is drawn from it (columns, types, rules, comments)."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

import pandera.polars as pa
import polars as pl

Money = Annotated[pl.Decimal, 18, 2]
Quantity = Annotated[pl.Decimal, 18, 3]
Text = pl.String
Count = pl.Int64
Rate = pl.Float64
Date = pl.Date
Flag = pl.Boolean
SHARE = {"min_value": 0.0, "max_value": 1.0}


class Contract(pa.DataFrameModel):
    """A table's promise: its docstring is the table's description, each field says grain, unit and null meaning."""

    @classmethod
    def rules_between_columns(cls) -> dict[str, tuple[str, pl.Expr]]:
        """Rules that need more than one column: name → (the column to blame, an expression true for good rows)."""
        return {}

    class Config:
        """Exactly these columns in this order, of exactly these types; nothing is cast."""

        strict = True
        ordered = True
        coerce = False


def column(description: str, *, nullable: bool = False, key: bool = False, **checks: Any) -> Any:
    """A described column; null is refused unless the description says what it means. `key`: it is part of the table's key."""
    return pa.Field(description=description, nullable=nullable, metadata={"key": key}, **checks)


@cache
def key_columns(contract: type[Contract]) -> tuple[str, ...]:
    """The columns that tell the rows of a table apart: no two rows are equal in all of them."""
    return tuple(name for name, col in contract.to_schema().columns.items() if (col.metadata or {}).get("key"))


@cache
def unique_columns(contract: type[Contract]) -> tuple[str, ...]:
    """Columns beside the key in which no value stands twice."""
    return tuple(name for name, col in contract.to_schema().columns.items() if col.unique)


@cache
def table_name(contract: type[Contract]) -> str:
    """CoreDenials → core_denials: the one name of asset, table, contract and page anchor."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", contract.__name__).lower()


@cache
def polars_schema(contract: type[Contract]) -> Mapping[str, pl.DataType]:
    """Column names and Polars types, in order."""
    return {name: _dtype(col.dtype.type) for name, col in contract.to_schema().columns.items()}


def empty(contract: type[Contract]) -> pl.DataFrame:
    """The table with no rows."""
    return pl.DataFrame(schema=polars_schema(contract))


def conform(frame: pl.DataFrame, contract: type[Contract]) -> pl.DataFrame:
    """The contract's columns in its order and of its types. Raises ColumnNotFoundError for one that the frame lacks."""
    return frame.select(pl.col(name).cast(dtype, strict=True) for name, dtype in polars_schema(contract).items())


def widened(frame: pl.DataFrame, contract: type[Contract]) -> pl.DataFrame:
    """The same for what a client sent: a column that was not sent is null in every row."""
    sent = set(frame.columns)
    return conform(frame.with_columns(pl.lit(None).alias(name) for name in polars_schema(contract) if name not in sent), contract)


@cache
def descriptions(contract: type[Contract]) -> Mapping[str, str]:
    """Column name → what it means."""
    return {name: str(col.description) for name, col in contract.to_schema().columns.items()}


@cache
def row_rules(contract: type[Contract]) -> Mapping[str, tuple[str, pl.Expr]]:
    """Every rule a single row must keep, by name: its column, and an expression that is true for good rows.

    Drawn from the same fields pandera checks, so the quarantine and the contract cannot disagree.
    """
    rules: dict[str, tuple[str, pl.Expr]] = {}
    for name, col in contract.to_schema().columns.items():
        value = pl.col(name)
        if not col.nullable:
            rules[f"{name} is filled"] = (name, _is_filled(value, col.dtype.type))
        for check in col.checks:
            rules[f"{name} {_sentence(check)}"] = (name, _passes(value, check))
    rules.update(contract.rules_between_columns())
    return rules


def _is_filled(value: pl.Expr, dtype: Any) -> pl.Expr:
    """Not null; of floating point, a number as well."""
    return value.is_not_null() & value.is_not_nan() if isinstance(_dtype(dtype), pl.Float64) else value.is_not_null()


def _dtype(engine_type: Any) -> pl.DataType:
    dtype: pl.DataType = engine_type() if isinstance(engine_type, type) else engine_type
    return dtype


def _passes(value: pl.Expr, check: Any) -> pl.Expr:
    given = check.statistics
    match check.name:
        case "isin":
            passes = value.is_in(list(given["allowed_values"]))
        case "greater_than_or_equal_to":
            passes = value >= given["min_value"]
        case "in_range":
            passes = value.is_between(given["min_value"], given["max_value"])
        case "str_matches":
            passes = value.str.contains(f"^(?:{given['pattern']})")
        case unknown:
            raise NotImplementedError(f"no row rule is known for the check {unknown}")
    return value.is_null() | passes


def _sentence(check: Any) -> str:
    given = check.statistics
    match check.name:
        case "isin":
            return "is one of the closed list"
        case "greater_than_or_equal_to":
            return f"is at least {given['min_value']}"
        case "in_range":
            return f"is from {given['min_value']} to {given['max_value']}"
        case _:
            return "has its form"
