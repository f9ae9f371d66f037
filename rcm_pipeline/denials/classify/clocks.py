"""How long there is to file, to correct and to appeal: by kind of plan, or as the client's contracts with payers say."""

from collections.abc import Mapping

import polars as pl

_DAYS = ("filing_days", "corrected_days", "appeal_days")
_ANY_PLAN = "*"


def payer_clocks(payers: pl.DataFrame, clocks: pl.DataFrame, agreed: Mapping[str, Mapping[str, int | None]]) -> pl.DataFrame:
    """One row per payer: filing_days, corrected_days, appeal_days, and clock_source (plan, default or contract).

    `agreed` comes from the settings, by payer and field; what it leaves out stays that of the plan.
    """
    days = clocks.with_columns(pl.col(_DAYS).cast(pl.Int64))
    default = days.filter(pl.col("plan_code") == _ANY_PLAN).row(0, named=True)
    known = payers.select("payer_id", "plan_code").join(days, on="plan_code", how="left", validate="m:1", maintain_order="left")
    source = pl.when(pl.col("filing_days").is_null()).then(pl.lit("default")).otherwise(pl.lit("plan"))
    filled = known.with_columns(source.alias("clock_source"), *(pl.col(name).fill_null(default[name]) for name in _DAYS))
    for name in _DAYS:
        own = {payer: given[name] for payer, given in agreed.items() if given.get(name) is not None}
        if own:
            value = pl.col("payer_id").replace_strict(own, default=None, return_dtype=pl.Int64)
            filled = filled.with_columns(
                pl.coalesce(value, name).alias(name),
                pl.when(value.is_not_null()).then(pl.lit("contract")).otherwise("clock_source").alias("clock_source"),
            )
    return filled.select("payer_id", *_DAYS, "clock_source")
