"""A client may have claims that do not add up set aside; nothing of them stays, nothing else goes."""

from pathlib import Path

import pytest

from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.errors import SettingsError
from rcm_pipeline.intake.inbox import deliveries
from rcm_pipeline.intake.load import load_inbox
from rcm_pipeline.privacy.tokens import Tokens
from rcm_pipeline.settings import ClientSettings, load_client_settings
from rcm_pipeline.warehouse import create_tables
from tests.spec.engine import remittance

GOOD = "CLP*A1*1*100*60*0*CI*I1\nSVC*HC:99213*100*60\nCAS*CO*45*40\nLQ*HE*N115"
BAD = "CLP*A2*1*100*60*0*CI*I2\nSVC*HC:99213*100*60\nCAS*CO*45*39\nLQ*HE*N115"
TABLES = ("raw_payments", "raw_remits", "raw_remit_lines", "raw_adjustments", "raw_remarks")


def counts(folder: Path, warehouse: Path, policy: str) -> tuple[list[int], list[int]]:
    settings = ClientSettings.model_validate({"balancing": {"policy": policy}})
    with open_warehouse(warehouse) as connection:
        create_tables(connection)
        load_inbox(connection, list(deliveries([folder])), settings, Tokens(b"k" * 32))
        kept, aside = (
            [connection.sql(f"SELECT count(*) FROM {prefix}{name}").fetchall()[0][0] for name in TABLES] for prefix in ("", "quarantine_")
        )
    return kept, aside


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def paying(body: str, amount: str) -> bytes:
    return remittance(body).replace(b"BPR*I*0", f"BPR*I*{amount}".encode())


def test_by_default_everything_is_kept_with_a_finding(inbox: Path, tmp_path: Path) -> None:
    (inbox / "a.835").write_bytes(paying(GOOD + "\n" + BAD, "120"))
    assert counts(inbox, tmp_path / "w.duckdb", "warn") == ([1, 2, 2, 2, 2], [0, 0, 0, 0, 0])


def test_a_claim_that_does_not_add_up_is_set_aside_whole(inbox: Path, tmp_path: Path) -> None:
    (inbox / "a.835").write_bytes(paying(GOOD + "\n" + BAD, "120"))
    assert counts(inbox, tmp_path / "w.duckdb", "quarantine") == ([1, 1, 1, 1, 1], [0, 1, 1, 1, 1])


def test_a_payment_that_does_not_add_up_takes_its_claims_along_and_no_others(inbox: Path, tmp_path: Path) -> None:
    (inbox / "a.835").write_bytes(paying(GOOD, "61"))
    (inbox / "b.835").write_bytes(paying(GOOD.replace("A1", "A3"), "60"))
    assert counts(inbox, tmp_path / "w.duckdb", "quarantine") == ([1, 1, 1, 1, 1], [1, 1, 1, 1, 1])


def test_a_policy_nobody_knows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "acme.toml").write_text('[balancing]\npolicy = "ignore"\n')
    with pytest.raises(SettingsError, match=r"balancing\.policy"):
        load_client_settings(tmp_path, "acme")
