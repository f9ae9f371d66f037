"""Definitions of every published measure, read once from definitions.toml."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Definition:
    """What a measure is, exactly."""

    metric_id: str
    name: str
    sentence: str
    numerator: str
    denominator: str
    basis: str
    exclusions: str
    source: str


@cache
def definitions() -> dict[str, Definition]:
    """Metric id → definition."""
    read = tomllib.loads(files("rcm_pipeline.governance").joinpath("definitions.toml").read_text(encoding="utf-8"))
    return {metric_id: Definition(metric_id=metric_id, **fields) for metric_id, fields in read.items()}
