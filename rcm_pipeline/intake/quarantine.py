"""Rows that break a rule of their contract are set aside with the rule's name; the good rows beside them go on."""

import polars as pl

from schemas.contract import Contract, conform, row_rules


def split(frame: pl.DataFrame, contract: type[Contract]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(good rows, broken rows with the first rule they break in `broken_rule`). Together they are all rows given."""
    typed = conform(frame, contract)
    rules = row_rules(contract)
    nothing: list[pl.Expr] = [pl.lit(None, dtype=pl.String)]
    broken = pl.coalesce([pl.when(~passes.fill_null(False)).then(pl.lit(name)) for name, passes in rules.items()] or nothing).alias(
        "broken_rule"
    )
    judged = typed.with_columns(broken)
    return judged.filter(pl.col("broken_rule").is_null()).drop("broken_rule"), judged.filter(pl.col("broken_rule").is_not_null())
