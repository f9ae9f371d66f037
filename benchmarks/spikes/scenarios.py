"""The detector and the oracle where the main scenario's assumptions fail; the oracle does not know of correlation between weeks."""

from benchmarks.spikes.power import BOTH, compared
from benchmarks.spikes.simulate import SCENARIOS
from benchmarks.tables import REPORT_SEEDS, markdown, percent, share, times


def report(seeds: tuple[int, ...] = REPORT_SEEDS) -> str:
    """One world for each scenario."""
    head = [
        "scenario",
        "power 1 %",
        "power 0.1 %",
        "of oracle 1 %",
        "of oracle 0.1 %",
        "P(p<.01)/.01",
        "P(p<.001)/.001",
        "January",
        "judged",
    ]
    rows = []
    for scenario in SCENARIOS:
        found = compared(scenario, seeds[:1], BOTH)
        ours, best = found["detector"], found["oracle"]
        chances = map(times, [*ours.calibration, ours.january])
        rows.append([scenario.name, *map(share, ours.power), *map(percent, ours.power / best.power), *chances, percent(ours.judged)])
    return markdown("Power within 2 weeks and calibration by scenario", head, rows)
