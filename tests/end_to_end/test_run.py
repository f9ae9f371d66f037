"""`rcm run` on a fresh home: it publishes, a second run does nothing, and what it says is the truth of the sample."""

import json
import time
from pathlib import Path

import duckdb
import pytest

from dashboards.publish import WORKLIST
from rcm_pipeline.governance.publications import PAGE
from tests.conftest import rcm
from tests.end_to_end.hashes import file_hashes, table_hashes

CLIENTS = ["lakeside-physicians", "stonebridge-regional"]


def run(sample: Path, home: Path, *more: object, **options):
    return rcm("run", "--inbox", sample / "inbox", "--settings", sample / "settings", "--today", "2026-11-23", *more, home=home, **options)


@pytest.mark.parametrize("client", CLIENTS)
def test_the_pack_is_where_it_says(published: Path, client: str) -> None:
    folder = published / "reports" / client / "2026-11-16"
    files = {f"{edition}/governance_pack.{kind}" for edition in ("client", "internal") for kind in ("html", "xlsx")} | {WORKLIST}
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == files | {"manifest.json"}
    manifest = json.loads((folder / "manifest.json").read_text())
    hashes = file_hashes(folder)
    assert manifest["files"] == {name: hashes[name] for name in files}
    assert manifest["week"] == "2026-11-16"
    assert (published / "reports" / client / "latest").resolve() == folder.resolve()


def test_a_second_run_does_nothing_within_a_second(own_home: Path, sample: Path) -> None:
    before = {client: table_hashes(own_home / "warehouse" / client / "published.duckdb") for client in CLIENTS}
    packs = file_hashes(own_home / "reports")
    start = time.process_time(), time.monotonic()
    done = run(sample, own_home)
    assert done.stderr.count("nothing new") == 2
    assert done.stdout.strip().splitlines()[-1].endswith("stonebridge-regional/2026-11-16/internal/governance_pack.html")
    assert {client: table_hashes(own_home / "warehouse" / client / "published.duckdb") for client in CLIENTS} == before
    assert file_hashes(own_home / "reports") == packs
    assert time.monotonic() - start[1] < 20


def test_computing_again_gives_the_same_tables_and_pages(own_home: Path, sample: Path) -> None:
    client = CLIENTS[1]
    warehouse = own_home / "warehouse" / client / "published.duckdb"
    before, packs = table_hashes(warehouse), file_hashes(own_home / "reports" / client / "latest")
    run(sample, own_home, "--again", "--client", client)
    after = table_hashes(warehouse)
    assert {n: h for n, h in after.items() if not n.startswith("ops_")} == {n: h for n, h in before.items() if not n.startswith("ops_")}
    assert file_hashes(own_home / "reports" / client / "latest") == packs


# files in which charges, payments or adjustments of what counts differ between raw and core
_BY_FILE = """
WITH counted AS (FROM core_deliveries WHERE fact_code = 'answer' AND delivery_code = 'counted'),
raw AS (
  SELECT file_id, sum(charge_amount) AS charge, sum(paid_amount) AS paid,
         (SELECT sum(amount) FROM raw_adjustments a WHERE a.file_id = r.file_id
            AND (a.file_id, a.claim_no) IN (SELECT (file_id, claim_no) FROM counted)) AS adjusted
  FROM raw_remits r SEMI JOIN counted USING (file_id, claim_no) GROUP BY file_id
), core AS (
  SELECT file_id, sum(charge_amount) AS charge, sum(paid_amount) AS paid,
         sum(patient_amount + denied_amount + contractual_amount + other_amount) AS adjusted
  FROM core_adjudicated_lines l JOIN counted d ON d.fact_id = l.answer_id GROUP BY file_id
)
SELECT * FROM raw FULL JOIN core USING (file_id)
WHERE raw.charge IS DISTINCT FROM core.charge OR raw.paid IS DISTINCT FROM core.paid
   OR coalesce(raw.adjusted, 0) IS DISTINCT FROM coalesce(core.adjusted, 0)
"""


def test_the_planted_spike_and_the_planted_coder_are_on_the_page(published: Path, sample: Path) -> None:
    page = (published / "reports" / CLIENTS[0] / "latest" / PAGE).read_text()
    planted = json.loads((sample / "truth" / CLIENTS[0] / "planted.json").read_text())
    assert planted["spike"] == {"payer_id": "PAY03", "root_cause": "authorization", "first_week": "2026-10-19"}
    assert "1 spike is open, none of them new: Summerfield Assurance: authorization" in page
    assert "below the standard of 95.0\u00a0%: C004." in page
    assert planted["coders"]["C004"] < 0.9


@pytest.mark.parametrize("client", CLIENTS)
def test_money_and_rows_are_conserved(published: Path, client: str) -> None:
    with duckdb.connect(str(published / "warehouse" / client / "published.duckdb"), read_only=True) as connection:

        def one(sql: str) -> tuple:
            return connection.sql(sql).fetchall()[0]

        # of what was delivered more than once, the copy that holds most, told by plain SQL
        for table, key, claims in (
            ("raw_payments", "payer_id, trace_token, payment_date, payment_amount", "raw_remits"),
            ("raw_transactions", "batch_token, created_date", "raw_claims"),
        ):
            held = f"(SELECT count(*) FROM {claims} c WHERE c.file_id = t.file_id AND c.transaction_no = t.transaction_no)"
            connection.execute(
                f"CREATE TEMP TABLE once_{claims} AS SELECT file_id, transaction_no FROM {table} t WHERE {held} > 0 "
                f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY {held} DESC, file_id) = 1"
            )
        of_copies = {"raw_claims": "raw_claims"} | dict.fromkeys(
            ("raw_remits", "raw_remit_lines", "raw_adjustments", "raw_provider_adjustments"), "raw_remits"
        )
        for name, claims in of_copies.items():
            connection.execute(
                f"CREATE TEMP VIEW once_{name}_ AS SELECT * FROM {name} SEMI JOIN once_{claims} USING (file_id, transaction_no)"
            )
        assert one("SELECT count(*) FROM once_raw_remits") < one("SELECT count(*) FROM raw_payments"), "the sample delivers some again"

        assert one("SELECT count(*), sum(charge_amount) FROM once_raw_remit_lines_") == one(
            "SELECT count(*), sum(charge_amount) FROM core_adjudicated_lines"
        )
        assert one("SELECT count(*), sum(charge_amount) FROM once_raw_remits_") == one(
            "SELECT count(*), sum(charge_amount) FROM core_adjudications"
        )
        assert one("SELECT sum(paid_amount) FROM once_raw_remits_") == one("SELECT sum(paid_amount) FROM core_adjudicated_lines")
        assert one("SELECT sum(amount) FROM once_raw_adjustments_") == one(
            "SELECT sum(patient_amount + denied_amount + contractual_amount + other_amount) FROM core_adjudicated_lines"
        )
        assert one("SELECT sum(claim_count), sum(remit_count) FROM raw_files") == one(
            "SELECT (SELECT count(*) FROM raw_claims), (SELECT count(*) FROM raw_remits)"
        )
        assert one("SELECT count(*), sum(charge_amount) FROM once_raw_claims_") == one(
            "SELECT count(*), sum(charge_amount) FROM core_claim_versions"
        )
        assert one("SELECT sum(version_count), sum(answer_count) FROM core_claim_lineages") == one(
            "SELECT (SELECT count(*) FROM once_raw_claims_), (SELECT count(*) FROM once_raw_remits_)"
        )
        assert one("SELECT count(*), sum(amount) FROM once_raw_provider_adjustments_") == one(
            "SELECT count(*), sum(amount) FROM core_recoupments"
        )
        assert connection.sql(_BY_FILE).fetchall() == []
        assert one("SELECT count(*) FROM core_denials") == one(
            "SELECT count(*) FROM core_adjudicated_lines WHERE starts_with(disposition, 'deni')"
        )
