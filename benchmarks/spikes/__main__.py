"""`python -m benchmarks.spikes [power] [scenarios] …`: tables of what the spike detector and the nowcast find; all when none is named.

`--tuning` takes the seeds that may be looked at while the detector is changed, instead of those reported.
"""

from collections.abc import Callable

from benchmarks.parts import run
from benchmarks.spikes import discovery, noufaily, nowcasts, payer_line, power, scenarios, slowdown, speed, surveillance

PARTS: dict[str, Callable[[tuple[int, ...]], str]] = {
    "power": power.report,
    "scenarios": scenarios.report,
    "discovery": discovery.report,
    "slowdown": slowdown.report,
    "payer_line": payer_line.report,
    "noufaily": noufaily.report,
    "speed": speed.report,
    "nowcasts": nowcasts.report,
    "surveillance": surveillance.report,
}


if __name__ == "__main__":
    run(PARTS)
