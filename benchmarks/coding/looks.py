"""Looking at a coder every month: how many at the standard are ever accused, how soon weak ones are found, turned ones, recovered ones."""

from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.coding.coverage import CODES, code_chances
from benchmarks.tables import REPORT_SEEDS, markdown, share
from rcm_pipeline.stats.accuracy_limits import Floats
from rcm_pipeline.stats.eprocess import ABOVE, BELOW, Detector, Side, gains
from schemas.thresholds import EVIDENCE_ALARM

STANDARD, LIKELY = 0.95, 0.15  # ICC of the codes of a chart
Z90 = 1.6448536269514722
CODERS = 2000  # a seed
SIZES = (10, 20, 30)
SCORES = np.arange(CODES + 1) / CODES
Kinds = Floats  # coders x months x right codes of a chart: how many charts
Rule = Callable[[Kinds], Floats]  # coders x months: above 0 where it rings


def charts(seeds: Sequence[int], rates: Sequence[float], size: int, icc: float = LIKELY) -> Kinds:
    """Charts of five codes by month, whose true accuracies are these; ICC 1 is a chart all right or all wrong."""
    found = []
    for seed in seeds:
        rng = np.random.default_rng((seed, size))
        found.append(np.stack([rng.multinomial(size, code_chances(rate, min(icc, 0.999)), CODERS) for rate in rates], axis=1))
    return np.concatenate(found).astype(np.float64)


def detected(kinds: Kinds, side: Side = BELOW) -> Floats:
    """The detector, as `coder_turns` has it."""
    gained = kinds @ gains(SCORES, STANDARD, side)
    detector, found = Detector.of(len(kinds), side), []
    for month in range(kinds.shape[1]):
        detector = detector.after(gained[:, month], kinds[:, month].sum(axis=1) > 0)
        found.append(detector.log_evidence - np.log(EVIDENCE_ALARM))
    return np.stack(found, axis=1)


def from_the_first(kinds: Kinds) -> Floats:
    """The same bets all begun in the first month."""
    wealth = (kinds @ gains(SCORES, STANDARD, BELOW)).cumsum(axis=1)
    return np.asarray(np.logaddexp.reduce(wealth, axis=2) - np.log(len(BELOW.bets) * EVIDENCE_ALARM))


def wilson(kinds: Kinds) -> Floats:
    """The upper limit of a 90 % Wilson interval of all codes so far is below the standard: what a spreadsheet does."""
    n = kinds.sum(axis=2).cumsum(axis=1) * CODES
    p = (kinds @ SCORES).cumsum(axis=1) * CODES / n
    centre, half = p + Z90**2 / (2 * n), Z90 * np.sqrt(p * (1 - p) / n + Z90**2 / (4 * n**2))
    return STANDARD - (centre + half) / (1 + Z90**2 / n)


def sprt(kinds: Kinds) -> Floats:
    """Wald's test of 0.95 against 0.90 with 5 % and 20 % errors, a chart by its share right; begun again where it accepts."""
    step = (kinds @ (SCORES * np.log(0.90 / STANDARD) + (1 - SCORES) * np.log(0.10 / (1 - STANDARD)))).T
    level, found = np.zeros(step.shape[1]), []
    for month in step:
        level = np.where(level <= np.log(0.2 / 0.95), 0.0, level) + month
        found.append(level - np.log(0.8 / 0.05))
    return np.stack(found, axis=1)


RULES: dict[str, Rule] = {"detector": detected, "bets of the first month alone": from_the_first, "Wilson 90 %": wilson, "SPRT": sprt}


def first(rule: Floats, begin: int = 0) -> Floats:
    """Months from `begin` to the first ring; 0 where it rang before, infinite where never."""
    rings = rule > 0
    found = np.where(rings.any(axis=1), rings.argmax(axis=1) + 1 - begin, np.inf)
    return np.maximum(found, 0)


def false_alarms(seeds: Sequence[int]) -> str:
    """Of coders at the standard all the time."""
    rows = []
    for size in (1, 5, 10, 30, 100):
        for icc in (LIKELY, 1.0):
            kinds = charts(seeds, [STANDARD] * 48, size, icc)
            ever = {name: first(rule(kinds)) for name, rule in RULES.items()}
            rows.append([str(size), "whole charts" if icc == 1 else "codes", *(share((ever[name] <= 24).mean()) for name in RULES)])
            rows[-1].append(share((ever["detector"] <= 48).mean()))
    head = ["charts a month", "counted in", *(f"{name}, 24 months" for name in RULES), "detector, 48 months"]
    return markdown(f"Accused at least once though exactly at 95 %, {len(seeds) * CODERS:,} coders", head, rows)


def found(seeds: Sequence[int]) -> str:
    """Of coders who are weak all the time, and of some who turn."""
    rows = []
    for size in SIZES:
        for name, rule in RULES.items():
            at_90 = first(rule(charts(seeds, [0.90] * 36, size)))
            at_93 = first(rule(charts(seeds, [0.93] * 24, size)))
            turned = first(rule(charts(seeds, [0.97] * 24 + [0.85] * 24, size)), begin=24)
            median = np.median(at_90)
            within = [share(((turned > 0) & (turned <= months)).mean()) for months in (6, 12)]
            rows.append([str(size), name, f"{median:.0f}" if np.isfinite(median) else "> 36", share((at_93 <= 24).mean()), *within])
    head = ["charts a month", "rule", "median months at .90", "at .93 within 24", ".97, then .85: within 6", "within 12"]
    return markdown("Found, codes in charts of five, ICC 0.15", head, rows)


def recovered(seeds: Sequence[int]) -> str:
    """Of coders who are well from the education on, and of those whose education nobody wrote down."""
    rows = []
    for size in SIZES:
        shown = [size]
        for bad in (0, 8):
            months = first(detected(charts(seeds, [0.85] * bad + [0.98] * 60, size), ABOVE), begin=bad)
            shown.append(np.median(months))
        at_standard = first(detected(charts(seeds, [STANDARD] * 48, size), ABOVE))
        rows.append([str(shown[0]), *(f"{value:.0f}" for value in shown[1:]), share((at_standard <= 48).mean())])
    head = ["charts a month", "median months at .98", "the same, begun 8 months at .85 too early", "at .95: ever in 48 months"]
    return markdown("Recovery shown", head, rows)


def report(seeds: tuple[int, ...] = REPORT_SEEDS) -> str:
    """Three tables."""
    return "\n".join([false_alarms(seeds), found(seeds), recovered(seeds)])
