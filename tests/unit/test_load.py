"""The ledger: each content once, in one transaction, whatever its name; trouble is named and costs nothing else."""

import hashlib
import os
from pathlib import Path

import duckdb
import pytest

from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.errors import StorageError
from rcm_pipeline.intake.inbox import clients_of, deliveries
from rcm_pipeline.intake.load import Loaded, load_inbox
from rcm_pipeline.privacy.tokens import Tokens
from rcm_pipeline.settings import ClientSettings
from rcm_pipeline.warehouse import create_tables, read
from schemas.registry import layer
from tests.spec.engine import remittance

CLAIM = "CLP*A1*1*100*60*0*CI*I1\nSVC*HC:99213*100*60\nCAS*CO*45*40"


def load(inbox: Path, warehouse: Path) -> Loaded:
    with open_warehouse(warehouse) as connection:
        create_tables(connection)
        return load_inbox(connection, list(deliveries([inbox])), ClientSettings(), Tokens(b"k" * 32))


def digest(warehouse: Path) -> dict[str, str]:
    """Hash of the sorted rows of every raw table."""
    with open_warehouse(warehouse, read_only=True) as connection:
        return {
            name: hashlib.sha256("\n".join(sorted(map(str, read(connection, name).rows()))).encode()).hexdigest() for name in layer("raw")
        }


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "one.835").write_bytes(remittance(CLAIM))
    (folder / "two.835").write_bytes(remittance(CLAIM.replace("A1", "A2")))
    return folder


def test_a_second_load_changes_nothing(inbox: Path, tmp_path: Path) -> None:
    warehouse = tmp_path / "w.duckdb"
    assert load(inbox, warehouse).file_count == 2
    before = digest(warehouse)
    again = load(inbox, warehouse)
    assert (again.file_count, again.duplicate_count) == (0, 2)
    assert digest(warehouse) == before


def test_a_duplicate_under_another_name_is_not_counted_twice(inbox: Path, tmp_path: Path) -> None:
    clean = tmp_path / "clean.duckdb"
    load(inbox, clean)
    (inbox / "copy of one.txt").write_bytes((inbox / "one.835").read_bytes())
    loaded = load(inbox, tmp_path / "w.duckdb")
    assert (loaded.file_count, loaded.duplicate_count) == (2, 1)
    assert digest(tmp_path / "w.duckdb") == digest(clean)


def test_order_of_arrival_does_not_matter(inbox: Path, tmp_path: Path) -> None:
    load(inbox, tmp_path / "both.duckdb")
    second = inbox / "two.835"
    content = second.read_bytes()
    second.unlink()
    load(inbox, tmp_path / "w.duckdb")
    second.write_bytes(content)
    load(inbox, tmp_path / "w.duckdb")
    assert digest(tmp_path / "w.duckdb") == digest(tmp_path / "both.duckdb")


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "empty_file"),
        (b"%PDF-1.7 x", "not_readable"),
        (b"\x00\x01\x02binary", "not_readable"),
        (b"PK\x03\x04broken", "workbook_damaged"),
        (b"\x1f\x8bgzip", "archive_damaged"),
        (b"ISA*00*cut", "separators_unreadable"),
        (b"hello, world\n1,2\n", "sheet_unknown"),
    ],
)
def test_files_that_cannot_be_read_are_rejected_with_a_reason_and_cost_nothing(
    inbox: Path, tmp_path: Path, content: bytes, rule: str
) -> None:
    (inbox / "bad").write_bytes(content)
    assert load(inbox, tmp_path / "w.duckdb").file_count == 3
    with open_warehouse(tmp_path / "w.duckdb", read_only=True) as connection:
        rejects = read(connection, "raw_rejects")
        assert rejects["rule"].to_list() == [rule]
        assert len(rejects["reason"][0]) > 20
        assert read(connection, "raw_remits").height == 2


def test_links_pipes_and_folders_without_permission_are_named_not_followed(
    inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (inbox / "link").symlink_to("/etc/passwd")
    os.mkfifo(inbox / "pipe")
    locked = inbox / "locked"
    locked.mkdir()
    real = os.scandir
    monkeypatch.setattr(
        os,
        "scandir",
        lambda path: (_ for _ in ()).throw(PermissionError(13, "denied", str(path))) if str(path) == str(locked) else real(path),
    )
    warehouse = tmp_path / "w.duckdb"
    loaded = load(inbox, warehouse)
    assert (loaded.file_count, loaded.unreadable_count) == (2, 3)
    before = digest(warehouse)
    assert load(inbox, warehouse).unreadable_count == 3
    assert digest(warehouse) == before
    with open_warehouse(warehouse, read_only=True) as connection:
        reasons = " ".join(read(connection, "raw_rejects")["reason"])
    assert "links are not followed" in reasons
    assert "locked" not in reasons


def test_a_failing_batch_leaves_nothing_half(inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import rcm_pipeline.intake.load as module

    real = module.append

    def failing(connection, table, frame):
        if table == "raw_files":
            raise duckdb.IOException("disk full while writing SECRET-VALUE")
        real(connection, table, frame)

    monkeypatch.setattr(module, "append", failing)
    with pytest.raises(StorageError) as caught:
        load(inbox, tmp_path / "w.duckdb")
    assert "SECRET" not in str(caught.value)
    monkeypatch.undo()
    with open_warehouse(tmp_path / "w.duckdb", read_only=True) as connection:
        assert all(read(connection, name).is_empty() for name in layer("raw"))
    load(inbox, tmp_path / "w.duckdb")
    load(inbox, tmp_path / "clean.duckdb")
    assert digest(tmp_path / "w.duckdb") == digest(tmp_path / "clean.duckdb")


def test_clients_are_folders_and_loose_files_stand_apart(tmp_path: Path) -> None:
    (tmp_path / "Acme Health").mkdir()
    (tmp_path / "loose.txt").write_text("x")
    assert sorted(clients_of(tmp_path)) == ["acme-health", "default"]


def test_a_sheet_that_breaks_the_reader_costs_only_itself(inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rcm_pipeline.intake import reading

    def broken(*_: object) -> None:
        raise ValueError("SECRET-1")

    monkeypatch.setattr(reading, "read_sheets", broken)
    (inbox / "log.csv").write_text("Account Number,Work Date,Activity,Minutes\nA1,2026-11-18,call,5\n")
    load(inbox, tmp_path / "w.duckdb")
    with open_warehouse(tmp_path / "w.duckdb", read_only=True) as connection:
        assert connection.sql("SELECT count(*) FROM raw_remits").fetchall() == [(2,)]
        found = connection.sql("SELECT f.format_code, r.rule, r.reason FROM raw_rejects r JOIN raw_files f USING (file_id)").fetchall()
    [(form, rule, reason)] = found
    assert (form, rule) == ("csv", "reader_failed")
    assert "SECRET" not in reason
