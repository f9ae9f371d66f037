"""`rcm run` on a fresh home: it publishes, a second run does nothing, and what it says is the truth of the sample."""

import json
import time
from pathlib import Path

import duckdb
import polars as pl
import pytest

from rcm_pipeline.privacy.keys import client_key
from rcm_pipeline.privacy.tokens import Tokens
from rcm_pipeline.warehouse import open_warehouse, read
from tests.conftest import rcm
from tests.end_to_end.hashes import file_hashes, table_hashes

CLIENTS = ["lakeside-physicians", "stonebridge-regional"]
KEYS = ["file_id", "claim_no"]


def run(sample: Path, home: Path, *more: object, **options):
    return rcm("run", "--inbox", sample / "inbox", "--settings", sample / "settings", "--today", "2026-11-23", *more, home=home, **options)


@pytest.mark.parametrize("client", CLIENTS)
def test_the_pack_is_where_it_says(published: Path, client: str) -> None:
    folder = published / "reports" / client / "2026-11-16"
    assert {p.name for p in folder.iterdir()} == {"governance_pack.html", "governance_pack.xlsx", "manifest.json"}
    manifest = json.loads((folder / "manifest.json").read_text())
    hashes = file_hashes(folder)
    assert manifest["files"] == {name: hashes[name] for name in ("governance_pack.html", "governance_pack.xlsx")}
    assert manifest["week"] == "2026-11-16"
    assert (published / "reports" / client / "latest").resolve() == folder.resolve()


def test_a_second_run_does_nothing_within_a_second(own_home: Path, sample: Path) -> None:
    before = {client: table_hashes(own_home / "warehouse" / f"{client}.duckdb") for client in CLIENTS}
    packs = file_hashes(own_home / "reports")
    start = time.process_time(), time.monotonic()
    done = run(sample, own_home)
    assert done.stderr.count("nothing new") == 2
    assert done.stdout.strip().splitlines()[-1].endswith("stonebridge-regional/2026-11-16/governance_pack.html")
    assert {client: table_hashes(own_home / "warehouse" / f"{client}.duckdb") for client in CLIENTS} == before
    assert file_hashes(own_home / "reports") == packs
    assert time.monotonic() - start[1] < 20


def test_computing_again_gives_the_same_tables_and_pages(own_home: Path, sample: Path) -> None:
    client = CLIENTS[1]
    warehouse = own_home / "warehouse" / f"{client}.duckdb"
    before, packs = table_hashes(warehouse), file_hashes(own_home / "reports" / client / "latest")
    run(sample, own_home, "--again", "--client", client)
    after = table_hashes(warehouse)
    assert {n: h for n, h in after.items() if not n.startswith("ops_")} == {n: h for n, h in before.items() if not n.startswith("ops_")}
    assert file_hashes(own_home / "reports" / client / "latest") == packs


@pytest.mark.parametrize("client", CLIENTS)
def test_every_line_agrees_with_the_truth(published: Path, sample: Path, client: str) -> None:
    truth = pl.concat([pl.read_parquet(p) for p in sorted((sample / "truth" / client).glob("lines_*.parquet"))])
    tokens = Tokens(client_key(published / "keys", client))
    truth = truth.with_columns(tokens.token("pcn", truth["account"]).alias("claim_token"))
    with open_warehouse(published / "warehouse" / f"{client}.duckdb", read_only=True) as connection:
        adjudications, lines, denials = (read(connection, f"core_{n}") for n in ("adjudications", "adjudicated_lines", "denials"))
    order = adjudications.sort("adjudication_date", *KEYS).with_columns(
        pl.int_range(1, pl.len() + 1).over("claim_token").alias("answer_no")
    )
    causes = denials.select(*KEYS, "line_no", "root_cause", pl.col("denied_amount").alias("lost"))
    mine = (
        lines.join(order.select(*KEYS, "answer_no"), on=KEYS)
        .join(causes, on=[*KEYS, "line_no"], how="left")
        .with_columns(pl.col("lost").fill_null(0))
    )
    columns = ["claim_token", "answer_no", "line_no", "payer_id", "week", "is_first", "charge_amount", "disposition", "root_cause"]
    got, want = mine.select(*columns, pl.col("lost").alias("denied_amount")), truth.select(*columns, "denied_amount")
    assert got.height == want.height > 1000
    assert got.sort(columns[:3]).equals(want.sort(columns[:3]))


@pytest.mark.parametrize("client", CLIENTS)
def test_every_rate_equals_the_count_of_the_truth(published: Path, sample: Path, client: str) -> None:
    truth = pl.concat([pl.read_parquet(p) for p in sorted((sample / "truth" / client).glob("lines_*.parquet"))])
    decided = truth.filter(pl.col("is_first") & ~pl.col("disposition").is_in(["excluded", "pended", "capitated"]))
    denied = decided.filter(pl.col("disposition").is_in(["denied_full", "denial_suspected"]))
    want = denied.group_by("week", "payer_id", "root_cause").agg(
        pl.len().cast(pl.Int64).alias("numerator"), pl.col("denied_amount").sum().cast(pl.Decimal(18, 2))
    )
    below = decided.group_by("week", "payer_id").agg(pl.len().cast(pl.Int64).alias("denominator"))
    with open_warehouse(published / "warehouse" / f"{client}.duckdb", read_only=True) as connection:
        rates = read(connection, "mart_denial_rates").filter(
            (pl.col("metric_id") == "M08") & (pl.col("payer_id") != "all") & (pl.col("root_cause") != "all")
        )
    got = rates.filter(pl.col("numerator") > 0).select(want.columns)
    assert got.sort(want.columns[:3]).equals(want.sort(want.columns[:3]))
    assert rates.select(below.columns).unique().sort("week", "payer_id").equals(below.sort("week", "payer_id"))


def test_the_planted_spike_and_the_planted_coder_are_on_the_page(published: Path, sample: Path) -> None:
    page = (published / "reports" / CLIENTS[0] / "latest" / "governance_pack.html").read_text()
    planted = json.loads((sample / "truth" / CLIENTS[0] / "planted.json").read_text())
    assert planted["spike"] == {"payer_id": "PAY03", "root_cause": "authorization", "first_week": "2026-10-19"}
    assert "Clearly more often than before: Summerfield Assurance denies for authorization" in page
    assert "clearly below the 95 % standard: C004." in page
    assert planted["coders"]["C004"] < 0.9


@pytest.mark.parametrize("client", CLIENTS)
def test_money_and_rows_are_conserved(published: Path, client: str) -> None:
    with duckdb.connect(str(published / "warehouse" / f"{client}.duckdb"), read_only=True) as connection:

        def one(sql: str) -> tuple:
            return connection.sql(sql).fetchall()[0]

        assert one("SELECT count(*), sum(charge_amount) FROM raw_remit_lines") == one(
            "SELECT count(*), sum(charge_amount) FROM core_adjudicated_lines"
        )
        assert one("SELECT count(*), sum(charge_amount) FROM raw_remits") == one(
            "SELECT count(*), sum(charge_amount) FROM core_adjudications"
        )
        assert one("SELECT sum(paid_amount) FROM raw_remits") == one("SELECT sum(paid_amount) FROM core_adjudicated_lines")
        assert one("SELECT sum(amount) FROM raw_adjustments") == one(
            "SELECT sum(patient_amount + denied_amount + contractual_amount + other_amount) FROM core_adjudicated_lines"
        )
        assert one("SELECT sum(claim_count), sum(remit_count) FROM raw_files") == one(
            "SELECT (SELECT count(*) FROM raw_claims), (SELECT count(*) FROM raw_remits)"
        )
        assert one("SELECT count(*) FROM core_denials") == one(
            "SELECT count(*) FROM core_adjudicated_lines WHERE starts_with(disposition, 'deni')"
        )
