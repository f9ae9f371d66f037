"""Open denials in the order they should be worked: what brings most before time runs out, in groups that one fix works."""

import datetime as dt
from functools import cache

import polars as pl

from rcm_pipeline.denials.outcomes.denial_outcomes import claim_tables, denial_outcomes
from rcm_pipeline.denials.outcomes.priors import cause_priors
from rcm_pipeline.reference import reference
from rcm_pipeline.tables import mart
from rcm_pipeline.weeks import Week
from schemas.thresholds import SOON_DAYS
from schemas.vocabulary.denials import URGENCIES

PRIOR_WEIGHT = 10  # worked denials the prior counts as
TELLING_DAYS = 90
_OF_CODE, _OF_PROVIDER = ["coding", "medical_necessity", "noncovered_benefit"], ["credentialing"]
_CENT = pl.Decimal(18, 2)


@mart
def mart_worklist(
    core_claim_lineages: pl.LazyFrame,
    core_claim_versions: pl.LazyFrame,
    core_adjudications: pl.LazyFrame,
    core_adjudicated_lines: pl.LazyFrame,
    core_denials: pl.LazyFrame,
    core_reversals: pl.LazyFrame,
    core_payers: pl.LazyFrame,
    raw_touches: pl.LazyFrame,
    mart_denial_outcomes: pl.LazyFrame,
    *,
    week: Week,
) -> pl.DataFrame:
    """One row per denial that can be worked on the newest day in the data, or at the end of the anchor week if that is later."""
    day = newest_day(core_adjudications, raw_touches, week)
    if day == week.sunday:
        return worklist(mart_denial_outcomes.collect(), cause_priors(), day)
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
    return worklist(denial_outcomes(claims, day), cause_priors(), day)


def newest_day(adjudications: pl.LazyFrame, touches: pl.LazyFrame, week: Week) -> dt.date:
    """The newest day anything is known of, from the end of the anchor week to a week later; dates beyond are typing errors."""
    limit = week.sunday + dt.timedelta(days=7)
    columns = ((adjudications, "adjudication_date"), (touches, "touched_date"))
    dates = pl.concat([frame.select(pl.col(date).alias("day")).filter(pl.col("day") <= limit).max().collect() for frame, date in columns])
    days: list[dt.date] = [week.sunday, *dates["day"].drop_nulls()]
    return max(days)


def worklist(outcomes: pl.DataFrame, priors: pl.DataFrame, newest_day: dt.date) -> pl.DataFrame:
    """Rows of mart_worklist of what is open on the newest day.

    net = expected allowed of the lines that stand denied x chance of recovery - cost of working it. The chance is the
    client's own share of denials of the cause, worked and at least 90 days old, that were overturned, drawn to the prior by
    ten denials; the cost is the prior's minutes and rate.
    Order: soon (SOON_DAYS left), then open, each by net; then doubtful (net not above 0), then late (time is up).
    `priors` have root_cause, minutes, hourly and recovered; `outcomes` are those of the newest day.
    """
    workable = outcomes.filter(pl.col("resolution_code").is_in(["open", "expired"]))
    valued = _valued(workable, _chances(outcomes, priors, newest_day))
    timed = valued.with_columns((pl.col("deadline_date") - pl.lit(newest_day)).dt.total_days().alias("days_left"))
    urgent = timed.with_columns(_urgency().alias("urgency"), _group().alias("group_id"), next_step().alias("next_step"))
    ranked = _with_groups(urgent)
    order = pl.col("urgency").replace_strict({name: n for n, name in enumerate(URGENCIES)}, return_dtype=pl.Int64)
    ordered = ranked.sort(order, -pl.col("net_amount"), "deadline_date", "lineage_id", "episode_no", nulls_last=True)
    return ordered.with_columns(pl.int_range(1, pl.len() + 1).cast(pl.Int64).alias("rank"))


def _chances(outcomes: pl.DataFrame, priors: pl.DataFrame, newest_day: dt.date) -> pl.DataFrame:
    """Recovered share of what was worked and is old enough to tell; younger ones would show the quick wins only."""
    acted = pl.col("first_touch_date").is_not_null() | pl.col("resent_date").is_not_null()
    is_old = (pl.lit(newest_day) - pl.col("denied_date")).dt.total_days() >= TELLING_DAYS
    worked_denials = (
        outcomes.filter(acted & is_old)
        .group_by("root_cause")
        .agg((pl.col("resolution_code") == "overturned").sum().alias("_won"), pl.len().alias("_worked"))
    )
    known = priors.join(worked_denials, on="root_cause", how="left").with_columns(pl.col("_won", "_worked").fill_null(0))
    chance = (pl.col("_won") + PRIOR_WEIGHT * pl.col("recovered")) / (pl.col("_worked") + PRIOR_WEIGHT)
    cost = (pl.col("minutes") / 60 * pl.col("hourly")).round(2)
    return known.select("root_cause", chance.alias("recovery_rate"), cost.cast(_CENT).alias("work_amount"))


def _valued(workable: pl.DataFrame, chances: pl.DataFrame) -> pl.DataFrame:
    joined = workable.join(chances, on="root_cause", how="left", validate="m:1", maintain_order="left")
    gain = (pl.col("at_risk_amount").cast(pl.Float64) * pl.col("recovery_rate")).round(2).cast(_CENT)
    return joined.with_columns((gain - pl.col("work_amount")).cast(_CENT).alias("net_amount"))


def _urgency() -> pl.Expr:
    return (
        pl.when((pl.col("resolution_code") == "expired") | (pl.col("days_left") < 0))
        .then(pl.lit("late"))
        .when(pl.col("net_amount") <= 0)
        .then(pl.lit("doubtful"))
        .when(pl.col("days_left") <= SOON_DAYS)
        .then(pl.lit("soon"))
        .otherwise(pl.lit("open"))
    )


def _group() -> pl.Expr:
    """Payer, cause, reason and remark; and the code, where the code is the matter, or the provider, where that is."""
    cause = pl.col("root_cause")
    hangs_on = pl.when(cause.is_in(_OF_CODE)).then("procedure_code").when(cause.is_in(_OF_PROVIDER)).then("provider_npi")
    return pl.concat_str("payer_id", cause, "carc_code", "rarc_code", hangs_on, separator=" ", ignore_nulls=True)


def _with_groups(rows: pl.DataFrame) -> pl.DataFrame:
    groups = rows.group_by("group_id").agg(
        pl.len().cast(pl.Int64).alias("group_count"), pl.col("net_amount").clip(lower_bound=0).sum().cast(_CENT).alias("group_net_amount")
    )
    ranked = groups.sort(-pl.col("group_net_amount"), "group_id").with_columns(
        pl.int_range(1, pl.len() + 1).cast(pl.Int64).alias("group_rank")
    )
    return rows.join(ranked, on="group_id", how="left", validate="m:1", maintain_order="left")


@cache
def _steps() -> dict[str, str]:
    return dict(reference("root_causes").select("root_cause", "next_step").iter_rows())


def next_step() -> pl.Expr:
    """What to do: a person's question first; a claim sent again or appealed waits; else the step of the cause."""
    by_cause = pl.col("root_cause").replace_strict(_steps(), return_dtype=pl.String)
    is_waiting = pl.max_horizontal("resent_date", "appeal_date") >= pl.coalesce("current_date", "denied_date")
    return (
        pl.when(pl.col("review_reason").is_not_null())
        .then(pl.format("Decide first: {}", pl.col("review_reason").str.replace_all("_", " ")))
        .when(is_waiting.fill_null(False))
        .then(pl.lit("Ask the payer about the appeal or the claim sent again"))
        .otherwise(by_cause)
    )
