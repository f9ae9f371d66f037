"""Exports of claims and of what became of them, as the raw tables that 837 and 835 files fill.

The row of the sheet stands where the segment stands for X12. Rows of one claim need not stand together. What an export does
not say stays null: most of all the amount of the payment itself.
"""

from collections.abc import Callable, Sequence

import polars as pl

from rcm_pipeline.intake.sheets.cells import UNDECIDED
from rcm_pipeline.intake.sheets.decisions import DENIED, REVERSED, decided_rows, folded_lines, line_facts, one_line, with_stated_amounts
from rcm_pipeline.intake.sheets.kinds import base_of, repeats_of
from rcm_pipeline.intake.sheets.sheet_reading import Imbalance, SheetReading
from schemas.contract import polars_schema
from schemas.sheets import SheetClaims

Tables = dict[str, pl.DataFrame]
_CLAIM = ("claim_token", "payer_name", "payer_id", "created_date", "frequency_code")
_REMIT = ("claim_token", "payer_name", "payer_id", "decided_date", "icn_token", "_is_reversal", "_is_negative")
_PAYMENT = ("payer_name", "payer_id", "decided_date", "is_day_assumed")
_DAYS_OF_PAYMENT = (("payment_date", False), ("production_date", True))
_FLAGS = ("has_authorization", "has_referral", "has_attachment", "has_note")
_SETS = {"P": "837P", "I": "837I", "D": "837D"}
_DENTAL = r"^D\d{4}$"
_MODIFIERS = tuple(f"modifier_{n}_code" for n in range(1, 5))
_KEYS = ("transaction_no", "claim_no", "line_no", "segment_no")


def claims_to_raw(rows: pl.DataFrame, reading: SheetReading) -> Tables:
    """raw_claims, raw_claim_lines and raw_claim_diagnoses; claims are numbered after those of earlier sheets of the file."""
    lines = _with_charges(
        _numbered(_typed_bill(_charged(rows, reading)), _CLAIM, "claim_no", reading.before().claims), "charge_amount", reading
    )
    lines = lines.sort("claim_no", "row_no").with_columns(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("claim_no").alias("line_no"),
        pl.col("row_no").alias("segment_no"),
        pl.lit(1, dtype=pl.Int64).alias("transaction_no"),
    )
    is_institutional = (pl.col("revenue_code").is_not_null() | pl.col("bill_type_code").is_not_null()).any().over("claim_no")
    is_dental = pl.col("procedure_code").str.contains(_DENTAL).fill_null(False).any().over("claim_no")
    told = pl.when(is_institutional).then(pl.lit("I")).when(is_dental).then(pl.lit("D")).otherwise(pl.lit("P"))
    kind = pl.coalesce("claim_type_code", told).replace_strict(_SETS, default="837P")
    claims = (
        lines.with_columns(kind.alias("transaction_set"))
        .group_by("claim_no", maintain_order=True)
        .agg(
            pl.col(*_CLAIM, "transaction_no", "segment_no", "transaction_set", "place_code", "place_qualifier").first(),
            pl.col("filing_indicator_code", "member_token", "billing_npi", "rendering_npi").first(),
            pl.coalesce(pl.col("claim_charge_amount").first(), pl.col("charge_amount").sum()).alias("charge_amount"),
            pl.col("service_from_date").min().alias("statement_from_date"),
            pl.max_horizontal("service_from_date", "service_to_date").max().alias("statement_to_date"),
        )
    )
    codes = ("code_qualifier", "procedure_code", *_present(lines, _MODIFIERS), "revenue_code", "charge_amount", "units")
    return {
        "raw_claims": claims.with_columns(pl.lit(False).alias(name) for name in _FLAGS),
        "raw_claim_lines": _with_qualifier(lines)
        .select(*_KEYS, *codes, "service_from_date", "service_to_date")
        .with_columns(pl.lit(False).alias(name) for name in ("has_authorization", "has_attachment", "has_note")),
        "raw_claim_diagnoses": _diagnoses(lines),
    }


def remittances_to_raw(rows: pl.DataFrame, reading: SheetReading) -> Tables:
    """raw_payments, raw_remits, raw_remit_lines, raw_adjustments and raw_remarks of the rows that are decided."""
    return _decisions_to_raw(decided_rows(_charged(rows, reading), reading, is_decided=True), reading)


def _decisions_to_raw(decided: pl.DataFrame, reading: SheetReading) -> Tables:
    before = reading.before()
    signed = decided.with_columns(  # a reversal beside its correction is a claim payment of its own
        (pl.col("charge_amount") < 0).fill_null(False).alias("_is_negative"),
        (pl.col("status_code") == REVERSED).fill_null(False).alias("_is_reversal"),
    )
    keyed = _numbered(_numbered(signed, _REMIT, "claim_no", before.remits), _PAYMENT, "transaction_no", before.payments)
    keyed = _with_charges(_with_charges(keyed, "charge_amount", reading), "paid_amount", reading)
    is_stated = any(keyed[name].is_not_null().any() for name in repeats_of(keyed.columns, "adjustment_amount"))
    first, folded = folded_lines(keyed.sort("claim_no", "row_no"))
    details = with_stated_amounts(folded, reading)
    codes = ("code_qualifier", "procedure_code", *_present(first, _MODIFIERS), "revenue_code")
    money = ("charge_amount", "paid_amount", "allowed_amount", "service_from_date", "service_to_date")
    is_line = pl.col("charge_amount").is_not_null()  # else the sheet tells only what became of the claim
    details = details.with_columns(pl.when(is_line).then("line_no").alias("line_no"))
    if is_stated:
        reading.imbalances.extend(_imbalances(first.filter(is_line), _adjustments(details)))
    return {
        "raw_payments": _payments(keyed),
        "raw_remits": _remits(first, details),
        "raw_remit_lines": _with_qualifier(first).filter(is_line).select(*_KEYS, *codes, "units", *money).rename({"units": "paid_units"}),
        "raw_adjustments": _adjustments(details),
        "raw_remarks": _remarks(details),
    }


def _imbalances(lines: pl.DataFrame, adjustments: pl.DataFrame) -> list[Imbalance]:
    """Lines that do not pay their charge less their adjustments, as of an 835; only of sheets that state adjustments."""
    sums = adjustments.group_by("claim_no", "line_no").agg(pl.col("amount").sum().alias("_adjusted"))
    joined = lines.join(sums, on=["claim_no", "line_no"], how="left", maintain_order="left")
    computed = (pl.col("charge_amount") - pl.col("_adjusted").fill_null(0)).alias("_computed")
    broken = joined.with_columns(computed).filter((pl.col("_computed") != pl.col("paid_amount")).fill_null(False))
    return broken.select("row_no", "paid_amount", "_computed").rows()


def outcomes_to_raw(rows: pl.DataFrame, reading: SheetReading) -> Tables:
    """The tables of both: every row is of a claim that was sent, those that are decided also of a payment."""
    charged = _charged(rows, reading)
    decisions = _decisions_to_raw(decided_rows(charged, reading, is_decided=False), reading)
    return claims_to_raw(_sent_rows(charged), reading) | decisions


def _sent_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """Of rows that tell several decisions or adjustments of one line that was sent, one; two equal lines stay two.

    A reversal sends nothing. Rows equal in all that was sent are one line where their days of decision differ, where one is
    not decided yet, or where they are the adjustments of one (see `one_line`).
    """
    columns = {name for name in polars_schema(SheetClaims) if name != "row_no"}
    alike = [name for name in rows.columns if base_of(name) in columns]
    day = pl.coalesce("payment_date", "denied_date")
    is_open = (pl.col("status_code") == UNDECIDED).fill_null(False)
    is_first_day = (day == day.min().over(alike)).fill_null(True) & ~(is_open & ~is_open.all().over(alike))
    sent = rows.filter((pl.col("status_code") != REVERSED).fill_null(True) & (pl.coalesce("charge_amount", "claim_charge_amount") >= 0))
    kept = sent.filter(is_first_day)
    facts = line_facts(kept)
    return (
        kept.with_columns(one_line(kept, facts).alias("_is_one"))
        .filter(~pl.col("_is_one") | (pl.col("row_no") == pl.col("row_no").min().over(facts)))
        .drop("_is_one")
    )


def logged_denials_to_raw(rows: pl.DataFrame, reading: SheetReading) -> Tables:
    """raw_logged_denials, with the reason code that words mean. A log tells of denials; what a payer decided it does not say."""
    detail = f"{rows.height} denials of a log: what is done about them; they are decisions only where an 835 or an export tells them too"
    reading.findings.append((None, None, "denials_logged", detail))
    return {"raw_logged_denials": rows.select(name for name in rows.columns if base_of(name) == name and name != "reason_words")}


def _charged(rows: pl.DataFrame, reading: SheetReading) -> pl.DataFrame:
    """The rows with a charge, of the line or of the claim; without one nothing can be said of a row."""
    is_charged = pl.any_horizontal(pl.col("charge_amount", "claim_charge_amount").is_not_null())
    for number in rows.filter(~is_charged)["row_no"]:
        reason = "charge_amount is empty or not of its type; correct this cell, the row was not read"
        reading.rejects.append((number, "charge_amount", "cell_unreadable", reason))
    return rows.filter(is_charged)


def postings_to_raw(rows: pl.DataFrame, _: SheetReading) -> Tables:
    """raw_postings: an entry a row, and a second where a row books a payment and an adjustment, whose reason is its own."""
    plain_rows = rows.select(name for name in rows.columns if base_of(name) == name and name != "reason_words")
    adjustment = pl.col("adjustment_amount")
    is_second = pl.col("posted_amount").is_not_null() & (adjustment != 0).fill_null(False)
    is_alone = pl.col("posted_amount").is_null() & adjustment.is_not_null()
    reason = [pl.when(~is_second).then(name).alias(name) for name in ("group_code", "carc_code")]
    code = pl.coalesce("posting_code", pl.when(is_alone).then(pl.lit("adjustment")), pl.when(is_second).then(pl.lit("payment")))
    first = plain_rows.with_columns(
        *reason,
        code.alias("posting_code"),
        pl.coalesce("posted_amount", "adjustment_amount").alias("posted_amount"),
        posting_no=pl.lit(1, pl.Int64),
    )
    second = plain_rows.filter(is_second).with_columns(
        pl.lit("adjustment").alias("posting_code"), adjustment.alias("posted_amount"), posting_no=pl.lit(2, pl.Int64)
    )
    entries = pl.concat([first, second]).sort("row_no", "posting_no").drop("adjustment_amount")
    return {"raw_postings": entries.filter(pl.col("posted_amount").is_not_null())}


def _typed_bill(rows: pl.DataFrame) -> pl.DataFrame:
    """A type of bill says facility type and frequency: 0131 is facility type 13, frequency 1."""
    bill = pl.col("bill_type_code").str.strip_prefix("0").str.extract(r"^(\d{3})$", 1)
    return rows.with_columns(
        pl.coalesce(bill.str.slice(0, 2), "place_code").alias("place_code"),
        pl.coalesce("frequency_code", bill.str.slice(2, 1)).alias("frequency_code"),
        pl.when(bill.is_not_null()).then(pl.lit("A")).alias("place_qualifier"),
    )


def _with_charges(rows: pl.DataFrame, name: str, reading: SheetReading) -> pl.DataFrame:
    """A total of the claim that stands on each of its rows counts once: then the rows have no amount of their own.

    It is one where no column of the line stands beside it, and every claim of several rows has one and the same amount on all,
    with different codes; so the amount of a claim is its own column, and that of its lines is null.
    """
    total = f"claim_{name}"
    several = rows.filter(pl.len().over("claim_no") > 1)
    repeats = several.group_by("claim_no").agg(
        pl.col(name).n_unique().alias("amounts"), pl.col("procedure_code").n_unique().alias("codes"), pl.len().alias("rows")
    )
    is_total = repeats.height > 1 and bool((repeats["amounts"] == 1).all() & (repeats["codes"] == repeats["rows"]).all())
    if not is_total or name not in reading.totals or rows[total].is_not_null().any():
        return rows
    reading.findings.append(
        (None, name, "claim_total", f"{name} is the same on all rows of each claim; taken as the total of the claim, once")
    )
    is_several = pl.len().over("claim_no") > 1
    return rows.with_columns(pl.when(is_several).then(name).otherwise(total).alias(total), pl.when(~is_several).then(name).alias(name))


def _present(rows: pl.DataFrame, names: Sequence[str]) -> list[str]:
    return [name for name in names if name in rows.columns]


def _numbered(rows: pl.DataFrame, key: tuple[str, ...], name: str, after: int) -> pl.DataFrame:
    """Number the distinct keys in the order of their first row."""
    first = pl.col("row_no").min().over(key).rank("dense")
    return rows.with_columns((first.cast(pl.Int64) + after).alias(name))


def _with_qualifier(lines: pl.DataFrame) -> pl.DataFrame:
    dental = pl.col("procedure_code").str.contains(_DENTAL).fill_null(False)
    qualifier = pl.when(dental).then(pl.lit("AD")).when(pl.col("procedure_code").is_not_null()).then(pl.lit("HC"))
    return lines.with_columns(
        qualifier.when(pl.col("revenue_code").is_not_null()).then(pl.lit("NU")).alias("code_qualifier"),
        pl.col("revenue_code").str.zfill(4).alias("revenue_code"),
    )


def _diagnoses(lines: pl.DataFrame) -> pl.DataFrame:
    """Every distinct diagnosis of a claim once, in the order sent; the first is the principal one."""
    columns = repeats_of(lines.columns, "diagnosis_1_code")
    long = pl.concat(
        lines.select(
            "transaction_no",
            "claim_no",
            "segment_no",
            pl.col(name).str.replace_all(".", "", literal=True).alias("diagnosis_code"),
            pl.lit(place).alias("_place"),
        )
        for place, name in enumerate(columns)
    )
    found = long.filter(pl.col("diagnosis_code").is_not_null()).sort("claim_no", "segment_no", "_place")
    found = found.unique(["claim_no", "diagnosis_code"], keep="first", maintain_order=True)
    number = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("claim_no")
    qualifier = pl.when(number == 1).then(pl.lit("ABK")).otherwise(pl.lit("ABF"))
    return found.with_columns(number.alias("diagnosis_no"), qualifier.alias("qualifier_code")).drop("_place")


def _payments(keyed: pl.DataFrame) -> pl.DataFrame:
    """One row per payer and date; what was paid in one sum the export does not say.

    A day that is only assumed stands as that of production: another export may assume another one for the same decision.
    """
    paid = keyed.group_by("transaction_no", maintain_order=True).agg(pl.col(_PAYMENT).first(), pl.col("row_no").min().alias("segment_no"))
    days = {name: pl.when(pl.col("is_day_assumed") == assumed).then("decided_date") for name, assumed in _DAYS_OF_PAYMENT}
    return paid.with_columns(**days).drop("decided_date", "is_day_assumed")


def _remits(first: pl.DataFrame, details: pl.DataFrame) -> pl.DataFrame:
    patient = _adjustments(details).filter(pl.col("group_code") == "PR")
    owed = patient.group_by("claim_no").agg(pl.col("amount").sum().alias("patient_responsibility_amount"))

    def whole(name: str) -> pl.Expr:
        return pl.coalesce(pl.col(f"claim_{name}").first(), pl.col(name).sum()).alias(name)

    return (
        first.group_by("claim_no", maintain_order=True)
        .agg(
            pl.col("transaction_no", "segment_no", "claim_token", "icn_token").first(),
            _status_of_lines(),
            whole("charge_amount"),
            whole("paid_amount"),
            pl.col("patient_amount").sum().alias("_patient_amount"),
            pl.col("patient_amount").is_not_null().any().alias("_has_patient_amount"),
            pl.col("service_from_date").min(),
            pl.col("service_to_date").max(),
        )
        .join(owed, on="claim_no", how="left", maintain_order="left")
        .with_columns(
            pl.coalesce("patient_responsibility_amount", pl.when("_has_patient_amount").then("_patient_amount")).alias(
                "patient_responsibility_amount"
            )
        )
        .drop("_patient_amount", "_has_patient_amount")
        .with_columns(pl.col("status_code").fill_null(_assumed_status()))
        .with_columns(pl.lit(False).alias("has_authorization"), pl.lit(False).alias("has_crossover"))
    )


def _status_of_lines() -> pl.Expr:
    """The status of a claim whose lines have their own: denied where all are, else that of the first that is not."""
    status = pl.col("status_code").drop_nulls()
    return pl.coalesce(status.filter(status != DENIED).first(), status.first()).alias("status_code")


def _assumed_status() -> pl.Expr:
    """Where an export has no claim status: processed as primary, or a reversal when the charge is negative."""
    return pl.when(pl.col("charge_amount") < 0).then(pl.lit(REVERSED)).otherwise(pl.lit("1"))


def _adjustments(details: pl.DataFrame) -> pl.DataFrame:
    """All adjustments of the rows, numbered within their claim."""
    columns = repeats_of(details.columns, "carc_code")
    long = pl.concat(
        details.select(
            "transaction_no",
            "claim_no",
            "line_no",
            pl.col("row_no").alias("segment_no"),
            _or_null(details, carc.replace("carc", "group")).alias("group_code"),
            pl.col(carc).alias("carc_code"),
            _or_null(details, carc.replace("carc", "adjustment").replace("_code", "_amount"), pl.Decimal(18, 2)).alias("amount"),
            pl.lit(order).alias("_order"),
        )
        for order, carc in enumerate(columns)
    )
    sent = long.filter(pl.col("carc_code").is_not_null() | pl.col("amount").is_not_null()).sort("claim_no", "segment_no", "_order")
    return sent.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("claim_no").alias("adjustment_no")).drop("_order")


def _or_null(rows: pl.DataFrame, name: str, dtype: pl.DataType | type[pl.DataType] = pl.String) -> pl.Expr:
    return pl.col(name) if name in rows.columns else pl.lit(None, dtype)


def _remarks(details: pl.DataFrame) -> pl.DataFrame:
    columns = repeats_of(details.columns, "rarc_code")
    keys = ("transaction_no", "claim_no", "line_no", pl.col("row_no").alias("segment_no"))
    long = pl.concat(details.select(*keys, pl.col(name).alias("rarc_code"), pl.lit(at).alias("_order")) for at, name in enumerate(columns))
    sent = long.filter(pl.col("rarc_code").is_not_null()).sort("claim_no", "segment_no", "_order")
    number = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("claim_no")
    return sent.with_columns(pl.lit("LQ").alias("source_code"), number.alias("remark_no")).drop("_order")


EXPORTS: dict[str, Callable[[pl.DataFrame, SheetReading], Tables]] = {
    "claims": claims_to_raw,
    "remittances": remittances_to_raw,
    "claim_outcomes": outcomes_to_raw,
    "logged_denials": logged_denials_to_raw,
    "postings": postings_to_raw,
}
