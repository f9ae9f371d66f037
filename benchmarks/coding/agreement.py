"""Do the intervals of agreement and of corrected accuracy hold the truth?"""

import numpy as np
import polars as pl
from scipy.stats import t as student

from benchmarks.tables import REPORT_SEEDS, TUNING_SEEDS, markdown, share
from rcm_pipeline.coding.people.calibration import corrected_accuracy
from rcm_pipeline.stats.agreement import NO, YES, agreement

REVIEWS = {TUNING_SEEDS: (30, 60, 200), REPORT_SEEDS: (20, 30, 60, 100, 200)}
GROUPS = 700  # a seed
TIMES = 7000


def double(seeds: tuple[int, ...]) -> str:
    """AC1 of two auditors who say whether an error is there."""
    rows = []
    for items in REVIEWS[seeds]:
        for both, one in ((0.02, 0.06), (0.05, 0.10), (0.10, 0.20)):
            found = pl.concat([_reviews(seed, items, both, one) for seed in seeds])
            truth = _ac1(both, one)
            ac1, error = found["ac1"].to_numpy(), found["ac1_error"].to_numpy()
            reach = student.ppf(0.975, items - 1) * error
            by_error = ((ac1 - reach <= truth) & (truth <= np.minimum(ac1 + reach, 1))).mean()
            by_share = ((found["ac1_low"].to_numpy() <= truth) & (truth <= found["ac1_high"].to_numpy())).mean()
            kappa = found["kappa"].drop_nulls()
            rows.append(
                [
                    str(items),
                    share(1 - one),
                    share(truth),
                    share(by_error),
                    share(by_share),
                    *(f"{kappa.quantile(q):.2f}" for q in (0.05, 0.95)),
                ]
            )
    head = ["double reviews", "agreement", "AC1", "t by standard error holds", "ours holds", "kappa 5 %", "kappa 95 %"]
    return markdown(f"Gwet's AC1, {len(seeds) * GROUPS:,} samples a row", head, rows)


def _reviews(seed: int, items: int, both: float, one: float) -> pl.DataFrame:
    kinds = np.random.default_rng((seed, items)).choice(4, GROUPS * items, p=[both, one / 2, one / 2, 1 - both - one])
    table = pl.DataFrame({"group": np.repeat(np.arange(GROUPS), items), "kind": kinds}).select(
        "group",
        pl.when(pl.col("kind") < 2).then(pl.lit(YES)).otherwise(pl.lit(NO)).alias("a"),
        pl.when(pl.col("kind").is_in([0, 2])).then(pl.lit(YES)).otherwise(pl.lit(NO)).alias("b"),
    )
    return agreement(table, by=["group"], categories=[YES, NO])


def _ac1(both: float, one: float) -> float:
    found = both + one / 2
    chance = 2 * found * (1 - found)
    return (1 - one - chance) / (1 - chance)


def calibrated(seeds: tuple[int, ...]) -> str:
    """Corrected accuracy: bias before and after, coverage of the interval."""
    rows = []
    for sens, spec, wrong, clean in ((0.9, 0.98, 20, 60), (0.8, 0.97, 30, 100), (0.9, 0.98, 60, 200)):
        for error in (0.02, 0.05, 0.10):
            for total in (60, 200):
                found = pl.concat([_audits(seed, error, total, (sens, spec), (wrong, clean)) for seed in seeds])
                truth = 1 - error
                holds = found.select((pl.col("corrected_low").le(truth) & pl.col("corrected_high").ge(truth)).mean()).item()
                means = found.select((pl.col("right") / pl.col("total")).mean(), pl.col("corrected_rate").mean()).row(0)
                rows.append(
                    [f"{sens:.2f} / {spec:.2f}, {wrong} + {clean} items", share(truth), str(total), *map(share, means), share(holds)]
                )
    head = ["Se / Sp, calibration set", "true accuracy", "charts", "mean seen", "mean corrected", "interval holds"]
    return markdown(f"Accuracy corrected for the auditor's errors, {len(seeds) * TIMES:,} samples a row", head, rows)


def _audits(seed: int, error: float, total: int, true: tuple[float, float], sizes: tuple[int, int]) -> pl.DataFrame:
    rng = np.random.default_rng((seed, total, round(1000 * error)))
    seen = rng.binomial(total, error * true[0] + (1 - error) * (1 - true[1]), TIMES)
    numbers = {"found_count": rng.binomial(sizes[0], true[0], TIMES), "cleared_count": rng.binomial(sizes[1], true[1], TIMES)}
    table = pl.DataFrame({"right": total - seen, **numbers}).with_columns(total=total, wrong_count=sizes[0], right_count=sizes[1])
    return corrected_accuracy(table)


def report(seeds: tuple[int, ...] = REPORT_SEEDS) -> str:
    """Two tables."""
    return double(seeds) + "\n" + calibrated(seeds)
