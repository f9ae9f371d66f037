"""What was not read and what was set aside, as a list a person can work through. Never a value."""

from typing import Any

import duckdb

from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.intake.inbox import deliveries, places_of
from rcm_pipeline.settings import Home

_ID_DIGITS = 12


def quarantine_listing(home: Home, client: str) -> list[dict[str, Any]]:
    """Rejects, then rows in quarantine: file (start of its id), place, rule and reason."""
    with open_warehouse(home.published(client), read_only=True) as connection:
        return _rejects(connection) + _quarantined(connection)


def name_files(rows: list[dict[str, Any]], home: Home, client: str) -> list[dict[str, Any]]:
    """The same with the names the files have in the inbox now, found by their content; for a person's eyes only.

    A file that came in an archive goes by the archive's name.
    """
    found = deliveries(places_of(home.inbox, client))
    names = {d.file_id[:_ID_DIGITS]: d.path.name for d in found if d.file_id}
    with open_warehouse(home.published(client), read_only=True) as connection:
        packed = connection.sql("SELECT file_id, archive_id FROM raw_files WHERE archive_id IS NOT NULL").fetchall()
    for member, archive in packed:
        if archive[:_ID_DIGITS] in names:
            names.setdefault(member[:_ID_DIGITS], f"a file in {names[archive[:_ID_DIGITS]]}")
    return [row | {"file": names.get(row["file"], row["file"])} for row in rows]


def _rejects(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    query = "SELECT file_id, transaction_no, segment_no, row_no, column_name, rule, reason FROM raw_rejects ORDER BY file_id, reject_no"
    rows = []
    for file_id, transaction, segment, row, column, rule, reason in connection.sql(query).fetchall():
        parts = (("transaction", transaction), ("segment", segment), ("row", row), ("column", column))
        place = ", ".join(f"{what} {number}" for what, number in parts if number is not None)
        rows.append({"file": (file_id or "unopened")[:_ID_DIGITS], "place": place or "whole file", "rule": rule, "reason": reason})
    return rows


def _quarantined(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    rows = []
    tables = connection.sql("SELECT table_name FROM duckdb_tables() WHERE starts_with(table_name, 'quarantine_') ORDER BY 1").fetchall()
    for (table,) in tables:
        columns = {row[0] for row in connection.sql(f'DESCRIBE "{table}"').fetchall()}
        spot = "row_no" if "row_no" in columns else "segment_no" if "segment_no" in columns else "NULL"
        query = f'SELECT file_id, {spot}, broken_rule FROM "{table}" ORDER BY 1, 2'
        rows += [
            {
                "file": (file_id or "unopened")[:_ID_DIGITS],
                "place": f"{table.removeprefix('quarantine_')} {spot.removesuffix('_no')} {number}",
                "rule": "set_aside",
                "reason": f"the row breaks the rule «{rule}»; correct it at the source and send it again",
            }
            for file_id, number, rule in connection.sql(query).fetchall()
        ]
    return rows
