"""Cohorts, duplicates of our own making, unclassified dollars, takebacks, how payers write, spikes, balance and coding accuracy."""

import polars as pl

from rcm_pipeline.claims.remits import ANSWER
from rcm_pipeline.metrics.measures import Facts, formula, over_window, shaped, total, weekly
from rcm_pipeline.weeks import QUARTER_WEEKS
from schemas.vocabulary import ALL
from schemas.vocabulary.denials import DUPLICATE_CARCS
from schemas.vocabulary.spikes import OPEN_SPIKE_STATES


@formula("M12")
def cohort_denials(facts: Facts) -> pl.DataFrame:
    """By week sent, all payers; value and limits are those of the curve of mart_denial_cohorts, and none where it has none."""
    rows = facts.cohorts.filter(pl.col("payer_id") == ALL).with_columns(
        pl.col("week").alias("period_start"),
        (pl.col("week") + pl.duration(days=6)).alias("period_end"),
        pl.col("denied_count").alias("numerator"),
        pl.col("sent_count").alias("denominator"),
        pl.col("denial_rate").fill_null(float("nan")).alias("value"),
        pl.format("d{}", "horizon_days").alias("variant_code"),
    )
    return shaped(rows, "M12", "week")


@formula("M23")
def own_duplicates(facts: Facts) -> pl.DataFrame:
    """Decisions denied as duplicates of what we had sent already, of all decisions."""
    decisions = facts.decisions()
    named = facts.denials.filter(pl.col("carc_code").is_in(DUPLICATE_CARCS)).select(ANSWER).unique()
    suspects = decisions.join(named, on=ANSWER, how="semi")
    numbers = facts.versions.select("version_id", "version_no")
    good = facts.adjudications.filter((pl.col("kind") == "adjudication") & ((pl.col("disposition") == "paid") | pl.col("is_pended")))
    earliest = good.group_by("lineage_id").agg(pl.col("adjudication_date").min().alias("_good"))
    joined = suspects.join(numbers, on="version_id", how="left").join(earliest, on="lineage_id", how="left")
    ours = (pl.col("version_no") > 1) | (pl.col("_good") <= pl.col("adjudication_date")) | pl.col("is_duplicate")
    return over_window("M23", facts, joined.filter(ours.fill_null(False)).height, decisions.height)


@formula("M24")
def unclassified_dollars(facts: Facts) -> pl.DataFrame:
    """Denied dollars without a usable cause."""
    recent = facts.recent(facts.outcomes, "week")
    return over_window("M24", facts, recent["unspecified_amount"].sum(), recent["denied_amount"].sum())


@formula("M25")
def takebacks(facts: Facts) -> pl.DataFrame:
    """A correction belongs to its reversal, whenever it came until the last day; one that stands for several counts once."""
    paid = facts.adjudications.select(pl.col("answer_id").alias("correction_answer_id"), pl.col("paid_amount").alias("_corrected"))
    taken = facts.reversals.filter(~pl.col("is_own_void"))
    joined = facts.recent(taken).join(paid, on="correction_answer_id", how="left").sort(ANSWER)
    is_first = pl.col("correction_answer_id").is_not_null() & pl.col("correction_answer_id").is_first_distinct()
    net = joined.select(
        (pl.col("paid_amount").fill_null(0) + pl.when(is_first).then(pl.col("_corrected").fill_null(0)).otherwise(0)).alias("net")
    )
    lost = -total(net.filter(pl.col("net") < 0)["net"])
    moved = facts.recent(facts.recoupments).filter(pl.col("kind").is_in(["recoupment_taken", "recoupment_delayed"]))
    return over_window("M25", facts, lost + total(moved["amount"]), facts.decisions()["paid_amount"].sum())


@formula("M26")
def broken_remittances(facts: Facts) -> pl.DataFrame:
    """Claim payments that break a rule of the remittance, from mart_payer_quality."""
    every = facts.quality.filter((pl.col("payer_id") == ALL) & (pl.col("rule_id") == ALL))
    failed, answers = every.select("failure_count", "answer_count").row(0) if every.height else (0, 0)
    return over_window("M26", facts, failed, answers)


@formula("M29")
def rising_payers(facts: Facts) -> pl.DataFrame:
    """Pairs of payer and cause with a spike open in the anchor week, of those judged in it or with one open."""
    is_open = pl.col("state").is_in(OPEN_SPIKE_STATES).fill_null(False)
    judged = facts.spikes.filter((pl.col("week") == facts.week.monday) & (pl.col("is_judged") | is_open))
    return over_window("M29", facts, judged.filter(is_open).height, judged.height, weeks=1)


@formula("L2")
def balanced_payments(facts: Facts) -> pl.DataFrame:
    """Claim payments that balance to the cent, of all of any kind."""
    dated = facts.adjudications.filter(pl.col("week").is_not_null())
    counted = dated.group_by("week").agg(
        pl.col("is_balanced").sum().cast(pl.Int64).alias("numerator"), pl.len().cast(pl.Int64).alias("denominator")
    )
    return weekly("L2", counted.sort("week"))


@formula("A1")
def coding_accuracy(facts: Facts) -> pl.DataFrame:
    """Code over code of the random sample by quarter, from mart_coder_accuracy, with its own limits."""
    is_whole = (pl.col("method_id") == "A1") & (pl.col("scope_code") == ALL) & (pl.col("design_code") == "random")
    rows = facts.accuracy.filter(is_whole & (pl.col("period_code") == "quarter")).select(
        (pl.col("week") - pl.duration(weeks=QUARTER_WEEKS - 1)).alias("period_start"),
        (pl.col("week") + pl.duration(days=6)).alias("period_end"),
        "numerator",
        "denominator",
        pl.col("accuracy_rate").alias("value"),
        "low",
        "high",
    )
    return shaped(rows, "A1", f"{QUARTER_WEEKS} weeks")
