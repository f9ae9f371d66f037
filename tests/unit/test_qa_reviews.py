"""Reviews and findings in force: what counts against the coder, what is given back, whose claim and which sample it is."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rcm_pipeline.coding.reviews.overturned import with_overturned_codes
from rcm_pipeline.connection import open_warehouse
from rcm_pipeline.intake.inbox import deliveries
from rcm_pipeline.intake.load import load_inbox
from rcm_pipeline.privacy.tokens import Tokens
from rcm_pipeline.quality.contracts import check_contract
from rcm_pipeline.settings import ClientSettings, Qa
from rcm_pipeline.warehouse import create_tables, read
from schemas.contract import empty, widened
from schemas.registry import CONTRACTS
from schemas.vocabulary.coding import ERROR_CODES
from tests.tables import outcome_of, qa_of

DAY = dt.date(2026, 11, 18)
KEPT, BACK = {"rebuttal_code": "upheld"}, {"rebuttal_code": "overturned"}


def table(name: str, rows: list[dict]) -> pl.DataFrame:
    return widened(pl.DataFrame(rows, infer_schema_length=None), CONTRACTS[name]) if rows else empty(CONTRACTS[name])


def review(token: str = "r", counts: tuple | None = None, lists: tuple | None = None, **more: object) -> dict:
    names = ("coder_code_count", "auditor_code_count", "correct_code_count")
    return {
        "file_id": "f", "row_no": 2, "review_token": token, "claim_token": "c", "coder_id": "C1", "review_date": DAY, "stratum_code": "random",
        **dict(zip(names, counts or (None,) * 3, strict=True)), **dict(zip(("coder_codes", "auditor_codes"), lists or (None, None), strict=True)),
    } | more  # fmt: skip


def finding(error: str, token: str = "r", **more: object) -> dict:
    return {"file_id": "f", "row_no": 2, "review_token": token, "error_code": error} | more


def code(coder: str | None, auditor: str | None, token: str = "r", **more: object) -> dict:
    return {"file_id": "f", "row_no": 2, "review_token": token, "coder_code": coder, "auditor_code": auditor} | more


def lineage(name: str, first: str | None, last: str | None = None, sequence: str = "P") -> dict:
    day = dt.date.fromisoformat
    return {
        "lineage_id": name, "claim_token": "c", "sequence_code": sequence, "first_service_date": first and day(first), "last_service_date": last and day(last),
        "is_crossover": False, "version_count": 1, "answer_count": 0, "status_code": "unanswered",
    }  # fmt: skip


def core(
    reviews: list[dict],
    findings: list[dict] = (),
    codes: list[dict] = (),
    samples: list[dict] = (),
    lineages: list[dict] = (),
    qa: Qa | None = None,
) -> dict[str, pl.DataFrame]:
    given = {
        "raw_qa_reviews": reviews,
        "raw_qa_findings": findings,
        "raw_qa_codes": codes,
        "ops_qa_samples": samples,
        "core_claim_lineages": lineages,
    }
    made = qa_of({name: table(name, list(rows)) for name, rows in given.items()}, ClientSettings(qa=qa or Qa()))
    for name, frame in made.items():
        assert [outcome for outcome in check_contract(frame, CONTRACTS[name]) if not outcome.is_passed] == [], name
    return made


def counts(made: dict[str, pl.DataFrame]) -> tuple:
    return (
        made["core_qa_reviews"].select("coder_code_count", "auditor_code_count", "correct_code_count", "finding_count", "is_right").row(0)
    )


def test_stated_counts_go_before_those_of_the_codes() -> None:
    made = core([review("r", (5, 6, 4), ("99213; I10", "99213; I10")), review("s", None, ("99213; I10", "99214; I10"))])
    assert made["core_qa_reviews"].select("review_token", "counts_code", "coder_code_count", "auditor_code_count", "correct_code_count").rows() == [
        ("r", "stated", 5, 6, 4), ("s", "derived", 2, 2, 1)]  # fmt: skip


def test_stated_findings_go_before_those_of_the_codes() -> None:
    made = core(
        [review("r", None, ("99214; I10", "99213; I10")), review("s", None, ("99214; I10", "99213; I10"))],
        [finding("EM_OVER1", direction_code="over", allowed_delta_amount=Decimal(30))],
    )
    assert made["core_qa_findings"].select("review_token", "basis_code", "error_code", "weight", "direction_code", "allowed_delta_amount", "coder_code").rows() == [
        ("r", "stated", "EM_OVER1", 3, "over", Decimal("30.00"), None), ("s", "derived", "EM_OVER1", 3, "over", None, "99214")]  # fmt: skip


def test_weight_and_direction_are_the_category_s_unless_said_or_set() -> None:
    made = core([review("r", (1, 1, 0))], [finding("UNITS"), finding("PX_MISSED", direction_code="either")], qa=Qa(weights={"UNITS": 1}))
    assert made["core_qa_findings"].select("error_code", "weight", "direction_code", "cert_code").rows() == [
        ("PX_MISSED", 4, "either", "not_in_cert"), ("UNITS", 1, "either", "incorrect_coding")]  # fmt: skip


@pytest.mark.parametrize(
    ("party", "rebuttal", "said", "counted"),
    [
        (None, None, ("coder", "none"), True), ("coder", "open", ("coder", "open"), True), ("coder", "upheld", ("coder", "upheld"), True),
        ("coder", "overturned", ("coder", "overturned"), False), ("provider", None, ("provider", "none"), False), ("system", "upheld", ("system", "upheld"), False),
        ("nobody knows", None, ("coder", "none"), True),
    ],
)  # fmt: skip
def test_what_counts_against_the_coder(party: str | None, rebuttal: str | None, said: tuple, counted: bool) -> None:
    made = core([review("r", (2, 2, 1))], [finding("PX_WRONG", responsible_party_code=party, rebuttal_code=rebuttal)])
    assert made["core_qa_findings"].select("party_code", "rebuttal_code").row(0) == said
    assert made["core_qa_findings"]["is_counted"].to_list() == [counted]
    assert counts(made) == ((2, 2, 1, 1, False) if counted else (2, 2, 2, 0, True))


@pytest.mark.parametrize(
    ("stated", "found", "after"),
    [
        # the worked example: one code wrong, two missed
        ((5, 6, 4), [("PX_UNSUPPORTED", KEPT), ("PX_MISSED", KEPT), ("DX_MISSED", KEPT)], (5, 6, 4, 3, False)),
        ((5, 6, 4), [("PX_UNSUPPORTED", KEPT), ("PX_MISSED", KEPT), ("DX_MISSED", BACK)], (5, 5, 4, 2, False)),
        ((5, 6, 4), [("PX_UNSUPPORTED", BACK), ("PX_MISSED", BACK), ("DX_MISSED", BACK)], (5, 5, 5, 0, True)),
        # a wrong code stands in both gaps, an unsupported one that stands joins the auditor's
        ((5, 5, 4), [("PX_WRONG", BACK)], (5, 5, 5, 0, True)),
        ((5, 4, 4), [("DX_UNSUPPORTED", BACK)], (5, 5, 5, 0, True)),
        # two findings on one code: what still counts keeps its code wrong
        ((5, 5, 4), [("UNITS", KEPT), ("MOD_WRONG", BACK)], (5, 5, 4, 1, False)),
        ((5, 5, 3), [("PX_WRONG", KEPT), ("DX_WRONG", BACK)], (5, 5, 4, 1, False)),
        # nothing is given back twice, nor more than was taken
        ((5, 5, 5), [("PX_WRONG", BACK)], (5, 5, 5, 0, True)),
        ((5, 5, 4), [("PX_WRONG", BACK), ("UNITS", BACK)], (5, 5, 5, 0, True)),
        # a missing modifier that the sheet counted as a code of the auditor's
        ((5, 6, 5), [("MOD_MISSING", BACK)], (5, 5, 5, 0, True)),
        # a gap that no finding explains stays; findings of no code give none back
        ((5, 5, 3), [("PX_WRONG", BACK)], (5, 5, 4, 0, False)),
        ((5, 5, 4), [("QUERY_MISSED", BACK)], (5, 5, 4, 0, False)),
        ((5, 5, 5), [("QUERY_MISSED", KEPT)], (5, 5, 5, 1, False)),
        ((5, 5, 5), [("POA", BACK)], (5, 5, 5, 0, True)),
        # by its own codes: a component that should not stand, or one code for another
        ((5, 4, 4), [("UNBUNDLED", BACK | {"coder_code": "80053"})], (5, 5, 5, 0, True)),
        ((5, 5, 4), [("DOC_INSUFFICIENT", BACK | {"coder_code": "99214", "auditor_code": "99213"})], (5, 5, 5, 0, True)),
        ((5, 5, 4), [("DOC_NONE", BACK)], (5, 5, 4, 0, False)),
        # another's error is not the coder's
        ((5, 6, 5), [("PX_MISSED", {"responsible_party_code": "provider"})], (5, 5, 5, 0, True)),
    ],
)  # fmt: skip
def test_codes_given_back_after_rebuttal(stated: tuple, found: list[tuple[str, dict]], after: tuple) -> None:
    assert (
        counts(core([review("r", stated)], [finding(error, **more, row_no=n) for n, (error, more) in enumerate(found, start=2)])) == after
    )


def test_counts_of_codes_are_given_back_too_when_the_sheet_also_states_findings() -> None:
    listed = ("99214; 36415; I10", "99213; I10")
    assert counts(core([review("r", None, listed)])) == (3, 2, 1, 2, False)
    assert counts(core([review("r", None, listed)], [finding("EM_OVER1", **BACK), finding("PX_UNSUPPORTED", **KEPT)])) == (
        3,
        2,
        2,
        1,
        False,
    )


def test_an_error_beside_the_codes_makes_a_chart_wrong() -> None:
    made = core([review("r")], codes=[code("I10", "I10"), code("Y", "N", code_kind="poa")])
    assert counts(made) == (1, 1, 1, 1, False)


FINDING = st.tuples(st.sampled_from(ERROR_CODES), st.booleans(), st.sampled_from([None, "99213"]), st.sampled_from([None, "99214"]))


@settings(deadline=None, max_examples=150)
@given(st.tuples(*[st.integers(0, 4)] * 3), st.lists(FINDING, max_size=5))
def test_giving_back_never_takes_and_never_goes_too_far(parts: tuple, found: list[tuple]) -> None:
    both, coder_only, auditor_only = parts
    before = (both + coder_only, both + auditor_only, both)
    frame = pl.DataFrame(
        [("r", *before)], schema=["review_token", "coder_code_count", "auditor_code_count", "correct_code_count"], orient="row"
    )
    findings = pl.DataFrame(
        [("r", *row) for row in found],
        schema={
            "review_token": pl.String,
            "error_code": pl.String,
            "is_counted": pl.Boolean,
            "coder_code": pl.String,
            "auditor_code": pl.String,
        },
        orient="row",
    )
    _, coder, auditor, correct = with_overturned_codes(frame, findings).row(0)
    assert coder == before[0]
    assert before[2] <= correct <= min(coder, auditor)
    assert coder - correct <= before[0] - before[2]
    assert auditor - correct <= before[1] - before[2]
    if all(kept for _, kept, _, _ in found):
        assert (coder, auditor, correct) == before


def test_the_latest_review_is_in_force_and_a_sheet_sent_again_counts_once() -> None:
    first, again = review("r", (5, 5, 3)), review("r", (5, 5, 4), file_id="g", review_date=DAY + dt.timedelta(days=3))
    findings = [
        finding("PX_WRONG"),
        finding("PX_WRONG", file_id="g", rebuttal_code="overturned", responsible_party_code="provider", corrected_code="yes"),
    ]
    made = core([first, again], findings)
    assert counts(made) == (5, 5, 5, 0, True)
    assert made["core_qa_findings"].select("rebuttal_code", "party_code").rows() == [("overturned", "provider")]
    assert made["core_qa_reviews"]["week"].to_list() == [dt.date(2026, 11, 16)]


def test_codes_come_from_the_file_of_the_review_in_force() -> None:
    reviews = [review("r"), review("r", file_id="g", review_date=DAY + dt.timedelta(days=3)), review("s")]
    codes = [
        code("99214", "99213"),
        code("99213", "99213", file_id="g"),
        code("I10", "I10", "s", file_id="h"),
        code("I10", "I10", "s", file_id="k"),
    ]
    made = core(reviews, codes=codes)
    assert made["core_qa_codes"].select("review_token", "coder_code", "verdict_code").rows() == [
        ("r", "99213", "same"),
        ("s", "I10", "same"),
    ]


def test_reviews_with_neither_counts_nor_codes_are_left_out_with_their_findings() -> None:
    made = core(
        [review("r"), review("s", None, ("NONE", "NONE")), review("t", None, ("99213", None))],
        [finding("PX_WRONG"), finding("PX_WRONG", "unknown")],
    )
    assert made["core_qa_reviews"].select("review_token", "coder_code_count", "is_right").rows() == [("s", 0, True)]
    assert made["core_qa_findings"].is_empty()


def sample(claim: str = "c", **more: object) -> dict:
    return {
        "sample_id": "2026-11-16-3fa9c1", "planned_at": DAY, "week": dt.date(2026, 11, 16), "seed": 1, "frame_hash": "h", "stratum_code": "risk", "reason_code": "new_coder",
        "frame_count": 40, "sample_count": 10, "selection_rate": 0.25, "draw_no": 1, "is_spare": False, "claim_token": claim, "coder_id": "C1", "coded_date": DAY,
    } | more  # fmt: skip


def test_the_draw_gives_stratum_and_chance_where_the_sheet_is_silent() -> None:
    ours = "2026-11-16-3fa9c1"
    made = core(
        [
            review("r", (1, 1, 1), sample_id=ours),
            review("s", (1, 1, 1), sample_id=ours, frame_count=50, selection_rate=0.5),
            review("t", (1, 1, 1)),
            review("u", (1, 1, 1), sample_id=ours, claim_token="d"),
        ],
        samples=[sample(), sample("d", sample_id="2026-11-09-aaaaaa"), sample(draw_no=2, is_spare=True, selection_rate=0.1)],
    )
    assert made["core_qa_reviews"].select("review_token", "stratum_code", "frame_count", "selection_rate").rows() == [
        ("r", "risk", 40, 0.25), ("s", "risk", 50, 0.5), ("t", "random", None, None), ("u", "random", None, None)]  # fmt: skip


@pytest.mark.parametrize(
    ("service", "claims", "name"),
    [
        (None, [], None),
        ("2026-11-02", [lineage("b", "2026-10-01"), lineage("a", "2026-11-02")], "a"),
        ("2026-11-03", [lineage("a", "2026-11-04"), lineage("b", "2026-11-01", "2026-11-05")], "b"),
        ("2026-11-02", [lineage("a", "2026-11-02", sequence="S"), lineage("b", "2026-11-02")], "b"),
        ("2026-11-02", [lineage("a", None), lineage("b", "2025-01-01")], "b"),
        (None, [lineage("a", "2026-10-01"), lineage("b", "2026-11-10")], "b"),
        ("2026-11-02", [lineage("b", "2026-11-02"), lineage("a", "2026-11-02")], "a"),
    ],
)  # fmt: skip
def test_the_claim_is_the_one_of_the_service_date(service: str | None, claims: list[dict], name: str | None) -> None:
    day = service and dt.date.fromisoformat(service)
    made = core([review("r", (1, 1, 1), service_date=day)], lineages=claims)
    assert made["core_qa_reviews"]["lineage_id"].to_list() == [name]


def test_no_sheets_no_rows() -> None:
    assert [frame.height for frame in core([]).values()] == [0, 0, 0]


def test_from_files_of_auditors_to_core_tables(tmp_path: Path) -> None:
    """Lists in one file, compared codes in another, findings stated in a third; a code that cannot be read and one unknown category."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    start = "Review ID,Account Number,Coder,Review Date"
    (inbox / "a.csv").write_text(f'{start},Original Codes,Audited Codes\nR1,A1,C001,2026-11-18,"99214-25, I10",99213-25; I10\n')
    (inbox / "b.csv").write_text(f"{start},Sample Type\nR2,A2,C001,2026-11-18,Random\nR3,A3,C001,2026-11-18,Focused\n")
    (inbox / "c.csv").write_text(
        "Review ID,Original Code,Audited Code,Orig Mod,Audit Mod\nR2,99213,99213,,25\nR2,E11.9,E11.9,,\nR3,36415,,,\nR3,I10,Jane said so,,\n"
    )
    (inbox / "d.csv").write_text(
        "Review ID,Error Code,Original Code,Responsible Party,Rebuttal\nR3,PX_UNSUPPORTED,36415,Coder,Overturned\nR3,MADE_UP,,,\n"
    )
    with open_warehouse(tmp_path / "w.duckdb") as connection:
        create_tables(connection)
        load_inbox(connection, list(deliveries([inbox])), ClientSettings(), Tokens(b"k" * 32))
        tables = {name: read(connection, name) for name in ("raw_qa_reviews", "raw_qa_codes", "raw_qa_findings")}
        assert connection.sql("SELECT broken_rule, error_code FROM quarantine_raw_qa_findings").fetchall() == [
            ("error_code is one of the closed list", None)
        ]
        assert connection.sql("SELECT column_name, row_no FROM raw_rejects").fetchall() == [("auditor_code", 5)]
    made = qa_of(tables)
    measured = made["core_qa_reviews"].select(
        "stratum_code", "counts_code", "coder_code_count", "auditor_code_count", "correct_code_count", "finding_count", "is_right"
    )
    assert sorted(measured.rows()) == [
        ("random", "derived", 2, 2, 1, 1, False),
        ("random", "derived", 2, 2, 1, 1, False),
        ("risk", "derived", 1, 1, 1, 0, True),
    ]
    assert sorted(made["core_qa_findings"].select("basis_code", "error_code", "is_counted").rows()) == [
        ("derived", "EM_OVER1", True), ("derived", "MOD_MISSING", True), ("stated", "PX_UNSUPPORTED", False)]  # fmt: skip


@pytest.mark.parametrize(("bare", "left"), [(0, 0), (2, 2)])
def test_reviews_that_say_neither_counts_nor_codes_are_told(bare: int, left: int) -> None:
    counts = {"coder_code_count": 3, "auditor_code_count": 3, "correct_code_count": 3}
    rows = [
        {
            "file_id": "f", "row_no": 2 + n, "review_token": f"r{n}", "claim_token": "c", "coder_id": "C1",
            "review_date": dt.date(2026, 11, 16), "stratum_code": "random", **(counts if n >= bare else {}),
        }
        for n in range(5)
    ]  # fmt: skip
    sent = widened(pl.DataFrame(rows, infer_schema_length=None), CONTRACTS["raw_qa_reviews"])
    made = qa_of({"raw_qa_reviews": sent})["core_qa_reviews"]
    told = outcome_of("counted_reviews", {"raw_qa_reviews": sent, "core_qa_reviews": made}, dt.date(2026, 11, 16))
    assert (told.is_passed, told.failed_count, told.checked_count) == (left == 0, left, 5)
    assert made.height == 5 - left
