"""What a spike is over the weeks: new, continuing, fading, closed."""

import numpy as np
import polars as pl

from schemas.thresholds import SPIKE_LIFT

SERIES = ["client", "payer", "cause"]
NEW, CONTINUING, FADING, CLOSED = "new", "continuing", "fading", "closed"
_QUIET = 3  # weeks in a row below it, to be closed
_SETTLED = 26  # weeks after which a raised rate is the new usual one, whatever it is


def with_states(tested: pl.DataFrame) -> pl.DataFrame:
    """Adds `state` and `since_week`, null where there is no spike, to rows of `detect` with every tested week of a series.

    An alarm opens a spike: new. It is continuing in each later week with an alarm or with denials of at least SPIKE_LIFT times
    decided x index x the usual rate of the week it began in (the usual rate of later weeks learns the spike and would hide
    it). Below that it is fading, and closed in the third such week in a row; an alarm opens it anew as the same spike.
    After 26 weeks without an alarm in the last 13 it is closed as well: the higher rate is then the usual one.
    """
    ordered = tested.sort(*SERIES, "week")
    weeks = ordered["week"].n_unique()
    series = ordered.height // max(weeks, 1)
    shape = series, weeks
    alarm, denied, exposed, rate = (
        ordered.select(expression).to_series().to_numpy().reshape(shape)
        for expression in (pl.col("is_alarm"), pl.col("denied"), pl.col("decided") * pl.col("index"), pl.col("base_rate"))
    )
    state, since = np.full(shape, "", dtype=object), np.full(shape, -1)
    start, quiet, last = np.full(series, -1), np.zeros(series, dtype=np.int64), np.full(series, -1)
    usual = np.zeros(series)
    for week in range(weeks):
        is_open, is_alarm = start >= 0, alarm[:, week]
        is_new = is_alarm & ~is_open
        start, usual = np.where(is_new, week, start), np.where(is_new, rate[:, week], usual)
        last = np.where(is_alarm, week, last)
        is_high = (denied[:, week] > 0) & (denied[:, week] >= SPIKE_LIFT * exposed[:, week] * usual)
        is_there = is_open & (is_alarm | is_high)
        quiet = np.where(is_new | is_there, 0, quiet + is_open)
        is_usual = (week - start >= _SETTLED) & (week - last >= _SETTLED // 2)
        is_over = is_open & ((quiet >= _QUIET) | is_usual)
        state[:, week] = np.select([is_new, is_over, is_there, is_open], [NEW, CLOSED, CONTINUING, FADING], "")
        since[:, week] = start
        start = np.where(is_over, -1, start)
    mondays = ordered["week"].head(weeks).to_numpy()
    began = pl.Series("since_week", mondays[np.maximum(since, 0)].ravel(), pl.Date)
    named = pl.Series("state", state.ravel(), pl.String)
    found = ordered.with_columns(named.replace("", None), began)
    return found.with_columns(pl.when(pl.col("state").is_not_null()).then("since_week").alias("since_week"))
