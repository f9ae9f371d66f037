"""M06 to M11: the competing definitions of a denial rate, each by its own numerator, denominator and basis."""

import datetime as dt

import polars as pl

from rcm_pipeline.claims.remits import ANSWER
from rcm_pipeline.metrics.measures import Facts, formula, shaped, weekly
from schemas.vocabulary import ALL
from schemas.vocabulary.denials import DUPLICATE_CARCS

_PRIMARY = ["1", "4", "19"]
_MONTHS, _WEEKS = 3, 4


@formula("M08")
def line_denials(facts: Facts) -> pl.DataFrame:
    """From mart_denial_rates, so that pages of rates and of measures cannot differ."""
    lines = _overall(facts, "M08")
    charges = lines.select("week", pl.col("denied_charge_amount").alias("numerator"), pl.col("charge_amount").alias("denominator"))
    return pl.concat([weekly("M08", lines, "lines"), weekly("M08", charges, "charges")])


@formula("M09")
def claim_denials(facts: Facts) -> pl.DataFrame:
    """From mart_denial_rates: claims denied entirely, and with those denied in part."""
    full, partly = _overall(facts, "M09"), _overall(facts, "M11")
    either = full.join(partly.select("week", pl.col("numerator").alias("_partly")), on="week").with_columns(
        pl.col("numerator") + pl.col("_partly")
    )
    return pl.concat([weekly("M09", full, "full"), weekly("M09", either, "full_or_partial")])


@formula("M11")
def partial_denials(facts: Facts) -> pl.DataFrame:
    """From mart_denial_rates."""
    return weekly("M11", _overall(facts, "M11"))


def _overall(facts: Facts, metric_id: str) -> pl.DataFrame:
    is_total = (pl.col("payer_id") == ALL) & (pl.col("root_cause") == ALL) & (pl.col("week") <= facts.week.monday)
    return facts.rates.filter(is_total & (pl.col("metric_id") == metric_id))


@formula("M06")
def denied_claims_of_month(facts: Facts) -> pl.DataFrame:
    """By month of the denial."""
    return _by_submission(facts, "M06", "claims")


@formula("M07")
def denied_charges_of_month(facts: Facts) -> pl.DataFrame:
    """By month of the denial."""
    return _by_submission(facts, "M07", "charges")


def _by_submission(facts: Facts, metric: str, column: str) -> pl.DataFrame:
    """M06 and M07: denials of a month against what an average month of the three before sent out."""
    month = pl.col("denied_date").dt.truncate("1mo").alias("month")
    denied = facts.outcomes.group_by(month).agg(
        pl.len().cast(pl.Int64).alias("claims"), pl.col("claim_charge_amount").sum().alias("charges")
    )
    originals = facts.versions.filter(~pl.col("frequency_code").is_in(["7", "8"]).fill_null(False) & pl.col("sent_date").is_not_null())
    sent = originals.group_by(pl.col("sent_date").dt.truncate("1mo").alias("sent_month")).agg(
        pl.len().cast(pl.Int64).alias("claims"), pl.col("charge_amount").sum().alias("charges")
    )
    if sent.is_empty() or denied.is_empty():
        return shaped(pl.DataFrame(schema={"numerator": pl.Int64}), metric, "month")
    first = denied["month"].min()
    assert isinstance(first, dt.date)
    months = pl.DataFrame({"month": pl.date_range(first, facts.week.sunday, "1mo", eager=True)})
    before = months.join(sent, how="cross").filter(
        (pl.col("sent_month") < pl.col("month")) & (pl.col("sent_month") >= pl.col("month").dt.offset_by(f"-{_MONTHS}mo"))
    )
    base = before.group_by("month").agg(pl.col("claims", "charges").sum().name.suffix("_sent"))
    joined = months.join(denied, on="month", how="left").join(base, on="month", how="left").sort("month")
    rows = joined.select(
        pl.col("month").alias("period_start"),
        pl.col("month").dt.month_end().alias("period_end"),
        pl.col(column).fill_null(0).alias("numerator"),
        pl.col(f"{column}_sent").fill_null(0).alias("denominator"),
        pl.lit(_MONTHS).alias("factor"),
    )
    return shaped(rows, metric, "month")


@formula("M10")
def zero_payments(facts: Facts) -> pl.DataFrame:
    """Payments of nothing among all payments of primary payers, four weeks at a time."""
    duplicates = facts.denials.filter(pl.col("carc_code").is_in(DUPLICATE_CARCS)).select(ANSWER).unique()
    paid = facts.adjudications.filter(pl.col("status_code").is_in(_PRIMARY) & pl.col("week").is_not_null()).join(
        duplicates, on=ANSWER, how="anti"
    )
    by_week = paid.group_by("week").agg(
        (pl.col("paid_amount") == 0).fill_null(False).sum().cast(pl.Int64).alias("numerator"), pl.len().cast(pl.Int64).alias("denominator")
    )
    if by_week.is_empty():
        return weekly("M10", by_week)
    first = by_week["week"].min()
    assert isinstance(first, dt.date)
    weeks = (
        pl.DataFrame({"week": pl.date_range(first, facts.week.monday, "1w", eager=True)}).join(by_week, on="week", how="left").sort("week")
    )
    summed = weeks.with_columns(pl.col("numerator", "denominator").fill_null(0).rolling_sum(_WEEKS, min_samples=1))
    rows = summed.with_columns(
        (pl.col("week") - pl.duration(weeks=_WEEKS - 1)).alias("period_start"), (pl.col("week") + pl.duration(days=6)).alias("period_end")
    )
    return shaped(rows, "M10", "4 weeks")


def first_full_month(versions: pl.DataFrame) -> dt.date | None:
    """The first month whose three months before are covered by what was sent: for the maturity of M06 and M07."""
    first = versions["sent_date"].min()
    if not isinstance(first, dt.date):
        return None
    covered = first if first.day == 1 else (first.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    months = covered.year * 12 + covered.month - 1 + _MONTHS
    return dt.date(months // 12, months % 12 + 1, 1)
