"""A warehouse of an older version: what can be recomputed is made anew, what was read is refused with what to do."""

from pathlib import Path

import pytest

from rcm_pipeline.errors import StorageError
from rcm_pipeline.warehouse import create_tables, open_warehouse


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
