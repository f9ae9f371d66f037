"""What a sheet tells that an 837 or 835 tells as well: the X12 stands, and the row of the sheet counts nowhere."""

from collections.abc import Mapping

import polars as pl

from rcm_pipeline.claims.payers import UNKNOWN_PAYER, identify_payers
from rcm_pipeline.claims.redeliveries import PLACE, TRANSACTION, Tables

_SAME_DECISION_DAYS = 3  # a sheet may give the day of the decision, the 835 that of the payment
_AMOUNTS = ("claim_token", "charge_amount", "paid_amount")


def sent_claims_of_sheets(tables: Tables, transactions: pl.DataFrame) -> pl.DataFrame:
    """Places of claims of a sheet that an 837 sent: same account and charge. A sheet names no batch and may name no day."""
    claims = tables["raw_claims"].select(*PLACE, "transaction_no", "claim_token", "charge_amount").collect()
    of_sheets = claims.join(transactions, on=TRANSACTION, how="anti")
    if of_sheets.is_empty() or of_sheets.height == claims.height:
        return of_sheets.clear().select(PLACE)
    sent = claims.join(transactions, on=TRANSACTION, how="semi").filter(pl.col("claim_token").is_not_null())
    return of_sheets.join(sent, on=["claim_token", "charge_amount"], how="semi").select(PLACE)


def claim_payments_of_sheets(
    payments: pl.DataFrame, tables: Tables, transactions: pl.DataFrame, aliases: Mapping[str, str]
) -> pl.DataFrame:
    """Places of claim payments of a sheet that an 835 tells as well.

    A sheet names no trace, so it is the same when the 835 has every line of it, or the claim with the same totals: same
    account, charge and payment, payer by number or name, code where the sheet has one, decided within three days. What a
    sheet does not say contradicts nothing.
    """
    named = identify_payers(payments, aliases).select(
        *TRANSACTION, "payer_id", "payer_name", pl.coalesce("payment_date", "production_date").alias("_date")
    )
    sheets = named.join(transactions, on=TRANSACTION, how="anti")
    if sheets.is_empty() or sheets.height == named.height:
        return sheets.clear().select("file_id", pl.lit(None, pl.Int64).alias("claim_no"))
    of_835 = named.join(transactions, on=TRANSACTION, how="semi")
    by_total = _same(_claims(tables, sheets), _claims(tables, of_835), _AMOUNTS).select(PLACE).unique()
    lines = _lines(tables, sheets)
    by_line = _same(lines, _lines(tables, of_835), (*_AMOUNTS, "_nth")).select(*PLACE, "line_no").unique()
    partly = lines.join(by_line, on=[*PLACE, "line_no"], how="anti").select(PLACE).unique()
    return pl.concat([by_total, by_line.select(PLACE).unique().join(partly, on=PLACE, how="anti")]).unique()


def undated_claim_payments(payments: pl.DataFrame, tables: Tables, transactions: pl.DataFrame) -> pl.DataFrame:
    """Places of claim payments of sheets without a day of their own that another row of a sheet tells as well.

    An export that is sent again each week assumes another day for them each time. Of those equal in account, payer, charge,
    payment and status the dated one counts, else the earliest assumed.
    """
    sheets = payments.join(transactions, on=TRANSACTION, how="anti")
    if sheets.is_empty() or not sheets["payment_date"].has_nulls():
        return sheets.clear().select("file_id", pl.lit(None, pl.Int64).alias("claim_no"))
    named = sheets.select(*TRANSACTION, "payer_name", "payer_id", "payment_date", "production_date")
    claims = tables["raw_remits"].select(*PLACE, "transaction_no", *_AMOUNTS, "icn_token", "status_code")
    joined = claims.join(named.lazy(), on=TRANSACTION, how="inner").collect().filter(pl.col("claim_token").is_not_null())
    alike = [*_AMOUNTS, "icn_token", "status_code", "payer_name", "payer_id"]
    is_dated = pl.col("payment_date").is_not_null()
    nth = pl.int_range(pl.len()).over("file_id", *alike)  # the same twice in one file is two
    ordered = joined.with_columns(nth.alias("_nth")).sort(~is_dated, "production_date", "file_id", "claim_no", nulls_last=True)
    has_other = (pl.int_range(pl.len()).over(*alike, "_nth") > 0) | (is_dated.any().over(*alike, "_nth") & ~is_dated)
    return ordered.filter(~is_dated & has_other).select(PLACE)


def _same(of_sheets: pl.DataFrame, of_835: pl.DataFrame, key: tuple[str, ...]) -> pl.DataFrame:
    both = of_sheets.join(of_835, on=key, suffix="_835")
    is_same_number = (pl.col("icn_token") == pl.col("icn_token_835")).fill_null(True)
    name, other = (pl.col(column).str.to_uppercase() for column in ("payer_name", "payer_name_835"))
    is_same_name = (name.str.starts_with(other) | other.str.starts_with(name)).fill_null(False)
    is_same_payer = (pl.col("payer_id") == pl.col("payer_id_835")) | (pl.col("payer_id") == UNKNOWN_PAYER) | is_same_name
    is_same_code = pl.col("procedure_code").is_null() | (pl.col("procedure_code") == pl.col("procedure_code_835"))
    is_near = ((pl.col("_date") - pl.col("_date_835")).dt.total_days().abs() <= _SAME_DECISION_DAYS).fill_null(True)
    return both.filter(is_same_payer & is_same_number & is_same_code & is_near)


def _claims(tables: Tables, payments: pl.DataFrame) -> pl.DataFrame:
    """The claims of these payments with account, payer and day."""
    claims = tables["raw_remits"].select(*PLACE, "transaction_no", *_AMOUNTS, "icn_token")
    joined = claims.join(payments.lazy(), on=TRANSACTION, how="inner").drop("transaction_no").collect()
    return joined.with_columns(pl.lit(None, pl.String).alias("procedure_code"))


def _lines(tables: Tables, payments: pl.DataFrame) -> pl.DataFrame:
    """The lines of these payments with account, payer and day; those alike are numbered."""
    claims = _claims(tables, payments).lazy().drop("procedure_code", "charge_amount", "paid_amount")
    lines = tables["raw_remit_lines"].select(*PLACE, "line_no", "procedure_code", "charge_amount", "paid_amount")
    found = lines.join(claims, on=PLACE, how="inner").collect()
    alike = [*PLACE, "procedure_code", "charge_amount", "paid_amount"]
    return found.sort(*PLACE, "line_no").with_columns(pl.int_range(pl.len()).over(alike).alias("_nth"))
