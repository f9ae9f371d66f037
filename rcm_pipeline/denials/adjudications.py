"""Claim payments to adjudications: what kind of answer each is, when, whether it balances, and which came first."""

import polars as pl

KEYS = ["file_id", "claim_no"]
DECISIONS = ("1", "2", "3", "4", "19", "20", "21")
_KINDS = {"22": "reversal", "23": "forwarded", "25": "predetermination"}


def dated_remits(remits: pl.DataFrame, payments: pl.DataFrame) -> pl.DataFrame:
    """Remits with payer, adjudication date and week, and kind of answer. `payments` from `identify_payers`.

    CLP02 1-4 and 19-21 are decisions, whatever was paid: code 4 is no denial flag (X12 RFI 1423, 1885, 1079).
    """
    date = pl.coalesce("payment_date", "production_date")
    whose = payments.select("file_id", "transaction_no", "payer_id", date.alias("adjudication_date"))
    status = pl.col("status_code")
    kind = (
        pl.when(status.is_in(DECISIONS))
        .then(pl.lit("adjudication"))
        .otherwise(status.replace_strict(_KINDS, default="other", return_dtype=pl.String))
    )
    joined = remits.join(whose, on=["file_id", "transaction_no"], how="left", validate="m:1", maintain_order="left")
    return joined.with_columns(kind.fill_null("other").alias("kind"), pl.col("adjudication_date").dt.truncate("1w").alias("week"))


def with_balance(remits: pl.DataFrame, adjustments: pl.DataFrame) -> pl.DataFrame:
    """Add the sum of all adjustments and whether charge - paid equals it, to the cent."""
    total = adjustments.group_by(KEYS).agg(pl.col("amount").sum().cast(pl.Decimal(18, 2)).alias("adjusted_amount"))
    joined = remits.join(total, on=KEYS, how="left", maintain_order="left").with_columns(pl.col("adjusted_amount").fill_null(0))
    difference = pl.col("charge_amount") - pl.col("paid_amount") - pl.col("adjusted_amount")
    return joined.with_columns((difference == 0).fill_null(False).alias("is_balanced"))


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


def mark_first(remits: pl.DataFrame, pended: pl.DataFrame) -> pl.DataFrame:
    """Mark the first decision of each payer on each claim: the earliest one that is not only pended.

    Providers reuse account numbers for later visits: answers with one control number whose dates of service do not
    overlap are different claims. Answers without dates belong to the first of them. A claim sent without a control
    number stands alone: it cannot be told from another.
    """
    candidates = remits.filter(pl.col("kind") == "adjudication").join(pended, on=KEYS, how="anti")
    alone = pl.concat_str("file_id", pl.col("claim_no").cast(pl.String), separator=":")
    claims = _with_visits(candidates.with_columns(pl.coalesce("claim_token", alone).alias("_claim")))
    first = (
        claims.sort(["adjudication_date", "file_id", "claim_no"], nulls_last=True)
        .unique(["_claim", "payer_id", "_visit"], keep="first", maintain_order=True)
        .select(*KEYS, pl.lit(True).alias("is_first"))
    )
    return remits.join(first, on=KEYS, how="left", maintain_order="left").with_columns(pl.col("is_first").fill_null(False))


def _with_visits(claims: pl.DataFrame) -> pl.DataFrame:
    """Number the runs of overlapping dates of service of each control number and payer."""
    group = ["_claim", "payer_id"]
    ordered = claims.sort([*group, "first_service_date", *KEYS], nulls_last=True)
    reached = pl.col("last_service_date").cum_max().shift(1).over(group)
    begins = (pl.col("first_service_date") > reached).fill_null(False)
    numbered = ordered.with_columns(begins.cast(pl.Int64).alias("_begins")).with_columns(
        pl.col("_begins").cum_sum().over(group).alias("_visit")
    )
    return numbered.with_columns(pl.when(pl.col("first_service_date").is_null()).then(0).otherwise("_visit").alias("_visit"))


def claim_dispositions(lines: pl.DataFrame) -> pl.DataFrame:
    """What each claim payment comes to: denied_full when every decided line is denied, denied_partial when some are."""
    is_decided = ~pl.col("disposition").is_in(["excluded", "pended", "capitated"])
    is_denied = pl.col("disposition").is_in(["denied_full", "denial_suspected"])
    counted = lines.group_by(KEYS).agg(
        is_decided.sum().cast(pl.Int64).alias("line_count"),
        (is_denied & is_decided).sum().alias("_denied"),
        (pl.col("disposition") == "denied_partial").sum().alias("_partly"),
    )
    some = (pl.col("_denied") > 0) | (pl.col("_partly") > 0)
    disposition = (
        pl.when(pl.col("line_count") == 0)
        .then(pl.lit("undecided"))
        .when(pl.col("_denied") == pl.col("line_count"))
        .then(pl.lit("denied_full"))
        .when(some)
        .then(pl.lit("denied_partial"))
        .otherwise(pl.lit("paid"))
    )
    return counted.select(*KEYS, "line_count", disposition.alias("disposition"))
