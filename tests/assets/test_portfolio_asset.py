"""The portfolio over clients' own files: only those that allow it give and receive, and no name is in it."""

import dataclasses
import datetime as dt
import json
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from assets import portfolio as asset
from assets.factory import Step
from assets.launch import session
from assets.resources import Workplace
from rcm_pipeline import publishing
from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.errors import ExitCode, StorageError
from rcm_pipeline.settings import ClientSettings, Home, consenting, load_client_settings
from rcm_pipeline.warehouse import make_warehouse, publish_warehouse, read, replace
from schemas.contract import widened
from schemas.registry import CONTRACTS

TODAY = dt.date(2025, 9, 8)
FIRST = dt.date(2025, 2, 10)
WEEKS = 20
CLIENTS = ("acme", "beta", "coma")


def rates(denied: int, last_is_complete: bool = True, count: int = WEEKS) -> pl.DataFrame:
    """So many weeks of a hundred claims; the last may still be coming in."""
    weeks = [FIRST + dt.timedelta(weeks=at) for at in range(count)]
    numbers = {"numerator": denied, "denominator": 100, "denial_rate": denied / 100, "low": 0.0, "high": 1.0}
    money = dict.fromkeys(("denied_amount", "denied_charge_amount", "charge_amount"), 0)
    frame = pl.DataFrame({"week": weeks, "is_complete": [last_is_complete or at < count - 1 for at in range(count)]})
    cells = [("M09", "P1", "coding"), ("M09", "all", "coding"), ("M09", "P1", "all"), ("M08", "P1", "coding")]
    named = [
        frame.with_columns(
            pl.lit(metric).alias("metric_id"), pl.lit(payer).alias("payer_id"), pl.lit(cause).alias("root_cause"),
            *(pl.lit(value).alias(name) for name, value in (numbers | money).items()),
        )
        for metric, payer, cause in cells
    ]  # fmt: skip
    return widened(pl.concat(named), CONTRACTS["mart_denial_rates"])


def allow(home: Home, client: str, allowed: bool) -> None:
    home.settings.mkdir(exist_ok=True)
    (home.settings / f"{client}.toml").write_text(f"data_aggregation = {str(allowed).lower()}\n")


def add(home: Home, client: str, denied: int, last_is_complete: bool = True, weeks: int = WEEKS) -> None:
    make_warehouse(home.warehouse(client))
    with open_warehouse(home.warehouse(client)) as connection:
        replace(connection, "mart_denial_rates", rates(denied, last_is_complete, weeks))
        publish_warehouse(connection, home.warehouse(client))


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    """Three clients that allow it; of a fourth, far worse, nothing is set."""
    home = Home(tmp_path / "home", tmp_path / "inbox", tmp_path / "settings")
    for no, client in enumerate(CLIENTS):
        add(home, client, 9 + no)
        allow(home, client, allowed=True)
    add(home, "quiet", 77)
    return Workplace(home, TODAY)


def taken(place: Workplace, client: str) -> pl.DataFrame:
    with open_warehouse(place.home.warehouse(client)) as connection:
        step = Step(place, client, "r1", connection, load_client_settings(place.home.settings, client), frozenset({"ops_portfolio"}))
        assert all(outcome.is_passed for _, _, outcomes in asset._take(step) for outcome in outcomes)
        return read(connection, "ops_portfolio")


def written(place: Workplace) -> pl.DataFrame:
    return pl.read_parquet(place.home.portfolio)


def test_consent_is_off_until_it_is_set(place: Workplace) -> None:
    assert ClientSettings().data_aggregation is False
    assert consenting(place.home) == list(CLIENTS)
    allow(place.home, "nobody", allowed=True)  # no file of its own yet
    assert consenting(place.home) == list(CLIENTS)


def test_three_clients_share_what_a_fourth_keeps_to_itself(place: Workplace) -> None:
    assert asset._make(place) == (3, WEEKS)
    table = written(place)
    assert table["decided_count"].unique().to_list() == [300]
    assert table["denied_count"].unique().to_list() == [30]
    assert table.select("payer_id", "root_cause").unique().rows() == [("P1", "coding")]
    for client in CLIENTS:
        assert taken(place, client).equals(table)
    assert taken(place, "quiet").is_empty()


def test_a_client_that_says_no_gives_and_receives_nothing(place: Workplace) -> None:
    asset._make(place)
    before = written(place)
    allow(place.home, "quiet", allowed=False)
    asset._make(place)
    assert written(place).equals(before)
    assert taken(place, "quiet").is_empty()


def test_the_file_names_no_client(place: Workplace) -> None:
    asset._make(place)
    content = place.home.portfolio.read_bytes() + written(place).write_csv().encode()
    assert not any(client.encode() in content for client in (*CLIENTS, "quiet"))


def test_the_file_is_put_in_place_whole(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that breaks off leaves the old reference; one that ends leaves nothing beside it."""
    asset._make(place)
    before = place.home.portfolio.read_bytes()
    assert {path.name for path in place.home.portfolio.parent.iterdir()} == {
        ".making.lock", place.home.portfolio.name, place.home.members.name
    }  # fmt: skip

    def breaks_off(path: Path, content: bytes) -> None:
        path.write_bytes(content[:4])
        raise OSError(28, "disk full")

    for client in CLIENTS:
        add(place.home, client, 10, weeks=WEEKS + 1)
    with monkeypatch.context() as patch:
        patch.setattr(publishing, "write_durably", breaks_off)
        with pytest.raises(StorageError, match="disk full"):
            asset._make(place)
    assert place.home.portfolio.read_bytes() == before
    asset._make(place)
    assert place.home.portfolio.read_bytes() != before


def test_when_one_withdraws_the_next_file_is_empty(place: Workplace) -> None:
    asset._make(place)
    assert taken(place, "acme").height == WEEKS
    allow(place.home, "beta", allowed=False)
    assert asset._make(place) == (2, 0)
    assert written(place).is_empty()
    assert taken(place, "acme").is_empty()
    assert taken(place, "beta").is_empty()


def test_when_all_withdraw_the_next_file_is_empty(place: Workplace) -> None:
    asset._make(place)
    for client in CLIENTS:
        allow(place.home, client, allowed=False)
    assert asset._make(place) == (0, 0)
    assert written(place).is_empty()


def test_who_withdraws_receives_nothing_more_though_the_file_is_old(place: Workplace) -> None:
    asset._make(place)
    assert taken(place, "acme").height == WEEKS
    allow(place.home, "acme", allowed=False)
    assert taken(place, "acme").is_empty()


def test_before_the_first_portfolio_there_is_nothing_to_take(place: Workplace) -> None:
    assert not place.home.portfolio.exists()
    assert taken(place, "acme").is_empty()


def test_a_week_still_coming_in_is_not_shared(place: Workplace) -> None:
    add(place.home, "acme", 9, last_is_complete=False)
    asset._make(place)
    assert written(place)["week"].max() == FIRST + dt.timedelta(weeks=WEEKS - 2)


def test_the_job_makes_the_same_file(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    asset._make(place)
    before = written(place)
    place.home.portfolio.unlink()
    for name in ("RCM_HOME", "RCM_INBOX", "RCM_SETTINGS", "DAGSTER_HOME"):
        monkeypatch.setenv(name, "")  # so that they are put back
    with session(place.home, TODAY) as dagster:
        outcome = dagster.run_portfolio()
    assert (outcome.exit_code, outcome.message) == (ExitCode.OK, "")
    assert written(place).equals(before)


def test_a_damaged_file_is_named_by_nothing_of_a_client(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    place.home.published("beta").write_bytes(b"damaged")
    told: list[str] = []
    with pytest.raises(dg.Failure, match="could not be read or written"):
        asset.portfolio(dataclasses.replace(place, fault=told.append))
    assert "cannot be opened" in told[0]
    assert not place.home.portfolio.exists()
    assert load_client_settings(place.home.settings, "beta").data_aggregation


def test_who_joins_gives_weeks_to_come_and_nothing_of_the_past(place: Workplace) -> None:
    """Two versions, one before and one after a client joined, differ by nothing that a third could read."""
    asset._make(place)
    before = written(place)
    allow(place.home, "quiet", allowed=True)
    assert asset._make(place) == (4, WEEKS)
    assert written(place).equals(before)
    for client, denied in (("acme", 9), ("beta", 10), ("coma", 11), ("quiet", 77)):
        add(place.home, client, denied, weeks=WEEKS + 1)
    assert asset._make(place) == (4, WEEKS + 1)
    now = written(place)
    assert now.head(WEEKS).drop("version").equals(before.drop("version"))
    assert now.row(-1, named=True)["decided_count"] == 400
    members = json.loads(place.home.members.read_text())["since"]
    assert members == dict.fromkeys(CLIENTS) | {"quiet": str(before["week"].max())}


def test_where_one_of_four_leaves_the_reference_begins_anew(place: Workplace) -> None:
    """Weeks counted anew without somebody would say, beside those with it, what it had."""
    allow(place.home, "quiet", allowed=True)
    assert asset._make(place) == (4, WEEKS)
    allow(place.home, "beta", allowed=False)
    assert asset._make(place) == (3, 0)
    for client, denied in (("acme", 9), ("coma", 11), ("quiet", 77)):
        add(place.home, client, denied, weeks=WEEKS + 2)
    assert asset._make(place) == (3, 2)
    assert written(place)["week"].min() == FIRST + dt.timedelta(weeks=WEEKS)


def test_a_reference_of_an_older_version_is_not_handed_back(place: Workplace) -> None:
    place.home.portfolio.parent.mkdir(parents=True)
    pl.DataFrame({"payer_id": ["P1"], "lift": [2.0], "expected": [10.0]}).write_parquet(place.home.portfolio)
    assert taken(place, "acme").is_empty()
    assert asset._make(place) == (3, WEEKS)


def test_the_past_is_never_counted_anew_however_often_somebody_leaves(place: Workplace) -> None:
    allow(place.home, "quiet", allowed=True)
    asset._make(place)
    for allowed in (False, True, False):
        allow(place.home, "quiet", allowed=allowed)
        assert asset._make(place)[1] == 0
    for client in CLIENTS:
        add(place.home, client, 10, weeks=WEEKS + 1)
    assert asset._make(place) == (3, 1)
    assert written(place)["week"].to_list() == [FIRST + dt.timedelta(weeks=WEEKS)]


def test_a_warehouse_that_is_away_is_no_withdrawal(place: Workplace) -> None:
    """While a key is renewed, or a folder was moved away, the member still allows it: nothing is renewed."""
    asset._make(place)
    before = place.home.portfolio.read_bytes()
    place.home.published("beta").unlink()
    assert asset._make(place) == (2, WEEKS)
    assert place.home.portfolio.read_bytes() == before


def test_a_week_waits_for_every_member_but_not_for_one_that_fell_silent(place: Workplace) -> None:
    for client, weeks in (("acme", WEEKS + 2), ("beta", WEEKS + 2), ("coma", WEEKS + 2), ("quiet", WEEKS)):
        add(place.home, client, 10, weeks=weeks)
    allow(place.home, "quiet", allowed=True)
    assert asset._make(place) == (4, WEEKS)
    for client in CLIENTS:
        add(place.home, client, 10, weeks=WEEKS + 5)
    assert asset._make(place) == (4, WEEKS + 5)


def test_a_run_stopped_after_somebody_left_hands_nothing_of_it_back(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    asset._make(place)
    allow(place.home, "beta", allowed=False)
    writes = iter(range(10))
    real = asset.write_in_place

    def stopped(path: Path, content: bytes) -> None:
        if next(writes) == 1:
            raise KeyboardInterrupt
        real(path, content)

    with monkeypatch.context() as patch:
        patch.setattr(asset, "write_in_place", stopped)
        with pytest.raises(KeyboardInterrupt):
            asset._make(place)
    assert written(place).is_empty()
    assert asset._make(place) == (2, 0)
