"""M12 and M23 to M26: cohorts, duplicates of our own making, unclassified dollars, takebacks, and how payers write."""

import polars as pl

from rcm_pipeline.claims.remits import PLACE
from rcm_pipeline.denials.classify.adjudications import DUPLICATE_CARCS
from rcm_pipeline.metrics.measures import WINDOW_WEEKS, Known, over_window, shaped, total
from schemas.vocabulary import ALL


def process_measures(known: Known, cohorts: pl.DataFrame) -> pl.DataFrame:
    """Measure rows of M12 by week sent, and of M23, M24, M25 and M26 over 13 weeks."""
    return pl.concat([cohort_measures(cohorts), _duplicates(known), _unclassified(known), _taken_back(known), _badly_written(known)])


def cohort_measures(cohorts: pl.DataFrame) -> pl.DataFrame:
    """M12 from mart_denial_cohorts, all payers; value and limits are those of the curve."""
    rows = cohorts.filter(pl.col("payer_id") == ALL).with_columns(
        pl.col("week").alias("period_start"),
        (pl.col("week") + pl.duration(days=6)).alias("period_end"),
        pl.col("denied_count").alias("numerator"),
        pl.col("sent_count").alias("denominator"),
        pl.col("denial_rate").alias("value"),
        pl.format("d{}", "horizon_days").alias("variant_code"),
    )
    return shaped(rows, "M12", "week")


def _recent(known: Known, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("adjudication_date").is_between(known.since(WINDOW_WEEKS), known.last_day))


def _duplicates(known: Known) -> pl.DataFrame:
    is_decision = (pl.col("kind") == "adjudication") & ~pl.col("is_pended")
    decisions = _recent(known, known.life.adjudications.filter(is_decision))
    named = known.life.denials.filter(pl.col("carc_code").is_in(DUPLICATE_CARCS)).select(PLACE).unique()
    suspects = decisions.join(named, on=PLACE, how="semi")
    numbers = known.life.versions.select(
        pl.col("file_id").alias("version_file_id"), pl.col("claim_no").alias("version_claim_no"), "version_no"
    )
    good = known.life.adjudications.filter((pl.col("kind") == "adjudication") & ((pl.col("disposition") == "paid") | pl.col("is_pended")))
    earliest = good.group_by("lineage_id").agg(pl.col("adjudication_date").min().alias("_good"))
    joined = suspects.join(numbers, on=["version_file_id", "version_claim_no"], how="left").join(earliest, on="lineage_id", how="left")
    ours = (pl.col("version_no") > 1) | (pl.col("_good") < pl.col("adjudication_date"))
    return over_window("M23", known, joined.filter(ours.fill_null(False)).height, decisions.height)


def _unclassified(known: Known) -> pl.DataFrame:
    recent = known.outcomes.filter(pl.col("week") >= known.since(WINDOW_WEEKS))
    return over_window("M24", known, recent["unspecified_amount"].sum(), recent["denied_amount"].sum())


def _taken_back(known: Known) -> pl.DataFrame:
    """M25. A correction belongs to its reversal, whenever it came until the last day."""
    paid = known.life.adjudications.select(
        pl.col("file_id").alias("correction_file_id"),
        pl.col("claim_no").alias("correction_claim_no"),
        pl.col("paid_amount").alias("_corrected"),
    )
    reversals = _recent(known, known.life.reversals)
    # one correction may stand for several reversals: it counts once
    joined = reversals.join(paid, on=["correction_file_id", "correction_claim_no"], how="left").sort(PLACE)
    once = pl.col("correction_claim_no").is_not_null() & pl.struct("correction_file_id", "correction_claim_no").is_first_distinct()
    net = joined.select(
        (pl.col("paid_amount").fill_null(0) + pl.when(once).then(pl.col("_corrected").fill_null(0)).otherwise(0)).alias("net")
    )
    lost = -total(net.filter(pl.col("net") < 0)["net"])
    moved = _recent(known, known.recoupments).filter(pl.col("kind").is_in(["recoupment_taken", "recoupment_delayed"]))
    is_decision = (pl.col("kind") == "adjudication") & ~pl.col("is_pended")
    decisions = _recent(known, known.life.adjudications.filter(is_decision))
    return over_window("M25", known, lost + total(moved["amount"]), decisions["paid_amount"].sum())


def _badly_written(known: Known) -> pl.DataFrame:
    total = known.quality.filter((pl.col("payer_id") == ALL) & (pl.col("rule_id") == ALL))
    failed, answers = total.select("failure_count", "answer_count").row(0) if total.height else (0, 0)
    return over_window("M26", known, failed, answers)
