"""QA sheets as auditors send them: codes counted, listed or compared row by row, samples, feedback, and free text that stays out."""

from decimal import Decimal

import polars as pl
import pytest

from rcm_pipeline.intake.quarantine import split
from rcm_pipeline.intake.sheets.cells import parse
from rcm_pipeline.intake.sheets.headings import heading, in_context
from rcm_pipeline.intake.sheets.sheet_files import mapped_table, read_sheets
from rcm_pipeline.intake.sheets.sheet_reading import Mapped, SheetReading
from rcm_pipeline.intake.sheets.tables import Table
from rcm_pipeline.privacy.door import AllowListDoor
from rcm_pipeline.privacy.tokens import Identified, Tokens
from rcm_pipeline.settings import ClientSettings
from schemas.registry import CONTRACTS

START = "Review ID,Account Number,Coder,Review Date"


def read(text: str, headers: dict | None = None) -> SheetReading:
    return read_sheets(text.encode(), "csv", ClientSettings(headers=headers or {}), Identified())


def match_header(cells: list[str], headers: dict) -> Mapped:
    return mapped_table(Table(in_context([heading(cell) for cell in cells]), {}, 1), None, headers)


def reviews(text: str) -> pl.DataFrame:
    reading = read(text)
    assert reading.rejects == []
    return reading.tables["raw_qa_reviews"]


def admitted(treatment: str, text: str) -> str | None:
    return AllowListDoor({"E": treatment}, Tokens(b"a" * 32)).admit("E", pl.Series([text])).item()


@pytest.mark.parametrize(
    ("coder", "auditor"), [("Original Codes", "Audited Codes"), ("Codes by Coder", "Codes by Auditor"), ("Coder Codes", "Auditor Codes")]
)
def test_the_cells_say_whether_codes_are_counted_or_listed(coder: str, auditor: str) -> None:
    counted = reviews(f"{START},{coder},{auditor},Codes Correct\nR1,A-1,C001,2026-11-02,5,6,4\nR2,A-2,C001,2026-11-02,3,3,3\n")
    assert counted.select("coder_code_count", "auditor_code_count", "coder_codes", "auditor_codes").row(0) == (5, 6, None, None)
    listed = reviews(f'{START},{coder},{auditor}\nR1,A-1,C001,2026-11-02,"99213-25, I10",99213; i10\nR2,A-2,C001,2026-11-02,99213,99214\n')
    assert listed.select("coder_code_count", "auditor_code_count", "coder_codes", "auditor_codes").rows() == [
        (None, None, "99213-25, I10", "99213; I10"), (None, None, "99213", "99214")]  # fmt: skip


def test_counts_and_lists_may_stand_side_by_side() -> None:
    table = reviews(
        f"{START},Codes Assigned,Auditor Codes,Codes Correct,Original Codes,Audited Code List\nR1,A-1,C1,2026-11-02,2,2,1,99213;I10,99214;I10\n"
    )
    assert table.select("coder_code_count", "auditor_code_count", "correct_code_count", "coder_codes", "auditor_codes").row(0) == (
        2, 2, 1, "99213;I10", "99214;I10")  # fmt: skip


def test_samples_kinds_and_chances_as_people_write_them() -> None:
    table = reviews(
        f"{START},Sample #,Sample Type,Universe,Selection Probability,Review Type\n"
        "R1,A-1,C1,2026-11-02,2026-11-16-3fa9c1,Targeted,400,25 %,Blind\n"
        "R2,A-2,C1,2026-11-02,,Random Sample,400,1/4,Re-audit\n"
        "R3,A-3,C1,2026-11-02,,random,,0.25,\n"
    )
    assert table.select("sample_id", "stratum_code", "frame_count", "selection_rate", "kind_code").rows() == [
        ("2026-11-16-3fa9c1", "risk", 400, 0.25, "second"), (None, "random", 400, 0.25, "reaudit"), (None, "random", None, 0.25, None)]  # fmt: skip


def test_a_kind_of_review_nobody_knows_is_a_first_review_and_a_finding() -> None:
    reading = read(f"{START},Review Type,Codes Assigned,Auditor Codes,Codes Correct\nR1,A-1,C1,2026-11-02,Jane did it,1,1,1\n")
    assert reading.tables["raw_qa_reviews"]["kind_code"].to_list() == [None]
    [(row, column, rule, reason)] = [note for note in reading.findings if note[1] == "kind_code"]
    assert (row, column, rule) == (2, "kind_code", "word_unknown")
    assert "Jane" not in reason


@pytest.mark.parametrize(
    ("written", "share"),
    [
        ("0.25", 0.25), ("25 %", 0.25), ("12.5%", 0.125), ("1/4", 0.25), ("1 in 4", 0.25), (".5", 0.5), ("1", 1.0), ("2.5e-2", 0.025),
        ("25", None), ("3/2", None), ("1/0", None), ("150 %", None), ("-0.2", None), ("one in four", None), ("٢٥%", None),
    ],
)  # fmt: skip
def test_a_share_is_read_in_its_forms_and_never_guessed(written: str, share: float | None) -> None:
    assert pl.select(parse(pl.lit(written), pl.Float64())).item() == share


@pytest.mark.parametrize(
    ("treatment", "text", "result"),
    [
        ("sample", "2026-11-16-3FA9C1", "2026-11-16-3fa9c1"),
        ("sample", "2026-11-16-jane", None),
        ("sample", "S-12", None),
        ("clinical:item", "99213 25", "99213 25"),
        ("clinical:item", "j1100 x2", "J1100 X2"),
        ("clinical:item", "MS-DRG 470", "MS-DRG 470"),
        ("clinical:item", "XW03351", "XW03351"),
        ("clinical:item", "Y", "Y"),
        ("clinical:item", "SANDERS", None),
        ("clinical:item", "99213; 99214", None),
        ("clinical:item", "123-45-6789", None),
        ("clinical:list", "99213-25; J1100 x2 | E11.9", "99213-25; J1100 X2 | E11.9"),
        ("clinical:list", "99213 J1100\nE11.9;", "99213 J1100\nE11.9;"),
        ("clinical:list", "none", "NONE"),
        ("clinical:list", "99213; see chart", None),
        ("clinical:list", "99213; Jane", None),
        ("clinical:list", "Jo Li", None),
        ("clinical:modifiers", "25, 59", "25, 59"),
        ("clinical:modifiers", "see note", None),
    ],
)
def test_what_the_door_lets_in(treatment: str, text: str, result: str | None) -> None:
    assert admitted(treatment, text) == result


def test_a_sheet_of_compared_codes() -> None:
    reading = read(
        "Audit #,Seq,Code Type,Original Code,Orig Mod,Orig Units,Audited Code,Audit Mod,Audit Units,Dollar Impact,Audited Allowed\n"
        'R1,1,CPT,99213,25,1,99214,"25, 59",1,(20.00),$130.00\nR1,2,ICD-10-CM,e11.9,,,E11.65,,,,\nR1,3,,,,,36415,,2,-3,\n'
    )
    assert reading.rejects == []
    table = reading.tables["raw_qa_codes"]
    assert table.select("review_token", "position_no", "code_kind", "coder_code", "auditor_code", "coder_modifiers", "auditor_modifiers").rows() == [
        ("R1", 1, "procedure", "99213", "99214", "25", "25, 59"), ("R1", 2, "diagnosis", "E11.9", "E11.65", None, None), ("R1", 3, None, None, "36415", None, None)]  # fmt: skip
    assert table.select("auditor_units", "allowed_delta_amount", "auditor_allowed_amount").rows() == [
        (Decimal("1.000"), Decimal("-20.00"), Decimal("130.00")), (None, None, None), (Decimal("2.000"), Decimal("-3.00"), None)]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("Review ID,Original Code,Audited Code", "qa_codes"),
        ("Review ID,Original Code,Audited Code,Dollar Impact", "qa_codes"),
        ("Review ID,Original Code,Audited Code,Dollar Impact,Error Category", "qa_findings"),
        ("Review ID,Error Code", "qa_findings"),
        ("Review ID,Error Code,Acknowledged Date,Action,Action Date", "qa_actions"),
        ("Review ID,Feedback,Feedback Date", "qa_actions"),
        ("Account Number,Work Date,Staff,Action,Minutes", "touches"),
        (f"{START},Original Codes,Audited Codes", "qa_reviews"),
    ],
)
def test_sheets_are_told_apart_by_their_headings(header: str, kind: str) -> None:
    mapped = match_header(header.split(","), {})
    assert (mapped.kind, mapped.missing) == (kind, [])


def test_a_sheet_with_codes_of_one_side_only_says_what_is_missing() -> None:
    mapped = match_header(["Review ID", "Position", "Original Code", "Orig Mod"], {})
    assert (mapped.kind, mapped.missing) == ("qa_codes", ["auditor_code"])


def test_the_client_own_heading_with_a_number_sign() -> None:
    mapped = match_header(["Chart #", "Account", "Coder", "Review Date"], {"qa_reviews": {"review_token": "Chart #"}})
    assert mapped.places["review_token"] == 0
    own = match_header([*START.split(","), "Sample #"], {"qa_reviews": {"stratum_code": "Sample #"}})
    assert (own.places["stratum_code"], "sample_id" in own.places) == (4, False)


def test_a_sheet_with_a_row_per_code_is_read_as_reviews_and_as_codes() -> None:
    reading = read(
        f"{START},Original Code,Audited Code,Notes\nR1,A-1,C1,2026-11-02,99213,99214,x\nR1,A-1,C1,2026-11-02,I10,I10,x\nR2,A-2,C1,2026-11-03,,36415,x\n"
    )
    assert reading.tables["raw_qa_reviews"].select("review_token", "row_no", "coder_codes").rows() == [("R1", 2, None), ("R2", 4, None)]
    assert reading.tables["raw_qa_codes"].select("review_token", "coder_code", "auditor_code").rows() == [
        ("R1", "99213", "99214"), ("R1", "I10", "I10"), ("R2", None, "36415")]  # fmt: skip
    assert (reading.row_count, reading.dropped_count) == (3, 6), "notes, and the repeated account, coder and date of R1"


def test_a_list_may_be_of_one_code() -> None:
    reading = read(f"{START},Original Code,Audited Code\nR1,A-1,C1,2026-11-02,99213,99214\nR2,A-2,C1,2026-11-03,I10,I10\n")
    assert list(reading.tables) == ["raw_qa_reviews"]
    assert reading.tables["raw_qa_reviews"].select("coder_codes", "auditor_codes").rows() == [("99213", "99214"), ("I10", "I10")]


def test_a_sheet_that_lists_right_codes_beside_errors_is_read_as_codes_and_as_findings() -> None:
    text = "Review ID,Original Code,Audited Code,Error Type\nR1,99213,99214,EM_UNDER1\nR1,I10,I10,\n"
    reading = read(text)
    assert reading.rejects == []
    assert reading.tables["raw_qa_codes"].height == 2
    assert reading.tables["raw_qa_findings"]["error_code"].to_list() == ["EM_UNDER1"]
    forgotten = read(text.replace("I10,I10,", "I10,E11.9,"))
    assert "raw_qa_codes" not in forgotten.tables, "a finding whose category was forgotten does not make a list of all codes"
    assert [note[:2] for note in forgotten.rejects] == [(3, "error_code")]


def test_a_code_that_cannot_be_read_is_not_taken_for_none() -> None:
    reading = read("Review ID,Original Code,Audited Code\nR1,99213,see chart\nR1,I10,\nR1,1234,I10\n")
    assert reading.tables["raw_qa_codes"].select("coder_code", "auditor_code").rows() == [("I10", None)]
    assert sorted((row, column) for row, column, _, _ in reading.rejects) == [(2, "auditor_code"), (4, "coder_code")]
    listed = read(
        f"{START},Original Codes,Audited Codes\nR1,A-1,C1,2026-11-02,99213;I10,Jane said so\nR2,A-2,C1,2026-11-02,99213;I10,99213;I10\n"
    )
    assert listed.tables["raw_qa_reviews"]["review_token"].to_list() == ["R2"]
    assert "Jane" not in str(listed.rejects)


def test_a_row_without_any_code_and_counts_that_are_not_whole_are_set_aside() -> None:
    good, broken = split(
        read("Review ID,Original Code,Audited Code\nR1,,\nR1,I10,\n").tables["raw_qa_codes"].with_columns(file_id=pl.lit("f")),
        CONTRACTS["raw_qa_codes"],
    )
    assert (good.height, broken["broken_rule"].to_list()) == (1, ["coder_code or auditor_code is filled"])
    counts = read(f"{START},Codes Assigned,Auditor Codes,Codes Correct\nR1,A-1,C1,2026-11-02,5.5,6,4\nR2,A-2,C1,2026-11-02,5,6,\n")
    assert [(row, column) for row, column, _, _ in counts.rejects] == [(2, "coder_code_count")]
    _, partly = split(counts.tables["raw_qa_reviews"].with_columns(file_id=pl.lit("f")), CONTRACTS["raw_qa_reviews"])
    assert partly["broken_rule"].to_list() == ["the three counts are given together or not at all"]


def test_findings_with_who_is_responsible_and_what_became_of_them() -> None:
    table = read(
        "Review ID,Error Type,Original Code,Corrected Code,Over/Under,Responsible Party,Rebuttal Status,Corrected Before Bill\n"
        "R1,Missing modifier,99213,99213-25,Undercoded,Physician,Accepted,Y\nR1,px_wrong,85025,80053,,Somebody,,no\n"
    ).tables["raw_qa_findings"]
    assert table.select("error_code", "direction_code", "responsible_party_code", "rebuttal_code", "corrected_code").rows() == [
        ("MOD_MISSING", "under", "provider", "overturned", "yes"), ("PX_WRONG", None, None, None, "no")]  # fmt: skip


def test_feedback() -> None:
    rows = "".join(f"R{n},PX_MISSED,2026-11-20,one to one training,2026-11-21,M01\n" for n in range(5))
    table = read(
        "Review ID,Error Code,Acknowledged On,Action Taken,Action Date,Given By\n" + rows + "R9,,,told Jane Doe,,Jane Doe\n"
    ).tables["raw_qa_actions"]
    assert table.select("review_token", "error_code", "action_code", "staff_id").row(0) == ("R0", "PX_MISSED", "one to one training", "M01")
    assert table["acknowledged_date"].is_null().to_list() == [False] * 5 + [True]
    assert table["action_code"].to_list()[-1] == "other"
