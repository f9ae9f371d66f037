"""M01 to M05: how much of what is sent passes each layer at the first try."""

import polars as pl

from rcm_pipeline.claims.remits import PLACE
from rcm_pipeline.denials.classify.adjudications import taken_back
from rcm_pipeline.metrics.measures import Known, shaped, weekly
from rcm_pipeline.stats.intervals import Z95
from schemas.vocabulary import CLAIM_DENIED

_ACCEPTED = ["acknowledged", "answered", "partly_answered", "rejected_batch"]


def yields(known: Known) -> pl.DataFrame:
    """Measure rows of M01, M02, M03, M04 and M05 for every week with something sent or decided."""
    files, claims = _files(known), _claims_in_files(known)
    first = _first_versions(known)
    clean, passed, decided = _clean(known, first), _passed_edits(first), _undenied(known)
    return pl.concat(
        [
            weekly("M01", files),
            weekly("M02", _rejected_versions(known), "versions"),
            weekly("M02", _rejected_claims(known), "claims"),
            weekly("M03", clean),
            weekly("M04", _first_pass(known)),
            _rolled([claims, passed, decided]),
        ]
    )


def _counted(frame: pl.DataFrame, is_good: pl.Expr, week: str = "week") -> pl.DataFrame:
    known = frame.filter(pl.col(week).is_not_null())
    return known.group_by(pl.col(week).alias("week")).agg(
        is_good.fill_null(False).sum().cast(pl.Int64).alias("numerator"), pl.len().cast(pl.Int64).alias("denominator")
    )


def _files(known: Known) -> pl.DataFrame:
    sent = known.submissions.with_columns(pl.col("sent_date").dt.truncate("1w").alias("week"))
    return _counted(sent, pl.col("status_code").is_in(_ACCEPTED))


def _claims_in_files(known: Known) -> pl.DataFrame:
    sent = known.submissions.filter(pl.col("sent_date").is_not_null()).with_columns(pl.col("sent_date").dt.truncate("1w").alias("week"))
    accepted = pl.col("claim_count").filter(pl.col("status_code").is_in(_ACCEPTED)).sum()
    return sent.group_by("week").agg(accepted.alias("numerator"), pl.col("claim_count").sum().alias("denominator"))


def _rejected_versions(known: Known) -> pl.DataFrame:
    return _counted(known.life.versions.filter(pl.col("is_rejected").is_not_null()), pl.col("is_rejected"))


def _rejected_claims(known: Known) -> pl.DataFrame:
    answered = known.life.versions.filter(pl.col("is_rejected").is_not_null())
    newest = answered.sort("lineage_id", "version_no").unique("lineage_id", keep="last", maintain_order=True)
    return _counted(newest, pl.col("is_rejected"))


def _first_versions(known: Known) -> pl.DataFrame:
    return known.life.versions.filter((pl.col("version_no") == 1) & pl.col("is_first_rejected").is_not_null())


def _clean(known: Known, first: pl.DataFrame) -> pl.DataFrame:
    touched = known.life.touches.join(first.select("claim_token").drop_nulls().unique(), on="claim_token", how="semi")
    earliest = touched.group_by("claim_token").agg(pl.col("touched_date").min().alias("_touched"))
    joined = first.join(earliest, on="claim_token", how="left")
    is_untouched = ~(pl.col("_touched") < pl.col("first_answer_date")).fill_null(False)
    return _counted(joined, ~pl.col("is_first_rejected") & is_untouched)


def _passed_edits(first: pl.DataFrame) -> pl.DataFrame:
    return _counted(first, ~pl.col("is_first_rejected"))


def _first_decisions(known: Known) -> pl.DataFrame:
    """The earliest first decision of each lineage that decides a line."""
    first = known.life.adjudications.filter(pl.col("is_first") & pl.col("adjudication_date").is_not_null())
    earliest = first.sort("adjudication_date", *PLACE).unique("lineage_id", keep="first", maintain_order=True)
    return earliest.filter(pl.col("disposition") != "undecided")


def _undenied(known: Known) -> pl.DataFrame:
    return _counted(_first_decisions(known), ~pl.col("disposition").is_in(CLAIM_DENIED))


def _first_pass(known: Known) -> pl.DataFrame:
    """Needs nothing more: answers the first version, denies nothing, is never touched, sent again or reversed."""
    first = _first_decisions(known).select(
        "lineage_id",
        "claim_token",
        "week",
        "adjudication_date",
        "disposition",
        "file_id",
        "claim_no",
        "version_file_id",
        "version_claim_no",
    )
    numbers = known.life.versions.select(
        pl.col("file_id").alias("version_file_id"), pl.col("claim_no").alias("version_claim_no"), "version_no"
    )
    versions = known.life.versions.group_by("lineage_id").agg(pl.len().alias("_versions"))
    last_touch = known.life.touches.group_by("claim_token").agg(pl.col("touched_date").max().alias("_touched"))
    taken = taken_back(known.life.reversals, PLACE).with_columns(pl.lit(True).alias("_reversed"))
    joined = (
        first.join(numbers, on=["version_file_id", "version_claim_no"], how="left")
        .join(versions, on="lineage_id", how="left")
        .join(last_touch, on="claim_token", how="left")
        .join(taken, on=PLACE, how="left")
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
