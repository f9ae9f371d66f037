"""A table is a function: registered where it stands, its parameters are the tables it reads.

The graph, the reads and the documents follow from the signature and from nothing else. Positional parameters are tables,
lazy over the warehouse; `week` and `settings` are keyword-only and given by the registry.
"""

import datetime as dt
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, wraps
from graphlib import TopologicalSorter
from typing import Any

import polars as pl

import rcm_pipeline
from rcm_pipeline.settings import ClientSettings
from rcm_pipeline.weeks import Week, anchor_of
from schemas.contract import conform, empty
from schemas.registry import CONTRACTS

_SUBJECTS = ("claims", "code_sets", "denials", "coding", "rework", "metrics", "governance")
Frame = pl.DataFrame | pl.LazyFrame
Build = Callable[..., pl.DataFrame]
Pass = Callable[..., Iterator[tuple[str, pl.DataFrame]]]


@dataclass(frozen=True)
class Table:
    """A registered table, or several that one pass makes: the function, the tables it reads, and where it stands."""

    names: tuple[str, ...]
    build: Callable[..., Any]
    sources: tuple[str, ...]
    subject: str
    module: str

    @property
    def layer(self) -> str:
        """core or mart."""
        return self.names[0].partition("_")[0]


_REGISTERED: dict[str, Table] = {}


def mart(build: Build) -> Build:
    """Register a mart under the function's name. Its contract says which columns it has; one too few is an error.

    Where there is no complete week yet, the mart is its contract without rows and the function is not called.
    """
    name, parameters = build.__name__, inspect.signature(build).parameters
    contract, needs_week = CONTRACTS[name], "week" in parameters
    tables = _tables_of(build)

    @wraps(build)
    def made(*given: Frame, **injected: Any) -> pl.DataFrame:
        if needs_week and injected.get("week") is None:
            return empty(contract)
        return conform(build(**_named(tables, given, injected)), contract)

    _register((name,), made, tables, build.__module__)
    return made


def one_pass(*names: str) -> Callable[[Pass], Pass]:
    """Register a function that makes several tables in one pass; it yields each under its name when it is finished."""

    def register(build: Pass) -> Pass:
        tables = _tables_of(build)

        @wraps(build)
        def made(*given: Frame, **injected: Any) -> Iterator[tuple[str, pl.DataFrame]]:
            for name, frame in build(**_named(tables, given, injected)):
                yield name, conform(frame, CONTRACTS[name])
                del frame  # the next table is made while this one would still be held

        _register(names, made, tables, build.__module__)
        return made

    return register


@cache
def registered() -> Mapping[str, Table]:
    """Every registered table by name, each after those it reads."""
    for subject in _SUBJECTS:
        package = importlib.import_module(f"{rcm_pipeline.__name__}.{subject}")
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(found.name)
    order = TopologicalSorter({name: [s for s in table.sources if s in _REGISTERED] for name, table in sorted(_REGISTERED.items())})
    return {name: _REGISTERED[name] for name in order.static_order()}


def marts() -> tuple[str, ...]:
    """Names of all marts, each after those it reads."""
    return tuple(name for name in registered() if name.startswith("mart_"))


def injected(function: Callable[..., Any], week: Week | None, settings: ClientSettings, **more: Any) -> dict[str, Any]:
    """What the registry gives a table's function beside its tables: the week, and of the settings the part it asks for."""
    known = {"week": week, **more}
    found: dict[str, Any] = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            continue
        found[name] = _part(settings, parameter.annotation) if name == "settings" else known[name]
    return found


def build(
    table: Table, tables: Mapping[str, Frame], week: Week | None, settings: ClientSettings, today: dt.date
) -> Iterator[tuple[str, pl.DataFrame]]:
    """The tables one function makes, from those it reads."""
    given = _with_one_code({source: _lazy(tables[source]) for source in table.sources})
    made = table.build(**given, **injected(table.build, week, settings, today=today))
    yield from [(table.names[0], made)] if isinstance(made, pl.DataFrame) else made


def compute(tables: Mapping[str, Frame], settings: ClientSettings, today: dt.date) -> Iterator[tuple[str, pl.DataFrame]]:
    """Every registered table that is not given, core before marts, each from those given and those before it."""
    known = dict(tables)
    week: Week | None = None
    for layer in ("core", "mart"):
        for name, table in registered().items():
            if table.layer == layer and name not in known:
                for made, frame in build(table, known, week, settings, today):
                    known[made] = frame
                    yield made, frame
        week = anchor_of(_lazy(known["core_adjudications"]).select("adjudication_date", "week").collect(), today)


def _tables_of(build: Callable[..., Any]) -> tuple[str, ...]:
    """The positional parameters, each the name of a table."""
    positional = [p.name for p in inspect.signature(build).parameters.values() if p.kind is not inspect.Parameter.KEYWORD_ONLY]
    unknown = [name for name in positional if name not in CONTRACTS]
    if unknown:
        raise NameError(f"{build.__module__}.{build.__name__}: {', '.join(unknown)} is no table; name parameters as contracts are named")
    return tuple(positional)


def _named(tables: Sequence[str], given: Sequence[Frame], more: Mapping[str, Any]) -> dict[str, Any]:
    """Every argument by its name, tables lazy whether they came by position or by name."""
    every = dict(zip(tables, given, strict=False)) | dict(more)
    return {name: _lazy(value) if name in tables else value for name, value in every.items()}


def _register(names: tuple[str, ...], build: Callable[..., Any], sources: tuple[str, ...], module: str) -> None:
    missing = [name for name in names if name not in CONTRACTS]
    if missing:
        raise NameError(f"{module}: there is no contract for {', '.join(missing)}; add it to schemas/")
    table = Table(names, build, sources, module.split(".")[1], module)
    _REGISTERED.update(dict.fromkeys(names, table))


def _with_one_code(tables: Mapping[str, pl.LazyFrame]) -> Mapping[str, pl.LazyFrame]:
    """The tables with file_id of one type: where some hold it as a code (see `warehouse.scan_all`), all do."""
    types = {name: frame.collect_schema().get("file_id") for name, frame in tables.items()}
    code = next((dtype for dtype in types.values() if isinstance(dtype, pl.Enum)), None)
    if code is None:
        return tables
    return {name: frame.cast({"file_id": code}) if types[name] == pl.String else frame for name, frame in tables.items()}


def _lazy(frame: Frame) -> pl.LazyFrame:
    return frame.lazy()


def _part(settings: ClientSettings, wanted: Any) -> Any:
    """The settings themselves, or the part of them whose type is asked for."""
    if wanted is ClientSettings:
        return settings
    return next(getattr(settings, name) for name, field in ClientSettings.model_fields.items() if field.annotation is wanted)
