"""What became of every initial denial by a given day: worked, appealed, sent again, overturned, written off, expired or open."""

import datetime as dt
from dataclasses import dataclass
from typing import TypeVar

import polars as pl

from rcm_pipeline.claims.remits import ANSWER
from rcm_pipeline.denials.classify.adjudications import standing
from rcm_pipeline.denials.classify.reasons import main_lines
from rcm_pipeline.denials.outcomes.actions import WRITE_OFF, actions
from rcm_pipeline.redelivery import once
from rcm_pipeline.tables import mart
from rcm_pipeline.weeks import Week
from schemas.vocabulary.denials import CLAIM_DENIED

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)
_ON = "lineage_id"
LINEAGE = (
    _ON, "claim_token", "payer_id", "denied_date", "initial_paid_amount", "provider_npi", "coder_id", "denial_answer_id", "sequence_code",
)  # fmt: skip
VERSION = (
    "version_id", _ON, "claim_token", "version_no", "sequence_code", "frequency_code", "sent_date", "week", "charge_amount",
    "last_service_date", "place_code", "place_qualifier", "is_rejected", "is_first_rejected", "first_answer_date", "answer_date",
)  # fmt: skip
ADJUDICATION = (
    *ANSWER, "answer_no", _ON, "payer_id", "status_code", "kind", "adjudication_date", "week", "charge_amount", "paid_amount",
    "disposition", "is_first", "is_pended", "is_duplicate", "version_id",
)  # fmt: skip
DENIAL = (
    *ANSWER, "line_no", _ON, "payer_id", "adjudication_date", "is_initial", "procedure_code", "charge_amount", "denied_amount",
    "expected_amount", "group_code", "carc_code", "rarc_code", "root_cause", "owner", "rework_target", "preventable", "hardness",
    "evidence_detail", "review_reason",
)  # fmt: skip


@dataclass(frozen=True)
class ClaimTables:
    """The tables an outcome is read from. `payers` carry the clocks."""

    lineages: pl.DataFrame
    versions: pl.DataFrame
    adjudications: pl.DataFrame
    denials: pl.DataFrame
    reversals: pl.DataFrame
    payers: pl.DataFrame
    touches: pl.DataFrame


@mart
def mart_denial_outcomes(
    core_claim_lineages: pl.LazyFrame,
    core_claim_versions: pl.LazyFrame,
    core_adjudications: pl.LazyFrame,
    core_denials: pl.LazyFrame,
    core_reversals: pl.LazyFrame,
    core_payers: pl.LazyFrame,
    raw_touches: pl.LazyFrame,
    *,
    week: Week,
) -> pl.DataFrame:
    """One row per lineage, payer and episode of denial, as it stood at the end of the anchor week."""
    claims = claim_tables(
        core_claim_lineages, core_claim_versions, core_adjudications, core_denials, core_reversals, core_payers, raw_touches
    )
    return denial_outcomes(claims, week.sunday)


def claim_tables(
    lineages: pl.LazyFrame,
    versions: pl.LazyFrame,
    adjudications: pl.LazyFrame,
    denials: pl.LazyFrame,
    reversals: pl.LazyFrame,
    payers: pl.LazyFrame,
    touches: pl.LazyFrame,
) -> ClaimTables:
    """The tables an outcome is read from, only the columns it needs, and each touch once."""
    return ClaimTables(
        lineages.select(LINEAGE).collect(),
        versions.select(VERSION).collect(),
        adjudications.select(ADJUDICATION).collect(),
        denials.select(DENIAL).collect(),
        reversals.collect(),
        payers.select("payer_id", "corrected_days", "appeal_days").collect(),
        once(touches.collect()),
    )


def initial_denials(outcomes: Frame) -> Frame:
    """The first denial of each lineage, over all payers: what measures of initial denials count."""
    return outcomes.filter("is_initial")


def denial_outcomes(claims: ClaimTables, last_day: dt.date) -> pl.DataFrame:
    """Rows of mart_denial_outcomes of the denials made by `last_day`, as they stood at the end of that day."""
    denied = _initial(claims, last_day)
    current = _current(claims, denied, last_day)
    touches = claims.touches.filter(pl.col("touched_date") <= last_day)
    versions = claims.versions.filter(pl.col("sent_date") <= last_day).join(denied.select(_ON), on=_ON, how="semi")
    done = actions(denied, touches, versions).sort(_ON, "action_date")
    joined = denied.join(current, on=_ON, how="left", maintain_order="left").join(_work(done), on=_ON, how="left", maintain_order="left")
    timed = joined.join(claims.payers, on="payer_id", how="left", validate="m:1", maintain_order="left").with_columns(_deadline())
    resolved = timed.with_columns(_resolution(last_day)).with_columns(_resolved_date())
    repeated = _repeats(resolved, claims, last_day)
    return (
        resolved.join(repeated, on=_ON, how="left", maintain_order="left")
        .join(_channels(resolved, done), on=_ON, how="left", maintain_order="left")
        .with_columns(
            pl.col("is_repeat").fill_null(False),
            pl.when(pl.col("resolution_code") == "overturned")
            .then(pl.col("current_paid_amount") - pl.col("initial_paid_amount"))
            .otherwise(pl.lit(0).cast(pl.Decimal(18, 2)))
            .alias("recovered_amount"),
            pl.col("touch_count").fill_null(0),
            pl.col("worked_minutes").fill_null(0),
        )
        .sort(_ON)
    )


def _initial(claims: ClaimTables, last_day: dt.date) -> pl.DataFrame:
    """The initial denials with the sums of their denied lines and the cause of the line that lost most."""
    facts = claims.lineages.filter(pl.col("denied_date") <= last_day).select(
        _ON,
        "claim_token",
        "denied_date",
        pl.col("denied_date").dt.truncate("1w").alias("week"),
        "initial_paid_amount",
        "provider_npi",
        "coder_id",
        pl.col("denial_answer_id").alias("_first_answer_id"),
        pl.lit(1, pl.Int64).alias("episode_no"),  # a claim paid, taken back and denied again has further ones
        pl.lit(True).alias("is_initial"),
    )
    lines = _initial_lines(claims, facts)
    sums = lines.group_by(_ON).agg(
        pl.len().cast(pl.Int64).alias("line_count"),
        *(pl.col(f"{name}_amount").sum().cast(pl.Decimal(18, 2)) for name in ("charge", "denied")),
        _money_of(pl.col("expected_amount")).alias("expected_amount"),
        *(
            _money_of(pl.col("denied_amount").filter(pl.col("preventable") == kind)).alias(f"{kind}_preventable_amount")
            for kind in ("yes", "partly")
        ),
        _money_of(pl.col("denied_amount").filter(pl.col("root_cause") == "unspecified")).alias("unspecified_amount"),
    )
    named = main_lines(lines, [_ON]).select(
        _ON, *ANSWER, "payer_id", "line_no", "procedure_code", "group_code", "carc_code", "rarc_code", "root_cause", "owner",
        "rework_target", "preventable", "hardness", "evidence_detail", "review_reason",
    )  # fmt: skip
    parts = claims.adjudications.join(lines.select(ANSWER).unique(), on=ANSWER, how="semi")
    charges = parts.group_by(_ON).agg(_money_of(pl.col("charge_amount")).alias("claim_charge_amount"))
    return facts.drop("_first_answer_id").join(sums, on=_ON).join(named, on=_ON).join(charges, on=_ON, how="left").sort(_ON)


def _initial_lines(claims: ClaimTables, facts: pl.DataFrame) -> pl.DataFrame:
    """The denied lines of each initial denial: of every part of it, where the payer split one decision over claim payments of a day."""
    whose = claims.adjudications.select(pl.col("answer_id").alias("_first_answer_id"), pl.col("payer_id"))
    first = facts.select(_ON, "denied_date", "_first_answer_id").join(whose, on="_first_answer_id")
    own, other = [_ON, "payer_id", "adjudication_date"], [_ON, "payer_id", "denied_date"]
    return claims.denials.filter("is_initial").join(first, left_on=own, right_on=other, how="semi")


def _money_of(amounts: pl.Expr) -> pl.Expr:
    return amounts.sum().cast(pl.Decimal(18, 2))


def _current(claims: ClaimTables, denied: pl.DataFrame, last_day: dt.date) -> pl.DataFrame:
    """The decision that stood on the day."""
    known = claims.adjudications.join(denied.select(_ON), on=_ON, how="semi").filter(pl.col("adjudication_date") <= last_day)
    reversals = claims.reversals.filter(pl.col("adjudication_date") <= last_day)
    return standing(known, reversals, _ON, ANSWER, ["answer_no"]).select(
        _ON,
        pl.col("adjudication_date").alias("current_date"),
        pl.col("disposition").alias("current_disposition"),
        pl.col("paid_amount").alias("current_paid_amount"),
    )


def _work(done: pl.DataFrame) -> pl.DataFrame:
    is_touch = ~pl.col("is_sent")

    def first(condition: pl.Expr, name: str) -> pl.Expr:
        return pl.col("action_date").filter(condition).min().alias(name)

    return done.group_by(_ON).agg(
        is_touch.sum().cast(pl.Int64).alias("touch_count"),
        pl.col("minutes").filter(is_touch).sum().cast(pl.Decimal(18, 3)).alias("worked_minutes"),
        first(is_touch, "first_touch_date"),
        first(pl.col("channel_code") == "appeal", "appeal_date"),
        first(pl.col("is_sent"), "resent_date"),
        first(pl.col("channel_code") == WRITE_OFF, "written_off_date"),
        pl.col("action_date").filter(pl.col("is_sent") | (pl.col("channel_code") == "appeal")).max().alias("_last_answerable"),
        pl.col("action_date").max().alias("last_action_date"),
    )


def _deadline() -> pl.Expr:
    """Counted from the denial that stands: soft ones have the days for corrections, others those for appeals."""
    denies = pl.col("current_disposition").is_in(CLAIM_DENIED)
    start = pl.when(denies).then("current_date").otherwise("denied_date")
    days = pl.when(pl.col("hardness") == "soft").then("corrected_days").otherwise("appeal_days")
    return (start + pl.duration(days=days)).alias("deadline_date")


def _resolution(last_day: dt.date) -> pl.Expr:
    """Overturned > settled > written off > expired > open; a claim under appeal or sent again in time does not expire."""
    denies = pl.col("current_disposition").is_in(CLAIM_DENIED)
    is_later = pl.col("current_date") > pl.col("denied_date")
    is_other = pl.col("current_date") != pl.col("denied_date")  # on one day they are parts of one decision
    is_pending = (pl.col("_last_answerable") <= pl.col("deadline_date")) & (pl.col("_last_answerable") >= pl.col("current_date"))
    return (
        pl.when(is_later & (pl.col("current_paid_amount") > pl.col("initial_paid_amount")))
        .then(pl.lit("overturned"))
        .when(pl.col("current_disposition").is_not_null() & ~denies & is_other)
        .then(pl.lit("settled"))
        .when(pl.col("written_off_date").is_not_null())
        .then(pl.lit("written_off"))
        .when((pl.col("deadline_date") < last_day) & ~is_pending.fill_null(False))
        .then(pl.lit("expired"))
        .otherwise(pl.lit("open"))
        .alias("resolution_code")
    )


def _resolved_date() -> pl.Expr:
    code = pl.col("resolution_code")
    return (
        pl.when(code.is_in(["overturned", "settled"]))
        .then(pl.max_horizontal("current_date", "denied_date"))
        .when(code == "written_off")
        .then("written_off_date")
        .when(code == "expired")
        .then(pl.col("deadline_date") + pl.duration(days=1))
        .alias("resolved_date")
    )


def _channels(resolved: pl.DataFrame, done: pl.DataFrame) -> pl.DataFrame:
    """How an overturn came about: the last action with a channel before it; the payer by itself where there is none."""
    won = resolved.filter(pl.col("resolution_code") == "overturned").select(_ON, "resolved_date")
    named = done.filter(pl.col("channel_code").is_not_null() & (pl.col("channel_code") != WRITE_OFF))
    before = won.join(named, on=_ON, how="inner").filter(pl.col("action_date") <= pl.col("resolved_date"))
    last = before.sort(_ON, "action_date", "channel_code").unique(_ON, keep="last", maintain_order=True).select(_ON, "channel_code")
    return won.join(last, on=_ON, how="left").select(_ON, pl.col("channel_code").fill_null("payer_reprocessing"))


def _repeats(resolved: pl.DataFrame, claims: ClaimTables, last_day: dt.date) -> pl.DataFrame:
    """Reworked denials that were denied again, after the rework, for a main reason of theirs."""
    rework = pl.min_horizontal("first_touch_date", "resent_date")
    reworked = resolved.filter(rework.is_not_null()).select(_ON, *ANSWER, rework.alias("rework_date"))
    reasons = claims.denials.filter("is_initial").join(reworked, on=ANSWER, how="inner").select(_ON, "carc_code").unique()
    later = (
        claims.denials.join(reworked.select(_ON, "rework_date"), on=_ON, how="inner")
        .filter((pl.col("adjudication_date") > pl.col("rework_date")) & (pl.col("adjudication_date") <= last_day))
        .join(reasons, on=[_ON, "carc_code"], how="semi", nulls_equal=True)
    )
    return later.select(_ON).unique().with_columns(pl.lit(True).alias("is_repeat"))
