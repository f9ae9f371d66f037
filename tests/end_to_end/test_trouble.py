"""Bad input and bad luck: a clear message, the documented exit code, nothing lost and nothing half written."""

import fcntl
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from rcm_pipeline.errors import ExitCode
from rcm_pipeline.governance.publications import PAGE
from rcm_pipeline.privacy.tokens import Tokens
from rcm_pipeline.sample.generate import generate
from tests.conftest import rcm
from tests.end_to_end.hashes import file_hashes, table_hashes
from tests.spec.engine import remittance

CLAIM = "CLP*A1*1*100*60*0*CI*I1\nSVC*HC:99213*100*60\nCAS*CO*45*40"
CLIENT = "stonebridge-regional"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["run", "--inbox", "/no/such/inbox"], ExitCode.INPUT, "/no/such/inbox: this inbox folder does not exist"),
        (["run", "--today", "yesterday"], ExitCode.INPUT, "yesterday: not a date"),
        (["read", "/no/such/file.835", "--out", "/tmp/x"], ExitCode.INPUT, "/no/such/file.835: there is no such file"),
        (["report", "nobody"], ExitCode.INPUT, "nobody: there is no warehouse"),
        (["quarantine", "nobody"], ExitCode.INPUT, "nobody: there is no warehouse"),
        (["status"], ExitCode.NEEDS_A_PERSON, "There is no warehouse"),
        (["frobnicate"], ExitCode.USAGE, "No such command"),
    ],
)
def test_mistakes_are_named_with_the_fix(arguments: list[str], code: ExitCode, says: str, tmp_path: Path) -> None:
    more = [] if arguments == ["frobnicate"] else ["--home", tmp_path / "home"]
    done = rcm(*arguments, *more, check=False)
    assert done.returncode == code
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_an_empty_inbox_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    done = rcm("run", "--inbox", tmp_path / "inbox", home=tmp_path / "home", check=False)
    assert done.returncode == ExitCode.INPUT
    assert "the inbox is empty" in done.stderr


def test_a_wrong_setting_is_named_and_the_last_good_pack_stays_marked_stale(own_home: Path, sample: Path, tmp_path: Path) -> None:
    settings = tmp_path / "settings"
    shutil.copytree(sample / "settings", settings)
    (settings / f"{CLIENT}.toml").write_text("[scorecard.initial_denial_claims]\ntarget = 5\nlimit = 0.1\n")
    arguments = ("run", "--inbox", sample / "inbox", "--settings", settings, "--client", CLIENT, "--today", "2026-11-23")
    tables = table_hashes(own_home / "warehouse" / CLIENT / "published.duckdb")
    before = (own_home / "reports" / CLIENT / "latest" / PAGE).read_bytes()
    done = rcm(*arguments, home=own_home, check=False)
    assert done.returncode == ExitCode.SETTINGS
    assert "scorecard.initial_denial_claims.target" in done.stderr
    assert table_hashes(own_home / "warehouse" / CLIENT / "published.duckdb") == tables
    page = own_home / "reports" / CLIENT / "latest" / PAGE
    assert page.read_bytes() == before, "a pack that was published is never changed"
    reason = json.loads((page.parent.parent / "stale.json").read_text())["reason"]
    assert reason == "a settings, key or code table file is wrong or unsafe; rcm run says which and what to do"
    for name in ("scorecard.initial_denial_claims", str(settings)):  # no line of the file and no folder of this machine is kept
        assert not any(name.encode() in path.read_bytes() for path in (own_home / "dagster").rglob("*") if path.is_file())
    (settings / f"{CLIENT}.toml").write_text((sample / "settings" / f"{CLIENT}.toml").read_text())
    rcm(*arguments, "--again", home=own_home)
    assert not (page.parent.parent / "stale.json").exists()


@pytest.fixture(scope="module")
def two_clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A week of two very small clients: inbox and settings."""
    out = tmp_path_factory.mktemp("two")
    generate(out, weeks=1, seed=7, scale=0.02, progress=lambda _: None)
    return out


def test_one_clients_fault_stops_that_client_alone(two_clients: Path, tmp_path: Path) -> None:
    place = tmp_path / "place"
    shutil.copytree(two_clients, place)
    inbox = place / "inbox"
    for folder in ("typo", "Twice", "twice"):
        shutil.copytree(inbox / CLIENT, inbox / folder)
    (place / "settings" / "typo.toml").write_text("denial_targt = 3\n")
    odd, hostile = os.fsencode(inbox) + b"/\xff\xfe", inbox / "hostile"
    os.mkdir(odd)
    Path(os.fsdecode(odd + b"/a\xff.837")).write_bytes(b"ISA*")
    hostile.mkdir()
    os.mkfifo(hostile / "pipe.835")
    (hostile / "loop").symlink_to(".")
    with (hostile / "sparse.835").open("wb") as sparse:
        sparse.truncate(2_000_000_000)
    done = rcm("run", "--inbox", inbox, "--settings", place / "settings", "--json", home=place / "home", check=False)
    ended = {client["client"]: client["exit_code"] for client in json.loads(done.stdout)}
    odd_client = next(client for client in ended if client.startswith("client-"))
    assert ended.pop(odd_client) == 0
    assert ended.pop("hostile") == ExitCode.NEEDS_A_PERSON
    assert ended == {CLIENT: 0, "lakeside-physicians": 0, "typo": ExitCode.SETTINGS, "twice": ExitCode.SETTINGS}
    assert done.returncode == ExitCode.SETTINGS
    assert "the folders Twice and twice would be one client" in done.stderr
    assert "typo.toml: denial_targt" in done.stderr
    assert "portfolio: not renewed" in done.stderr
    listed = rcm("quarantine", "hostile", home=place / "home").stdout
    assert "holds stretches that were never written" in listed
    assert len(listed.splitlines()) == 3


@pytest.mark.slow  # a signal is not timed to the microsecond
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_asks_to_stop_stops_the_whole_run(two_clients: Path, tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "rcm_pipeline", "run", "--inbox", two_clients / "inbox", "--home", tmp_path, "--jobs", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        while run.poll() is None and not list(tmp_path.glob("warehouse/*/working.duckdb")):
            time.sleep(0.05)
        run.send_signal(number)
        said = run.communicate(timeout=60)
    assert run.returncode == ExitCode.STOPPED
    assert said == ("", "stopped: 0 of 2 clients were done; the last good packs of the others stand. Run again for the rest.\n")
    assert not list(tmp_path.glob("reports/*/latest"))


def test_a_lost_key_stops_the_run_instead_of_mixing_two(own_home: Path, sample: Path) -> None:
    key = own_home / "keys" / f"{CLIENT}.key"
    arguments = ("run", "--again", "--inbox", sample / "inbox", "--settings", sample / "settings", "--client", CLIENT)
    key.unlink()
    done = rcm(*arguments, home=own_home, check=False)
    assert done.returncode == ExitCode.SETTINGS
    assert "the key this warehouse was made with is gone" in done.stderr
    assert not key.exists()


def test_a_warehouse_with_the_pseudonyms_of_an_older_version_says_what_to_do(own_home: Path, sample: Path) -> None:
    key = bytes.fromhex((own_home / "keys" / f"{CLIENT}.key").read_text().strip())
    with duckdb.connect(str(own_home / "warehouse" / CLIENT / "working.duckdb")) as connection:
        connection.execute("UPDATE raw_files SET key_id = ?", [Tokens(key).older_key_id])
    arguments = ("run", "--again", "--inbox", sample / "inbox", "--settings", sample / "settings", "--client", CLIENT)
    done = rcm(*arguments, home=own_home, check=False)
    assert done.returncode == ExitCode.STORAGE
    assert "pseudonyms of version 0.5" in done.stderr
    assert "move that folder away and run again" in done.stderr


def test_report_does_not_cover_up_a_blocked_run(own_home: Path, sample: Path) -> None:
    for name in ("working", "published"):
        with duckdb.connect(str(own_home / "warehouse" / CLIENT / f"{name}.duckdb")) as connection:
            connection.execute("UPDATE ops_runs SET status = 'blocked'")
    done = rcm("report", CLIENT, "--settings", sample / "settings", home=own_home, check=False)
    assert done.returncode == ExitCode.QUALITY
    assert rcm("status", home=own_home, check=False).returncode == ExitCode.NEEDS_A_PERSON


def test_report_does_not_dress_the_tables_of_a_killed_run(own_home: Path, sample: Path) -> None:
    """What readers see is as it was; that something newer was begun is said."""
    with duckdb.connect(str(own_home / "warehouse" / CLIENT / "working.duckdb")) as connection:
        connection.execute("UPDATE ops_runs SET status = 'running'")
    done = rcm("report", CLIENT, "--settings", sample / "settings", home=own_home, check=False)
    assert done.returncode == ExitCode.QUALITY
    assert "the last run was not published" in done.stderr
    said = rcm("status", home=own_home, check=False)
    assert said.returncode == ExitCode.NEEDS_A_PERSON
    assert "last run published" in said.stdout
    assert "a run began after these numbers were published and has not ended" in said.stdout


def test_a_client_that_is_being_run_is_left_alone(own_home: Path, sample: Path) -> None:
    with (own_home / "warehouse" / CLIENT / "run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = rcm(
            "run", "--again", "--inbox", sample / "inbox", "--settings", sample / "settings", "--client", CLIENT, home=own_home, check=False
        )
    assert done.returncode == ExitCode.BUSY
    assert "another run of this client is going on" in done.stderr


def test_too_many_broken_rows_stop_publication(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox" / "acme"
    inbox.mkdir(parents=True)
    (inbox / "r.835").write_bytes(remittance(CLAIM))
    (inbox / "f.csv").write_text("Review ID,Error Code,Original Code\nR1,NO_SUCH,99213\nR2,UNITS,99213\n")
    done = rcm("run", "--inbox", tmp_path / "inbox", home=tmp_path / "home", check=False)
    assert done.returncode == ExitCode.QUALITY
    assert "blocked by raw_qa_findings: quarantine (1 of 2 failed)" in done.stderr
    assert not (tmp_path / "home" / "reports").exists()
    listed = json.loads(rcm("quarantine", "acme", "--json", home=tmp_path / "home").stdout)
    assert listed[0]["place"] == "raw_qa_findings row 2"
    named = rcm("quarantine", "acme", "--names", "--inbox", tmp_path / "inbox", home=tmp_path / "home").stdout
    assert named.startswith("f.csv  ")


def test_a_file_that_cannot_be_opened_is_counted_and_the_rest_goes_on(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox" / "acme"
    inbox.mkdir(parents=True)
    (inbox / "r.835").write_bytes(remittance(CLAIM))
    (inbox / "link.835").symlink_to("/etc/hostname")
    arguments = ("run", "--inbox", tmp_path / "inbox", "--today", "2026-11-23", "--json")
    done = rcm(*arguments, home=tmp_path / "home", check=False)
    assert done.returncode == ExitCode.NEEDS_A_PERSON
    [summary] = json.loads(done.stdout)
    assert (summary["remit_count"], summary["unopened_count"]) == (1, 1)
    assert Path(summary["pack"]).is_file()
    before = table_hashes(tmp_path / "home" / "warehouse" / "acme" / "published.duckdb")
    assert "nothing new" in rcm(*arguments, home=tmp_path / "home", check=False).stderr
    assert table_hashes(tmp_path / "home" / "warehouse" / "acme" / "published.duckdb") == before


def test_a_full_disk_loses_nothing_and_leaves_nothing_half(own_home: Path, sample: Path, tmp_path: Path) -> None:
    """A limit on file size stands in for a full disk: every write past it fails, in DuckDB, SQLite and our own files."""
    inbox = tmp_path / "inbox" / CLIENT
    shutil.copytree(sample / "inbox" / CLIENT, inbox)
    (inbox / "new.835").write_bytes(remittance("\n".join(CLAIM.replace("A1", f"A{n}") for n in range(60000)), is_balanced=True))
    warehouse = own_home / "warehouse" / CLIENT / "published.duckdb"
    before, packs = table_hashes(warehouse), file_hashes(own_home / "reports")
    limit = warehouse.stat().st_size + 200_000

    def shrink() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    command = [
        sys.executable,
        "-m",
        "rcm_pipeline",
        "run",
        "--inbox",
        str(tmp_path / "inbox"),
        "--settings",
        str(sample / "settings"),
        "--home",
        str(own_home),
        "--today",
        "2026-11-23",
    ]
    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=shrink, check=False, timeout=300)
    assert done.returncode == ExitCode.STORAGE, done.stderr
    assert "what was there before still stands" in done.stderr
    after = table_hashes(warehouse)
    assert {name for name in before if after[name] != before[name]} <= {"ops_runs"}, "that the run failed is noted where there is room"
    assert after.keys() == before.keys()
    assert {n: h for n, h in file_hashes(own_home / "reports").items() if "stale" not in n} == packs
    again = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert again.returncode == 0, again.stderr


def test_a_damaged_warehouse_is_said_so(own_home: Path, sample: Path) -> None:
    (own_home / "warehouse" / CLIENT / "working.duckdb").write_bytes(b"not a database" * 100)
    done = rcm("run", "--inbox", sample / "inbox", "--client", CLIENT, home=own_home, check=False)
    assert done.returncode == ExitCode.STORAGE
    assert "cannot be opened" in done.stderr
    assert rcm("status", home=own_home, check=False).returncode == ExitCode.NEEDS_A_PERSON
