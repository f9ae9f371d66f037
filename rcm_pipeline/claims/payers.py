"""Who paid: one identifier per payer, after the client's aliases."""

from collections.abc import Mapping

import polars as pl

UNKNOWN_PAYER = "unknown"


def identify_payers(payments: pl.DataFrame, aliases: Mapping[str, str]) -> pl.DataFrame:
    """Payments with `payer_id` filled: the identifier sent, else the secondary one, else the name, then the alias for it."""
    named = pl.col("payer_name").str.strip_chars().str.to_uppercase().str.replace_all(r"\s+", " ")
    sent = pl.coalesce(pl.col("payer_id").str.strip_chars().replace("", None), "payer_secondary_id", named, pl.lit(UNKNOWN_PAYER))
    known = {source.strip().upper(): target for source, target in aliases.items()}
    by_name, by_id = named.replace_strict(known, default=None, return_dtype=pl.String), sent.str.to_uppercase()
    return payments.with_columns(
        pl.coalesce(by_id.replace_strict(known, default=None, return_dtype=pl.String), by_name, sent).alias("payer_id"),
        pl.coalesce(named, sent).alias("payer_name"),
    )


def core_payers(payments: pl.DataFrame, remits: pl.DataFrame) -> pl.DataFrame:
    """One row per payer with the name it uses most (ties: first in the alphabet). `payments` from `identify_payers`."""
    keys = ["file_id", "transaction_no"]
    counted = remits.group_by(keys).agg(pl.len().cast(pl.Int64).alias("remit_count"))
    sized = payments.select(*keys, "payer_id", "payer_name").join(counted, on=keys, how="left")
    names = sized.group_by("payer_id", "payer_name").agg(pl.col("remit_count").sum(), pl.len().alias("_uses"))
    ranked = names.sort("payer_id", pl.col("_uses") * -1, "payer_name")
    return ranked.group_by("payer_id", maintain_order=True).agg(pl.col("payer_name").first(), pl.col("remit_count").sum()).sort("payer_id")
