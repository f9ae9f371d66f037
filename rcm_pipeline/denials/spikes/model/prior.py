"""What is known before a client's own history: the shipped January and, where there is one, the portfolio's reference."""

import datetime as dt
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import polars as pl

from rcm_pipeline.denials.spikes.model.panel import Floats, Ints, Panel

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Reference:
    """What the portfolio hands back, from weekly counts over clients; a payer and cause that is not in it is not known.

    rates: payer, cause, week, rate, known from that week on. season: payer, cause, week, denied, expected, both effective (over the
    noise factor); they
    stand in place of the client's own, which are among them.
    """

    version: str
    rates: pl.DataFrame
    season: pl.DataFrame


@dataclass(frozen=True)
class Prior:
    """By place in the panel: the January index by week and cause; rates and seasonal sums by week and group."""

    january: Floats
    has_january: Bools
    is_january: Bools
    rates: Floats
    season_denied: Floats
    season_expected: Floats


def prior(panel: Panel, reference: Reference | None) -> Prior:
    """The priors laid out for a panel; 1 for weeks out of January, nan where the reference is silent."""
    numbers = np.array([panel.week(at).isocalendar().week for at in range(panel.weeks)])
    january = np.ones((panel.weeks, int(panel.cause.max()) + 1))
    names = panel.keys.group_by(pl.Series("cause_no", panel.cause), maintain_order=True).agg(pl.col("cause").first())
    has = np.zeros(january.shape[1], dtype=bool)
    for place, name in names.iter_rows():
        shipped = shipped_januaries().get(str(name))
        has[place] = shipped is not None
        for number, index in enumerate(shipped or (), start=1):
            january[numbers == number, place] = index
    return Prior(january, has, numbers <= 6, *_laid_out(panel, reference))


@cache
def shipped_januaries() -> dict[str, list[float]]:
    """Index of ISO weeks 1 to 6 by cause, from january.toml."""
    table: dict[str, list[float]] = tomllib.loads(files(__package__).joinpath("january.toml").read_text(encoding="utf-8"))["index"]
    return table


def _laid_out(panel: Panel, reference: Reference | None) -> tuple[Floats, Floats, Floats]:
    groups = panel.group_cause.size
    rates, denied, expected = (np.full((panel.weeks, groups), np.nan) for _ in range(3))
    if reference is None:
        return rates, denied, expected
    names = panel.keys.select(pl.col("payer", "cause").cast(pl.String)).with_columns(pl.Series("place", panel.group)).unique("place")
    known = reference.rates.join(names, on=["payer", "cause"]).sort("week")
    for since, place, rate in zip(_places(panel.first, known["week"]), known["place"], known["rate"], strict=True):
        rates[max(since, 0) :, place] = rate
    weeks = reference.season.join(names, on=["payer", "cause"])
    row = _places(panel.first, weeks["week"])
    is_here = (row >= 0) & (row < panel.weeks)
    at = row[is_here], weeks["place"].to_numpy()[is_here]
    denied[at], expected[at] = weeks["denied"].to_numpy()[is_here], weeks["expected"].to_numpy()[is_here]
    return rates, denied, expected


def _places(first: dt.date, weeks: pl.Series) -> Ints:
    places: Ints = ((weeks - first).dt.total_days() // 7).to_numpy().astype(np.int64)
    return places
