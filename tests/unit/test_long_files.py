"""A file too long to be held is loaded block by block, in one transaction, and gives what it gives at once."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.errors import InputError
from rcm_pipeline.intake import load as loading
from rcm_pipeline.intake.inbox import deliveries
from rcm_pipeline.intake.load import load_inbox
from rcm_pipeline.privacy.tokens import Tokens
from rcm_pipeline.sample.generate import generate
from rcm_pipeline.settings import ClientSettings
from rcm_pipeline.warehouse import create_tables, read
from schemas.registry import layer


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    generate(tmp_path / "made", weeks=6, scale=4.0, seed=2)
    folder = tmp_path / "inbox"
    folder.mkdir()
    files = sorted((tmp_path / "made" / "inbox" / "lakeside-physicians").glob("8*"))
    (folder / "long.txt").write_bytes(b"".join(path.read_bytes() for path in files) * 2 + b"GS*HP*A")
    assert (folder / "long.txt").stat().st_size > 3_000_000
    return folder


def load(inbox: Path, warehouse: Path, told: Callable[[int], None] = lambda _: None) -> dict[str, str]:
    with open_warehouse(warehouse) as connection:
        create_tables(connection)
        load_inbox(connection, list(deliveries([inbox])), ClientSettings(), Tokens(b"k" * 32), told)
        return {
            name: hashlib.sha256("\n".join(sorted(map(str, read(connection, name).rows()))).encode()).hexdigest() for name in layer("raw")
        }


def test_a_long_file_gives_what_it_gives_at_once(inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = load(inbox, tmp_path / "a.duckdb")
    monkeypatch.setattr(loading, "STREAMED_BYTES", 1_000_000)
    told: list[int] = []
    in_blocks = load(inbox, tmp_path / "b.duckdb", told.append)
    notes = {"raw_rejects", "raw_findings"}  # their ordinals follow the blocks
    assert {k: v for k, v in in_blocks.items() if k not in notes} == {k: v for k, v in at_once.items() if k not in notes}
    assert len(told) > 1
    assert sum(told) == (inbox / "long.txt").stat().st_size


def test_a_file_that_changes_while_it_is_read_leaves_nothing(inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "STREAMED_BYTES", 1_000_000)
    found = list(deliveries([inbox]))
    (inbox / "long.txt").write_bytes((inbox / "long.txt").read_bytes().replace(b"CLP*LP", b"CLP*XX"))
    with open_warehouse(tmp_path / "w.duckdb") as connection:
        create_tables(connection)
        with pytest.raises(InputError, match="changed while it was read"):
            load_inbox(connection, found, ClientSettings(), Tokens(b"k" * 32))
        assert [connection.sql(f"SELECT count(*) FROM {name}").fetchall() for name in ("raw_remits", "raw_files")] == [[(0,)], [(0,)]]


def test_a_defect_of_the_reader_costs_its_file_only(inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rcm_pipeline.intake import reading
    from tests.spec.engine import remittance

    monkeypatch.setattr(loading, "STREAMED_BYTES", 1_000_000)
    (inbox / "z.835").write_bytes(remittance("CLP*A1*1*100*60*0*CI*I1"))
    real = reading.stream_x12

    def broken(*arguments: object):
        for number, block in enumerate(real(*arguments)):
            if number == 1:
                raise ValueError("SECRET-1")
            yield block

    monkeypatch.setattr(reading, "stream_x12", broken)
    load(inbox, tmp_path / "w.duckdb")
    with open_warehouse(tmp_path / "w.duckdb", read_only=True) as connection:
        assert connection.sql("SELECT count(*) FROM raw_remits").fetchall() == [(1,)]
        [(rule, reason)] = connection.sql("SELECT rule, reason FROM raw_rejects").fetchall()
    assert rule == "reader_failed"
    assert "ValueError" in reason
    assert "SECRET" not in reason
