"""Accuracy from samples that take more of the risky charts: each stratum weighs what it is of the frame, and the limits know it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from rcm_pipeline.errors import InputError
from rcm_pipeline.stats.accuracy_limits import Floats, is_rejected

Ints = npt.NDArray[np.int64]

SHOP_CHARTS = 1.0  # the shop's accuracy of a stratum counts as so many charts, so that none looks sure after two charts
_SIZING_CHARTS = 8.0
_FRAME_CHART = 0.25  # of a chart: a frame of 60 has no accuracy between 58 and 59 of 60, so limits between miss oftener
_STEPS = 70  # halvings, to the last digit
_REACH = 42.0  # sinh of it is a pull beyond any sample
_COUNTS = ("right", "total", "frame_count", "sample_count")


def stratified_interval(samples: pl.DataFrame, scope: list[str]) -> pl.DataFrame:
    """One row per scope: numerator, denominator, accuracy_rate, low, high (95 %), effective_size (charts or codes), strata_count.

    `samples`: a row per scope and `stratum` with `right` of `total` (charts, or codes in them; right may be a fraction),
    `frame_count` charts of which `sample_count` were drawn at random, and, where known, `shop_rate` (the accuracy of the
    stratum over the shop; where null, that of all rows of the stratum here, (right + 0.5) / (total + 1)) and `deff` (see
    `clusters`; where null, 1).
    Rates are null where nothing was sampled in a stratum that holds charts; effective_size is null where all was reviewed.

    P = sum of W p, with W the share of the frame (its charts times total per sampled chart) and p = right / total.
    A limit is the P' furthest from P with (P - P')² <= 1.96² V, V = sum of W² p'(1 - p')/n (N - sample)/(N - 1), n = total/deff.
    p' are the strata's accuracies likeliest under P': with m = n + 1, c = right/deff + shop_rate and one number t for all
    strata, p' = 2c / (m + tW + sqrt((m + tW)² - 4tWc)); t is sought so that the sum of W p' is P'. With at most ten errors in
    the effective size P'(1 - P')/V the exact chance of 5 % decides, see `limits`. Last, a quarter of a chart (code) of the frame is
    added to either side, no further than the reviewed charts leave open. One stratum of an endless frame gives `accuracy_limits`.
    Score limits under the hypothesis as in Miettinen and Nurminen (1985); n by Kish's design effect.
    effective_size, to be printed only: the same P(1 - P)/V with every p as (right/deff + 8 shop_rate) / (n + 8).

    Raises InputError naming the column and how many rows are wrong.
    """
    table = _checked(samples, scope)
    if table.is_empty():
        return _empty(table, scope)
    keys = table.select(scope).unique(maintain_order=True).with_row_index("_scope")
    rows = table.join(keys, on=scope, how="left", nulls_equal=True, maintain_order="left")
    low, high, seen, size = _limits(_strata(rows, keys.height))
    totals = rows.group_by("_scope").agg(
        pl.col("right").sum().alias("numerator"),
        pl.col("total").sum().alias("denominator"),
        (pl.col("frame_count") > 0).sum().cast(pl.Int64).alias("strata_count"),
    )
    numbers = {"accuracy_rate": seen, "low": low, "high": high, "effective_size": size}
    joined = keys.join(totals, on="_scope", how="left", maintain_order="left")
    return joined.with_columns(pl.Series(name, value).fill_nan(None) for name, value in numbers.items()).drop("_scope")


@dataclass(frozen=True)
class _Strata:
    """Arrays by stratum of a scope; `scope` is which of `scopes` it belongs to."""

    scope: Ints
    scopes: int
    weight: Floats
    rate: Floats
    size: Floats
    prior: Floats
    left: Floats  # share of the variance that the unreviewed charts leave
    reviewed: Floats  # share of the scope's frame that was reviewed in this stratum
    grain: Floats  # by scope: a quarter of a chart, or code, of its frame

    def total(self, values: Floats) -> Floats:
        """Sums by scope."""
        sums: Floats = np.bincount(self.scope, values, self.scopes).astype(np.float64)  # without a row bincount gives integers
        return sums

    def supposed(self, pull: Floats) -> Floats:
        """The strata's likeliest accuracies when the accuracy of their scope is pulled down, or up where the pull is negative."""
        by_row = pull[self.scope]
        reach, known = np.abs(by_row) * self.weight, self.size + SHOP_CHARTS
        right = self.size * self.rate + SHOP_CHARTS * self.prior
        count = np.where(by_row > 0, right, known - right)
        root = np.sqrt(np.maximum((known + reach) ** 2 - 4 * reach * count, 0))
        nearer = np.clip(2 * count / (known + reach + root), 0, 1)
        return np.where(by_row > 0, nearer, 1 - nearer)

    def shrunk(self) -> Floats:
        """The strata's accuracies with eight charts of the shop's, to size a sample by (method D3)."""
        return (self.size * self.rate + _SIZING_CHARTS * self.prior) / (self.size + _SIZING_CHARTS)

    def variance(self, rate: Floats) -> Floats:
        """Of the weighted accuracy, by scope."""
        return self.total(self.weight**2 * rate * (1 - rate) / self.size * self.left)


def _limits(strata: _Strata) -> tuple[Floats, Floats, Floats, Floats]:
    """Low, high, the accuracy seen and its effective size, by scope."""
    seen = strata.total(strata.weight * strata.rate)
    is_all, is_none = seen >= 1 - 1e-12, seen <= 1e-12
    low, high = (_limit(strata, seen, side) for side in (-1, 1))
    shrunk = strata.shrunk()
    centre, variance = strata.total(strata.weight * shrunk), strata.variance(shrunk)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.where(variance > 0, centre * (1 - centre) / variance, np.nan)
    low, high = np.where(is_none, 0.0, np.minimum(low, seen)), np.where(is_all, 1.0, np.maximum(high, seen))
    # the true count of a frame is whole: a little more to either side, but no further than what was reviewed leaves open
    low = np.maximum(low - strata.grain, strata.total(strata.reviewed * strata.rate))
    high = np.minimum(high + strata.grain, 1 - strata.total(strata.reviewed * (1 - strata.rate)))
    unknown = np.isnan(seen)
    return np.where(unknown, np.nan, low), np.where(unknown, np.nan, high), seen, size


def _limit(strata: _Strata, seen: Floats, side: int) -> Floats:
    """The accuracy furthest to one side that is not rejected, found by halving the pull."""
    outside, inside = np.full(strata.scopes, -side * _REACH), np.full(strata.scopes, side * _REACH)
    tried = seen
    for _ in range(_STEPS):
        middle = (outside + inside) / 2
        rates = strata.supposed(np.sinh(middle))
        tried = strata.total(strata.weight * rates)
        beyond = ((tried - seen) * side > 0) & is_rejected(tried, seen, strata.variance(rates))
        outside, inside = np.where(beyond, middle, outside), np.where(beyond, inside, middle)
    return tried


def _strata(rows: pl.DataFrame, scopes: int) -> _Strata:
    """Strata that hold no chart weigh nothing; one that holds charts, none of them sampled, makes its scope unknown."""
    held = rows.filter(pl.col("frame_count") > 0)
    total, frame, drawn = (held[name].cast(pl.Float64).to_numpy() for name in ("total", "frame_count", "sample_count"))
    scope = held["_scope"].cast(pl.Int64).to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        worth = frame * total / drawn
        rate = held["right"].cast(pl.Float64).to_numpy() / total
        left = np.where(frame > 1, (frame - drawn) / (frame - 1), 0.0)
    known = np.bincount(scope, minlength=scopes) > 0
    every = np.where(known, np.bincount(scope, worth, scopes), np.nan)
    size = total / held["deff"].to_numpy()
    weight = worth / every[scope]
    return _Strata(scope, scopes, weight, rate, size, held["shop_rate"].to_numpy(), left, weight * drawn / frame, _FRAME_CHART / every)


def _checked(samples: pl.DataFrame, scope: list[str]) -> pl.DataFrame:
    missing = [name for name in (*scope, "stratum", *_COUNTS) if name not in samples.columns]
    if missing:
        raise InputError(f"samples lack {', '.join(missing)}", fix="Give one row per scope and stratum with these columns.")
    right, total, frame, drawn = (pl.col(name) for name in _COUNTS)
    optional = [(pl.col(name) if name in samples.columns else pl.lit(None)).cast(pl.Float64).alias(name) for name in ("shop_rate", "deff")]
    table = samples.select(*scope, "stratum", *_COUNTS, *optional)
    wrong = {
        "right": ~((right >= 0) & (right <= total)),
        "total": ~(total >= 0) | ((total > 0) != (drawn > 0)),
        "sample_count": ~((drawn >= 0) & (drawn <= frame)),
        "frame_count": frame.is_null(),
        "shop_rate": ~pl.col("shop_rate").is_between(0, 1),
        "deff": ~((pl.col("deff") > 0) & pl.col("deff").is_finite()),
        "stratum": pl.struct(*scope, "stratum").is_duplicated(),
    }
    for name, is_wrong in wrong.items():
        empty = name not in {"shop_rate", "deff"}
        if count := table.select(is_wrong.fill_null(empty).sum()).item():
            raise InputError(f"{name} is wrong in {count} rows of samples", fix="See the docstring of stratified_interval.")
    shop = ((right.sum() + 0.5) / (total.sum() + 1)).over("stratum")  # never quite 1: a small shop is not sure
    return table.with_columns(pl.col("deff").fill_null(1.0), pl.coalesce("shop_rate", shop).alias("shop_rate"))


def _empty(table: pl.DataFrame, scope: list[str]) -> pl.DataFrame:
    counts = {"numerator": table.schema["right"], "denominator": table.schema["total"], "strata_count": pl.Int64()}
    rates = dict.fromkeys(("accuracy_rate", "low", "high", "effective_size"), pl.Float64())
    return table.select(scope).with_columns(pl.lit(None, dtype).alias(name) for name, dtype in {**counts, **rates}.items())
