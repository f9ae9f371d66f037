"""`python -m benchmarks.spikes [power] [scenarios] …`: tables of what the spike detector and the nowcast find; all when none is named.

`--tuning` takes the seeds that may be looked at while the detector is changed, instead of those reported.
"""

import sys
import time
from collections.abc import Callable

from benchmarks.spikes import discovery, noufaily, nowcasts, payer_line, power, scenarios, slowdown, speed
from benchmarks.spikes.tables import REPORT_SEEDS, TUNING_SEEDS

PARTS: dict[str, Callable[[tuple[int, ...]], str]] = {
    "power": power.report,
    "scenarios": scenarios.report,
    "discovery": discovery.report,
    "slowdown": slowdown.report,
    "payer_line": payer_line.report,
    "noufaily": noufaily.report,
    "speed": speed.report,
    "nowcasts": nowcasts.report,
}


def main() -> None:
    """The named parts, in their order here."""
    named = [argument for argument in sys.argv[1:] if argument != "--tuning"]
    if unknown := set(named) - set(PARTS):
        sys.exit(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    seeds = TUNING_SEEDS if "--tuning" in sys.argv else REPORT_SEEDS
    print(f"Seeds {', '.join(map(str, seeds))}.\n")
    for name in named or PARTS:
        start = time.monotonic()
        print(PARTS[name](seeds), flush=True)
        print(f"{name}: {time.monotonic() - start:.0f} s\n", flush=True)


if __name__ == "__main__":
    main()
