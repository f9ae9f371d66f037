"""Queries about unclear records: how old they are, whether asking changed anything, and whether the right role settled them."""

import datetime as dt
from collections.abc import Mapping, Sequence

import polars as pl

from rcm_pipeline.privacy.door import meaning
from rcm_pipeline.redelivery import latest_by
from rcm_pipeline.settings import ClientSettings, Timeliness
from rcm_pipeline.stats.intervals import rate, wilson
from rcm_pipeline.tables import mart
from rcm_pipeline.weeks import Week
from schemas.contract import empty
from schemas.registry import CONTRACTS
from schemas.vocabulary import ALL
from schemas.vocabulary.coding import ESCALATION_REASONS

Authority = Mapping[str, Sequence[str]]
_TOKEN = "escalation_token"  # noqa: S105 - a column
_NEVER = dt.date(1970, 1, 5)  # a Monday before anything
_TOO_RARE = "other"  # what the privacy door makes of a label in fewer than five rows of a sheet


@mart
def mart_escalation_aging(
    raw_escalations: pl.LazyFrame, raw_decisions: pl.LazyFrame, *, week: Week, settings: ClientSettings
) -> pl.DataFrame:
    """One row per reason and one for all; no rows before a query is sent.

    Sent, answered, changed, open and overdue are those of M28 (`judged_queries`), so
    that `all` is M28. A query is decided by its last decision; decided and outside count those decided in the 13 weeks to
    the anchor week. Decisions that settle no query have no reason and are in no row: see `decisions_by_authority`.
    """
    queries = judged_queries(raw_escalations.collect(), week, settings.timeliness)
    if queries.is_empty():
        return empty(CONTRACTS["mart_escalation_aging"])
    settled = (
        _judged_decisions(raw_decisions.collect(), settings.authority, week)
        .filter(pl.col(_TOKEN).is_not_null())
        .select(_TOKEN, "is_outside")
    )
    known = queries.join(settled, on=_TOKEN, how="left", validate="1:1")
    tall = pl.concat([known, known.with_columns(pl.lit(ALL).alias("reason_code"))])
    order = pl.DataFrame({"reason_code": [*ESCALATION_REASONS, ALL]})
    rows = order.join(tall.group_by("reason_code").agg(_counts()), on="reason_code", how="left", maintain_order="left")
    counted = rows.with_columns(pl.col("^.*_count$").fill_null(0))
    changed, answered = pl.col("changed_count"), pl.col("answered_count")
    low, high = wilson(changed, answered)
    return counted.with_columns(rate(changed, answered).alias("precision"), low.alias("low"), high.alias("high"))


def judged_queries(escalations: pl.DataFrame, week: Week, agreed: Timeliness) -> pl.DataFrame:
    """Each query sent by the end of the anchor week once, as M28 counts it. The last sending counts, an answered row before an open one.

    is_sent: in the 13 weeks to that day. is_answered: of these, by that day. is_changed: of these, the outcome says so.
    is_in_time: of these, within the days agreed. is_open: not answered by that day, whenever sent. is_overdue: of these, older
    than the days agreed. answer_days, age_days: calendar days to the answer and of the open ones, at least 0, else null.
    """
    last = week.sunday
    ordered = escalations.filter(pl.col("sent_date") <= last).sort("sent_date", "answered_date", "file_id", "row_no", nulls_last=False)
    each = ordered.unique(_TOKEN, keep="last", maintain_order=True)
    has_answer = (pl.col("answered_date") <= last).fill_null(False)
    is_sent = pl.col("sent_date") >= week.first()
    replies = each.with_columns(
        is_sent.alias("is_sent"),
        (is_sent & has_answer).alias("is_answered"),
        (~has_answer).alias("is_open"),
        pl.when(is_sent & has_answer).then(_days(pl.col("answered_date"))).alias("answer_days"),
        pl.when(~has_answer).then(_days(pl.lit(last))).alias("age_days"),
    )
    return replies.with_columns(
        (pl.col("is_answered") & (meaning(pl.col("outcome_code"), "outcome") == "changed").fill_null(False)).alias("is_changed"),
        (pl.col("answer_days") <= agreed.escalation_days).fill_null(False).alias("is_in_time"),
        (pl.col("age_days") > agreed.escalation_days).fill_null(False).alias("is_overdue"),
    )


def decisions_by_authority(decisions: pl.DataFrame, authority: Authority, week: Week | None) -> pl.DataFrame:
    """What was decided in the 13 weeks by whom: subject_code, role_code, allowed, is_outside, decision_count, query_count.

    The last decision of each query, and every decision that settles none (a rule, a write-off): query_count counts the
    former. Only subjects the client's matrix names; `allowed` lists its roles. Those outside come first.
    """
    known, until = (decisions, week) if week else (decisions.clear(), Week(_NEVER))
    judged = _judged_decisions(known, authority, until)
    grouped = judged.group_by("_subject", "_role").agg(
        pl.col("subject_code", "role_code", "allowed", "is_outside").first(),
        pl.len().cast(pl.Int64).alias("decision_count"),
        pl.col(_TOKEN).count().cast(pl.Int64).alias("query_count"),
    )
    ordered = grouped.sort(~pl.col("is_outside"), -pl.col("decision_count"), "_subject", "_role")
    return ordered.drop("_subject", "_role")


def _days(end: pl.Expr) -> pl.Expr:
    return (end - pl.col("sent_date")).dt.total_days().clip(lower_bound=0)


def _judged_decisions(decisions: pl.DataFrame, authority: Authority, week: Week) -> pl.DataFrame:
    """Last decisions in the window on subjects of the matrix, with `allowed` and `is_outside`.

    A role too rare to be kept by name at the privacy door is not judged: nobody can tell whether it may.
    """
    known = latest_by(decisions.filter(pl.col("decided_date") <= week.sunday), "decision_token", "decided_date")
    has_query = pl.col(_TOKEN).is_not_null()
    each = pl.concat([latest_by(known.filter(has_query), _TOKEN, "decided_date"), known.filter(~has_query)])
    recent = each.filter(pl.col("decided_date") >= week.first())
    subject, role = _plain(pl.col("subject_code")), _plain(pl.col("role_code"))
    named = recent.with_columns(subject.alias("_subject"), role.alias("_role")).join(
        _matrix(authority), on="_subject", how="inner", validate="m:1"
    )
    may = pl.col("_roles").list.contains(pl.col("_role"))
    return named.with_columns((~may).alias("is_outside")).filter(may | (pl.col("_role") != _TOO_RARE))


def _matrix(authority: Authority) -> pl.DataFrame:
    """A row per subject with the roles that may decide it; nobody may where it lists none. Spellings of one subject add up."""
    pairs: list[tuple[str, str | None]] = [(subject, role) for subject, roles in authority.items() for role in (*roles, None)]
    replies = pl.DataFrame(pairs, schema={"subject": pl.String, "role": pl.String}, orient="row")
    roles = pl.col("role").drop_nulls()
    return replies.group_by(_plain(pl.col("subject")).alias("_subject"), maintain_order=True).agg(
        roles.unique(maintain_order=True).str.join(", ").alias("allowed"), _plain(roles).unique().alias("_roles")
    )


def _plain(label: pl.Expr) -> pl.Expr:
    """A label without case, blanks and signs, as the closed lists are read."""
    return label.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", "")


def _counts() -> list[pl.Expr]:
    flags = ("is_sent", "is_answered", "is_in_time", "is_changed", "is_open", "is_overdue")
    return [
        *(pl.col(flag).sum().cast(pl.Int64).alias(f"{flag.removeprefix('is_')}_count") for flag in flags),
        pl.col("answer_days").median().alias("answer_days"),
        pl.col("age_days").max().cast(pl.Int64).alias("oldest_days"),
        pl.col("is_outside").count().cast(pl.Int64).alias("decided_count"),
        pl.col("is_outside").sum().cast(pl.Int64).alias("outside_count"),
    ]
