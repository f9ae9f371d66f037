"""Lists reach the warehouse only as far as claims use them; a broken one stops the run with the settings' exit code."""

import dataclasses
import datetime as dt
from pathlib import Path

import dagster as dg
import pytest

from assets import code_sets as asset
from assets.factory import Step
from assets.guard import safely
from assets.resources import Workplace
from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.errors import ExitCode
from rcm_pipeline.settings import Home, load_client_settings
from rcm_pipeline.warehouse import create_tables, read, replace
from tests.unit.code_set_world import World, claim

CLIENT = "acme"


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    """A client with one claim, and a folder with a list of two procedures."""
    home = Home(tmp_path / "home", tmp_path / "inbox", tmp_path / "settings")
    (home.settings / "code_sets").mkdir(parents=True)
    (home.settings / "code_sets" / "cpt_2026-01-01.csv").write_text("code\n99213\n99214\n")
    lines = [{"procedure_code": "99213", "has_authorization": False, "has_attachment": False, "has_note": False}]
    world = World([claim("1", "2026-05-04", "I10 R51", lines)])
    with open_warehouse(home.warehouse(CLIENT)) as connection:
        create_tables(connection)
        replace(connection, "raw_claim_lines", world.lines)
        replace(connection, "raw_claim_diagnoses", world.diagnoses)
    return Workplace(home, dt.date(2026, 11, 23))


def load(place: Workplace) -> list:
    with open_warehouse(place.home.warehouse(CLIENT)) as connection:
        settings = load_client_settings(place.home.settings, CLIENT)
        return list(asset._load(Step(place, CLIENT, "r1", connection, settings, frozenset(asset.TABLES))))


def test_only_what_is_used_is_kept(place: Workplace) -> None:
    made = load(place)
    assert all(outcome.is_passed for _, _, outcomes in made for outcome in outcomes)
    assert {name: rows for name, rows, _ in made} == {"ops_code_sets": 2, "ops_code_entries": 3}
    with open_warehouse(place.home.warehouse(CLIENT), read_only=True) as connection:
        entries, releases = read(connection, "ops_code_entries"), read(connection, "ops_code_sets")
    assert entries.select("code", "is_billable").rows() == [("99213", True), ("I10", True), ("R51", False)]
    assert releases.select("system_code", "source_code", "code_count").rows() == [("cpt", "file", 2), ("icd10cm", "package", 74_719)]


def test_a_broken_list_stops_the_run(place: Workplace) -> None:
    (place.home.settings / "code_sets" / "hcpcs_2026-10-01.csv").write_text("code\nDOE^JANE\n")
    told: list[str] = []
    with pytest.raises(dg.Failure) as caught:
        safely(dataclasses.replace(place, fault=told.append), lambda: load(place))
    assert "hcpcs_2026-10-01.csv: line 2: there is no HCPCS code" in told[0]
    assert "DOE" not in told[0]
    assert "hcpcs" not in str(caught.value.description)
    assert caught.value.metadata["exit_code"].value == ExitCode.SETTINGS
