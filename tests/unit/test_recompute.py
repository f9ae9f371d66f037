"""Late, early, twice or renamed: the same files give the same tables, from raw to mart."""

import datetime as dt
import shutil
from pathlib import Path

import polars as pl
import pytest

from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.intake.inbox import deliveries
from rcm_pipeline.intake.load import load_inbox
from rcm_pipeline.privacy.tokens import Tokens
from rcm_pipeline.sample.generate import generate
from rcm_pipeline.settings import load_client_settings
from rcm_pipeline.tables import compute
from rcm_pipeline.warehouse import create_tables, read
from schemas.registry import layer

CLIENT = "stonebridge-regional"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("small")
    generate(out, weeks=8, scale=0.3, seed=3)
    return out


def tables(warehouse: Path, inbox: Path, sample: Path) -> dict[str, pl.DataFrame]:
    """Load what is new, then compute everything, as a run does."""
    settings = load_client_settings(sample / "settings", CLIENT)
    with open_warehouse(warehouse) as connection:
        create_tables(connection)
        load_inbox(connection, list(deliveries([inbox])), settings, Tokens(b"k" * 32))
        raw = {
            name: read(connection, name) for name in (*layer("raw"), "ops_portfolio", "ops_code_sets", "ops_code_entries", "ops_qa_samples")
        }
    return dict(compute(raw, settings, dt.date(2026, 11, 23)))


def test_late_renamed_and_doubled_files_change_nothing(small: Path, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    shutil.copytree(small / "inbox" / CLIENT, inbox)
    clean = tables(tmp_path / "clean.duckdb", inbox, small)
    late = [sorted(inbox.glob(pattern))[1] for pattern in ("835_*", "837P_*", "qa_reviews_*")]
    kept = {path: path.read_bytes() for path in late}
    for path in late:
        path.unlink()
    before = tables(tmp_path / "late.duckdb", inbox, small)
    assert not before["core_adjudications"].equals(clean["core_adjudications"])
    for path, content in kept.items():
        path.with_name("again " + path.name).write_bytes(content)
        path.write_bytes(content)
    after = tables(tmp_path / "late.duckdb", inbox, small)
    assert {name: frame.equals(clean[name]) for name, frame in after.items()} == dict.fromkeys(clean, True)
