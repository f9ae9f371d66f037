"""A run of a small client is killed at its writes, renames, statements and commits: the next run ends as if nothing had been."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.unit.lives import two_claims

SCRIPT = textwrap.dedent("""
    import datetime, hashlib, os, sys
    from pathlib import Path

    import duckdb
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    import dashboards.publish, great_expectations
    from assets import build, event_storage, factory, portfolio
    from assets.launch import session
    from rcm_pipeline import warehouse
    from rcm_pipeline.settings import Home
    from tests.killing import Writes, ended, forked, not_survived

    WRITES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.link", "os.symlink", "subprocess.Popen"}
    inbox, base, step, first = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    writes = Writes()


    def heard(name, details):
        if name in WRITES or name == "open" and isinstance(details[1], str) and set(details[1]) & set("wax+"):
            writes.note()


    def told(work):
        def working(*given, **named):
            writes.note()
            return work(*given, **named)
        return working


    def run(root):
        with session(Home(root=root, inbox=inbox, settings=root / "settings"), datetime.date(2026, 11, 23)) as dagster:
            outcome = dagster.run("north")
            assert not outcome.exit_code, outcome.message


    def killed_at(number):
        def work():
            writes.deadly = number
            sys.addaudithook(heard)
            event.listen(Engine, "before_cursor_execute", lambda *_: writes.note())
            for module in (warehouse, factory, dashboards.publish, portfolio, sys.modules["rcm_pipeline.intake.load"]):
                for name in ("append", "replace", "replace_rows", "at_once"):
                    if hasattr(module, name):
                        setattr(module, name, told(getattr(module, name)))
            run(base / str(number))

        return ended(forked(work))


    def state(root):
        def work():
            with duckdb.connect(str(root / "warehouse" / "north" / "published.duckdb"), read_only=True) as found:
                names = sorted(row[0] for row in found.sql("SELECT table_name FROM duckdb_tables()").fetchall())
                rows = {n: sorted(map(str, found.sql(f'SELECT * FROM "{n}"').fetchall())) for n in names if not n.startswith(("ops_", "_"))}
            pages = [path.read_bytes() for path in sorted((root / "reports" / "north" / "latest").rglob("*.html"))]
            left = sorted(p.name for p in root.rglob("*") if ".writing-" in p.name or p.name.startswith(".new-"))
            digest = hashlib.sha256(repr((rows, len(pages))).encode() + b"".join(pages)).hexdigest()[:16]
            (base / "state").write_text(f"{digest} {left}")

        (base / "state").unlink(missing_ok=True)
        return (base / "state").read_text() if not ended(forked(work)) else "no state"


    def is_well(number):
        root = base / str(number)
        return not ended(forked(lambda: run(root))) and state(root) == wanted


    os.environ["RCM_KEYS"] = str(base / "keys")
    assert ended(forked(lambda: run(base / "clean"))) == 0
    wanted = state(base / "clean")
    number, failures = not_survived(killed_at, is_well, step, first)
    print(number, wanted.partition(" ")[2], failures)
""")


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return two_claims(tmp_path_factory.mktemp("fault") / "inbox")


def killed(inbox: Path, tmp_path: Path, step: int, first: int) -> tuple[int, str]:
    """How many points there are, nearly, and what was left or other after a kill at each of those tried."""
    arguments = [sys.executable, "-c", SCRIPT, str(inbox), str(tmp_path), str(step), str(first)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=7200)
    assert done.returncode == 0, done.stderr[-2000:]
    number, _, rest = done.stdout.strip().splitlines()[-1].partition(" ")
    return int(number), rest


@pytest.mark.slow
def test_a_run_killed_at_some_of_its_writes_is_completed_by_the_next(inbox: Path, tmp_path: Path) -> None:
    points, rest = killed(inbox, tmp_path, 97, 50)
    assert rest == "[] []"
    assert points > 1000


@pytest.mark.slow
def test_a_run_killed_at_one_write_in_eleven_is_completed_by_the_next(inbox: Path, tmp_path: Path) -> None:
    """About 140 kills; another `first` tries others, and eleven of them all."""
    assert killed(inbox, tmp_path, 11, 1)[1] == "[] []"
