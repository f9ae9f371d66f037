"""Immature weeks: by payer and week sent, how many claims are decided so far, and the share denied expected in the end."""

import datetime as dt

import polars as pl

from rcm_pipeline.denials.nowcast.nowcast import nowcast
from rcm_pipeline.denials.outcomes.denial_outcomes import initial_denials
from rcm_pipeline.tables import mart
from rcm_pipeline.weeks import Week
from schemas.vocabulary import ALL

_CLAIM = "lineage_id"
_SENT = ("payer_id", "week")


@mart
def mart_denial_nowcasts(
    core_claim_versions: pl.LazyFrame, core_adjudications: pl.LazyFrame, mart_denial_outcomes: pl.LazyFrame, *, week: Week
) -> pl.DataFrame:
    """One row by payer sent to and week sent, the last 13 weeks to the anchor week, all causes together.

    Rates are shares of the claims of M12's cohort; those of the nowcast and their limits are null where `reason` says why.
    """
    counted = cohort_counts(core_claim_versions, core_adjudications, mart_denial_outcomes, week)
    series = counted.with_columns(pl.lit(ALL).alias("client"), pl.lit(ALL).alias("cause"))
    found = nowcast(
        series.rename({"payer_id": "payer", "sent_count": "submitted", "denied_count": "denied", "paid_count": "paid"}), as_of=week.monday
    )
    shares = [pl.col(name).clip(0, 1) for name in ("nowcast_rate", "low", "high")]  # a sum of probabilities may pass 1 in the last bit
    named = found.with_columns(shares).rename(
        {
            "payer": "payer_id",
            "submitted": "sent_count",
            "denied": "denied_count",
            "paid": "paid_count",
            "open": "open_count",
            "decided_share": "usual_decided_rate",
            "judged": "is_judged",
        }
    )
    decided = (pl.col("denied_count") + pl.col("paid_count")) / pl.col("sent_count")
    return named.with_columns(decided.alias("decided_rate")).sort(_SENT)


def cohort_counts(versions: pl.LazyFrame, adjudications: pl.LazyFrame, outcomes: pl.LazyFrame, week: Week) -> pl.DataFrame:
    """By payer sent to, week sent and age in weeks at decision, claims newly denied and newly decided otherwise by the anchor week.

    Claims are those of M12: first versions, denied on the day of their initial denial. Any other is decided on the day of its
    first decision, also where that leaves nothing to pay or to deny; one without a date is open. `sent_count` is the week's and
    stands on each of its rows; a week with nothing decided has one row of zeros. Weeks before the first remittance are left
    out: what was decided of them before then is not known.
    """
    last = week.sunday
    answers = adjudications.select(_CLAIM, "is_first", "adjudication_date", "week").collect()
    sent_claims = versions.select(_CLAIM, "payer_id", "week", "sent_date", "version_no").collect()
    first = sent_claims.filter((pl.col("version_no") == 1) & (pl.col("sent_date") <= last) & (pl.col("week") >= _first_week(answers, last)))
    dated = answers.filter("is_first").group_by(_CLAIM).agg(pl.col("adjudication_date").min().alias("decided_date"))
    denied = initial_denials(outcomes).select(_CLAIM, "denied_date").collect()
    claims = (
        first.select(_CLAIM, pl.col("payer_id").fill_null("unknown"), "week")
        .join(dated, on=_CLAIM, how="left")
        .join(denied, on=_CLAIM, how="left")
    )
    is_denied = (pl.col("denied_date") <= last).fill_null(False)
    is_paid = ((pl.col("decided_date") <= last) & ~is_denied).fill_null(False)
    day = pl.when(is_denied).then("denied_date").otherwise("decided_date")
    weeks_later = (day.dt.truncate("1w") - pl.col("week")).dt.total_days().floordiv(7).clip(lower_bound=0)
    age = pl.when(is_denied | is_paid).then(weeks_later).otherwise(0)
    aged = claims.with_columns(is_denied.alias("is_denied"), is_paid.alias("is_paid"), age.cast(pl.Int64).alias("age_weeks"))
    sent = claims.group_by(_SENT).agg(pl.len().cast(pl.Int64).alias("sent_count"))
    counts = aged.group_by(*_SENT, "age_weeks").agg(
        pl.col("is_denied").sum().cast(pl.Int64).alias("denied_count"), pl.col("is_paid").sum().cast(pl.Int64).alias("paid_count")
    )
    return counts.join(sent, on=_SENT, how="left").sort(*_SENT, "age_weeks")


def _first_week(adjudications: pl.DataFrame, last: dt.date) -> pl.Expr:
    """Monday of the first remittance as an expression; the far future where there is none."""
    known = adjudications.filter(pl.col("adjudication_date") <= last)
    return pl.lit(known["week"].min(), pl.Date).fill_null(dt.date.max)
