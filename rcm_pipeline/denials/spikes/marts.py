"""The marts of denial spikes for one client: its weekly counts through the detector, with states and who took note."""

import datetime as dt
from collections.abc import Sequence

import polars as pl

from rcm_pipeline.denials.nowcast.denial_nowcasts import cohort_counts
from rcm_pipeline.denials.spikes.counts import weekly_counts
from rcm_pipeline.denials.spikes.detect import detect
from rcm_pipeline.denials.spikes.leaks import slow_leaks
from rcm_pipeline.denials.spikes.portfolio import reference
from rcm_pipeline.denials.spikes.settings import SpikeSettings
from rcm_pipeline.denials.spikes.speed_guard import usual_pace
from rcm_pipeline.denials.spikes.states import with_states
from rcm_pipeline.settings import Acknowledged, ClientSettings
from rcm_pipeline.tables import mart
from rcm_pipeline.weeks import Week
from schemas.contract import empty
from schemas.registry import CONTRACTS

_SHOWN, _REPLAYED = 13, 52  # weeks; a spike may have begun before the shown ones
_MONTHS = 6
_NAMES = {
    "payer": "payer_id",
    "cause": "root_cause",
    "denied": "denied_count",
    "decided": "decided_count",
    "index": "season_index",
    "noise": "noise_factor",
    "window": "window_weeks",
    "judged": "is_judged",
}


@mart
def mart_denial_spikes(
    mart_denial_rates: pl.LazyFrame,
    core_claim_versions: pl.LazyFrame,
    core_adjudications: pl.LazyFrame,
    mart_denial_outcomes: pl.LazyFrame,
    ops_portfolio: pl.LazyFrame,
    *,
    week: Week,
    settings: ClientSettings,
) -> pl.DataFrame:
    """One row per payer, cause and week of the last 13, with the state of its spike.

    Claims by week sent and age at decision (`cohort_counts`) feed the speed guard. ops_portfolio is empty for a client that
    does not take part.
    """
    cohorts = cohort_counts(core_claim_versions, core_adjudications, mart_denial_outcomes, week)
    return denial_spikes(mart_denial_rates.collect(), cohorts, ops_portfolio.collect(), settings.acknowledged, week)


def denial_spikes(
    rates: pl.DataFrame, cohorts: pl.DataFrame, portfolio: pl.DataFrame, acknowledged: Sequence[Acknowledged], week: Week
) -> pl.DataFrame:
    """Rows of mart_denial_spikes from weekly rates, cohorts, the portfolio's reference and who took note."""
    anchor = week.monday
    weekly = guarded_counts(rates, cohorts, anchor)
    if weekly.is_empty():
        return empty(CONTRACTS["mart_denial_spikes"])
    known = reference(portfolio, anchor)
    tested = with_states(detect(weekly, test_weeks=_REPLAYED, settings=SpikeSettings(reference=known)))
    shown = tested.filter(pl.col("week") > anchor - dt.timedelta(weeks=_SHOWN)).rename(_NAMES)
    noted = shown.join(_notes(shown, acknowledged), on=["payer_id", "root_cause", "week"], how="left")
    version = pl.lit(known.version if known else None, pl.String).alias("portfolio_version")
    return noted.with_columns(version).sort("payer_id", "root_cause", "week")


@mart
def mart_slow_leaks(mart_denial_rates: pl.LazyFrame, ops_portfolio: pl.LazyFrame, *, week: Week) -> pl.DataFrame:
    """One row per payer, cause and month: every pair of payer and cause at the end of the last six months."""
    weekly = weekly_counts(mart_denial_rates.collect(), week.monday)
    if weekly.is_empty():
        return empty(CONTRACTS["mart_slow_leaks"])
    found = slow_leaks(weekly, months=_MONTHS, settings=SpikeSettings(reference=reference(ops_portfolio.collect(), week.monday)))
    return found.rename(_NAMES, strict=False).sort("payer_id", "root_cause", "week")


def guarded_counts(rates: pl.DataFrame, cohorts: pl.DataFrame, anchor: dt.date) -> pl.DataFrame:
    """The detector's weekly counts of one client, with the claims its payers would have decided at their usual pace."""
    weekly = weekly_counts(rates, anchor)
    pace = usual_pace(cohorts, anchor).select(pl.col("payer_id").cast(pl.String).alias("payer"), "week", "pace")
    joined = weekly.with_columns(pl.col("payer").cast(pl.String)).join(pace, on=["payer", "week"], how="left")
    return joined.with_columns((pl.col("decided") * pl.col("pace")).alias("expected_decided")).drop("pace")


def _notes(shown: pl.DataFrame, acknowledged: Sequence[Acknowledged]) -> pl.DataFrame:
    """Who took note of a spike by then: a note counts for the spike that was open in its week, from that week on."""
    rows = [(note.payer_id, note.root_cause, note.week, note.by) for note in acknowledged]
    schema = {"payer_id": pl.String, "root_cause": pl.String, "noted_week": pl.Date, "acknowledged_by": pl.String}
    notes = pl.DataFrame(rows, schema=schema, orient="row")
    keys = ["payer_id", "root_cause"]
    joined = shown.filter(pl.col("since_week").is_not_null()).select(*keys, "week", "since_week").join(notes, on=keys)
    fits = joined.filter(pl.col("noted_week").is_between("since_week", "week")).sort("noted_week")
    return fits.unique([*keys, "week"], keep="last", maintain_order=True).select(*keys, "week", "acknowledged_by")
