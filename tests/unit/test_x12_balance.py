"""Sums that do not add up are findings with both sides; what was not readable is not judged."""

from decimal import Decimal as D

import polars as pl
import pytest

from rcm_pipeline.x12.read import Reading, read_x12
from tests.conftest import OpenDoor
from tests.spec.engine import remittance

CLAIM = "CLP*A1*1*100*60*0*CI*I1\nSVC*HC:99213*70*40\nCAS*CO*45*30\nSVC*HC:99214*30*20\nCAS*CO*45*10"
HEAD_837 = (
    "ISA*00*          *00*          *ZZ*A              *ZZ*B              *261116*1200*^*00501*000000001*0*P*:~GS*HC*A*B*20261116*1200*1*X*005010X222A1~"
    "ST*837*0001*005010X222A1~BHT*0019*00*B1*20261116*1200*CH~HL*1**20*1~HL*2*1*22*0~SBR*P*18~"
)


def read(body: str, paid: str = "60") -> Reading:
    raw = remittance(body).replace(b"BPR*I*0", f"BPR*I*{paid}".encode()).replace(b"SE*99", f"SE*{body.count(chr(10)) + 8}".encode())
    return read_x12([raw], OpenDoor())


def imbalances(reading: Reading) -> list[tuple]:
    columns = ("rule", "segment_no", "stated_amount", "computed_amount", "difference_amount")
    return reading.findings.filter(pl.col("stated_amount").is_not_null()).select(columns).rows()


def test_what_adds_up_is_no_finding() -> None:
    assert read(CLAIM).findings.is_empty()


def test_a_line_a_claim_and_a_payment_out_of_balance_are_each_named_with_both_sides() -> None:
    assert imbalances(read(CLAIM.replace("CAS*CO*45*30", "CAS*CO*45*29.99"))) == [
        ("claim_out_of_balance", 9, D("60.00"), D("60.01"), D("-0.01")),
        ("line_out_of_balance", 10, D("40.00"), D("40.01"), D("-0.01")),
    ]
    assert imbalances(read(CLAIM, paid="61")) == [("payment_out_of_balance", 3, D("61.00"), D("60.00"), D("1.00"))]


def test_claim_level_adjustments_count_for_the_claim_and_not_for_a_line() -> None:
    assert imbalances(read("CLP*A1*1*100*60*0*CI*I1\nCAS*CO*45*40\nSVC*HC:99213*100*100")) == []
    assert imbalances(read("CLP*A1*1*100*60*0*CI*I1\nCAS*CO*45*40")) == []


def test_provider_adjustments_and_debits_belong_to_the_payment() -> None:
    taken = CLAIM + "\nPLB*1234567893*20261231*WO:R1*15*L6:R2*-5"
    assert imbalances(read(taken, paid="50")) == []
    back = "CLP*A1*22*-100*-60*0*CI*I1\nCAS*CR*45*-40"
    debit = remittance(back).replace(b"BPR*I*0*C", b"BPR*I*60*D").replace(b"SE*99", b"SE*9")
    assert imbalances(read_x12([debit], OpenDoor())) == []


def test_absent_amounts_are_zero_and_unreadable_ones_are_not_judged() -> None:
    assert imbalances(read("CLP*A1*4*100**0*CI*I1\nCAS*CO*50*100", paid="")) == []
    assert imbalances(read("CLP*A1*4*100*x*0*CI*I1\nCAS*CO*50*90", paid="7")) == []
    assert imbalances(read("CLP*A1*4*100*0*0*CI*I1\nCAS*CO*50*1O0", paid="0")) == []


@pytest.mark.parametrize(("charge", "found"), [("70", []), ("71.00", [("charge_out_of_balance", 8, D("71.00"), D("70.00"), D("1.00"))])])
def test_the_charge_of_a_claim_is_the_sum_of_its_lines(charge: str, found: list[tuple]) -> None:
    body = (
        f"CLM*A1*{charge}***11:B:1*Y*A*Y*Y~LX*1~SV1*HC:99213*50*UN*1***1~LX*2~SV1*HC:99214*20*UN*1***1~SE*11*0001~GE*1*1~IEA*1*000000001~"
    )
    reading = read_x12([(HEAD_837 + body).encode()], OpenDoor())
    assert imbalances(reading) == found
    assert reading.findings.height == len(found)


def test_other_payers_adjustments_never_count_for_the_charge() -> None:
    body = "CLM*A1*50***11:B:1*Y*A*Y*Y~SBR*S*18~CAS*CO*45*30~AMT*D*20~LX*1~SV1*HC:99213*50*UN*1***1~SVD*P2*20*HC:99213**1~CAS*CO*45*30~"
    reading = read_x12([(HEAD_837 + body + "SE*14*0001~GE*1*1~IEA*1*000000001~").encode()], OpenDoor())
    assert reading.findings.is_empty()
    assert reading.tables["raw_other_payer_adjustments"].select("payer_no", "line_no", "amount").rows() == [
        (1, None, D("30.00")),
        (None, 1, D("30.00")),
    ]
    assert reading.tables["raw_adjustments"].is_empty()
