"""Nowcasts of immature weeks on simulated payers, against the naive rate and a plain chain ladder; prints Markdown tables.

Run as `python -m benchmarks.spikes.nowcasts`. Seeds up to 99 were used in tuning, those reported were not.
"""

import datetime as dt
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from rcm_pipeline.denials.nowcast.nowcast import nowcast

AS_OF = dt.date(2026, 11, 23)
TUNING_SEEDS = (11, 12, 13)
REPORT_SEEDS = (101, 102, 103)
AGES = 5
PAYERS, CLIENTS, CAUSES, WEEKS, LAST_AGE = 20, 10, 5, 60, 40
SHAPE = 2.0  # of the gamma from sending to decision
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scenario:
    """What is true of one simulated run."""

    name: str
    multiplier: float = 1.0
    moved_share: float = 0.0  # of the series
    moved_weeks: int = 4
    slow: float = 1.0  # of half of the payers, for claims sent in the last `slow_weeks`
    slow_weeks: int = 8
    is_calendar: bool = False  # slowness from a day on, whenever sent
    jitter: float = 0.0  # sd of log mean lag between the series of a payer


STABLE = Scenario("stable")
SLOW = Scenario("claims of the last 8 weeks take 40 % longer at half of the payers", slow=1.4)
SLOW_DAY = Scenario("half of the payers 40 % slower since 8 weeks ago, old claims too", slow=1.4, is_calendar=True)
DOUBLED = Scenario("rate doubled in the last 4 weeks", multiplier=2.0, moved_share=1.0)
THIRD = Scenario("rate doubled in the last 4 weeks in one third of the series", multiplier=2.0, moved_share=1 / 3)
FEW = Scenario("rate doubled in the last 4 weeks in one series in twenty", multiplier=2.0, moved_share=0.05)
SCENARIOS = (STABLE, SLOW, SLOW_DAY, DOUBLED, THIRD, FEW)


@dataclass(frozen=True)
class World:
    """Counts by series, week (by age) and age at decision, and which series moved or slowed."""

    submitted: npt.NDArray[np.int64]
    denied: npt.NDArray[np.int64]
    paid: npt.NDArray[np.int64]
    moved: npt.NDArray[np.bool_]
    slowed: npt.NDArray[np.bool_]


def _gamma_cdf(x: Floats) -> Floats:
    """Gamma of shape 2, scale 1: 1 - exp(-x) (1 + x)."""
    x = np.maximum(x, 0)
    return 1 - np.exp(-x) * (1 + x)


def _profile(mean: Floats, factor: Floats, clock: Floats) -> Floats:
    """Share decided at each age, by series and week: `clock` is the time that ran from sending to the end of each age."""
    scale = (mean / SHAPE)[:, None, None] * factor[:, :, None]
    cumulative = np.mean([_gamma_cdf(np.maximum(clock - day / 7, 0) / scale) for day in (0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5)], axis=0)
    cumulative[..., -1] = 1
    return np.diff(cumulative, axis=-1, prepend=0)


def simulate(scenario: Scenario, seed: int) -> World:
    """1,000 series: lags of 2–5 weeks by payer, denials 0.5–1.2 times as long; rates 3–20 %, beta-binomial with CV 3–25 %."""
    rng = np.random.default_rng(seed)
    series = PAYERS * CLIENTS * CAUSES
    payer = np.arange(series) % PAYERS
    jitter = np.exp(scenario.jitter * rng.normal(size=series))
    lag_paid = rng.uniform(2, 5, PAYERS)[payer] * jitter
    lag_denied = np.clip(lag_paid * np.exp(rng.uniform(math.log(0.5), math.log(1.2), PAYERS))[payer], 1.2, 6)
    base, cv = rng.uniform(0.03, 0.2, series), rng.uniform(0.03, 0.25, series)
    size = np.exp(rng.uniform(math.log(10), math.log(5000), series))
    submitted = np.maximum(rng.poisson(size[:, None], (series, WEEKS)), 1)
    moved = rng.random(series) < scenario.moved_share
    age = np.arange(WEEKS)
    rate = base[:, None] * np.where(moved[:, None] & (age < scenario.moved_weeks), scenario.multiplier, 1.0)
    rho = cv[:, None] ** 2 * rate / (1 - rate)
    final = rng.binomial(submitted, rng.beta(rate * (1 / rho - 1), (1 - rate) * (1 / rho - 1)))
    slowed = (payer % 2 == 0) & (scenario.slow != 1)
    factor, clock = _slowness(scenario, slowed, age)
    denied = rng.multinomial(final, _profile(lag_denied, factor, clock))
    paid = rng.multinomial(submitted - final, _profile(lag_paid, factor, clock))
    return World(submitted, denied, paid, moved, slowed)


def _slowness(scenario: Scenario, slowed: npt.NDArray[np.bool_], age: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    """The factor on the lag by series and week, and the clock: calendar slowness makes the days after a date count less."""
    clock = np.broadcast_to(np.arange(1.0, LAST_AGE + 2), (len(slowed), len(age), LAST_AGE + 1)).copy()
    factor = np.ones((len(slowed), len(age)))
    if scenario.is_calendar:
        before = np.maximum(age - scenario.slow_weeks + 1, 0)[None, :, None]  # weeks of the claim's life before the change
        late = np.maximum(clock - before, 0)
        clock = np.where(slowed[:, None, None], np.minimum(clock, before) + late / scenario.slow, clock)
    else:
        factor = np.where(slowed[:, None] & (age < scenario.slow_weeks), scenario.slow, 1.0)
    return factor, clock


def cohorts_of(world: World) -> pl.DataFrame:
    """The world as known at the end of the week AS_OF."""
    weeks = world.denied.shape[1]
    s, t, a = np.nonzero((world.denied + world.paid > 0) | (np.arange(LAST_AGE + 1) == 0))
    is_known = a <= t
    s, t, a = s[is_known], t[is_known], a[is_known]
    index = pl.Series(s)
    monday = pl.Series([AS_OF - dt.timedelta(weeks=int(age)) for age in range(weeks)])
    columns = {"denied": world.denied[s, t, a], "paid": world.paid[s, t, a], "submitted": world.submitted[s, t]}
    keys = {"client": index // (PAYERS * CAUSES), "payer": index % PAYERS, "cause": index // PAYERS % CAUSES}
    text = {name: (name[0].upper() + value.cast(pl.String).str.zfill(2)) for name, value in keys.items()}
    return pl.DataFrame({**text, "week": monday.gather(pl.Series(t)), "age_weeks": a, **columns})


@dataclass(frozen=True)
class Estimate:
    """A method's denied counts by series and age, with 90 % limits where it has any."""

    value: Floats
    low: Floats
    high: Floats


def _known(counts: npt.NDArray[np.int64]) -> Floats:
    """Counts decided by now; weeks are by age, youngest first."""
    _, weeks, ages = counts.shape
    return np.where(np.arange(ages) <= np.arange(weeks)[:, None], counts, 0).astype(np.float64)


def naive(world: World) -> Estimate:
    """Denied among the decided, as if the open claims were like them; no limits."""
    denied, paid = (_known(counts).sum(axis=2)[:, :AGES] for counts in (world.denied, world.paid))
    value = world.submitted[:, :AGES] * denied / np.maximum(denied + paid, 1)
    return Estimate(value, np.full_like(value, np.nan), np.full_like(value, np.nan))


def chain_ladder(world: World) -> Estimate:
    """baselinenowcast on each series' denials: theta over 12 weeks, (x + 1 - F) / F; limits from its last 12 known errors."""
    known = _known(world.denied)
    so_far = np.cumsum(known, axis=2)
    done = np.ones((known.shape[0], LAST_AGE + 1))
    for age in range(LAST_AGE, 0, -1):
        made, held = known[:, age : age + 12, age].sum(axis=1), so_far[:, age : age + 12, age].sum(axis=1)
        done[:, age - 1] = done[:, age] * (1 - made / np.maximum(held, 1))
    done = np.maximum(done[:, :AGES], 0.01)
    value = (so_far[:, np.arange(AGES), np.arange(AGES)] + 1 - done) / done
    past = (so_far[:, 20:32, :AGES] + 1 - done[:, None]) / done[:, None] - world.denied[:, 20:32].sum(axis=2)[:, :, None]
    half = 1.645 * np.sqrt((past**2).mean(axis=1))
    return Estimate(value, value - half - 0.5, value + half + 0.5)


def ours(world: World) -> Estimate:
    """The library's nowcast, back in the order of the simulation."""
    found = nowcast(cohorts_of(world), as_of=AS_OF).filter(pl.col("age_weeks") < AGES).sort("client", "cause", "payer", "age_weeks")
    columns = [(found[name] * found["submitted"]).to_numpy().reshape(-1, AGES) for name in ("nowcast_rate", "low", "high")]
    return Estimate(*columns)


METHODS: dict[str, Callable[[World], Estimate]] = {"naive": naive, "chain ladder": chain_ladder, "nowcast": ours}


def measured(world: World, chosen: npt.NDArray[np.bool_]) -> dict[str, Floats]:
    """By age, over the chosen series: bias of the mean rate, mean error of payers, RMSE, coverage."""
    sent, final = world.submitted[chosen, :AGES], world.denied[chosen, :AGES].sum(axis=2)
    payer = (np.arange(len(chosen)) % PAYERS)[chosen]
    group = np.eye(PAYERS)[:, payer][np.unique(payer)]
    decided = (_known(world.denied) + _known(world.paid)).sum(axis=2)[chosen, :AGES]
    result = {"decided": (decided / sent).mean(axis=0)}
    for name, method in METHODS.items():
        estimate = method(world)
        value, low, high = (part[chosen] for part in (estimate.value, estimate.low, estimate.high))
        of_payer = (group @ value) / np.maximum(group @ final, 1) - 1
        result[f"{name} bias"] = (value / sent).mean(axis=0) / (final / sent).mean(axis=0) - 1
        result[f"{name} payer bias"] = of_payer.mean(axis=0)
        result[f"{name} payer error"] = np.abs(of_payer).mean(axis=0)
        result[f"{name} rmse"] = 100 * np.sqrt((((value - final) / sent) ** 2).mean(axis=0))
        result[f"{name} cover"] = ((low - 1e-6 <= final) & (final <= high + 1e-6)).mean(axis=0)
    return result


def _table(title: str, means: dict[str, Floats]) -> str:
    head = ["age", "decided", "naive bias %", "ladder bias %", "bias %", "payer bias %", "payer abs. error %"]
    head += ["naive RMSE", "ladder RMSE", "RMSE", "ladder covers", "covers"]
    lines = [f"### {title}", "", f"| {' | '.join(head)} |", f"|{'---:|' * len(head)}"]
    for age in range(AGES):
        at = {name: float(value[age]) for name, value in means.items()}
        biases = [at["naive bias"], at["chain ladder bias"], at["nowcast bias"], at["nowcast payer bias"], at["nowcast payer error"]]
        cells = [str(age), f"{at['decided']:.2f}", *(f"{100 * bias:.1f}" for bias in biases)]
        cells += [f"{at[f'{name} rmse']:.2f}" for name in METHODS] + [f"{at[f'{name} cover']:.3f}" for name in ("chain ladder", "nowcast")]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _chosen(world: World) -> dict[str, npt.NDArray[np.bool_]]:
    """The series a scenario is about, and where only some moved the others."""
    if world.slowed.any():
        return {"the slower payers": world.slowed}
    if world.moved.all() or not world.moved.any():
        return {"all series": world.moved | True}
    return {"series that moved": world.moved, "series that did not": ~world.moved}


def report(seeds: tuple[int, ...] = REPORT_SEEDS) -> str:
    """All scenarios, averaged over the seeds."""
    tables = []
    for scenario in SCENARIOS:
        worlds = [simulate(scenario, seed) for seed in seeds]
        for part in _chosen(worlds[0]):
            found = [measured(world, _chosen(world)[part]) for world in worlds]
            means = {name: np.mean([result[name] for result in found], axis=0) for name in found[0]}
            tables.append(_table(f"{scenario.name}: {part}", means))
    return "\n".join(tables)


def seconds() -> float:
    """One run on 1,000 series."""
    cohorts = cohorts_of(simulate(STABLE, TUNING_SEEDS[0]))
    start = time.monotonic()
    nowcast(cohorts, as_of=AS_OF)
    return time.monotonic() - start


def main() -> None:
    """Print the tables and the time of one run."""
    print(f"Seeds {', '.join(map(str, REPORT_SEEDS))}; RMSE in points of the rate, of single series; 90 % intervals.\n")
    print(report())
    print(f"{PAYERS * CLIENTS * CAUSES:,} series, {WEEKS} weeks: {seconds():.2f} s")


if __name__ == "__main__":
    main()
