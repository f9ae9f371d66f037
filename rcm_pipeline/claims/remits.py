"""Claim payments with payer, date, kind of answer, balance and dates of service."""

import datetime as dt
from collections.abc import Mapping

import polars as pl

from rcm_pipeline.claims.payers import identify_payers
from rcm_pipeline.x12.controls import DAYS_AFTER, DAYS_BEFORE
from rcm_pipeline.x12.sets import balance

KEYS = ["claim_key"]  # a claim or claim payment while the core is built: its ordinal by day and identity, see identities.py
LINE = [*KEYS, "line_no"]
ANSWER = ["answer_id"]  # a claim payment in finished tables, see identities.py
ANSWER_LINE = [*ANSWER, "line_no"]
DECISIONS = ("1", "2", "3", "4", "19", "20", "21")
_HISTORY_WEEKS = 4  # old weeks in the files made in one week, from which on they are a history and no wrong year
_KINDS = {"22": "reversal", "23": "forwarded", "25": "predetermination"}


def dated_remits(remits: pl.DataFrame, payments: pl.DataFrame, aliases: Mapping[str, str]) -> pl.DataFrame:
    """Remits with payer, adjudication date and week, and kind of answer. `payments` from `identify_payers`.

    The payer is the one named last above the claim payment; mostly there is one for the whole payment.

    CLP02 1-4 and 19-21 are decisions, whatever was paid: code 4 is no denial flag (X12 RFI 1423, 1885, 1079).
    """
    date = pl.coalesce("payment_date", "production_date")
    whose = payments.select(
        "file_id", "transaction_no", "payer_id", "payer_name", "production_date", date.alias("adjudication_date"),
        pl.col("payment_amount").is_null().alias("is_untotalled"),
    )  # fmt: skip
    status = pl.col("status_code")
    kind = (
        pl.when(status.is_in(DECISIONS))
        .then(pl.lit("adjudication"))
        .otherwise(status.replace_strict(_KINDS, default="other", return_dtype=pl.String))
    )
    own = identify_payers(
        remits.select("payer_id", "payer_name").with_columns(pl.lit(None, pl.String).alias("payer_secondary_id")), aliases
    )
    is_own = pl.any_horizontal(pl.col("payer_id", "payer_name").is_not_null())
    named = remits.with_columns(pl.when(is_own).then(own[name]).alias(f"_{name}") for name in ("payer_id", "payer_name"))
    joined = named.drop("payer_id", "payer_name").join(
        whose, on=["file_id", "transaction_no"], how="left", validate="m:1", maintain_order="left"
    )
    joined = joined.with_columns(pl.coalesce(f"_{name}", name).alias(name) for name in ("payer_id", "payer_name"))
    return joined.with_columns(kind.fill_null("other").alias("kind"), pl.col("adjudication_date").dt.truncate("1w").alias("week"))


def within_weeks(remits: pl.DataFrame, payments: pl.DataFrame, envelopes: pl.DataFrame, today: dt.date) -> pl.DataFrame:
    """Remits without a week where their payment's day cannot be: they keep the day, and count in no week.

    That is after `today`, more than a month after the file was made, or ten months before it; but a history that is delivered late
    is old by many weeks at once, where a wrong year moves a week or two.
    """
    made = envelopes.select("file_id", "transaction_no", pl.coalesce("interchange_date", "group_date").alias("_made"))
    day = pl.coalesce("payment_date", "production_date")
    dated = payments.select("file_id", "transaction_no", day.alias("_day")).join(made, on=["file_id", "transaction_no"])
    dated = dated.with_columns((pl.col("_day") - pl.col("_made")).dt.total_days().alias("_off"))
    old_weeks = pl.col("_day").dt.truncate("1w").n_unique().over(pl.col("_made").dt.truncate("1w"))
    late = dated.filter(pl.col("_off") < -DAYS_BEFORE).filter(old_weeks < _HISTORY_WEEKS)
    ahead = dated.filter((pl.col("_day") > today) | (pl.col("_off") > DAYS_AFTER))
    wrong = pl.concat([late, ahead]).select("file_id", "transaction_no", pl.lit(True).alias("_is_wrong")).unique()
    joined = remits.join(wrong, on=["file_id", "transaction_no"], how="left", validate="m:1", maintain_order="left")
    return joined.with_columns(pl.when(pl.col("_is_wrong").is_null()).then("week").alias("week")).drop("_is_wrong")


def with_balance(remits: pl.DataFrame, adjustments: pl.DataFrame, out_of_balance: pl.DataFrame) -> pl.DataFrame:
    """Add the sum of all adjustments and whether charge - paid equals it, to the cent, and nothing else of it is `out_of_balance`.

    An export that tells no payment as a whole may leave adjustments out: a claim it gives none of is not judged, and balances.
    """
    total = adjustments.group_by(KEYS).agg(pl.col("amount").sum().cast(pl.Decimal(18, 2)).alias("adjusted_amount"))
    joined = remits.join(total, on=KEYS, how="left", maintain_order="left")
    is_silent = pl.col("is_untotalled") & pl.col("adjusted_amount").is_null()
    difference = pl.col("charge_amount") - pl.col("paid_amount") - pl.col("adjusted_amount").fill_null(0)
    is_other = joined["claim_key"].is_in(out_of_balance["claim_key"].implode())
    is_balanced = (is_silent.fill_null(False) | (difference == 0).fill_null(False)) & ~is_other
    return joined.with_columns(pl.col("adjusted_amount").fill_null(0), is_balanced.alias("is_balanced")).drop("is_untotalled")


def imbalances(findings: pl.LazyFrame, remits: pl.LazyFrame, lines: pl.LazyFrame, counted: pl.LazyFrame) -> pl.LazyFrame:
    """A row per finding of amounts that do not add up and claim payment it is about: rule, difference_amount, and the columns of `counted`.

    `counted` are claim payments that count, with their place and payment_id. A payment that came in pieces is not judged by each.
    """
    found = findings.filter(pl.col("rule").is_in([balance.LINE, balance.CLAIM, balance.PAYMENT])).select(
        "file_id", "finding_no", "transaction_no", "rule", "difference_amount", pl.coalesce("segment_no", "row_no").alias("segment_no")
    )
    placed = pl.concat(
        found.filter(pl.col("rule") == rule).join(rows.select("file_id", "claim_no", "segment_no"), on=["file_id", "segment_no"])
        for rule, rows in ((balance.LINE, lines), (balance.CLAIM, remits))
    )
    of_claims = placed.drop("transaction_no", "segment_no").join(counted, on=["file_id", "claim_no"])
    whole = counted.filter(pl.struct("file_id", "transaction_no").n_unique().over("payment_id") == 1)
    of_payments = found.filter(pl.col("rule") == balance.PAYMENT).drop("segment_no").join(whole, on=["file_id", "transaction_no"])
    return pl.concat([of_claims, of_payments], how="diagonal")


def with_service_dates(remits: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Add the first and last date of service: the widest of the claim's own and its lines'; null when none is sent."""
    spans = lines.group_by(KEYS).agg(
        pl.min_horizontal("service_from_date", "service_to_date").min().alias("_line_from"),
        pl.max_horizontal("service_from_date", "service_to_date").max().alias("_line_to"),
    )
    joined = remits.join(spans, on=KEYS, how="left", validate="1:1", maintain_order="left")
    return joined.with_columns(
        pl.min_horizontal("service_from_date", "service_to_date", "_line_from").alias("first_service_date"),
        pl.max_horizontal("service_from_date", "service_to_date", "_line_to").alias("last_service_date"),
    )
