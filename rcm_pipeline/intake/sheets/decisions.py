"""Which rows of an export are decisions, on which day, with which sign; and which rows are one line with several adjustments."""

from collections.abc import Sequence

import polars as pl

from rcm_pipeline.intake.sheets.cells import UNDECIDED
from rcm_pipeline.intake.sheets.kinds import base_of, numbered, repeats_of
from rcm_pipeline.intake.sheets.reason_columns import NO_USABLE_REASON
from rcm_pipeline.intake.sheets.sheet_reading import SheetReading

DENIED, REVERSED = "4", "22"
_DAYS = ("payment_date", "denied_date")
_ZERO = pl.lit(0).cast(pl.Decimal(18, 2))
_CENTS = pl.Decimal(18, 2)
_OF_PATIENT = (("deductible_amount", "1"), ("coinsurance_amount", "2"), ("copay_amount", "3"))  # and their reason code
ADJUSTMENT = ("group_code", "carc_code", "adjustment_amount", "rarc_code")


def decided_rows(rows: pl.DataFrame, reading: SheetReading, *, is_decided: bool) -> pl.DataFrame:
    """The rows that say what a payer decided, with `decided_date`, what they pay and the signs of reversals.

    A row is decided where its status says so; where it has none, where it pays, denies or has a reason, and in a sheet of
    payments (`is_decided`) where it names a day. A denied row that names no payment pays nothing; another one that names
    none is a reject.
    """
    marked = rows.with_columns(_stated_status(reading).alias("status_code"), _paid().alias("_paid")).with_columns(
        _denies(rows).alias("_denies")
    )
    is_dated = pl.col("payment_date").is_not_null() & (pl.col("_paid").is_not_null() | pl.lit(is_decided))
    is_told = pl.when(pl.col("status_code").is_not_null()).then(pl.col("status_code") != UNDECIDED)
    decided = marked.filter(is_told.otherwise(pl.col("_denies") | (pl.col("_paid") != 0).fill_null(False) | is_dated))
    if rows.height > decided.height:
        detail = f"{rows.height - decided.height} of {rows.height} rows are not decided yet"
        reading.findings.append((None, "status_code", "rows_undecided", detail))
    is_denied = pl.col("_denies") & (pl.col("_paid").fill_null(_ZERO) == 0)
    is_unusable = (pl.col("reason_words") == NO_USABLE_REASON).fill_null(False)
    is_said = pl.lit(reading.has_status) | is_unusable | pl.col("denied_date").is_not_null()
    given = pl.when(pl.col("status_code").is_null() & is_denied & is_said).then(pl.lit(DENIED))
    stated = decided.with_columns(pl.coalesce("status_code", given).alias("status_code"))
    return _reversed(_with_own_signs(_dated(_with_payments(stated, reading).drop("_denies", "_paid"), reading), reading))


def _stated_status(reading: SheetReading) -> pl.Expr:
    """The status of a row, else what a column of yes and no says: denied, or decided otherwise where nothing else says so."""
    is_denied = (pl.col("denied_flag") == "yes").fill_null(False) | (pl.col("approved_flag") == "no").fill_null(False)
    is_other = pl.any_horizontal(pl.col("denied_flag", "approved_flag").is_not_null())
    is_paid = is_other & (_paid().is_not_null() | pl.lit(not reading.has_payment))
    return pl.coalesce("status_code", pl.when(is_denied).then(pl.lit(DENIED)).when(is_paid).then(pl.lit("1")))


def _denies(rows: pl.DataFrame) -> pl.Expr:
    """Whether a row gives a reason or a day of denial."""
    reasons = repeats_of(rows.columns, "carc_code")
    has_reason = pl.any_horizontal(pl.col(reasons).is_not_null()) | (pl.col("reason_words") == NO_USABLE_REASON).fill_null(False)
    return has_reason | pl.col("denied_date").is_not_null()


def _paid() -> pl.Expr:
    return pl.coalesce("paid_amount", "claim_paid_amount")


def _with_payments(rows: pl.DataFrame, reading: SheetReading) -> pl.DataFrame:
    """What denied rows pay, and paid rows of a sheet without any column of payments; other rows without one are rejects."""
    pays_nothing = (pl.col("status_code") == DENIED) | (pl.col("status_code").is_null() & pl.col("_denies"))
    filled = rows.with_columns(pl.when(_paid().is_null() & pays_nothing).then(_ZERO).otherwise("paid_amount").alias("paid_amount"))
    if not reading.has_payment:
        assumed = pl.coalesce("allowed_amount", "charge_amount", "claim_charge_amount")
        count = filled["paid_amount"].is_null().sum()
        if count:
            detail = (
                f"{count} rows say they are paid and no column says how much; taken as paid in full, so no amount paid is to be relied on"
            )
            reading.findings.append((None, "paid_amount", "payment_assumed", detail))
        filled = filled.with_columns(pl.coalesce("paid_amount", assumed).alias("paid_amount"))
    for number in filled.filter(_paid().is_null())["row_no"]:
        reason = "paid_amount is empty or not of its type in a row that is not denied; correct this cell, its decision was not read"
        reading.rejects.append((number, "paid_amount", "cell_unreadable", reason))
    return filled.filter(_paid().is_not_null())


def _dated(rows: pl.DataFrame, reading: SheetReading) -> pl.DataFrame:
    """Rows with the day of their decision: of the payment, else of the denial.

    Exports that leave it empty for denied rows only would make every week free of denials; their day is then taken as the
    day sent, or of service, and the median of the days that the dated rows of the sheet took.
    """
    day = pl.coalesce("payment_date", "denied_date")
    known = pl.coalesce("created_date", "service_from_date") if "created_date" in rows.columns else pl.col("service_from_date")
    dated = rows.with_columns(day.alias("decided_date"), known.alias("_known"), pl.lit(value=False).alias("is_day_assumed"))
    lag = dated.select((pl.col("decided_date") - pl.col("_known")).dt.total_days().median().round(0).cast(pl.Int64)).item()
    unread = {row for row, column, rule, _ in reading.findings if column in _DAYS and rule in ("cell_unreadable", "column_other")}
    is_silent = pl.lit(None not in unread) & ~pl.col("row_no").is_in([row for row in unread if row is not None])
    is_open = pl.col("decided_date").is_null() & pl.col("_known").is_not_null() & is_silent
    count = dated.filter(is_open).height if lag is not None else 0
    if count:
        detail = f"{count} of {dated.height} decided rows name no day; taken as {lag} days after they were sent or rendered, as the others"
        reading.findings.append((None, "payment_date", "decision_date_assumed", detail))
        assumed = pl.when(is_open).then(pl.col("_known") + pl.duration(days=lag)).otherwise("decided_date")
        dated = dated.with_columns(assumed.alias("decided_date"), is_open.alias("is_day_assumed"))
    undated = dated["decided_date"].is_null().sum()
    if undated:
        reading.findings.append((None, "payment_date", "decision_undated", f"{undated} decided rows name no day. {_UNDATED}"))
    return dated.drop("_known")


_UNDATED = "They stand in no week; name the column of the day, or a stand_in_date, in a map of this sheet in the client's settings"


def _with_own_signs(rows: pl.DataFrame, reading: SheetReading) -> pl.DataFrame:
    """Payments or adjustments that a sheet writes negative throughout, as some systems do, in the signs of an 835.

    Turned only where the charges then equal payments and adjustments in every row that states adjustments, and in none as
    they stand.
    """
    amounts = repeats_of(rows.columns, "adjustment_amount")
    if not amounts:
        return rows
    adjusted = _adjusted(rows)
    judged = rows.filter((adjusted != 0) & (pl.col("status_code") != REVERSED).fill_null(True) & (pl.col("charge_amount") > 0))
    charge, paid = pl.col("charge_amount"), pl.col("paid_amount")
    ways = {"paid": (-paid, adjusted), "adjusted": (paid, -adjusted), "both": (-paid, -adjusted)}
    whole = judged.select((charge == own + taken).all().alias(way) for way, (own, taken) in ways.items()).row(0, named=True)
    any_whole = judged.select((charge == paid + adjusted).fill_null(False).any()).item()
    way = next((way for way in ("adjusted", "paid", "both") if whole[way]), "")
    if judged.is_empty() or any_whole or not way:
        return rows
    turned = [*(["paid_amount"] if way in ("paid", "both") else []), *(amounts if way in ("adjusted", "both") else [])]
    detail = f"{' and '.join(sorted({base_of(name) for name in turned}))} are written with the other sign throughout; turned"
    reading.findings.append((None, base_of(turned[0]), "sign_turned", detail))
    is_own = (pl.col("status_code") != REVERSED).fill_null(True)
    return rows.with_columns(pl.when(is_own).then(-pl.col(name)).otherwise(name).alias(name) for name in turned)


def _reversed(rows: pl.DataFrame) -> pl.DataFrame:
    """A reversal takes back what it names: charge, payment and adjustments are negative, however the sheet writes them."""
    is_reversal = (pl.col("status_code") == REVERSED).fill_null(False)
    whole = ("charge_amount", "claim_charge_amount", "paid_amount", "claim_paid_amount", "allowed_amount")
    turned = [pl.when(is_reversal).then(-pl.col(name).abs()).otherwise(name).alias(name) for name in whole]
    summed = _adjusted(rows)
    left = pl.col("charge_amount") - pl.col("paid_amount").fill_null(_ZERO)
    is_turned = is_reversal & (summed == -left).fill_null(False) & (summed != 0)
    signed = rows.with_columns(turned)
    return signed.with_columns(
        pl.when(is_turned).then(-pl.col(name)).otherwise(name).alias(name) for name in repeats_of(rows.columns, "adjustment_amount")
    )


def with_stated_amounts(details: pl.DataFrame, reading: SheetReading) -> pl.DataFrame:
    """Where a sheet names reasons or denials but no amounts, the first reason of a line is for all that was not paid.

    Of a claim whose lines have no charge of their own it is the first reason of the claim. Where the sheet states amounts
    only a line that is denied and states none has something left to explain. What the patient owes stands in columns of its
    own and is an adjustment of group PR. `details` from `folded_lines`.
    """
    own = _adjusted(details).abs().sum().over("claim_no", "line_no")
    is_stated = bool(details.select((_adjusted(details) != 0).any()).item())
    owed = pl.sum_horizontal(pl.col(name).fill_null(_ZERO) for name, _ in _OF_PATIENT)
    is_named = (pl.col("carc_code").is_not_null() | (pl.col("status_code") == DENIED)).fill_null(False)
    named_row = pl.col("row_no").filter(is_named)
    of_claim = pl.col("claim_charge_amount").first().over("claim_no") - pl.coalesce(
        pl.col("claim_paid_amount").first(), pl.col("paid_amount").sum()
    ).over("claim_no")
    of_line = pl.when(pl.col("row_no") == named_row.first().over("claim_no", "line_no")).then(pl.col("charge_amount") - _paid())
    whole = pl.coalesce(
        of_line, pl.when(pl.col("charge_amount").is_null() & (pl.col("row_no") == named_row.first().over("claim_no"))).then(of_claim)
    )
    is_left = (own == 0) & (pl.col("status_code") == DENIED).fill_null(False) if is_stated else pl.lit(value=True)
    is_assumed = (is_named & is_left & (whole - owed != 0)).fill_null(False)
    count = details.select(is_assumed.sum()).item()
    if count:
        detail = f"{count} rows name a reason or a denial and no amount; it is taken to be for the charge less the payment"
        reading.findings.append((None, "adjustment_amount", "amount_assumed", detail))
    stated = pl.col("adjustment_amount") if "adjustment_amount" in details.columns else pl.lit(None, _CENTS)
    amount = pl.when(is_assumed).then(whole - owed).otherwise(stated).cast(_CENTS)
    return _with_patient_share(details.with_columns(amount.alias("adjustment_amount")))


def _with_patient_share(rows: pl.DataFrame) -> pl.DataFrame:
    """Deductible, coinsurance and copayment as further adjustments, where their columns hold any."""
    number = len(repeats_of(rows.columns, "carc_code"))
    for name, code in _OF_PATIENT:
        owes = (pl.col(name) != 0).fill_null(False)
        if rows.select(owes.any()).item():
            number += 1
            rows = rows.with_columns(
                pl.when(owes).then(pl.lit("PR")).alias(numbered("group_code", number)),
                pl.when(owes).then(pl.lit(code)).alias(numbered("carc_code", number)),
                pl.when(owes).then(name).alias(numbered("adjustment_amount", number)),
            )
    return rows


def line_facts(rows: pl.DataFrame) -> list[str]:
    """The columns of a row that say something of its line and not of one adjustment, nor where it stands."""
    return [name for name in rows.columns if base_of(name) not in ADJUSTMENT and name not in ("row_no", "line_no", "reason_words")]


def one_line(rows: pl.DataFrame, facts: Sequence[str]) -> pl.Expr:
    """Whether rows equal in these facts are adjustments of one line: all differ in their adjustment, and only together make up
    what was not paid, or name no amounts.
    """
    adjusting = [name for name in rows.columns if base_of(name) in ADJUSTMENT]
    own = _adjusted(rows)
    alike = pl.len().over(facts)
    left = pl.col("charge_amount") - pl.col("paid_amount")
    makes_up = (own.sum().over(facts) == left) | (own == 0).all().over(facts)
    return ((alike > 1) & (pl.struct(adjusting).n_unique().over(facts) == alike) & makes_up).fill_null(False)


def _adjusted(rows: pl.DataFrame) -> pl.Expr:
    amounts = repeats_of(rows.columns, "adjustment_amount")
    return pl.sum_horizontal(pl.col(name).fill_null(_ZERO) for name in amounts) if amounts else _ZERO


def folded_lines(keyed: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The lines of claim payments, numbered, each from its first row; and all rows with the number of their line.

    Rows with one line number are one line; without numbers see `one_line`.
    """
    facts = line_facts(keyed)
    own = (
        pl.when(pl.col("line_no").is_not_null())
        .then("line_no")
        .when(one_line(keyed, facts))
        .then(-pl.col("row_no").min().over(facts))
        .otherwise(-pl.col("row_no"))
    )
    lined = keyed.with_columns(own.alias("_line"))
    same_line = ["claim_no", "_line", "charge_amount", "paid_amount"]
    first = lined.unique(same_line, keep="first", maintain_order=True)
    first = first.with_columns(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("claim_no").alias("line_no"), pl.col("row_no").alias("segment_no")
    )
    details = lined.drop("line_no").join(first.select(*same_line, "line_no"), on=same_line, nulls_equal=True, maintain_order="left")
    return first, details
