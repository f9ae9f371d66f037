"""Which sent batch was answered by what, on cases worked out by hand."""

import datetime as dt
from decimal import Decimal as D

import polars as pl

from rcm_pipeline.x12.read import read_x12
from tests.conftest import OpenDoor
from tests.tables import core_of

AS_OF = dt.date(2026, 11, 30)


def interchange(
    day: str, control: str, group: str, guide: str, body: list[str], before: str = "", ends: tuple[str, str] = ("A", "B")
) -> bytes:
    head = f"ISA*00*          *00*          *ZZ*{ends[0]:15}*ZZ*{ends[1]:15}*{day[2:]}*1200*^*00501*{control:>09}*0*P*:~{before}"
    if not body:
        return f"{head}IEA*0*{control:>09}~".encode()
    inner = "~".join([*body, f"SE*{len(body) + 1}*0001"])
    return f"{head}GS*{group}*A*B*{day}*1200*{int(control)}*X*{guide}~{inner}~GE*1*{int(control)}~IEA*1*{control:>09}~".encode()


def claims(day: str, control: str, *accounts: str, npi: str = "1234567893") -> bytes:
    body = ["ST*837*0001*005010X222A1", f"BHT*0019*00*BATCH{control}*{day}*1200*CH", "HL*1**20*1", f"NM1*85*2*CLINIC*****XX*{npi}"]
    for level, account in enumerate(accounts, start=2):
        body += [f"HL*{level}*1*22*0", "SBR*P*18", f"CLM*{account}*10***11:B:1*Y*A*Y*Y", "LX*1", "SV1*HC:99213*10*UN*1***1"]
    return interchange(day, control, "HC", "005010X222A1", body)


def ack(day: str, control: str, of: str, verdict: str, *, own: bool = True) -> bytes:
    body = ["ST*999*0001*005010X231A1", f"AK1*HC*{of}*005010X222A1"]
    body += ["AK2*837*0001*005010X222A1", f"IK5*{verdict}"] if own else []
    return interchange(day, control, "FA", "005010X231A1", [*body, f"AK9*{verdict}*1*1*{int(verdict == 'A')}"])


def ta1(day: str, control: str, of: str, of_day: str, verdict: str) -> bytes:
    return interchange(day, control, "FA", "", [], before=f"TA1*{of}*{of_day[2:]}*1200*{verdict}*000~")


def statuses(day: str, control: str, batch: str, *rows: tuple[str, str], above: str = "A1", provider: str = "") -> bytes:
    body = [
        "ST*277*0001*005010X214",
        f"BHT*0085*08*R*{day}*1200*TH",
        "HL*1**20*1",
        "NM1*AY*2*CH*****46*CH",
        "HL*2*1*21*1",
        f"TRN*2*{batch}",
    ]
    body += [f"STC*{above}:19*{day}*WQ*0"]
    body += ["HL*3*2*19*1", "NM1*85*2*CLINIC*****XX*1234567893", "TRN*1*X", f"STC*{provider}:19*{day}*U*0"] if provider else []
    for level, (account, category) in enumerate(rows, start=4):
        body += [f"HL*{level}*2*PT", f"TRN*2*{account}", f"STC*{category}:20*{day}*WQ*10"]
    return interchange(day, control, "HN", "005010X214", body)


def remit(day: str, control: str, account: str) -> bytes:
    body = ["ST*835*0001", f"BPR*I*0*C*NON************{day}", "TRN*1*T*1", f"CLP*{account}*4*10*0*0*12*I1", "CAS*CO*50*10"]
    return interchange(day, control, "HP", "005010X221A1", body)


def core(*files: bytes) -> dict[str, pl.DataFrame]:
    reading = read_x12(list(files), OpenDoor())
    raw = {name: table.with_columns(file_id=pl.format("f{}", "file")) for name, table in reading.tables.items()}
    return core_of(raw, today=AS_OF)


def submissions(*files: bytes) -> pl.DataFrame:
    """In the order of the files."""
    tables = core(*files)
    places = tables["core_deliveries"].filter(pl.col("fact_code") == "submission").select("file_id", submission_id="fact_id")
    return tables["core_submissions"].join(places, on="submission_id").sort("file_id")


def facts(*files: bytes) -> list[tuple]:
    columns = ("status_code", "accepted_count", "rejected_count", "decided_count", "unanswered_count", "age_days")
    return submissions(*files).select(columns).rows()


SENT = claims("20261116", "7", "P1", "P2")


def test_nothing_came_back() -> None:
    assert facts(SENT) == [("unanswered", 0, 0, 0, 2, 14)]
    [row] = submissions(SENT).to_dicts()
    assert (row["claim_count"], row["charge_amount"], row["sent_date"]) == (2, D("20.00"), dt.date(2026, 11, 16))


def test_each_layer_moves_it_on() -> None:
    received, accepted = ta1("20261117", "1", "7", "20261116", "A"), ack("20261117", "2", "7", "A")
    assert facts(SENT, received) == [("received", 0, 0, 0, 2, 14)]
    assert facts(SENT, received, accepted) == [("acknowledged", 0, 0, 0, 2, 14)]
    some = statuses("20261118", "3", "BATCH7", ("P1", "A2"))
    assert facts(SENT, accepted, some) == [("partly_answered", 1, 0, 0, 1, 14)]
    every = statuses("20261118", "3", "BATCH7", ("P1", "A2"), ("P2", "A7"))
    assert facts(SENT, accepted, every) == [("answered", 1, 1, 0, 0, None)]
    assert submissions(SENT, every)["answered_date"].to_list() == [dt.date(2026, 11, 18)]


def test_who_answered_is_named() -> None:
    files = (
        SENT,
        ta1("20261117", "1", "7", "20261116", "A"),
        ack("20261117", "2", "7", "A"),
        statuses("20261118", "3", "BATCH7", ("P1", "A2")),
    )
    [row] = submissions(*files).to_dicts()
    assert (row["interchange_status_code"], row["transaction_status_code"]) == ("A", "A")
    verdicts = core(*files)["core_deliveries"].filter(pl.col("fact_code").str.ends_with("verdict"))
    assert dict(verdicts.select("fact_code", "file_id").iter_rows()) == {
        "interchange_verdict": "f1", "transaction_verdict": "f2", "claim_verdict": "f3",
    }  # fmt: skip


def test_a_rejected_interchange_or_transaction_waits_for_nobody() -> None:
    assert facts(SENT, ta1("20261117", "1", "000000007", "20261116", "R")) == [("rejected_interchange", 0, 0, 0, 2, None)]
    assert facts(SENT, ack("20261117", "2", "7", "R")) == [("rejected_transaction", 0, 0, 0, 2, None)]
    assert facts(SENT, ack("20261117", "2", "7", "R", own=False)) == [("rejected_transaction", 0, 0, 0, 2, None)]


def test_a_ta1_of_another_day_is_about_another_interchange() -> None:
    assert facts(SENT, ta1("20261117", "1", "7", "20260316", "R")) == [("unanswered", 0, 0, 0, 2, 14)]


def test_a_rejected_batch_reaches_every_claim_of_it() -> None:
    refused = statuses("20261118", "3", "BATCH7", above="A3")
    assert facts(SENT, refused) == [("rejected_batch", 0, 2, 0, 0, None)]
    other = claims("20261116", "8", "P3")
    assert facts(SENT, other, refused)[1] == ("unanswered", 0, 0, 0, 1, 14)


def test_a_rejected_provider_reaches_its_claims_only() -> None:
    stranger = claims("20261116", "7", "P9", npi="1992999999")
    refused = statuses("20261118", "3", "BATCH7", provider="A3")
    assert facts(SENT, refused) == [("rejected_batch", 0, 2, 0, 0, None)]
    assert facts(stranger, refused) == [("unanswered", 0, 0, 0, 1, 14)]


def test_a_remittance_answers_too() -> None:
    assert facts(SENT, remit("20261120", "5", "P1")) == [("partly_answered", 0, 0, 1, 1, 14)]
    assert facts(SENT, remit("20261110", "5", "P1")) == [("unanswered", 0, 0, 0, 2, 14)], "an older remittance is about an older claim"


def test_numbers_that_are_used_again_belong_to_the_last_sent() -> None:
    older = claims("20260316", "7", "P1", "P2")
    answers = [("unanswered", 0, 0, 0, 2, 259), ("acknowledged", 0, 0, 0, 2, 14)]
    assert facts(older, SENT, ack("20261117", "2", "7", "A")) == answers
    assert facts(older, SENT, ack("20260317", "2", "7", "A"))[1] == ("unanswered", 0, 0, 0, 2, 14)


def test_a_claim_sent_again_is_answered_batch_by_batch() -> None:
    again = claims("20261120", "8", "P1")
    first = statuses("20261118", "3", "BATCH7", ("P1", "A3"), ("P2", "A2"))
    second = statuses("20261122", "4", "BATCH8", ("P1", "A2"))
    assert facts(SENT, again, first, second) == [("answered", 1, 1, 0, 0, None), ("answered", 1, 0, 0, 0, None)]
    unknown = statuses("20261122", "4", "OTHER", ("P1", "A2"))
    assert facts(SENT, again, first, unknown) == [("answered", 1, 1, 0, 0, None), ("answered", 1, 0, 0, 0, None)]


def test_an_answer_is_about_what_was_sent_to_the_one_who_answers() -> None:
    to_b, to_c = SENT, claims("20261116", "7", "P3").replace(b"*ZZ*B              *", b"*ZZ*C              *")
    from_b = ta1("20261117", "1", "7", "20261116", "R").replace(b"*ZZ*A              *ZZ*B ", b"*ZZ*B              *ZZ*A ")
    assert [row[0] for row in facts(to_b, to_c, from_b)] == ["rejected_interchange", "unanswered"]
    refused = ack("20261117", "2", "7", "R").replace(b"*ZZ*A              *ZZ*B ", b"*ZZ*C              *ZZ*A ")
    assert [row[0] for row in facts(to_b, to_c, refused)] == ["unanswered", "rejected_transaction"]


def test_a_batch_number_that_is_used_again_belongs_to_the_last_sent() -> None:
    again = claims("20261120", "8", "P1").replace(b"BATCH8", b"BATCH7")
    refused, taken = statuses("20261117", "3", "BATCH7", ("P1", "A7")), statuses("20261122", "4", "BATCH7", ("P1", "A2"))
    assert facts(SENT, again, refused, taken) == [("partly_answered", 0, 1, 0, 1, 14), ("answered", 1, 0, 0, 0, None)]
    whole = statuses("20261122", "4", "BATCH7", above="A3")
    assert [row[0] for row in facts(SENT, again, whole)] == ["unanswered", "rejected_batch"]


def test_a_claim_of_a_rejected_batch_keeps_its_own_answer() -> None:
    mixed = statuses("20261118", "3", "BATCH7", ("P1", "A2"), above="A3")
    assert facts(SENT, mixed) == [("answered", 1, 1, 0, 0, None)]


def test_no_claims_no_rows() -> None:
    assert submissions(remit("20261120", "5", "P1")).is_empty()
