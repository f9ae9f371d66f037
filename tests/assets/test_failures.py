"""A run that fails in Dagster leaves the same traces as one that fails in `rcm run`."""

import json
from pathlib import Path

import duckdb

from assets.guard import note_failure
from dashboards.publish import PAGE, STALE
from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.settings import Home
from rcm_pipeline.warehouse import create_tables


def test_the_pack_is_marked_once_and_the_run_is_closed(tmp_path: Path) -> None:
    home = Home(tmp_path, tmp_path, tmp_path)
    page = home.reports("acme") / "latest" / PAGE
    page.parent.mkdir(parents=True)
    page.write_text("<body><p>numbers</p></body>")
    with open_warehouse(home.warehouse("acme")) as connection:
        create_tables(connection)
        connection.execute("INSERT INTO ops_runs VALUES ('r1', 1, now()::TIMESTAMP, 'running', 'v', 0, 0, 0)")
    note_failure(home, "acme", "r1", "blocked", "first reason")
    note_failure(home, "acme", "r1", "failed", "second reason", only_once=True)
    assert json.loads((page.parent.parent / STALE).read_text())["reason"] == "first reason"
    assert page.read_text() == "<body><p>numbers</p></body>"
    with duckdb.connect(str(home.warehouse("acme")), read_only=True) as connection:
        assert connection.sql("SELECT status FROM ops_runs").fetchall() == [("blocked",)]


def test_a_warehouse_that_cannot_be_opened_does_not_hide_the_failure(tmp_path: Path) -> None:
    home = Home(tmp_path, tmp_path, tmp_path)
    home.warehouse("acme").parent.mkdir(parents=True)
    home.warehouse("acme").write_bytes(b"damaged")
    note_failure(home, "acme", "r1", "failed", "why")
