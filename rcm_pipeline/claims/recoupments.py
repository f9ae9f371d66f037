"""Money that moved outside any claim (PLB): what each adjustment does, and the claim it names if it names one."""

import polars as pl

_KINDS = {"FB": "balance_forward", "72": "refund", "L6": "interest", "CS": "adjustment", "IR": "levy", "LE": "levy"}


def recoupments(adjustments: pl.DataFrame, payments: pl.DataFrame, remits: pl.DataFrame) -> pl.DataFrame:
    """One row per PLB pair with payer, day, kind and lineage_index; null where its reference is no claim number we know.

    WO is an overpayment: a positive amount is taken from this payment, a negative one puts the taking off. Where a payer
    takes money by letter, WO is all there is to see of it (X12 RFI 2231).
    """
    amount, reason = pl.col("amount"), pl.col("reason_code")
    overpayment = pl.when(amount < 0).then(pl.lit("recoupment_delayed")).otherwise(pl.lit("recoupment_taken"))
    kind = pl.when(reason == "WO").then(overpayment).otherwise(reason.replace_strict(_KINDS, default="other", return_dtype=pl.String))
    whose = payments.select(
        "file_id", "transaction_no", "payer_id", pl.coalesce("payment_date", "production_date").alias("adjudication_date")
    )
    named = (
        remits.filter(pl.col("icn_token").is_not_null())
        .group_by(pl.col("icn_token").alias("reference_token"))
        .agg(pl.col("lineage_index").min(), pl.col("lineage_index").n_unique().alias("_many"))
        .filter(pl.col("_many") == 1)
        .drop("_many")
    )
    dated = adjustments.join(whose, on=["file_id", "transaction_no"], how="left", validate="m:1", maintain_order="left")
    return dated.join(named, on="reference_token", how="left", validate="m:1", maintain_order="left").with_columns(
        kind.fill_null("other").alias("kind"), pl.col("adjudication_date").dt.truncate("1w").alias("week")
    )
