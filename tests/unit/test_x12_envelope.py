"""The envelope as it really comes: separators, newlines, marks, cuts, several interchanges in a file."""

import polars as pl
import pytest

from rcm_pipeline.x12.buffer.envelope import looks_like_x12, normalise
from rcm_pipeline.x12.read import Reading, read_x12
from tests.conftest import OpenDoor
from tests.spec.engine import remittance

CLAIM = "CLP*A1*1*100*60*0*CI*I1\nSVC*HC:99213:25*100*60\nCAS*CO*45*40"


def read(*files: bytes) -> Reading:
    return read_x12(list(files), OpenDoor())


def facts(reading: Reading) -> list[tuple]:
    """What must not change with the envelope."""
    lines = reading.tables["raw_remit_lines"].select("procedure_code", "modifier_1_code", "charge_amount", "paid_amount").rows()
    remits = reading.tables["raw_remits"].select("claim_token", "charge_amount", "paid_amount").rows()
    return [*remits, *lines, *reading.tables["raw_adjustments"].select("group_code", "carc_code", "amount").rows()]


PLAIN = remittance(CLAIM)


@pytest.mark.parametrize(
    "changed",
    [
        PLAIN.replace(b"~", b"~\n"),
        PLAIN.replace(b"~", b"~\r\n"),
        PLAIN.replace(b"~", b"~\n   "),
        PLAIN.replace(b"~", b"\n"),
        PLAIN.replace(b"~", b"\r\n"),
        PLAIN.replace(b"~", b"'"),
        b"\xef\xbb\xbf" + PLAIN,
        PLAIN.decode().encode("utf-16"),
        b"\n\n  " + PLAIN,
        PLAIN.replace(b"*", b"|").replace(b":", b">"),
        PLAIN.replace(b"*", b"\x1d").replace(b":", b"\x1f").replace(b"~", b"\x1c"),
        PLAIN.replace(b"          ", b"").replace(b"PAYER          ", b"PAYER").replace(b"CLINIC         ", b"CLINIC"),
        PLAIN.replace(b"*P*:~", b"*P*>~"),
        PLAIN[PLAIN.index(b"GS*") :],
        PLAIN[PLAIN.index(b"ST*") : PLAIN.index(b"GE*")],
        PLAIN.replace(b"IEA*1*000000001~", b""),
        PLAIN.replace(b"IEA*1*000000001~", b"IEA*1*000000001"),
        PLAIN.replace(b"BPR*I*0", b"BPR*I*0.00").replace(b"~", b"~\n", 3),
    ],
    ids=[
        "lf",
        "crlf",
        "indented",
        "lf-terminator",
        "crlf-terminator",
        "quote",
        "bom",
        "utf16",
        "blank",
        "pipes",
        "control-characters",
        "squeezed-isa",
        "wrong-isa16",
        "no-isa",
        "no-gs",
        "no-iea",
        "no-last-terminator",
        "mixed-newlines",
    ],
)
def test_the_envelope_changes_no_value(changed: bytes) -> None:
    assert facts(read(changed)) == facts(read(PLAIN))
    assert read(changed).rejects.is_empty()


def test_interchanges_with_different_separators_in_one_file() -> None:
    other = remittance(CLAIM.replace("A1", "A2")).replace(b"*", b"|").replace(b":", b"^").replace(b"~", b"!\n")
    reading = read(PLAIN + b"\n" + other + PLAIN)
    assert reading.tables["raw_remits"]["claim_token"].to_list() == ["A1", "A2", "A1"]
    assert reading.tables["raw_remits"]["claim_no"].to_list() == [1, 2, 3]
    assert reading.tables["raw_remits"]["transaction_no"].to_list() == [1, 2, 3]
    assert reading.files["interchange_count"][0] == 3


def test_a_cut_file_keeps_its_whole_segments_and_says_where_it_ends() -> None:
    cut = PLAIN[: PLAIN.index(b"CAS*CO*45*40") + len(b"CAS*CO*45*4")]
    reading = read(cut)
    assert reading.tables["raw_remits"].height == 1
    assert reading.tables["raw_adjustments"].is_empty(), "4 may be the beginning of 40"
    assert reading.rejects.select("rule", "segment_no").rows() == [("cut_segment", 11)]
    assert "envelope_not_closed" in reading.findings["rule"].to_list()


@pytest.mark.parametrize("width", [73, 74, 75, 76, 80, 97])
def test_lines_wrapped_at_a_fixed_width_lose_nothing(width: int) -> None:
    text = PLAIN.decode()
    wrapped = "\n".join(text[at : at + width] for at in range(0, len(text), width)).encode()
    assert facts(read(wrapped)) == facts(read(PLAIN))
    assert read(wrapped).rejects.is_empty()


def test_an_interchange_glued_to_the_one_before_is_found() -> None:
    other = remittance(CLAIM.replace("A1", "A2")).replace(b"*", b"|").replace(b":", b">").replace(b"~", b"!")
    assert read(PLAIN[:-1] + other).tables["raw_remits"]["claim_token"].to_list() == ["A1", "A2"]


@pytest.mark.parametrize("text", ["note\npaid by VISA; ok\n", '"SMITH,LISA,"\n', "MELISSA* and ISA* in a text\n"])
def test_words_that_end_in_isa_are_no_interchange(text: str) -> None:
    assert not looks_like_x12(text.encode())


def test_identifiers_in_the_names_of_sets_and_guides_are_not_kept() -> None:
    reading = read(PLAIN.replace(b"ST*835*0001", b"ST*JOHN DOE*0001"), PLAIN.replace(b"ST*835*0001", b"ST*835*0001*JANE ROE 987-65-4321"))
    assert reading.files["kind"].to_list() == ["other", "835"]
    assert reading.tables["raw_payments"]["version"].to_list() == [None]
    assert "DOE" not in str(reading.rejects.rows())


def test_what_stands_in_no_claim_is_rejected_by_place() -> None:
    reading = read(remittance("LQ*HE*N115\nSVC*HC:99213*1*1\n" + CLAIM + "\nCAS*CO" + "*45*1*" * 7))
    assert reading.rejects.select("rule", "segment_no").rows() == [
        ("orphan_segment", 9),
        ("orphan_segment", 10),
        ("too_many_adjustments", 14),
    ]


def test_an_adjustment_that_cannot_be_read_keeps_its_row() -> None:
    reading = read(remittance("CLP*A1*1*100*60*0*CI*I1\nSVC*HC:99213*100*60\nCAS*CO*?!*x"))
    assert reading.tables["raw_adjustments"].select("group_code", "carc_code", "amount").rows() == [("CO", None, None)] or (
        reading.tables["raw_adjustments"]["amount"].to_list() == [None]
    )


def test_latin_1_names_are_read_and_noted() -> None:
    reading = read(PLAIN.replace(b"N1*PR*PAYER", "N1*PR*MUTUALITÉ".encode("latin-1")))
    assert reading.tables["raw_payments"]["payer_name"].to_list() == ["MUTUALITÉ"]
    assert "not_utf8" in reading.findings["rule"].to_list()


def test_wrong_counts_and_control_numbers_are_findings_and_cost_nothing() -> None:
    reading = read(PLAIN.replace(b"SE*99*0001", b"SE*7*0002").replace(b"IEA*1*000000001", b"IEA*1*000000009"))
    assert facts(reading) == facts(read(PLAIN))
    details = reading.findings["detail"].to_list()
    assert "ISA13 and IEA02 differ" in details
    assert "ST02 and SE02 differ" in details
    assert "SE01 is not the 10 segments that were counted" in details


def test_text_that_is_no_interchange_is_a_reject() -> None:
    assert normalise(b"hello").notices[0].is_reject
    reading = read(b"From: someone\n" + PLAIN)
    assert facts(reading) == facts(read(PLAIN))
    assert reading.rejects["rule"].to_list() == ["text_before_interchange"]


def test_unknown_sets_are_rejected_by_name_beside_good_ones() -> None:
    other = PLAIN.replace(b"ST*835*0001", b"ST*271*0001")
    reading = read(PLAIN, other)
    assert reading.tables["raw_remits"].height == 1
    assert reading.rejects.select("file", "detail").rows() == [(1, "a 271 eligibility response is not read by this version")]


def test_unreadable_amounts_are_null_and_named_by_place_only() -> None:
    reading = read(remittance("CLP*A1*1*1OO*60*0*CI*I1\nSVC*HC:99213*12.345*1e3"))
    assert reading.tables["raw_remits"]["charge_amount"].to_list() == [None]
    assert reading.tables["raw_remit_lines"].select("charge_amount", "paid_amount").rows() == [(None, None)]
    found = reading.findings.filter(pl.col("rule") == "amount_unreadable")
    assert found["segment_no"].to_list() == [9, 10, 10]
    assert not any(value in "".join(found["detail"]) for value in ("1OO", "12.345", "1e3"))


@pytest.mark.parametrize(
    "raw", [b"", b"\n", b"ISA", b"ISA*", b"ISA*00*", b"GS*", b"ST*835", b"\xff\xfe", b"\xff\xfeI\x00S", b"ISA" + b"*" * 40, b"\x00" * 50]
)
def test_fragments_never_raise(raw: bytes) -> None:
    reading = read(raw)
    assert reading.files.height == 1
    assert reading.tables["raw_remits"].is_empty()
