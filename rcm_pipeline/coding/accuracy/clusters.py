"""Codes come in charts: how alike the codes of one chart are, and how much smaller that makes a sample."""

import polars as pl


def pooled_icc(charts: pl.DataFrame, group: str) -> float:
    """Intraclass correlation of right/wrong codes within charts, pooled over groups (ANOVA estimator), from 0 to 1.

    `charts`: one row per chart with `right` and `total`. 0 when there is too little to tell.
    """
    filled = charts.filter(pl.col("total") > 0).with_columns(
        pl.col("total").sum().over(group).alias("_m"), (pl.col("right").sum().over(group) / pl.col("total").sum().over(group)).alias("_p")
    )
    rows = filled.select(
        k=pl.len(),
        groups=pl.col(group).n_unique(),
        m=pl.col("total").sum(),
        between=(pl.col("total") * (pl.col("right") / pl.col("total") - pl.col("_p")) ** 2).sum(),
        within=(pl.col("right") * (1 - pl.col("right") / pl.col("total"))).sum(),
        squares=(pl.col("total") ** 2 / pl.col("_m")).sum(),
    ).row(0, named=True)
    free_between, free_within = rows["k"] - rows["groups"], rows["m"] - rows["k"]
    if free_between <= 0 or free_within <= 0:
        return 0.0
    ms_between, ms_within = rows["between"] / free_between, rows["within"] / free_within
    size = (rows["m"] - rows["squares"]) / free_between
    spread = ms_between + (size - 1) * ms_within
    return float(min(max((ms_between - ms_within) / spread, 0.0), 1.0)) if spread > 0 else 0.0


def design_effects(total: pl.Expr, icc: float) -> pl.Expr:
    """1 + (m_w - 1) ICC with m_w the size-weighted mean number of codes per chart; at least 1."""
    weighted = (total**2).sum() / total.sum()
    return pl.max_horizontal(pl.lit(1.0), 1 + (weighted - 1) * icc).fill_nan(1.0)


def stratum_counts(charts: pl.DataFrame, by: list[str], icc: float) -> pl.DataFrame:
    """One row per `by` (scope and stratum) as `strata.stratified_interval` reads them: right, total, sample_count, deff.

    `charts`: one row per chart with `right` of `total` codes; a chart without codes is not counted. Join frame_count to it.
    """
    return (
        charts.filter(pl.col("total") > 0)
        .group_by(by, maintain_order=True)
        .agg(
            pl.col("right").sum(),
            pl.col("total").sum(),
            pl.len().cast(pl.Int64).alias("sample_count"),
            design_effects(pl.col("total"), icc).alias("deff"),
        )
    )
