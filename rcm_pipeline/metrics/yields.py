"""M01 to M05: how much of what is sent passes each layer at the first try."""

import polars as pl

from rcm_pipeline.claims.remits import ANSWER
from rcm_pipeline.denials.classify.adjudications import first_of_claims, taken_back
from rcm_pipeline.metrics.measures import Facts, formula, shaped, weekly
from rcm_pipeline.stats.intervals import Z95
from schemas.vocabulary.denials import CLAIM_DENIED

_ACCEPTED = ["acknowledged", "answered", "partly_answered", "rejected_batch"]


@formula("M01")
def file_acceptance(facts: Facts) -> pl.DataFrame:
    """By week sent."""
    sent = facts.submissions.with_columns(pl.col("sent_date").dt.truncate("1w").alias("week"))
    return weekly("M01", _counted(sent, pl.col("status_code").is_in(_ACCEPTED)))


@formula("M02")
def claim_rejections(facts: Facts) -> pl.DataFrame:
    """By week sent: each version, and each lineage by its newest answered version."""
    answered = facts.versions.filter(pl.col("is_rejected").is_not_null())
    newest = answered.sort("lineage_id", "version_no").unique("lineage_id", keep="last", maintain_order=True)
    parts = (("versions", answered), ("claims", newest))
    return pl.concat([weekly("M02", _counted(frame, pl.col("is_rejected")), variant) for variant, frame in parts])


@formula("M03")
def clean_claims(facts: Facts) -> pl.DataFrame:
    """By week the first version was sent: accepted at the first answer, and untouched before it."""
    first = _first_versions(facts)
    touched = facts.touches.join(first.select("claim_token").drop_nulls().unique(), on="claim_token", how="semi")
    earliest = touched.group_by("claim_token").agg(pl.col("touched_date").min().alias("_touched"))
    joined = first.join(earliest, on="claim_token", how="left")
    is_untouched = ~(pl.col("_touched") < pl.col("first_answer_date")).fill_null(False)
    return weekly("M03", _counted(joined, ~pl.col("is_first_rejected") & is_untouched))


@formula("M04")
def first_pass_yield(facts: Facts) -> pl.DataFrame:
    """By week of the first decision."""
    return weekly("M04", _first_pass(facts))


@formula("M05")
def rolled_yield(facts: Facts) -> pl.DataFrame:
    """By week: the product of three yields."""
    passed = _counted(_first_versions(facts), ~pl.col("is_first_rejected"))
    undenied = _counted(first_of_claims(facts.lines), ~pl.col("disposition").is_in(CLAIM_DENIED))
    return _rolled([_claims_in_files(facts), passed, undenied])


def _counted(frame: pl.DataFrame, is_good: pl.Expr, week: str = "week") -> pl.DataFrame:
    known = frame.filter(pl.col(week).is_not_null())
    return known.group_by(pl.col(week).alias("week")).agg(
        is_good.fill_null(False).sum().cast(pl.Int64).alias("numerator"), pl.len().cast(pl.Int64).alias("denominator")
    )


def _claims_in_files(facts: Facts) -> pl.DataFrame:
    sent = facts.submissions.filter(pl.col("sent_date").is_not_null()).with_columns(pl.col("sent_date").dt.truncate("1w").alias("week"))
    accepted = pl.col("claim_count").filter(pl.col("status_code").is_in(_ACCEPTED)).sum()
    return sent.group_by("week").agg(accepted.alias("numerator"), pl.col("claim_count").sum().alias("denominator"))


def _first_versions(facts: Facts) -> pl.DataFrame:
    return facts.versions.filter((pl.col("version_no") == 1) & pl.col("is_first_rejected").is_not_null())


def _first_pass(facts: Facts) -> pl.DataFrame:
    """Needs nothing more: answers the first version, denies nothing, is never touched, sent again or reversed."""
    first = (
        first_of_claims(facts.lines)
        .join(facts.adjudications.select(*ANSWER, "version_id"), on=ANSWER, how="left")
        .join(facts.lineages.select("lineage_id", "claim_token"), on="lineage_id", how="left")
    )
    numbers = facts.versions.select("version_id", "version_no")
    versions = facts.versions.group_by("lineage_id").agg(pl.len().alias("_versions"))
    last_touch = facts.touches.group_by("claim_token").agg(pl.col("touched_date").max().alias("_touched"))
    taken = taken_back(facts.reversals, ANSWER).with_columns(pl.lit(True).alias("_reversed"))
    joined = (
        first.join(numbers, on="version_id", how="left")
        .join(versions, on="lineage_id", how="left")
        .join(last_touch, on="claim_token", how="left")
        .join(taken, on=ANSWER, how="left")
    )
    is_first = pl.col("version_no").fill_null(1) == 1
    is_alone = pl.col("_versions").fill_null(1) <= 1
    is_untouched = ~(pl.col("_touched") >= pl.col("adjudication_date")).fill_null(False)
    needs_nothing = ~pl.col("disposition").is_in(CLAIM_DENIED) & is_alone & is_untouched & pl.col("_reversed").is_null()
    return _counted(joined, is_first & needs_nothing)


def _rolled(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """Product of the yields of one week, limits by the delta method on the logarithm; weeks where one part is missing have none."""
    joined = parts[0]
    for number, part in enumerate(parts[1:], start=1):
        joined = joined.join(part, on="week", how="inner", suffix=f"_{number}")
    pairs = [("numerator" + end, "denominator" + end) for end in ("", "_1", "_2")]
    shares = [pl.col(n).cast(pl.Float64) / pl.col(d).cast(pl.Float64) for n, d in pairs]
    value = shares[0] * shares[1] * shares[2]
    variance = pl.sum_horizontal((1 - share) / (share * pl.col(d)) for share, (_, d) in zip(shares, pairs, strict=True))
    known = joined.filter(pl.all_horizontal(pl.col(d) > 0 for _, d in pairs))
    spread = (Z95 * variance.sqrt()).exp()
    some = value > 0
    valued = known.select(
        "week",
        value.alias("value"),
        pl.when(some).then(value / spread).alias("low"),
        pl.when(some).then((value * spread).clip(upper_bound=1)).alias("high"),
        pl.col("week").alias("period_start"),
        (pl.col("week") + pl.duration(days=6)).alias("period_end"),
    )
    return shaped(valued, "M05", "week")
