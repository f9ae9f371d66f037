"""Intervals for rates: Wilson's score interval, as expressions over whole frames."""

import polars as pl

Z95 = 1.959963984540054


def wilson(successes: pl.Expr, trials: pl.Expr, *, z: float = Z95) -> tuple[pl.Expr, pl.Expr]:
    """Lower and upper limit of a rate (Wilson 1927); null where there are no trials. Trials may be an effective size.

    Limits stay within 0..1 and are right also at 0 and at all successes, where the simple interval has no width.
    """
    n, x = trials.cast(pl.Float64), successes.cast(pl.Float64)
    rate = x / n
    centre = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * (rate * (1 - rate) / n + z * z / (4 * n * n)).sqrt()
    is_known = n > 0
    low = pl.when(is_known & (x <= 0)).then(0.0).when(is_known).then((centre - half).clip(0, 1))
    high = pl.when(is_known & (x >= n)).then(1.0).when(is_known).then((centre + half).clip(0, 1))
    return low, high


def rate(successes: pl.Expr, trials: pl.Expr) -> pl.Expr:
    """A rate computed once, at the edge, in floating point; null where there are no trials."""
    return pl.when(trials > 0).then(successes.cast(pl.Float64) / trials.cast(pl.Float64))
