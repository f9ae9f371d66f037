"""The planner beside published numbers, and what a pass rule does."""

import numpy as np

from benchmarks.tables import REPORT_SEEDS, markdown, share
from rcm_pipeline.coding.sampling.planning import charts_for_half_width, charts_to_prove, pass_chance, zero_error_charts


def report(_: tuple[int, ...] = REPORT_SEEDS) -> str:
    """Three tables; nothing is drawn."""
    widths = [
        [f"±{width:.0%}", *(str(charts_for_half_width(width, 0.95, frame_count=frame)) for frame in (None, 2000, 500, 300)),
         str(charts_for_half_width(width, 0.95, method="simple"))]
        for width in (0.05, 0.03, 0.02)
    ]  # fmt: skip
    proofs = [[f"{truth:.0%}", *map(str, charts_to_prove(0.95, truth))] for truth in (0.97, 0.98, 0.99)]
    rates = np.array([0.99, 0.98, 0.97, 0.95, 0.92, 0.90, 0.85])
    passes = [[str(charts), *map(share, pass_chance(rates, charts))] for charts in (10, 30, 60, 100, 300)]
    zero = ", ".join(
        f"{limit:.0%}: {zero_error_charts(limit)}, of 300 {zero_error_charts(limit, frame_count=300)}" for limit in (0.1, 0.05, 0.02, 0.01)
    )
    return "\n".join(
        [
            markdown(
                "Charts for a half-width at 95 %", ["half-width", "endless frame", "of 2,000", "of 500", "of 300", "simple formula"], widths
            ),
            markdown("Charts to prove 95 % with power .8", ["truth", "charts", "errors allowed"], proofs),
            markdown("P(pass if at least 95 % are right)", ["charts", *(f"true {rate:.0%}" for rate in rates)], passes),
            f"Charts without an error that show fewer errors than (95 %): {zero}.\n",
        ]
    )
