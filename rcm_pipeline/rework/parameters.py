"""Inputs of the rework cost model: the shipped priors, read once."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import polars as pl

from rcm_pipeline.denials.outcomes.priors import cause_priors


@dataclass(frozen=True)
class Parameters:
    """Priors of the model; `causes` has one row per root cause with minutes, hourly and recovered."""

    cost_of_capital: float
    overhead: float
    rate_cv: float
    worked_rate: float
    worked_cv: float
    recovered_cv: float
    minutes_cv: float
    extra_days: int
    minimum_worked: int
    causes: pl.DataFrame


@cache
def default_parameters() -> Parameters:
    """The priors of parameters.toml, and those by cause that the worklist ranks by too."""
    read: dict[str, Any] = tomllib.loads(files("rcm_pipeline.rework").joinpath("parameters.toml").read_text(encoding="utf-8"))
    return Parameters(**read, causes=cause_priors())
