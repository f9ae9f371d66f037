"""What a whole `rcm run` costs by size: claims, wall and CPU seconds, peak memory, and a second run over the same inbox."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SCALES = (1.0, 4.0, 12.0)


def run(folder: Path) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak megabytes of one `rcm run`."""
    command = [
        sys.executable,
        "-m",
        "rcm_pipeline",
        "run",
        "--inbox",
        str(folder / "inbox"),
        "--settings",
        str(folder / "settings"),
        "--home",
        str(folder / "home"),
    ]
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000


def main() -> None:
    from rcm_pipeline.sample.generate import generate

    print("| claims | wall s | CPU s | peak MB | again, wall s |\n|---|---|---|---|---|")
    for scale in SCALES:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            claims = sum(generate(folder, scale=scale).values())
            wall, cpu, peak = run(folder)
            again, _, _ = run(folder)
            print(f"| {claims:,} | {wall:.1f} | {cpu:.1f} | {peak:.0f} | {again:.2f} |")


if __name__ == "__main__":
    main()
