"""Tables for tests: rows with only the columns a case is about, and everything computed from raw tables at once."""

import datetime as dt
from collections.abc import Mapping

import duckdb
import polars as pl

from dashboards.facts import PackFacts
from rcm_pipeline.quality.checks import CHECKS, Batch
from rcm_pipeline.quality.contracts import Outcome
from rcm_pipeline.settings import ClientSettings
from rcm_pipeline.tables import build, compute, registered
from rcm_pipeline.weeks import Week, anchor_of
from schemas.contract import empty, widened
from schemas.registry import CONTRACTS

TODAY = dt.date(2026, 11, 23)


def rows(table: str, given: list[dict]) -> pl.DataFrame:
    """Rows of a table; columns a case does not name are null."""
    return widened(pl.DataFrame(given, infer_schema_length=None), CONTRACTS[table]) if given else empty(CONTRACTS[table])


def facts_of(
    tables: Mapping[str, pl.DataFrame],
    week: dt.date | None = None,
    settings: ClientSettings | None = None,
    names: Mapping[str, str] | None = None,
) -> PackFacts:
    """What a page is made from: these tables, the others empty."""
    known = {name: tables.get(name, empty(contract)).lazy() for name, contract in CONTRACTS.items()}
    facts = PackFacts("acme", settings or ClientSettings(), week and Week(week), known)
    if names is not None:
        facts.__dict__["payers"] = dict(names)
    return facts


def outcome_of(check_name: str, tables: Mapping[str, pl.DataFrame], week: dt.date) -> Outcome:
    """A batch check on these tables, by its own queries on DuckDB."""
    check = next(check for check in CHECKS if check.name == check_name)
    batch = Batch(Week(week), TODAY)
    with duckdb.connect() as connection:
        for name, frame in tables.items():
            connection.register(name, frame)
        failed, checked = connection.sql(check.counts(batch, check.table_name)).fetchall()[0]
        is_failed = bool(connection.sql(check.unexpected(batch, check.table_name)).fetchall())
        told = [row[0] for row in connection.sql(check.details(batch)).fetchall()] if check.details and is_failed else []
    return Outcome(check.table_name, check.name, "batch", check.severity, not is_failed, failed, checked, "; ".join(told) or None)


def whole(raw: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Raw and ops tables; one that is not given is empty."""
    return {name: raw.get(name, empty(contract)) for name, contract in CONTRACTS.items() if name.startswith(("raw_", "ops_"))}


def core_of(raw: Mapping[str, pl.DataFrame], settings: ClientSettings | None = None, today: dt.date = TODAY) -> dict[str, pl.DataFrame]:
    """The core tables of claims."""
    return dict(build(registered()["core_denials"], whole(raw), None, settings or ClientSettings(), today))


def qa_of(given: Mapping[str, pl.DataFrame], settings: ClientSettings | None = None) -> dict[str, pl.DataFrame]:
    """The core tables of coding."""
    known = whole(given) | {"core_claim_lineages": given.get("core_claim_lineages", empty(CONTRACTS["core_claim_lineages"]))}
    return dict(build(registered()["core_qa_reviews"], known, None, settings or ClientSettings(), TODAY))


class OnDemand(dict[str, pl.DataFrame]):
    """Raw tables, and every core and mart table made when it is asked for: a life of one claim needs few of them."""

    def __init__(self, raw: Mapping[str, pl.DataFrame], settings: ClientSettings | None = None, today: dt.date = TODAY) -> None:
        super().__init__(whole(raw))
        self._settings, self._today = settings or ClientSettings(), today

    def __missing__(self, name: str) -> pl.DataFrame:
        """The table, after all it reads."""
        table = registered()[name]
        given = {source: self[source] for source in table.sources}
        week = None if name.startswith("core_") else anchor_of(self["core_adjudications"], self._today)
        self.update(dict(build(table, given, week, self._settings, self._today)))
        return self[name]


def everything(raw: Mapping[str, pl.DataFrame], settings: ClientSettings | None = None, today: dt.date = TODAY) -> dict[str, pl.DataFrame]:
    """Raw, core and mart tables."""
    known = whole(raw)
    return known | dict(compute(known, settings or ClientSettings(), today))
