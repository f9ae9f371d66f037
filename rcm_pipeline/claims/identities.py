"""Identities of the things themselves: a payment, a claim payment, a sent batch, a sent claim; equal however they arrived.

An identity is a short hash over what the thing is. Account and trace numbers enter as pseudonyms, which are keyed per
client, so nobody without the key can work an identity out. Things equal in all of this are numbered, so that none is lost.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import polars as pl

from rcm_pipeline.claims.keys import file_of, number_of
from rcm_pipeline.claims.payers import named_payer

_LENGTH = 12  # characters of base 32, 60 bits: two of ten million things share one with a chance below 1 in 20,000
_DIGEST = 8  # bytes
_ALPHABET = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz234567", dtype="S1")  # RFC 4648, small
_TRANSACTION = ["file_id", "transaction_no"]
_PAYMENT = ("_payer", "trace_token", "payment_date", "production_date", "payment_amount")
_ANSWER = ("payment_id", "claim_token", "icn_token", "status_code", "frequency_code", "charge_amount", "paid_amount")
_SUBMISSION = ("batch_token", "created_date", "transaction_control_id", "transaction_set", "_claims", "_charges")
_VERSION = (
    "batch_token", "created_date", "claim_token", "frequency_code", "payer_sequence_code", "payer_id", "original_icn_token",
    "charge_amount",
)  # fmt: skip
_RECOUPMENT = ("payment_id", "reason_code", "reference_token", "amount")


def with_identity(frame: pl.DataFrame, name: str, fields: Sequence[str], order: Sequence[str]) -> pl.DataFrame:
    """Add `name`, an identity over these fields. Rows equal in all of them are told apart by their place in this order."""
    ordered = frame.sort(order, maintain_order=True)
    text = pl.concat_str([pl.col(field).cast(pl.String).fill_null("") for field in fields], separator="\x1f")
    hashes = _hashes(name, ordered.select(text.alias(name)).to_series())
    copy = pl.int_range(pl.len()).over(name)
    told_apart = pl.when(copy > 0).then(pl.format("{}.{}", name, copy + 1)).otherwise(name)
    return ordered.with_columns(hashes.to_frame().select(told_apart.alias(name)).to_series())


def payment_ids(payments: pl.DataFrame) -> pl.DataFrame:
    """file_id, transaction_no and payment_id of raw_payments: payer as it names itself, trace, day and amount."""
    sent = payments.with_columns(pl.coalesce("payer_id", "payer_secondary_id", named_payer()).alias("_payer"))
    return with_identity(sent, "payment_id", _PAYMENT, _TRANSACTION).select(*_TRANSACTION, "payment_id")


def answer_ids(remits: pl.DataFrame, payments: pl.DataFrame) -> pl.DataFrame:
    """claim_key, answer_id and payment_id of raw_remits. `payments` from `payment_ids`."""
    joined = remits.join(payments, on=_TRANSACTION, how="left", validate="m:1", maintain_order="left")
    named = joined.select("claim_key", "transaction_no", *_ANSWER)
    return with_identity(named, "answer_id", _ANSWER, ["claim_key"]).select("claim_key", "transaction_no", "answer_id", "payment_id")


def submission_ids(transactions: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """file_id, transaction_no and submission_id of every 837: its batch number and day, and what its claims add up to."""
    sums = claims.group_by(_TRANSACTION).agg(pl.len().alias("_claims"), pl.col("charge_amount").sum().alias("_charges"))
    sent = transactions.filter(pl.col("transaction_set").str.starts_with("837")).join(sums, on=_TRANSACTION, how="left")
    return with_identity(sent, "submission_id", _SUBMISSION, _TRANSACTION).select(*_TRANSACTION, "submission_id")


def version_ids(claims: pl.DataFrame, transactions: pl.DataFrame, submissions: pl.DataFrame) -> pl.DataFrame:
    """claim_key, version_id and submission_id of raw_claims: batch, account, payer, frequency and charge of the sent claim."""
    batches = transactions.select(*_TRANSACTION, "batch_token")
    joined = claims.join(batches, on=_TRANSACTION, how="left", maintain_order="left").join(
        submissions, on=_TRANSACTION, how="left", maintain_order="left"
    )
    named = joined.select("claim_key", "transaction_no", "submission_id", *_VERSION)
    return with_identity(named, "version_id", _VERSION, ["claim_key"]).select("claim_key", "transaction_no", "version_id", "submission_id")


def recoupment_ids(adjustments: pl.DataFrame, payments: pl.DataFrame) -> pl.DataFrame:
    """raw_provider_adjustments with payment_id and recoupment_id."""
    joined = adjustments.join(payments, on=_TRANSACTION, how="left", validate="m:1", maintain_order="left")
    return with_identity(joined, "recoupment_id", _RECOUPMENT, [*_TRANSACTION, "adjustment_no"])


def deliveries(
    payments: pl.DataFrame, answers: pl.DataFrame, submissions: pl.DataFrame, versions: pl.DataFrame, files: pl.Enum
) -> pl.DataFrame:
    """core_deliveries: where each thing was read, from identity to file and ordinals. claim_no is 0 for a whole transaction."""
    whole = [
        part.select(pl.lit(fact).alias("fact_code"), pl.col(f"{fact}_id").alias("fact_id"), *_TRANSACTION, pl.lit(0).alias("claim_no"))
        for fact, part in (("payment", payments), ("submission", submissions))
    ]
    single = [
        part.select(
            pl.lit(fact).alias("fact_code"),
            pl.col(f"{fact}_id").alias("fact_id"),
            file_of("claim_key", files).alias("file_id"),
            pl.col("transaction_no"),
            number_of("claim_key").alias("claim_no"),
        )
        for fact, part in (("answer", answers), ("version", versions))
    ]
    every = pl.concat([part.with_columns(pl.col("claim_no").cast(pl.Int64), pl.col("file_id").cast(files)) for part in (*whole, *single)])
    return every.sort("fact_code", "fact_id", "file_id", "transaction_no", "claim_no")


def _hashes(name: str, texts: pl.Series) -> pl.Series:
    """The first 60 bits of keyless BLAKE2b over name and text, in base 32; all rows are spelt at once, for there may be millions."""
    start = hashlib.blake2b(f"{name}\x1f".encode(), digest_size=_DIGEST)
    digests = bytearray()
    for text in texts:
        digest = start.copy()
        digest.update(text.encode())
        digests += digest.digest()
    bits = np.frombuffer(digests, dtype=">u8").astype(np.uint64)
    shifts = np.arange(64 - 5, 64 - 5 * (_LENGTH + 1), -5, dtype=np.uint64)
    letters = _ALPHABET[(bits[:, None] >> shifts) & np.uint64(31)]
    return pl.Series(name, letters.view(f"S{_LENGTH}").ravel().astype(f"U{_LENGTH}"), dtype=pl.String)
