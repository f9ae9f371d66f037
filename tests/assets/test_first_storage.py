"""A new home survives a kill at any write while Dagster's storage is made, and four runs that begin at once."""

import contextlib
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from assets.first_storage import make_once
from rcm_pipeline.errors import StorageError

DATABASES = ("history/runs.db", "history/runs/index.db", "schedules/schedules.db")

SCRIPT = textwrap.dedent("""
    import datetime, sys
    from pathlib import Path

    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    from assets.launch import session
    from rcm_pipeline.settings import Home
    from tests.killing import Writes, ended, forked, not_survived

    WRITES = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "sqlite3.connect"}
    base, step, first, writes = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), Writes()


    def heard(name, details):
        if name in WRITES and (name != "open" or details[1] not in (None, "r", "rb")):
            writes.note()


    def opened(root):
        with session(Home(root=root, inbox=root, settings=root), datetime.date(2026, 6, 8)) as dagster:
            dagster.register(["north"])
            assert dagster._instance.get_runs_count() == 0
            assert dagster._instance.get_dynamic_partitions("clients") == ["north"]


    def killed_at(number):
        def work():
            writes.deadly = number
            sys.addaudithook(heard)
            event.listen(Engine, "before_cursor_execute", lambda *_: writes.note())
            opened(base / str(number))

        return ended(forked(work))


    def is_well(number):
        root = base / str(number)
        return not ended(forked(lambda: opened(root))) and not any(root.glob("dagster/.storage-being-made"))


    number, failures = not_survived(killed_at, is_well, step, first)
    together = [forked(lambda: opened(base / "together")) for _ in range(4)]
    print(number, failures, [ended(child) for child in together])
""")


def killed(tmp_path: Path, step: int, first: int) -> tuple[int, str]:
    """How many writes there are, nearly, and at which of them a kill left a home that does not work; then of four at once."""
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path), str(step), str(first)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    number, _, rest = done.stdout.strip().partition(" ")
    return int(number), rest


def test_a_home_killed_while_it_is_made_works_and_so_do_four_at_once(tmp_path: Path) -> None:
    writes, rest = killed(tmp_path, 97, 94)
    assert rest == "[] [0, 0, 0, 0]"
    assert writes > 200


@pytest.mark.slow
def test_no_write_is_deadly(tmp_path: Path) -> None:
    assert killed(tmp_path, 1, 1)[1] == "[] [0, 0, 0, 0]"


def made(folder: Path) -> dict[str, bytes]:
    """A home of the version before, made anew by this one: what its databases hold afterwards."""

    def make(fresh: Path) -> None:
        for name in DATABASES:
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            (fresh / name).write_bytes(b"new")

    make_once(folder, make)
    return {name: (folder / name).read_bytes() for name in DATABASES}


def test_a_database_with_runs_is_kept_and_one_half_made_is_not(tmp_path: Path) -> None:
    for name in DATABASES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(sqlite3.connect(tmp_path / DATABASES[0])) as whole, whole:
        whole.execute("CREATE TABLE alembic_version AS SELECT 'x' AS version_num")
    with contextlib.closing(sqlite3.connect(tmp_path / DATABASES[1])) as half, half:
        half.execute("CREATE TABLE runs (id INTEGER)")
    (tmp_path / DATABASES[2]).write_bytes(b"torn" * 1000)
    before = (tmp_path / DATABASES[0]).read_bytes()
    assert made(tmp_path) == {DATABASES[0]: before, DATABASES[1]: b"new", DATABASES[2]: b"new"}


def test_a_database_that_another_has_locked_is_never_replaced(tmp_path: Path) -> None:
    database = tmp_path / DATABASES[0]
    database.parent.mkdir(parents=True)
    with contextlib.closing(sqlite3.connect(database)) as other:
        other.execute("CREATE TABLE alembic_version AS SELECT 'x' AS version_num")
        other.commit()
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StorageError, match="locked"):
            made(tmp_path)
