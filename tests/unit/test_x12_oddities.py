"""What real senders write beside the guide: read, or said with its place; never dropped in silence."""

from decimal import Decimal as D

import polars as pl
import pytest

from rcm_pipeline.privacy.door import AllowListDoor, allow_list
from rcm_pipeline.privacy.tokens import Tokens
from rcm_pipeline.x12.read import Reading, read_x12
from tests.conftest import OpenDoor
from tests.unit.lives import batch, claim, clp, payment, standing, tables_of

PAID, DENIED = ("99213", "100", "80", "CO*45*20"), ("99213", "100", "0", "CO*197*100")


def read(file: bytes) -> Reading:
    return read_x12([file], OpenDoor())


def found(reading: Reading) -> list[str]:
    return reading.findings["rule"].to_list() + reading.rejects["rule"].to_list()


@pytest.mark.parametrize("header", [b"*P*~", b"*P~"])
@pytest.mark.parametrize("separator", [b":", b">", b"^"])
def test_an_isa_without_isa16_costs_no_code(header: bytes, separator: bytes) -> None:
    sent = batch(claim("A1", ("99213", "100")), day="20261005").replace(b"*P*:~", header).replace(b":", separator)
    reading = read(sent)
    assert reading.tables["raw_claim_diagnoses"]["diagnosis_code"].to_list() == ["I10"]
    assert reading.tables["raw_claim_lines"]["procedure_code"].to_list() == ["99213"]
    assert reading.tables["raw_claims"]["frequency_code"].to_list() == ["1"]
    assert "isa_length" in found(reading)


def test_the_seventh_provider_adjustment_is_read_and_said() -> None:
    pairs = "*".join(f"WO:I{n}*{n}" for n in range(1, 8))
    reading = read(payment(clp("A1", "I1", PAID), day="20261106", amount="52", plb=f"PLB*1234567893*20261231*{pairs}"))
    assert reading.tables["raw_provider_adjustments"]["amount"].to_list() == [D(n) for n in range(1, 8)]
    assert found(reading) == ["too_many_adjustments"]


def test_a_thirteenth_diagnosis_is_read_and_said() -> None:
    codes = "*".join(["ABK:I10", *(f"ABF:E11{n}" for n in range(12))])
    reading = read(batch(claim("A1", ("99213", "100")), day="20261005").replace(b"HI*ABK:I10", f"HI*{codes}".encode()))
    assert reading.tables["raw_claim_diagnoses"].height == 13
    assert found(reading) == ["too_many_codes"]


def test_procedures_occurrences_and_values_of_a_claim_are_read() -> None:
    codes = "HI*BBR:0DT70ZZ:D8:20261001~HI*BBQ:0DTJ4ZZ:D8:20261002~HI*BP:99213~HI*BH:11:D8:20260930~HI*BE:01:::450.25~HI*BG:41"
    reading = read(batch(claim("A1", ("99213", "100")), day="20261005").replace(b"HI*ABK:I10", b"HI*ABK:I10~" + codes.encode()))
    rows = reading.tables["raw_claim_codes"].select("qualifier_code", "code", pl.col("code_date").cast(pl.String), "code_amount").rows()
    assert rows == [
        ("BBR", "0DT70ZZ", "2026-10-01", None), ("BBQ", "0DTJ4ZZ", "2026-10-02", None), ("BP", "99213", None, None),
        ("BH", "11", "2026-09-30", None), ("BE", "01", None, D("450.25")), ("BG", "41", None, None),
    ]  # fmt: skip
    assert reading.tables["raw_claim_diagnoses"].height == 1


def test_a_code_without_its_qualifier_is_a_code() -> None:
    reading = read(
        payment(clp("A1", "I1", PAID), clp("A2", "I2", DENIED), day="20261106").replace(b"SVC*HC:99213*100*80", b"SVC*99213*100*80")
    )
    lines = reading.tables["raw_remit_lines"]
    assert lines.select("code_qualifier", "procedure_code").rows() == [(None, "99213"), ("HC", "99213")]
    assert found(reading) == ["code_without_qualifier"]


def test_a_provider_without_an_npi_comes_in_as_a_token() -> None:
    sent = batch(claim("A1", ("99213", "100")), day="20261005").replace(b"*XX*1234567893", b"*24*123456789")
    door = AllowListDoor(allow_list()["x12"], Tokens(b"k" * 32))
    [row] = read_x12([sent], door).tables["raw_claims"].iter_rows(named=True)
    assert row["billing_npi"] is None
    assert row["billing_provider_token"] not in (None, "123456789")
    [paid] = (
        read_x12([payment(clp("A1", "I1", PAID), day="20261106").replace(b"*XX*1234567893", b"*FI*123456789")], door)
        .tables["raw_payments"]
        .iter_rows(named=True)
    )
    assert (paid["payee_npi"], paid["payee_token"]) == (None, row["billing_provider_token"])


def test_a_payer_named_again_is_the_payer_of_what_follows() -> None:
    other = ["N1*PR*PAYER P2*XV*P2", *clp("A2", "I2", DENIED)]
    tables = tables_of(payment(clp("A1", "I1", PAID), other, clp("A3", "I3", PAID), day="20261106"))
    named = tables["core_adjudications"].sort("claim_token").select("claim_token", "payer_id").rows()
    assert named == [("A1", "P1"), ("A2", "P2"), ("A3", "P2")]
    assert tables["core_payers"].select("payer_id", "payer_name", "remit_count").rows() == [("P1", "PAYER P1", 1), ("P2", "PAYER P2", 2)]


def test_a_status_with_a_zero_in_front_and_small_group_codes_are_read() -> None:
    file = payment(clp("A1", "I1", ("99213", "100", "0", "co*197*100"), status="01"), day="20261106")
    tables = tables_of(file)
    assert tables["core_denials"].select("group_code", "carc_code", "root_cause").rows() == [("CO", "197", "authorization")]
    assert standing(tables)["A1/P"] == ("denied", 0.0)


def test_capitation_of_a_payer_that_is_not_named_capitated_is_a_denial() -> None:
    tables = tables_of(payment(clp("A1", "I1", ("99213", "100", "0", "CO*24*100")), day="20261106"))
    assert standing(tables)["A1/P"] == ("denied", 0.0)
    assert tables["core_denials"]["owner"].to_list() == ["payer"]


def test_a_replacement_that_names_no_original_is_said() -> None:
    assert found(read(batch(claim("A1", ("99213", "100"), frequency="7"), day="20261005"))) == ["replaces_nothing"]
    assert found(read(batch(claim("A1", ("99213", "100"), frequency="7", original="I1"), day="20261005"))) == []


def test_a_component_separator_inside_a_payers_name_is_said() -> None:
    door = AllowListDoor(allow_list()["x12"], Tokens(b"k" * 32))
    reading = read_x12([payment(clp("A1", "I1", PAID), day="20261106").replace(b"N1*PR*PAYER P1*", b"N1*PR*PAYER: THE FIRST*")], door)
    assert found(reading) == ["element_refused"]
    assert reading.tables["raw_payments"]["payer_id"].to_list() == ["P1"]


@pytest.mark.parametrize(("day", "rules"), [("20271106", ["date_implausible"]), ("20251001", ["date_implausible"]), ("20261120", [])])
def test_a_payment_dated_far_from_its_file_is_said(day: str, rules: list[str]) -> None:
    file = payment(clp("A1", "I1", PAID), day="20261106").replace(b"************20261106~", f"************{day}~".encode())
    assert found(read(file)) == rules
