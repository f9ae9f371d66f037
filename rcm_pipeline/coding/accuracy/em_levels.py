"""E/M levels as coded against as audited (A6): how often the same, and whether a coder leans up or down."""

import numpy as np
import polars as pl

from rcm_pipeline.coding.accuracy.errors import with_share
from rcm_pipeline.coding.accuracy.methods import known_reviews, scoped
from rcm_pipeline.coding.comparison.code_kinds import em_levels as known_levels
from rcm_pipeline.stats.quantiles import student_reach
from rcm_pipeline.tables import mart
from rcm_pipeline.weeks import Week

_KEYS = ["scope_code", "scope_id"]
_NUMBER = r"^(\d{5})"  # a code may carry its modifiers


@mart
def mart_em_levels(core_qa_reviews: pl.LazyFrame, core_qa_codes: pl.LazyFrame, *, week: Week) -> pl.DataFrame:
    """One row per scope from first reviews of random charts whose codes are listed: visits with an E/M code of one category from both.

    bias: mean of levels as coded minus as audited, with Student's limits. weighted_kappa: 1 - sum of squared differences over
    what chance alone would make of the two distributions of levels, category of visit by category (Cohen 1968); null where
    neither varies.
    """
    charts = known_reviews(core_qa_reviews, week).filter(pl.col("stratum_code") == "random").select("review_token", "coder_id", "specialty")
    pairs = (
        core_qa_codes.collect()
        .filter(pl.col("level_difference").is_not_null())
        .select(
            "review_token",
            pl.col("level_difference").cast(pl.Float64).alias("d"),
            pl.col("auditor_code").str.extract(_NUMBER).alias("key"),
        )
    )
    levels = pairs.join(known_levels(), on="key", how="left", validate="m:1").with_columns(
        pl.col("level").cast(pl.Float64).alias("audited")
    )
    visits = charts.join(levels, on="review_token", how="inner").with_columns((pl.col("audited") + pl.col("d")).alias("coded"))
    rows = scoped(visits)
    counted = with_share(rows.group_by(_KEYS).agg(_counts()), "exact_count", "pair_count", "exact_rate").join(
        _kappa(rows), on=_KEYS, how="left", validate="1:1"
    )
    return _with_bias(counted).sort(_KEYS)


def _counts() -> list[pl.Expr]:
    d = pl.col("d")
    counts = {
        "pair_count": pl.len(),
        "exact_count": (d == 0).sum(),
        "near_count": (d.abs() <= 1).sum(),
        "over_count": (d > 0).sum(),
        "under_count": (d < 0).sum(),
    }
    return [
        *(count.cast(pl.Int64).alias(name) for name, count in counts.items()),
        d.mean().alias("bias"),
        d.std().alias("_spread"),
    ]


def _kappa(rows: pl.DataFrame) -> pl.DataFrame:
    audited, coded = pl.col("audited"), pl.col("coded")
    by_chance = coded.var(ddof=0) + audited.var(ddof=0) + (coded.mean() - audited.mean()) ** 2
    within = rows.group_by(*_KEYS, "category").agg((pl.col("d") ** 2).sum().alias("_seen"), (by_chance * pl.len()).alias("_chance"))
    summed = within.group_by(_KEYS).agg(pl.col("_seen", "_chance").sum())
    return summed.select(*_KEYS, pl.when(pl.col("_chance") > 0).then(1 - pl.col("_seen") / pl.col("_chance")).alias("weighted_kappa"))


def _with_bias(table: pl.DataFrame) -> pl.DataFrame:
    n = table["pair_count"].to_numpy()
    reach = pl.Series(student_reach(np.maximum(n - 1, 1)) / np.sqrt(np.maximum(n, 1))) * table["_spread"]
    return table.with_columns((pl.col("bias") - reach).alias("bias_low"), (pl.col("bias") + reach).alias("bias_high"))
