"""Hashes that say whether anything changed."""

import hashlib
from pathlib import Path

import duckdb


def table_hashes(warehouse: Path) -> dict[str, str]:
    """Hash of the sorted rows of every table of a warehouse, ops tables and quarantine included."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        names = [row[0] for row in connection.sql("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()]
        return {
            name: hashlib.sha256("\n".join(sorted(map(str, connection.sql(f'SELECT * FROM "{name}"').fetchall()))).encode()).hexdigest()
            for name in names
        }


def file_hashes(folder: Path) -> dict[str, str]:
    """Hash of every file below a folder."""
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()}
