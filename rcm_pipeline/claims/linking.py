"""Sent claims and claim payments brought together: lineages, what answers what, and the claim numbers a 277CA gave."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from rcm_pipeline.claims.layers import with_answers
from rcm_pipeline.claims.lineages import assign_lineages, merged, replaced, with_sequence, with_stated_sequence, with_token_numbers
from rcm_pipeline.claims.matching import UNMATCHED, match_by_evidence, match_versions
from rcm_pipeline.claims.payers import aliased, named_payer
from rcm_pipeline.claims.remits import KEYS, dated_remits, with_balance, with_service_dates
from rcm_pipeline.claims.runs import begins, ordinal


@dataclass(frozen=True)
class SentTables:
    """What was sent: claims with their lines, and the statuses a 277CA gave, with the answers found in them."""

    claims: pl.DataFrame
    lines: pl.DataFrame
    transactions: pl.DataFrame
    statuses: pl.DataFrame
    answers: pl.DataFrame


@dataclass(frozen=True)
class RemittanceTables:
    """Claim payments with their lines, adjustments and payments (`identify_payers`), and those that are known not to balance."""

    remits: pl.DataFrame
    lines: pl.DataFrame
    adjustments: pl.DataFrame
    payments: pl.DataFrame
    out_of_balance: pl.DataFrame


def linked_claims(
    sent: SentTables, remittances: RemittanceTables, submissions: pl.DataFrame, aliases: Mapping[str, str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Versions and claim payments with lineage_index; versions with their 277CA answer, payments with the version they answer."""
    versions = claim_versions(sent.claims, sent.lines, sent.transactions, aliases)
    versions = with_file_verdict(with_answers(versions, sent.answers), submissions)
    dated = dated_remits(remittances.remits, remittances.payments, aliases)
    remits = with_balance(dated, remittances.adjustments, remittances.out_of_balance)
    versions, remits = with_token_numbers(versions, with_service_dates(remits, remittances.lines))
    remits = with_stated_sequence(remits)
    sent_alone, _ = assign_lineages(versions, remits.clear().with_columns(pl.lit("P").alias("sequence_code")))
    by_evidence = match_by_evidence(remits, sent_alone, remittances.lines, sent.lines, sent.statuses)
    remits = with_sequence(_adopted(remits, by_evidence, versions), versions)
    versions, remits = assign_lineages(versions, remits)
    by_evidence = _of_their_payer(by_evidence, remits, versions)
    pairs = pl.concat([_linked(by_evidence, versions, remits), replaced(versions, remits)])
    versions, remits = merged(versions, pairs), merged(remits, pairs)
    matches = pl.concat([by_evidence, match_versions(remits.join(by_evidence, on=KEYS, how="anti"), versions)])
    found = remits.join(matches, on=KEYS, how="left", validate="1:1", maintain_order="left")
    return numbered(versions), found.with_columns(pl.col("match_rule").fill_null(UNMATCHED))


def _adopted(remits: pl.DataFrame, by_evidence: pl.DataFrame, versions: pl.DataFrame) -> pl.DataFrame:
    """Claim payments that other evidence matched count under the account number of the claim they answer, not as written."""
    known = versions.select(pl.col("claim_key").alias("version_claim_key"), pl.col("token_no").alias("_own"))
    own = by_evidence.select(*KEYS, "version_claim_key").join(known, on="version_claim_key").select(*KEYS, "_own")
    joined = remits.join(own, on=KEYS, how="left", validate="1:1", maintain_order="left")
    return joined.with_columns(pl.coalesce("_own", "token_no").alias("token_no")).drop("_own")


def _of_their_payer(by_evidence: pl.DataFrame, remits: pl.DataFrame, versions: pl.DataFrame) -> pl.DataFrame:
    """Without those where a payer answers in another sequence than the claim was sent in: it answers a claim of its own."""
    answered = by_evidence.join(remits.select(*KEYS, "sequence_code"), on=KEYS, maintain_order="left")
    sent = versions.select(pl.col("claim_key").alias("version_claim_key"), "sequence_code")
    return answered.join(sent, on=["version_claim_key", "sequence_code"], how="semi", maintain_order="left").drop("sequence_code")


def _linked(by_evidence: pl.DataFrame, versions: pl.DataFrame, remits: pl.DataFrame) -> pl.DataFrame:
    """Pairs of the lineage of a payment that was matched by other evidence, and the lineage of its version."""
    of = versions.select(*(pl.col(key).alias(f"version_{key}") for key in KEYS), pl.col("lineage_index").alias("_to"))
    joined = by_evidence.join(remits.select(*KEYS, "lineage_index"), on=KEYS).join(of, on="version_claim_key")
    return joined.select("lineage_index", "_to").unique()


def with_file_verdict(versions: pl.DataFrame, submissions: pl.DataFrame) -> pl.DataFrame:
    """Versions with is_file_accepted (null without any answer to the file) and is_file_rejected."""
    status = pl.col("status_code")
    rejected = status.is_in(["rejected_interchange", "rejected_transaction"])
    verdict = submissions.select(pl.col("file_id").cast(versions.schema["file_id"]), "transaction_no", rejected.alias("is_file_rejected"))
    return versions.join(verdict, on=["file_id", "transaction_no"], how="left", validate="m:1", maintain_order="left")


_KEPT = (
    *KEYS, "file_id", "transaction_no", "claim_token", "member_token", "sequence_code", "frequency_code", "sent_date", "week", "payer_id",
    "charge_amount", "line_count", "first_service_date", "last_service_date", "place_code", "place_qualifier", "provider_npi",
    "has_authorization", "original_icn_token",
)  # fmt: skip


def claim_versions(claims: pl.DataFrame, lines: pl.DataFrame, transactions: pl.DataFrame, aliases: Mapping[str, str]) -> pl.DataFrame:
    """One row per 837 claim. Sent on BHT04, else GS04, else ISA09; a claim without a payer sequence counts as primary.

    `sequence_code` is P, S or T of the destination payer; `provider_npi` the rendering provider, else the billing one.
    """
    spans = lines.group_by(KEYS).agg(
        pl.min_horizontal("service_from_date", "service_to_date").min().alias("_line_from"),
        pl.max_horizontal("service_from_date", "service_to_date").max().alias("_line_to"),
        pl.len().cast(pl.Int64).alias("line_count"),
        pl.col("has_authorization").any().alias("_line_authorization"),
        pl.col("rendering_npi").drop_nulls().first().alias("_line_npi"),
    )
    dated = transactions.select("file_id", "transaction_no", pl.coalesce("group_date", "interchange_date").alias("_envelope_date"))
    joined = claims.join(spans, on=KEYS, how="left", validate="1:1", maintain_order="left").join(
        dated, on=["file_id", "transaction_no"], how="left", maintain_order="left"
    )
    sent = pl.coalesce("created_date", "_envelope_date")
    return joined.with_columns(
        sent.alias("sent_date"),
        sent.dt.truncate("1w").alias("week"),
        pl.col("payer_sequence_code").fill_null("P").alias("sequence_code"),
        aliased(pl.col("payer_id"), named_payer(), aliases).alias("payer_id"),
        pl.col("line_count").fill_null(0),
        pl.col("has_authorization") | pl.col("_line_authorization").fill_null(False),
        pl.coalesce("rendering_npi", "_line_npi", "billing_npi").alias("provider_npi"),
        pl.min_horizontal("statement_from_date", "service_date", "_line_from").alias("first_service_date"),
        pl.max_horizontal("statement_to_date", "service_date", "_line_to").alias("last_service_date"),
    ).select(_KEPT)


def numbered(versions: pl.DataFrame) -> pl.DataFrame:
    """Add `version_no`, 1 for the first of its lineage: by day sent, then by what it is."""
    ordered = versions.sort("lineage_index", "sent_date", *KEYS, nulls_last=True)
    return ordered.with_columns((ordinal(begins(["lineage_index"])) + 1).alias("version_no"))
