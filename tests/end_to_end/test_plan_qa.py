"""`rcm plan-qa` from an inbox: drawn once and logged, given back after that, drawn again only when that is asked for."""

import datetime as dt
import json
import shutil
import stat
from pathlib import Path

import duckdb
import polars as pl
import pytest
import xlsxwriter

from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.errors import ExitCode
from rcm_pipeline.intake.sheets.file_grids import grids_of
from rcm_pipeline.intake.sheets.sheet_reading import SheetReading
from rcm_pipeline.warehouse import create_tables, publish_warehouse
from tests.conftest import once, rcm
from tests.spec.engine import remittance

WEEK = dt.date(2026, 11, 16)
TODAY = ("--today", "2026-11-24")
ACCOUNTS = [f"ACCT{n:04d}" for n in range(40)]


@pytest.fixture(scope="session")
def coded(shared_folder: Path) -> Path:
    """A home of one client whose two coders coded 20 charts each in the week, and its inbox beside it."""
    root = shared_folder / "coded"

    def make() -> None:
        inbox = root / "inbox" / "acme"
        inbox.mkdir(parents=True)
        old = [f"OLD{n},C{n % 2},2026-{6 + n:02d}-01,Surgery" for n in range(2)]
        rows = [f"{account},C{n % 2},{WEEK + dt.timedelta(days=n % 5)},Surgery" for n, account in enumerate(ACCOUNTS)]
        (inbox / "log.csv").write_text("\n".join(["Account Number,Coder,Coded Date,Specialty", *old, *rows]) + "\n")
        said = "\n".join(f"CLP*{account}*1*100*100*0*CI*I{account}\nSVC*HC:99213*100*100" for account in ACCOUNTS)
        (inbox / "r.835").write_bytes(remittance(said, is_balanced=True).replace(b"20261116~TRN", b"20261120~TRN"))
        rcm("run", "--inbox", root / "inbox", *TODAY, home=root / "home")

    once(shared_folder / "coded.done", make)
    return root


@pytest.fixture
def home(coded: Path, tmp_path: Path) -> Path:
    """Its home, to be changed."""
    return Path(shutil.copytree(coded / "home", tmp_path / "home", symlinks=True))


def logged(home: Path) -> pl.DataFrame:
    with duckdb.connect(str(home / "warehouse" / "acme" / "published.duckdb"), read_only=True) as connection:
        return connection.sql("SELECT * FROM ops_qa_samples").pl()


def test_a_sample_is_drawn_once_logged_and_given_back(home: Path) -> None:
    first = json.loads(rcm("plan-qa", "--json", *TODAY, home=home).stdout)
    assert (first["client"], first["week"], first["is_new"], first["chart_count"]) == ("acme", "2026-11-16", True, 40)
    assert {c["coder_id"]: c["random_count"] for c in first["coders"]} == {"C0": 5, "C1": 5}
    log = logged(home)
    assert log.height == first["random_count"] + first["risk_count"] + first["spare_count"]
    book = Path(first["workbook"])
    assert book == home / "reports" / "acme" / f"qa_plan_{first['sample_id']}.xlsx"
    made = book.read_bytes()
    assert stat.S_IMODE(book.stat().st_mode) == 0o600
    book.write_bytes(made + b"filled in")
    again = rcm("plan-qa", "acme", "--today", "2026-11-29", home=home)
    assert "as drawn on 2026-11-24" in again.stderr
    assert again.stdout.strip() == str(book)
    assert book.read_bytes() == made + b"filled in", "what is there may be filled in"
    assert logged(home).equals(log)
    assert not any(account in made.decode("latin-1") + again.stdout + again.stderr for account in ACCOUNTS)


def test_only_a_redraw_with_another_seed_draws_again_and_the_log_keeps_both(home: Path) -> None:
    first = json.loads(rcm("plan-qa", "acme", "--json", *TODAY, home=home).stdout)
    for arguments in (("--seed", "5"), ("--redraw",), ("--redraw", "--seed", str(first["seed"]))):
        refused = rcm("plan-qa", "acme", *arguments, *TODAY, home=home, check=False)
        assert refused.returncode == ExitCode.USAGE, arguments
        assert "--seed" in refused.stderr or "name a seed" in refused.stderr
    second = json.loads(rcm("plan-qa", "acme", "--redraw", "--seed", "5", "--json", *TODAY, home=home).stdout)
    assert second["is_new"]
    assert second["seed"] == 5
    assert second["frame_hash"] == first["frame_hash"], "nothing was reviewed between"
    assert logged(home)["sample_id"].unique(maintain_order=True).to_list() == [first["sample_id"], second["sample_id"]]
    third = json.loads(rcm("plan-qa", "acme", "--json", *TODAY, home=home).stdout)
    assert (third["sample_id"], third["is_new"]) == (second["sample_id"], False), "the newest is in force"


def test_account_numbers_only_where_asked_for_and_for_the_owner_alone(home: Path, coded: Path, tmp_path: Path) -> None:
    refused = rcm("plan-qa", "acme", "--reveal", *TODAY, home=home, check=False)
    assert refused.returncode == ExitCode.USAGE
    assert logged(home).is_empty(), "nothing was drawn"
    out = tmp_path / "auditors.xlsx"
    done = rcm("plan-qa", "acme", "--reveal", "--out", out, *TODAY, home=home)
    log = logged(home)
    assert f"{log.height} of {log.height} charts with their account number" in done.stderr
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    again = rcm("plan-qa", "acme", "--reveal", "--out", out, *TODAY, home=home, check=False)
    assert again.returncode == ExitCode.INPUT
    assert "may be filled in" in again.stderr
    reviews = grids_of(out.read_bytes(), "xlsx", SheetReading())[1].rows
    at = reviews[0].index("Account Number")
    assert set(ACCOUNTS) >= {row[at] for row in reviews[1:]}
    assert len(reviews) - 1 == log.filter(~pl.col("is_spare")).height


def test_the_filled_workbook_is_read_back_under_the_same_tokens(home: Path, coded: Path, tmp_path: Path) -> None:
    out = tmp_path / "auditors.xlsx"
    rcm("plan-qa", "acme", "--reveal", "--out", out, *TODAY, home=home)
    sheets = [grid.rows for grid in grids_of(out.read_bytes(), "xlsx", SheetReading())]
    head = sheets[1][0]
    cells = {"Review Date": "2026-11-25", "Coder Code Count": "3", "Auditor Code Count": "3", "Correct Code Count": "3"}
    sheets[1][1:] = [[cells.get(name, cell) for name, cell in zip(head, row, strict=True)] for row in sheets[1][1:]]
    with xlsxwriter.Workbook(tmp_path / "filled.xlsx") as book:
        for rows in sheets:
            sheet = book.add_worksheet()
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row)
    rcm("read", tmp_path / "filled.xlsx", "--client", "acme", "--out", tmp_path / "read", home=home)
    wanted = ["claim_token", "stratum_code", "coder_id"]
    found = pl.read_parquet(tmp_path / "read" / "raw_qa_reviews.parquet").select(wanted).sort(wanted)
    drawn = logged(home).filter(~pl.col("is_spare")).select(wanted).sort(wanted)
    assert found.rows() == drawn.rows()
    assert drawn.height >= 10


def test_the_page_is_written_beside_the_packs(home: Path) -> None:
    done = rcm("plan-qa", "acme", "--page", *TODAY, home=home)
    page = Path(done.stdout.splitlines()[-1])
    assert page == home / "reports" / "acme" / "qa_plan.html"
    text = page.read_text()
    assert "default-src 'none'" in text[:2000].replace("&#39;", "'")
    assert not any(account in text for account in ACCOUNTS)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nobody",), ExitCode.INPUT, "nobody"),
        (("acme", "--week", "2026-11-17"), ExitCode.INPUT, "not a Monday"),
        (("acme", "--week", "2026-11-23"), ExitCode.INPUT, "not over yet"),
        (("acme", "--week", "2026-11-02"), ExitCode.INPUT, "the coding log ends on 2026-11-20"),
        (("acme", "--seed", "-1"), ExitCode.USAGE, "seed"),
    ],
)
def test_what_cannot_be_drawn_is_said(home: Path, arguments: tuple[str, ...], code: ExitCode, said: str) -> None:
    done = rcm("plan-qa", *arguments, *TODAY, home=home, check=False)
    assert done.returncode == code
    assert said in done.stderr
    assert logged(home).is_empty()


def test_a_warehouse_another_run_has_open_is_busy(home: Path) -> None:
    with duckdb.connect(str(home / "warehouse" / "acme" / "working.duckdb")):
        done = rcm("plan-qa", "acme", *TODAY, home=home, check=False)
    assert done.returncode == ExitCode.BUSY
    assert "another run" in done.stderr


def test_a_client_without_a_coding_log_or_a_complete_week_is_told_so(tmp_path: Path) -> None:
    with open_warehouse(tmp_path / "warehouse" / "acme" / "working.duckdb") as connection:
        create_tables(connection)
        publish_warehouse(connection, tmp_path / "warehouse" / "acme" / "working.duckdb")
    for arguments, said in (((), "no week is complete yet"), (("--week", str(WEEK)), "there is no coding log")):
        done = rcm("plan-qa", *arguments, *TODAY, home=tmp_path, check=False)
        assert done.returncode == ExitCode.INPUT
        assert said in done.stderr
