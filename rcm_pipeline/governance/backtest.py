"""`rcm backtest`: replay the spike detector over a client's own past, and tell it in plain text."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import polars as pl

from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.denials.spikes.backtest import EVERY, OUTSIDE, Backtest, backtest
from rcm_pipeline.denials.spikes.counts import weekly_counts
from rcm_pipeline.denials.spikes.episodes import KINDS
from rcm_pipeline.denials.spikes.settings import SpikeSettings
from rcm_pipeline.denials.spikes.verdicts import SHORT
from rcm_pipeline.errors import InputError
from rcm_pipeline.settings import Home
from rcm_pipeline.warehouse import read

_TOLD_LIMIT = 0.01  # the p of which one sentence is said
_FIRST_JUDGED = SpikeSettings.min_weeks + SpikeSettings.left_out + 1


def backtest_client(home: Home, client: str, weeks: int) -> tuple[Backtest, pl.DataFrame]:
    """The replay over the last `weeks` complete weeks of mart_denial_rates, and core_payers for the payers' names.

    Raises InputError when no claim was denied in a complete week.
    """
    with open_warehouse(home.published(client), read_only=True) as connection:
        rates, payers = read(connection, "mart_denial_rates"), read(connection, "core_payers")
    anchor = rates.filter("is_complete")["week"].max()
    counts = weekly_counts(rates, anchor if isinstance(anchor, dt.date) else None, client)
    if counts.is_empty():
        raise InputError(
            f"{client}: no claim was denied in a complete week, so there is nothing to replay",
            fix="load its remittances with rcm run; a week is complete when it is over and its remittances have arrived",
        )
    return backtest(counts, weeks=weeks), payers


def headline(found: Backtest) -> str:
    """One sentence: how many alarms in how many weeks, what they were, and how rare they are; or why there could be none."""
    span = f"In {_weeks(found.week_count)} to the week of {found.last_week.day} {found.last_week:%b %Y}"
    if not found.judged_count:
        why = found.unjudged["reason"][0]
        first = f"; a series is judged from its week {_FIRST_JUDGED} with decisions on" if why == SHORT else ""
        return f"{span} nothing could be judged, most often for this reason: {why}{first}."
    judged = f"{found.judged_count:,} judged series-weeks"
    if found.alarms.is_empty():
        return f"{span} there was no alarm in {judged}."
    counts = dict(found.alarms.group_by("kind").len().iter_rows())
    kinds = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if kind in counts)
    return (
        f"{span} there {'was' if found.alarms.height == 1 else 'were'} {found.alarms.height} "
        f"episode{'s' * (found.alarms.height != 1)} of alarms ({kinds}): {found.alarm_count} of {judged}, "
        f"{100 * found.alarm_count / found.judged_count:.2f} in a hundred."
    )


def calibration_line(found: Backtest) -> str:
    """One sentence: whether p <= 0.01 was as frequent as it should be; empty when nothing was judged."""
    if not found.judged_count:
        return ""
    calibrated = {r["scope"]: r for r in found.calibration.filter(pl.col("p_limit") == _TOLD_LIMIT).iter_rows(named=True)}
    every, outside = calibrated[EVERY], calibrated[OUTSIDE]
    if every["high"] < _TOLD_LIMIT:
        meaning = "p is on the safe side here"
    elif every["low"] <= _TOLD_LIMIT:
        meaning = "p means what it says"
    elif outside["low"] is None or outside["low"] <= _TOLD_LIMIT:
        meaning = "p means what it says if most episodes were real spikes, and is too small if they were not"
    else:
        meaning = "p is too small here, and more alarms are false than it says"
    shares = " and ".join(
        f"{100 * r['hit_rate']:.1f}\u00a0% of {what} ({r['hit_count']:,} of {r['judged_count']:,})"
        for r, what in ((every, "all series-weeks"), (outside, "those outside episodes"))
        if r["hit_rate"] is not None
    )
    return f"{shares} had p ≤ {_TOLD_LIMIT}; without spikes {100 * _TOLD_LIMIT:g}\u00a0% should: {meaning}."


def as_values(client: str, found: Backtest) -> dict[str, Any]:
    """Everything as plain values: frames as lists of rows, weeks as dates."""
    frames = {name: getattr(found, name).to_dicts() for name in ("months", "alarms", "calibration", "unjudged")}
    return {"client": client, "first_week": found.first_week, "last_week": found.last_week, "week_count": found.week_count, **frames}


def printed(found: Backtest) -> str:
    """The replay as text: the answer, months, calibration, episodes, and what was not judged and why."""
    parts = [
        [headline(found)],
        list(_months(found.months)),
        list(_calibration(found)),
        list(_episodes(found.alarms)),
        list(_unjudged(found)),
    ]
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def _months(months: pl.DataFrame) -> Iterator[str]:
    yield "Month    weeks  judged  alarm weeks  new episodes  alarms in 100 judged"
    for r in months.iter_rows(named=True):
        share = "–" if r["alarms_per_100"] is None else f"{r['alarms_per_100']:.2f}"
        yield (
            f"{r['month']:%Y-%m}  {r['week_count']:5}  {r['judged_count']:6,}  {r['alarm_count']:11}  {r['episode_count']:12}  {share:>20}"
        )


def _calibration(found: Backtest) -> Iterator[str]:
    if not found.judged_count:
        return
    yield calibration_line(found)
    yield "p ≤      all: share (interval)          outside episodes: share (interval)"
    by_scope = {scope: found.calibration.filter(pl.col("scope") == scope) for scope in (EVERY, OUTSIDE)}
    for every, outside in zip(*(frame.iter_rows(named=True) for frame in by_scope.values()), strict=True):
        yield f"{every['p_limit']:<7g}  {_share(every):30}  {_share(outside)}".rstrip()


def _share(r: dict[str, Any]) -> str:
    if r["hit_rate"] is None:
        return "–"
    return f"{100 * r['hit_rate']:.2f} % ({100 * r['low']:.2f}–{100 * r['high']:.2f} %)"


def _episodes(alarms: pl.DataFrame) -> Iterator[str]:
    if alarms.is_empty():
        return
    yield "Episodes, newest first"
    for r in alarms.iter_rows(named=True):
        until = "" if r["last_week"] == r["first_week"] else f" to {r['last_week']}"
        expected = f"{r['expected']:,.1f}" if r["expected"] >= 1 else f"{r['expected']:.1g}"
        yield f"{r['first_week']}{until}  {r['payer']}, {r['cause']}: {r['kind']}"
        yield (
            f"    {_weeks(r['alarm_count'])} of alarm: denied {r['denied']:,} of {r['decided']:,} claims, expected {expected}; "
            f"p {r['p_value']:.1g}, q {r['q_value']:.1g}"
        )


def _unjudged(found: Backtest) -> Iterator[str]:
    if found.unjudged.is_empty():
        return
    yield "Series-weeks not judged"
    for r in found.unjudged.iter_rows(named=True):
        yield f"{r['series_count']:8,}  {r['reason']}"


def _weeks(count: int) -> str:
    return f"{count} week{'s' * (count != 1)}"
