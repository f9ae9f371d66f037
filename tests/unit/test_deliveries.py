"""However a fact arrives it counts once: again, in another envelope, cut in half, in parts, re-issued, in any order."""

import random
from collections.abc import Sequence

import polars as pl
import pytest

from rcm_pipeline.intake.contents import content_of_bytes
from rcm_pipeline.intake.reading import read_files
from rcm_pipeline.intake.recognise import recognise
from rcm_pipeline.privacy.tokens import Identified
from rcm_pipeline.settings import ClientSettings
from rcm_pipeline.tables import registered
from tests.fuzz.schedules import delivered, differing, numbers, other_separators, re_enveloped, world
from tests.tables import everything
from tests.unit.lives import TODAY, batch, claim, clp, listed, payment, standing, tables_of

PAID, DENIED = ("99213", "100", "80", "CO*45*20"), ("99214", "200", "0", "CO*197*200")
SENT = batch(claim("A1", ("99213", "100")), claim("A2", ("99214", "200")), claim("A3", ("99213", "100")), day="20261005")
CLAIMS = [clp("A1", "I1", PAID), clp("A2", "I2", DENIED), clp("A3", "I3", PAID)]
WHOLE = payment(*CLAIMS, day="20261106")


def twice_inside(file: bytes) -> bytes:
    text = file.decode()
    st, ge = text.index("ST*"), text.index("GE*")
    return (text[:st] + text[st:ge] * 2 + text[ge:].replace("GE*1", "GE*2")).encode()


def roles(*files: bytes) -> list[tuple[str, str, bool]]:
    found = tables_of(*files)["core_deliveries"].filter(pl.col("fact_code").is_in(["payment", "submission"]))
    return found.sort("file_id", "transaction_no").select("file_id", "delivery_code", "is_incomplete").rows()


@pytest.mark.parametrize("copy", [re_enveloped, other_separators, twice_inside, lambda f: f.replace(b"~", b"~\r\n")])
def test_a_payment_that_comes_again_counts_once(copy) -> None:
    assert differing(numbers(SENT, WHOLE), numbers(SENT, WHOLE, copy(WHOLE))) == []
    assert differing(numbers(SENT, WHOLE), numbers(copy(WHOLE), SENT)) == []


@pytest.mark.parametrize("copy", [re_enveloped, other_separators, twice_inside])
def test_a_batch_that_comes_again_counts_once(copy) -> None:
    assert differing(numbers(SENT, WHOLE), numbers(SENT, copy(SENT), WHOLE)) == []


def test_a_batch_of_another_number_or_day_is_sent_again() -> None:
    again = batch(claim("A1", ("99213", "100")), day="20261005", number="OTHER")
    assert tables_of(SENT, again)["core_claim_versions"].height == 4
    later = batch(claim("A1", ("99213", "100")), day="20261012", number="B20261005")
    assert tables_of(SENT, later)["core_claim_versions"].height == 4


@pytest.mark.parametrize("share", [0.5, 0.6, 0.7, 0.8, 0.9, 0.97])
def test_a_file_that_broke_off_gives_way_to_the_whole(share: float) -> None:
    cut = WHOLE[: int(len(WHOLE) * share)]
    assert differing(numbers(SENT, WHOLE), numbers(SENT, cut, WHOLE)) == []
    [copy, whole] = roles(cut, WHOLE)
    assert copy[1] == ("redelivery" if share == 0.97 else "part")  # at 0.97 only the end of the envelope is missing
    assert (whole[1], copy[2], whole[2]) == ("counted", False, False)


def test_a_part_alone_is_read_and_its_payment_is_incomplete() -> None:
    cut = WHOLE[: WHOLE.index(b"CLP*A3")]
    assert standing(tables_of(SENT, cut))["A2/P"] == ("denied", 0.0)
    assert roles(cut) == [("f0", "counted", True)]


def test_pieces_make_up_a_payment() -> None:
    parts = [payment(*some, day="20261106", amount="160", isa=f"00000000{n}", gs=str(n)) for n, some in ((2, CLAIMS[:1]), (3, CLAIMS[1:]))]
    assert differing(numbers(SENT, WHOLE), numbers(SENT, *parts)) == []
    assert roles(*parts) == [("f0", "piece", False), ("f1", "piece", False)]
    assert differing(numbers(SENT, WHOLE), numbers(SENT, parts[1], WHOLE, parts[0])) == []


@pytest.mark.parametrize("is_late_first", [False, True])
def test_of_a_payment_issued_again_the_later_counts(is_late_first: bool) -> None:
    again = payment(clp("A1", "I1", ("99213", "100", "70", "CO*45*30")), *CLAIMS[1:], day="20261106", isa="000000009", gs="9")
    files = (again, WHOLE) if is_late_first else (WHOLE, again)
    tables = tables_of(SENT, *files)
    assert standing(tables)["A1/P"] == ("paid", 70.0)
    assert tables["core_adjudications"].height == 3
    assert sorted(role[1] for role in roles(*files)) == ["counted", "replaced"]


def test_two_payments_that_have_nothing_in_common_but_no_trace_both_count() -> None:
    one, two = (payment(clp(name, f"I{name}", PAID), day="20261106").replace(b"TRN*1*T20261106P1*1~", b"") for name in "XY")
    assert tables_of(one, two)["core_adjudications"].height == 2


def test_the_list_holds_each_denial_once() -> None:
    assert listed(tables_of(SENT, WHOLE, re_enveloped(WHOLE), re_enveloped(SENT))) == ["A2"]


@pytest.mark.parametrize("seed", range(8))
def test_whatever_the_schedule_of_deliveries_every_number_is_the_same(seed: int) -> None:
    rng, files = random.Random(seed), world(weeks=5)
    assert differing(numbers(*files), numbers(*delivered(files, rng), rename=rng)) == []


SHEET = """Account Number,Payer,Check Date,ICN,Line,CPT,Billed,Paid,Group Code,Reason Code,Adj Amount
A1,PAYER P1,2026-11-05,,1,99213,100,80,CO,45,20
A2,PAYER P1,2026-11-05,,1,99214,200,0,CO,197,200
B9,PAYER P1,2026-11-05,,1,99213,100,80,CO,45,20
"""


def from_sheets(*texts: str, files: Sequence[bytes] = ()) -> dict[str, pl.DataFrame]:
    contents = [content_of_bytes(text.encode()) for text in texts] + [content_of_bytes(file) for file in files]
    reading = read_files([(content, recognise(content)) for content in contents], ClientSettings(), Identified())
    assert reading.tables["raw_rejects"].is_empty()
    return everything(reading.tables, ClientSettings(), TODAY)


def test_a_payment_told_by_a_sheet_and_by_an_835_counts_once() -> None:
    alone, both = from_sheets(SHEET), from_sheets(SHEET, files=[WHOLE])
    assert alone["core_adjudications"]["claim_token"].sort().to_list() == ["A1", "A2", "B9"]
    assert both["core_adjudications"].sort("claim_token")["claim_token"].to_list() == ["A1", "A2", "A3", "B9"]
    assert listed(both) == ["A2"]
    later = SHEET.replace("2026-11-05", "2026-11-12")  # decided again a week later: another answer
    assert from_sheets(later, files=[WHOLE])["core_adjudications"].height == 6


def test_a_cumulative_sheet_tells_each_payment_once() -> None:
    more = SHEET + "C1,PAYER P1,2026-11-05,,1,99213,100,80,CO,45,20\n"
    assert from_sheets(SHEET, more)["core_adjudications"].height == 4


SENT_SHEET = """Claim ID,Submitted Date,Payer ID,Procedure Code,Charges,Units,Date of Service,Dx1
C1,2026-11-05,P1,99213,100,1,2026-11-02,E11.9
C2,2026-11-05,P1,99214,200,1,2026-11-02,E11.9
"""


def test_a_cumulative_sheet_of_claims_sends_each_once() -> None:
    more = SENT_SHEET + "C3,2026-11-06,P1,99213,100,1,2026-11-02,E11.9\n"
    assert from_sheets(SENT_SHEET, more)["core_claim_versions"]["claim_token"].sort().to_list() == ["C1", "C2", "C3"]


EXPORT = """Claim ID,Submitted Date,Payer,CPT,Charges,Paid Date,Paid Amount,Status,Adj Code,Adj Amount
A1,2026-10-05,PAYER P1,99213,100,2026-11-05,80,Paid,CO-45,20
A2,2026-10-05,PAYER P1,99214,200,2026-11-05,0,Denied,CO-197,200
A3,2026-10-05,PAYER P1,99213,100,2026-11-05,80,Paid,CO-45,20
"""
CLAIM_LEVEL = "Claim ID,Status,Total Charges,Total Paid\nA1,Paid,100,80\nA2,Denied,200,0\nA3,Paid,100,80\n"


@pytest.mark.parametrize("export", [EXPORT, CLAIM_LEVEL, EXPORT.replace("PAYER P1", "Payer P1 of Ohio").replace("11-05", "11-08")])
def test_an_export_beside_the_837_and_835_it_was_made_from_changes_nothing(export: str) -> None:
    alone, beside = from_sheets(files=[SENT, WHOLE]), from_sheets(export, files=[SENT, WHOLE])
    names = [name for name in registered() if name != "core_deliveries"]
    assert differing({name: alone[name] for name in names}, {name: beside[name] for name in names}) == []


WEEKLY = "Claim ID,Submitted Date,Payer,Charges,Paid Date,Paid Amount,Status,Denial Code\n"


def test_an_export_sent_again_each_week_counts_each_decision_once_although_its_assumed_days_move() -> None:
    first = WEEKLY + "A1,2026-10-01,P,100,2026-10-11,80,Paid,\nA2,2026-10-01,P,200,,0,Denied,CO-197\nA3,2026-10-01,P,50,,,Pending,\n"
    second = first.replace("A3,2026-10-01,P,50,,,Pending,", "A3,2026-10-01,P,50,2026-10-31,40,Paid,")
    tables = from_sheets(first, second)
    assert tables["core_claim_versions"].height == 3
    assert tables["core_adjudications"].sort("claim_token").select("claim_token", "disposition").rows() == [
        ("A1", "paid"), ("A2", "denied_full"), ("A3", "paid"),
    ]  # fmt: skip
    assert tables["core_denials"]["adjudication_date"].cast(str).to_list() == ["2026-10-11"]
    dated = second.replace("A2,2026-10-01,P,200,,0,", "A2,2026-10-01,P,200,2026-10-20,0,")
    assert from_sheets(first, dated, second)["core_denials"]["adjudication_date"].cast(str).to_list() == ["2026-10-20"]
