"""What became of every initial denial by a given day: worked, appealed, sent again, overturned, written off, expired or open."""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from rcm_pipeline.claims.remits import PLACE
from rcm_pipeline.denials.classify.adjudications import standing
from rcm_pipeline.denials.classify.reasons import main_lines
from rcm_pipeline.denials.outcomes.actions import WRITE_OFF, actions
from schemas.vocabulary import CLAIM_DENIED

_ON = "lineage_id"


@dataclass(frozen=True)
class Life:
    """The tables an outcome is read from. `payers` carry the clocks."""

    lineages: pl.DataFrame
    versions: pl.DataFrame
    adjudications: pl.DataFrame
    denials: pl.DataFrame
    reversals: pl.DataFrame
    payers: pl.DataFrame
    touches: pl.DataFrame


def denial_outcomes(life: Life, last_day: dt.date) -> pl.DataFrame:
    """mart_denial_outcomes: one row per initial denial made by `last_day`, as it stood at the end of that day."""
    denied = _initial(life, last_day)
    current = _current(life, denied, last_day)
    touches = life.touches.filter(pl.col("touched_date") <= last_day)
    versions = life.versions.filter(pl.col("sent_date") <= last_day).join(denied.select(_ON), on=_ON, how="semi")
    done = actions(denied, touches, versions).sort(_ON, "action_date")
    joined = denied.join(current, on=_ON, how="left", maintain_order="left").join(_work(done), on=_ON, how="left", maintain_order="left")
    timed = joined.join(
        life.payers.select("payer_id", "corrected_days", "appeal_days"), on="payer_id", how="left", validate="m:1", maintain_order="left"
    ).with_columns(_deadline())
    resolved = timed.with_columns(_resolution(last_day)).with_columns(_resolved_date())
    repeated = _repeats(resolved, life, last_day)
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
        )
    )


def _initial(life: Life, last_day: dt.date) -> pl.DataFrame:
    """The initial denials with the sums of their denied lines and the cause of the line that lost most."""
    facts = life.lineages.filter(pl.col("denied_date") <= last_day).select(
        _ON,
        "claim_token",
        "denied_date",
        pl.col("denied_date").dt.truncate("1w").alias("week"),
        "initial_paid_amount",
        "provider_npi",
        "coder_id",
        pl.col("denial_file_id").alias("file_id"),
        pl.col("denial_claim_no").alias("claim_no"),
    )
    lines = life.denials.filter("is_initial").join(facts.select(PLACE), on=PLACE, how="semi")
    sums = lines.group_by(PLACE).agg(
        pl.len().cast(pl.Int64).alias("line_count"),
        *(pl.col(f"{name}_amount").sum().cast(pl.Decimal(18, 2)) for name in ("charge", "denied")),
        _money_of(pl.col("expected_amount").filter(pl.col("root_cause") != "duplicate")).alias("expected_amount"),
        *(
            _money_of(pl.col("denied_amount").filter(pl.col("preventable") == kind)).alias(f"{kind}_preventable_amount")
            for kind in ("yes", "partly")
        ),
        _money_of(pl.col("denied_amount").filter(pl.col("root_cause") == "unspecified")).alias("unspecified_amount"),
    )
    named = main_lines(lines, PLACE).select(
        *PLACE, "payer_id", "line_no", "procedure_code", "group_code", "carc_code", "rarc_code", "root_cause", "owner",
        "rework_target", "preventable", "hardness", "evidence_detail", "review_reason",
    )  # fmt: skip
    claims = life.adjudications.select(*PLACE, pl.col("charge_amount").alias("claim_charge_amount"))
    return facts.join(sums, on=PLACE, how="inner").join(named, on=PLACE, how="inner").join(claims, on=PLACE, how="left").sort(_ON)


def _money_of(amounts: pl.Expr) -> pl.Expr:
    return amounts.sum().cast(pl.Decimal(18, 2))


def _current(life: Life, denied: pl.DataFrame, last_day: dt.date) -> pl.DataFrame:
    """The decision that stood on the day."""
    known = life.adjudications.join(denied.select(_ON), on=_ON, how="semi").filter(pl.col("adjudication_date") <= last_day)
    reversals = life.reversals.filter(pl.col("adjudication_date") <= last_day)
    return standing(known, reversals, _ON, PLACE).select(
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


def _repeats(resolved: pl.DataFrame, life: Life, last_day: dt.date) -> pl.DataFrame:
    """Reworked denials that were denied again, after the rework, for a main reason of theirs."""
    rework = pl.min_horizontal("first_touch_date", "resent_date")
    reworked = resolved.filter(rework.is_not_null()).select(_ON, *PLACE, rework.alias("rework_date"))
    reasons = life.denials.filter("is_initial").join(reworked, on=PLACE, how="inner").select(_ON, "carc_code").unique()
    later = (
        life.denials.join(reworked.select(_ON, "rework_date"), on=_ON, how="inner")
        .filter((pl.col("adjudication_date") > pl.col("rework_date")) & (pl.col("adjudication_date") <= last_day))
        .join(reasons, on=[_ON, "carc_code"], how="semi", nulls_equal=True)
    )
    return later.select(_ON).unique().with_columns(pl.lit(True).alias("is_repeat"))
