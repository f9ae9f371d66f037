"""Who paid: one identifier per payer, after the client's aliases."""

from collections.abc import Mapping

import polars as pl

UNKNOWN_PAYER = "unknown"


def named_payer() -> pl.Expr:
    """The payer's name in capitals with single spaces."""
    return pl.col("payer_name").str.strip_chars().str.to_uppercase().str.replace_all(r"\s+", " ")


def aliased(sent: pl.Expr, named: pl.Expr, aliases: Mapping[str, str]) -> pl.Expr:
    """The client's alias for an identifier, else for a name, else the identifier, else the name."""
    known = {source.strip().upper(): target for source, target in aliases.items()}
    trimmed = sent.str.strip_chars().replace("", None)
    if not known:
        return pl.coalesce(trimmed, named)
    by_id = trimmed.str.to_uppercase().replace_strict(known, default=None, return_dtype=pl.String)
    return pl.coalesce(by_id, named.replace_strict(known, default=None, return_dtype=pl.String), trimmed, named)


def identify_payers(payments: pl.DataFrame, aliases: Mapping[str, str]) -> pl.DataFrame:
    """Payments with `payer_id` filled: the identifier sent, else the secondary one, else the name, then the alias for it."""
    sent = pl.coalesce(pl.col("payer_id").str.strip_chars().replace("", None), "payer_secondary_id", named_payer(), pl.lit(UNKNOWN_PAYER))
    return payments.with_columns(
        aliased(sent, named_payer(), aliases).alias("payer_id"), pl.coalesce(named_payer(), sent).alias("payer_name")
    )


def core_payers(payments: pl.DataFrame, remits: pl.DataFrame) -> pl.DataFrame:
    """One row per payer with the name and the kind of plan it uses most (ties: first in the alphabet).

    `payments` from `identify_payers`, `remits` from `dated_remits`. A name counts once for each payment it stands in.
    """
    keys = ["file_id", "transaction_no", "payer_id", "payer_name"]
    counted = remits.group_by(keys).agg(pl.len().cast(pl.Int64).alias("remit_count"))
    alone = payments.select(keys).join(counted, on=keys[:2], how="anti").with_columns(pl.lit(0, pl.Int64).alias("remit_count"))
    sized = pl.concat([counted, alone])
    names = sized.group_by("payer_id", "payer_name").agg(pl.col("remit_count").sum(), pl.len().alias("_uses"))
    ranked = names.sort("payer_id", pl.col("_uses") * -1, "payer_name")
    plans = remits.drop_nulls("filing_indicator_code").group_by("payer_id", pl.col("filing_indicator_code").alias("plan_code"))
    usual = (
        plans.agg(pl.len().cast(pl.Int64).alias("_claims"))
        .sort("payer_id", pl.col("_claims") * -1, "plan_code")
        .unique("payer_id", keep="first", maintain_order=True)
    )
    named = ranked.group_by("payer_id", maintain_order=True).agg(pl.col("payer_name").first(), pl.col("remit_count").sum())
    return named.join(usual.drop("_claims"), on="payer_id", how="left", maintain_order="left").sort("payer_id")
