"""What is believed of each coder's accuracy, leaning on the coders of the pool; never a rank, for ranks of small samples are noise."""

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import betainc, betaincinv, betaln, expit, logit

from rcm_pipeline.errors import InputError
from rcm_pipeline.stats.accuracy_limits import Floats
from rcm_pipeline.stats.quantiles import binomial_chance, binomial_count

STANDARD = 0.95  # commonly cited for code accuracy; a contract may say otherwise
_USUAL_STRENGTH, _STRENGTH_SPREAD = np.log(60.0), 0.7
_USUAL_RATE, _RATE_SPREAD = logit(0.95), 1.0


def standings(coders: pl.DataFrame, *, pool: list[str], standard: float = STANDARD) -> pl.DataFrame:
    """The rows of `coders` with pool_rate, pool_charts, posterior_rate, posterior_low, posterior_high (95 %) and below_chance.

    `coders`: a row per coder and `pool` (such as specialty) with `right` of `total`, counted in charts, or in codes divided by
    their design effect (fractions are fine). Null or 0 of `total`: what the pool says.

    The true accuracies of a pool are Beta(a, b), see `pool_prior` (beta-binomial empirical Bayes): a = pool_rate x pool_charts,
    b = (1 - pool_rate) x pool_charts. A coder's posterior is Beta(a + right, b + wrong): in a sheet, BETA.DIST(standard; …).
    below_chance is P(accuracy < standard); it means what it says where accuracies are spread like a Beta, and so puts nobody into a
    group: in a pool of one it is the prior that speaks (`coding.people.turns` decides by what a coder's own charts show).

    Raises InputError naming the column and how many rows are wrong.
    """
    table = _checked(coders, pool, standard)
    right, total = (table[name].fill_null(0).cast(pl.Float64).to_numpy() for name in ("right", "total"))
    member = table.select(pl.struct(pool).rank("dense").cast(pl.Int64))[pool[0]].to_numpy() - 1
    fits = np.array([pool_prior(right[member == at], total[member == at]) for at in range(member.max(initial=-1) + 1)]).reshape(-1, 2)[
        member
    ]
    worth = fits.sum(axis=1)
    a, b = fits[:, 0] + right, fits[:, 1] + total - right
    numbers = {
        "pool_rate": fits[:, 0] / worth,
        "pool_charts": worth,
        "posterior_rate": a / (a + b),
        "posterior_low": betaincinv(a, b, 0.025),
        "posterior_high": betaincinv(a, b, 0.975),
        "below_chance": betainc(a, b, standard),
    }
    return table.with_columns(pl.Series(name, value) for name, value in numbers.items())


def pool_prior(right: Floats, total: Floats) -> tuple[float, float]:
    """a and b of the Beta distribution of true accuracies, from coders with `right` of `total`.

    Its mean and variance are those of a true accuracy when the pool's mean m and strength M = a + b are not known: averaged over
    a grid of both, weighted by the beta-binomial likelihood and by how usual they are (log M normal around log 60, sd 0.7: coders
    differ by 2–4 points; logit m around logit .95, sd 1). A pool that says little so has wide accuracies; the largest likelihood
    alone would be too sure.
    """
    centre = (right.sum() + 57) / (total.sum() + 60)
    spread = np.sqrt((1 / (total.sum() + 60) + 1 / (30 * (len(total) + 1))) / (centre * (1 - centre)))
    mean, strength = (
        side.ravel()
        for side in np.meshgrid(expit(logit(centre) + spread * np.linspace(-5, 5, 41)), np.exp(np.linspace(np.log(8), np.log(2000), 31)))
    )
    a, b = mean * strength, (1 - mean) * strength
    log = (betaln(a[:, None] + right, b[:, None] + total - right) - betaln(a, b)[:, None]).sum(axis=1)
    log = log - ((np.log(strength) - _USUAL_STRENGTH) / _STRENGTH_SPREAD) ** 2 / 2 - ((logit(mean) - _USUAL_RATE) / _RATE_SPREAD) ** 2 / 2
    weight = np.exp(log - log.max()) / np.exp(log - log.max()).sum()
    average = float(weight @ mean)
    variance = float(weight @ (mean * (1 - mean) / (strength + 1) + (mean - average) ** 2))
    worth = max(average * (1 - average) / variance - 1, 1.0)
    return average * worth, (1 - average) * worth


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
    count = binomial_count(tail, np.floor(sizes), target)
    reached = binomial_chance(count, np.floor(sizes), target)
    over = (reached - tail) / (reached - binomial_chance(count - 1, np.floor(sizes), target))
    limit: Floats = np.clip((count - over) / np.floor(sizes), 0, 1)
    return limit


def _checked(coders: pl.DataFrame, pool: list[str], standard: float) -> pl.DataFrame:
    if not 0 < standard < 1:
        raise InputError("standard is not between 0 and 1")
    if missing := [name for name in (*pool, "right", "total") if name not in coders.columns]:
        raise InputError(f"coders lack {', '.join(missing)}", fix="Give one row per coder and pool with these columns.")
    right, total = pl.col("right"), pl.col("total")
    is_right = (total.fill_null(0) == 0) & (right.fill_null(0) == 0) | (right >= 0) & (right <= total) & total.is_finite()
    if count := coders.select((~is_right.fill_null(False)).sum()).item():
        raise InputError(f"right is not from 0 to total in {count} rows of coders")
    return coders
