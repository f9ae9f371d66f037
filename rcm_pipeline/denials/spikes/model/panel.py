"""The weekly counts as arrays, week by series, and what is refused on the way."""

import datetime as dt
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from rcm_pipeline.errors import InputError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SERIES = ("client", "payer", "cause")
_ORDER = ("payer", "cause", "client")
_COUNTS = ("denied", "decided")
MOST_RATE = 0.98  # a rate is never sure
_LARGE = 20_000_000  # combinations of names, from which on a table of them would be wasteful
_GUARD = "expected_decided"


@dataclass(frozen=True)
class Panel:
    """Counts by week and series. Series stand in the order of payer, cause, client; a group is a payer and cause."""

    keys: pl.DataFrame
    first: dt.date
    denied: Floats
    decided: Floats
    expected_decided: Floats | None
    group: Ints
    cause: Ints
    group_cause: Ints

    @property
    def weeks(self) -> int:
        """Number of weeks, those without a decision included."""
        return len(self.denied)

    @property
    def firsts(self) -> Ints:
        """Place of the first series of every group."""
        return np.flatnonzero(np.diff(self.group, prepend=-1))

    def week(self, at: int) -> dt.date:
        """Monday of a week by its place."""
        return self.first + dt.timedelta(weeks=at)


def panel(weekly: pl.DataFrame, since: dt.date | None = None) -> Panel:
    """Every series in every week from the first to the last; a missing week is one in which nothing was decided.

    `since` begins the panel earlier than the counts do, so that what others knew by then has a place.

    Raises InputError, naming the column and how many rows, never a value.
    """
    check_columns(weekly)
    first, last = weekly["week"].min(), weekly["week"].max()
    assert isinstance(first, dt.date)
    assert isinstance(last, dt.date)
    first = min(first, since or first)
    at = ((weekly["week"].to_physical().to_numpy() - (first - dt.date(1970, 1, 1)).days) // 7).astype(np.int64)
    keys, series = _series(weekly)
    shape = (last - first).days // 7 + 1, keys.height
    cell = at * shape[1] + series
    _check_rows(weekly, cell, shape[0] * shape[1])
    denied, decided = (_spread(weekly[name], cell, shape, 0.0) for name in _COUNTS)
    expected = _spread(weekly[_GUARD], cell, shape, np.nan) if _GUARD in weekly.columns else None
    group, cause = _groups(keys)
    firsts = np.flatnonzero(np.diff(group, prepend=-1))
    return Panel(keys, first, denied, decided, expected, group, cause, cause[firsts])


def check_columns(weekly: pl.DataFrame) -> None:
    """Raises InputError where a column lacks, is of another type, or is empty in places."""
    needed = (*SERIES, "week", *_COUNTS)
    if missing := [name for name in needed if name not in weekly.columns]:
        raise InputError(f"weekly counts lack the column {', '.join(missing)}", fix="Pass one row per series and week.")
    if weekly.is_empty():
        raise InputError("weekly counts are empty", fix="Pass one row per series and week.")
    if weekly.schema["week"] != pl.Date:
        raise InputError("weekly counts: column week is not of type Date", fix="Cast it to Date.")
    for name in _COUNTS:
        if not weekly.schema[name].is_integer():
            raise InputError(f"weekly counts: column {name} holds no whole numbers", fix="Cast it to Int64.")
    for name in needed:
        _refuse(weekly[name].null_count(), f"column {name} is empty", "Fill it or leave the rows out.")
    if _GUARD in weekly.columns:
        if not weekly.schema[_GUARD].is_numeric():
            raise InputError(f"weekly counts: column {_GUARD} holds no numbers", fix="Cast it to Float64.")
        hoped = weekly[_GUARD].cast(pl.Float64).fill_nan(None)
        _refuse(
            int((hoped.is_infinite() | (hoped < 0)).sum()), f"column {_GUARD} is below zero or infinite", "Leave it null where not known."
        )


def _check_rows(weekly: pl.DataFrame, cell: Ints, cells: int) -> None:
    _refuse(int((weekly["week"].dt.weekday() != 1).sum()), "column week is not a Monday", "Name a week by its Monday.")
    for name in _COUNTS:
        _refuse(int((weekly[name] < 0).sum()), f"column {name} is below zero", "Count from zero.")
    over = int((weekly["denied"] > weekly["decided"]).sum())
    _refuse(over, "column denied exceeds decided", "Count every decided claim of the week once.")
    seen = np.bincount(cell, minlength=cells)
    _refuse(int(weekly.height - np.count_nonzero(seen)), "columns client, payer, cause, week repeat", "Add such rows up.")


def _refuse(wrong: int, what: str, fix: str) -> None:
    if wrong:
        raise InputError(f"weekly counts: {what} in {wrong} row{'s' * (wrong != 1)}", fix=fix)


def _series(weekly: pl.DataFrame) -> tuple[pl.DataFrame, Ints]:
    """The keys in the order of payer, cause and client, and each row's place among them."""
    names = {name: weekly[name].cast(pl.String).unique().sort() for name in _ORDER}
    code = np.zeros(weekly.height, dtype=np.int64)
    for name, known in names.items():
        code = code * known.len() + weekly[name].cast(pl.String).cast(pl.Enum(known)).to_physical().to_numpy()
    space = math.prod(known.len() for known in names.values())
    if space > _LARGE:
        found, place = np.unique(code, return_inverse=True)
    else:
        is_found = np.zeros(space, dtype=bool)
        is_found[code] = True
        found, place = np.flatnonzero(is_found), (np.cumsum(is_found) - 1)[code]
    parts = np.unravel_index(found, [known.len() for known in names.values()])
    keys = pl.DataFrame({name: known.gather(part) for (name, known), part in zip(names.items(), parts, strict=True)})
    return keys.select(SERIES), place


def _spread(column: pl.Series, cell: Ints, shape: tuple[int, int], empty: float) -> Floats:
    out = np.full(shape[0] * shape[1], empty)
    out[cell] = column.cast(pl.Float64).to_numpy()
    return out.reshape(shape)


def _groups(keys: pl.DataFrame) -> tuple[Ints, Ints]:
    group = keys.select(pl.struct("payer", "cause").rle_id()).to_series().cast(pl.Int64).to_numpy()
    cause = keys["cause"].cast(pl.String).rank("dense").cast(pl.Int64).to_numpy() - 1
    return group, cause
