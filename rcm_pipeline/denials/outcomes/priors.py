"""What working a denial takes and brings while the client's own log says too little: minutes, dollars an hour, share recovered."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

import polars as pl

from schemas.vocabulary.denials import ROOT_CAUSES

_SCHEMA = {"root_cause": pl.String, "minutes": pl.Float64, "hourly": pl.Float64, "recovered": pl.Float64}


@cache
def cause_priors() -> pl.DataFrame:
    """One row per root cause: minutes of work per worked denial, loaded dollars an hour, share of worked denials recovered.

    From priors.toml; the worklist ranks by them and the cost of rework is computed with them.
    """
    text = files("rcm_pipeline.denials.outcomes").joinpath("priors.toml").read_text(encoding="utf-8")
    listed: dict[str, Any] = tomllib.loads(text)["causes"]
    rows = [{"root_cause": cause, **listed.get(cause, listed["other"])} for cause in ROOT_CAUSES]
    return pl.DataFrame(rows, schema=_SCHEMA)
