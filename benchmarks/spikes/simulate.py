"""Simulated payers whose true denial rates are known, with and without spikes."""

import datetime as dt
import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import betaincinv, ndtr

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Generator = np.random.Generator

WEEKS, EVALUATED = 160, 52
SIZES = (1.3, 1.5, 2.0, 3.0)
SPIKE_WEEKS = 2
ELIGIBILITY = ("26", "27")  # the first causes of each payer; they rise in January
JANUARY_WEEKS = 6
MAXIMUM_RATE = 0.95
KEYS = ["client", "payer", "cause"]


@dataclass(frozen=True)
class Scenario:
    """What is true of a world; the weeks before the history kept are simulated and thrown away."""

    name: str = "main"
    clients: int = 20
    payers: int = 20
    causes: int = 10
    last: dt.date = dt.date(2026, 8, 31)  # a Monday; the 52 weeks to it hold the third January of 160
    history: int = WEEKS - EVALUATED
    evaluated: int = EVALUATED
    size: tuple[float, float] = (10, 5000)  # claims decided in the first week
    growth: tuple[float, float] = (1 / 3, 3.0)  # over the 160 weeks
    rate: tuple[float, float] = (0.03, 0.2)
    cv: tuple[float, float] = (0.03, 0.25)  # of the weekly rate, beyond chance
    autocorrelation: float = 0.0  # of that, from week to week
    batch: int = 1  # claims decided alike
    season: float = 0.25
    january: tuple[float, float] = (1.3, 2.2)
    trend: float = 0.1  # sd of a year's change
    shifted: float = 0.2  # share of series with a lasting change of level
    contaminated: float = 0.3  # share of series with an unlabelled spike before the evaluation


MAIN = Scenario()
SCENARIOS = (
    MAIN,
    replace(MAIN, name="rare causes, 0.3–3 %", rate=(0.003, 0.03)),
    replace(MAIN, name="noise autocorrelated at 0.4", autocorrelation=0.4),
    replace(MAIN, name="claims decided in batches of 3", batch=3),
    replace(MAIN, name="noise CV 15–40 %", cv=(0.15, 0.4)),
    replace(MAIN, name="no past spikes", contaminated=0.0),
    replace(MAIN, name="past spikes in 60 %", contaminated=0.6),
    replace(MAIN, name="10–100 claims a week", size=(10, 100), growth=(1, 1)),
    replace(MAIN, name="26 weeks of history", history=26, evaluated=12),
    replace(MAIN, name="26 weeks of history, then the first January", history=26, evaluated=12, last=dt.date(2026, 3, 2)),
    replace(MAIN, name="stationary, clean", season=0, january=(1, 1), trend=0, shifted=0, contaminated=0, growth=(1, 1)),
)


@dataclass(frozen=True)
class World:
    """Arrays by week and series: decided, denied, the true rate, and the normal scores of the noise; `rho` by series."""

    scenario: Scenario
    n: Ints
    y: Ints
    p: Floats
    z: Floats
    rho: Floats

    @property
    def start(self) -> int:
        """The first evaluated week."""
        return self.scenario.history


@dataclass(frozen=True)
class Spiked:
    """A world in which every series has one spike: the week it starts and its size, by series."""

    world: World
    start: Ints
    size: Floats


def simulate(seed: int, scenario: Scenario = MAIN) -> World:
    """A world without spikes in the evaluated weeks."""
    rng = np.random.default_rng(seed)
    base, p = _rates(rng, scenario)
    rho = rng.uniform(*scenario.cv, p.shape[1]) ** 2 * base / (1 - base)
    n = _decided(rng, scenario, p.shape)
    z = _noise(rng, scenario.autocorrelation, p.shape)
    kept = slice(WEEKS - scenario.history - scenario.evaluated, None)
    n, p, z = n[kept], p[kept], z[kept]
    return World(scenario, n, denied(rng, n, p, rho, z, scenario.batch), p, z, rho)


def denied(rng: Generator, n: Ints, p: Floats, rho: Floats, z: Floats, batch: int = 1) -> Ints:
    """Beta-binomial counts: the week's rate is the beta quantile of its normal score, so that noise can be correlated."""
    rate = betaincinv(p * (1 / rho - 1), (1 - p) * (1 / rho - 1), ndtr(z))
    counts: Ints = batch * rng.binomial(n // batch, np.clip(rate, 0, 1))
    return counts


def spiked(world: World, rng: Generator) -> Spiked:
    """One spike of two weeks in every series, at a random evaluated week, of a random size."""
    weeks, series = world.n.shape
    start = rng.integers(world.start, weeks - SPIKE_WEEKS + 1, series)
    size = rng.choice(SIZES, series)
    week = np.arange(weeks)[:, None]
    return Spiked(with_rates(world, rng, np.where((week >= start) & (week < start + SPIKE_WEEKS), size, 1.0)), start, size)


def with_rates(world: World, rng: Generator, factor: Floats) -> World:
    """The same world with true rates multiplied and denials drawn anew where the factor is not one; `p` stays as it was."""
    week, series = np.nonzero(factor != 1)
    p = np.minimum(world.p[week, series] * factor[week, series], MAXIMUM_RATE)
    y = world.y.copy()
    y[week, series] = denied(rng, world.n[week, series], p, world.rho[series], world.z[week, series], world.scenario.batch)
    return replace(world, y=y)


def frame(world: World) -> pl.DataFrame:
    """The world as the detector reads it."""
    return table(world.scenario, world.y, world.n)


def table(scenario: Scenario, denied: Ints, decided: Ints, **more: Floats) -> pl.DataFrame:
    """A row by series and week in which anything was decided, from arrays by week and series."""
    names = names_of(scenario)
    weeks = mondays_of(scenario)
    repeated = {key: np.tile(names[key].to_numpy(), len(weeks)) for key in KEYS}
    monday = pl.Series(np.repeat(weeks, len(names))).cast(pl.Date)
    counts = {"denied": denied, "decided": decided, **more}
    rows = pl.DataFrame({**repeated, "week": monday, **{name: values.ravel() for name, values in counts.items()}})
    return rows.filter(pl.col("decided") > 0)


def grid(found: pl.DataFrame, scenario: Scenario, column: str, missing: float, names: pl.DataFrame | None = None) -> Floats:
    """A column of the detector's answer as an array by evaluated week and series, or by week and row of `names`."""
    weeks = pl.DataFrame({"week": pl.Series(mondays_of(scenario)[-scenario.evaluated :]).cast(pl.Date)})
    names = names_of(scenario) if names is None else names
    cells = weeks.join(names, how="cross", maintain_order="left_right")
    values = cells.join(found.select(*cells.columns, column), on=cells.columns, how="left", maintain_order="left")[column]
    array: Floats = values.cast(pl.Float64).fill_null(missing).fill_nan(missing).to_numpy()
    return array.reshape(scenario.evaluated, -1)


def names_of(scenario: Scenario) -> pl.DataFrame:
    """Client, payer and cause by series, in the order of the arrays."""
    client, payer, cause = indices(scenario)
    causes = [*ELIGIBILITY, *(f"K{number:02d}" for number in range(len(ELIGIBILITY), scenario.causes))]
    text = {"client": [f"C{number:02d}" for number in client], "payer": [f"P{number:02d}" for number in payer]}
    return pl.DataFrame({**text, "cause": [causes[number] for number in cause]})


def mondays_of(scenario: Scenario) -> npt.NDArray[np.datetime64]:
    """The weeks of the world."""
    weeks = scenario.history + scenario.evaluated
    mondays: npt.NDArray[np.datetime64] = np.datetime64(scenario.last, "D") - 7 * np.arange(weeks - 1, -1, -1)
    return mondays


def january_weeks(scenario: Scenario) -> npt.NDArray[np.bool_]:
    """Which weeks of the world are weeks 1–6 of a year."""
    return np.array([monday.isocalendar().week <= JANUARY_WEEKS for monday in mondays_of(scenario).tolist()])


def eligibility(scenario: Scenario) -> npt.NDArray[np.bool_]:
    """Which series are of a cause that rises in January."""
    is_rising: npt.NDArray[np.bool_] = indices(scenario)[2] < len(ELIGIBILITY)
    return is_rising


def indices(scenario: Scenario) -> Ints:
    """Numbers of client, payer and cause by series."""
    return np.indices((scenario.clients, scenario.payers, scenario.causes)).reshape(3, -1)


def _log_uniform(rng: Generator, limits: tuple[float, float], size: int | tuple[int, ...]) -> Floats:
    """Numbers whose logarithms are uniform."""
    return np.exp(rng.uniform(math.log(limits[0]), math.log(limits[1]), size))


def _shared(rng: Generator, scenario: Scenario, values: Floats, spread: float) -> Floats:
    """Values by payer and cause as series, clients differing by a lognormal factor."""
    series = np.tile(values.ravel(), scenario.clients)
    return series * np.exp(spread * rng.normal(size=series.size))


def _decided(rng: Generator, scenario: Scenario, shape: tuple[int, int]) -> Ints:
    """Claims decided, growing or shrinking over the weeks, in whole batches."""
    grown = _log_uniform(rng, scenario.growth, shape[1]) ** (np.arange(WEEKS)[:, None] / WEEKS)
    mean = _log_uniform(rng, scenario.size, shape[1]) * grown * np.exp(0.1 * rng.normal(size=shape))
    return rng.poisson(mean) // scenario.batch * scenario.batch


def _noise(rng: Generator, correlation: float, shape: tuple[int, int]) -> Floats:
    """Standard normal scores, from week to week correlated as asked."""
    z = rng.normal(size=shape)
    for week in range(1, shape[0] if correlation else 0):
        z[week] = correlation * z[week - 1] + math.sqrt(1 - correlation**2) * z[week]
    return z


def _rates(rng: Generator, scenario: Scenario) -> tuple[Floats, Floats]:
    """The level of each series, and the true rate by week and series."""
    low, high = scenario.rate
    level = _log_uniform(rng, scenario.rate, (scenario.payers, scenario.causes))
    base = np.clip(_shared(rng, scenario, level, 0.25), low, high)
    years = np.arange(WEEKS)[:, None] / 52
    trend = np.exp(scenario.trend * rng.normal(size=base.size) * (years - years.mean()))
    factor = trend * _season(rng, scenario) * _shifts(rng, scenario, base.size) * _past_spikes(rng, scenario, base.size)
    return base, np.minimum(base * factor, MAXIMUM_RATE)


def _season(rng: Generator, scenario: Scenario) -> Floats:
    """A yearly wave shared by the clients of a payer and cause, and January's rise, fading over six weeks."""
    pairs = (scenario.payers, scenario.causes)
    calendar = replace(scenario, history=WEEKS - scenario.evaluated)
    day = mondays_of(calendar).astype(np.int64)[:, None]
    height = _shared(rng, scenario, scenario.season * rng.random(pairs), 0.1)
    phase = np.tile(rng.uniform(0, 2 * math.pi, pairs).ravel(), scenario.clients) + 0.1 * rng.normal(size=height.size)
    rise = _shared(rng, scenario, rng.uniform(*scenario.january, pairs) - 1, 0.1) * eligibility(scenario)
    numbers = np.array([monday.isocalendar().week for monday in mondays_of(calendar).tolist()])[:, None]
    fading = np.clip(1 - (numbers - 1) / JANUARY_WEEKS, 0, 1)
    wave: Floats = (1 + height * np.cos(2 * math.pi * day / 365.25 - phase)) * (1 + rise * fading)
    return wave


def _shifts(rng: Generator, scenario: Scenario, series: int) -> Floats:
    """A lasting change of level between the weeks 20 and 100, in some series."""
    change = np.where(rng.random(series) < scenario.shifted, _log_uniform(rng, (0.6, 1.7), series), 1.0)
    return np.where(np.arange(WEEKS)[:, None] >= rng.integers(20, 101, series), change, 1.0)


def _past_spikes(rng: Generator, scenario: Scenario, series: int) -> Floats:
    """An unlabelled spike of 1–8 weeks that is over before the evaluation, in some series."""
    size = np.where(rng.random(series) < scenario.contaminated, rng.uniform(1.5, 3, series), 1.0)
    length = rng.integers(1, 9, series)
    start = rng.integers(WEEKS - scenario.evaluated - scenario.history, WEEKS - scenario.evaluated - length + 1)
    week = np.arange(WEEKS)[:, None]
    return np.where((week >= start) & (week < start + length), size, 1.0)
