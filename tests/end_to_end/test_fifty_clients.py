"""Fifty clients in one home: of 2,450 pairs none sees a word of the other, and nothing shared holds a word of any."""

import itertools
import re
import zipfile
from pathlib import Path

import duckdb
import pytest

from tests.conftest import rcm
from tests.end_to_end.test_privacy import MARK, Canaries, claim_file, remittance_file

COUNT = 50
CLIENTS = [f"client-{number:02d}" for number in range(COUNT)]
SEEN = re.compile(rf"{MARK}\d\d")


class OwnCanaries(Canaries):
    """Identifiers that say whose they are."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._mark = f"{MARK}{number:02d}"

    def __call__(self) -> str:
        self.count += 1
        return f"{self._mark}X{self.count:03d}"


def words(path: Path) -> set[str]:
    """Marks of clients in a file, whatever it is packed in."""
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            columns = connection.sql(
                "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND data_type = 'VARCHAR'"
            ).fetchall()
            texts = (connection.sql(f'SELECT DISTINCT "{column}" FROM "{table}"').fetchall() for table, column in columns)
            return {mark for rows in texts for (text,) in rows if text for mark in SEEN.findall(text.upper())}
    contents = [path.read_bytes()]
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            contents = [book.read(name) for name in book.namelist()]
    return {mark for content in contents for mark in SEEN.findall(content.decode("latin-1").upper())}


@pytest.mark.slow
def test_no_client_sees_another(tmp_path: Path) -> None:
    inbox, home = tmp_path / "inbox", tmp_path / "home"
    for number, client in enumerate(CLIENTS):
        (inbox / client).mkdir(parents=True)
        own, payer = OwnCanaries(number), f"PAYER {MARK}{number:02d}"
        (inbox / client / f"{own()}.837").write_text(claim_file(own))
        (inbox / client / f"{own()}.835").write_text(remittance_file(own).replace("PAYER X", payer))
    for at in range(0, COUNT, 10):
        named = [part for client in CLIENTS[at : at + 10] for part in ("--client", client)]
        done = rcm("run", "--inbox", inbox, "--today", "2026-11-23", *named, home=home)
        assert not SEEN.findall((done.stdout + done.stderr).upper())
    seen: dict[str, set[str]] = {client: set() for client in CLIENTS}
    shared: set[str] = set()
    for path in (path for path in home.rglob("*") if path.is_file()):
        owner = next((part for part in path.relative_to(home).parts if part in seen), None)
        (shared if owner is None else seen[owner]).update(words(path))
    assert shared == set()
    for number, client in enumerate(CLIENTS):
        assert seen[client] == {f"{MARK}{number:02d}"}, "its payer's name, which is an organisation's, and of nobody else anything"
    assert len(list(itertools.permutations(CLIENTS, 2))) == 2450
