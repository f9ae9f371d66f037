"""What each layer said of a claim: TA1 and 999 of its file, 277CA of the claim, 835 of its services; and where a defect began.

A rejection (layers 1 and 2) is never a denial (layer 3): nobody decided anything.
"""

import polars as pl

from rcm_pipeline.claims.remits import KEYS

_REJECTED_FILE = ("R", "M", "W", "X")
_OUTCOMES = {"denied_full": "denied", "denied_partial": "partly_denied", "paid": "paid", "undecided": "pended"}
_FIELDS = (
    "layer_code", "source_code", "subject_id", "lineage_index", "submission_id", "version_claim_key", "event_date", "outcome_code",
    "reason_code", "root_cause",
)  # fmt: skip


def layer_events(
    submissions: pl.DataFrame,
    versions: pl.DataFrame,
    statuses: pl.DataFrame,
    adjudications: pl.DataFrame,
    causes: pl.DataFrame,
    claim_status: pl.DataFrame,
    root_causes: pl.DataFrame,
) -> pl.DataFrame:
    """core_layer_events: file answers once per file, claim answers per version, payer answers per claim payment.

    `versions` carry their newest 277CA answer, `adjudications` their matched version and disposition; `causes` are the
    main denial of each claim payment.
    """
    events = pl.concat(
        [
            _file_events(submissions),
            _claim_events(versions, statuses, claim_status),
            _payer_events(adjudications, causes),
        ],
        how="vertical_relaxed",
    )
    stages = root_causes.select("root_cause", "stage_introduced", "stage_detectable")
    return events.join(stages, on="root_cause", how="left", validate="m:1", maintain_order="left")


def _file_events(submissions: pl.DataFrame) -> pl.DataFrame:
    """TA1 and 999 of every sent transaction; the version is null, they stand for all of its claims."""
    parts = []
    for source, prefix, rejected in (("TA1", "interchange", ("R",)), ("999", "transaction", _REJECTED_FILE)):
        batch_answers = submissions.filter(pl.col(f"{prefix}_status_code").is_not_null())
        is_rejected = pl.col(f"{prefix}_status_code").is_in(rejected)
        parts.append(
            batch_answers.select(
                pl.lit("L1").alias("layer_code"),
                pl.lit(source).alias("source_code"),
                pl.col("submission_id").alias("subject_id"),
                pl.lit(None, pl.Int64).alias("lineage_index"),
                "submission_id",
                pl.lit(None, pl.Int64).alias("version_claim_key"),
                (pl.col("transaction_answered_date") if source == "999" else pl.lit(None, pl.Date)).alias("event_date"),
                pl.when(is_rejected).then(pl.lit("rejected")).otherwise(pl.lit("accepted")).alias("outcome_code"),
                pl.col(f"{prefix}_status_code").alias("reason_code"),
                pl.when(is_rejected).then(pl.lit("billing_format")).alias("root_cause"),
            )
        )
    return pl.concat(parts)


def _claim_events(versions: pl.DataFrame, statuses: pl.DataFrame, claim_status: pl.DataFrame) -> pl.DataFrame:
    """The 277CA answer each version stands with now; its cause is that of the first claim status code that has one."""
    answered = versions.filter(pl.col("is_rejected").is_not_null())
    codes = statuses.select(
        pl.col("file_id").alias("answer_file_id"), pl.col("status_no").alias("answer_status_no"), "category_code", "status_code"
    )
    known = claim_status.select("status_code", "root_cause")
    joined = answered.join(codes, on=["answer_file_id", "answer_status_no"], how="left", maintain_order="left").join(
        known, on="status_code", how="left", validate="m:1", maintain_order="left"
    )
    return joined.select(
        pl.lit("L2").alias("layer_code"),
        pl.lit("277CA").alias("source_code"),
        pl.col("version_id").alias("subject_id"),
        "lineage_index",
        "submission_id",
        pl.col("claim_key").alias("version_claim_key"),
        pl.col("answer_date").alias("event_date"),
        pl.when("is_rejected").then(pl.lit("rejected")).otherwise(pl.lit("accepted")).alias("outcome_code"),
        pl.concat_str("category_code", "status_code", separator=":", ignore_nulls=True).alias("reason_code"),
        pl.when("is_rejected").then(pl.col("root_cause").fill_null("billing_format")).alias("root_cause"),
    )


def _payer_events(adjudications: pl.DataFrame, causes: pl.DataFrame) -> pl.DataFrame:
    """What every claim payment came to; a reversal is its own outcome, a notice without a decision is other."""
    decided = pl.col("disposition").replace_strict(_OUTCOMES, default="other", return_dtype=pl.String)
    outcome = pl.when(pl.col("kind") == "adjudication").then(decided).when(pl.col("kind") == "reversal").then(pl.lit("reversed"))
    joined = adjudications.join(causes.select(*KEYS, "carc_code", "root_cause"), on=KEYS, how="left", validate="1:1", maintain_order="left")
    return joined.select(
        pl.lit("L3").alias("layer_code"),
        pl.lit("835").alias("source_code"),
        pl.col("answer_id").alias("subject_id"),
        "lineage_index",
        pl.lit(None, pl.String).alias("submission_id"),
        "version_claim_key",
        pl.col("adjudication_date").alias("event_date"),
        outcome.otherwise(pl.lit("other")).alias("outcome_code"),
        pl.col("carc_code").alias("reason_code"),
        "root_cause",
    ).select(_FIELDS)


def with_answers(versions: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """Versions with their newest and first 277CA answer; null where none came. `answers` from `answers_by_claim`."""
    batch_answers = answers.select(
        *KEYS, "is_rejected", "is_first_rejected", "first_answer_date", "answer_file_id", "answer_status_no", "answer_date"
    )
    return versions.join(batch_answers, on=KEYS, how="left", validate="1:1", maintain_order="left")
