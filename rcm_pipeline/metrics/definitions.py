"""Definitions of every published measure, read once from definitions.toml."""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Definition:
    """What a measure is, exactly."""

    metric_id: str
    version: int
    name: str
    sentence: str
    numerator: str
    denominator: str
    basis: str
    exclusions: str
    source: str
    unit: str
    period: str
    maturity_days: int = 0
    factor: int = 1
    sections: tuple[str, ...] = ()
    variants: dict[str, str] = field(default_factory=dict)
    variant_units: dict[str, str] = field(default_factory=dict)

    def unit_of(self, variant: str) -> str:
        """What a variant counts."""
        return self.variant_units.get(variant, self.unit)


@cache
def definitions() -> dict[str, Definition]:
    """Metric id → definition."""
    read = tomllib.loads(files("rcm_pipeline.metrics").joinpath("definitions.toml").read_text(encoding="utf-8"))
    return {metric_id: Definition(metric_id=metric_id, **fields) for metric_id, fields in read.items()}


def metrics_of(section: str) -> list[str]:
    """Ids of the measures that a section of the pages shows."""
    return [metric_id for metric_id, definition in definitions().items() if section in definition.sections]
