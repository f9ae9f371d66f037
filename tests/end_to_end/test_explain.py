"""`rcm explain` and `rcm worklist`: by account number, token or lineage; tokens only unless account numbers are asked for."""

import html
import json
import stat
from pathlib import Path

import polars as pl

from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.privacy.keys import client_keys
from rcm_pipeline.privacy.tokens import Tokens
from tests.conftest import rcm

CLIENT = "lakeside-physicians"


def corrected(sample: Path) -> str:
    """An account whose denial was overturned by a corrected claim."""
    truth = pl.read_parquet(sorted((sample / "truth" / CLIENT).glob("lineages_*.parquet")))
    return str(truth.filter(pl.col("is_overturned") & (pl.col("channel") == "corrected_claim"))["account"][0])


def test_the_whole_life_is_told_in_order_with_rules_and_never_the_number(published: Path, sample: Path, tmp_path: Path) -> None:
    account, page = corrected(sample), tmp_path / "life.html"
    done = rcm("explain", account, "--client", CLIENT, "--page", page, home=published)
    told = done.stdout
    for text in ("Version 1 sent (original)", "277CA: version 1 accepted", "initial denial, cause", "Version 2 sent (replacement)",
                 "the decision that stands", "rule M1:", "rule D0", "next: nobody"):  # fmt: skip
        assert text in told
    assert (
        told.index("Version 1 sent") < told.index("initial denial") < told.index("Version 2 sent") < told.index("the decision that stands")
    )
    text = html.unescape(page.read_text())
    assert account not in told + done.stderr + text
    assert "default-src 'none'" in text
    token = Tokens(*client_keys(published / "keys", CLIENT)).token("pcn", pl.Series([account]))[0]
    by_token = rcm("explain", token, "--client", CLIENT, "--json", home=published).stdout
    assert json.loads(by_token)[0]["lineage_id"].startswith(token)
    assert rcm("explain", f"{token}-P1", "--client", CLIENT, home=published).stdout == told


def test_every_delivery_of_an_answer_is_shown(published: Path) -> None:
    with open_warehouse(published / "warehouse" / CLIENT / "published.duckdb", read_only=True) as connection:
        [(lineage, files)] = connection.sql("""
            SELECT lineage_id, list(file_id[:12]) FROM core_deliveries d JOIN core_adjudications a ON d.fact_id = a.answer_id
            WHERE fact_code = 'answer' GROUP BY lineage_id, answer_id
            HAVING bool_or(d.delivery_code = 'redelivery') AND count(*) = 2 ORDER BY lineage_id LIMIT 1
        """).fetchall()
    told = rcm("explain", lineage, "--client", CLIENT, home=published).stdout
    assert len(set(files)) == 2
    assert all(f"file {file}" in told for file in files)
    assert "(again)" in told


def test_a_denial_after_a_payment_is_told_as_one(published: Path) -> None:
    with open_warehouse(published / "warehouse" / CLIENT / "published.duckdb", read_only=True) as connection:
        [(lineage,)] = connection.sql("SELECT min(lineage_id) FROM core_denials WHERE is_retrospective AND is_current").fetchall()
    assert "denied after it had been paid, cause" in rcm("explain", lineage, "--client", CLIENT, home=published).stdout


def test_a_claim_that_is_not_there_and_a_client_that_is_not_named(published: Path) -> None:
    missing = rcm("explain", "NO-SUCH-ACCOUNT", "--client", CLIENT, home=published, check=False)
    assert missing.returncode == 3
    assert "NO-SUCH-ACCOUNT" not in missing.stderr
    unnamed = rcm("explain", "X", home=published, check=False)
    assert unnamed.returncode == 2
    assert CLIENT in unnamed.stderr


def test_the_worklist_has_account_numbers_only_when_asked(published: Path, tmp_path: Path) -> None:
    plain, named = tmp_path / "plain.xlsx", tmp_path / "named.xlsx"
    rcm("worklist", plain, "--client", CLIENT, home=published)
    done = rcm("worklist", named, "--reveal", "--client", CLIENT, home=published)
    assert "identifies people" in done.stderr
    assert stat.S_IMODE(named.stat().st_mode) == 0o600
    without, with_numbers = (pl.read_excel(path, sheet_name="All claims") for path in (plain, named))
    assert "account" not in without.columns
    assert with_numbers.height == without.height > 50
    tokens = Tokens(*client_keys(published / "keys", CLIENT)).token("pcn", with_numbers["account"].cast(pl.String))
    assert tokens.equals(with_numbers["claim_token"], check_names=False)
    assert with_numbers["rank"].to_list() == list(range(1, with_numbers.height + 1))


def test_the_worklist_beside_the_pack_holds_no_account_number(published: Path, sample: Path) -> None:
    book = pl.read_excel(published / "reports" / CLIENT / "latest" / "internal" / "worklist.xlsx", sheet_name="All claims")
    assert "account" not in book.columns
    assert book["next_step"].null_count() == 0
