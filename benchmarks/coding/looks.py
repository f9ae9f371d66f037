"""Looking every month: how many coders exactly at the standard are ever accused, exactly, and how soon weak coders are caught."""

from collections.abc import Callable

import numpy as np
import polars as pl
from scipy.stats import binom

from benchmarks.coding.coverage import CODES, code_chances
from benchmarks.tables import REPORT_SEEDS, markdown, share
from rcm_pipeline.stats.accuracy_limits import Floats
from rcm_pipeline.stats.eprocess import EvidenceSettings, evidence, log_evidence

SETTINGS = EvidenceSettings()
Z90 = 1.6448536269514722
MONTHS, WEEKS, CODERS = 24, 104, 4000
SIZES = (1, 2, 3, 5, 10, 15, 20, 30, 50, 100, 200, 300)
Rule = Callable[[Floats, float], Floats]  # errors so far, charts so far: does it ring?


def by_evidence(errors: Floats, charts: float) -> Floats:
    """The e-process."""
    return log_evidence(charts - errors, errors, SETTINGS) >= np.log(SETTINGS.alarm)


def by_wilson(errors: Floats, charts: float) -> Floats:
    """The upper limit of a 90 % Wilson interval of all charts so far is below the standard."""
    p = 1 - errors / charts
    centre, half = p + Z90**2 / (2 * charts), Z90 * np.sqrt(p * (1 - p) / charts + Z90**2 / (4 * charts**2))
    return (centre + half) / (1 + Z90**2 / charts) < SETTINGS.standard


def rung(rule: Rule, rate: float, size: int, looks: int) -> Floats:
    """The chance that the rule has rung by each look, exactly: errors are carried on only where it has not."""
    alive, total, found = np.ones(1), 0.0, []
    of_look = binom.pmf(np.arange(size + 1), size, 1 - rate)
    for look in range(1, looks + 1):
        alive = np.convolve(alive, of_look)
        rings = rule(np.arange(len(alive), dtype=np.float64), float(size * look))
        total += alive[rings].sum()
        alive[rings] = 0.0
        found.append(total)
    return np.array(found)


def month_alone(size: int) -> float:
    """Ever below the standard in one month, in 24."""
    passes = binom.cdf(np.floor(size * (1 - SETTINGS.standard) + 1e-9), size, 1 - SETTINGS.standard)
    return float(1 - passes**MONTHS)


def false_alarms() -> str:
    """By size of the look, monthly and weekly."""
    standard = SETTINGS.standard
    rows = []
    for size in SIZES:
        weekly = share(float(rung(by_evidence, standard, size, WEEKS)[-1])) if size <= 30 else "–"
        monthly, rival = (float(rung(rule, standard, size, MONTHS)[-1]) for rule in (by_evidence, by_wilson))
        rows.append([str(size), share(monthly), weekly, share(rival), share(month_alone(size))])
    head = [
        "charts a look",
        "e-process, 24 months",
        "e-process, 104 weeks",
        "Wilson 90 % of all so far, 24 months",
        "a month below 95 %, 24 months",
    ]
    return markdown("Accused at least once though exactly at 95 %, exact", head, rows)


def delays() -> str:
    """Median charts until the alarm."""
    rows = []
    for size in (1, 5, 10, 30):
        medians = []
        for rate in (0.92, 0.90, 0.85):
            reached = rung(by_evidence, rate, size, 900 // size)
            medians.append(str(size * (int(np.searchsorted(reached, 0.5)) + 1)) if reached[-1] >= 0.5 else "> 900")
        rows.append([str(size), *medians])
    return markdown("Median charts until the alarm", ["charts a look", "true .92", ".90", ".85"], rows)


def unit_of_chart(seeds: tuple[int, ...]) -> str:
    """Codes in charts, five to a chart: entered as shares of a chart, or one by one, which is not valid."""
    rows = []
    for size in (5, 10, 30):
        for icc in (0.15, 0.30):
            false = [np.isfinite(_first(seeds, size, SETTINGS.standard, icc, worth)).mean() for worth in (CODES, 1)]
            medians = [float(np.median(_first(seeds, size, rate, icc, CODES))) for rate in (0.90, 0.85)]
            shown = [f"{median:.0f}" if np.isfinite(median) else f"> {size * MONTHS}" for median in medians]
            rows.append([str(size), f"{icc:.2f}", share(float(false[0])), *shown, share(float(false[1]))])
    head = [
        "charts a month",
        "ICC",
        "accused, a chart is its share of right codes",
        "median charts at .90",
        ".85",
        "accused, every code a chart",
    ]
    return markdown(f"Codes in charts, accuracy of codes exactly 95 %, {len(seeds) * CODERS:,} coders, 24 months", head, rows)


def _first(seeds: tuple[int, ...], size: int, rate: float, icc: float, worth: int) -> Floats:
    """Charts until the alarm by coder, infinite where it did not ring; `worth` codes count as one chart."""
    total, found = size * np.arange(1, MONTHS + 1), []
    for seed in seeds:
        kinds = np.random.default_rng((seed, size)).multinomial(size, code_chances(rate, icc), (CODERS, MONTHS))
        right = (kinds @ np.arange(CODES + 1)).cumsum(axis=1)
        rings = log_evidence(right / worth, (total * CODES - right) / worth, SETTINGS) >= np.log(SETTINGS.alarm)
        found.append(np.where(rings, total, np.inf).min(axis=1))
    return np.concatenate(found)


def by_frame() -> bool:
    """Whether `evidence` says of a frame what the formula says of arrays."""
    rng = np.random.default_rng(1)
    right = rng.binomial(10, 0.9, MONTHS)
    dates = pl.date_range(pl.date(2026, 1, 1), pl.date(2027, 12, 1), "1mo", eager=True)
    found = evidence(pl.DataFrame({"coder_id": "c", "date": dates, "right": right, "total": 10}))
    total = 10 * np.arange(1, MONTHS + 1)
    return bool(
        np.allclose(found["log_e_value"], log_evidence(right.cumsum().astype(float), (total - right.cumsum()).astype(float), SETTINGS))
    )


def report(seeds: tuple[int, ...] = REPORT_SEEDS) -> str:
    """Three tables; only codes in charts are simulated."""
    assert by_frame()
    return "\n".join([false_alarms(), delays(), unit_of_chart(seeds)])
