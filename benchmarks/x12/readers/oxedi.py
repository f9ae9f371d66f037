"""oxedi: a Rust reader of 835 with a Python face. Every way of reading runs its structure checks and makes its tables."""

from collections.abc import Callable
from pathlib import Path

import oxedi
import oxedi.pyx12


def bare(path: Path) -> Callable[[], int]:
    """The least it can do: index, loops, checks and tables, all of them left inside its own result."""
    result = oxedi.parse_file(path)
    return lambda: int(result.count_claims())


def tables(path: Path) -> Callable[[], int]:
    """The same, with its findings as Python objects and every table handed to Polars."""
    return _handed_over(oxedi.parse_file(path))


def masked(path: Path) -> Callable[[], int]:
    """The same, with patient data replaced by keyed tokens."""
    return _handed_over(oxedi.parse_file(path, mask=oxedi.Mask(b"k" * 32)))


def stream(path: Path) -> Callable[[], int]:
    """A transaction at a time; each is let go after its findings and tables were handed over."""
    claims = 0
    for batch in oxedi.stream(path.read_bytes()):
        frames, _findings = batch.tables.to_polars(), batch.diagnostics
        claims += len(frames["claims"])
    return lambda: claims


def validate(path: Path) -> Callable[[], int]:
    """Its tables and, beside its own findings, those of pyx12 placed in its document."""
    handed_over = tables(path)
    oxedi.pyx12.validate(path)
    return handed_over


def _handed_over(result: oxedi.Result) -> Callable[[], int]:
    held = result, result.diagnostics, result.tables.to_polars()
    return lambda: len(held[2]["claims"])
