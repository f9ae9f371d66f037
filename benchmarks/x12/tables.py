"""Measurements as markdown tables."""

import os
import platform
from collections.abc import Iterable
from importlib.metadata import version

from benchmarks.x12.files import KINDS
from benchmarks.x12.plan import Reader
from benchmarks.x12.run import LIMIT_SECONDS, QUICK_SECONDS, TURNS, Measurement

_HEAD = ("reader", "called", "output", "given", "MB per CPU s", "wall s", "memory MB", "claims")
_OURS = ("ours", "bare")


def page(measurements: list[Measurement]) -> str:
    """All tables: a kind of file each, then the readers."""
    kinds = {kind: [m for m in measurements if m.row.kind == kind] for kind in KINDS}
    parts = [_conditions()]
    parts += [f"### {kind}\n\n{_table(_HEAD, _costs(held))}" for kind, held in kinds.items() if held]
    readers = dict.fromkeys(m.row.reader for m in measurements)
    parts.append("### Readers\n\n" + _table(("reader", "version", "what it does"), [(r.name, _version(r), r.does) for r in readers]))
    return "\n\n".join(parts)


def _conditions() -> str:
    return (
        f"Python {platform.python_version()}, polars {version('polars')}, {os.cpu_count()} cores. CPU and wall seconds are after imports "
        f"and after one reading of a tiny file, and include reading the file; memory is the peak above what was resident then. Each row "
        f"is a process of its own, stopped after {LIMIT_SECONDS:.0f} s; of {TURNS} runs the one of least CPU time is shown, of a row "
        f"that needs more than {QUICK_SECONDS:.0f} s the only run. Claims are CLP or CLM; **bold** where a reader saw other than ours did."
    )


def _costs(measurements: list[Measurement]) -> Iterable[tuple[str, ...]]:
    ours = {m.row.part: m.cost.get("claims") for m in measurements if (m.row.reader.name, m.row.call) == _OURS}
    for m in measurements:
        given = f"{m.mb:.1f} MB" + (f" in {m.file_count:,} files" if m.file_count > 1 else "")
        named = (m.row.reader.name, m.row.does, m.row.output, given)
        if m.problem:
            yield (*named, m.problem.replace("|", "/"), "", "", "")
        else:
            claims = f"{m.cost['claims']:,.0f}"
            is_same = ours.get(m.row.part) in {None, m.cost["claims"]}
            cost = (f"{m.speed:.2f}" if m.speed < 10 else f"{m.speed:.1f}", f"{m.cost['wall']:.2f}", f"{m.cost['grown_mb']:,.0f}")
            yield (*named, *cost, claims if is_same else f"**{claims}**")


def _version(reader: Reader) -> str:
    """The pinned version of a package, with what it needs; this tree for our own."""
    return ", ".join(package.replace("==", " ") for package in reader.packages) or "this tree"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
