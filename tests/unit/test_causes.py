"""Causes beyond the codes: what the claim carried, the client's own rules, confidence, and what a new taxonomy reclassifies."""

import datetime as dt
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from rcm_pipeline.denials.classify.causes import RECLASSIFIED_BY, reclassified
from rcm_pipeline.denials.outcomes.denial_outcomes import claim_tables, denial_outcomes
from rcm_pipeline.settings import ClientSettings
from rcm_pipeline.x12.read import read_x12
from schemas.contract import empty
from schemas.registry import CONTRACTS
from tests.conftest import OpenDoor
from tests.spec.engine import remittance
from tests.tables import core_of
from tests.unit.golden_world import decided
from tests.unit.test_submissions import interchange

DAY = dt.date(2026, 11, 23)
DENIED = "CLP*A*1*100*0*0*12*I1\nSVC*HC:99213*100*0\nCAS*{}*100"


def core(*files: bytes, **settings: Any) -> dict[str, pl.DataFrame]:
    read = read_x12(list(files), OpenDoor()).tables
    raw = {name: table.with_columns(file_id=pl.format("f{}", "file")) for name, table in read.items()}
    return core_of(raw, ClientSettings.model_validate(settings), DAY)


def claim(*extra: str, day: str = "20261001", service: str = "20260928") -> bytes:
    body = ["ST*837*0001*005010X222A1", f"BHT*0019*00*B*{day}*1200*CH", "HL*1**20*1", "NM1*85*2*CLINIC*****XX*1234567893", "HL*2*1*22*0"]
    body += ["SBR*P*18", "CLM*A*100***11:B:1*Y*A*Y*Y", *extra, "LX*1", "SV1*HC:99213*100*UN*1***1", f"DTP*472*D8*{service}"]
    return interchange(day, "1", "HC", "005010X222A1", body)


def cause(tables: dict[str, pl.DataFrame]) -> tuple:
    return tables["core_denials"].select("root_cause", "evidence", "review_reason").row(0)


@pytest.mark.parametrize(
    ("extra", "reason", "want"),
    [
        ([], "CO*197", ("authorization", "carc", None)),
        (["REF*G1*AUTH1"], "CO*197", ("unspecified", "none", "payer_logic")),  # T1: the number was there
        (["REF*G1*AUTH1"], "CO*50", ("medical_necessity", "carc", None)),
        ([], "CO*22", ("cob", "carc", None)),
        (
            ["SBR*S*18", "AMT*D*20", "OI***Y***Y", "NM1*IL*1*D*J", "NM1*PR*2*OTHER*****PI*OP"],
            "CO*22",
            ("unspecified", "none", "payer_logic"),
        ),
        ([], "CO*A1", ("unspecified", "none", "payer_logic")),
    ],
)
def test_what_the_claim_carried_goes_before_the_code(extra: list[str], reason: str, want: tuple) -> None:
    assert cause(core(claim(*extra), decided("20261112", "2", DENIED.format(reason)))) == want


def test_no_usable_reason_and_sent_after_the_filing_time_is_timely_filing() -> None:
    late = claim(service="20260101")
    assert cause(core(late, decided("20261112", "2", DENIED.format("CO*A1")))) == ("timely_filing", "attribute", None)
    clock = {"P1": {"filing_days": 400}}
    assert cause(core(late, decided("20261112", "2", DENIED.format("CO*A1")), clocks=clock))[0] == "unspecified"


def test_no_usable_reason_after_a_payment_is_a_duplicate() -> None:
    paid = "CLP*A*1*100*80*0*12*I1\nSVC*HC:99213*100*80\nCAS*CO*45*20"
    tables = core(decided("20261105", "2", paid), decided("20261112", "3", DENIED.format("CO*A1")))
    assert cause(tables) == ("duplicate", "attribute", None)


def test_a_clients_own_rule_goes_before_everything() -> None:
    rules = [
        {"payer_id": "OTHER", "root_cause": "cob"},
        {"carc_code": "197", "root_cause": "payer_policy", "owner": "payer", "rework_target": "payer_escalation"},
    ]
    tables = core(claim("REF*G1*AUTH1"), decided("20261112", "2", DENIED.format("CO*197")), cause_overrides=rules)
    row = tables["core_denials"].row(0, named=True)
    assert (row["root_cause"], row["evidence"], row["owner"], row["rework_target"]) == (
        "payer_policy",
        "client",
        "payer",
        "payer_escalation",
    )
    assert row["evidence_detail"].startswith("O2")
    assert row["review_reason"] is None
    plain = core(decided("20261112", "2", DENIED.format("CO*197")))
    assert row["taxonomy_version"].startswith(plain["core_denials"]["taxonomy_version"][0] + "+")


def test_a_rule_for_everything_is_refused() -> None:
    with pytest.raises(ValidationError, match="would hide every cause"):
        ClientSettings.model_validate({"cause_overrides": [{"root_cause": "coding"}]})


def test_a_cause_less_sure_than_agreed_goes_to_a_person() -> None:
    unremarked = decided("20261112", "2", DENIED.format("CO*16"))
    assert cause(core(unremarked)) == ("billing_format", "carc_general", None)
    assert cause(core(unremarked, causes={"minimum_confidence": 0.7})) == ("billing_format", "carc_general", "payer_logic")


def test_a_new_taxonomy_says_what_it_reclassified() -> None:
    file = remittance(DENIED.format("CO*197") + "\n" + DENIED.format("CO*50").replace("CLP*A", "CLP*B"))
    before = core(file)["core_denials"]
    after = core(file, cause_overrides=[{"carc_code": "197", "root_cause": "payer_policy"}])["core_denials"]
    found = reclassified(before.select(RECLASSIFIED_BY), after, "run")
    assert found.select("carc_code", "from_cause", "to_cause", "line_count").rows() == [("197", "authorization", "payer_policy", 1)]
    assert reclassified(after.select(RECLASSIFIED_BY), after, "run").is_empty()


def test_expected_payment_never_exceeds_the_charge_and_is_nothing_without_a_paid_line() -> None:
    alone = core(decided("20261112", "2", DENIED.format("CO*197")))["core_denials"].row(0, named=True)
    assert (alone["expected_amount"], alone["expected_basis"]) == (0, "all")
    paid = "\n".join(f"CLP*P{n}*1*50*40*0*12*J{n}\nSVC*HC:99213*50*40\nCAS*CO*45*10" for n in range(20))
    many = core(decided("20261112", "2", paid + "\n" + DENIED.format("CO*197")))["core_denials"].row(0, named=True)
    assert (float(many["expected_amount"]), many["expected_basis"]) == (40.0, "line")
    cheap = DENIED.format("CO*197").replace("*100", "*30")
    assert float(core(decided("20261112", "2", paid + "\n" + cheap))["core_denials"]["expected_amount"][0]) == 30.0


def test_an_open_ended_date_of_one_claim_touches_no_other() -> None:
    """9999-12-31 as last day of service is how some systems say that it goes on."""
    open_ended = "CLP*A*1*100*0*0*12*I1\nDTM*232*20261001\nDTM*233*99991231\nSVC*HC:99213*100*0\nCAS*CO*50*100"
    visits = "\n".join(f"CLP*B*1*100*0*0*12*J{n}\nSVC*HC:99213*100*0\nDTM*472*202610{n:02d}\nCAS*CO*50*100" for n in (1, 8, 15))
    lineages = core(decided("20261112", "2", open_ended + "\n" + visits))["core_claim_lineages"]
    assert lineages.group_by("claim_token").len().sort("claim_token").rows() == [("A", 1), ("B", 3)]


def outcome(*files: bytes) -> list[tuple]:
    """What became of each initial denial, with what it recovered."""
    tables = core(*files)
    claims = claim_tables(*(tables[f"core_{name}"].lazy() for name in ("claim_lineages", "claim_versions", "adjudications", "adjudicated_lines", "denials", "reversals", "payers")),
                empty(CONTRACTS["raw_touches"]).lazy())  # fmt: skip
    found = denial_outcomes(claims, DAY)
    return (
        found.select("claim_token", "resolution_code", "resolved_date", pl.col("recovered_amount").cast(pl.Int64))
        .sort("claim_token")
        .rows()
    )


SPLIT_DENIED = "CLP*A*1*100*0*0*12*I1\nSVC*HC:99213*100*0\nCAS*CO*197*100"
SPLIT_PAID = "CLP*A*1*200*150*0*12*I2\nSVC*HC:99214*200*150\nCAS*CO*45*50"


@pytest.mark.parametrize("parts", [(SPLIT_DENIED, SPLIT_PAID), (SPLIT_PAID, SPLIT_DENIED)])
def test_a_claim_split_over_payments_of_one_day_is_one_first_decision_and_no_overturn(parts: tuple[str, str]) -> None:
    file = decided("20261105", "2", "\n".join(parts))
    assert core(file)["core_adjudications"]["is_first"].to_list() == [True, True]
    assert outcome(file) == [("A", "open", None, 0)]


def test_a_duplicate_denied_by_another_payer_after_a_payment_is_no_work() -> None:
    paid = "CLP*A*1*100*80*0*12*I1\nSVC*HC:99213*100*80\nCAS*CO*45*20"
    again = decided("20261112", "3", "CLP*A*1*100*0*0*12*J1\nSVC*HC:99213*100*0\nCAS*OA*18*100").replace(b"XV*P1", b"XV*P2")
    assert outcome(decided("20261005", "2", paid), again) == []


def test_a_placeholder_for_the_payers_number_links_nothing() -> None:
    rows = "\n".join(f"CLP*A{n}*1*100*0*0*12*0\nSVC*HC:99213*100*0\nCAS*CO*197*100\nREF*F8*0" for n in (1, 2, 3))
    other = "CLP*B*22*-300*-250*0*12*0\nSVC*HC:99213*-300*-250\nCAS*CO*45*-50"
    tables = core(decided("20261105", "2", rows), decided("20261112", "3", other))
    assert tables["core_claim_lineages"].height == 4
    assert tables["core_reversals"]["pair_rule"].to_list() == [None]


def test_what_a_partial_denial_can_still_bring_is_the_rest() -> None:
    likes = "\n".join(f"CLP*P{n}*1*100*80*0*12*J{n}\nSVC*HC:99213*100*80\nCAS*CO*45*20" for n in range(20))
    partial = "CLP*A*1*100*60*0*12*I1\nSVC*HC:99213*100*60\nCAS*CO*45*10**151*30"
    denial = core(decided("20261112", "2", likes + "\n" + partial))["core_denials"].row(0, named=True)
    assert (denial["disposition"], float(denial["expected_amount"])) == ("denied_partial", 20.0)
