"""A world of nine claims small enough to count by hand: what was sent, answered, decided, worked and asked."""

import datetime as dt

import polars as pl

from rcm_pipeline.settings import ClientSettings
from rcm_pipeline.x12.read import read_x12
from schemas.contract import empty, widened
from schemas.registry import CONTRACTS, layer
from tests.conftest import OpenDoor
from tests.tables import everything
from tests.unit.test_submissions import ack, interchange

ANCHOR = dt.date(2026, 11, 16)
SETTINGS = ClientSettings.model_validate({"clocks": {"P1": {"filing_days": 365, "corrected_days": 30, "appeal_days": 60}}})
Line = tuple[str, int]


def sent(day: str, control: str, service: str, *claims: tuple[str, str, str, list[Line]]) -> bytes:
    """An 837: per claim its number, frequency, the payer's number it replaces (or none), and its lines."""
    body = ["ST*837*0001*005010X222A1", f"BHT*0019*00*B{control}*{day}*1200*CH", "HL*1**20*1", "NM1*85*2*CLINIC*****XX*1234567893"]
    for level, (account, frequency, replaces, lines) in enumerate(claims, start=2):
        total = sum(charge for _, charge in lines)
        body += [f"HL*{level}*1*22*0", "SBR*P*18", "NM1*PR*2*PAYER*****PI*P1", f"CLM*{account}*{total}***11:B:{frequency}*Y*A*Y*Y"]
        body += [f"REF*F8*{replaces}"] if replaces else []
        for number, (code, charge) in enumerate(lines, start=1):
            body += [f"LX*{number}", f"SV1*HC:{code}*{charge}*UN*1***1", f"DTP*472*D8*{service}", f"REF*6R*{account}L{number}"]
    return interchange(day, control, "HC", "005010X222A1", body)


def answered(day: str, control: str, batch: str, *rows: tuple[str, str]) -> bytes:
    """A 277CA: account and category per claim."""
    body = ["ST*277*0001*005010X214", f"BHT*0085*08*R*{day}*1200*TH", "HL*1**20*1", "NM1*AY*2*CH*****46*CH", "HL*2*1*21*1"]
    body += [f"TRN*2*B{batch}", f"STC*A1:19*{day}*WQ*0"]
    for level, (account, category) in enumerate(rows, start=4):
        body += [f"HL*{level}*2*PT", f"TRN*2*{account}", f"STC*{category}:20*{day}*WQ*10"]
    return interchange(day, control, "HN", "005010X214", body)


def decided(day: str, control: str, segments: str) -> bytes:
    """An 835 of payer P1."""
    body = ["ST*835*0001", f"BPR*I*0*C*ACH************{day}", f"TRN*1*T{control}*1", "N1*PR*PAYER*XV*P1", "LX*1"]
    return interchange(day, control, "HP", "005010X221A1", [*body, *segments.strip().split("\n")])


FILES = [
    sent("20260803", "1", "20260731", ("A", "1", "", [("99213", 100)]), ("B", "1", "", [("99213", 200)]),
         ("C", "1", "", [("99213", 100), ("93000", 200)]), ("D", "1", "", [("99213", 400)]), ("K", "1", "", [("99213", 100)])),
    ack("20260804", "21", "1", "A"),
    answered("20260805", "31", "1", *((account, "A2") for account in "ABCDK")),
    sent("20260831", "6", "20260731", ("C", "7", "IC1", [("99213", 100), ("93000", 200)])),
    ack("20260901", "26", "6", "A"),
    answered("20260902", "36", "6", ("C", "A2")),
    sent("20260907", "2", "20260903", ("E", "1", "", [("99213", 500)])),
    ack("20260908", "22", "2", "R"),
    sent("20260909", "3", "20260903", ("E", "1", "", [("99213", 500)]), ("S", "1", "", [("99213", 100)])),
    ack("20260910", "23", "3", "A"),
    answered("20260911", "33", "3", ("E", "A2"), ("S", "A2")),
    sent("20261102", "4", "20261030", ("G", "1", "", [("99213", 100)]), ("H", "1", "", [("99213", 100)])),
    ack("20261103", "24", "4", "A"),
    answered("20261104", "34", "4", ("G", "A2"), ("H", "A7")),
    sent("20261109", "5", "20261030", ("H", "1", "", [("99213", 100)])),
    ack("20261110", "25", "5", "A"),
    answered("20261111", "35", "5", ("H", "A2")),
    sent("20261117", "7", "20261113", ("Q", "1", "", [("99213", 100)])),
    ack("20261118", "27", "7", "A"),
    answered("20261119", "37", "7", ("Q", "A2")),
    decided("20260820", "41", """CLP*A*1*100*80*0*12*IA1**1
SVC*HC:99213*100*80
CAS*CO*45*20
CLP*B*1*200*0*0*12*IB1**1
SVC*HC:99213*200*0
CAS*CO*197*200
CLP*C*1*300*60*0*12*IC1**1
SVC*HC:99213*100*60
CAS*CO*45*40
SVC*HC:93000*200*0
CAS*CO*50*200
CLP*D*1*400*0*0*12*ID1**1
SVC*HC:99213*400*0
CAS*OA*133*400
CLP*K*1*100*90*0*12*IK1**1
SVC*HC:99213*100*90
CAS*CO*45*10"""),
    decided("20260903", "42", "CLP*D*1*400*0*0*12*ID2**1\nSVC*HC:99213*400*0\nCAS*CO*29*400"),
    decided("20260924", "43", """CLP*B*22*-200*0*0*12*IB1**1
SVC*HC:99213*-200*0
CAS*CO*197*-200
CLP*B*1*200*150*0*12*IB2**1
SVC*HC:99213*200*150
CAS*CO*45*50"""),
    decided("20261008", "44", """CLP*C*1*300*60*0*12*IC2**7
SVC*HC:99213*100*60
CAS*CO*45*40
SVC*HC:93000*200*0
CAS*CO*50*200
CLP*S*1*100*0*0*12*IS1**1
SVC*HC:99213*100*0
CAS*CO*197*100"""),
    decided("20261119", "45", """CLP*E*1*500*300*0*12*IE1**1
SVC*HC:99213*500*300
CAS*CO*45*200
CLP*G*1*100*0*100*12*IG1**1
SVC*HC:99213*100*0
CAS*PR*96*100
CLP*A*22*-100*-80*0*12*IA1**1
SVC*HC:99213*-100*-80
CAS*CO*45*-20
CLP*A*1*100*50*0*12*IA2**1
SVC*HC:99213*100*50
CAS*CO*45*50
PLB*1234567893*20261231*WO:IE1*40"""),
]  # fmt: skip
_TOUCHES = [("B", (8, 25), "write appeal"), ("C", (8, 28), "correct and resend"), ("S", (10, 18), "call payer")]
_CODED = [*((a, (7, 31), (8, 1)) for a in "ABCDK"), ("E", (9, 3), (9, 8)), ("S", (9, 3), (9, 8)), ("G", (10, 30), (10, 31)),
          ("H", (10, 30), (10, 31)), ("Q", (11, 13), (11, 16))]  # fmt: skip
_ASKED = [("E1", (9, 1), (9, 3), "changed"), ("E2", (11, 10), None, None), ("E3", (10, 1), (10, 5), "unchanged")]


def raw_tables() -> dict[str, pl.DataFrame]:
    """The raw tables of the world, identifiers left as they are."""
    read = {
        name: frame.with_columns(file_id=pl.format("f{}", pl.col("file") + 100))
        for name, frame in read_x12(FILES, OpenDoor()).tables.items()
    }
    tables = {name: read.get(name, empty(CONTRACTS[name])) for name in layer("raw")}
    touches = [{"claim_token": a, "touched_date": _day(d), "activity_code": what, "minutes": 10} for a, d, what in _TOUCHES]
    coded = [{"claim_token": a, "coder_id": "C1", "service_date": _day(s), "coded_date": _day(c)} for a, s, c in _CODED]
    asked = [
        {
            "escalation_token": e,
            "claim_token": "A",
            "sent_date": _day(s),
            "reason_code": "other",
            "answered_date": a and _day(a),
            "outcome_code": o,
        }
        for e, s, a, o in _ASKED
    ]
    for name, rows in (("raw_touches", touches), ("raw_coded_encounters", coded), ("raw_escalations", asked)):
        numbered = pl.DataFrame(rows).with_columns(pl.lit("sheet").alias("file_id"), pl.int_range(2, pl.len() + 2).alias("row_no"))
        tables[name] = widened(numbered, CONTRACTS[name])
    return tables


def _day(month_day: tuple[int, int]) -> dt.date:
    return dt.date(2026, *month_day)


def world() -> dict[str, pl.DataFrame]:
    """Every table of the world, raw to mart, at the anchor week."""
    return everything(raw_tables(), SETTINGS)
