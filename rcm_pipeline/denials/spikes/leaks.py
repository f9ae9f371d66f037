"""Slow leaks: rises too small for one week, looked for once a month over four weeks, with a budget of their own."""

import datetime as dt
from dataclasses import replace

import polars as pl

from rcm_pipeline.denials.spikes.detect import detect
from rcm_pipeline.denials.spikes.model.panel import SERIES, check_columns
from rcm_pipeline.denials.spikes.settings import SpikeSettings
from rcm_pipeline.errors import InputError
from schemas.thresholds import LEAK_LIFT

_WEEKS = 4
_KEPT = ("denied", "decided", "expected", "lift", "p_value", "q_value", "is_alarm", "detectable_lift", "judged", "reason")


def slow_leaks(weekly: pl.DataFrame, *, months: int = 1, settings: SpikeSettings | None = None) -> pl.DataFrame:
    """One row per series and month, the last `months` that are over.

    A month is judged at its last whole week, the week whose Sunday lies in it and whose next Sunday does not. Its last four
    weeks are tested as one, none of them in the baseline. Benjamini and Hochberg run over the series of the month, apart from
    the weekly alarms; a lift of LEAK_LIFT is enough. Columns are those of `detect` that have a meaning over four weeks:
    denied, decided and expected are sums of them. Raises InputError as `detect` does, and where `months` is below one.
    """
    if months < 1:
        raise InputError("months is below one", fix="Look at the last month at least.")
    check_columns(weekly)
    chosen = replace(
        settings or SpikeSettings(), windows=(_WEEKS,), left_out=_WEEKS - 1, min_lift=LEAK_LIFT, promise_weeks=1, family_weeks=1
    )
    first, last = weekly["week"].min(), weekly["week"].max()
    assert isinstance(first, dt.date)
    assert isinstance(last, dt.date)
    ends = month_ends(last, min(months, (last - first).days // 28 + 1))
    span = (last - ends[0]).days // 7 + _WEEKS
    tested = detect(weekly, test_weeks=span, settings=chosen)
    sums = [pl.col(name).rolling_sum(_WEEKS, min_samples=1).over(SERIES, order_by="week") for name in ("denied", "decided", "expected")]
    summed = tested.with_columns(sums).filter(pl.col("week").is_in(ends))
    return summed.select(*SERIES, "week", *_KEPT)


def month_ends(last: dt.date, months: int) -> list[dt.date]:
    """Mondays of the last whole weeks of the latest months that end in or before the week `last`, oldest first."""
    found: list[dt.date] = []
    monday = last
    while len(found) < months:
        sunday = monday + dt.timedelta(days=6)
        if (sunday + dt.timedelta(days=7)).month != sunday.month:
            found.append(monday)
        monday -= dt.timedelta(weeks=1)
    return found[::-1]
