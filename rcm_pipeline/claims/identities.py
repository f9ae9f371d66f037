"""Identities of the things themselves: a payment, a claim payment, a sent batch, a sent claim; equal however they arrived.

An identity is a short hash over what the thing is. Account and trace numbers enter as pseudonyms, which are keyed per
client, so nobody without the key can work an identity out. Things equal in all of this are numbered by what else they
say, so that none is lost and no file decides their names.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from rcm_pipeline.claims.redeliveries import (
    HASH_BITS,
    PLACE,
    ROWS_OF_ANSWER,
    ROWS_OF_VERSION,
    TRANSACTION,
    Redeliveries,
    Tables,
    content_of,
    payment_fields,
)
from schemas.vocabulary.claims import COUNTED, PIECE, REDELIVERY, REPLACED

_LENGTH = 12  # characters of base 32, 60 bits: two of ten million things share one with a chance below 1 in 20,000
_DIGEST = 8  # bytes
_ALPHABET = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz234567", dtype="S1")  # RFC 4648, small
_PAYMENT = ("_payer", "trace_token", "_date", "payment_amount")
OF_ANSWER = ("claim_token", "icn_token", "status_code", "frequency_code", "charge_amount", "paid_amount")
_ANSWER = ("payment_id", *OF_ANSWER)
_SUBMISSION = ("batch_token", "created_date", "_sent", "transaction_set")
_OF_BATCH = ("claim_token", "frequency_code", "payer_sequence_code", "payer_id", "original_icn_token", "charge_amount")
_VERSION = ("submission_id", *_OF_BATCH)
OF_VERSION = ("created_date", *_OF_BATCH)
_RECOUPMENT = ("payment_id", "reason_code", "reference_token", "amount")


@dataclass(frozen=True)
class Identities:
    """One side, 835 or 837: the identity of every transaction and of every claim, where it was read, and whether it counts.

    `whole`: file_id, transaction_no, and payment_id or submission_id. `single`: file_id, claim_no, transaction_no, claim_key (null
    where it does not count), that identity, and answer_id or version_id.
    """

    whole: pl.DataFrame
    single: pl.DataFrame
    redeliveries: Redeliveries

    @property
    def counted(self) -> pl.DataFrame:
        """The claims that count, in the order of their keys."""
        return self.single.filter(pl.col("claim_key").is_not_null())


def paid(payments: pl.DataFrame, remits: pl.DataFrame, redeliveries: Redeliveries, tables: Tables) -> Identities:
    """Payments by payer as it names itself, trace, day and amount; claim payments by payment, account, number and amounts."""
    sent = payments.with_columns(payment_fields())
    whole = sent.select(*TRANSACTION, "_date").hstack([_named(sent, "payment_id", _PAYMENT)])
    joined = remits.join(whole, on=TRANSACTION, how="left", validate="m:1", maintain_order="left")
    return Identities(whole.drop("_date"), _single(joined, "answer_id", _ANSWER, redeliveries, tables, ROWS_OF_ANSWER), redeliveries)


def sent(transactions: pl.DataFrame, claims: pl.DataFrame, redeliveries: Redeliveries, tables: Tables) -> Identities:
    """Batches by number and day; sent claims by batch, account, payer, frequency and charge."""
    batches = transactions.filter(pl.col("transaction_set").str.starts_with("837")).with_columns(
        pl.coalesce("created_date", "group_date", "interchange_date").alias("_sent")
    )
    standing = batches.join(redeliveries.set_aside, on=TRANSACTION, how="anti", maintain_order="left")
    once = with_identity(standing, "submission_id", _SUBMISSION, claims, tables).select(*TRANSACTION, "submission_id")
    every = batches.select(TRANSACTION)
    of = redeliveries.at_standing(every).join(once, on=TRANSACTION, how="left", validate="m:1", maintain_order="left")
    whole = every.with_columns(of["submission_id"])
    joined = claims.join(whole, on=TRANSACTION, how="left", validate="m:1", maintain_order="left").with_columns(
        pl.col("created_date").alias("_date")
    )
    single = _single(joined, "version_id", _VERSION, redeliveries, tables, ROWS_OF_VERSION)
    return Identities(whole, single, redeliveries)


def with_identity(frame: pl.DataFrame, name: str, fields: Sequence[str], claims: pl.DataFrame, tables: Tables) -> pl.DataFrame:
    """Transactions with an identity over these fields; those equal in them are told apart by the claims they hold."""
    named = frame.hstack([_named(frame, name, fields)])
    twins = named.filter(pl.col(name).is_duplicated())
    if twins.is_empty():
        return named
    own = claims.join(twins, on=TRANSACTION, how="semi")
    held = own.select(TRANSACTION).hstack([content_of(own, tables, ())]).group_by(TRANSACTION).agg((pl.col("_content") // HASH_BITS).sum())
    return _told_apart(named.join(held, on=TRANSACTION, how="left", maintain_order="left"), name).drop("_content")


def _single(
    joined: pl.DataFrame, name: str, fields: Sequence[str], redeliveries: Redeliveries, tables: Tables, children: Sequence[str]
) -> pl.DataFrame:
    """The claims of a side with identity and key; keys follow day and identity, so that no file decides an order."""
    owner = fields[0]
    named = joined.select(*PLACE, "transaction_no", owner, "_date").hstack([_named(joined, name, fields)])
    apart = named.join(redeliveries.uncounted, on=PLACE, how="semi")
    counted = named.join(redeliveries.uncounted, on=PLACE, how="anti", maintain_order="left")
    twins = counted.filter(pl.col(name).is_duplicated())
    if twins.height:
        own = joined.join(twins, on=PLACE, how="semi").drop("_date", owner)
        content = own.select(PLACE).hstack([content_of(own, tables, children)])
        counted = _told_apart(counted.join(content, on=PLACE, how="left", maintain_order="left"), name).drop("_content")
    keyed = counted.sort("_date", name, nulls_last=False).with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias("claim_key"))
    every = pl.concat([keyed, apart.with_columns(pl.lit(None, pl.Int64).alias("claim_key"))])
    return every.select(*PLACE, "transaction_no", "claim_key", owner, name)


def _told_apart(named: pl.DataFrame, name: str) -> pl.DataFrame:
    """The second of equal ones is name.2 and so on, in the order of what they hold."""
    ordered = named.sort(name, "_content", nulls_last=False)
    copy = pl.int_range(pl.len()).over(name)
    return ordered.with_columns(pl.when(copy > 0).then(pl.format("{}.{}", name, copy + 1)).otherwise(name).alias(name))


def recoupments_named(adjustments: pl.DataFrame, payments: Identities) -> pl.DataFrame:
    """raw_provider_adjustments that count, with payment_id and recoupment_id; those equal in all are numbered."""
    roles = payments.redeliveries.transactions.select(*TRANSACTION, "delivery_code")
    joined = adjustments.join(payments.whole, on=TRANSACTION, how="left", validate="m:1", maintain_order="left").join(
        roles, on=TRANSACTION, how="left", validate="m:1", maintain_order="left"
    )
    own = joined.filter(pl.col("delivery_code").ne_missing(REPLACED)).sort("provider_npi", "fiscal_date", "adjustment_no", *TRANSACTION)
    nth = pl.int_range(pl.len()).over(*TRANSACTION, *_RECOUPMENT)
    numbered = own.with_columns(nth.alias("_nth")).unique([*_RECOUPMENT, "_nth"], keep="first", maintain_order=True)
    alone = own.filter(pl.col("delivery_code").is_null())
    kept = pl.concat([alone, numbered.drop("_nth").filter(pl.col("delivery_code").is_not_null())]).drop("delivery_code")
    kept = payments.redeliveries.at_standing(kept)
    named = kept.hstack([_named(kept, "recoupment_id", _RECOUPMENT)])
    order = pl.struct("provider_npi", "fiscal_date").hash().alias("_content")
    return _told_apart(named.with_columns(order), "recoupment_id").drop("_content")


def deliveries(
    payments: Identities, batches: Identities, submissions: pl.DataFrame, versions: pl.DataFrame, incomplete: pl.Series
) -> pl.DataFrame:
    """core_deliveries: where each thing was read, from identity to file and ordinals, and what the copy is.

    `incomplete` are the payments of which not all has arrived; `submissions` and `versions` name the files of their answers.
    """
    parts = [
        _answer_places(submissions, "interchange_verdict", "submission_id", "interchange_answer_file_id", pl.lit(0, pl.Int64)),
        _answer_places(submissions, "transaction_verdict", "submission_id", "transaction_answer_file_id", pl.lit(0, pl.Int64)),
        _answer_places(versions, "claim_verdict", "version_id", "answer_file_id", pl.col("answer_status_no")),
    ]
    for side, whole, single in ((payments, "payment", "answer"), (batches, "submission", "version")):
        roles = side.redeliveries.transactions.select(*TRANSACTION, "delivery_code")
        transactions = side.whole.join(roles, on=TRANSACTION, how="left").with_columns(pl.lit(0, pl.Int64).alias("claim_no"))
        code = pl.col("delivery_code").fill_null(COUNTED)
        parts.append(_places(transactions, whole, code))
        claims = side.single.join(roles, on=TRANSACTION, how="left")
        is_copy = code.is_in([COUNTED, PIECE])
        of_claim = pl.when(pl.col("claim_key").is_not_null()).then(pl.lit(COUNTED)).when(is_copy).then(pl.lit(REDELIVERY)).otherwise(code)
        parts.append(_places(claims, single, of_claim))
    every = pl.concat(parts).with_columns(
        ((pl.col("fact_code") == "payment") & pl.col("fact_id").is_in(incomplete.implode())).alias("is_incomplete")
    )
    return every.sort("fact_code", "fact_id", "file_id", "transaction_no", "claim_no")


def incomplete_payments(
    payments: pl.DataFrame, named: Identities, remits: pl.DataFrame, moved: pl.DataFrame, cut: pl.DataFrame
) -> pl.Series:
    """payment_id of payments whose claims and provider adjustments do not add up to BPR02 (law L1), or whose only file is cut.

    `remits` are those that count, with payment_id; `moved` from `recoupments_named`.
    """
    roles = named.redeliveries.transactions.filter(~pl.col("delivery_code").is_in([COUNTED, PIECE])).select(TRANSACTION)
    counted = payments.join(named.whole, on=TRANSACTION).join(roles, on=TRANSACTION, how="anti")
    stated = counted.group_by("payment_id").agg(pl.col("payment_amount").first())
    sums = remits.group_by("payment_id").agg(pl.col("paid_amount").sum().alias("_paid"))
    taken = moved.group_by("payment_id").agg(pl.col("amount").sum().alias("_moved"))
    judged = stated.join(sums, on="payment_id", how="left").join(taken, on="payment_id", how="left")
    differs = pl.col("_paid").fill_null(0) - pl.col("_moved").fill_null(0) != pl.col("payment_amount")
    short = judged.filter(differs.fill_null(False))["payment_id"]
    ends = counted.join(cut, on=TRANSACTION, how="semi")["payment_id"]
    return pl.concat([short, ends]).unique()


def _answer_places(frame: pl.DataFrame, fact: str, identity: str, file: str, number: pl.Expr) -> pl.DataFrame:
    """Where the verdict of a TA1, 999 or 277CA was read that a batch or sent claim stands with."""
    answered = frame.filter(pl.col(file).is_not_null())
    return answered.select(
        pl.lit(fact).alias("fact_code"),
        pl.col(identity).alias("fact_id"),
        pl.col(file).alias("file_id"),
        pl.lit(0, pl.Int64).alias("transaction_no"),
        number.alias("claim_no"),
        pl.lit(COUNTED).alias("delivery_code"),
    )


def _places(frame: pl.DataFrame, fact: str, code: pl.Expr) -> pl.DataFrame:
    return frame.select(
        pl.lit(fact).alias("fact_code"), pl.col(f"{fact}_id").alias("fact_id"), *TRANSACTION, "claim_no", code.alias("delivery_code")
    )


def _named(frame: pl.DataFrame, name: str, fields: Sequence[str]) -> pl.Series:
    """The identity over these fields; null reads as empty."""
    text = pl.concat_str([pl.col(field).cast(pl.String).fill_null("") for field in fields], separator="\x1f")
    return _hashes(name, frame.select(text.alias(name)).to_series())


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
