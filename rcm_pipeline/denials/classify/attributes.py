"""What the claim itself carried, set against the reason of its denial: it decides the cause, or contradicts the payer."""

from collections.abc import Mapping

import polars as pl

from rcm_pipeline.claims.remits import KEYS, LINE

_ATTRIBUTES = ("authorization_sent", "other_payer_answered", "sent_too_late", "paid_before")


def claim_attributes(adjudications: pl.DataFrame, versions: pl.DataFrame, other_payers: pl.DataFrame, clocks: pl.DataFrame) -> pl.DataFrame:
    """Per claim payment, which attributes hold: an authorization number was sent with the version it answers; that version
    told what another payer decided; the lineage was first sent after the payer's filing time; it was paid before.

    An attribute of a claim that is not here is false.
    """
    first = versions.group_by("lineage_index").agg(
        pl.col("sent_date").min().alias("_first_sent"), pl.col("last_service_date").max().alias("_served")
    )
    answered_elsewhere = (
        other_payers.filter(pl.col("adjudication_date").is_not_null() | pl.col("paid_amount").is_not_null()).select(KEYS).unique()
    )
    sent = versions.select(*KEYS, "has_authorization").join(
        answered_elsewhere.with_columns(pl.lit(True).alias("_told")), on=KEYS, how="left"
    )
    known = sent.select(
        *(pl.col(key).alias(f"version_{key}") for key in KEYS), pl.col("has_authorization").alias("_authorization"), "_told"
    )
    paid = pl.col("adjudication_date").filter((pl.col("disposition") == "paid") & (pl.col("kind") == "adjudication")).min()
    paid_first = adjudications.group_by("lineage_index").agg(paid.alias("_paid_date"))
    joined = (
        adjudications.select(*KEYS, "lineage_index", "version_claim_key", "payer_id", "adjudication_date", "last_service_date")
        .join(known, on="version_claim_key", how="left", validate="m:1", maintain_order="left")
        .join(first, on="lineage_index", how="left", validate="m:1", maintain_order="left")
        .join(paid_first, on="lineage_index", how="left", validate="m:1", maintain_order="left")
        .join(clocks.select("payer_id", "filing_days"), on="payer_id", how="left", validate="m:1", maintain_order="left")
    )
    waited = (pl.col("_first_sent") - pl.coalesce("_served", "last_service_date")).dt.total_days()
    return joined.select(
        *KEYS,
        pl.col("_authorization").fill_null(False).alias("authorization_sent"),
        pl.col("_told").fill_null(False).alias("other_payer_answered"),
        (waited > pl.col("filing_days")).fill_null(False).alias("sent_too_late"),
        (pl.col("_paid_date") < pl.col("adjudication_date")).fill_null(False).alias("paid_before"),
    )


def attribute_evidence(denied: pl.DataFrame, attributes: pl.DataFrame, rules: pl.DataFrame) -> pl.DataFrame:
    """Per denied line the first rule of attribute_rules.tsv that applies: attribute_rule_id, _effect, _root_cause, _review_reason."""
    tall = attributes.unpivot(list(_ATTRIBUTES), index=KEYS, variable_name="attribute", value_name="_holds").filter("_holds")
    known = rules.select(
        pl.col("rule_id").alias("attribute_rule_id"),
        pl.col("carc_codes").str.split(",").alias("carc_code"),
        "attribute",
        pl.col("effect").alias("attribute_effect"),
        pl.col("root_cause").alias("attribute_root_cause"),
        pl.col("review_reason").alias("attribute_review_reason"),
    ).explode("carc_code")
    concerned = denied.select(*LINE, "carc_code").join(known, on="carc_code", how="inner")
    fits = concerned.join(tall.select(*KEYS, "attribute"), on=[*KEYS, "attribute"], how="semi").sort(*LINE, "attribute_rule_id")
    return fits.unique(LINE, keep="first", maintain_order=True).drop("carc_code", "attribute")


_DAYS = ("filing_days", "corrected_days", "appeal_days", "takeback_days")
_ANY_PLAN = "*"


def payer_clocks(payers: pl.DataFrame, clocks: pl.DataFrame, agreed: Mapping[str, Mapping[str, int | None]]) -> pl.DataFrame:
    """One row per payer: filing_days, corrected_days, appeal_days, takeback_days, and clock_source (plan, default or contract).

    `agreed` comes from the settings, by payer and field; what it leaves out stays that of the plan.
    """
    days = clocks.with_columns(pl.col(_DAYS).cast(pl.Int64))
    default = days.filter(pl.col("plan_code") == _ANY_PLAN).row(0, named=True)
    known = payers.select("payer_id", "plan_code").join(days, on="plan_code", how="left", validate="m:1", maintain_order="left")
    source = pl.when(pl.col("filing_days").is_null()).then(pl.lit("default")).otherwise(pl.lit("plan"))
    filled = known.with_columns(source.alias("clock_source"), *(pl.col(name).fill_null(default[name]) for name in _DAYS))
    for name in _DAYS:
        own = {payer: given[name] for payer, given in agreed.items() if given.get(name) is not None}
        if own:
            value = pl.col("payer_id").replace_strict(own, default=None, return_dtype=pl.Int64)
            filled = filled.with_columns(
                pl.coalesce(value, name).alias(name),
                pl.when(value.is_not_null()).then(pl.lit("contract")).otherwise("clock_source").alias("clock_source"),
            )
    return filled.select("payer_id", *_DAYS, "clock_source")
