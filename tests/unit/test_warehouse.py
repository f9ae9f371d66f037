"""A warehouse of an older version: what can be recomputed is made anew, what was read is refused with what to do."""

import subprocess
import sys
from pathlib import Path

import pytest

from rcm_pipeline.connection import kept_open, open_warehouse
from rcm_pipeline.errors import StorageError
from rcm_pipeline.settings import Home
from rcm_pipeline.warehouse import QUARANTINE, adopt_older, contracts_fingerprint, create_tables, make_warehouse, publish_warehouse, read
from schemas.contract import polars_schema
from schemas.registry import CONTRACTS

OLDER = (  # raw_qa_reviews before samples, kinds of review and lists of codes
    "file_id VARCHAR, row_no BIGINT, review_token VARCHAR, claim_token VARCHAR, coder_id VARCHAR, auditor_id VARCHAR, review_date DATE, "
    "service_date DATE, specialty VARCHAR, stratum_code VARCHAR, coder_code_count BIGINT, auditor_code_count BIGINT, correct_code_count BIGINT"
)
ROW = "'f', 2, 'r', 'c', 'C1', NULL, DATE '2026-11-16', NULL, 'ED', 'random', 5, 6, 4"
OTHER = ROW.replace("'r'", "'s'")


def columns(connection: object, table: str) -> list[str]:
    return [row[0] for row in connection.sql(f'DESCRIBE "{table}"').fetchall()]  # type: ignore[attr-defined]


def test_an_older_core_table_is_made_anew(tmp_path: Path) -> None:
    with open_warehouse(tmp_path / "w.duckdb") as connection:
        connection.execute("CREATE TABLE core_denials (file_id VARCHAR, old VARCHAR)")
        create_tables(connection)
        assert "lineage_id" in columns(connection, "core_denials")
        connection.execute("INSERT INTO core_payers BY NAME SELECT 'P' AS payer_id, 'P' AS payer_name, 1 AS remit_count")
        create_tables(connection)  # one that is up to date is left alone
        assert connection.sql("SELECT count(*) FROM core_payers").fetchall() == [(1,)]


def test_an_older_raw_table_is_refused_and_left_alone(tmp_path: Path) -> None:
    with open_warehouse(tmp_path / "w.duckdb") as connection:
        connection.execute("CREATE TABLE raw_claims (file_id VARCHAR, old VARCHAR)")
        with pytest.raises(StorageError, match="older version: its table raw_claims"):
            create_tables(connection)
        assert columns(connection, "raw_claims") == ["file_id", "old"]


def test_a_raw_table_that_lacks_columns_that_may_be_null_gets_them_and_keeps_its_rows(tmp_path: Path) -> None:
    with open_warehouse(tmp_path / "w.duckdb") as connection:
        connection.execute(f"CREATE TABLE raw_qa_reviews ({OLDER})")
        connection.execute(f"INSERT INTO raw_qa_reviews VALUES ({ROW}), ({OTHER})")
        connection.execute(f"CREATE TABLE quarantine_raw_qa_reviews ({OLDER}, broken_rule VARCHAR)")
        connection.execute(f"INSERT INTO quarantine_raw_qa_reviews VALUES ({ROW}, 'a rule')")
        create_tables(connection)
        create_tables(connection)  # one that was widened is up to date
        table = read(connection, "raw_qa_reviews")
        assert columns(connection, "raw_qa_reviews") == list(polars_schema(CONTRACTS["raw_qa_reviews"]))
        assert sorted(table.select("review_token", "coder_code_count", "correct_code_count", "kind_code", "coder_codes").rows()) == [
            ("r", 5, 4, None, None), ("s", 5, 4, None, None)]  # fmt: skip
        aside = read(connection, QUARANTINE + "raw_qa_reviews")
        assert aside.select("review_token", "sample_id", "broken_rule").rows() == [("r", None, "a rule")]
        assert aside.columns == [*polars_schema(CONTRACTS["raw_qa_reviews"]), "broken_rule"]
        comment = "SELECT comment FROM duckdb_columns() WHERE table_name = 'raw_qa_reviews' AND column_name = 'sample_id'"
        assert "rcm plan-qa" in connection.sql(comment).fetchall()[0][0]
        assert connection.sql("SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE '\\_older%' ESCAPE '\\'").fetchall() == [(0,)]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("review_date DATE, ", ""), "lacks a column that must be filled"),
        (("coder_code_count BIGINT", "coder_code_count DOUBLE"), "a type differs"),
        (("specialty VARCHAR", "specialty VARCHAR, team VARCHAR"), "a column too many"),
        (("specialty VARCHAR, stratum_code VARCHAR", "stratum_code VARCHAR, specialty VARCHAR"), "another order"),
    ],
)
def test_any_other_difference_is_refused(tmp_path: Path, change: tuple[str, str], why: str) -> None:
    older = OLDER.replace(*change)
    assert older != OLDER, why
    with open_warehouse(tmp_path / "w.duckdb") as connection:
        connection.execute(f"CREATE TABLE raw_qa_reviews ({older})")
        before = columns(connection, "raw_qa_reviews")
        with pytest.raises(StorageError, match="older version: its table raw_qa_reviews"):
            create_tables(connection)
        assert columns(connection, "raw_qa_reviews") == before


def test_a_quarantine_that_cannot_be_widened_is_refused(tmp_path: Path) -> None:
    with open_warehouse(tmp_path / "w.duckdb") as connection:
        connection.execute(f"CREATE TABLE quarantine_raw_qa_reviews ({OLDER})")
        with pytest.raises(StorageError, match="quarantine_raw_qa_reviews"):
            create_tables(connection)


def test_a_new_warehouse_is_a_copy_of_an_empty_one(tmp_path: Path) -> None:
    home = Home(tmp_path, tmp_path, tmp_path)
    for client in ("anna", "bert"):
        make_warehouse(home.warehouse(client))
    with open_warehouse(home.warehouse("bert")) as connection:
        made = connection.sql("SELECT table_name, comment FROM duckdb_tables() ORDER BY 1").fetchall()
        connection.execute("INSERT INTO ops_runs VALUES ('r1', 1, now()::TIMESTAMP, 'running', 'v', 0, 0, 0)")
    with open_warehouse(tmp_path / "plain.duckdb") as connection:
        create_tables(connection)
        assert connection.sql("SELECT table_name, comment FROM duckdb_tables() ORDER BY 1").fetchall() == made
    make_warehouse(home.warehouse("bert"))
    with open_warehouse(home.warehouse("bert")) as connection:
        assert connection.sql("SELECT run_id FROM ops_runs").fetchall() == [("r1",)], "one that is there is left alone"
    assert [path.name for path in (tmp_path / "warehouse").glob(".empty-*")] == [f".empty-{contracts_fingerprint()[:16]}"]


def test_a_reader_sees_what_was_published_while_a_run_writes(tmp_path: Path) -> None:
    home = Home(tmp_path, tmp_path, tmp_path)
    make_warehouse(home.warehouse("anna"))
    with kept_open(home.warehouse("anna")):
        with open_warehouse(home.warehouse("anna")) as connection:
            publish_warehouse(connection, home.warehouse("anna"))
            connection.execute("INSERT INTO ops_runs VALUES ('r1', 1, now()::TIMESTAMP, 'running', 'v', 0, 0, 0)")
        count = "import duckdb, sys; print(duckdb.connect(sys.argv[1], read_only=True).sql('SELECT count(*) FROM ops_runs').fetchone()[0])"
        read = [sys.executable, "-c", count]
        reader = subprocess.run([*read, str(home.published("anna"))], capture_output=True, text=True, check=True)
        assert reader.stdout == "0\n"
        other = subprocess.run([*read, str(home.warehouse("anna"))], capture_output=True, text=True, check=False)
        assert "lock" in other.stderr.lower(), "publishing does not give up the lock"
    assert home.clients() == ["anna"]


def test_the_warehouses_of_older_versions_move_into_their_folders(tmp_path: Path) -> None:
    home = Home(tmp_path, tmp_path, tmp_path)
    (tmp_path / "warehouse").mkdir()
    with open_warehouse(tmp_path / "warehouse" / "anna.duckdb") as connection:
        create_tables(connection)
    (tmp_path / "warehouse" / "anna.lock").touch()
    adopt_older(home)
    assert [str(path.relative_to(tmp_path)) for path in (tmp_path / "warehouse").rglob("*") if path.is_file()] == [
        "warehouse/anna/working.duckdb"
    ]
