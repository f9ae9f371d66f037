"""Limits of an accuracy by what it counts: Wilson for charts, with clusters for codes, exact in a small frame, ratios for dollars."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from rcm_pipeline.stats.accuracy_limits import accuracy_limits
from rcm_pipeline.stats.intervals import rate
from rcm_pipeline.stats.quantiles import student_reach
from rcm_pipeline.stats.ratstats import attribute_limits

_CLUSTERS = ("A1", "A2", "A7")
_LARGE = 50  # charts in the frame for each one drawn, from which on the frame is as good as endless
_TOTAL = pl.Decimal(18, 3)


def with_limits(rows: pl.DataFrame, keys: list[str], icc: Mapping[str, float]) -> pl.DataFrame:
    """One row per `keys` (method_id among them) from rows of charts or visits with `right` of `total`.

    Codes (A1, A2, A7): n = codes / (1 + (m_w - 1) ICC), m_w the size-weighted mean of codes in a chart. Charts (A3): exact
    hypergeometric limits where they are the whole of one draw from a frame of fewer than 50 charts for each; else, and for
    visits (A6), n as it is. Dollars and points (A4, A5): a ratio of sums over charts with its linearised error and Student's t.
    """
    grouped = _grouped(rows, keys)
    counted = grouped.with_columns(
        rate(pl.col("numerator"), pl.col("denominator")).alias("accuracy_rate"),
        pl.when(pl.col("denominator") > 0).then(pl.col("denominator") / _design_effect(icc)).alias("effective_size"),
    )
    low, high = accuracy_limits(
        _array(counted, pl.col("accuracy_rate") * pl.col("effective_size")), _array(counted, pl.col("effective_size"))
    )
    is_cluster = pl.col("method_id").is_in(_CLUSTERS)
    simple = counted.with_columns(
        pl.Series("low", low).fill_nan(None),
        pl.Series("high", high).fill_nan(None),
        pl.when(is_cluster).then(pl.lit("wilson_clusters")).otherwise(pl.lit("wilson")).alias("interval_code"),
    )
    bounded = _exact(_ratios(simple))
    is_known = pl.col("low").is_not_null()
    sums = [pl.col(name).round(3).cast(_TOTAL) for name in ("numerator", "denominator")]
    named = bounded.with_columns(*sums, pl.when(is_known).then("interval_code").otherwise(pl.lit("none")).alias("interval_code"))
    return named.drop("_squares", "_cross", "_right_squares", "_frame", "_rate")


def _grouped(rows: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    right, total = pl.col("right"), pl.col("total")
    is_drawn = pl.col("selection_rate").is_not_null().all() & (pl.col("selection_rate").n_unique() == 1)
    return rows.group_by(keys).agg(
        pl.col("review_token").n_unique().cast(pl.Int64).alias("review_count"),
        right.sum().alias("numerator"),
        total.sum().alias("denominator"),
        (total * total).sum().alias("_squares"),
        (right * total).sum().alias("_cross"),
        (right * right).sum().alias("_right_squares"),
        pl.when(is_drawn & (pl.col("frame_count").n_unique() == 1)).then(pl.col("frame_count").first()).alias("_frame"),
        pl.col("selection_rate").first().alias("_rate"),
    )


def _design_effect(icc: Mapping[str, float]) -> pl.Expr:
    alike = pl.col("method_id").replace_strict(dict(icc), return_dtype=pl.Float64)
    return pl.max_horizontal(pl.lit(1.0), 1 + (pl.col("_squares") / pl.col("denominator") - 1) * alike)


def _ratios(table: pl.DataFrame) -> pl.DataFrame:
    """R = sum of right / sum of total; its variance n/(n - 1) sum of (right - R total)² / (sum of total)² (Cochran 1977, 6.4).

    Charts that are all alike have no spread to judge by: no limits then. Points (A5) are at least as unsure as their charts
    would be if each were right or wrong, which keeps the limits honest where few charts lose any.
    """
    ratio, n, total = pl.col("accuracy_rate"), pl.col("review_count").cast(pl.Float64), pl.col("denominator")
    squares = pl.col("_right_squares") - 2 * ratio * pl.col("_cross") + ratio**2 * pl.col("_squares")
    error = (squares.clip(lower_bound=0) * n / (n - 1)).sqrt() / total
    reach = pl.when((n > 1) & (squares > 0)).then(pl.Series(student_reach(np.maximum(table["review_count"].to_numpy() - 1, 1))) * error)
    most = pl.when(pl.col("method_id") == "A4_net").then(None).otherwise(1.0)
    charts = accuracy_limits(_array(table, ratio * n), _array(table, n))
    as_charts = [pl.when(ratio.is_not_null()).then(pl.Series(side)).fill_nan(None) for side in charts]
    is_points, is_money = pl.col("method_id") == "A5", pl.col("method_id").is_in(["A4_gross", "A4_net"])
    money_high = pl.when(reach.is_not_null()).then(pl.min_horizontal(ratio + reach, most))
    return table.with_columns(
        pl.when(is_points)
        .then(pl.min_horizontal(as_charts[0], (ratio - reach).clip(lower_bound=0)))
        .when(is_money)
        .then(ratio - reach)
        .otherwise("low")
        .alias("low"),
        pl.when(is_points)
        .then(pl.max_horizontal(as_charts[1], (ratio + reach).clip(upper_bound=1)))
        .when(is_money)
        .then(money_high)
        .otherwise("high")
        .alias("high"),
        pl.when(is_points | is_money).then(None).otherwise("effective_size").alias("effective_size"),
        pl.when(is_points | is_money).then(pl.lit("difference")).otherwise("interval_code").alias("interval_code"),
    )


def _exact(table: pl.DataFrame) -> pl.DataFrame:
    """The whole of one draw from a small frame: limits of the count of right charts in it (RAT-STATS, strict inequality).

    A draw that is not reviewed to its end is left to Wilson, and so are charts of several draws.
    """
    is_whole = (pl.col("_frame") * pl.col("_rate")).round() == pl.col("denominator")
    numbered = table.with_row_index("_at")
    chosen = numbered.filter((pl.col("method_id") == "A3") & is_whole & (pl.col("_rate") > 1 / _LARGE) & (pl.col("denominator") > 0))
    limits = [
        _share(int(row["_frame"]), int(row["denominator"]), int(row["denominator"] - row["numerator"]))
        for row in chosen.iter_rows(named=True)
    ]
    schema = {"_low": pl.Float64, "_high": pl.Float64}
    exact = chosen.select("_at").hstack(pl.DataFrame(limits, schema=schema, orient="row"))
    joined = numbered.join(exact, on="_at", how="left", maintain_order="left")
    is_exact = pl.col("_low").is_not_null()
    return joined.with_columns(
        pl.coalesce("_low", "low").alias("low"),
        pl.coalesce("_high", "high").alias("high"),
        pl.when(is_exact).then(pl.lit("exact_finite")).otherwise("interval_code").alias("interval_code"),
    ).drop("_at", "_low", "_high")


def _share(universe: int, sample: int, errors: int) -> tuple[float, float]:
    found = attribute_limits(universe, sample, errors, 0.95)
    return 1 - found.upper / universe, 1 - found.lower / universe


def _array(table: pl.DataFrame, value: pl.Expr) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    found: np.ndarray[tuple[int], np.dtype[np.float64]] = table.select(value.cast(pl.Float64).fill_null(0).alias("x"))["x"].to_numpy()
    return found
