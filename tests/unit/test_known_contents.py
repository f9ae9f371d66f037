"""An inbox that has not changed is compared without being read, and what has changed is never taken for what it was."""

import hashlib
import os
import time
from io import BufferedReader
from pathlib import Path

import pytest

from rcm_pipeline.intake import inbox
from rcm_pipeline.intake.inbox import KnownContents, deliveries


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two files, old enough to be remembered."""
    place = tmp_path / "inbox"
    place.mkdir()
    (place / "a.835").write_bytes(b"one")
    (place / "b.835").write_bytes(b"two")
    monkeypatch.setattr(inbox, "_SETTLED", -1)
    return place


def look(folder: Path, kept: Path) -> list[str | None]:
    known = KnownContents(kept)
    found = [delivery.file_id for delivery in deliveries([folder], known)]
    known.save()
    return found


def test_what_has_not_changed_is_not_read(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "known.json"
    first = look(folder, kept)
    with monkeypatch.context() as patch:
        patch.setattr(inbox.hashlib, "file_digest", lambda *_: pytest.fail("a file was read"))
        assert look(folder, kept) == first
    (folder / "a.835").rename(folder / "c.835")
    assert sorted(map(str, look(folder, kept))) == sorted(map(str, first)), "a name says nothing"
    assert ".835" not in kept.read_text(), "no file name is kept"


def test_other_content_of_the_same_size_and_time_is_read(folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "known.json"
    before = look(folder, kept)
    times = (folder / "a.835").stat()
    time.sleep(0.02)
    (folder / "a.835").write_bytes(b"eno")
    os.utime(folder / "a.835", ns=(times.st_atime_ns, times.st_mtime_ns))
    after = look(folder, kept)
    assert after[0] != before[0]
    assert after[1] == before[1]


def test_what_was_written_just_now_is_read_again(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "_SETTLED", 60_000_000_000)
    look(folder, tmp_path / "known.json")
    assert not KnownContents(tmp_path / "known.json")._before


@pytest.mark.parametrize("content", ["", "{", "[1"])
def test_a_broken_memory_is_no_memory(folder: Path, tmp_path: Path, content: str) -> None:
    (tmp_path / "known.json").write_text(content)
    assert look(folder, tmp_path / "known.json") == look(folder, tmp_path / "none.json")


@pytest.mark.parametrize("name", ["835_x.txt.filepart", "a.tmp", "~$qa.xlsx", "B.PART"])
def test_a_file_still_being_delivered_waits(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"ISA")
    (tmp_path / "whole.txt").write_bytes(b"ISA")
    found = list(deliveries([tmp_path]))
    assert [(d.path.name, d.file_id is None, d.is_unfinished, d.is_unopened) for d in found if d.path.name == name] == [
        (name, True, True, False)
    ]
    assert [d.is_unfinished for d in found if d.path.name == "whole.txt"] == [False]


def test_a_file_that_grows_while_it_is_read_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "835.txt"
    path.write_bytes(b"ISA")
    read = hashlib.file_digest

    def slowly(source: BufferedReader, kind: str) -> object:
        with path.open("ab") as more:
            more.write(b"*00")
        return read(source, kind)

    monkeypatch.setattr(hashlib, "file_digest", slowly)
    [found] = deliveries([tmp_path])
    assert (found.file_id, found.is_unfinished) == (None, True)
