"""Rows that break a rule are set aside with the rule's name; the good rows beside them go on."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import duckdb
import polars as pl

from rcm_pipeline.warehouse import QUARANTINE
from rcm_pipeline.x12.sets.balance import CHARGE, CLAIM, LINE, PAYMENT
from schemas.contract import Contract, empty, row_rules, widened

_REMIT_TABLES = ("raw_remits", "raw_remit_lines", "raw_adjustments", "raw_remarks")
_CLAIM_TABLES = (
    "raw_claims",
    "raw_claim_lines",
    "raw_claim_diagnoses",
    "raw_claim_codes",
    "raw_other_payers",
    "raw_other_payer_lines",
    "raw_other_payer_adjustments",
)


def split(frame: pl.DataFrame, contract: type[Contract]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(good rows, broken rows with the first rule they break in `broken_rule`). Together they are all rows given.

    A value that breaks a rule is not what its column may hold, so it might be anything, an identifier too:
    it is blanked in the row set aside, whose place says where to look it up.
    """
    typed, rules = widened(frame, contract), _compiled(contract)
    if typed.is_empty() or not (is_broken := typed.select(rules.any_fails).to_series()).any():
        return typed, rules.nothing
    aside = typed.filter(is_broken).with_columns(rules.first_broken)
    return typed.filter(~is_broken), aside.with_columns(rules.blanked)


@dataclass(frozen=True)
class _Compiled:
    """The rules of a contract as expressions: whether any fails, the name of the first that does, the columns without what fails."""

    any_fails: pl.Expr
    first_broken: pl.Expr
    blanked: list[pl.Expr]
    nothing: pl.DataFrame


@cache
def _compiled(contract: type[Contract]) -> _Compiled:
    fails = {name: (column, ~passes.fill_null(False)) for name, (column, passes) in row_rules(contract).items()}
    named = [pl.when(failed).then(pl.lit(name)) for name, (_, failed) in fails.items()]
    blanks: dict[str, pl.Expr] = {}
    for column, failed in fails.values():
        blanks[column] = blanks[column] | failed if column in blanks else failed
    return _Compiled(
        pl.any_horizontal([failed for _, failed in fails.values()]),
        pl.coalesce(named).alias("broken_rule"),
        [pl.when(~failed).then(pl.col(column)).alias(column) for column, failed in blanks.items()],
        empty(contract).with_columns(pl.lit(None, dtype=pl.String).alias("broken_rule")),
    )


def quarantine_unbalanced(connection: duckdb.DuckDBPyConnection, file_ids: Sequence[str]) -> None:
    """Move claims of these files that do not balance to the quarantine, whole; with a payment that does not, all its claims."""
    moved: tuple[tuple[str, tuple[str, ...], str], ...] = (
        (LINE, _REMIT_TABLES, "raw_remit_lines"),
        (CLAIM, _REMIT_TABLES, "raw_remits"),
        (CHARGE, _CLAIM_TABLES, "raw_claims"),
    )
    for rule, tables, place in moved:
        named = f"SELECT DISTINCT p.file_id, p.claim_no FROM raw_findings f JOIN {place} p USING (file_id, segment_no)"
        _move(connection, f"{named} WHERE f.rule = '{rule}'", "claim_no", rule, tables, file_ids)
    payments = f"SELECT DISTINCT file_id, transaction_no FROM raw_findings WHERE rule = '{PAYMENT}'"
    of_payment = (*_REMIT_TABLES, "raw_payments", "raw_provider_adjustments")
    _move(connection, payments, "transaction_no", PAYMENT, of_payment, file_ids)


def _move(connection: duckdb.DuckDBPyConnection, which: str, key: str, rule: str, tables: Sequence[str], file_ids: Sequence[str]) -> None:
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE unbalanced AS SELECT * FROM ({which}) WHERE file_id IN (SELECT unnest(?))", [file_ids]
    )
    matching = f"(file_id, {key}) IN (SELECT file_id, {key} FROM unbalanced)"
    for table in tables:
        connection.execute(f"INSERT INTO {QUARANTINE}{table} BY NAME SELECT *, '{rule}' AS broken_rule FROM {table} WHERE {matching}")
        connection.execute(f"DELETE FROM {table} WHERE {matching}")
    connection.execute("DROP TABLE unbalanced")
