"""A run of a small client is killed at its writes, renames, statements and commits: the next run ends as if nothing had been."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.unit.lives import batch, claim, clp, payment

SCRIPT = textwrap.dedent("""
    import contextlib, datetime, hashlib, os, signal, sys
    from pathlib import Path

    import duckdb
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    import dashboards.publish, great_expectations
    from assets import build, event_storage, factory, portfolio
    from assets.launch import session
    from rcm_pipeline import connection, warehouse
    from rcm_pipeline.settings import Home

    WRITES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.link", "os.symlink", "subprocess.Popen"}
    seen, deadly, points = 0, -1, []
    inbox, base, step, first = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])


    def write(name):
        global seen
        seen += 1
        if seen == deadly:
            os.kill(os.getpid(), signal.SIGKILL)


    def heard(name, details):
        if name in WRITES or name == "open" and isinstance(details[1], str) and set(details[1]) & set("wax+"):
            write(name)


    def told(work):
        def working(*given, **named):
            write(work.__name__)
            return work(*given, **named)
        return working


    def run(root):
        with session(Home(root=root, inbox=inbox, settings=root / "settings"), datetime.date(2026, 11, 23)) as dagster:
            outcome = dagster.run("north")
            assert not outcome.exit_code, outcome.message


    def forked(work):
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            try:
                work()
            except BaseException as error:
                print(type(error).__name__, error, file=sys.stderr)
                os._exit(1)
            os._exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


    def killed_at(number, root):
        def work():
            global deadly
            deadly = number
            sys.addaudithook(heard)
            event.listen(Engine, "before_cursor_execute", lambda *_: write("statement"))
            for module in (warehouse, factory, dashboards.publish, portfolio, sys.modules["rcm_pipeline.intake.load"]):
                for name in ("append", "replace", "replace_rows", "at_once"):
                    if hasattr(module, name):
                        setattr(module, name, told(getattr(module, name)))
            run(root)

        return forked(work)


    def state(root):
        def work():
            with duckdb.connect(str(root / "warehouse" / "north" / "published.duckdb"), read_only=True) as found:
                names = sorted(row[0] for row in found.sql("SELECT table_name FROM duckdb_tables()").fetchall())
                rows = {n: sorted(map(str, found.sql(f'SELECT * FROM "{n}"').fetchall())) for n in names if not n.startswith(("ops_", "_"))}
            pages = [path.read_bytes() for path in sorted((root / "reports" / "north" / "latest").rglob("*.html"))]
            left = sorted(p.name for p in root.rglob("*") if ".writing-" in p.name or p.name.startswith(".new-"))
            print(hashlib.sha256(repr((rows, len(pages))).encode() + b"".join(pages)).hexdigest()[:16], left)

        read, write_end = os.pipe()
        child = os.fork()
        if child == 0:
            os.dup2(write_end, 1)
            sys.stdout = os.fdopen(1, "w")
            try:
                work()
            finally:
                sys.stdout.flush()
                os._exit(0)
        os.close(write_end)
        with os.fdopen(read) as pipe:
            told = pipe.read().strip()
        os.waitpid(child, 0)
        return told


    keys = base / "keys"
    os.environ["RCM_KEYS"] = str(keys)
    clean = base / "clean"
    assert forked(lambda: run(clean)) == 0
    wanted = state(clean)
    number, failures = first, []
    while True:
        root = base / str(number)
        code = killed_at(number, root)
        if code == 0:
            break
        if code != -signal.SIGKILL or forked(lambda: run(root)) or state(root) != wanted:
            failures.append((number, code, state(root)))
        number += step
    print(number, wanted.partition(" ")[2], failures)
""")


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fault") / "inbox"
    (folder / "north").mkdir(parents=True)
    (folder / "north" / "a.837").write_bytes(batch(claim("A1", ("99213", "100")), claim("A2", ("99214", "200")), day="20261102"))
    denied = clp("A2", "I2", ("99214", "200", "0", "CO*197*200"), status="4")
    (folder / "north" / "b.835").write_bytes(payment(clp("A1", "I1", ("99213", "100", "80", "CO*45*20")), denied, day="20261112"))
    return folder


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
