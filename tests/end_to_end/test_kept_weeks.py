"""What is kept of a week is what its pack is made from later, and a pack never stands without its row in the ledger."""

import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest

from dashboards.publish import publish_pack
from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.errors import BusyError
from rcm_pipeline.governance.as_of import keep_copies, tables_as_of
from rcm_pipeline.settings import Home, settings_hash
from rcm_pipeline.warehouse import create_tables
from rcm_pipeline.weeks import Week

CLIENT = "acme"
FIRST, SECOND = Week(dt.date(2026, 11, 2)), Week(dt.date(2026, 11, 9))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    place = Home(tmp_path / "home", tmp_path / "inbox", tmp_path / "settings")
    (place.settings / "code_sets").mkdir(parents=True)
    with open_warehouse(place.warehouse(CLIENT)) as connection:
        create_tables(connection)
    return place


def with_capitated(home: Home, payer: str) -> str:
    """Settings of the client from now on; their hash, of which the lists of codes are a part."""
    (home.settings / f"{CLIENT}.toml").write_text(f'capitated_payers = ["{payer}"]\n')
    (home.settings / "code_sets" / "cpt_2026-01-01.csv").write_text(f"code\n9921{payer[-1]}\n")
    return settings_hash(home.settings, CLIENT)


def test_a_past_week_is_read_with_its_own_settings_and_says_their_hash(home: Home) -> None:
    with open_warehouse(home.warehouse(CLIENT)) as connection:
        hashes = []
        for week, payer in ((FIRST, "PAY01"), (SECOND, "PAY02")):
            hashes.append(with_capitated(home, payer))
            keep_copies(connection, home, CLIENT, week)
        with_capitated(home, "PAY03")
        past = [tables_as_of(connection, home, CLIENT, week.sunday + dt.timedelta(days=1)) for week in (FIRST, SECOND)]
    assert [one.settings.capitated_payers for one in past] == [["PAY01"], ["PAY02"]]
    assert [one.settings_hash for one in past] == hashes
    assert len(set(hashes)) == 2


def test_without_a_copy_the_settings_of_now_are_said(home: Home) -> None:
    now = with_capitated(home, "PAY04")
    with open_warehouse(home.warehouse(CLIENT)) as connection:
        past = tables_as_of(connection, home, CLIENT, FIRST.sunday)
    assert (past.settings.capitated_payers, past.settings_hash) == (["PAY04"], now)


def test_no_pack_is_put_in_place_while_another_has_the_warehouse(home: Home) -> None:
    holds = "import sys, duckdb; held = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    other = subprocess.Popen([sys.executable, "-c", holds, str(home.warehouse(CLIENT))], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert other.stdout is not None
        assert other.stdout.readline()
        with pytest.raises(BusyError):
            publish_pack(home, CLIENT, None, run_id="r1", published_at=dt.datetime(2026, 11, 23))
    finally:
        other.communicate()
    assert not home.reports(CLIENT).exists() or not any(home.reports(CLIENT).rglob("*.html"))
