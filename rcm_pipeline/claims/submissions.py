"""Which sent 837 was answered by which TA1, 999 or 277CA, which is still unanswered and how old.

Control numbers are compared without leading zeros, which senders add and drop. They are used again after a while, so an
answer belongs to the last transaction with its numbers that was sent, to the one who answers if any was, on or before the
day of the answer.
"""

import datetime as dt
from collections.abc import Mapping

import polars as pl

from rcm_pipeline.claims.claim_answers import claim_answers

Tables = Mapping[str, pl.DataFrame]
KEYS = ("file_id", "transaction_no")
_BATCH = "submission_id"
_REJECTED = ("R", "M", "W", "X")
_FAR_PAST, _FAR_FUTURE = dt.date(1900, 1, 1), dt.date(9000, 12, 31)
_SLACK = dt.timedelta(days=1)  # clocks and time zones differ


def core_submissions(raw: Tables, as_of: dt.date, sent: pl.DataFrame, envelopes: pl.DataFrame, answers: pl.DataFrame) -> pl.DataFrame:
    """core_submissions from raw tables; ages count to `as_of`. `answers` from `answers_by_claim`.

    `sent` holds each batch once, `envelopes` every transaction it was ever sent in (`sent_transactions`, with submission_id):
    an acknowledgement names an envelope. The files of the answers stand beside (`*_answer_file_id`), for core_deliveries.
    """
    counted = raw["raw_claims"].group_by(KEYS).agg(pl.len().cast(pl.Int64).alias("claim_count"), pl.col("charge_amount").sum())
    found = sent
    for on, part in (
        (KEYS, counted),
        (_BATCH, _interchange_answers(envelopes, raw["raw_acknowledgements"])),
        (_BATCH, _transaction_answers(envelopes, raw["raw_acknowledgements"], raw["raw_transactions"])),
        (KEYS, claim_answers(answers, raw["raw_remits"], raw["raw_payments"])),
    ):
        found = found.join(part, on=on, how="left", maintain_order="left")
    counts = ("claim_count", "accepted_count", "rejected_count", "decided_count", "unanswered_count")
    found = found.with_columns(
        pl.col(counts).fill_null(0), pl.col("charge_amount").fill_null(0), pl.col("is_batch_rejected").fill_null(False)
    ).with_columns(_status().alias("status_code"))
    is_waiting = (pl.col("unanswered_count") > 0) & ~pl.col("status_code").str.starts_with("rejected")
    age = (pl.lit(as_of) - pl.col("sent_date")).dt.total_days()
    newest = pl.max_horizontal("transaction_answered_date", "claims_answered_date")
    found = found.with_columns(pl.when(is_waiting).then(age).alias("age_days"), newest.alias("answered_date"))
    return found.sort(_BATCH)


def sent_transactions(transactions: pl.DataFrame) -> pl.DataFrame:
    """Every 837 with its day and its control numbers in plain form."""
    return transactions.filter(pl.col("transaction_set").str.starts_with("837")).with_columns(
        pl.coalesce("created_date", "group_date", "interchange_date").alias("sent_date"),
        *(_plain(f"{level}_control_id") for level in ("interchange", "group", "transaction")),
    )


def _plain(name: str) -> pl.Expr:
    return pl.col(name).str.strip_chars_start("0")


def _interchange_answers(sent: pl.DataFrame, acknowledgements: pl.DataFrame) -> pl.DataFrame:
    """The verdict of a TA1 on the interchange each 837 came in: same number and, where both are known, same date."""
    answered = acknowledgements.filter(pl.col("level_code") == "interchange").select(
        _plain("interchange_control_id"),
        "status_code",
        "interchange_date",
        pl.col("sender_id").alias("answered_by"),
        pl.col("file_id").alias("_answer_file_id"),
        "acknowledgement_no",
    )
    joined = sent.join(answered, on="interchange_control_id", how="inner", suffix="_said").filter(
        (pl.col("interchange_date") == pl.col("interchange_date_said")).fill_null(True)
    )
    fits = _of_partner(joined, ["_answer_file_id", "acknowledgement_no"])
    rank = pl.col("status_code").replace_strict({"R": 0, "E": 1, "A": 2}, default=3, return_dtype=pl.Int64)
    worst = fits.sort(*KEYS, rank, "_answer_file_id").unique(KEYS, keep="first", maintain_order=True).with_columns(rank.alias("_rank"))
    best = worst.sort(_BATCH, "_rank").unique(_BATCH, keep="last", maintain_order=True)  # of several envelopes one went through
    return best.select(
        _BATCH, pl.col("status_code").alias("interchange_status_code"), pl.col("_answer_file_id").alias("interchange_answer_file_id")
    )


def _of_partner(joined: pl.DataFrame, answer: list[str]) -> pl.DataFrame:
    """Of what an answer could be about, what was sent to the one who answers; if none was, all of it."""
    is_partner = (pl.col("answered_by") == pl.col("receiver_id")).fill_null(False)
    return joined.filter(is_partner | ~is_partner.any().over(answer))


def _transaction_answers(sent: pl.DataFrame, acknowledgements: pl.DataFrame, transactions: pl.DataFrame) -> pl.DataFrame:
    """The newest verdict of a 999 or 997 on each 837: on the transaction itself, else on its group."""
    dated = acknowledgements.join(
        transactions.select(*KEYS, pl.coalesce("group_date", "interchange_date").alias("answer_date")), on=KEYS, how="left"
    ).select(
        "level_code",
        "status_code",
        "acknowledgement_no",
        pl.col("sender_id").alias("answered_by"),
        pl.col("file_id").alias("_answer_file_id"),
        _plain("group_control_id"),
        _plain("transaction_control_id"),
        pl.col("answer_date").fill_null(_FAR_FUTURE),
    )
    answered = dated.filter(pl.col("status_code").is_not_null())
    own = answered.filter(pl.col("level_code") == "transaction")
    group = answered.filter(pl.col("level_code") == "group").drop("transaction_control_id")
    found = pl.concat(
        [
            _last_sent(own, sent, ["group_control_id", "transaction_control_id"]).with_columns(_rank=pl.lit(1)),
            _last_sent(group, sent, ["group_control_id"]).with_columns(_rank=pl.lit(0)),
        ]
    )
    # on one day an acceptance of another envelope of the batch counts more than a rejection
    accepts = ~pl.col("status_code").is_in(_REJECTED)
    best = found.sort(_BATCH, "_rank", "answer_date", accepts, "status_code", "_answer_file_id").unique(
        _BATCH, keep="last", maintain_order=True
    )
    known = pl.when(pl.col("answer_date") != _FAR_FUTURE).then("answer_date")
    return best.select(
        _BATCH,
        pl.col("status_code").alias("transaction_status_code"),
        pl.col("_answer_file_id").alias("transaction_answer_file_id"),
        known.alias("transaction_answered_date"),
    )


def _last_sent(answers: pl.DataFrame, sent: pl.DataFrame, on: list[str]) -> pl.DataFrame:
    """Each answer with what it is about: of these numbers, sent to the one who answers, the last file on or before its day."""
    answer = ["_answer_file_id", "acknowledgement_no"]
    joined = answers.join(sent.select(_BATCH, *on, "receiver_id", pl.col("sent_date").fill_null(_FAR_PAST)), on=on, how="inner")
    fits = _of_partner(joined.filter(pl.col("sent_date") <= pl.col("answer_date") + _SLACK), answer)
    last_day = fits.filter(pl.col("sent_date") == pl.col("sent_date").max().over(answer))
    last = last_day.filter(pl.col(_BATCH) == pl.col(_BATCH).max().over(answer))
    return last.select(_BATCH, "status_code", "answer_date", "_answer_file_id")


def _status() -> pl.Expr:
    """How far a transaction came; a rejection in front of the payer is never a denial."""
    none, all_known = pl.col("unanswered_count") == pl.col("claim_count"), pl.col("unanswered_count") == 0
    return (
        pl.when(pl.col("interchange_status_code") == "R")
        .then(pl.lit("rejected_interchange"))
        .when(pl.col("transaction_status_code").is_in(_REJECTED))
        .then(pl.lit("rejected_transaction"))
        .when(pl.col("is_batch_rejected"))
        .then(pl.lit("rejected_batch"))
        .when(all_known & (pl.col("claim_count") > 0))
        .then(pl.lit("answered"))
        .when(~none)
        .then(pl.lit("partly_answered"))
        .when(pl.col("transaction_status_code").is_not_null())
        .then(pl.lit("acknowledged"))
        .when(pl.col("interchange_status_code").is_not_null())
        .then(pl.lit("received"))
        .otherwise(pl.lit("unanswered"))
    )
