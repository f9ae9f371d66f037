"""Measure rows, each in a process of its own, in turns while that is quick, and keep the run of least CPU time."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import StoppedError, in_own_process
from benchmarks.x12.files import Files, sizes_mb
from benchmarks.x12.plan import Row
from benchmarks.x12.venvs import python_of

LIMIT_SECONDS = 120.0
TURNS, QUICK_SECONDS = 3, 20.0


@dataclass(frozen=True)
class Measurement:
    """What a row cost; without cost when there was a problem."""

    row: Row
    mb: float
    file_count: int
    cost: dict[str, float]
    problem: str = ""

    @property
    def speed(self) -> float:
        """Megabytes per CPU second."""
        return self.mb / self.cost["cpu"]

    @property
    def is_quick(self) -> bool:
        """True when it may be measured again."""
        return not self.problem and self.cost["wall"] < QUICK_SECONDS


def measure(rows: list[Row], files: dict[str, Files], report: Callable[[Measurement], None]) -> list[Measurement]:
    """One measurement per row, in order. All rows take a turn before any is measured again, so that what else runs here hits them alike."""
    least: dict[Row, Measurement] = {}
    for turn in range(TURNS):
        for row in rows:
            if turn == 0 or least[row].is_quick:
                found = _once(row, files[row.kind])
                report(found)
                if turn == 0 or (not found.problem and found.speed > least[row].speed):
                    least[row] = found
    return list(least.values())


def _once(row: Row, files: Files) -> Measurement:
    path: Path = getattr(files, row.part)
    sizes = sizes_mb(path)
    cost: dict[str, float] = {}
    python, problem = python_of(row.reader.name, row.reader.packages)
    if not problem:
        arguments = (row.reader.module, row.call, str(path), str(files.tiny))
        try:
            cost = in_own_process("benchmarks.x12.worker", *arguments, python=python, limit=LIMIT_SECONDS)
        except StoppedError as stopped:
            problem = str(stopped)
    return Measurement(row, sum(sizes), len(sizes), cost, problem)
