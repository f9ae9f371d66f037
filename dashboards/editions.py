"""The two editions of a pack: internal with everything, and the client's, made of nothing but what `editions.toml` names."""

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

import polars as pl

from dashboards.facts import CLIENT, PackFacts
from rcm_pipeline.metrics.definitions import Definition, definitions


@cache
def client_edition() -> Mapping[str, Any]:
    """What the client's edition is made of: sections, sheets, and of each table its columns and rows."""
    return tomllib.loads(files("dashboards").joinpath("editions.toml").read_text(encoding="utf-8"))


def for_client(facts: PackFacts) -> PackFacts:
    """The same facts as the client's edition knows them: a table or column that is not named in it is not there."""
    named = client_edition()["tables"]
    return replace(facts, edition=CLIENT, tables={name: _rows(facts.tables[name], view) for name, view in named.items()}, _read={})


def shown_definitions(facts: PackFacts) -> list[Definition]:
    """The measures of the edition."""
    hidden = () if facts.is_internal else client_edition()["tables"]["mart_metrics"]["without"]["metric_id"]
    return [definition for definition in definitions().values() if definition.metric_id not in hidden]


def _rows(table: pl.LazyFrame, view: Mapping[str, Any]) -> pl.LazyFrame:
    for column, values in view.get("only", {}).items():
        table = table.filter(pl.col(column).is_in(values))
    for column, values in view.get("without", {}).items():
        table = table.filter(~pl.col(column).is_in(values).fill_null(False))
    instead = [pl.col(column).replace(values).alias(column) for column, values in view.get("instead", {}).items()]
    return table.select(view["columns"]).with_columns(instead)
