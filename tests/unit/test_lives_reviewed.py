"""Lives that a second pair of eyes found wrong: one each, with what is right."""

import datetime as dt

import polars as pl
import pytest

from tests.tables import rows
from tests.unit.lives import batch, claim, clp, listed, metric, outcomes, payment, reversal, standing, tables_of

PAID, DENIED = ("99213", "100", "80", "CO*45*20"), ("99213", "100", "0", "CO*197*100")
OTHER_PAID, OTHER_DENIED = ("85025", "50", "40", "CO*45*10"), ("85025", "50", "0", "CO*50*50")
AGAIN = ("99213", "100", "0", "OA*18*100")
SENT = batch(claim("A1", ("99213", "100"), ("85025", "50")), day="20261005")
ONE = batch(claim("A1", ("99213", "100")), day="20261005")
THREE = [clp("A1", "I1", PAID), clp("A1", "I2", OTHER_PAID), clp("A1", "I3", ("71046", "60", "0", "CO*197*60"))]


def test_services_of_answers_without_a_sent_claim_are_told_apart() -> None:
    together = tables_of(payment(*THREE, day="20261106"))
    apart = tables_of(*(payment(part, day=day) for part, day in zip(THREE, ("20261030", "20261106", "20261113"), strict=True)))
    for tables in (together, apart):
        assert standing(tables) == {"A1/P": ("partly_denied", 120.0)}
        assert outcomes(tables) == [("A1", True, "open", 0.0)]
        assert listed(tables) == ["A1"]


TWICE = batch(claim("A1", ("97110", "50"), ("97110", "50")), day="20261005")
ONE_PAID, ONE_DENIED = ("97110", "50", "40", "CO*45*10"), ("97110", "50", "0", "CO*197*50")


@pytest.mark.parametrize("days", [("20261106", "20261106"), ("20261030", "20261106")])
def test_two_equal_lines_in_two_claim_payments_are_two_services(days: tuple[str, str]) -> None:
    parts = (clp("A1", "I1", ONE_PAID), clp("A1", "I2", ONE_DENIED))
    files = [payment(*parts, day=days[0])] if days[0] == days[1] else [payment(p, day=d) for p, d in zip(parts, days, strict=True)]
    tables = tables_of(TWICE, *files)
    assert standing(tables) == {"A1/P": ("partly_denied", 40.0)}
    assert outcomes(tables) == [("A1", True, "open", 0.0)]


def test_a_correction_of_one_of_two_equal_lines_is_about_the_denied_one() -> None:
    tables = tables_of(
        TWICE, payment(clp("A1", "I1", ONE_PAID, ONE_DENIED), day="20261009"), payment(clp("A1", "I2", ONE_PAID), day="20261106")
    )
    assert standing(tables) == {"A1/P": ("paid", 80.0)}
    assert outcomes(tables) == [("A1", True, "overturned", 40.0)]


WHOLE = [clp("A1", "I1", PAID), clp("A2", "I2", DENIED), clp("A3", "I3", PAID)]
LATER = {"isa": "000000009", "gs": "9"}


@pytest.mark.parametrize(
    ("again", "answers", "paid"),
    [
        (payment(*WHOLE[:2], day="20261106", **LATER), 2, None),
        (payment(*WHOLE, day="20261106", amount="150", plb="PLB*1234567893*20261231*WO:X*10", **LATER), 3, 80.0),
        (payment(*WHOLE[:2], clp("A3", "I3", ("99213", "100", "70", "CO*45*30")), day="20261106", **LATER), 3, 70.0),
    ],
)
def test_a_payment_issued_again_with_another_sum_stands_alone(again: bytes, answers: int, paid: float | None) -> None:
    first = payment(*WHOLE, day="20261106")
    cut = first[: first.index(b"CLP*A3") + 20]
    for files in ([first, again], [again, first], [first, cut, again], [cut, again]):
        tables = tables_of(*files)
        assert tables["core_adjudications"].height == answers
        assert standing(tables).get("A3/P", (None, None))[1] == paid


def test_pieces_with_a_claim_split_under_one_number_are_joined() -> None:
    one = payment(clp("A1", "I1", PAID), clp("B1", "J1", PAID), day="20261106", amount="200")
    two = payment(clp("A1", "I1", OTHER_PAID), day="20261106", amount="200", **LATER)
    tables = tables_of(one, two)
    assert tables["core_adjudications"].height == 3
    assert standing(tables) == {"A1/P": ("paid", 120.0), "B1/P": ("paid", 80.0)}


def claim_level(icn: str, charge: int, paid: int, *adjustments: str) -> list[str]:
    return [f"CLP*A1*1*{charge}*{paid}*0*12*{icn}*11*1", *(f"CAS*{a}" for a in adjustments)]


def test_an_answer_without_lines_overturns_only_what_it_pays_more() -> None:
    first = payment(clp("A1", "I1", DENIED, OTHER_PAID), day="20261009")
    same = tables_of(SENT, first, payment(claim_level("I2", 150, 40, "CO*197*100", "CO*45*10"), day="20261106"))
    assert outcomes(same) == [("A1", True, "open", 0.0)]
    more = tables_of(SENT, first, payment(claim_level("I2", 150, 120, "CO*45*30"), day="20261106"))
    assert outcomes(more) == [("A1", True, "overturned", 80.0)]


def test_a_claim_level_pend_hides_no_line() -> None:
    tables = tables_of(
        SENT,
        payment(claim_level("I0", 150, 0, "CO*133*150"), day="20261002"),
        payment(clp("A1", "I1", DENIED, OTHER_PAID), day="20261009"),
        payment(clp("A1", "I2", PAID), day="20261106"),
    )
    assert standing(tables) == {"A1/P": ("paid", 120.0)}


def test_an_overturn_turned_round_is_at_risk_once() -> None:
    tables = tables_of(
        ONE,
        payment(clp("A1", "I1", DENIED), day="20261009"),
        payment(clp("A1", "I2", PAID), day="20261023"),
        payment(reversal("A1", "I2", PAID), clp("A1", "I3", DENIED), day="20261120"),
    )
    assert outcomes(tables) == [("A1", True, "overturned", 80.0), ("A1", False, "open", 0.0)]
    assert listed(tables) == ["A1"]
    assert metric(tables, "M15", "count") == (1, 1)


@pytest.mark.parametrize("icns", [("I1", "I2"), ("I2", "I1")])
def test_a_reversal_takes_back_the_answer_it_names(icns: tuple[str, str]) -> None:
    split, other = ("97110", "50", "40", "CO*45*10"), ("97530", "50", "40", "CO*45*10")
    tables = tables_of(
        batch(claim("A1", ("97110", "50"), ("97530", "50")), day="20261001"),
        payment(clp("A1", icns[0], split), clp("A1", icns[1], other), day="20261009"),
        payment(reversal("A1", icns[0], split), clp("A1", "I3", ("97110", "50", "0", "CO*197*50")), day="20261106"),
    )
    assert standing(tables) == {"A1/P": ("partly_denied", 40.0)}


def test_a_write_off_of_one_line_gives_up_no_later_denial() -> None:
    files = (SENT, payment(clp("A1", "I1", DENIED), day="20261009"), payment(clp("A1", "I2", OTHER_DENIED), day="20261113"))
    touch = {
        "file_id": "f", "row_no": 2, "claim_token": "A1", "touched_date": dt.date(2026, 10, 20), "activity_code": "write_off", "minutes": 5,
    }  # fmt: skip
    tables = tables_of(*files, more={"raw_touches": rows("raw_touches", [touch])})
    assert listed(tables) == ["A1"]


def test_what_a_replacement_leaves_out_is_not_claimed_any_more() -> None:
    first = payment(clp("A1", "I1", DENIED, OTHER_DENIED), day="20261009")
    changed = batch(claim("A1", ("99214", "150"), frequency="7", original="I1"), day="20261016")
    tables = tables_of(SENT, first, changed, payment(clp("A1", "I2", ("99214", "150", "120", "CO*45*30"), frequency="7"), day="20261106"))
    assert standing(tables) == {"A1/P": ("paid", 120.0)}
    assert outcomes(tables) == [("A1", True, "overturned", 120.0)]
    assert listed(tables) == []


def test_a_void_after_a_duplicate_is_no_takeback() -> None:
    tables = tables_of(
        ONE,
        payment(clp("A1", "I1", PAID), day="20261009"),
        payment(clp("A1", "I2", AGAIN), day="20261016"),
        batch(claim("A1", ("99213", "100"), frequency="8", original="I1"), day="20261020"),
        payment(reversal("A1", "I1", PAID), day="20261106"),
    )
    assert metric(tables, "M25")[0] == 0
    assert listed(tables) == []


def test_adjustments_of_pieces_belong_to_their_payment() -> None:
    plb = "PLB*1234567893*20261231*WO:X*10"
    one, two = (
        payment(part, day="20261106", amount="70", plb=plb, isa=f"00000000{n}", gs=str(n)) for n, part in enumerate((WHOLE[0], WHOLE[1]), 2)
    )
    for files in ([one, two], [two, one]):
        moved = tables_of(*files)["core_recoupments"]
        assert moved.select("payer_id", "amount", "adjudication_date").rows() == [("P1", 10, dt.date(2026, 11, 6))]


def test_a_first_answer_of_an_appeal_is_not_lost() -> None:
    tables = tables_of(payment(clp("A1", "I1", ("99213", "100", "0", "CO*193*100")), day="20261106"))
    assert outcomes(tables) == [("A1", False, "open", 0.0)]
    assert metric(tables, "M06")[0] == 0


def test_a_denial_of_a_payment_without_a_day_has_that_of_its_file() -> None:
    file = payment(clp("A1", "I1", DENIED), day="20261106").replace(b"************20261106~", b"~").replace(b"DTM*405*20261106~", b"")
    assert outcomes(tables_of(file)) == [("A1", True, "open", 0.0)]


def test_a_duplicate_while_the_original_is_pended_is_no_first_decision() -> None:
    pended = payment(clp("A1", "I1", ("99213", "100", "0", "OA*133*100")), day="20261009")
    again = payment(clp("A1", "I2", AGAIN), day="20261016")
    paid = payment(clp("A1", "I3", PAID), day="20261106")
    tables = tables_of(ONE, pended, again, paid)
    assert standing(tables) == {"A1/P": ("paid", 80.0)}
    assert outcomes(tables) == []


def test_a_file_cut_before_its_first_claim_names_no_payer() -> None:
    whole = payment(clp("A1", "I1", PAID), day="20261106")
    cut = whole[: whole.index(b"N1*PR")]
    assert tables_of(cut, whole)["core_payers"].select("payer_id", "remit_count").rows() == [("P1", 1)]
    assert pl.Series(listed(tables_of(cut))).is_empty()
