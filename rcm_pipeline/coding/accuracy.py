"""How accurate each coder is against the QA samples, by three methods that are never mixed, with honest intervals."""

import datetime as dt

import polars as pl

from rcm_pipeline.coding.clusters import design_effects, pooled_icc
from rcm_pipeline.intervals import rate, wilson
from schemas.contract import conform
from schemas.registry import CONTRACTS
from schemas.vocabulary import ALL

_QUARTER_WEEKS = 13
_METHODS = {
    "A1": ("correct_code_count", "auditor_code_count"),
    "A2": ("correct_code_count", "coder_code_count"),
    "A3": ("_is_right", "_one"),
}


def coder_accuracy(reviews: pl.DataFrame, anchor: dt.date | None) -> pl.DataFrame:
    """mart_coder_accuracy from random-sample reviews (charts chosen for risk would bias the rate).

    A1: codes on which both agree / auditor's codes. A2: the same / coder's codes. A3: charts without an error / charts.
    Codes of one chart are alike, so A1 and A2 use Wilson's interval on the effective sample size (method D2:
    deff = 1 + (m_w - 1) ICC, pooled ICC); A3 uses the number of charts.
    """
    random = reviews.filter(pl.col("stratum_code") == "random").with_columns(
        ((pl.col("correct_code_count") == pl.col("coder_code_count")) & (pl.col("correct_code_count") == pl.col("auditor_code_count")))
        .cast(pl.Int64)
        .alias("_is_right"),
        pl.lit(1, dtype=pl.Int64).alias("_one"),
    )
    parts = [_period(random, "all"), _period(_last_quarter(random, anchor), "quarter")]
    return conform(pl.concat(parts), CONTRACTS["mart_coder_accuracy"]).sort("method_id", "period_code", "scope_code", "scope_id")


def _last_quarter(reviews: pl.DataFrame, anchor: dt.date | None) -> pl.DataFrame:
    if anchor is None:
        return reviews.clear()
    end = anchor + dt.timedelta(days=6)
    return reviews.filter(pl.col("review_date").is_between(end - dt.timedelta(weeks=_QUARTER_WEEKS, days=-1), end))


def _period(reviews: pl.DataFrame, period: str) -> pl.DataFrame:
    parts = []
    for method, (right, total) in _METHODS.items():
        charts = reviews.select("coder_id", "specialty", pl.col(right).alias("right"), pl.col(total).alias("total"))
        icc = 0.0 if method == "A3" else pooled_icc(charts, "coder_id")
        for scope in ("all", "coder", "specialty"):
            key = {"all": pl.lit(ALL), "coder": pl.col("coder_id"), "specialty": pl.col("specialty").fill_null("not said")}[scope]
            parts.append(
                _scope(charts.with_columns(key.alias("scope_id")), icc).with_columns(
                    pl.lit(method).alias("method_id"), pl.lit(scope).alias("scope_code"), pl.lit(period).alias("period_code")
                )
            )
    return pl.concat(parts)


def _scope(charts: pl.DataFrame, icc: float) -> pl.DataFrame:
    grouped = charts.group_by("scope_id").agg(
        pl.len().cast(pl.Int64).alias("review_count"),
        pl.col("right").sum().alias("numerator"),
        pl.col("total").sum().alias("denominator"),
        design_effects(pl.col("total"), icc).alias("_deff"),
    )
    counted = grouped.with_columns(
        rate(pl.col("numerator"), pl.col("denominator")).alias("accuracy_rate"),
        pl.when(pl.col("denominator") > 0).then(pl.col("denominator") / pl.col("_deff")).alias("effective_size"),
    )
    low, high = wilson(pl.col("accuracy_rate") * pl.col("effective_size"), pl.col("effective_size"))
    return counted.with_columns(low.alias("low"), high.alias("high"))
