"""Coverage of samples that take more of the risky charts: every outcome of two strata, and simulated shops with all at once."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.stats import binom

from benchmarks.coding.coverage import CODES, code_chances, covered, wilson
from benchmarks.tables import REPORT_SEEDS, TUNING_SEEDS, markdown, percent, share
from rcm_pipeline.coding.accuracy.clusters import pooled_icc, stratum_counts
from rcm_pipeline.stats.accuracy_limits import Floats
from rcm_pipeline.stats.intervals import Z95
from rcm_pipeline.stats.stratified import stratified_interval

TRUTHS = np.arange(0.85, 0.99005, 0.0025)
SHARES = (0.1, 0.3, 0.6)  # of the frame in the risk stratum
SHOP_LEVELS = (0.97, 0.90)  # accuracy of the shop, whatever that of the coder
ENDLESS = 10**9
SIZES = {TUNING_SEEDS: (15, 20, 30, 60, 120), REPORT_SEEDS: (15, 18, 25, 40, 75, 120)}
HEAVY = {TUNING_SEEDS: 0.75, REPORT_SEEDS: 0.8}  # of the sample in the risk stratum
TIMES = {TUNING_SEEDS: 3.0, REPORT_SEEDS: 4.0}  # errors of the risk stratum over those of the rest
METHODS = ("Wald", "D3", "ours")


@dataclass(frozen=True)
class Cell:
    """A design: the risk stratum's share of the frame, charts sampled in it and in the rest, and how the strata differ."""

    share: float
    sampling: str
    risk: int
    rest: int
    differ: str
    times: float

    def accuracies(self, truth: Floats) -> tuple[Floats, Floats]:
        """Of the risk stratum and the rest; nan where the difference does not fit."""
        error = 1 - truth
        if self.differ == "10 points":
            rest = error - 0.1 * self.share
            return np.where(rest > 0, 1 - rest - 0.1, np.nan), np.where(rest > 0, 1 - rest, np.nan)
        times = 1.0 if self.differ == "no" else self.times
        rest = error / (1 + (times - 1) * self.share)
        return 1 - times * rest, 1 - rest


def cells(seeds: tuple[int, ...]) -> Iterator[Cell]:
    """All designs."""
    for size in SIZES[seeds]:
        for held in SHARES:
            for sampling, of_sample in (("as the frame", held), ("half each", 0.5), ("risk-heavy", HEAVY[seeds])):
                risk = max(1, round(size * of_sample))
                for differ in ("no", "times", "10 points"):
                    yield Cell(held, sampling, risk, size - risk, differ, TIMES[seeds])


def outcomes(cell: Cell) -> tuple[Floats, Floats]:
    """Right charts of both strata, all pairs."""
    risk, rest = np.meshgrid(np.arange(cell.risk + 1.0), np.arange(cell.rest + 1.0), indexing="ij")
    return risk.ravel(), rest.ravel()


def judged(cell: Cell, level: float) -> dict[str, Floats]:
    """Coverage by truth and method, all outcomes weighted by their chance."""
    risk, rest = outcomes(cell)
    shop = cell.accuracies(np.array([level]))
    prior = tuple(float(np.nan_to_num(one[0], nan=fallback)) for one, fallback in zip(shop, (0.88, 0.98), strict=True))
    p_risk, p_rest = cell.accuracies(TRUTHS)
    fits = ~np.isnan(p_risk)
    chances = binom.pmf(risk[:, None], cell.risk, p_risk[fits]) * binom.pmf(rest[:, None], cell.rest, p_rest[fits])
    limits = {"Wald": _wald(cell, risk, rest), "D3": _d3(cell, risk, rest, prior), "ours": _ours(cell, risk, rest, prior)}
    return {name: covered(two, chances, TRUTHS[fits]) for name, two in limits.items()}


def _ours(cell: Cell, risk: Floats, rest: Floats, prior: tuple[float, ...]) -> tuple[Floats, Floats]:
    scopes = np.arange(len(risk))
    parts = [
        pl.DataFrame({"scope": scopes, "right": right}).with_columns(
            pl.lit(name).alias("stratum"), total=size, sample_count=size, frame_count=round(ENDLESS * held), shop_rate=shop
        )
        for name, right, size, held, shop in (
            ("risk", risk, cell.risk, cell.share, prior[0]),
            ("rest", rest, cell.rest, 1 - cell.share, prior[1]),
        )
    ]
    found = stratified_interval(pl.concat(parts).sort("scope", maintain_order=True), ["scope"])
    return found["low"].to_numpy(), found["high"].to_numpy()


def _d3(cell: Cell, risk: Floats, rest: Floats, prior: tuple[float, ...]) -> tuple[Floats, Floats]:
    """Wilson on the effective size of strata that lean on the shop by eight charts."""
    weights, sizes, seen = (cell.share, 1 - cell.share), (cell.risk, cell.rest), (risk, rest)
    rate = sum(w * x / n for w, x, n in zip(weights, seen, sizes, strict=True))
    lean = [(x + 8 * s) / (n + 8) for x, n, s in zip(seen, sizes, prior, strict=True)]
    centre = sum(w * p for w, p in zip(weights, lean, strict=True))
    size = centre * (1 - centre) / sum(w * w * p * (1 - p) / n for w, p, n in zip(weights, lean, sizes, strict=True))
    return wilson(rate * size, size)


def _wald(cell: Cell, risk: Floats, rest: Floats) -> tuple[Floats, Floats]:
    weights, sizes, seen = (cell.share, 1 - cell.share), (cell.risk, cell.rest), (risk, rest)
    rate = sum(w * x / n for w, x, n in zip(weights, seen, sizes, strict=True))
    half = Z95 * np.sqrt(sum(w * w * x / n * (1 - x / n) / n for w, x, n in zip(weights, seen, sizes, strict=True)))
    return rate - half, rate + half


def enumerated(seeds: tuple[int, ...]) -> str:
    """Two strata, every outcome."""
    found = [(cell, level, judged(cell, level)) for cell in cells(seeds) for level in SHOP_LEVELS]
    rows = [[name, *_row([one for _, _, one in found], name)] for name in METHODS]
    for held in SHARES:
        for sampling in ("as the frame", "half each", "risk-heavy"):
            chosen = [one for cell, _, one in found if (cell.share, cell.sampling) == (held, sampling)]
            rows.append([f"ours, risk stratum {percent(held)}, {sampling}", *_row(chosen, "ours")])
    sizes = {f"{size} charts": [one for cell, _, one in found if cell.risk + cell.rest == size] for size in SIZES[seeds]}
    differing = {f"strata differ: {kind}": [one for cell, _, one in found if cell.differ == kind] for kind in ("no", "times", "10 points")}
    rows.extend([f"ours, {name}", *_row(chosen, "ours")] for name, chosen in {**sizes, **differing}.items())
    head = [
        "method and cells",
        "cells",
        "mean",
        "lowest cell",
        "highest cell",
        "cells .94–.96",
        "above",
        "worst accuracy of any cell",
        "cells with one below .92",
    ]
    title = (
        f"Risk strata, exact: {len(found)} cells (size, share, sampling, difference, shop at 97 or 90 %), accuracy 85–99 % by 0.25 points"
    )
    return markdown(title, head, rows)


def _row(found: list[dict[str, Floats]], name: str) -> list[str]:
    means = np.array([one[name].mean() for one in found])
    least = np.array([one[name].min() for one in found])
    inside, above = (means >= 0.94) & (means <= 0.96), means > 0.96
    return [
        str(len(found)),
        share(means.mean()),
        share(means.min()),
        share(means.max()),
        percent(inside.mean()),
        percent(above.mean()),
        share(least.min()),
        percent((least < 0.92).mean()),
    ]


CODERS, SHOPS = 30, 60
FRAMES = {"two strata": (60, 240), "three strata": (30, 90, 180)}


def simulated(seeds: tuple[int, ...]) -> str:
    """Shops with everything at once: coders that differ, finite frames, codes in charts, ICC and shop accuracy estimated."""
    rows = []
    for name, frames in FRAMES.items():
        for size in (15, 40, 100):
            for icc in (0.0, 0.15, 0.30):
                found = [_shop(np.random.default_rng((seed, size, at)), frames, size, icc) for seed in seeds for at in range(SHOPS)]
                rows.append([name, str(size), "charts" if icc == 0 else f"codes, ICC {icc:.2f}", share(float(np.mean(found)))])
    times = len(seeds) * SHOPS * CODERS
    return markdown(f"Whole shops, {times:,} coders a row, accuracies differ by 2 points", ["frame", "charts", "unit", "coverage"], rows)


def _shop(rng: np.random.Generator, frames: tuple[int, ...], size: int, icc: float) -> float:
    """Share of coders whose interval holds the accuracy of their own frame."""
    worse = np.linspace(0.06, 0.0, len(frames))
    level = np.clip(rng.normal(0.95, 0.02, CODERS), 0.86, 0.995)
    weights, drawn = np.array(frames) / sum(frames), _drawn(frames, size)
    codes = 1 if icc == 0 else CODES
    charts, truth = [], np.zeros(CODERS)
    for at, held in enumerate(frames):
        rate = np.clip(level + (worse * weights).sum() - worse[at], 0.5, 0.998)
        right = np.stack([_charts(rng, held, one, icc) for one in rate])
        truth += weights[at] * right.mean(axis=1) / codes
        sampled = right[:, : drawn[at]]
        charts.append(
            pl.DataFrame(
                {"coder": np.repeat(np.arange(CODERS), drawn[at]), "right": sampled.ravel(), "total": np.full(sampled.size, codes)}
            ).with_columns(pl.lit(str(at)).alias("stratum"), pl.lit(held).alias("frame_count"))
        )
    table = pl.concat(charts)
    alike = 0.0 if icc == 0 else pooled_icc(table.with_columns(pl.concat_str("coder", "stratum", separator=" ").alias("group")), "group")
    counts = stratum_counts(table, ["coder", "stratum", "frame_count"], alike)
    found = stratified_interval(counts, ["coder"]).sort("coder")
    low, high = found["low"].to_numpy(), found["high"].to_numpy()
    return float(((low <= truth + 1e-9) & (truth <= high + 1e-9)).mean())


def _charts(rng: np.random.Generator, count: int, rate: float, icc: float) -> Floats:
    """Right codes of charts in random order, so that the first are a sample."""
    if icc == 0:
        return np.asarray(rng.random(count) < rate, dtype=np.int64)
    return rng.choice(CODES + 1, count, p=code_chances(rate, icc) / code_chances(rate, icc).sum())


def _drawn(frames: tuple[int, ...], size: int) -> list[int]:
    """Risk-heavy: half of the sample from the riskiest stratum, no more than it holds; the rest evenly."""
    first = min(size // 2, frames[0])
    others = len(frames) - 1
    return [first, *[(size - first) // others] * others]


def report(seeds: tuple[int, ...] = REPORT_SEEDS) -> str:
    """Two tables."""
    return enumerated(seeds) + "\n" + simulated(seeds)
