"""Rows that break a rule of their contract are set aside with the rule's name; the good rows beside them go on."""

import polars as pl

from schemas.contract import Contract, conform, row_rules


def split(frame: pl.DataFrame, contract: type[Contract]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(good rows, broken rows with the first rule they break in `broken_rule`). Together they are all rows given.

    A value that breaks a rule is not what its column may hold, so it might be anything, an identifier too:
    it is blanked in the row set aside, whose place says where to look it up.
    """
    typed = conform(frame, contract)
    fails = {name: (column, ~passes.fill_null(False)) for name, (column, passes) in row_rules(contract).items()}
    named = [pl.when(failed).then(pl.lit(name)) for name, (_, failed) in fails.items()]
    judged = typed.with_columns(pl.coalesce([*named, pl.lit(None, dtype=pl.String)]).alias("broken_rule"))
    is_good = pl.col("broken_rule").is_null()
    blanks: dict[str, pl.Expr] = {}
    for column, failed in fails.values():
        blanks[column] = blanks[column] | failed if column in blanks else failed
    aside = judged.filter(~is_good).with_columns(pl.when(~failed).then(pl.col(column)).alias(column) for column, failed in blanks.items())
    return judged.filter(is_good).drop("broken_rule"), aside
