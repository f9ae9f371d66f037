"""Denial spikes: which series had more denials than expected this week, how sure that is, and which are worth a page."""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import polars as pl

from rcm_pipeline.denials.spikes.model.panel import SERIES, Panel, panel
from rcm_pipeline.denials.spikes.model.replay import Replayed, Week, replay, seasonal_sums
from rcm_pipeline.denials.spikes.settings import SpikeSettings
from rcm_pipeline.denials.spikes.verdicts import Chances, chances, detectable_lift, verdict, window_variance
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
    table, found = replayed(weekly, chosen, test_weeks + tested_before(chosen))
    return verdicts(table, found.weeks, test_weeks, chosen), seasonal_sums(table, found)


def tested_before(settings: SpikeSettings) -> int:
    """Weeks before the tested ones whose expectations a verdict needs: those of its family, and the first window of these."""
    return settings.family_weeks + max(settings.windows) - 2


def replayed(weekly: pl.DataFrame, chosen: SpikeSettings, kept: int | None = None) -> tuple[Panel, Replayed]:
    """The counts as a panel, and what was expected of its last `kept` weeks, or of all. Raises InputError as `detect` does."""
    known = chosen.reference.season["week"].min() if chosen.reference else None
    table = panel(weekly, known if isinstance(known, dt.date) else None)
    return table, replay(table, chosen, table.weeks if kept is None else kept)


def verdicts(table: Panel, weeks: Week, test_weeks: int, chosen: SpikeSettings) -> pl.DataFrame:
    """One row per series and tested week, as `detect` has them."""
    if test_weeks < 1:
        raise InputError("test_weeks is below one", fix="Test at least the last week.")
    family = chosen.family_weeks
    first = max(table.weeks - test_weeks, 0)
    begin = max(first - family + 1, 0)
    weekly_chances = [chances(table, weeks, at, chosen) for at in range(begin, table.weeks)]
    parts = [
        rows(table, weeks, at, weekly_chances[max(at - begin - family + 1, 0) : at - begin + 1], chosen) for at in range(first, table.weeks)
    ]
    return pl.concat(parts).sort(*SERIES, "week")


def rows(table: Panel, weeks: Week, at: int, family: Sequence[Chances], settings: SpikeSettings) -> pl.DataFrame:
    """The verdicts of one week, the last of its family, one row per series, in the order of the panel."""
    now, alarms = family[-1], verdict(family, settings)
    expected = weeks.expected[at]
    variance = weeks.scatter[at] + weeks.doubt[at] ** 2
    give_or_take = np.sqrt(variance)
    longest = slice(max(at + 1 - max(settings.windows), 0), at + 1)
    in_window = window_variance(weeks, longest)
    with np.errstate(divide="ignore", invalid="ignore"):
        surprise = np.where(give_or_take > 0, (table.denied[at] - expected) / give_or_take, 0.0)
    judged = pl.Series("judged", now.reason == "")
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
        "window": now.window.astype(np.int64),
        "lift": now.lift,
        "p_value": now.p_value,
        "q_value": alarms.q_value,
        "is_alarm": alarms.is_alarm,
        "detectable_lift": detectable_lift(weeks.expected[longest].sum(axis=0), in_window),
        "judged": judged,
        "reason": pl.Series(now.reason),
    }
    unknown = pl.when("judged").then(pl.col("p_value", "q_value"))
    finite = [pl.when(pl.col(name).is_finite()).then(name).alias(name) for name in ("lift", "detectable_lift")]
    frame = table.keys.with_columns(pl.lit(table.week(at)).alias("week"), *(pl.Series(name, value) for name, value in numbers.items()))
    return frame.with_columns(
        unknown, *finite, pl.col("expected_decided").fill_nan(None), pl.when(~pl.col("judged")).then("reason").alias("reason")
    )
