"""Where each coder stands against the standard: below, above or not told apart; never a rank, for ranks of small samples are noise."""

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.optimize import minimize
from scipy.special import betainc, betaincinv, betaln, expit, logit
from scipy.stats import binom

from rcm_pipeline.coding.limits import Floats
from rcm_pipeline.errors import InputError

STANDARD = 0.95  # commonly cited for code accuracy; a contract may say otherwise
SURE = 0.9  # posterior chance from which a coder is put below or above
BELOW, ABOVE, UNTOLD = "below the standard", "above", "not told apart"
_USUAL_STRENGTH, _STRENGTH_SPREAD = np.log(100.0), 1.0  # coders differ by about two points; leans, so that three coders do not say more
_BOUNDS = [(logit(0.5), logit(0.9999)), (np.log(3.0), np.log(1e4))]


def standings(coders: pl.DataFrame, *, pool: list[str], standard: float = STANDARD, sure: float = SURE) -> pl.DataFrame:
    """The rows of `coders` with pool_rate, pool_charts, posterior_rate, posterior_low, posterior_high (95 %), below_chance, group.

    `coders`: a row per coder and `pool` (such as specialty) with `right` of `total`, counted in charts, or in codes divided by
    their design effect (fractions are fine). Null or 0 of `total`: what the pool says, and "not told apart".

    The true accuracies of a pool are Beta(a, b), fitted by maximum likelihood (beta-binomial empirical Bayes); a + b, the charts
    the pool counts as, leans to 100. A coder's posterior is Beta(a + right, b + wrong): in a sheet, BETA.DIST(standard; …).
    Below: P(accuracy < standard) >= `sure`; above: P(accuracy >= standard) >= `sure`. So of those put in a group, on average
    at most 1 - `sure` do not belong there, however many coders are judged.

    Raises InputError naming the column and how many rows are wrong.
    """
    table = _checked(coders, pool, standard, sure)
    if table.is_empty():
        return _with_standing(table, *(np.zeros(0) for _ in range(6)), sure)
    right, total = (table[name].fill_null(0).cast(pl.Float64).to_numpy() for name in ("right", "total"))
    member = table.select(pl.struct(pool).rank("dense").alias("_pool"))["_pool"].to_numpy() - 1
    fits = np.array([pool_prior(right[member == at], total[member == at]) for at in range(member.max() + 1)])[member]
    a, b = fits[:, 0] + right, fits[:, 1] + total - right
    limits = [betaincinv(a, b, tail) for tail in (0.025, 0.975)]
    return _with_standing(
        table, fits[:, 0] / fits.sum(axis=1), fits.sum(axis=1), a / (a + b), limits[0], limits[1], betainc(a, b, standard), sure
    )


def pool_prior(right: Floats, total: Floats) -> tuple[float, float]:
    """a and b of the Beta distribution of true accuracies, from coders with `right` of `total`; Beta(95, 5) for no coder."""

    def unlikely(point: Floats) -> float:
        mean, strength = expit(point[0]), np.exp(point[1])
        a, b = mean * strength, (1 - mean) * strength
        lean = ((point[1] - _USUAL_STRENGTH) / _STRENGTH_SPREAD) ** 2 / 2
        return float(lean - np.sum(betaln(a + right, b + total - right) - betaln(a, b)))

    known = total.sum()
    start = np.array([logit(np.clip((right.sum() + 95) / (known + 100), 0.501, 0.9998)), _USUAL_STRENGTH])
    if known <= 0:
        return 95.0, 5.0
    found = minimize(unlikely, start, method="L-BFGS-B", bounds=_BOUNDS)
    mean, strength = expit(found.x[0]), np.exp(found.x[1])
    return float(mean * strength), float((1 - mean) * strength)


def funnel_limits(size: npt.ArrayLike, target: float, *, levels: tuple[float, ...] = (0.95, 0.998)) -> pl.DataFrame:
    """A row per size and level: size, level, low, high, between which the share right of coders at `target` falls so often.

    Exact binomial limits, interpolated between counts so that the funnel is smooth (Spiegelhalter 2005, A.1.1).
    Raises InputError where a size is below 1, or target or a level is not between 0 and 1.
    """
    sizes = np.atleast_1d(np.asarray(size, dtype=np.float64))
    if not ((sizes >= 1).all() and 0 < target < 1 and all(0 < level < 1 for level in levels)):
        raise InputError("funnel sizes begin at 1; target and levels are between 0 and 1")
    parts = []
    for level in levels:
        low, high = (_funnel(sizes, target, tail) for tail in ((1 - level) / 2, (1 + level) / 2))
        parts.append(pl.DataFrame({"size": sizes, "level": np.full(sizes.shape, level), "low": low, "high": high}))
    return pl.concat(parts).sort("level", "size", maintain_order=True)


def _funnel(sizes: Floats, target: float, tail: float) -> Floats:
    count = binom.ppf(tail, np.floor(sizes), target)
    reached = binom.cdf(count, np.floor(sizes), target)
    over = (reached - tail) / (reached - binom.cdf(count - 1, np.floor(sizes), target))
    limit: Floats = np.clip((count - over) / np.floor(sizes), 0, 1)
    return limit


def _with_standing(
    table: pl.DataFrame, mean: Floats, charts: Floats, rate: Floats, low: Floats, high: Floats, below: Floats, sure: float
) -> pl.DataFrame:
    numbers: dict[str, Any] = {
        "pool_rate": mean,
        "pool_charts": charts,
        "posterior_rate": rate,
        "posterior_low": low,
        "posterior_high": high,
        "below_chance": below,
    }
    chance, is_seen = pl.col("below_chance"), pl.col("total").fill_null(0) > 0
    group = pl.when(is_seen & (chance >= sure)).then(pl.lit(BELOW)).when(is_seen & (chance <= 1 - sure)).then(pl.lit(ABOVE))
    return table.with_columns(pl.Series(name, value) for name, value in numbers.items()).with_columns(
        group.otherwise(pl.lit(UNTOLD)).alias("group")
    )


def _checked(coders: pl.DataFrame, pool: list[str], standard: float, sure: float) -> pl.DataFrame:
    if not (0 < standard < 1 and 0.5 < sure < 1):
        raise InputError("standard is not between 0 and 1, or sure not between 0.5 and 1")
    if missing := [name for name in (*pool, "right", "total") if name not in coders.columns]:
        raise InputError(f"coders lack {', '.join(missing)}", fix="Give one row per coder and pool with these columns.")
    right, total = pl.col("right"), pl.col("total")
    is_right = (total.fill_null(0) == 0) & (right.fill_null(0) == 0) | (right >= 0) & (right <= total) & total.is_finite()
    if count := coders.select((~is_right.fill_null(False)).sum()).item():
        raise InputError(f"right is not from 0 to total in {count} rows of coders")
    return coders
