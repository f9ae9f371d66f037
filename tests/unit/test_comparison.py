"""The coder's codes against the auditor's: kinds, pairs, verdicts, and that no code is lost or counted twice."""

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rcm_pipeline.coding.comparison.code_kinds import with_kinds
from rcm_pipeline.coding.comparison.comparison import code_counts, compared_codes
from schemas.contract import widened
from schemas.registry import CONTRACTS

NOTHING = widened(pl.DataFrame(), CONTRACTS["raw_qa_codes"]).clear()


def review(token: str, coder: str | None = None, auditor: str | None = None) -> dict:
    return {
        "file_id": "f", "row_no": 2, "review_token": token, "claim_token": "c", "coder_id": "C1",
        "review_date": dt.date(2026, 11, 16), "stratum_code": "random", "coder_codes": coder, "auditor_codes": auditor,
    }  # fmt: skip


def reviews(*rows: dict) -> pl.DataFrame:
    return widened(pl.DataFrame(list(rows), infer_schema_length=None), CONTRACTS["raw_qa_reviews"])


def lists(coder: str, auditor: str) -> pl.DataFrame:
    return compared_codes(reviews(review("r", coder, auditor)), NOTHING)


def rows(*given: tuple, **columns: list) -> pl.DataFrame:
    """Rows of compared codes of one review: coder's code, auditor's code, and further columns by name."""
    frame = pl.DataFrame(given, schema={"coder_code": pl.String, "auditor_code": pl.String}, orient="row").with_columns(
        *(pl.Series(name, values) for name, values in columns.items()),
        file_id=pl.lit("f"),
        row_no=pl.int_range(pl.len(), dtype=pl.Int64) + 2,
        review_token=pl.lit("r"),
    )
    return widened(frame, CONTRACTS["raw_qa_codes"])


def by_rows(*given: tuple, **columns: list) -> pl.DataFrame:
    return compared_codes(reviews(review("r")), rows(*given, **columns))


def errors(table: pl.DataFrame) -> list[tuple]:
    return table.filter(pl.col("verdict_code") != "same").select("coder_code", "auditor_code", "error_code").rows()


def counts(table: pl.DataFrame) -> tuple:
    return code_counts(table).select("coder_code_count", "auditor_code_count", "correct_code_count").row(0)


@pytest.mark.parametrize(
    ("code", "said", "kind"),
    [
        ("99202", None, "em"), ("99499", None, "em"), ("99199", None, "procedure"), ("99500", None, "procedure"),
        ("99213", "procedure", "em"), ("99213", "drg", "drg"), ("G0463", "em", "em"), ("G0463", None, "procedure"),
        ("36415", None, "procedure"), ("0001U", None, "procedure"), ("J1100", None, "procedure"), ("D0120", None, "procedure"),
        ("0DTJ4ZZ", None, "procedure"), ("XW03351", None, "procedure"), ("B2111ZZ", None, "procedure"), ("0210083", None, "procedure"),
        ("E11.9", None, "diagnosis"), ("E119", None, "diagnosis"), ("I10", None, "diagnosis"), ("S82201A", None, "diagnosis"),
        ("H401111", None, "diagnosis"), ("M17.11", None, "diagnosis"), ("M1711", None, "diagnosis"), ("K2190", None, "diagnosis"),
        ("F3290", None, "diagnosis"), ("C7A00", None, "diagnosis"), ("E1165", None, "procedure"), ("E1165", "diagnosis", "diagnosis"),
        ("25", None, "modifier"), ("LT", None, "modifier"), ("470", None, "procedure"), ("470", "drg", "drg"), ("01", "discharge", "discharge"),
        ("Y", "poa", "poa"), ("strange", None, "procedure"),
    ],
)  # fmt: skip
def test_the_kind_is_told_from_the_code_or_said(code: str, said: str | None, kind: str) -> None:
    item = pl.DataFrame({"review_token": ["r"], "code": [code], "said_kind": pl.Series([said], dtype=pl.String)})
    assert with_kinds(item)["kind"].to_list() == [kind]


def test_a_letter_with_four_digits_is_a_diagnosis_beside_one_of_its_category() -> None:
    table = lists("E1165; J1100", "E11.65; J1100")
    assert table.select("code_kind", "coder_code", "auditor_code", "verdict_code").rows() == [
        ("procedure", "J1100", "J1100", "same"), ("diagnosis", "E11.65", "E11.65", "same")]  # fmt: skip


def test_the_worked_example() -> None:
    """Coder 5 codes, auditor 6, 4 match, 1 is wrong and 2 are missed: A1 4/6, A2 4/5 (coder_accuracy 4.1)."""
    table = lists("99213; 36415; I10; E11.9; Z79.4", "99213; 36415; I10; E11.9; 80053; 85025")
    assert counts(table) == (5, 6, 4)
    assert errors(table) == [(None, "80053", "PX_MISSED"), (None, "85025", "PX_MISSED"), ("Z79.4", None, "DX_UNSUPPORTED")]
    replaced = by_rows(
        ("99213", "99213"), ("36415", "36415"), ("I10", "I10"), ("E11.9", "E11.9"), ("Z79.4", None), (None, "80053"), (None, "N18.30")
    )
    assert counts(replaced) == (5, 6, 4)
    assert errors(replaced) == [(None, "80053", "PX_MISSED"), (None, "N18.30", "DX_MISSED"), ("Z79.4", None, "DX_UNSUPPORTED")]


@pytest.mark.parametrize(
    ("coder", "auditor", "error", "difference"),
    [
        ("99214", "99213", "EM_OVER1", 1), ("99215", "99213", "EM_OVER2", 2), ("99212", "99213", "EM_UNDER1", -1), ("99211", "99215", "EM_UNDER2", -4),
        ("99203", "99213", "EM_CATEGORY", None), ("99223", "99222", "EM_OVER1", 1), ("99344", "99342", "EM_OVER1", 1), ("99284", "99213", "EM_CATEGORY", None),
        ("99395", "99396", "EM_CATEGORY", None), ("85025", "85027", "PX_WRONG", None), ("J1100", "J1100 x4", "UNITS", None), ("J1100 x2", "J1100 x4", "UNITS", None),
        ("99213", "99213-25", "MOD_MISSING", 0), ("99213-25", "99213-25-59", "MOD_MISSING", 0), ("99213-59", "99213-25", "MOD_WRONG", 0), ("99213-25", "99213", "MOD_WRONG", 0),
        ("97110-59 x2", "97110-GP x3", "MOD_WRONG", None), ("99214-25", "99213", "EM_OVER1", 1), ("DRG 470", "MS-DRG 469", "DRG", None), ("DISCH 01", "DISCH 06", "DISCH_STATUS", None),
        ("E11", "E11.65", "DX_SPECIFICITY", None), ("E11.9", "E11.65", "DX_SPECIFICITY", None), ("M17.9", "M1711", "DX_SPECIFICITY", None), ("M25.50", "M25.511", "DX_SPECIFICITY", None),
        ("J45.909", "J45.41", "DX_SPECIFICITY", None), ("E11.65", "E11.9", "DX_WRONG", None), ("M17.11", "M17.12", "DX_WRONG", None), ("A00.0", "A00.1", "DX_WRONG", None),
        ("M17.11", "M17.1", "DX_WRONG", None), ("R07.9", "K21.9", "DX_WRONG", None),
    ],
)  # fmt: skip
def test_a_changed_code_is_one_error(coder: str, auditor: str, error: str, difference: int | None) -> None:
    table = lists(coder, auditor)
    assert table.select("error_code", "level_difference").rows() == [(error, difference)]
    assert counts(table)[2] == 0


@pytest.mark.parametrize(("coder", "auditor"), [("99213 25 59", "99213-59, 25"), ("J1100 X 2", "j1100*2"), ("97110(2)", "97110 2 units"), ("99213,25; M1711", "99213-25 M17.11"), ("J1100", "J1100 x1"), ("99213-X2", "99213/X2")])  # fmt: skip
def test_the_same_codes_written_otherwise_are_the_same(coder: str, auditor: str) -> None:
    table = lists(coder, auditor)
    assert errors(table) == []
    assert counts(table)[0] == counts(table)[1] == counts(table)[2] > 0


def test_missed_and_extra_codes() -> None:
    assert errors(lists("99213; 36415", "99213; I10")) == [("36415", None, "PX_UNSUPPORTED"), (None, "I10", "DX_MISSED")]
    assert errors(lists("NONE", "99213; I10")) == [(None, "99213", "PX_MISSED"), (None, "I10", "DX_MISSED")]


def test_equal_codes_go_together_before_codes_that_differ_in_modifiers() -> None:
    assert errors(lists("97110-59", "97110-25; 97110-59")) == [(None, "97110-25", "PX_MISSED")]


def test_of_equal_codes_the_one_alone_in_its_row_is_matched() -> None:
    for given_rows in (((None, "36415"), ("36415", None), ("99213", "36415")), (("99213", "36415"), ("36415", None), (None, "36415"))):
        assert errors(by_rows(*given_rows)) == [("99213", "36415", "PX_WRONG")]


def test_close_codes_go_together_before_codes_of_the_same_place() -> None:
    table = lists("99213; 45380; I10", "99213; 20610; 45385; I10")
    assert errors(table) == [(None, "20610", "PX_MISSED"), ("45380", "45385", "PX_WRONG")]
    assert errors(lists("I10; R07.9; Z79.4", "I10; K21.9; Z79.4")) == [("R07.9", "K21.9", "DX_WRONG")]
    assert errors(lists("E11.9; E11.40", "E11.42; E11.9")) == [("E11.40", "E11.42", "DX_SPECIFICITY")]


def test_a_code_there_twice_is_matched_twice_at_most() -> None:
    table = lists("97110; 97110-59", "97110-59; 97110-59; 97110-59")
    assert errors(table) == [("97110", "97110-59", "MOD_MISSING"), (None, "97110-59", "PX_MISSED")]
    assert counts(table) == (2, 3, 1)


@pytest.mark.parametrize(
    ("coder", "auditor", "found"),
    [
        ("E11.9; I10; Z79.4", "I10; E11.9; Z79.4", [("I10", "I10", "DX_SEQUENCE")]),
        ("I10; Z79.4; E11.9", "I10; E11.9; Z79.4", []),
        ("99213; I10", "I10; 99213", []),
        ("R07.9; I10", "K21.9; I10", [("R07.9", "K21.9", "DX_WRONG")]),
        ("Z79.4; I10", "I10", [("Z79.4", None, "DX_UNSUPPORTED")]),
        ("I10; E11.9", "N18.30; E11.9; I10", [(None, "N18.30", "DX_MISSED")]),
    ],
)
def test_only_the_first_listed_diagnosis_counts_in_order(coder: str, auditor: str, found: list) -> None:
    assert errors(lists(coder, auditor)) == found


def test_rows_keep_the_pairs_of_the_sheet() -> None:
    assert errors(by_rows(("20610", "96372"), ("R07.9", "K21.9"))) == [("20610", "96372", "PX_WRONG"), ("R07.9", "K21.9", "DX_WRONG")]
    assert errors(by_rows(("20610", None), (None, "96372"))) == [("20610", None, "PX_UNSUPPORTED"), (None, "96372", "PX_MISSED")]
    assert errors(by_rows(("45380", None), (None, "45123"))) == [("45380", None, "PX_UNSUPPORTED"), (None, "45123", "PX_MISSED")][::-1]
    assert errors(by_rows(("99214", None), (None, "99213"))) == [("99214", "99213", "EM_OVER1")]
    assert errors(by_rows(("99213", "G0439"))) == [("99213", "G0439", "PX_WRONG")]
    assert errors(by_rows(("99213", "I10"))) == [("99213", None, "PX_UNSUPPORTED"), (None, "I10", "DX_MISSED")]
    assert errors(by_rows(("36415", "85025"), ("85025", "36415"))) == [], "columns that only stand beside each other"


def test_rows_without_places_say_nothing_of_order() -> None:
    swapped = (("E11.9", "I10"), ("I10", "E11.9"))
    assert errors(by_rows(*swapped)) == []
    assert errors(by_rows(*swapped, position_no=[1, 2])) == [("I10", "I10", "DX_SEQUENCE")]
    assert errors(by_rows(*swapped, ("Z79.4", "Z79.4"), position_no=[1, 2, None])) == [], "the third may be the first"


def test_inpatient_rows_are_errors_of_no_code() -> None:
    table = by_rows(
        ("I10", "I10"),
        ("Y", "N"),
        ("01", "06"),
        ("470", "469"),
        ("25", "59"),
        (None, "GP"),
        code_kind=["diagnosis", "poa", "discharge", "drg", None, "modifier"],
    )
    assert table.select("code_kind", "error_code").rows() == [
        ("diagnosis", None), ("modifier", "MOD_WRONG"), ("modifier", "MOD_MISSING"), ("drg", "DRG"), ("poa", "POA"), ("discharge", "DISCH_STATUS")]  # fmt: skip
    assert counts(table) == (2, 2, 1)


def test_modifiers_and_units_of_their_own_columns() -> None:
    table = by_rows(
        ("99213", "99213"),
        ("J1100", "J1100"),
        coder_modifiers=["59, 25", None],
        auditor_modifiers=["25;59", None],
        auditor_units=[None, Decimal(2)],
    )
    assert table.select("verdict_code", "coder_code", "auditor_code").rows() == [
        ("same", "99213-25-59", "99213-25-59"),
        ("units", "J1100", "J1100 x2"),
    ]


def test_dollars_are_counted_once() -> None:
    """A row without a coder's code gives its difference to the auditor's; the sums are those of the sheet."""
    table = by_rows(
        ("99214", "36415"), ("36415", "85025"), (None, "99213"),
        allowed_delta_amount=[Decimal(10), Decimal(3), Decimal(-4)], auditor_allowed_amount=[Decimal(5), Decimal(7), Decimal(90)],
    )  # fmt: skip
    assert table.select("coder_code", "auditor_code", "allowed_delta_amount", "auditor_allowed_amount").rows() == [
        ("99214", "99213", Decimal("6.00"), Decimal("90.00")), ("36415", "36415", Decimal("3.00"), Decimal("5.00")),
        (None, "85025", None, Decimal("7.00")),
    ]  # fmt: skip
    assert (table["allowed_delta_amount"].sum(), table["auditor_allowed_amount"].sum()) == (Decimal("9.00"), Decimal("102.00"))


def test_rows_go_before_lists_and_one_list_alone_is_not_compared() -> None:
    assert errors(compared_codes(reviews(review("r", "99215", "99211")), rows(("99213", "99213")))) == []
    assert compared_codes(reviews(review("r", "99215", None), review("s", None, "99215")), NOTHING).is_empty()
    assert compared_codes(reviews(review("s")), rows(("99213", "99213"))).is_empty(), "rows of a review that is not there"


def test_families() -> None:
    assert lists("99213; 36415; E11.9; DRG 470; 0DTJ4ZZ", "99213; 36415; E11.9; DRG 470; 0DTJ4ZZ")["code_family"].to_list() == [
        "evaluation_management", "surgery", "unknown", "E", "drg"]  # fmt: skip


CODES = st.sampled_from(
    [
        "99213",
        "99214",
        "99203",
        "99395",
        "36415",
        "85025",
        "85027",
        "J1100",
        "J1100 x2",
        "97110-59",
        "97110",
        "I10",
        "E11.9",
        "E11.65",
        "E1165",
        "M17.11",
        "M17.9",
        "DRG 470",
        "DRG 469",
        "0DTJ4ZZ",
    ]
)
CHART = st.lists(CODES, max_size=7)


def plain(codes: pl.Series) -> list[str]:
    return sorted(code.replace(".", "").replace("DRG ", "") for code in codes.drop_nulls())


@settings(deadline=None, max_examples=60)
@given(CHART, CHART)
def test_every_code_of_both_lists_is_there_exactly_once(coder: list[str], auditor: list[str]) -> None:
    table = lists("; ".join(coder) or "NONE", "; ".join(auditor) or "NONE")
    assert plain(table["coder_code"]) == plain(pl.Series(coder, dtype=pl.String))
    assert plain(table["auditor_code"]) == plain(pl.Series(auditor, dtype=pl.String))
    if coder or auditor:
        assert counts(table)[:2] == (len(coder), len(auditor))
        assert counts(table)[2] == (table["verdict_code"] == "same").sum()
    assert table["error_code"].is_null().to_list() == (table["verdict_code"] == "same").to_list()


@settings(deadline=None, max_examples=40)
@given(CHART)
def test_a_chart_against_itself_is_right(chart: list[str]) -> None:
    text = "; ".join(chart) or "NONE"
    assert errors(lists(text, text)) == []


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.none() | CODES, st.none() | CODES).filter(any), min_size=1, max_size=6), st.randoms())
def test_the_order_of_rows_without_places_makes_no_difference(pairs: list[tuple], rng: object) -> None:
    shuffled = pairs.copy()
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    assert by_rows(*pairs).equals(by_rows(*shuffled))


@pytest.mark.parametrize(("coder", "auditor"), [("J1100x2", "J1100 x2"), ("20610RT", "20610-RT"), ("99213X3", "99213 x3")])
def test_units_and_sides_may_be_written_without_a_blank(coder: str, auditor: str) -> None:
    found = lists(coder, auditor)
    assert found["verdict_code"].to_list() == ["same"]
    assert found["code_kind"].item() != "diagnosis"
