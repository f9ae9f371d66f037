"""One name everywhere; Columns tab, checks and partitions on every table; automation off until `rcm ui`."""

import datetime as dt
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest

from assets.build import build_defs
from assets.resources import Workplace
from assets.specs import CHECK
from rcm_pipeline import __version__
from rcm_pipeline.governance.publications import PAGE
from rcm_pipeline.settings import Home
from rcm_pipeline.tables import registered
from schemas.contract import polars_schema
from schemas.registry import CONTRACTS

DEFS = build_defs(resource_overrides={"workplace": Workplace(Home(Path("/x"), Path("/x"), Path("/x")), dt.date(2026, 11, 23))})
SPECS = {spec.key.to_user_string(): spec for spec in DEFS.resolve_all_asset_specs()}
TABLES = [name for name in CONTRACTS if not name.startswith("ops_")]


def test_assets_are_the_tables_and_the_pack() -> None:
    assert sorted(SPECS) == sorted([*TABLES, "ops_code_sets", "ops_code_entries", "ops_portfolio", "governance_pack", "portfolio"])


@pytest.mark.parametrize("name", TABLES)
def test_every_table_shows_its_contract(name: str) -> None:
    spec = SPECS[name]
    assert spec.description == CONTRACTS[name].__doc__
    schema = spec.metadata["dagster/column_schema"]
    assert [column.name for column in schema.columns] == list(polars_schema(CONTRACTS[name]))
    assert all(column.description for column in schema.columns)
    assert spec.group_name == name.split("_", maxsplit=1)[0]
    assert spec.partitions_def == dg.DynamicPartitionsDefinition(name="clients")


@pytest.mark.parametrize("name", TABLES)
def test_a_table_has_one_check_and_it_blocks(name: str) -> None:
    specs = [
        spec for definition in DEFS.assets or () for spec in getattr(definition, "check_specs", ()) if spec.asset_key == dg.AssetKey(name)
    ]
    assert [(spec.name, spec.blocking) for spec in specs] == [(CHECK, True)]


def test_every_table_has_an_owner_a_version_and_a_day_it_is_late() -> None:
    for name in TABLES:
        assert SPECS[name].owners, name
        assert SPECS[name].code_version == __version__, name
        assert SPECS[name].freshness_policy, name


@pytest.mark.parametrize("name", registered())
def test_what_a_function_reads_is_what_dagster_draws(name: str) -> None:
    read = {dep.asset_key.to_user_string() for dep in SPECS[name].deps}
    assert read == {source for source in registered()[name].sources if source != "ops_qa_samples"}


def test_everything_leads_to_the_pack() -> None:
    graph = DEFS.resolve_asset_graph()
    assert dg.AssetKey("raw_remits") in graph.get_ancestor_asset_keys(dg.AssetKey("governance_pack"))
    assert dg.AssetKey("mart_scorecard") in graph.get(dg.AssetKey("governance_pack")).parent_keys


def test_nothing_runs_by_itself_until_asked() -> None:
    repository = DEFS.get_repository_def()
    assert {s.default_status for s in repository.sensor_defs} == {dg.DefaultSensorStatus.STOPPED}
    assert [s.default_status for s in repository.schedule_defs] == [dg.DefaultScheduleStatus.STOPPED] * 2


def test_the_sensor_asks_for_one_run_per_client_and_names_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from assets.automation import inbox_sensor

    for name in ("Acme", "Beta"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "DOE_JANE.835").write_text("x")
    monkeypatch.setenv("RCM_INBOX", str(tmp_path))
    monkeypatch.setenv("RCM_HOME", str(tmp_path))
    result = inbox_sensor(dg.build_sensor_context(instance=dg.DagsterInstance.ephemeral()))
    assert [request.partition_key for request in result.run_requests] == ["acme", "beta"]
    assert "DOE" not in str(result)


def test_a_failed_run_is_tried_again_three_times_in_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from assets.automation import inbox_sensor

    (tmp_path / "Acme").mkdir()
    monkeypatch.setenv("RCM_INBOX", str(tmp_path))
    monkeypatch.setenv("RCM_HOME", str(tmp_path))
    keys = []
    with dg.DagsterInstance.ephemeral() as instance:
        for status in (dg.DagsterRunStatus.FAILURE,) * 3 + (dg.DagsterRunStatus.SUCCESS,):
            [request] = inbox_sensor(dg.build_sensor_context(instance=instance)).run_requests
            keys.append(request.run_key)
            instance.add_run(
                dg.DagsterRun(job_name="weekly_pack", run_id=f"run{len(keys)}", status=status, tags={"dagster/run_key": request.run_key})
            )
    assert len(set(keys)) == 3
    assert keys[2] == keys[3], "a state that failed three times waits for the inbox to change"


def test_an_old_failure_says_nothing_of_a_newer_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from assets import automation

    monkeypatch.setenv("RCM_HOME", str(tmp_path))
    page = tmp_path / "reports" / "acme" / "latest" / PAGE
    page.parent.mkdir(parents=True)
    page.write_text("new")

    class Instance:
        def get_run_record_by_id(self, run_id: str) -> SimpleNamespace:
            return SimpleNamespace(end_time=page.stat().st_mtime + (60 if run_id == "later" else -60))

    assert automation._is_renewed_since(Instance(), "earlier", "acme")
    assert not automation._is_renewed_since(Instance(), "later", "acme")
    assert not automation._is_renewed_since(Instance(), "earlier", "nobody")
