"""A table that breaks its contract is not stored, and nothing that would have followed from it is noted."""

import datetime as dt
from pathlib import Path

import polars as pl

from assets.factory import Step, _store_denials
from assets.resources import Workplace
from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.settings import ClientSettings, Home
from rcm_pipeline.warehouse import create_tables, read
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
