"""The access log: five kinds of tampering, each at every place, are seen."""

import datetime as dt
import json
import os
import pwd
from collections.abc import Callable
from pathlib import Path

import pytest

from rcm_pipeline.errors import StorageError
from rcm_pipeline.privacy.access_log import AccessLog, head_of

KEYS = (bytes(range(32)),)
NOW = dt.datetime(2026, 11, 23, 6, 0)
COUNT = 12

Lines = list[str]
TAMPERS: dict[str, Callable[[Lines, int], Lines]] = {
    "changed": lambda lines, at: [*lines[:at], lines[at].replace('"token_count": ', '"token_count": 9'), *lines[at + 1 :]],
    "taken out": lambda lines, at: lines[:at] + lines[at + 1 :],
    "swapped": lambda lines, at: [*lines[:at], *reversed(lines[at : at + 2]), *lines[at + 2 :]],
    "put in": lambda lines, at: [*lines[:at], lines[at], *lines[at:]],
    "cut off": lambda lines, at: lines[:at],
}


@pytest.fixture
def log(tmp_path: Path) -> AccessLog:
    found = AccessLog(tmp_path / "north" / "access_log.jsonl", KEYS)
    for number in range(COUNT):
        found.add("worklist", number, NOW)
    return found


@pytest.mark.parametrize("kind", TAMPERS)
@pytest.mark.parametrize("at", range(COUNT - 1))
def test_who_changes_the_log_is_seen(log: AccessLog, tmp_path: Path, kind: str, at: int) -> None:
    known, path = log.entries(), tmp_path / "north" / "access_log.jsonl"
    path.write_text("\n".join(TAMPERS[kind](path.read_text().splitlines(), at)) + "\n")
    with pytest.raises(StorageError, match="entr"):
        log.entries_since(known)


def test_the_log_says_who_when_and_how_many(log: AccessLog, tmp_path: Path) -> None:
    entries = log.entries()
    assert entries["token_count"].to_list() == list(range(COUNT))
    assert set(entries["at"]) == {NOW}
    assert head_of(entries) == {"count": COUNT, "hash": entries["entry_hash"][-1]}
    assert (tmp_path / "north" / "access_log.jsonl").stat().st_mode & 0o777 == 0o600
    log.add("explain", 1, NOW)
    assert log.entries_since(entries).height == COUNT + 1


def test_another_key_makes_no_entry_that_holds(log: AccessLog, tmp_path: Path) -> None:
    path = tmp_path / "north" / "access_log.jsonl"
    forged = AccessLog(tmp_path / "forged.jsonl", (bytes(32),))
    forged.add("worklist", 1, NOW)
    path.write_text((tmp_path / "forged.jsonl").read_text())
    with pytest.raises(StorageError, match="entry 1"):
        log.entries()
    assert json.loads(path.read_text())["entry_no"] == 1


def test_half_an_entry_is_no_tampering_and_is_written_over(log: AccessLog, tmp_path: Path) -> None:
    """A kill in the middle of a write: nobody was told that the entry stands, and nothing was opened on it."""
    path = tmp_path / "north" / "access_log.jsonl"
    whole = path.read_text()
    path.write_text(whole + whole.splitlines()[-1][:40])
    assert log.entries().height == COUNT
    log.add("explain", 1, NOW)
    assert log.entries()["action_code"].to_list() == ["worklist"] * COUNT + ["explain"]


def test_the_person_is_who_the_process_belongs_to(log: AccessLog, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "somebody_else")
    log.add("explain", 1, NOW)
    assert set(log.entries()["person"]) == {pwd.getpwuid(os.getuid()).pw_name}
