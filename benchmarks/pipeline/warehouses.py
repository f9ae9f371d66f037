"""Warehouses of any size: a sample is loaded once and its raw rows are copied under new names, claims and files alike."""

from pathlib import Path

import duckdb

from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.intake.inbox import deliveries
from rcm_pipeline.intake.load import load_inbox
from rcm_pipeline.privacy.tokens import Tokens
from rcm_pipeline.sample.generate import generate
from rcm_pipeline.settings import load_client_settings
from rcm_pipeline.warehouse import create_tables
from schemas.registry import layer

CLIENT = "lakeside-physicians"


def loaded_sample(folder: Path, scale: float) -> Path:
    """A warehouse with the raw tables of a freshly made sample."""
    generate(folder, scale=scale)
    path = folder / "base.duckdb"
    with open_warehouse(path) as connection:
        create_tables(connection)
        settings = load_client_settings(folder / "settings", CLIENT)
        load_inbox(connection, list(deliveries([folder / "inbox" / CLIENT])), settings, Tokens(b"k" * 32))
    return path


def multiplied(base: Path, path: Path, times: int) -> Path:
    """A warehouse with every raw row `times` over: ids, tokens and control numbers of each copy are its own."""
    path.unlink(missing_ok=True)
    with open_warehouse(path) as connection:
        create_tables(connection)
        connection.execute(f"ATTACH '{base}' AS base (READ_ONLY)")
        for table in layer("raw"):
            for copy in range(times):
                connection.execute(f'INSERT INTO "{table}" SELECT {_renamed(connection, table, copy)} FROM base."{table}"')
    return path


def _renamed(connection: duckdb.DuckDBPyConnection, table: str, copy: int) -> str:
    names = [row[0] for row in connection.sql(f'DESCRIBE base."{table}"').fetchall()]
    own = ("_token", "_control_id")
    return ", ".join(f'\'{copy:02d}\' || "{n}"[3:] AS "{n}"' if n.endswith(own) or n.endswith("file_id") else f'"{n}"' for n in names)
