"""Comparing 40 coders: what ranks are worth, and how often coders are put on the wrong side of the standard."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.stats import kendalltau

from benchmarks.tables import REPORT_SEEDS, markdown, share
from rcm_pipeline.stats.accuracy_limits import Floats
from rcm_pipeline.stats.beta_binomial import STANDARD, funnel_limits, standings

CODERS, SHOPS = 40, 60  # a shop, a seed
CHARTS = (10, 81)
WEAK = 0.92
Z95_ONE_SIDED = 1.6448536269514722


@dataclass(frozen=True)
class World:
    """True accuracies of the coders of many shops, and what was seen of them."""

    truth: Floats
    right: Floats
    total: Floats


def world(seed: int, mean: float, spread: float, charts: tuple[int, int] = CHARTS) -> World:
    """Shops of 40 coders with a true accuracy around the mean (cut to .75–.999)."""
    rng = np.random.default_rng(seed)
    truth = np.clip(rng.normal(mean, spread, (SHOPS, CODERS)), 0.75, 0.999)
    total = rng.integers(*charts, truth.shape)
    return World(truth, rng.binomial(total, truth).astype(np.float64), total.astype(np.float64))


def judged(one: World) -> pl.DataFrame:
    """Every shop a pool."""
    return standings(
        pl.DataFrame(
            {
                "shop": np.repeat(np.arange(SHOPS), CODERS),
                "truth": one.truth.ravel(),
                "right": one.right.ravel(),
                "total": one.total.ravel(),
            }
        ),
        pool=["shop"],
    )


def estimates(seeds: tuple[int, ...]) -> str:
    """Error of the estimates, ranks, and whether the posterior's interval and chance mean what they say."""
    rows = []
    for spread in (0.01, 0.02, 0.03):
        tables = [judged(world(seed, 0.95, spread)) for seed in seeds]
        found = pl.concat(tables).with_columns((pl.col("right") / pl.col("total")).alias("raw"))
        truth = found["truth"].to_numpy()
        errors = [np.sqrt(((found[name].to_numpy() - truth) ** 2).mean()) for name in ("raw", "posterior_rate")]
        taus = [
            np.mean(
                [
                    kendalltau(part["truth"], part[name]).statistic
                    for part in found.with_columns((pl.col("right") / pl.col("total")).alias("raw"))
                    .with_row_index()
                    .with_columns((pl.col("index") // CODERS).alias("pool"))
                    .partition_by("pool")
                ]
            )
            for name in ("raw", "posterior_rate")
        ]
        held = ((found["posterior_low"].to_numpy() <= truth) & (truth <= found["posterior_high"].to_numpy())).mean()
        said, came = found["below_chance"].mean(), (truth < STANDARD).mean()
        rows.append(
            [
                f"{spread:.0%}",
                *(f"{value:.4f}" for value in errors),
                *(f"{value:.2f}" for value in taus),
                share(held),
                share(said),
                share(came),
            ]
        )  # type: ignore[arg-type]
    head = [
        "sd of truth",
        "RMSE raw",
        "RMSE posterior",
        "Kendall τ raw",
        "τ posterior",
        "95 % interval holds",
        "mean P(below)",
        "truly below",
    ]
    return markdown("40 coders, 10–80 charts, mean accuracy 95 %", head, rows)


def groups(seeds: tuple[int, ...]) -> str:
    """Of every rule: who is accused."""
    rows = []
    for mean in (0.93, 0.95, 0.97):
        found = pl.concat([judged(world(seed, mean, 0.02)) for seed in seeds])
        truth, right, total = (found[name].to_numpy() for name in ("truth", "right", "total"))
        raw = right / total
        rules = {
            "raw below 95 %": raw < STANDARD,
            "one-sided 95 % Wilson": _upper(raw, total) < STANDARD,
            "outside the 95 % funnel": _under(raw, total),
            "chance below at least 90 %": found["below_chance"].to_numpy() >= 0.9,
        }
        good, weak = truth >= STANDARD, truth < WEAK
        for name, accused in rules.items():
            wrongly = good[accused].mean() if accused.any() else np.nan
            rows.append(
                [f"{mean:.0%}", name, share(accused.mean()), share(accused[good].mean()), share(accused[weak].mean()), share(wrongly)]
            )
    head = [
        "mean of coders",
        "rule",
        "share put there",
        "of those at 95 % or more",
        f"of those under {WEAK:.0%}",
        "wrong among those put there",
    ]
    return markdown("Who is put below or above the standard, sd of truth 2 points", head, rows)


def _upper(raw: Floats, total: Floats) -> Floats:
    z = Z95_ONE_SIDED
    return (raw + z * z / (2 * total) + z * np.sqrt(raw * (1 - raw) / total + z * z / (4 * total**2))) / (1 + z * z / total)


def _under(raw: Floats, total: Floats) -> Floats:
    sizes = np.arange(*CHARTS, dtype=np.float64)
    low = funnel_limits(sizes, STANDARD, levels=(0.95,))["low"].to_numpy()
    return raw < low[total.astype(np.int64) - CHARTS[0]]


def report(seeds: tuple[int, ...] = REPORT_SEEDS) -> str:
    """Two tables."""
    return estimates(seeds) + "\n" + groups(seeds)
