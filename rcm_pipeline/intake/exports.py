"""Exports of claims and remittances, one row per service line, as the raw tables that 837 and 835 files fill.

The row of the sheet stands where the segment stands for X12. Rows of one claim need not stand together. What an export does
not say stays null: most of all the amount of the payment itself.
"""

from collections.abc import Callable

import polars as pl

from rcm_pipeline.intake.sheet_reading import Before

Tables = dict[str, pl.DataFrame]
_CLAIM = ("claim_token", "payer_name", "payer_id", "created_date", "frequency_code")
_REMIT = ("claim_token", "payer_name", "payer_id", "payment_date", "icn_token", "status_code", "_is_negative")
_PAYMENT = ("payer_name", "payer_id", "payment_date")
_FLAGS = ("has_authorization", "has_referral", "has_attachment", "has_note")
_SETS = {"P": "837P", "I": "837I", "D": "837D"}


def claims_to_raw(rows: pl.DataFrame, before: Before) -> Tables:
    """raw_claims, raw_claim_lines and raw_claim_diagnoses; claims are numbered after those of earlier sheets of the file."""
    lines = (
        _numbered(rows, _CLAIM, "claim_no", before.claims)
        .sort("claim_no", "row_no")
        .with_columns(
            pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("claim_no").alias("line_no"),
            pl.col("row_no").alias("segment_no"),
            pl.lit(1, dtype=pl.Int64).alias("transaction_no"),
        )
    )
    is_institutional = pl.col("claim_type_code").is_null() & pl.col("revenue_code").is_not_null().any().over("claim_no")
    kind = pl.when(is_institutional).then(pl.lit("I")).otherwise(pl.col("claim_type_code").fill_null("P"))
    claims = lines.with_columns(kind.replace_strict(_SETS, default="837P").alias("transaction_set"))
    claims = claims.group_by("claim_no", maintain_order=True).agg(
        pl.col(*_CLAIM, "transaction_no", "segment_no", "transaction_set", "place_code", "filing_indicator_code").first(),
        pl.col("member_token", "billing_npi", "rendering_npi").first(),
        pl.col("charge_amount").sum(),
        pl.col("service_from_date").min().alias("statement_from_date"),
        pl.max_horizontal("service_from_date", "service_to_date").max().alias("statement_to_date"),
    )
    codes = ("code_qualifier", "procedure_code", "modifier_1_code", "modifier_2_code", "revenue_code", "charge_amount", "units")
    dates = ("service_from_date", "service_to_date")
    return {
        "raw_claims": claims.with_columns(pl.lit(False).alias(name) for name in _FLAGS),
        "raw_claim_lines": _with_qualifier(lines)
        .select("transaction_no", "claim_no", "line_no", "segment_no", *codes, *dates)
        .with_columns(pl.lit(False).alias(name) for name in ("has_authorization", "has_attachment", "has_note")),
        "raw_claim_diagnoses": _diagnoses(lines),
    }


def remittances_to_raw(rows: pl.DataFrame, before: Before) -> Tables:
    """raw_payments, raw_remits, raw_remit_lines, raw_adjustments and raw_remarks."""
    signed = rows.with_columns((pl.col("charge_amount") < 0).alias("_is_negative"))  # a reversal beside its correction
    keyed = _numbered(_numbered(signed, _REMIT, "claim_no", before.remits), _PAYMENT, "transaction_no", before.payments)
    own = pl.when(pl.col("line_no").is_null()).then(-pl.col("row_no")).otherwise(pl.col("line_no"))
    keyed = keyed.with_columns(own.alias("_line")).sort("claim_no", "row_no")
    same_line = ["claim_no", "_line", "charge_amount", "paid_amount"]
    first = keyed.unique(same_line, keep="first", maintain_order=True)
    first = first.with_columns(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("claim_no").alias("line_no"), pl.col("row_no").alias("segment_no")
    )
    details = keyed.drop("line_no").join(first.select(*same_line, "line_no"), on=same_line, maintain_order="left")
    keys = ("transaction_no", "claim_no", "line_no", "segment_no")
    codes = ("code_qualifier", "procedure_code", "modifier_1_code", "modifier_2_code", "revenue_code")
    money = ("charge_amount", "paid_amount", "allowed_amount", "service_from_date", "service_to_date")
    return {
        "raw_payments": _payments(keyed),
        "raw_remits": _remits(first, details),
        "raw_remit_lines": _with_qualifier(first).select(*keys, *codes, *money),
        "raw_adjustments": _adjustments(details),
        "raw_remarks": _remarks(details),
    }


def _numbered(rows: pl.DataFrame, key: tuple[str, ...], name: str, after: int) -> pl.DataFrame:
    """Number the distinct keys in the order of their first row."""
    first = pl.col("row_no").min().over(key).rank("dense")
    return rows.with_columns((first.cast(pl.Int64) + after).alias(name))


def _with_qualifier(lines: pl.DataFrame) -> pl.DataFrame:
    qualifier = pl.when(pl.col("procedure_code").is_not_null()).then(pl.lit("HC")).when(pl.col("revenue_code").is_not_null())
    return lines.with_columns(qualifier.then(pl.lit("NU")).alias("code_qualifier"))


def _diagnoses(lines: pl.DataFrame) -> pl.DataFrame:
    """Every distinct diagnosis of a claim once, in the order sent; the first is the principal one."""
    long = pl.concat(
        lines.select(
            "transaction_no",
            "claim_no",
            "segment_no",
            pl.col(f"diagnosis_{place}_code").str.replace_all(".", "", literal=True).alias("diagnosis_code"),
            pl.lit(place).alias("_place"),
        )
        for place in range(1, 5)
    )
    found = long.filter(pl.col("diagnosis_code").is_not_null()).sort("claim_no", "segment_no", "_place")
    found = found.unique(["claim_no", "diagnosis_code"], keep="first", maintain_order=True)
    number = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("claim_no")
    qualifier = pl.when(number == 1).then(pl.lit("ABK")).otherwise(pl.lit("ABF"))
    return found.with_columns(number.alias("diagnosis_no"), qualifier.alias("qualifier_code")).drop("_place")


def _payments(keyed: pl.DataFrame) -> pl.DataFrame:
    """One row per payer and date; what was paid in one sum the export does not say."""
    return keyed.group_by("transaction_no", maintain_order=True).agg(pl.col(_PAYMENT).first(), pl.col("row_no").min().alias("segment_no"))


def _remits(first: pl.DataFrame, details: pl.DataFrame) -> pl.DataFrame:
    patient = _adjustments(details).filter(pl.col("group_code") == "PR")
    owed = patient.group_by("claim_no").agg(pl.col("amount").sum().alias("patient_responsibility_amount"))
    return (
        first.group_by("claim_no", maintain_order=True)
        .agg(
            pl.col("transaction_no", "segment_no", "claim_token", "icn_token").first(),
            pl.col("status_code").drop_nulls().first(),
            pl.col("charge_amount", "paid_amount").sum(),
            pl.col("service_from_date").min(),
            pl.col("service_to_date").max(),
        )
        .join(owed, on="claim_no", how="left", maintain_order="left")
        .with_columns(pl.col("status_code").fill_null(_assumed_status()))
        .with_columns(pl.lit(False).alias("has_authorization"), pl.lit(False).alias("has_crossover"))
    )


def _assumed_status() -> pl.Expr:
    """Where an export has no claim status: processed as primary, or a reversal when the charge is negative."""
    return pl.when(pl.col("charge_amount") < 0).then(pl.lit("22")).otherwise(pl.lit("1"))


def _adjustments(details: pl.DataFrame) -> pl.DataFrame:
    """Both adjustments a row can hold, numbered within their claim."""
    long = pl.concat(
        details.select(
            "transaction_no",
            "claim_no",
            "line_no",
            pl.col("row_no").alias("segment_no"),
            pl.col(f"group{place}_code").alias("group_code"),
            pl.col(f"carc{place}_code").alias("carc_code"),
            pl.col(f"adjustment{place}_amount").alias("amount"),
            pl.lit(order).alias("_order"),
        )
        for order, place in enumerate(("", "_2"))
    )
    sent = long.filter(pl.col("carc_code").is_not_null() | pl.col("amount").is_not_null()).sort("claim_no", "segment_no", "_order")
    return sent.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("claim_no").alias("adjustment_no")).drop("_order")


def _remarks(details: pl.DataFrame) -> pl.DataFrame:
    sent = details.filter(pl.col("rarc_code").is_not_null())
    return sent.select(
        "transaction_no",
        "claim_no",
        "line_no",
        pl.col("row_no").alias("segment_no"),
        pl.lit("LQ").alias("source_code"),
        "rarc_code",
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("claim_no").alias("remark_no"),
    )


EXPORTS: dict[str, Callable[[pl.DataFrame, Before], Tables]] = {"claims": claims_to_raw, "remittances": remittances_to_raw}
