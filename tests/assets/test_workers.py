"""Clients side by side: each with its own key alone, one that dies costs itself alone, and an interrupt ends all."""

import datetime as dt
import os
import shutil
import signal
import subprocess
import sys
import time
from multiprocessing import Pipe
from pathlib import Path

import duckdb
import pytest

from assets import workers
from assets.workers import SMALL_BYTES, default_jobs, side_by_side, threads_for
from dashboards.publish import is_stale
from rcm_pipeline.errors import ExitCode
from rcm_pipeline.settings import Home
from tests.conftest import is_group_there

TODAY = dt.date(2026, 11, 23)
TINY = ("anna", "bert", "cora")


class Quiet:
    """Counts what it is told."""

    def __init__(self) -> None:
        self.stages: dict[str, list[str]] = {}
        self.bytes: dict[str, int] = {}

    def stage(self, client: str, name: str) -> None:
        self.stages.setdefault(client, []).append(name)

    def advance(self, client: str, amount: int) -> None:
        self.bytes[client] = self.bytes.get(client, 0) + amount


@pytest.fixture
def home(sample: Path, tmp_path: Path) -> Home:
    """Three clients with the same two files, whose tokens must differ all the same."""
    source = sample / "inbox" / "lakeside-physicians"
    for client in TINY:
        into = tmp_path / "inbox" / client
        into.mkdir(parents=True)
        for path in (min(source.glob("837*")), min(source.glob("835*"))):
            shutil.copy(path, into)
    return Home(tmp_path / "home", tmp_path / "inbox", tmp_path / "settings")


def sizes(home: Home) -> dict[str, int]:
    return {client: sum(path.stat().st_size for path in (home.inbox / client).iterdir()) for client in TINY}


def tokens(home: Home, client: str) -> set[str]:
    with duckdb.connect(str(home.warehouse(client)), read_only=True) as connection:
        found = connection.sql("SELECT claim_token FROM raw_claims UNION SELECT claim_token FROM raw_remits").fetchall()
    return {row[0] for row in found}


def test_a_process_that_goes_on_knows_nothing_of_the_client_before(home: Home) -> None:
    watch = Quiet()
    done = list(side_by_side(home, TODAY, sizes(home), 1, watch))
    assert sorted(done) == [(client, ExitCode.OK, "") for client in TINY]
    assert watch.bytes == sizes(home)
    assert {client: (names[0], names[-1]) for client, names in watch.stages.items()} == dict.fromkeys(TINY, ("raw", "governance pack"))
    every = [tokens(home, client) for client in TINY]
    assert all(every)
    assert not every[0] & every[1]
    assert not every[1] & every[2]
    assert len({(home.keys / f"{client}.key").read_bytes() for client in TINY}) == len(TINY)


@pytest.mark.slow
def test_a_process_that_dies_costs_its_client_alone(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killer(Quiet):
        """Kills the process of bert when it has read its files."""

        def stage(self, client: str, name: str) -> None:
            super().stage(client, name)
            if (client, name) == ("bert", "core of denials"):
                os.kill(next(w.process.pid for w in started if w.client == "bert"), signal.SIGKILL)  # type: ignore[arg-type]

    started: list[workers._Worker] = []
    start = workers._start
    monkeypatch.setattr(workers, "_start", lambda *given: (started.append(start(*given)), started[-1])[1])
    done = {client: (code, message) for client, code, message in side_by_side(home, TODAY, sizes(home), 2, Killer())}
    assert done["anna"] == done["cora"] == (ExitCode.OK, "")
    assert done["bert"][0] == ExitCode.INTERNAL
    assert "its process ended (exit code -9)" in done["bert"][1]
    assert list(side_by_side(home, TODAY, {"bert": 1}, 1, Quiet())) == [("bert", ExitCode.OK, "")], "it can be run again"


def command_of(home: Home) -> list[str]:
    return [sys.executable, "-m", "rcm_pipeline", "run", "--inbox", str(home.inbox), "--home", str(home.root), "--jobs", "2", "--again"]


@pytest.mark.slow
@pytest.mark.parametrize("whole_group", [True, False])
def test_packs_of_clients_that_were_stopped_are_not_stale(home: Home, whole_group: bool) -> None:
    """A shell sends Ctrl-C to every process of the run, a service manager SIGTERM to all or to the first."""
    subprocess.run(command_of(home), check=True, capture_output=True)
    begun = time.time()
    run = subprocess.Popen(command_of(home), stderr=subprocess.PIPE, text=True, start_new_session=True)
    while time.time() < begun + 60 and not any(path.stat().st_mtime > begun for path in home.root.rglob("run.lock")):
        time.sleep(0.1)
    time.sleep(1)  # into the run of a client
    (os.killpg if whole_group else os.kill)(run.pid, signal.SIGTERM)
    _, err = run.communicate(timeout=60)
    assert run.returncode == ExitCode.STOPPED
    assert "Traceback" not in err
    assert not [client for client in TINY if is_stale(home, client)]


def test_a_worker_that_nobody_hears_stops() -> None:
    ours, theirs = Pipe()
    ours.close()
    teller = workers._Teller(theirs)
    with pytest.raises(KeyboardInterrupt):
        teller.stage("anna", "raw")
    assert teller.is_unheard


def test_an_interrupt_ends_all_and_says_so(home: Home) -> None:
    command = command_of(home)
    run = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    locks = home.root / "warehouse"
    until = time.monotonic() + 60
    while time.monotonic() < until and not list(locks.rglob("*.lock")):
        time.sleep(0.1)
    os.killpg(run.pid, signal.SIGINT)
    _, err = run.communicate(timeout=60)
    assert run.returncode == ExitCode.STOPPED
    assert "stopped: 0 of 3 clients were done" in err
    assert "Traceback" not in err
    until = time.monotonic() + 10
    while time.monotonic() < until and is_group_there(run.pid):
        time.sleep(0.1)
    assert not is_group_there(run.pid), "no process is left"


def test_a_second_process_is_worth_its_start_from_four_clients_on() -> None:
    assert default_jobs(1) == default_jobs(3) == 1
    assert default_jobs(400) >= 1


def test_small_clients_get_one_thread() -> None:
    assert (threads_for(SMALL_BYTES), threads_for(SMALL_BYTES + 1)) == (1, 0)
