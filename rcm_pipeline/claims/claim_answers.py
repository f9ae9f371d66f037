"""What is known of every claim of a sent 837: accepted or rejected by a 277CA, decided by a remittance, or nothing yet."""

import polars as pl

KEYS = ("file_id", "transaction_no")
_CLAIM = ("claim_key",)
REJECTIONS = ("A3", "A6", "A7", "A8")  # claim status categories that turn a claim back
_NOT_FOUND = "A4"  # says that the claim was not found: no answer to it


def claim_answers(answers: pl.DataFrame, remits: pl.DataFrame, payments: pl.DataFrame) -> pl.DataFrame:
    """Per sent transaction: claims accepted, rejected, decided and unanswered, whether the batch was rejected, day of the newest answer.

    `answers` from `answers_by_claim`.
    """
    judged = answers.join(_decided(answers, remits, payments), on=_CLAIM, how="left")
    is_known, is_decided = pl.col("is_rejected").is_not_null(), pl.col("is_decided").fill_null(False)
    return judged.group_by(KEYS).agg(
        (is_known & ~pl.col("is_rejected")).sum().cast(pl.Int64).alias("accepted_count"),
        pl.col("is_rejected").fill_null(False).sum().cast(pl.Int64).alias("rejected_count"),
        (~is_known & is_decided).sum().cast(pl.Int64).alias("decided_count"),
        (~is_known & ~is_decided).sum().cast(pl.Int64).alias("unanswered_count"),
        (pl.col("is_rejected_above").fill_null(False) & pl.col("is_rejected_itself").is_null()).all().alias("is_batch_rejected"),
        pl.max_horizontal("answer_date", "decided_date").max().alias("claims_answered_date"),
    )


def answers_by_claim(sent: pl.DataFrame, claims: pl.DataFrame, statuses: pl.DataFrame) -> pl.DataFrame:
    """Per sent claim: is_rejected by its newest 277CA answer (null without one), that answer, and the first one.

    A status names its claim by patient control number; where the number was sent more than once, by its batch as well, or
    else it belongs to the last one sent on or before its day. A rejection above the claims reaches every claim of its batch
    (of its provider, where it stands at provider level), unless the claim has an answer of its own.
    """
    of = _dated(sent, claims)
    joined = of.join(_own_answers(of, statuses), on=_CLAIM, how="left").join(_batch_answers(of, statuses), on=_CLAIM, how="left")
    return joined.with_columns(
        is_rejected=pl.coalesce("is_rejected_itself", "is_rejected_above"),
        is_first_rejected=pl.coalesce("is_first_rejected", "is_rejected_above"),
        first_answer_date=pl.coalesce("first_answer_date", "above_date"),
        answer_file_id=pl.coalesce("itself_file_id", "above_file_id"),
        answer_status_no=pl.coalesce("itself_status_no", "above_status_no"),
        answer_date=pl.coalesce("itself_date", "above_date"),
    )


def _dated(sent: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    own = claims.select(*_CLAIM, *KEYS, "claim_token", "billing_npi")
    return own.join(sent.select(*KEYS, "batch_token", "sent_date"), on=KEYS, how="inner")


def _own_answers(of: pl.DataFrame, statuses: pl.DataFrame) -> pl.DataFrame:
    """The newest and the first 277CA answer of each claim; on one day a rejection counts more than an acceptance."""
    is_answer = pl.col("level_code").is_in(["claim", "line"]) & (pl.col("category_code") != _NOT_FOUND).fill_null(True)
    answered = statuses.filter(is_answer & pl.col("claim_token").is_not_null()).select(
        "claim_token", "batch_token", "category_code", "status_code", "status_date", "status_no", pl.col("file_id").alias("answer_file_id")
    )
    joined = of.join(answered, on="claim_token", how="inner", suffix="_said").with_columns(
        is_same_batch=(pl.col("batch_token") == pl.col("batch_token_said")).fill_null(False)
    )
    # a status that names another batch we sent is about that one; a batch we do not know says nothing
    knows = pl.col("batch_token_said").is_in(of["batch_token"].drop_nulls().unique().implode()).fill_null(False)
    fits = _last_sent(joined.filter(pl.col("is_same_batch") | ~knows), "status_date", ["claim_token", "batch_token_said", "status_date"])
    rejected = pl.col("category_code").is_in(REJECTIONS)
    newest = fits.with_columns(is_rejected_itself=rejected).sort(
        "status_date", "is_rejected_itself", "category_code", "status_code", "answer_file_id", "status_no", nulls_last=False
    )
    days = newest.group_by(*_CLAIM, "status_date", maintain_order=True).agg(
        pl.col("is_rejected_itself").last(), pl.col("answer_file_id").last(), pl.col("status_no").last()
    )
    return days.group_by(_CLAIM, maintain_order=True).agg(
        pl.col("is_rejected_itself").last(),
        pl.col("status_date").last().alias("itself_date"),
        pl.col("answer_file_id").last().alias("itself_file_id"),
        pl.col("status_no").last().alias("itself_status_no"),
        pl.col("is_rejected_itself").first().alias("is_first_rejected"),
        pl.col("status_date").first().alias("first_answer_date"),
    )


def _batch_answers(of: pl.DataFrame, statuses: pl.DataFrame) -> pl.DataFrame:
    """Rejections above the claims, handed down to every claim they stand for."""
    above = statuses.filter(
        pl.col("level_code").is_in(["source", "receiver", "provider"])
        & pl.col("category_code").is_in(REJECTIONS)
        & pl.col("batch_token").is_not_null()
    ).select(
        "batch_token",
        "provider_npi",
        "level_code",
        "category_code",
        "status_code",
        pl.col("status_date").alias("above_date"),
        pl.col("status_no").alias("above_status_no"),
        pl.col("file_id").alias("above_file_id"),
    )
    joined = of.join(above, on="batch_token", how="inner")
    reaches = (pl.col("level_code") != "provider") | (pl.col("provider_npi") == pl.col("billing_npi")).fill_null(False)
    fits = _last_sent(joined.filter(reaches), "above_date", ["batch_token", "above_date", "above_file_id"])
    newest = fits.sort("above_date", "category_code", "status_code", "above_file_id")
    return newest.group_by(_CLAIM, maintain_order=True).agg(
        pl.lit(True).alias("is_rejected_above"), pl.col("above_date", "above_file_id", "above_status_no").last()
    )


def _last_sent(joined: pl.DataFrame, answer_date: str, answer: list[str]) -> pl.DataFrame:
    """Of what an answer could be about, what was sent last on or before its day (a day later at most: clocks differ)."""
    sent = pl.col("sent_date").fill_null(pl.date(1900, 1, 1))
    in_time = joined.filter((sent <= pl.col(answer_date).dt.offset_by("1d")).fill_null(True))
    return in_time.filter(sent == sent.max().over(answer))


def _decided(of: pl.DataFrame, remits: pl.DataFrame, payments: pl.DataFrame) -> pl.DataFrame:
    """Claims that a remittance speaks of: it was made on or after the day the claim was sent."""
    paid = remits.select(*KEYS, "claim_token").join(
        payments.select(*KEYS, pl.coalesce("payment_date", "production_date").alias("decided_date")), on=KEYS, how="left"
    )
    joined = of.select(*_CLAIM, "claim_token", "sent_date").join(paid.drop(*KEYS), on="claim_token", how="inner")
    fits = joined.filter((pl.col("decided_date") >= pl.col("sent_date")).fill_null(True))
    return fits.group_by(_CLAIM).agg(pl.lit(True).alias("is_decided"), pl.col("decided_date").max())
