"""What became of every denial by a given day: worked, appealed, sent again, overturned, written off, expired or open."""

import datetime as dt
from dataclasses import dataclass
from typing import TypeVar

import polars as pl

from rcm_pipeline.claims.remits import ANSWER, ANSWER_LINE
from rcm_pipeline.denials.classify.adjudications import comes_to, standing_services
from rcm_pipeline.denials.classify.reasons import main_lines
from rcm_pipeline.denials.outcomes.actions import WRITE_OFF, actions
from rcm_pipeline.redelivery import once
from rcm_pipeline.tables import mart
from rcm_pipeline.weeks import Week
from schemas.vocabulary.denials import DENIED, NOT_DECIDED

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)
_ON, _EPISODE = "lineage_id", ["lineage_id", "payer_id", "episode_no"]
_SERVICE = ["lineage_id", "service_line_no"]
_CENT = pl.Decimal(18, 2)
LINEAGE = (_ON, "claim_token", "provider_npi", "coder_id", "sequence_code")
VERSION = (
    "version_id", _ON, "claim_token", "version_no", "sequence_code", "frequency_code", "sent_date", "week", "charge_amount",
    "last_service_date", "place_code", "place_qualifier", "is_rejected", "is_first_rejected", "first_answer_date", "answer_date",
)  # fmt: skip
ADJUDICATION = (
    *ANSWER, "answer_no", _ON, "payer_id", "status_code", "kind", "adjudication_date", "week", "charge_amount", "paid_amount",
    "disposition", "is_first", "is_pended", "is_duplicate", "version_id",
)  # fmt: skip
ADJUDICATED_LINE = (
    *ANSWER_LINE, _ON, "payer_id", "adjudication_date", "week", "service_line_no", "is_replacement", "is_first", "is_duplicate",
    "disposition", "charge_amount", "paid_amount", "allowed_amount",
)  # fmt: skip
DENIAL = (
    *ANSWER_LINE, _ON, "payer_id", "adjudication_date", "service_line_no", "is_initial", "is_retrospective", "procedure_code",
    "charge_amount", "denied_amount", "expected_amount", "group_code", "carc_code", "rarc_code", "root_cause", "owner",
    "rework_target", "preventable", "hardness", "evidence_detail", "review_reason",
)  # fmt: skip


@dataclass(frozen=True)
class ClaimTables:
    """The tables an outcome is read from. `payers` carry the clocks."""

    lineages: pl.DataFrame
    versions: pl.DataFrame
    adjudications: pl.DataFrame
    lines: pl.DataFrame
    denials: pl.DataFrame
    reversals: pl.DataFrame
    payers: pl.DataFrame
    touches: pl.DataFrame


@mart
def mart_denial_outcomes(
    core_claim_lineages: pl.LazyFrame,
    core_claim_versions: pl.LazyFrame,
    core_adjudications: pl.LazyFrame,
    core_adjudicated_lines: pl.LazyFrame,
    core_denials: pl.LazyFrame,
    core_reversals: pl.LazyFrame,
    core_payers: pl.LazyFrame,
    raw_touches: pl.LazyFrame,
    *,
    week: Week,
) -> pl.DataFrame:
    """One row per lineage, payer and episode of denial, as it stood at the end of the anchor week."""
    claims = claim_tables(
        core_claim_lineages,
        core_claim_versions,
        core_adjudications,
        core_adjudicated_lines,
        core_denials,
        core_reversals,
        core_payers,
        raw_touches,
    )
    return denial_outcomes(claims, week.sunday)


def claim_tables(
    lineages: pl.LazyFrame,
    versions: pl.LazyFrame,
    adjudications: pl.LazyFrame,
    lines: pl.LazyFrame,
    denials: pl.LazyFrame,
    reversals: pl.LazyFrame,
    payers: pl.LazyFrame,
    touches: pl.LazyFrame,
) -> ClaimTables:
    """The tables an outcome is read from, only the columns and claims it needs, and each touch once."""
    denied = denials.select(_ON).unique()
    return ClaimTables(
        lineages.select(LINEAGE).join(denied, on=_ON, how="semi").collect(),
        versions.select(VERSION).join(denied, on=_ON, how="semi").collect(),
        adjudications.select(ADJUDICATION).join(denied, on=_ON, how="semi").collect(),
        lines.select(ADJUDICATED_LINE).join(denied, on=_ON, how="semi").collect(),
        denials.select(DENIAL).collect(),
        reversals.collect(),
        payers.select("payer_id", "corrected_days", "appeal_days", "takeback_days").collect(),
        once(touches.collect()),
    )


def initial_denials(outcomes: Frame) -> Frame:
    """The first denial of each lineage, over all payers: what measures of initial denials count."""
    return outcomes.filter("is_initial")


def denial_outcomes(claims: ClaimTables, last_day: dt.date) -> pl.DataFrame:
    """Rows of mart_denial_outcomes of the denials made by `last_day`, as they stood at the end of that day."""
    lines = _denied_lines(claims, last_day)
    denied = _episodes(lines, claims)
    touches = claims.touches.filter(pl.col("touched_date") <= last_day)
    versions = claims.versions.filter(pl.col("sent_date") <= last_day).join(denied.select(_ON), on=_ON, how="semi")
    done = actions(denied, touches, versions).sort("_episode", "action_date")
    joined = denied.join(_standing(lines), on="_episode", how="left", validate="1:1", maintain_order="left")
    worked = joined.join(_work(done), on="_episode", how="left", validate="1:1", maintain_order="left")
    timed = worked.join(claims.payers, on="payer_id", how="left", validate="m:1", maintain_order="left").with_columns(_deadline())
    resolved = timed.with_columns(_resolution(last_day)).with_columns(_resolved_date())
    is_won = pl.col("resolution_code") == "overturned"
    return (
        resolved.join(_repeats(resolved, lines, claims, last_day), on="_episode", how="left", maintain_order="left")
        .join(_channels(resolved, done), on="_episode", how="left", maintain_order="left")
        .with_columns(
            pl.col("is_repeat").fill_null(False),
            pl.when(is_won).then("recovered_amount").otherwise(pl.lit(0).cast(_CENT)).alias("recovered_amount"),
            pl.col("touch_count").fill_null(0),
            pl.col("worked_minutes").fill_null(0),
        )
        .sort(_EPISODE)
    )


def _denied_lines(claims: ClaimTables, last_day: dt.date) -> pl.DataFrame:
    """The lines that began a denial by the day, with their episode and what stood of their service on the day.

    The initial denial of a payer is one episode, in however many claim payments it came; each day on which it denied what it
    had decided otherwise is another. `_episode` numbers them over all claims.
    """
    known = claims.denials.filter((pl.col("adjudication_date") <= last_day) & pl.any_horizontal("is_initial", "is_retrospective"))
    later = pl.when(~pl.col("is_initial")).then("adjudication_date")
    by = [_ON, "payer_id"]
    numbered = known.with_columns(later.alias("_later")).with_columns(
        pl.col("_later").rank("dense").over(by).cast(pl.Int64).fill_null(0).alias("_later"),
        pl.col("is_initial").any().over(by).cast(pl.Int64).alias("_before"),
    )
    episode = numbered.with_columns(
        pl.when("is_initial").then(1).otherwise(pl.col("_later") + pl.col("_before")).cast(pl.Int64).alias("episode_no")
    ).drop("_later", "_before")
    # what the answer paid on the whole service stands on its first line, so that sums over lines count it once
    paid = claims.lines.group_by(*ANSWER, "service_line_no").agg(_money_of(pl.col("paid_amount")).alias("_of_service"))
    is_first_line = pl.int_range(pl.len()).over("_episode", *ANSWER, "service_line_no") == 0
    return (
        episode.sort(*_EPISODE, "answer_id", "line_no")
        .with_columns(pl.struct(_EPISODE).rle_id().alias("_episode"))
        .join(paid, on=[*ANSWER, "service_line_no"], how="left", validate="m:1", maintain_order="left")
        .with_columns(pl.when(is_first_line).then("_of_service").otherwise(pl.lit(0).cast(_CENT)).alias("_first_paid"))
        .join(_now(claims, last_day), on=_SERVICE, how="left", validate="m:1", maintain_order="left")
        .join(_voided(claims, last_day), on=_ON, how="left", validate="m:1", maintain_order="left")
        .pipe(_turned_round, claims)
        .with_columns(_line_state())
    )


def _now(claims: ClaimTables, last_day: dt.date) -> pl.DataFrame:
    """What stood of each service on the day: when it was decided, what it paid, whether it denies, and whether it was ever taken up."""
    known = claims.lines.filter(pl.col("adjudication_date") <= last_day)
    reversals = claims.reversals.filter(pl.col("adjudication_date") <= last_day)
    standing = standing_services(known, reversals)
    replaced = known.filter("is_replacement").group_by(_ON).agg(pl.col("adjudication_date").max().alias("_replaced"))
    return (
        _services_now(standing, known)
        .join(replaced, on=_ON, how="left")
        .with_columns((pl.col("_now_date").is_null() & (pl.col("_replaced") > pl.col("_decided"))).fill_null(False).alias("_is_replaced"))
    )


def _services_now(standing: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Every service with what stands of it; null where nothing does."""
    now = standing.group_by(_SERVICE).agg(
        pl.col("adjudication_date").first().alias("_now_date"),
        pl.col("paid_amount").sum().cast(_CENT).alias("_now_paid"),
        pl.col("disposition").is_in(DENIED).any().alias("_now_denies"),
        (pl.col("disposition") != "denied_partial").filter(pl.col("disposition").is_in(DENIED)).all().alias("_now_whole"),
    )
    every = known.group_by(_SERVICE).agg(pl.col("adjudication_date").max().alias("_decided"))
    return every.join(now, on=_SERVICE, how="left", validate="1:1")


def _voided(claims: ClaimTables, last_day: dt.date) -> pl.DataFrame:
    """The day a payer took back what we had voided: nobody works what was not meant to be claimed."""
    voids = claims.reversals.filter(pl.col("is_own_void") & (pl.col("adjudication_date") <= last_day))
    return voids.group_by(_ON).agg(pl.col("adjudication_date").max().alias("_voided"))


def _turned_round(lines: pl.DataFrame, claims: ClaimTables) -> pl.DataFrame:
    """A denial that a later one of the payer on the service follows ended with the decision between: that is what stands of it."""
    group = ["lineage_id", "payer_id", "service_line_no"]
    following = pl.col("adjudication_date").shift(-1).over(group, order_by=["adjudication_date", "_episode"])
    is_other = pl.col("_episode").shift(-1).over(group, order_by=["adjudication_date", "_episode"]) != pl.col("_episode")
    marked = lines.with_columns(pl.when(is_other).then(following).alias("_until"))
    ended = marked.filter(pl.col("_until").is_not_null()).select("_episode", *group, "adjudication_date", "_until")
    if ended.is_empty():
        return marked
    decided = claims.lines.filter(~pl.col("disposition").is_in([*DENIED, *NOT_DECIDED]))
    between = (
        ended.join(decided.select(*group, pl.col("adjudication_date").alias("_day"), "answer_id", "paid_amount"), on=group)
        .filter((pl.col("_day") >= pl.col("adjudication_date")) & (pl.col("_day") <= pl.col("_until")))
        .sort("_day", "paid_amount", "answer_id")
        .unique(["_episode", "service_line_no"], keep="last", maintain_order=True)
        .select("_episode", "service_line_no", pl.col("_day").alias("_ended_date"), pl.col("paid_amount").alias("_ended_paid"))
    )
    joined = marked.join(between, on=["_episode", "service_line_no"], how="left", validate="m:1", maintain_order="left")
    is_ended = pl.col("_until").is_not_null()
    return joined.with_columns(
        pl.when(is_ended).then(pl.coalesce("_ended_date", "_until")).otherwise("_now_date").alias("_now_date"),
        pl.when(is_ended).then(pl.col("_ended_paid").fill_null(0)).otherwise("_now_paid").alias("_now_paid"),
        pl.when(is_ended).then(pl.lit(False)).otherwise("_now_denies").alias("_now_denies"),
    ).drop("_ended_date", "_ended_paid")


def _line_state() -> pl.Expr:
    """Won: paid more by a later decision; gone: not denied any more; else it still stands denied, or nothing does."""
    is_later = pl.col("_now_date") > pl.col("adjudication_date")
    gained = pl.col("_now_paid").sum().over("_episode", "service_line_no") > pl.col("_first_paid").sum().over("_episode", "service_line_no")
    return (
        pl.when(is_later & gained)
        .then(pl.lit("won"))
        .when(~pl.col("_now_denies") | (pl.col("_voided") >= pl.col("adjudication_date")) | pl.col("_is_replaced"))
        .then(pl.lit("gone"))
        .otherwise(pl.lit("denied"))
        .alias("_state")
    )


def _episodes(lines: pl.DataFrame, claims: ClaimTables) -> pl.DataFrame:
    """Each episode with the sums of its denied lines and the cause of the line that lost most."""
    stands = pl.col("_state") == "denied"
    sums = lines.group_by("_episode", maintain_order=True).agg(
        pl.col("is_initial").first().alias("_is_first_of_payer"),
        pl.col("adjudication_date").min().alias("denied_date"),
        pl.len().cast(pl.Int64).alias("line_count"),
        stands.sum().cast(pl.Int64).alias("open_line_count"),
        pl.col("adjudication_date").filter(stands).max().fill_null(pl.col("adjudication_date").min()).alias("_last_denied"),
        *(pl.col(f"{name}_amount").sum().cast(_CENT) for name in ("charge", "denied", "expected")),
        _money_of(pl.col("expected_amount").filter(stands)).alias("at_risk_amount"),
        *(
            _money_of(pl.col("denied_amount").filter(pl.col("preventable") == kind)).alias(f"{kind}_preventable_amount")
            for kind in ("yes", "partly")
        ),
        _money_of(pl.col("denied_amount").filter(pl.col("root_cause") == "unspecified")).alias("unspecified_amount"),
        _money_of(pl.col("_first_paid")).alias("initial_paid_amount"),
    )
    named = main_lines(lines, ["_episode"]).select(
        "_episode", *_EPISODE, *ANSWER, "line_no", "procedure_code", "group_code", "carc_code", "rarc_code", "root_cause", "owner",
        "rework_target", "preventable", "hardness", "evidence_detail", "review_reason",
    )  # fmt: skip
    parts = claims.adjudications.select(*ANSWER, "charge_amount")
    charges = lines.select("_episode", *ANSWER).unique().join(parts, on=ANSWER).group_by("_episode")
    joined = sums.join(named, on="_episode", validate="1:1").join(
        charges.agg(_money_of(pl.col("charge_amount")).alias("claim_charge_amount")), on="_episode", how="left"
    )
    facts = claims.lineages.select(_ON, "claim_token", "provider_npi", "coder_id")
    is_first = pl.col("_is_first_of_payer") & (pl.col("denied_date") == pl.col("denied_date").filter("_is_first_of_payer").min().over(_ON))
    ordered = joined.join(facts, on=_ON, how="left", validate="m:1").sort("_episode")
    alone = pl.col("_is_first_of_payer").cum_sum().over(_ON) == 1  # two payers may deny first on one day
    return ordered.with_columns((is_first & alone).alias("is_initial"), pl.col("denied_date").dt.truncate("1w").alias("week"))


def _money_of(amounts: pl.Expr) -> pl.Expr:
    return amounts.sum().cast(_CENT)


def _standing(lines: pl.DataFrame) -> pl.DataFrame:
    """Per episode what stands of its lines: the newest day, what they come to, what they pay, and what was won."""
    each = lines.unique(["_episode", "service_line_no"], keep="first", maintain_order=True)
    paid_first = lines.group_by("_episode", "service_line_no").agg(_money_of(pl.col("_first_paid")).alias("_paid_first"))
    rows = each.join(paid_first, on=["_episode", "service_line_no"], how="left").filter(pl.col("_now_date").is_not_null())
    denied, won = pl.col("_now_denies"), pl.col("_state") == "won"
    return rows.group_by("_episode").agg(
        pl.col("_now_date").max().alias("current_date"),
        comes_to(denied, pl.col("_now_whole")).alias("current_disposition"),
        _money_of(pl.col("_now_paid")).alias("current_paid_amount"),
        pl.col("_now_date").filter(pl.col("_state") == "denied").max().alias("_denied_again"),
        pl.col("_now_date").filter(won).max().alias("_won_date"),
        _money_of((pl.col("_now_paid") - pl.col("_paid_first")).filter(won)).alias("recovered_amount"),
    )


def _work(done: pl.DataFrame) -> pl.DataFrame:
    is_touch = ~pl.col("is_sent")

    def first(condition: pl.Expr, name: str) -> pl.Expr:
        return pl.col("action_date").filter(condition).min().alias(name)

    return done.group_by("_episode").agg(
        is_touch.sum().cast(pl.Int64).alias("touch_count"),
        pl.col("minutes").filter(is_touch).sum().cast(pl.Decimal(18, 3)).alias("worked_minutes"),
        first(is_touch, "first_touch_date"),
        first(pl.col("channel_code") == "appeal", "appeal_date"),
        first(pl.col("is_sent"), "resent_date"),
        first(pl.col("channel_code") == WRITE_OFF, "written_off_date"),
        pl.col("action_date").filter(pl.col("channel_code") == WRITE_OFF).max().alias("_last_written_off"),
        pl.col("action_date").filter(pl.col("is_sent") | (pl.col("channel_code") == "appeal")).max().alias("_last_answerable"),
        pl.col("action_date").max().alias("last_action_date"),
    )


def _deadline() -> pl.Expr:
    """Counted from the denial that stands: soft ones have the days for corrections, others those for appeals, and those that
    came after a payment the days against a takeback."""
    start = pl.coalesce("_denied_again", "denied_date")
    days = (
        pl.when(~pl.col("_is_first_of_payer"))
        .then("takeback_days")
        .when(pl.col("hardness") == "soft")
        .then("corrected_days")
        .otherwise("appeal_days")
    )
    return (start + pl.duration(days=days)).alias("deadline_date")


def _resolution(last_day: dt.date) -> pl.Expr:
    """Of the denied lines: overturned when none stands denied and some were paid more later, settled when none was; else
    written off, expired or open. A rest that is given up ends an overturn; an appeal or a claim sent in time does not expire."""
    is_over = pl.col("open_line_count") == 0
    has_won = pl.col("_won_date").is_not_null()
    is_pending = (pl.col("_last_answerable") <= pl.col("deadline_date")) & (
        pl.col("_last_answerable") >= pl.coalesce("current_date", "denied_date")
    )
    given_up = (
        pl.when(pl.col("_last_written_off") >= pl.col("_last_denied"))  # what was denied after it is not given up
        .then(pl.lit("written_off"))
        .when((pl.col("deadline_date") < last_day) & ~is_pending.fill_null(False))
        .then(pl.lit("expired"))
    )
    return (
        pl.when(has_won & (is_over | given_up.is_not_null()))
        .then(pl.lit("overturned"))
        .when(is_over)
        .then(pl.lit("settled"))
        .otherwise(given_up.fill_null("open"))
        .alias("resolution_code")
    )


def _resolved_date() -> pl.Expr:
    code = pl.col("resolution_code")
    return (
        pl.when(code == "overturned")
        .then(pl.max_horizontal("_won_date", "denied_date"))
        .when(code == "settled")
        .then(pl.max_horizontal("current_date", "denied_date"))
        .when(code == "written_off")
        .then("written_off_date")
        .when(code == "expired")
        .then(pl.col("deadline_date") + pl.duration(days=1))
        .alias("resolved_date")
    )


def _channels(resolved: pl.DataFrame, done: pl.DataFrame) -> pl.DataFrame:
    """How an overturn came about: the last action with a channel before it; the payer by itself where there is none."""
    won = resolved.filter(pl.col("resolution_code") == "overturned").select("_episode", "resolved_date")
    named = done.filter(pl.col("channel_code").is_not_null() & (pl.col("channel_code") != WRITE_OFF))
    before = won.join(named, on="_episode", how="inner").filter(pl.col("action_date") <= pl.col("resolved_date"))
    last = before.sort("_episode", "action_date", "channel_code").unique("_episode", keep="last", maintain_order=True)
    found = won.join(last.select("_episode", "channel_code"), on="_episode", how="left")
    return found.select("_episode", pl.col("channel_code").fill_null("payer_reprocessing"))


def _repeats(resolved: pl.DataFrame, lines: pl.DataFrame, claims: ClaimTables, last_day: dt.date) -> pl.DataFrame:
    """Reworked denials that were denied again, after the rework, for a main reason of theirs."""
    rework = pl.min_horizontal("first_touch_date", "resent_date")
    reworked = resolved.filter(rework.is_not_null()).select("_episode", _ON, "payer_id", rework.alias("rework_date"))
    reasons = lines.join(reworked, on="_episode", how="semi").select("_episode", "carc_code").unique()
    later = (
        claims.denials.join(reworked, on=[_ON, "payer_id"], how="inner")
        .filter((pl.col("adjudication_date") > pl.col("rework_date")) & (pl.col("adjudication_date") <= last_day))
        .join(reasons, on=["_episode", "carc_code"], how="semi", nulls_equal=True)
    )
    return later.select("_episode").unique().with_columns(pl.lit(True).alias("is_repeat"))
