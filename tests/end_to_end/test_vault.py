"""Opening the vault is logged; a new key changes every token and no number; what was stopped in between goes on."""

import json
import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest

from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.errors import ExitCode
from rcm_pipeline.governance import access as module
from rcm_pipeline.privacy.access_log import AccessLog
from rcm_pipeline.privacy.vault import Vault
from rcm_pipeline.settings import Home
from tests.conftest import rcm

pytestmark = pytest.mark.xdist_group("vault")  # its home is made once

CLIENT = "stonebridge-regional"
IDENTITIES = ("_token", "_tokens", "_id")


@pytest.fixture(scope="module")
def place(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run over a tenth of a client's files: inbox and home in one folder."""
    folder = tmp_path_factory.mktemp("vault")
    (folder / "inbox" / CLIENT).mkdir(parents=True)
    files = sorted(path for path in (sample / "inbox" / CLIENT).iterdir() if path.name.startswith(("837", "835", "qa")))
    for path in files[::5]:
        shutil.copy(path, folder / "inbox" / CLIENT)
    again(folder)
    return folder


@pytest.fixture
def own(place: Path, tmp_path: Path) -> Path:
    return shutil.copytree(place, tmp_path / "own", symlinks=True)


def again(place: Path, *more: str, check: bool = True):
    paths = ("--inbox", place / "inbox", "--today", "2026-11-23")
    return rcm(*(more or ("run", "--again", "--client", CLIENT)), *paths, home=place / "home", check=check)


def tokens(path: Path) -> set[str]:
    """Every token of the tables of a database."""
    with duckdb.connect(str(path), read_only=True) as connection:
        columns = connection.sql(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND data_type = 'VARCHAR'"
        ).fetchall()
        texts = (
            f"""SELECT DISTINCT "{column}" FROM "{table}" WHERE regexp_matches("{column}", '^[0-9a-f]{{32}}$')"""
            for table, column in columns
        )
        return {row[0] for text in texts for row in connection.sql(text).fetchall()}


def figures(path: Path) -> dict[str, list]:
    """The rows of core and marts without identities, as a multiset."""
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = [row[0] for row in connection.sql("SELECT table_name FROM duckdb_tables() WHERE table_name ~ '^(core|mart)_'").fetchall()]
        found = {}
        for table in tables:
            names = [row[0] for row in connection.sql(f'DESCRIBE "{table}"').fetchall()]
            shown = ", ".join(f'"{name}"' for name in names if not name.endswith(IDENTITIES) and name not in ("rank", "answer_no"))
            found[table] = sorted(map(str, connection.sql(f'SELECT {shown} FROM "{table}"').fetchall())) if shown else []
        return found


@pytest.mark.slow
def test_opening_the_vault_is_logged_and_anchored_in_the_next_pack(own: Path, tmp_path: Path) -> None:
    book = tmp_path / "list.xlsx"
    done = rcm("worklist", book, "--reveal", "--client", CLIENT, home=own / "home")
    listed = pl.read_excel(book, sheet_name="All claims")
    assert listed["account"].null_count() == 0
    assert f"{listed.height:,} with their account number" in done.stderr
    account = listed["account"][0]
    told = rcm("explain", account, "--reveal", "--client", CLIENT, home=own / "home")
    assert f"account {account}; payers' numbers " in told.stderr
    shown = rcm("access", CLIENT, home=own / "home").stdout.splitlines()
    assert [line.split("  ")[2:] for line in shown] == [["worklist", f"{listed['claim_token'].n_unique()} claims"], ["explain", "1 claims"]]
    again(own)
    manifest = json.loads((own / "home" / "reports" / CLIENT / "latest" / "manifest.json").read_text())
    assert manifest["access_log"]["count"] == 2
    log = own / "home" / "warehouse" / CLIENT / "access_log.jsonl"
    log.write_text(log.read_text().splitlines(keepends=True)[0])
    cut = rcm("access", CLIENT, home=own / "home", check=False)
    assert (cut.returncode, "entries are missing" in cut.stderr) == (ExitCode.STORAGE, True)
    trouble = rcm("status", home=own / "home", check=False)
    assert trouble.returncode == ExitCode.NEEDS_A_PERSON
    assert "access log" in trouble.stdout


def test_a_new_key_changes_every_token_and_no_number(own: Path, tmp_path: Path) -> None:
    folder = own / "home" / "warehouse" / CLIENT
    before, numbers = tokens(folder / "published.duckdb"), figures(folder / "published.duckdb")
    assert len(before) > 300
    done = again(own, "keys", "rotate", CLIENT)
    assert "every token is made anew" in done.stderr
    for name in ("published.duckdb", "working.duckdb"):
        assert len(tokens(folder / name)) == len(before)
        assert not tokens(folder / name) & before
        old = next(iter(before)).encode()
        assert old not in (folder / name).read_bytes()
    assert figures(folder / "published.duckdb") == numbers
    assert "nothing new" in again(own, "run", "--client", CLIENT).stderr
    book = tmp_path / "list.xlsx"
    rcm("worklist", book, "--reveal", "--client", CLIENT, home=own / "home")
    assert pl.read_excel(book, sheet_name="All claims")["account"].null_count() == 0


@pytest.mark.slow
@pytest.mark.parametrize("step", [(module, "_renew_tokens"), (Vault, "renew"), (Vault, "_write"), (AccessLog, "add")])
def test_a_rotation_stopped_in_between_is_named_and_goes_on(
    own: Path, monkeypatch: pytest.MonkeyPatch, step: tuple[object, str], tmp_path: Path
) -> None:
    home = Home(own / "home", own / "inbox", own / "settings")
    monkeypatch.delenv("RCM_KEYS", raising=False)
    with monkeypatch.context() as patch:
        patch.setattr(*step, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            module.rotate_keys(home, CLIENT)
    refused = again(own, "run", "--again", check=False)
    assert refused.returncode == ExitCode.SETTINGS
    assert f"rcm keys rotate {CLIENT}" in refused.stderr
    module.rotate_keys(home, CLIENT)
    assert len((own / "home" / "keys" / f"{CLIENT}.key").read_text().splitlines()) == 2, "no third key"
    with open_warehouse(home.warehouse(CLIENT), read_only=True) as connection:
        assert connection.sql("SELECT count(DISTINCT key_id) FROM raw_files").fetchall() == [(1,)]
    again(own)
    book = tmp_path / "list.xlsx"
    rcm("worklist", book, "--reveal", "--client", CLIENT, home=own / "home")
    assert pl.read_excel(book, sheet_name="All claims")["account"].null_count() == 0
