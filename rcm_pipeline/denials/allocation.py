"""Claim-level adjustments shared out to the lines they stand for, to the cent."""

import polars as pl

from rcm_pipeline.denials.adjudications import KEYS

LINE = [*KEYS, "line_no"]
_WHOLE = pl.Int128


def allocate(lines: pl.DataFrame, adjustments: pl.DataFrame) -> pl.DataFrame:
    """All adjustments at line level: line ones as they are, claim-level ones in proportion to the charges.

    A claim-level amount goes to the lines without adjustments of their own, or to all lines where every line has
    some; shares are whole cents and sum to the amount exactly. `is_share` marks them.
    Columns: file_id, claim_no, line_no, group_code, carc_code, amount, is_share.
    """
    fields = [*LINE, "group_code", "carc_code", "amount"]
    own = adjustments.filter(pl.col("line_no").is_not_null()).select(*fields, pl.lit(False).alias("is_share"))
    above = adjustments.filter(pl.col("line_no").is_null())
    if above.is_empty():
        return own
    weights = _weights(lines.join(above.select(KEYS).unique(), on=KEYS, how="semi"), own)
    shared = above.drop("line_no").join(weights, on=KEYS, how="inner").with_columns(_share().alias("amount"))
    return pl.concat([own, shared.filter(pl.col("amount") != 0).select(*fields, pl.lit(True).alias("is_share"))])


def _weights(lines: pl.DataFrame, own: pl.DataFrame) -> pl.DataFrame:
    """Each line's charge in cents before it, with it, and in all, over the lines its claim's adjustments go to."""
    has_own = lines.join(own.select(LINE).unique(), on=LINE, how="semi").select(*LINE, pl.lit(True).alias("_own"))
    marked = lines.join(has_own, on=LINE, how="left").with_columns(pl.col("_own").fill_null(False))
    cents = (pl.col("charge_amount").fill_null(0).cast(pl.Decimal(38, 2)) * 100).cast(_WHOLE).abs()
    free = pl.when(~pl.col("_own")).then(cents).otherwise(0)
    weighed = marked.sort(LINE).with_columns(cents.alias("_all"), free.cast(_WHOLE).alias("_free"))
    use_free = pl.col("_free").sum().over(KEYS) > 0
    chosen = weighed.with_columns(pl.when(use_free).then("_free").otherwise("_all").alias("_weight"))
    total = pl.col("_weight").sum().over(KEYS)
    equal = chosen.with_columns(pl.when(total > 0).then("_weight").otherwise(pl.lit(1, dtype=_WHOLE)).alias("_weight"))
    up_to = pl.col("_weight").cum_sum().over(KEYS)
    return equal.select(
        *LINE, (up_to - pl.col("_weight")).alias("_before"), up_to.alias("_up_to"), pl.col("_weight").sum().over(KEYS).alias("_total")
    )


def _share() -> pl.Expr:
    """Cumulative rounding: the shares of one amount telescope to the amount, whatever the weights."""
    cents = (pl.col("amount").cast(pl.Decimal(38, 2)) * 100).cast(_WHOLE)
    size = cents.abs()
    part = size * pl.col("_up_to") // pl.col("_total") - size * pl.col("_before") // pl.col("_total")
    signed = pl.when(cents < 0).then(0 - part).otherwise(part)
    return (signed.cast(pl.Decimal(38, 2)) * pl.lit("0.01").cast(pl.Decimal(38, 2))).cast(pl.Decimal(18, 2))
