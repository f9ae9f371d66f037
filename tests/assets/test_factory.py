"""A table that breaks its contract is not stored, nothing that would have followed from it is noted, and a step is stored whole."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from assets import factory
from assets.factory import Step, _make_registered, _store_denials
from assets.resources import Workplace
from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.settings import ClientSettings, Home
from rcm_pipeline.tables import Table
from rcm_pipeline.warehouse import create_tables, read
from schemas.contract import conform, empty
from schemas.registry import CONTRACTS
from tests.unit.golden_world import decided
from tests.unit.test_causes import DENIED, claim, core

CLIENT = "acme"
TODAY = dt.date(2026, 11, 23)


def test_causes_that_changed_are_noted_only_when_the_denials_are_stored(tmp_path: Path) -> None:
    files = (claim(), decided("20261112", "2", DENIED.format("CO*197")))
    before = core(*files)["core_denials"]
    after = before.with_columns(root_cause=pl.lit("coding"), taxonomy_version=pl.lit("next"))
    broken = pl.concat([after, after])
    home = Home(tmp_path / "home", tmp_path / "inbox", tmp_path / "settings")
    with open_warehouse(home.warehouse(CLIENT)) as connection:
        create_tables(connection)
        step = Step(Workplace(home, TODAY), CLIENT, "r1", connection, ClientSettings(), frozenset({"core_denials"}))
        seen = []
        for denials in (before, broken, after):
            passed = all(outcome.is_passed for outcome in _store_denials(step, denials))
            stored = read(connection, "core_denials")["root_cause"].to_list()
            noted = read(connection, "ops_reclassifications").select("from_cause", "to_cause", "line_count").rows()
            seen.append((passed, stored, noted))
    assert seen == [
        (True, ["authorization"], []),
        (False, ["authorization"], []),
        (True, ["coding"], [("authorization", "coding", 1)]),
    ]


def payers(name: str, clock: int) -> pl.DataFrame:
    days = dict.fromkeys(("filing_days", "corrected_days", "appeal_days", "takeback_days"), clock)
    row = {"payer_id": name, "payer_name": name, "plan_code": None, "remit_count": 1, "clock_source": "default"} | days
    return conform(pl.DataFrame([row]), CONTRACTS["core_payers"])


def test_tables_of_a_step_are_stored_all_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path / "home", tmp_path / "inbox", tmp_path / "settings")
    seen: list[list[str]] = []

    def make(name: str, is_broken: bool) -> dict[str, Table]:
        def reversals(core_payers: pl.LazyFrame) -> pl.DataFrame:
            seen.append(core_payers.select("payer_id").collect()["payer_id"].to_list())
            if is_broken:
                raise ZeroDivisionError
            return empty(CONTRACTS["core_reversals"])

        return {
            "core_payers": Table(("core_payers",), lambda: payers(name, 30), (), "claims", __name__),
            "core_reversals": Table(("core_reversals",), reversals, ("core_payers",), "claims", __name__),
        }

    stored = []
    with open_warehouse(home.warehouse(CLIENT)) as connection, connection.cursor() as reader:
        create_tables(connection)
        step = Step(Workplace(home, TODAY), CLIENT, "r1", connection, ClientSettings(), frozenset({"core_payers", "core_reversals"}))
        for name, is_broken in (("FIRST", False), ("SECOND", True), ("THIRD", False)):
            tables = make(name, is_broken)
            monkeypatch.setattr(factory, "registered", lambda tables=tables: tables)
            try:
                assert [made for made, _, _ in _make_registered(step)] == ["core_payers", "core_reversals"]
            except ZeroDivisionError:
                assert is_broken
            stored.append(read(reader, "core_payers")["payer_id"].to_list())
    assert seen == [["FIRST"], ["SECOND"], ["THIRD"]], "a table is made from those made before it in its step"
    assert stored == [["FIRST"], ["FIRST"], ["THIRD"]], "nobody else sees half a step, and a broken one leaves what was there"
