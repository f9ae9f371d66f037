"""What the auditors found: errors by category, counted once and never mixed with findings that were overturned."""

import polars as pl

from rcm_pipeline.coding.accuracy.methods import known_reviews, scoped
from rcm_pipeline.reference import reference
from rcm_pipeline.stats.accuracy_limits import accuracy_limits
from rcm_pipeline.stats.intervals import rate
from rcm_pipeline.tables import mart
from rcm_pipeline.weeks import Week
from schemas.vocabulary import ALL

_MONEY = pl.Decimal(18, 2)
_KEYS = ["scope_code", "scope_id"]


@mart
def mart_coding_errors(core_qa_reviews: pl.LazyFrame, core_qa_findings: pl.LazyFrame, *, week: Week) -> pl.DataFrame:
    """One row per scope and category: findings of first reviews of random charts by category, for the client, coders and specialties.

    finding_count: against the coder and not overturned; of others' findings none. Dollars are net and gross of these.
    """
    charts = scoped(known_reviews(core_qa_reviews, week).filter(pl.col("stratum_code") == "random")).select("review_token", *_KEYS)
    reviewed = charts.group_by(_KEYS).agg(pl.len().cast(pl.Int64).alias("review_count"))
    is_counted, delta = pl.col("is_counted"), pl.col("allowed_delta_amount").fill_null(0)
    counted = (
        charts.join(core_qa_findings.collect(), on="review_token", how="inner")
        .group_by(*_KEYS, "error_code", "cert_code")
        .agg(
            is_counted.sum().cast(pl.Int64).alias("finding_count"),
            pl.col("review_token").filter(is_counted).n_unique().cast(pl.Int64).alias("chart_count"),
            (is_counted & (pl.col("direction_code") == "over")).sum().cast(pl.Int64).alias("over_count"),
            (is_counted & (pl.col("direction_code") == "under")).sum().cast(pl.Int64).alias("under_count"),
            (pl.col("rebuttal_code") == "overturned").sum().cast(pl.Int64).alias("overturned_count"),
            delta.filter(is_counted).sum().cast(_MONEY).alias("allowed_delta_amount"),
            delta.filter(is_counted).abs().sum().cast(_MONEY).alias("gross_delta_amount"),
        )
        .join(reviewed, on=_KEYS, how="left", validate="m:1")
    )
    limited = with_share(counted, "chart_count", "review_count", "chart_rate")
    return limited.sort(*_KEYS, pl.col("finding_count") * -1, "error_code")


@mart
def mart_cert_split(mart_coding_errors: pl.LazyFrame) -> pl.DataFrame:
    """One row per CERT category: errors of the whole client beside the published split (cert_published.tsv)."""
    errors, published = mart_coding_errors.collect(), reference("cert_published")
    own = errors.filter(pl.col("scope_code") == ALL).group_by("cert_code").agg(pl.col("finding_count", "gross_delta_amount").sum())
    every = pl.concat([own.select("cert_code"), published.select("cert_code")]).unique().sort("cert_code")
    joined = every.join(own, on="cert_code", how="left").join(published, on="cert_code", how="left", validate="m:1")
    filled = joined.with_columns(pl.col("finding_count").fill_null(0), pl.col("gross_delta_amount").fill_null(0))
    total = filled.with_columns(pl.col("finding_count").sum().alias("total_count"))
    return with_share(total, "finding_count", "total_count", "finding_share").sort("cert_code")


def with_share(table: pl.DataFrame, part: str, whole: str, name: str) -> pl.DataFrame:
    """The table with part / whole under `name`, and its 95 % limits."""
    low, high = accuracy_limits(table[part].to_numpy(), table[whole].to_numpy())
    limits = [pl.Series(side, value).fill_nan(None) for side, value in (("low", low), ("high", high))]
    return table.with_columns(rate(pl.col(part), pl.col(whole)).alias(name), *limits)
