"""Denial spikes: which series had more denials than expected this week, how sure that is, and which are worth a page."""

import datetime as dt

import numpy as np
import polars as pl

from rcm_pipeline.denials.spikes.model.panel import SERIES, Panel, panel
from rcm_pipeline.denials.spikes.model.replay import Replayed, replay, seasonal_sums
from rcm_pipeline.denials.spikes.settings import SpikeSettings
from rcm_pipeline.denials.spikes.verdicts import detectable_lift, verdict
from rcm_pipeline.errors import InputError


def detect(weekly: pl.DataFrame, *, test_weeks: int = 1, settings: SpikeSettings | None = None) -> pl.DataFrame:
    """One row per series and tested week, the last `test_weeks`; each week judged only on the weeks up to it.

    A row of `weekly` is a client, payer, cause and week (Monday, of adjudication) with `denied` of `decided` claims or lines;
    a missing week is one in which nothing was decided. `expected_decided`, where given, is what the payer would have
    decided at its usual speed; nan or a missing week leaves that week unguarded.

    expected = decided x usual rate x index; give_or_take is its standard deviation; surprise = (denied - expected) over it;
    lift = denied / expected, of the `window` of weeks whose chance was smallest; noise = variance over that of the
    binomial; p_value is null where not `judged`, and `reason` says why. docs/spikes.md recomputes a row by hand.

    Raises InputError naming the column and how many rows are wrong.
    """
    return judged(weekly, test_weeks, settings or SpikeSettings())[0]


def judged(weekly: pl.DataFrame, test_weeks: int, chosen: SpikeSettings) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What `detect` gives, and the seasonal sums gathered on the way."""
    if test_weeks < 1:
        raise InputError("test_weeks is below one", fix="Test at least the last week.")
    known = chosen.reference.season["week"].min() if chosen.reference else None
    table = panel(weekly, known if isinstance(known, dt.date) else None)
    found = replay(table, chosen, test_weeks + max(chosen.windows) - 1)
    first = max(table.weeks - test_weeks, 0)
    parts = [rows(table, found, at, chosen) for at in range(first, table.weeks)]
    return pl.concat(parts).sort(*SERIES, "week"), seasonal_sums(table, found)


def rows(table: Panel, found: Replayed, at: int, settings: SpikeSettings) -> pl.DataFrame:
    """The verdicts of one week, one row per series, in the order of the panel."""
    weeks = found.weeks
    verdicts = verdict(table, weeks, at, settings)
    expected = weeks.expected[at]
    variance = weeks.scatter[at] + weeks.doubt[at] ** 2
    give_or_take = np.sqrt(variance)
    longest = slice(max(at + 1 - max(settings.windows), 0), at + 1)
    in_window = weeks.scatter[longest].sum(axis=0) + weeks.doubt[longest].sum(axis=0) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        surprise = np.where(give_or_take > 0, (table.denied[at] - expected) / give_or_take, 0.0)
    judged = pl.Series("judged", verdicts.reason == "")
    numbers = {
        "denied": table.denied[at].astype(np.int64),
        "decided": table.decided[at].astype(np.int64),
        "expected_decided": np.full(expected.size, np.nan) if table.expected_decided is None else table.expected_decided[at],
        "base_rate": weeks.level[at],
        "index": weeks.index[at],
        "expected": expected,
        "noise": weeks.noise[at],
        "give_or_take": give_or_take,
        "surprise": surprise,
        "window": verdicts.window.astype(np.int64),
        "lift": verdicts.lift,
        "p_value": verdicts.p_value,
        "q_value": verdicts.q_value,
        "is_alarm": verdicts.is_alarm,
        "detectable_lift": detectable_lift(weeks.expected[longest].sum(axis=0), in_window),
        "judged": judged,
        "reason": pl.Series(verdicts.reason),
    }
    unknown = pl.when("judged").then(pl.col("p_value", "q_value"))
    finite = [pl.when(pl.col(name).is_finite()).then(name).alias(name) for name in ("lift", "detectable_lift")]
    frame = table.keys.with_columns(pl.lit(table.week(at)).alias("week"), *(pl.Series(name, value) for name, value in numbers.items()))
    return frame.with_columns(
        unknown, *finite, pl.col("expected_decided").fill_nan(None), pl.when(~pl.col("judged")).then("reason").alias("reason")
    )
