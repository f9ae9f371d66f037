"""The detector replayed over a client's own past: what it would have said week by week, and what became of each alarm."""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from rcm_pipeline.denials.spikes.detect import detect
from rcm_pipeline.denials.spikes.episodes import episodes, is_within
from rcm_pipeline.denials.spikes.settings import SpikeSettings
from rcm_pipeline.stats.intervals import rate, wilson

EVERY, OUTSIDE = SCOPES = ("all", "outside episodes")
P_LIMITS = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


@dataclass(frozen=True)
class Backtest:
    """The weeks from `first_week` to `last_week` (Mondays), each judged only on what was known then.

    alarms: a row per episode, newest first; see `episodes`.
    months: a row per month, cut by the Mondays: month (its first day), week_count, judged_count (series-weeks), alarm_count
    (of these), episode_count (begun in it), alarms_per_100 judged; null where none was judged.
    calibration: a row per scope and p_limit: hit_count of judged_count series-weeks had p <= p_limit; hit_rate with its
    Wilson limits low and high, null where none was judged. Scope is "all", or "outside episodes": real spikes lift the low end.
    unjudged: series_count (series-weeks) by the detector's reason, most first.
    """

    first_week: dt.date
    last_week: dt.date
    alarms: pl.DataFrame
    months: pl.DataFrame
    calibration: pl.DataFrame
    unjudged: pl.DataFrame

    @property
    def week_count(self) -> int:
        """Weeks replayed: those asked for, or all there are."""
        return (self.last_week - self.first_week).days // 7 + 1

    @property
    def judged_count(self) -> int:
        """Series-weeks that were judged."""
        return int(self.months["judged_count"].sum())

    @property
    def alarm_count(self) -> int:
        """Series-weeks that were alarms."""
        return int(self.months["alarm_count"].sum())


def backtest(weekly: pl.DataFrame, *, weeks: int = 52, settings: SpikeSettings | None = None) -> Backtest:
    """Replay the detector over the last `weeks` weeks of its weekly counts (see `detect`), or over all where there are fewer.

    A history too short to judge anything has no alarm, and its series-weeks stand in `unjudged`.
    Raises InputError as `detect` does: a column or row is wrong, there is no row, or `weeks` is below one.
    """
    chosen = settings or SpikeSettings()
    verdicts = detect(weekly, test_weeks=weeks, settings=chosen)
    first, last = verdicts["week"].min(), verdicts["week"].max()
    assert isinstance(first, dt.date)
    assert isinstance(last, dt.date)
    alarms = episodes(verdicts, chosen.min_lift)
    unjudged = verdicts.filter(~pl.col("judged")).group_by("reason").agg(pl.len().cast(pl.Int64).alias("series_count"))
    return Backtest(
        first,
        last,
        alarms,
        _months(verdicts, alarms),
        _calibration(verdicts, alarms),
        unjudged.sort("series_count", "reason", descending=[True, False]),
    )


def _months(verdicts: pl.DataFrame, alarms: pl.DataFrame) -> pl.DataFrame:
    month = pl.col("week").dt.truncate("1mo").alias("month")
    begun = alarms.group_by(pl.col("first_week").dt.truncate("1mo").alias("month")).agg(pl.len().cast(pl.Int64).alias("episode_count"))
    counts = verdicts.group_by(month).agg(
        pl.col("week").n_unique().cast(pl.Int64).alias("week_count"),
        pl.col("judged").sum().cast(pl.Int64).alias("judged_count"),
        pl.col("is_alarm").sum().cast(pl.Int64).alias("alarm_count"),
    )
    return (
        counts.join(begun, on="month", how="left")
        .with_columns(
            pl.col("episode_count").fill_null(0), (100 * rate(pl.col("alarm_count"), pl.col("judged_count"))).alias("alarms_per_100")
        )
        .sort("month")
    )


def _calibration(verdicts: pl.DataFrame, alarms: pl.DataFrame) -> pl.DataFrame:
    judged = verdicts.filter("judged")
    chances = {EVERY: judged["p_value"], OUTSIDE: judged.filter(~is_within(judged, alarms))["p_value"]}
    limits = pl.Series("p_limit", P_LIMITS)
    counts = [
        pl.DataFrame({"p_limit": limits, "hit_count": p_values.sort().search_sorted(limits, side="right")}).select(
            pl.lit(scope).alias("scope"),
            "p_limit",
            pl.col("hit_count").cast(pl.Int64),
            pl.lit(p_values.len(), pl.Int64).alias("judged_count"),
        )
        for scope, p_values in chances.items()
    ]
    hits, judged_count = pl.col("hit_count"), pl.col("judged_count")
    low, high = wilson(hits, judged_count)
    return pl.concat(counts).with_columns(rate(hits, judged_count).alias("hit_rate"), low.alias("low"), high.alias("high"))
