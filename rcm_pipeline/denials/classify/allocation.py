"""Claim-level adjustments shared out to the lines they stand for, to the cent."""

import polars as pl

from rcm_pipeline.claims.remits import KEYS, LINE

_WHOLE = pl.Int128


def allocate(lines: pl.DataFrame, adjustments: pl.DataFrame) -> pl.DataFrame:
    """All adjustments at line level: line ones as they are, claim-level ones in proportion to the charges.

    Where the lines fall short of their charges by exactly the claim-level amounts, these go where the shortfall is.
    Otherwise they go by charge to the lines without adjustments of their own, or to all lines where every line has
    some. Shares are whole cents and sum to the amount exactly. `is_share` marks them.
    Columns: file_id, claim_no, line_no, group_code, carc_code, amount, is_share.
    """
    fields = [*LINE, "group_code", "carc_code", "amount"]
    own = adjustments.filter(pl.col("line_no").is_not_null()).select(*fields, pl.lit(False).alias("is_share"))
    above = adjustments.filter(pl.col("line_no").is_null())
    if above.is_empty():
        return own
    weights = _weights(lines, own, above)
    shared = above.drop("line_no").join(weights, on=KEYS, how="inner").with_columns(_share().alias("amount"))
    return pl.concat([own, shared.filter(pl.col("amount") != 0).select(*fields, pl.lit(True).alias("is_share"))])


def _weights(lines: pl.DataFrame, own: pl.DataFrame, above: pl.DataFrame) -> pl.DataFrame:
    """Each line's weight before it, with it, and in all, over the lines its claim's adjustments go to."""
    explained = own.group_by(LINE).agg(_cents(pl.col("amount")).sum().alias("_own"))
    claimed = above.group_by(KEYS).agg(_cents(pl.col("amount")).sum().alias("_above"))
    known = lines.join(explained, on=LINE, how="left").join(claimed, on=KEYS, how="inner", validate="m:1").sort(LINE)
    charge = _cents(pl.col("charge_amount"))
    short = charge - _cents(pl.col("paid_amount")) - pl.col("_own").fill_null(0)
    weighed = known.with_columns(
        short.alias("_short"), charge.abs().alias("_all"), pl.when(pl.col("_own").is_null()).then(charge.abs()).otherwise(0).alias("_free")
    )
    explains = (pl.col("_short").sum().over(KEYS) == pl.col("_above")) & (pl.col("_short").min().over(KEYS) >= 0) & (pl.col("_above") > 0)
    chosen = pl.when(explains).then("_short").when(pl.col("_free").sum().over(KEYS) > 0).then("_free").otherwise("_all")
    weights = weighed.with_columns(chosen.alias("_weight"))
    some = pl.col("_weight").sum().over(KEYS) > 0
    equal = weights.with_columns(pl.when(some).then("_weight").otherwise(pl.lit(1, dtype=_WHOLE)).alias("_weight"))
    up_to = pl.col("_weight").cum_sum().over(KEYS)
    return equal.select(
        *LINE, (up_to - pl.col("_weight")).alias("_before"), up_to.alias("_up_to"), pl.col("_weight").sum().over(KEYS).alias("_total")
    )


def _cents(amount: pl.Expr) -> pl.Expr:
    return (amount.fill_null(0).cast(pl.Decimal(38, 2)) * 100).cast(_WHOLE)


def _share() -> pl.Expr:
    """Cumulative rounding: the shares of one amount telescope to the amount, whatever the weights."""
    cents = _cents(pl.col("amount"))
    size = cents.abs()
    part = size * pl.col("_up_to") // pl.col("_total") - size * pl.col("_before") // pl.col("_total")
    signed = pl.when(cents < 0).then(0 - part).otherwise(part)
    return (signed.cast(pl.Decimal(38, 2)) * pl.lit("0.01").cast(pl.Decimal(38, 2))).cast(pl.Decimal(18, 2))
