"""QA meets denials: claims denied for coding although QA passed them, after a finding, by coder and by category found."""

import datetime as dt

import polars as pl

from rcm_pipeline.denials.classify.adjudications import first_of_claims
from rcm_pipeline.denials.outcomes.denial_outcomes import initial_denials
from rcm_pipeline.redelivery import latest_by
from rcm_pipeline.stats.comparisons import score_ratio
from rcm_pipeline.stats.intervals import rate, wilson
from rcm_pipeline.tables import mart
from rcm_pipeline.weeks import Week
from schemas.vocabulary import ALL

WINDOW_WEEKS = 52
_ON = "lineage_id"
_CAUSE = "coding"
_SIDES = ("numerator", "denominator", "other_numerator", "other_denominator")
_ORDER = pl.Enum(["escape", "finding_lift", "category", "coder"])


@mart
def mart_coding_denials(
    core_qa_reviews: pl.LazyFrame,
    core_qa_findings: pl.LazyFrame,
    core_claim_lineages: pl.LazyFrame,
    core_adjudicated_lines: pl.LazyFrame,
    mart_denial_outcomes: pl.LazyFrame,
    raw_coded_encounters: pl.LazyFrame,
    *,
    week: Week,
) -> pl.DataFrame:
    """One row per measure and scope, of claims first decided in the 52 weeks to the anchor week.

    A claim is the primary payer's lineage and counts once. It is denied for coding when the line of
    its initial denial that lost most has root cause coding, as everywhere (mart_denial_outcomes), overturned or not.

    Charts are random first reviews made before the day of the decision: what is looked at because it was denied would find
    every denial again. escape: charts without an error. finding_lift: charts with a finding that counts, against those
    without. category: charts with one of that category, against those with findings of others only. coder: claims of the
    coding log, against other coders' claims of the same payer and specialty; `lift` compares within each of these, so that
    a strict payer is no coder's fault. Limits of a rate are Wilson's, of a lift those of `score_ratio`.
    """
    claims = _decided(core_claim_lineages, core_adjudicated_lines, mart_denial_outcomes, week.sunday)
    charts = _reviewed(core_qa_reviews.collect(), claims, week.sunday)
    found = core_qa_findings.filter("is_counted").select("review_token", "error_code").unique().collect()
    counted = charts.join(found, on="review_token", how="inner")
    has_finding = pl.col("review_token").is_in(counted["review_token"].unique().implode())
    strata = pl.concat(
        [
            _split(charts.filter("is_right"), pl.col("is_right"), "escape").with_columns(
                pl.lit(None, pl.Int64).alias(c) for c in _SIDES[2:]
            ),
            _split(charts, has_finding, "finding_lift"),
            *(_split(charts.filter(has_finding), _has(counted, code), "category", code) for code in found["error_code"].unique().sort()),
            _by_coder(claims, raw_coded_encounters.collect()),
        ]
    )
    return _rated(strata).sort(pl.col("measure_code").cast(_ORDER), "scope_id")


def _decided(lineages: pl.LazyFrame, lines: pl.LazyFrame, outcomes: pl.LazyFrame, last: dt.date) -> pl.DataFrame:
    """Primary claims first decided in the window, by the earliest decision that decides a line, and whether denied for coding."""
    known = lines.filter(pl.col("adjudication_date") <= last)
    first = first_of_claims(known).select(_ON, pl.col("adjudication_date").alias("decided_date"))
    in_window = first.filter(pl.col("decided_date") > last - dt.timedelta(weeks=WINDOW_WEEKS))
    primary = lineages.filter(pl.col("sequence_code") == "P").select(_ON, "claim_token", "payer_id", "coder_id")
    denied = initial_denials(outcomes).filter((pl.col("root_cause") == _CAUSE) & (pl.col("denied_date") <= last)).select(_ON).collect()[_ON]
    claims = primary.join(in_window, on=_ON, how="inner").collect()
    return claims.with_columns(pl.col(_ON).is_in(denied.implode()).alias("is_denied"))


def _reviewed(reviews: pl.DataFrame, claims: pl.DataFrame, last: dt.date) -> pl.DataFrame:
    """Claims with their last random first review before the decision."""
    first = reviews.filter((pl.col("kind_code") == "first") & (pl.col("stratum_code") == "random") & (pl.col("review_date") <= last))
    before = (
        first.select(_ON, "review_token", "review_date", "is_right")
        .join(claims, on=_ON, how="inner")
        .filter(pl.col("review_date") < pl.col("decided_date"))
    )
    return before.sort("review_date", "review_token").unique(_ON, keep="last", maintain_order=True)


def _has(counted: pl.DataFrame, code: str) -> pl.Expr:
    return pl.col("review_token").is_in(counted.filter(pl.col("error_code") == code)["review_token"].implode())


def _split(charts: pl.DataFrame, mine: pl.Expr, measure: str, scope: str = ALL) -> pl.DataFrame:
    """One stratum: denied and decided claims where `mine` is true, and where it is not."""
    denied = pl.col("is_denied")
    counts = ((denied & mine).sum(), mine.sum(), (denied & ~mine).sum(), (~mine).sum())
    sides = [count.cast(pl.Int64).alias(side) for count, side in zip(counts, _SIDES, strict=True)]
    return charts.select(pl.lit(measure).alias("measure_code"), pl.lit(scope).alias("scope_id"), *sides)


def _by_coder(claims: pl.DataFrame, encounters: pl.DataFrame) -> pl.DataFrame:
    """A stratum per coder, payer and specialty: the coder's claims, and those of the other coders there."""
    specialties = latest_by(encounters, "claim_token", "coded_date").select("claim_token", "specialty")
    logged = claims.filter(pl.col("coder_id").is_not_null()).join(specialties, on="claim_token", how="left")
    kind = ["payer_id", "specialty"]
    own = (
        logged.with_columns(pl.col(kind).fill_null(""))
        .group_by("coder_id", *kind)
        .agg(pl.col("is_denied").sum().cast(pl.Int64).alias("numerator"), pl.len().cast(pl.Int64).alias("denominator"))
        .sort("coder_id", *kind)  # the order in which rates are added up, and so the last digit of a lift
    )
    others = [(pl.col(side).sum().over(kind) - pl.col(side)).alias(f"other_{side}") for side in _SIDES[:2]]
    return own.with_columns(others).select(pl.lit("coder").alias("measure_code"), pl.col("coder_id").alias("scope_id"), *_SIDES)


def _rated(strata: pl.DataFrame) -> pl.DataFrame:
    """One row per measure and scope with a claim, its rate and its lift."""
    group = ["measure_code", "scope_id"]
    has_others = pl.col("other_denominator").count() > 0
    sums = strata.group_by(group).agg(
        *(pl.col(side).sum() for side in _SIDES[:2]), *(pl.when(has_others).then(pl.col(side).sum()).alias(side) for side in _SIDES[2:])
    )
    lifts = pl.DataFrame(
        [(*key, *_lift(part)) for key, part in strata.group_by(group, maintain_order=True)],
        schema=dict.fromkeys(group, pl.String) | dict.fromkeys(("lift", "lift_low", "lift_high"), pl.Float64),
        orient="row",
    )
    x, n = pl.col("numerator"), pl.col("denominator")
    low, high = wilson(x, n)
    rated = sums.join(lifts, on=group, how="left", validate="1:1").filter(n > 0)
    return rated.with_columns(rate(x, n).alias("denial_rate"), low.alias("low"), high.alias("high"))


def _lift(part: pl.DataFrame) -> tuple[float | None, float | None, float | None]:
    ratio = score_ratio(*(part[side].fill_null(0).to_numpy() for side in _SIDES))
    return ratio.value, ratio.low, ratio.high
