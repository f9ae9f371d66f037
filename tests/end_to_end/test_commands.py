"""The smaller commands, and the promise that help is quick."""

import datetime as dt
import hashlib
import json
import shutil
import time
from pathlib import Path

import duckdb
import polars as pl
import pytest

from rcm_pipeline.errors import ExitCode
from rcm_pipeline.governance.publications import PAGE
from schemas.contract import polars_schema
from schemas.registry import CONTRACTS, layer
from tests.conftest import CORPUS, rcm
from tests.spec.engine import remittance


def test_help_is_quick() -> None:
    best = min(_seconds("--help") for _ in range(3))
    assert best < 1.0  # 0.15 s on a quiet machine; the promise is half a second


def _seconds(*arguments: str) -> float:
    start = time.monotonic()
    rcm(*arguments)
    return time.monotonic() - start


def test_read_writes_one_typed_file_per_raw_table(tmp_path: Path) -> None:
    (tmp_path / "r.835").write_bytes(remittance("CLP*A1*1*100.10*60*0*CI*I1\nSVC*HC:99213*100.10*60\nCAS*CO*45*40.10"))
    done = rcm("read", tmp_path / "r.835", "--out", tmp_path / "out", home=tmp_path / "home")
    assert done.stdout.strip() == str(tmp_path / "out")
    assert sorted(p.stem for p in (tmp_path / "out").iterdir()) == sorted(layer("raw"))
    for path in (tmp_path / "out").iterdir():
        assert dict(pl.read_parquet(path).schema) == polars_schema(CONTRACTS[path.stem])
    assert str(pl.read_parquet(tmp_path / "out" / "raw_remits.parquet")["charge_amount"][0]) == "100.10"
    rcm("read", tmp_path / "r.835", "--out", tmp_path / "csv", "--format", "csv", home=tmp_path / "home")
    assert "100.10" in (tmp_path / "csv" / "raw_remits.csv").read_text()
    rcm("read", tmp_path / "r.835", "--out", tmp_path / "json", "--format", "json", home=tmp_path / "home")
    assert json.loads((tmp_path / "json" / "raw_remits.json").read_text())[0]["charge_amount"] == "100.10"


def test_read_writes_a_workbook_and_explains_a_sheet(tmp_path: Path) -> None:
    sheet = tmp_path / "log.csv"
    sheet.write_text("Account Number,Work Date,Activity,Minutes,JANE DOE\nA1,2026-11-18,call,5,x\n")
    rcm("read", sheet, "--out", tmp_path / "out", "--format", "xlsx", home=tmp_path / "home")
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["tables.xlsx"]
    told = rcm("read", sheet, "--explain", home=tmp_path / "home").stdout
    assert "read as touches" in told
    assert 'column A "Account Number" → claim_token' in told
    assert 'column E "JANE DOE" → not used, dropped' in told, "the terminal of the person who holds the file may show it"
    without = rcm("read", sheet, home=tmp_path / "home", check=False)
    assert without.returncode == ExitCode.USAGE
    assert "--out" in without.stderr


def test_read_says_what_it_could_not_read(tmp_path: Path) -> None:
    (tmp_path / "bad.txt").write_bytes(b"\x00\x01")
    done = rcm("read", tmp_path / "bad.txt", "--out", tmp_path / "out", "--json", home=tmp_path / "home", check=False)
    assert done.returncode == ExitCode.INPUT
    assert json.loads(done.stdout)["rejects"][0]["rule"] == "not_readable"


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real files is not here")
def test_the_whole_corpus_runs_and_is_accounted_for(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox" / "corpus"
    inbox.mkdir(parents=True)
    for path in CORPUS.iterdir():
        (inbox / path.name).write_bytes(path.read_bytes())
    [summary] = json.loads(rcm("run", "--inbox", tmp_path / "inbox", "--json", home=tmp_path / "home").stdout)
    assert (summary["file_count"], summary["claim_count"], summary["remit_count"]) == (131, 1740, 41)
    assert Path(summary["pack"]).is_file()


def test_status_is_quiet_when_nobody_is_needed(published: Path) -> None:
    done = rcm("status", home=published)
    assert "pack of week 2026-11-16" in done.stdout
    assert "needs a person" not in done.stdout


def test_report_of_an_earlier_week_stands_beside_the_latest(own_home: Path, sample: Path) -> None:
    done = rcm(
        "report", "lakeside-physicians", "--week", "2026-10-05", "--today", "2026-11-23", "--settings", sample / "settings", home=own_home
    )
    page = Path(done.stdout.strip())
    assert page.parent.parent.name == "2026-10-05"
    assert "5–11 Oct 2026" in page.read_text()
    assert "Summerfield Assurance denies for authorization" not in page.read_text(), "the spike began later"
    reports = own_home / "reports" / "lakeside-physicians"
    assert (reports / "2026-11-16" / PAGE).is_file()
    assert (reports / "latest").resolve() == (reports / "2026-11-16").resolve()
    with duckdb.connect(str(own_home / "warehouse" / "lakeside-physicians" / "published.duckdb"), read_only=True) as connection:
        published = connection.sql("SELECT week, page_hash FROM ops_publications ORDER BY published_at").fetchall()
    hashes = {week: hashlib.sha256((reports / str(week) / PAGE).read_bytes()).hexdigest() for week, _ in published}
    assert published == [(week, hashes[week]) for week in (dt.date(2026, 11, 16), dt.date(2026, 10, 5))]
    for week in ("2031-01-06", "1999-01-04"):
        assert rcm("report", "lakeside-physicians", "--week", week, home=own_home, check=False).returncode == ExitCode.INPUT


def test_keys_are_listed_by_fingerprint_never_shown(published: Path) -> None:
    done = rcm("keys", home=published)
    secret = (published / "keys" / "lakeside-physicians.key").read_text().strip()
    assert "lakeside-physicians" in done.stdout
    assert secret not in done.stdout + done.stderr


def test_every_command_and_option_has_help() -> None:
    from typer.main import get_command

    from rcm_pipeline.cli import app

    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        assert command.help, name
        for parameter in command.params:
            assert getattr(parameter, "help", "x") or parameter.name == "help", f"{name} {parameter.name}"


def test_the_sample_is_the_same_bytes_every_time(tmp_path: Path) -> None:
    from rcm_pipeline.sample.generate import generate
    from tests.end_to_end.hashes import file_hashes

    first, second = tmp_path / "a", tmp_path / "b"
    assert generate(first, weeks=4, scale=0.2) == generate(second, weeks=4, scale=0.2)
    assert file_hashes(first) == file_hashes(second)
    assert generate(tmp_path / "c", weeks=4, scale=0.2, seed=1)
    assert file_hashes(tmp_path / "c") != file_hashes(first)


def test_a_report_never_gives_new_settings_to_tables_computed_with_the_old(own_home: Path, sample: Path, tmp_path: Path) -> None:
    """Otherwise the next run would find nothing new, and the change would never be computed."""
    client = "lakeside-physicians"
    settings = shutil.copytree(sample / "settings", tmp_path / "settings")
    with (settings / f"{client}.toml").open("a") as out:
        out.write("\n# agreed anew\n")
    folders = ("--settings", settings, "--today", "2026-11-23")
    pack = own_home / "reports" / client / "latest" / PAGE
    before = pack.read_bytes()
    done = rcm("report", client, *folders, home=own_home, check=False)
    assert done.returncode == ExitCode.QUALITY
    assert "computed for another week, or with other settings" in done.stderr
    assert pack.read_bytes() == before
    again = rcm("run", "--inbox", sample / "inbox", "--client", client, *folders, home=own_home)
    assert "nothing new" not in again.stderr
    assert rcm("report", client, *folders, home=own_home).returncode == 0
