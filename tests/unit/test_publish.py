"""A pack is put in place at once, and says so itself when it could not be renewed."""

import datetime as dt
import json
import os
from pathlib import Path

import pytest

import dashboards.publish as module
from dashboards.publish import PAGE, STALE, is_stale, mark_stale
from rcm_pipeline.errors import StorageError
from rcm_pipeline.publishing import sweep
from rcm_pipeline.settings import Home

AT = dt.datetime(2026, 11, 23, 6, 0)


def put(reports: Path, text: str, week: str = "2026-11-16") -> Path:
    return module._put_in_place(reports, week, {PAGE: text.encode(), "manifest.json": b"{}"})


def test_a_reader_sees_the_old_pack_or_the_new_one(tmp_path: Path) -> None:
    folder = put(tmp_path, "old")
    assert (folder / PAGE).read_text() == "old"
    put(tmp_path, "new")
    assert (folder / PAGE).read_text() == (tmp_path / "latest" / PAGE).read_text() == "new"
    assert len(list((tmp_path / ".packs").iterdir())) == 1, "the old one is removed"
    put(tmp_path, "next", week="2026-11-23")
    assert (folder / PAGE).read_text() == "new"
    assert (tmp_path / "latest" / PAGE).read_text() == "next"


def test_a_failing_write_leaves_the_old_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = put(tmp_path, "old")
    real = module.write_durably

    def failing(path: Path, content: bytes) -> None:
        if path.name == "manifest.json":
            raise OSError(28, "No space left on device")
        real(path, content)

    monkeypatch.setattr(module, "write_durably", failing)
    with pytest.raises(StorageError, match="No space left"):
        put(tmp_path, "new")
    assert (folder / PAGE).read_text() == "old"
    assert [p.name for p in (tmp_path / ".packs").iterdir() if p.name.startswith(".new")] == []


def test_staleness_stands_beside_the_pack_and_changes_none_of_its_bytes(tmp_path: Path) -> None:
    home = Home(tmp_path, tmp_path, tmp_path)
    mark_stale(home, "acme", "nothing to mark", AT)
    assert not is_stale(home, "acme")
    folder = put(home.reports("acme"), "<body><p>numbers</p></body>")
    before = (folder / PAGE).read_bytes()
    for reason in ("blocked: 3 < 5", "blocked: 4 < 5"):
        mark_stale(home, "acme", reason, AT)
    assert is_stale(home, "acme")
    assert (folder / PAGE).read_bytes() == before
    assert json.loads((folder / STALE).read_text()) == {"since": "2026-11-23 06:00 UTC", "reason": "blocked: 4 < 5"}
    put(home.reports("acme"), "<body><p>renewed</p></body>")
    assert not is_stale(home, "acme")


def test_what_a_killed_process_was_writing_is_swept_up_and_nothing_else(tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    folder = put(reports, "good")
    dead, alive = 2**22 + 1, os.getppid()  # no process has a number above the kernel's limit
    (reports / f".latest.writing-{dead}").symlink_to("nowhere")
    gone = (f".a.duckdb.writing-{dead}", f".a.duckdb.writing-{dead}.wal", f".pack.writing-{os.getpid()}")
    others = (f".pack.writing-{alive}", ".backup-2024", f".notes-{dead}", ".a.writing-20261123060000", ".a.writing-²")
    for name in (*gone, *others):
        (reports / name).write_text("x")
    (reports / f".folder.writing-{dead}").mkdir()
    sweep(reports)
    assert (folder / PAGE).read_text() == "good"
    left = {path.name for path in reports.iterdir()}
    assert left == {".packs", "2026-11-16", "latest", f".folder.writing-{dead}", *others}


def test_a_pack_half_written_by_a_killed_process_goes_with_the_next(tmp_path: Path) -> None:
    put(tmp_path, "good")
    half = tmp_path / ".packs" / ".new-2026-11-16-0123456789ab-17"
    half.mkdir()
    (half / "page.html").write_text("half")
    put(tmp_path, "next")
    assert not half.exists()
