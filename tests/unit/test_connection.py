"""A connection to one client's warehouse reaches nothing but that warehouse, whatever a query asks for."""

from pathlib import Path

import duckdb
import polars as pl
import pytest

from rcm_pipeline.connection import kept_open, open_warehouse

ESCAPES = [
    "ATTACH '{other}' AS other",
    "SELECT * FROM '{other}'",
    "SELECT * FROM read_parquet('{folder}/*.parquet')",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('{key}')",
    "SELECT * FROM read_blob('{key}')",
    "SELECT * FROM glob('{folder}/*')",
    "COPY mine TO '{folder}/out.csv'",
    "COPY (SELECT 1) TO '{folder}/out.parquet' (FORMAT parquet)",
    "EXPORT DATABASE '{folder}/export'",
    "IMPORT DATABASE '{folder}/export'",
    "SET enable_external_access = true",
    "RESET enable_external_access",
    "SET lock_configuration = false",
    "SET temp_directory = '{folder}'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "CREATE PERSISTENT SECRET s (TYPE s3)",
    "SELECT * FROM frame_of_ours",
    "SELECT getenv('HOME')",
]


@pytest.fixture
def places(tmp_path: Path) -> dict[str, Path]:
    found = {"folder": tmp_path, "other": tmp_path / "other.duckdb", "mine": tmp_path / "mine.duckdb", "key": tmp_path / "north.key"}
    found["key"].write_text("secret")
    for name in ("other", "mine"):
        with open_warehouse(found[name]) as connection:
            connection.execute(f"CREATE TABLE {name} AS SELECT 1 AS a")
    return found


@pytest.mark.parametrize("query", ESCAPES)
@pytest.mark.parametrize("how", ["working", "kept open", "published"])
def test_no_query_gets_out(query: str, how: str, places: dict[str, Path]) -> None:
    frame_of_ours = pl.DataFrame({"a": [1]})
    asked = query.format(**places)

    def attempt() -> None:
        with open_warehouse(places["mine"], read_only=how == "published") as connection:
            with pytest.raises(duckdb.Error):
                connection.execute(asked)
            assert connection.sql("SELECT a FROM mine").fetchall() == [(1,)]

    if how == "kept open":
        with kept_open(places["mine"]):
            attempt()
    else:
        attempt()
    assert frame_of_ours.height == 1
    assert sorted(path.name for path in places["folder"].iterdir()) == ["mine.duckdb", "north.key", "other.duckdb"]
