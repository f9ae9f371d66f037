"""What each method counts of a reviewed chart: how much of it is right, of how much in all."""

import polars as pl

from rcm_pipeline.weeks import Week
from schemas.vocabulary import ALL

CHART = ["review_token", "coder_id", "specialty", "week", "stratum_code", "selection_rate", "frame_count", "sample_id", "has_reason"]
MOST_POINTS = 5  # the heaviest weight of the error list: what a code can lose
UNITS = {
    "A1": "codes",
    "A2": "codes",
    "A3": "charts",
    "A4_gross": "dollars",
    "A4_net": "dollars",
    "A5": "points",
    "A6": "visits",
    "A7": "codes",
}


def scoped(charts: pl.DataFrame) -> pl.DataFrame:
    """The rows once for the whole client, once for their coder and once for their specialty: scope_code and scope_id."""
    scopes = {"all": pl.lit(ALL), "coder": pl.col("coder_id"), "specialty": pl.col("specialty")}
    return pl.concat(charts.with_columns(pl.lit(code).alias("scope_code"), key.alias("scope_id")) for code, key in scopes.items())


def first_reviews(reviews: pl.DataFrame) -> pl.DataFrame:
    """The reviews accuracy is about: second reviews judge auditors, calibration charts have a known answer, re-audits follow up.

    A chart of a coder counts once, by its latest: a review under a new number is the same chart again.
    """
    chart = ["claim_token", "coder_id", "service_date"]
    first = reviews.filter(pl.col("kind_code") == "first").sort("review_date", "review_token")
    return first.unique(chart, keep="last", maintain_order=True).sort("review_token")


def known_reviews(reviews: pl.LazyFrame, week: Week) -> pl.DataFrame:
    """First reviews up to the anchor week."""
    return first_reviews(reviews.collect()).filter(pl.col("week") <= week.monday)


def chart_measures(reviews: pl.DataFrame, codes: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    """One row per method and unit of a first review (a visit for A6, else the chart): CHART, method_id, right and total.

    Beside those of `count_measures`: A4_gross 1 - sum of |coded - audited| / audited allowed dollars, A4_net coded / audited,
    both of charts whose every code has dollars. A6 visits whose E/M level is the auditor's (CERT).
    """
    charts = first_reviews(reviews)
    return pl.concat([count_measures(reviews, findings), *_dollars(charts, codes), _levels(charts, codes)])


def count_measures(reviews: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    """One row per method and first review, of the methods that need no list of codes: CHART, method_id, right and total.

    A1 codes on which both agree / auditor's codes. A2 the same / coder's codes. A3 charts without an error / charts. A5 1 - weights
    of the findings / 5 points a code of the auditor's, a chart at least 0. A7 1 - findings / codes of the coder's before the audit
    (Dolbey's), a chart at least 0. Sources: AHIMA 2009 (A1, A3), house policy (A5).
    """
    charts = first_reviews(reviews).join(_weights(findings), on="review_token", how="left").with_columns(pl.col("_points").fill_null(0))
    assigned, audited, right = pl.col("coder_code_count"), pl.col("auditor_code_count"), pl.col("correct_code_count")
    points = MOST_POINTS * audited
    of_chart = {
        "A1": (right, audited),
        "A2": (right, assigned),
        "A3": (pl.col("is_right").cast(pl.Int64), pl.lit(1)),
        "A5": (points - pl.min_horizontal(points, "_points"), points),
        "A7": (assigned - pl.min_horizontal(assigned, "finding_count"), assigned),
    }
    parts = [charts.select(*CHART, *_measure(method, *pair)) for method, pair in of_chart.items()]
    return pl.concat(parts)


def family_measures(reviews: pl.DataFrame, codes: pl.DataFrame) -> pl.DataFrame:
    """A1 and A2 by code family, of charts whose codes are listed: CHART, scope_id, method_id, right and total."""
    charts = first_reviews(reviews).select(CHART)
    is_code = ~pl.col("code_kind").is_in(["modifier", "poa", "discharge"])
    listed = codes.filter(is_code).select(
        "review_token", pl.col("code_family").alias("scope_id"), "coder_code", "auditor_code", "verdict_code"
    )
    joined = charts.join(listed, on="review_token", how="inner")
    same = (pl.col("verdict_code") == "same").cast(pl.Int64)
    parts = []
    for method, side in (("A1", "auditor_code"), ("A2", "coder_code")):
        rows = joined.filter(pl.col(side).is_not_null()).group_by(*CHART, "scope_id").agg(same.sum().alias("_same"), pl.len().alias("_all"))
        parts.append(rows.select(*CHART, "scope_id", *_measure(method, pl.col("_same"), pl.col("_all"))))
    return pl.concat(parts)


def category_measures(reviews: pl.DataFrame, findings: pl.DataFrame) -> pl.DataFrame:
    """A3 by error category: charts without a finding of it that counts; CHART, scope_id, method_id, right and total."""
    charts = first_reviews(reviews).select(CHART)
    found = findings.filter("is_counted").select("review_token", "error_code").unique().with_columns(pl.lit(0).alias("_right"))
    seen = charts.join(found, on="review_token", how="inner")["error_code"].unique().sort()
    every = charts.join(pl.DataFrame({"scope_id": seen}), how="cross")
    joined = every.join(found, left_on=["review_token", "scope_id"], right_on=["review_token", "error_code"], how="left")
    return joined.select(*CHART, "scope_id", *_measure("A3", pl.col("_right").fill_null(1), pl.lit(1)))


def _measure(method: str, right: pl.Expr, total: pl.Expr) -> list[pl.Expr]:
    return [pl.lit(method).alias("method_id"), right.cast(pl.Float64).alias("right"), total.cast(pl.Float64).alias("total")]


def _weights(findings: pl.DataFrame) -> pl.DataFrame:
    return findings.filter("is_counted").group_by("review_token").agg(pl.col("weight").sum().alias("_points"))


def _dollars(charts: pl.DataFrame, codes: pl.DataFrame) -> list[pl.DataFrame]:
    """A4, of charts on which dollars are known for every code."""
    delta, audited = pl.col("allowed_delta_amount"), pl.col("auditor_allowed_amount")
    is_known = delta.is_not_null() & (audited.is_not_null() | pl.col("auditor_code").is_null())
    sums = (
        codes.filter(~pl.col("code_kind").is_in(["modifier", "poa", "discharge"]) | delta.is_not_null())
        .group_by("review_token")
        .agg(
            is_known.all().alias("_is_known"),
            delta.sum().cast(pl.Float64).alias("_net"),
            delta.abs().sum().cast(pl.Float64).alias("_gross"),
            audited.sum().cast(pl.Float64).alias("_audited"),
        )
        .filter("_is_known")
    )
    joined = charts.join(sums, on="review_token", how="inner")
    net, gross, total = pl.col("_net"), pl.col("_gross"), pl.col("_audited")
    return [
        joined.select(*CHART, *_measure("A4_gross", total - gross, total)),
        joined.select(*CHART, *_measure("A4_net", total + net, total)),
    ]


def _levels(charts: pl.DataFrame, codes: pl.DataFrame) -> pl.DataFrame:
    visits = codes.filter(pl.col("level_difference").is_not_null()).select("review_token", "level_difference")
    right = (pl.col("level_difference") == 0).cast(pl.Int64)
    return charts.join(visits, on="review_token", how="inner").select(*CHART, *_measure("A6", right, pl.lit(1)))
