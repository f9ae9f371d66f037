"""Who opened a client's vault, when and for how many claims: entries are chained by a keyed hash, so that a change is seen."""

import datetime as dt
import fcntl
import hashlib
import json
import os
import pwd
from pathlib import Path
from typing import Any

import polars as pl

from rcm_pipeline.errors import StorageError
from rcm_pipeline.privacy.keys import Keys, derived
from schemas.contract import polars_schema
from schemas.registry import CONTRACTS

_FIRST = "0" * 64
_FIELDS = ("entry_no", "at", "person", "action_code", "token_count")


class AccessLog:
    """A file of one entry a line that is only ever added to, chained by a hash under the client's first key.

    What is cut off its end leaves a whole chain: that is seen by the number of entries and the last hash, which every pack's
    manifest holds (`head_of`).
    """

    def __init__(self, path: Path, keys: Keys) -> None:
        self._path = path
        self._key = derived(keys[0], b"rcm access log")

    def add(self, action_code: str, token_count: int, at: dt.datetime) -> None:
        """Enter that this person does something now, before it is done; on the disk when this returns."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            text = file.read()
            known = self._checked(text)
            file.truncate(len(_whole(text).encode()))  # half an entry goes, of which nobody was told that it stands
            entry = {
                "entry_no": len(known) + 1,
                "at": at.isoformat(timespec="seconds"),
                "person": _person(),
                "action_code": action_code,
                "token_count": token_count,
            }
            before = known[-1]["entry_hash"] if known else _FIRST
            file.write(json.dumps(entry | {"entry_hash": self._hash(before, entry)}) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def entries(self) -> pl.DataFrame:
        """Rows of ops_access_log. Raises StorageError with the first entry that was changed, taken out or put in."""
        rows = self._checked(self._path.read_text(encoding="utf-8")) if self._path.exists() else []
        frame = pl.DataFrame(rows, schema={**polars_schema(CONTRACTS["ops_access_log"]), "at": pl.String})
        return frame.with_columns(pl.col("at").str.to_datetime("%Y-%m-%dT%H:%M:%S"))

    def entries_since(self, stored: pl.DataFrame) -> pl.DataFrame:
        """All entries. Raises StorageError also where those `stored` before are not there any more."""
        entries, head = self.entries(), head_of(stored)
        if head_of(entries.head(head["count"])) != head:
            raise StorageError(
                f"{self._path}: entries are missing: {head['count']} were known, and {entries.height} are there",
                fix="restore the file from your backup and ask who changed it",
            )
        return entries

    def _checked(self, text: str) -> list[dict[str, Any]]:
        known: list[dict[str, Any]] = []
        before = _FIRST
        for number, line in enumerate(_whole(text).splitlines(), start=1):
            entry = _entry_of(line)
            if entry is None or entry["entry_no"] != number or entry["entry_hash"] != self._hash(before, entry):
                raise StorageError(
                    f"{self._path}: entry {number} is not as it was written, or one before it is missing",
                    fix="restore the file from your backup and ask who changed it",
                )
            known.append(entry)
            before = entry["entry_hash"]
        return known

    def _hash(self, before: str, entry: dict[str, Any]) -> str:
        text = json.dumps([before, *(entry[name] for name in _FIELDS)])
        return hashlib.blake2b(text.encode(), key=self._key, digest_size=32).hexdigest()


def head_of(entries: pl.DataFrame) -> dict[str, Any]:
    """How many entries there are, and the hash of the last: what shows that none was cut off."""
    ordered = entries.sort("entry_no")
    return {"count": ordered.height, "hash": ordered["entry_hash"][-1] if ordered.height else _FIRST}


def _whole(text: str) -> str:
    """Without a last line that was not written to its end: whoever wrote it went no further."""
    return text[: text.rfind("\n") + 1]


def _person() -> str:
    """The name of the user that this process belongs to, whatever the environment says; the number of one without a name."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _entry_of(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and set(entry) == {*_FIELDS, "entry_hash"} else None
