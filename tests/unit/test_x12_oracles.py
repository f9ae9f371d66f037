"""Acknowledgements and other payers: the fast reader, a plain reader and rows written by hand say the same."""

from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl

from rcm_pipeline.x12.read import Reading, read_x12
from tests.conftest import OpenDoor
from tests.oracle import plain_acknowledgements, plain_other_payers, plain_x12

ISA = "ISA*00*          *00*          *ZZ*PAYER          *ZZ*CLINIC         *261116*1200*^*00501*000000001*0*P*:"
GUIDES = {"277": "005010X214", "999": "005010X231A1", "997": "005010", "837": "005010X222A1"}
ACKNOWLEDGED = ("acknowledgement_no", "transaction_no", "source_code", "level_code", "set_code", "group_control_id")
ACKNOWLEDGED += ("transaction_control_id", "status_code", "included_count", "received_count", "accepted_count")
ERRORS = ("acknowledgement_no", "level_code", "segment_code", "segment_position", "loop_code", "element_position")
ERRORS += ("component_position", "element_code", "error_code", "claim_token")
INTERCHANGES = ("acknowledgement_no", "transaction_no", "segment_no", "level_code", "interchange_control_id", "interchange_date")
INTERCHANGES += ("status_code",)
STATUSES = ("level_code", "claim_no", "line_no", "composite_no", "category_code", "status_code", "entity_code", "action_code")
STATUSES += ("charge_amount", "batch_token", "provider_npi", "claim_token")
TOTALS = ("level_code", "batch_token", "accepted_count", "rejected_count", "accepted_amount", "rejected_amount")
PEOPLE = ("billing_npi", "rendering_npi", "referring_npi", "facility_npi", "attending_npi")
INSURED = ("payer_sequence_code", "relationship_code", "filing_indicator_code", "payer_name", "payer_id", "member_token")
PAID = ("paid_amount", "noncovered_amount", "patient_liability_amount", "adjudication_date", "icn_token")
ANSWERS = ("line_no", "payer_line_no", "payer_id", "paid_amount", "code_qualifier", "procedure_code", "paid_units")
ANSWERS += ("adjudication_date", "patient_liability_amount")
TAKEN = ("payer_no", "line_no", "payer_line_no", "adjustment_no", "group_code", "carc_code", "amount", "quantity")
D = Decimal


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.replace("\n", "~").split("~") if line.strip()]


def sent(kind: str, *bodies: str, before: str = "") -> bytes:
    """One interchange with one group for each body, what is given before them standing first."""
    segments = [ISA, *lines(before)]
    for number, body in enumerate(bodies, start=1):
        segments += [f"GS*FA*PAYER*CLINIC*20261116*1200*{number}*X*{GUIDES[kind]}", f"ST*{kind}*{number:04}*{GUIDES[kind]}"]
        segments += [*lines(body), f"SE*{len(lines(body)) + 2}*{number:04}", f"GE*1*{number}"]
    return "".join(f"{segment}~\n" for segment in [*segments, f"IEA*{len(bodies)}*000000001"]).encode()


def plain(segments: list[list[str]]) -> dict[str, list[dict]]:
    status = plain_acknowledgements.read_277ca(segments)
    answer = plain_acknowledgements.read_acknowledgements(segments)
    claim = plain_other_payers.read_other_payers(segments)
    return {
        "raw_claim_statuses": status["statuses"],
        "raw_claim_status_totals": status["totals"],
        "raw_acknowledgements": answer["acknowledgements"],
        "raw_acknowledgement_errors": answer["errors"],
        "raw_claims": claim["claims"],
        "raw_other_payers": claim["payers"],
        "raw_other_payer_lines": claim["lines"],
        "raw_other_payer_adjustments": claim["adjustments"],
    }


class Both:
    """A file as both readers read it."""

    def __init__(self, content: bytes) -> None:
        self.fast: Reading = read_x12([content], OpenDoor())
        self.plain = plain(plain_x12.split_segments(content.decode()))

    def are(self, table: str, columns: tuple[str, ...], *rows: tuple) -> None:
        assert [tuple(row[c] for c in columns) for row in self.plain[table]] == list(rows), "plain reader"
        assert self.fast.tables[table].select(*columns).rows() == list(rows), "fast reader"
        for column in self.plain[table][0] if rows else ():
            assert self.fast.tables[table][column].to_list() == [row[column] for row in self.plain[table]], column


def test_values_equal_an_independent_reading(corpus: list[Path]) -> None:
    reading = read_x12([path.read_bytes() for path in corpus], OpenDoor())
    compared: Counter[str] = Counter()
    for index, path in enumerate(corpus):
        text = path.read_bytes().decode("utf-8-sig", errors="replace")
        rules = reading.findings.filter(pl.col("file") == index)["rule"].to_list()
        if not text.lstrip().startswith("ISA") or "component_separator" in rules or "not_utf8" in rules:
            continue  # the plain readers believe ISA16 and UTF-8
        segments = plain_x12.split_segments(text)
        for table, rows in plain(segments).items():
            if table == "raw_claims" and not any(segment[0] == "HL" for segment in segments):
                continue  # no guide says whose a claim without any hierarchy is
            got = reading.tables[table].filter(pl.col("file") == index)
            assert got.height == len(rows), f"{path.name}: {table}"
            for column in rows[0] if rows else ():
                # the fast reader marks repetitions as ISA11 does, with a character of its own
                found = [value.replace("\x1e", "^") if isinstance(value, str) else value for value in got[column].to_list()]
                assert found == [row[column] for row in rows], f"{path.name}: {table}.{column}"
                compared[table] += len(rows)
    assert compared["raw_claims"] > 20_000
    assert compared["raw_other_payers"] > 2_000
    assert compared["raw_other_payer_lines"] > 3_900
    assert compared["raw_other_payer_adjustments"] > 7_000
    assert compared["raw_claim_statuses"] > 200
    assert compared["raw_claim_status_totals"] > 20
    assert compared["raw_acknowledgements"] > 350
    assert compared["raw_acknowledgement_errors"] > 350


def test_a_999_says_of_each_level_what_it_says_and_not_what_another_level_does() -> None:
    both = Both(
        sent(
            "999",
            "AK1*HC*17*005010X222A1~AK2*837*0001*005010X222A1~IK5*A~AK2*837*0002~IK3*CLM*22*2300*8~IK5*R*5*I5~AK9*A*2*2*2",
            "AK1*HC*18~AK2*837*0001~IK5*E*5~AK2*837*0002~AK9*R*2*1*0",
            "AK1*HC*19~AK9*A*1*1*1",
        )
    )
    both.are("raw_acknowledgements", ACKNOWLEDGED,
        (1, 1, "999", "group", "HC", "17", None, "A", 2, 2, 2),
        (2, 1, "999", "transaction", "837", "17", "0001", "A", None, None, None),
        (3, 1, "999", "transaction", "837", "17", "0002", "R", None, None, None),
        (4, 2, "999", "group", "HC", "18", None, "R", 2, 1, 0),
        (5, 2, "999", "transaction", "837", "18", "0001", "E", None, None, None),
        (6, 2, "999", "transaction", "837", "18", "0002", None, None, None, None),
        (7, 3, "999", "group", "HC", "19", None, "A", 1, 1, 1),
    )  # fmt: skip
    both.are("raw_acknowledgement_errors", ERRORS,
        (3, "segment", "CLM", 22, "2300", None, None, None, "8", None),
        (3, "transaction", None, None, None, None, None, None, "5", None),
        (3, "transaction", None, None, None, None, None, None, "I5", None),
        (5, "transaction", None, None, None, None, None, None, "5", None),
    )  # fmt: skip


def test_what_is_wrong_with_a_group_is_said_of_the_group_and_not_of_its_last_transaction() -> None:
    both = Both(sent("999", "AK1*HC*18~AK2*837*0001~IK5*A~AK9*R*2*1*0*1*4", "AK1*HC*19~AK9*R*1*0*0*5"))
    both.are("raw_acknowledgement_errors", ERRORS, *[(n, "group", *[None] * 6, code, None) for n, code in ((1, "1"), (1, "4"), (3, "5"))])


def test_a_999_names_the_claim_in_the_context_of_the_segment_and_of_its_elements() -> None:
    body = """
    AK1*HC*17~AK2*837*0001~IK3*REF*57*2300*8~CTX*SITUATIONAL TRIGGER*CLM*43**5:3*C023:1325~CTX*CLM01:A-1~IK4*2*127*1*BAD
    CTX*SITUATIONAL TRIGGER*REF*57**1~IK4*5:3:2*1325*7*B:C~IK3*NM1*60*2310B*3~IK3*SV1*70**8~CTX*CLM01:A-2~IK4*7**I9~IK5*R*5
    AK2*837*0002~IK3*SBR*9**8~IK4*1*1138*1~IK5*R*5~AK9*P*2*2*0
    """
    both = Both(sent("999", body))
    both.are("raw_acknowledgement_errors", ERRORS,
        (2, "segment", "REF", 57, "2300", None, None, None, "8", "A-1"),
        (2, "element", "REF", 57, "2300", 2, None, "127", "1", "A-1"),
        (2, "element", "REF", 57, "2300", 5, 3, "1325", "7", "A-1"),
        (2, "segment", "NM1", 60, "2310B", None, None, None, "3", None),
        (2, "segment", "SV1", 70, None, None, None, None, "8", "A-2"),
        (2, "element", "SV1", 70, None, 7, None, None, "I9", "A-2"),
        (2, "transaction", None, None, None, None, None, None, "5", None),
        (3, "segment", "SBR", 9, None, None, None, None, "8", None),
        (3, "element", "SBR", 9, None, 1, None, "1138", "1", None),
        (3, "transaction", None, None, None, None, None, None, "5", None),
    )  # fmt: skip


def test_a_997() -> None:
    both = Both(sent("997", "AK1*HC*17~AK2*837*0001~AK3*NM1*8**8~AK4*8*66*7*MI~AK4*5:1*1331*1~AK3*N3*9**1~AK5*R*5*4~AK9*R*1*1*0"))
    both.are("raw_acknowledgements", ACKNOWLEDGED,
        (1, 1, "997", "group", "HC", "17", None, "R", 1, 1, 0),
        (2, 1, "997", "transaction", "837", "17", "0001", "R", None, None, None),
    )  # fmt: skip
    both.are("raw_acknowledgement_errors", ERRORS,
        (2, "segment", "NM1", 8, None, None, None, None, "8", None),
        (2, "element", "NM1", 8, None, 8, None, "66", "7", None),
        (2, "element", "NM1", 8, None, 5, 1, "1331", "1", None),
        (2, "segment", "N3", 9, None, None, None, None, "1", None),
        (2, "transaction", None, None, None, None, None, None, "5", None),
        (2, "transaction", None, None, None, None, None, None, "4", None),
    )  # fmt: skip


def test_a_ta1_alone_several_and_before_a_group() -> None:
    alone = Both(sent("999", before="TA1*000000905*261115*0800*A*000"))
    alone.are("raw_acknowledgements", INTERCHANGES, (1, None, 2, "interchange", "000000905", date(2026, 11, 15), "A"))
    alone.are("raw_acknowledgement_errors", ERRORS)
    before = "TA1*905*261115*0800*R*006~TA1*000000906*261116*0801*E*025"
    both = Both(sent("999", "AK1*HC*17~AK9*A*1*1*1", before=before) + sent("999", before="TA1*000000907*261117*0802*A*000"))
    both.are("raw_acknowledgements", INTERCHANGES,
        (1, None, 2, "interchange", "905", date(2026, 11, 15), "R"),
        (2, None, 3, "interchange", "000000906", date(2026, 11, 16), "E"),
        (3, 1, 6, "group", None, None, "A"),
        (4, None, 12, "interchange", "000000907", date(2026, 11, 17), "A"),
    )  # fmt: skip
    both.are("raw_acknowledgement_errors", ERRORS,
        (1, "interchange", None, None, None, None, None, None, "006", None),
        (2, "interchange", None, None, None, None, None, None, "025", None),
    )  # fmt: skip


SOURCE = "BHT*0085*08*R1*20261116*1200*TH~HL*1**20*1~NM1*PR*2*PAYER*****PI*12345~TRN*1*RECEIPT~DTP*050*D8*20261115~"


def test_a_277ca_that_turns_the_whole_batch_back() -> None:
    body = "HL*2*1*21*0~NM1*41*2*CLINIC*****46*S1~TRN*2*B1~STC*A3:24:41*20261116*U*500*******A3:97~QTY*AA*3~AMT*YY*500"
    both = Both(sent("277", SOURCE + body))
    both.are("raw_claim_statuses", STATUSES,
        ("receiver", None, None, 1, "A3", "24", "41", "U", D(500), "B1", None, None),
        ("receiver", None, None, 3, "A3", "97", None, "U", D(500), "B1", None, None),
    )  # fmt: skip
    both.are("raw_claim_status_totals", TOTALS, ("receiver", "B1", None, 3, None, D(500)))


def test_a_277ca_with_several_providers_claims_statuses_and_lines() -> None:
    body = """
    HL*2*1*21*1~NM1*41*2*CLINIC*****46*S1~TRN*2*B1~STC*A1:19:PR*20261116*WQ*600~QTY*90*2~QTY*AA*1~AMT*YU*350~AMT*YY*250.5
    HL*3*2*19*1~NM1*85*2*CLINIC*****XX*1234567893~TRN*1*0~STC*A1:19:PR**WQ*600~REF*G2*OLD~QTY*QA*2~QTY*QC*1~AMT*YU*350
    AMT*YY*250.5~HL*4*3*PT~NM1*QC*1*DOE*JANE****MI*M1~TRN*2*C1~STC*A7:562:85*20261116*U*100******A7:507*A8:145:82
    STC*A3:21*20261117*U*100~REF*1K*ICN1~REF*D9*CH1~DTP*472*RD8*20261101-20261103~SVC*HC:99213:25*60*****1
    STC*A7:454*20261116*U*******A7:455*A7:488~REF*FJ*L1~DTP*472*D8*20261102~SVC*NU:0450*40**0450~STC*A7:455**U~REF*FJ*L2
    TRN*2*C2~STC*A2:20*20261116*WQ*50~DTP*472*D8*20261105~HL*5*2*19*1~NM1*85*2*OTHER*****XX*1457398767
    HL*6*5*PT~NM1*QC*1*ROE*RICHARD****MI*M2~TRN*2*C3~STC*A2:20:PR*20261116*WQ*450~REF*D9*CH3
    """
    both = Both(sent("277", SOURCE + body))
    one, two = "1234567893", "1457398767"
    both.are("raw_claim_statuses", STATUSES,
        ("receiver", None, None, 1, "A1", "19", "PR", "WQ", D(600), "B1", None, None),
        ("provider", None, None, 1, "A1", "19", "PR", "WQ", D(600), "B1", one, None),
        ("claim", 1, None, 1, "A7", "562", "85", "U", D(100), "B1", one, "C1"),
        ("claim", 1, None, 2, "A7", "507", None, "U", D(100), "B1", one, "C1"),
        ("claim", 1, None, 3, "A8", "145", "82", "U", D(100), "B1", one, "C1"),
        ("claim", 1, None, 1, "A3", "21", None, "U", D(100), "B1", one, "C1"),
        ("line", 1, 1, 1, "A7", "454", None, "U", None, "B1", one, "C1"),
        ("line", 1, 1, 2, "A7", "455", None, "U", None, "B1", one, "C1"),
        ("line", 1, 1, 3, "A7", "488", None, "U", None, "B1", one, "C1"),
        ("line", 1, 2, 1, "A7", "455", None, "U", None, "B1", one, "C1"),
        ("claim", 2, None, 1, "A2", "20", None, "WQ", D(50), "B1", one, "C2"),
        ("claim", 3, None, 1, "A2", "20", "PR", "WQ", D(450), "B1", two, "C3"),
    )  # fmt: skip
    claim_1, dates = ("ICN1", "CH1"), (date(2026, 11, 1), date(2026, 11, 3))
    both.are(
        "raw_claim_statuses",
        ("icn_token", "clearinghouse_token", "service_from_date", "service_to_date", "procedure_code", "line_control_token"),
        *[(None,) * 6] * 2,
        *[(*claim_1, *dates, None, None)] * 4,
        *[(*claim_1, date(2026, 11, 2), date(2026, 11, 2), "99213", "L1")] * 3,
        (*claim_1, *dates, "0450", "L2"),
        (None, None, date(2026, 11, 5), date(2026, 11, 5), None, None),
        (None, "CH3", None, None, None, None),
    )
    both.are("raw_claim_status_totals", TOTALS,
        ("receiver", "B1", 2, 1, D(350), D("250.5")),
        ("provider", "B1", 2, 1, D(350), D("250.5")),
    )  # fmt: skip


def test_a_second_receiver_has_its_own_batch_and_not_the_first_one_s_provider() -> None:
    receiver = "HL*{0}*1*21*1~NM1*41*2*CLINIC*****46*S1~{1}~STC*A1:19*20261116*WQ*70~QTY*90*1~"
    provider = "HL*{0}*{1}*19*1~NM1*85*2*CLINIC*****XX*{2}~TRN*1*0~QTY*QA*1~"
    patient = "HL*{0}*{1}*PT~NM1*QC*1*POE*ED****MI*M3~TRN*2*{2}~STC*A2:20*20261116*WQ*70~"
    first = receiver.format(2, "TRN*2*B1") + provider.format(3, 2, "1234567893") + patient.format(4, 3, "C1")
    second = receiver.format(5, "TRN*2*B2") + provider.format(6, 5, "1669473466") + patient.format(7, 6, "C2")
    third = receiver.format(8, "TRN*2*B3") + patient.format(9, 8, "C3")
    both = Both(sent("277", SOURCE + first + second + third))
    both.are("raw_claim_status_totals", ("level_code", "batch_token", "accepted_count"),
        ("receiver", "B1", 1), ("provider", "B1", 1), ("receiver", "B2", 1), ("provider", "B2", 1), ("receiver", "B3", 1),
    )  # fmt: skip
    both.are("raw_claim_statuses", ("level_code", "claim_token", "batch_token", "provider_npi"),
        ("receiver", None, "B1", None), ("claim", "C1", "B1", "1234567893"),
        ("receiver", None, "B2", None), ("claim", "C2", "B2", "1669473466"),
        ("receiver", None, "B3", None), ("claim", "C3", "B3", None),
    )  # fmt: skip


BILLING = "HL*1**20*1~NM1*85*2*CLINIC*****XX*1000000001~NM1*87*2~N3*ELSEWHERE~"
SUBSCRIBER = "HL*2*1*22*0~SBR*S*18*******CI~NM1*IL*1*DOE*JANE****MI*M1~NM1*PR*2*SECOND PAYER*****PI*P2~REF*F8*NOT~"
LINE = "LX*1~SV1*HC:99213*100*UN*1***1~DTP*472*D8*20261101~"


def test_two_other_payers_their_adjustments_and_their_answers_to_lines() -> None:
    body = """
    CLM*C1*300***11:B:1*Y*A*Y*Y~REF*F8*OURS~SBR*P*01*******12~CAS*PR*1*20*1*2*15.5~CAS*CO*45*30~AMT*D*100~AMT*EAF*35.5
    OI***Y*P**Y~NM1*IL*1*DOE*JOHN****MI*M2~NM1*PR*2*FIRST PAYER*****PI*P1~DTP*573*D8*20261101~REF*F8*ICN1~NM1*85*2
    REF*G2*LEAKS~SBR*T*18*******MC~AMT*A8*12~CAS*OA*23*1~OI***Y*P**Y~NM1*IL*1*DOE*JANE****MI*M3
    NM1*PR*2*THIRD PAYER*****XV*P3~LX*1~SV1*HC:99213:25*100*UN*1***1~SVD*P1*60*HC:99213:25**1~CAS*CO*45*10**253*0.5*2
    CAS*PR*2*20~DTP*573*D8*20261102~AMT*EAF*20~SVD*P3*5.25*HC:99214**1.5~CAS*PI*204*4~DTP*573*D8*20261103
    LX*2~SV1*HC:99214*200*UN*1***1~SVD*P1*0*HC:99214**0~CAS*CO*96*200*1~DTP*573*D8*20261104
    """
    second = "CLM*C2*10***11:B:1*Y*A*Y*Y~SBR*P*18*******CI~CAS*CO*45*3~NM1*PR*2*FOURTH PAYER*****PI*P4~" + LINE + "SVD*P4*7*HC:99213**1"
    both = Both(sent("837", BILLING + SUBSCRIBER + body + second))
    both.are("raw_other_payers", ("claim_no", "payer_no", *INSURED, *PAID),
        (1, 1, "P", "01", "12", "FIRST PAYER", "P1", "M2", D(100), None, D("35.5"), date(2026, 11, 1), "ICN1"),
        (1, 2, "T", "18", "MC", "THIRD PAYER", "P3", "M3", None, D(12), None, None, None),
        (2, 1, "P", "18", "CI", "FOURTH PAYER", "P4", None, None, None, None, None, None),
    )  # fmt: skip
    both.are("raw_other_payer_lines", ("claim_no", *ANSWERS),
        (1, 1, 1, "P1", D(60), "HC", "99213", D(1), date(2026, 11, 2), D(20)),
        (1, 1, 2, "P3", D("5.25"), "HC", "99214", D("1.5"), date(2026, 11, 3), None),
        (1, 2, 1, "P1", D(0), "HC", "99214", D(0), date(2026, 11, 4), None),
        (2, 1, 1, "P4", D(7), "HC", "99213", D(1), None, None),
    )  # fmt: skip
    both.are("raw_other_payer_adjustments", ("claim_no", *TAKEN),
        (1, 1, None, None, 1, "PR", "1", D(20), D(1)), (1, 1, None, None, 2, "PR", "2", D("15.5"), None),
        (1, 1, None, None, 3, "CO", "45", D(30), None), (1, 2, None, None, 4, "OA", "23", D(1), None),
        (1, None, 1, 1, 5, "CO", "45", D(10), None), (1, None, 1, 1, 6, "CO", "253", D("0.5"), D(2)),
        (1, None, 1, 1, 7, "PR", "2", D(20), None), (1, None, 1, 2, 8, "PI", "204", D(4), None),
        (1, None, 2, 1, 9, "CO", "96", D(200), D(1)), (2, 1, None, None, 1, "CO", "45", D(3), None),
    )  # fmt: skip
    both.are("raw_claims", INSURED, *[("S", "18", "CI", "SECOND PAYER", "P2", "M1")] * 2)


def test_a_claim_s_providers_are_neither_its_lines_nor_its_other_payers() -> None:
    other = "SBR*P*18*******CI~NM1*IL*1*DOE****MI*M2~NM1*PR*2*FIRST*****PI*P1~NM1*82*1*X*****XX*1000000009~NM1*85*2*X*****XX*1000000008~"
    other += "NM1*DN*1*X*****XX*1000000009~NM1*77*2*X*****XX*1000000009~NM1*71*1*X*****XX*1000000009~"
    mine = "".join(f"NM1*{role}*1*X*****XX*100000001{n}~" for n, role in enumerate(("DN", "P3", "82", "77", "71", "72", "ZZ")))
    claims = "CLM*C1*1~" + other + LINE + "NM1*82*1*X*****XX*1000000007~NM1*DN*1*X*****XX*1000000007~"
    claims += "CLM*C2*1~" + mine + other + LINE + "NM1*77*2*X*****XX*1000000007~" + "CLM*C3*1~" + LINE
    both = Both(sent("837", BILLING + SUBSCRIBER + claims))
    both.are("raw_claims", PEOPLE,
        ("1000000001", None, None, None, None),
        ("1000000001", "1000000012", "1000000010", "1000000013", "1000000014"),
        ("1000000001", None, None, None, None),
    )  # fmt: skip


def test_who_is_who_follows_the_hierarchy() -> None:
    body = """
    HL*1**20*1~NM1*85*2*CLINIC*****XX*1000000001~HL*2*1*22*1~SBR*P*18*******CI~NM1*IL*1*DOE*JANE****MI*M1
    NM1*PR*2*FIRST PAYER*****PI*P1~CLM*SUBSCRIBER*1~HL*3*2*23*0~PAT*19~NM1*QC*1*DOE*TED****MI*NOT
    CLM*CHILD*1~SBR*S*18*******MC~NM1*IL*1*X*****MI*NOT~NM1*PR*2*NOT*****PI*NOT
    CLM*CHILD AGAIN*1~HL*4*2*23*0~PAT*01~NM1*QC*1*DOE*JOHN~CLM*SPOUSE*1
    HL*5*1*22*0~SBR*T********MB~NM1*IL*1*ROE*RICHARD****MI*M2~CLM*NO PAYER*1
    HL*6*1*22*0~NM1*PR*2*THIRD PAYER*****PI*P3~CLM*NO SUBSCRIBER*1
    HL*7**20*1~NM1*85*1*OTHER*****XX*1000000002~HL*8*7*22*0~SBR*P*18*******CI~NM1*IL*1*POE*ED****MI*M4
    NM1*PR*2*FOURTH PAYER*****PI*P4~CLM*OTHER CLINIC*1~HL*9**20*1
    HL*10*9*22*0~SBR*P*18~CLM*NO CLINIC*1
    """
    both = Both(sent("837", body, "HL*1**20*1~HL*2*1*22*0~CLM*NOTHING*1"))
    both.are("raw_claims", ("claim_token", "billing_npi", *INSURED),
        ("SUBSCRIBER", "1000000001", "P", "18", "CI", "FIRST PAYER", "P1", "M1"),
        ("CHILD", "1000000001", "P", "18", "CI", "FIRST PAYER", "P1", "M1"),
        ("CHILD AGAIN", "1000000001", "P", "18", "CI", "FIRST PAYER", "P1", "M1"),
        ("SPOUSE", "1000000001", "P", "18", "CI", "FIRST PAYER", "P1", "M1"),
        ("NO PAYER", "1000000001", "T", None, "MB", None, None, "M2"),
        ("NO SUBSCRIBER", "1000000001", None, None, None, "THIRD PAYER", "P3", None),
        ("OTHER CLINIC", "1000000002", "P", "18", "CI", "FOURTH PAYER", "P4", "M4"),
        ("NO CLINIC", None, "P", "18", None, None, None, None),
        ("NOTHING", None, None, None, None, None, None, None),
    )  # fmt: skip
