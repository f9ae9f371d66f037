"""How often the 95 % interval holds the truth: simple samples, finite frames and codes in charts, over accuracies of 85–99 %."""

import numpy as np
import polars as pl
from scipy.special import betaln, comb
from scipy.stats import beta, binom, hypergeom

from benchmarks.tables import REPORT_SEEDS, TUNING_SEEDS, markdown, share
from rcm_pipeline.coding.accuracy.clusters import pooled_icc
from rcm_pipeline.stats.accuracy_limits import Floats, accuracy_limits
from rcm_pipeline.stats.intervals import Z95
from rcm_pipeline.stats.stratified import stratified_interval

FINE = np.arange(0.85, 0.99005, 0.0005)  # exact chances are cheap
COARSE = np.arange(0.85, 0.9905, 0.01)  # simulated ones are not
LEAST = 0.92
SIZES = {TUNING_SEEDS: (10, 12, 15, 20, 30, 60, 120), REPORT_SEEDS: (10, 11, 14, 18, 25, 35, 50, 75, 100, 119)}
FRAMES = {
    TUNING_SEEDS: ((10, 40), (30, 60), (60, 300), (12, 60), (20, 200), (50, 90), (90, 120), (40, 500)),
    REPORT_SEEDS: ((12, 45), (20, 70), (35, 110), (45, 600), (80, 350), (100, 140)),
}
CHARTS = {TUNING_SEEDS: (10, 30, 100), REPORT_SEEDS: (10, 15, 25, 50, 80, 120)}
CODES, CODERS, SHOPS = 5, 40, 80  # a chart, a shop, a seed
Limits = tuple[Floats, Floats]


def covered(limits: Limits, chances: Floats, truths: Floats) -> Floats:
    """The chance by truth that the limits hold it; chances by outcome and truth."""
    low, high = (side[:, None] for side in limits)
    found: Floats = (chances * ((low <= truths + 1e-12) & (truths <= high + 1e-12))).sum(axis=0)
    return found


def wilson(right: Floats, size: Floats) -> Limits:
    """Wilson as it is."""
    p, z = right / size, Z95
    centre, half = (p + z * z / 2 / size) / (1 + z * z / size), z / (1 + z * z / size) * np.sqrt(p * (1 - p) / size + (z / 2 / size) ** 2)
    return np.where(p <= 0, 0.0, centre - half), np.where(p >= 1, 1.0, centre + half)


def clopper_pearson(right: Floats, size: Floats) -> Limits:
    """The exact interval that is never short."""
    low, high = beta.ppf(0.025, right, size - right + 1), beta.ppf(0.975, right + 1, size - right)
    return np.where(right <= 0, 0.0, low), np.where(right >= size, 1.0, high)


def least_possible(size: int) -> float:
    """The mean coverage of the shortest runs of counts that are covered 92 % everywhere: no interval can be nearer to 95 % from above."""
    sums = np.concatenate([np.zeros((1, len(FINE))), binom.cdf(np.arange(size + 1)[:, None], size, FINE)])
    best = np.full(len(FINE), 2.0)
    for start in range(size + 1):
        run = sums[start + 1 :] - sums[start]
        best = np.minimum(best, np.where(run >= LEAST, run, 2.0).min(axis=0))
    return float(best.mean())


def simple(sizes: tuple[int, ...]) -> str:
    """Simple random samples of charts, exact."""
    rows = []
    for size in sizes:
        right = np.arange(size + 1.0)
        chances = binom.pmf(right[:, None], size, FINE)
        found = [covered(method(right, np.full_like(right, size)), chances, FINE) for method in (wilson, clopper_pearson, accuracy_limits)]
        rows.append([str(size), *(share(value) for one in found for value in (one.mean(), one.min())), share(least_possible(size))])
    head = [
        "charts",
        "Wilson mean",
        "least",
        "Clopper–Pearson mean",
        "least",
        "ours mean",
        "least",
        "least mean possible with 92 % everywhere",
    ]
    return markdown("Simple random samples, exact, accuracy 85–99 % by 0.05 points", head, rows)


def finite(frames: tuple[tuple[int, int], ...]) -> str:
    """Samples from a frame of few charts, exact, over the true counts from 85 to 99 %."""
    rows = []
    for size, frame in frames:
        truths = np.arange(np.ceil(0.85 * frame), np.floor(0.99 * frame) + 1)
        right = np.arange(size + 1)
        chances = hypergeom.pmf(right[:, None], frame, truths, size)
        one = pl.DataFrame({"scope": right, "right": right}).with_columns(
            pl.lit("all").alias("stratum"), total=size, sample_count=size, frame_count=frame
        )
        ours = stratified_interval(one, ["scope"])
        limits = [ours[side].to_numpy() for side in ("low", "high")]
        plain = wilson(right.astype(np.float64), np.full(size + 1, float(size)))
        found = [covered(two, chances, truths / frame) for two in (plain, (limits[0], limits[1]))]
        rows.append([f"{size} of {frame}", *(share(value) for one in found for value in (one.mean(), one.min()))])
    return markdown("Finite frames, exact", ["charts", "Wilson mean", "least", "ours mean", "least"], rows)


def code_chances(rate: float, icc: float) -> Floats:
    """Chances of 0 to 5 right codes in a chart (beta-binomial)."""
    k, worth = np.arange(CODES + 1), 1 / icc - 1
    log = betaln(rate * worth + k, (1 - rate) * worth + CODES - k) - betaln(rate * worth, (1 - rate) * worth)
    return np.asarray(comb(CODES, k) * np.exp(log))


def shop_icc(kinds: Floats) -> Floats:
    """`pooled_icc` of many shops at once, from counts of charts by shop, coder and number of right codes."""
    k = np.arange(CODES + 1)
    charts = kinds.sum(axis=2)
    right = kinds @ k
    rate = right / (CODES * charts)
    between = (kinds * CODES * (k / CODES - rate[:, :, None]) ** 2).sum(axis=(1, 2))
    within = (kinds * k * (1 - k / CODES)).sum(axis=(1, 2))
    free = charts.sum(axis=1) - charts.shape[1], (CODES - 1) * charts.sum(axis=1)
    ms_between, ms_within = between / free[0], within / free[1]
    spread = ms_between + (CODES - 1) * ms_within
    return np.clip(np.where(spread > 0, (ms_between - ms_within) / np.where(spread > 0, spread, 1), 0), 0, 1)


def in_charts(seeds: tuple[int, ...], sizes: tuple[int, ...]) -> str:
    """Codes in charts, five to a chart; the ICC is estimated from a shop of 40 coders as accurate as each other."""
    rows = []
    for size in sizes:
        for icc in (0.05, 0.15, 0.30):
            found = np.array(
                [_codes_once(np.random.default_rng((seed, size, at)), size, rate, icc) for seed in seeds for at, rate in enumerate(COARSE)]
            )
            by_truth = found.reshape(len(seeds), len(COARSE), 3).mean(axis=0)
            rows.append([str(size), f"{icc:.2f}", *(share(value) for one in by_truth.T for value in (one.mean(), one.min()))])
    head = ["charts", "ICC", "Wilson on codes mean", "least", "Wilson on n_eff mean", "least", "ours on n_eff mean", "least"]
    times = len(seeds) * SHOPS * CODERS
    return markdown(f"Codes in charts, {times:,} intervals an accuracy, 15 accuracies", head, rows)


def _codes_once(rng: np.random.Generator, size: int, rate: float, icc: float) -> list[float]:
    kinds = rng.multinomial(size, code_chances(rate, icc), (SHOPS, CODERS)).astype(np.float64)
    right, total = kinds @ np.arange(CODES + 1), float(size * CODES)
    effective = np.broadcast_to((total / (1 + (CODES - 1) * shop_icc(kinds)))[:, None], right.shape)
    share_right = right / total
    found = []
    for low, high in (
        wilson(right, np.full_like(right, total)),
        wilson(share_right * effective, effective),
        accuracy_limits(share_right * effective, effective),
    ):
        found.append(float(((low <= rate) & (rate <= high)).mean()))
    return found


def same_icc(seed: int) -> bool:
    """Whether the fast ICC here is that of the library."""
    kinds = np.random.default_rng(seed).multinomial(12, code_chances(0.93, 0.2), (1, 6)).astype(np.float64)
    charts = pl.DataFrame(
        [(coder, right, CODES) for coder in range(6) for right in range(CODES + 1) for _ in range(int(kinds[0, coder, right]))],
        schema=["coder", "right", "total"],
        orient="row",
    )
    return bool(np.isclose(pooled_icc(charts, "coder"), shop_icc(kinds)[0]))


def report(seeds: tuple[int, ...] = REPORT_SEEDS) -> str:
    """Three tables."""
    assert same_icc(seeds[0])
    return "\n".join([simple(SIZES[seeds]), finite(FRAMES[seeds]), in_charts(seeds, CHARTS[seeds])])
