"""QA meets denials, counted by hand: escapes, what a finding foretells, coders held against others of the same payer."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rcm_pipeline.coding.coding_denials import mart_coding_denials
from rcm_pipeline.weeks import Week
from schemas.contract import row_rules, widened
from schemas.registry import CONTRACTS

ANCHOR = dt.date(2026, 11, 16)
DECIDED, REVIEWED = dt.date(2026, 10, 8), dt.date(2026, 9, 17)
TABLES = (
    "core_qa_reviews", "core_qa_findings", "core_claim_lineages", "core_adjudicated_lines", "mart_denial_outcomes", "raw_coded_encounters",
)  # fmt: skip


def claim(name: str, denied: str = "", coder: str = "C1", **more: object) -> dict:
    """One claim as the tables know it: denied for that cause or not, its chart reviewed, found wrong in these categories."""
    return {
        "name": name, "denied": denied, "coder": coder, "payer": "P1", "specialty": "ED", "sequence": "P", "decided": DECIDED,
        "disposition": "denied_full" if denied else "paid", "reviewed": None, "found": [], "overturned": [], "kind": "first",
        "stratum": "random", "right": None,
    } | more  # fmt: skip


def tables(claims: list[dict]) -> dict[str, pl.DataFrame]:
    reviewed = [c for c in claims if c["reviewed"]]
    rows: dict[str, list[dict]] = {
        "core_qa_reviews": [
            {
                "review_token": f"r{c['name']}", "claim_token": c["name"], "lineage_id": c["name"], "coder_id": c["coder"],
                "review_date": c["reviewed"], "kind_code": c["kind"], "stratum_code": c["stratum"],
                "is_right": not c["found"] if c["right"] is None else c["right"],
            }
            for c in reviewed
        ],
        "core_qa_findings": [
            {"review_token": f"r{c['name']}", "error_code": code, "is_counted": counted}
            for c in reviewed
            for counted, codes in ((True, c["found"]), (False, c["overturned"]))
            for code in codes
        ],
        "core_claim_lineages": [
            {
                "lineage_id": c["name"], "claim_token": c["name"], "payer_id": c["payer"], "coder_id": c["coder"],
                "sequence_code": c["sequence"],
            }
            for c in claims
        ],
        "core_adjudicated_lines": [
            {
                "lineage_id": c["name"], "answer_id": c["name"], "payer_id": c["payer"], "is_first": c["disposition"] != "undecided",
                "disposition": c["disposition"], "adjudication_date": c["decided"],
            }
            for c in claims
        ],
        "mart_denial_outcomes": [
            {"lineage_id": c["name"], "root_cause": c["denied"], "denied_date": c["decided"], "is_initial": True} for c in claims if c["denied"]
        ],
        "raw_coded_encounters": [
            {"file_id": "f", "row_no": n, "claim_token": c["name"], "coded_date": REVIEWED, "specialty": c["specialty"]}
            for n, c in enumerate(claims, start=2)
        ],
    }  # fmt: skip
    return {name: widened(pl.DataFrame(rows[name], infer_schema_length=None), CONTRACTS[name]) for name in TABLES}


def lazy(known: dict[str, pl.DataFrame]) -> list[pl.LazyFrame]:
    return [table.lazy() for table in known.values()]


def denials(*claims: dict) -> pl.DataFrame:
    return mart_coding_denials(*lazy(tables(list(claims))), week=Week(ANCHOR))


def counts(table: pl.DataFrame, measure: str, scope: str = "all") -> tuple:
    row = table.filter((pl.col("measure_code") == measure) & (pl.col("scope_id") == scope))
    return row.select("numerator", "denominator", "other_numerator", "other_denominator").row(0)


def qa(name: str, denied: str = "", **more: object) -> dict:
    return claim(name, denied, reviewed=REVIEWED, **more)


WORLD = [
    qa("a"), qa("b"), qa("c", "coding"), qa("d", "authorization"),  # passed: one of four denied for coding
    qa("e", "coding", found=["UNITS"]), qa("f", found=["UNITS", "MOD_WRONG"]), qa("g", "coding", found=["MOD_WRONG", "MOD_WRONG"]),
    qa("h", "coding", overturned=["UNITS"]), qa("i", right=False),  # no finding that counts; i has other codes all the same
    claim("j", "coding", coder="C2"), claim("k", coder="C2"), claim("l", coder="C2"),
]  # fmt: skip


def test_the_world_counted_by_hand() -> None:
    table = denials(*WORLD)
    assert counts(table, "escape") == (2, 5, None, None)  # c and h of a, b, c, d, h
    assert counts(table, "finding_lift") == (2, 3, 2, 6)  # e, g of e, f, g; c, h of a, b, c, d, h, i
    assert counts(table, "category", "UNITS") == (1, 2, 1, 1)  # e, f against g
    assert counts(table, "category", "MOD_WRONG") == (1, 2, 1, 1)
    assert counts(table, "coder", "C1") == (4, 9, 1, 3)
    assert counts(table, "coder", "C2") == (1, 3, 4, 9)
    assert table.height == 6


def test_rates_carry_their_intervals() -> None:
    table = denials(*WORLD)
    row = table.filter(pl.col("measure_code") == "finding_lift").row(0, named=True)
    assert row["denial_rate"] == pytest.approx(2 / 3)
    assert (row["low"], row["high"]) == (pytest.approx(0.2077, abs=5e-5), pytest.approx(0.9385, abs=5e-5))  # Wilson by hand
    assert row["lift"] == pytest.approx(2.0)
    assert row["lift_low"] < 1 < row["lift_high"]
    escape = table.filter(pl.col("measure_code") == "escape").row(0, named=True)
    assert (escape["denial_rate"], escape["lift"], escape["lift_high"]) == (0.4, None, None)


@pytest.mark.parametrize(
    "left_out",
    [
        {"reviewed": DECIDED},  # looked at when the answer was there
        {"stratum": "risk"},
        {"kind": "second"},
        {"kind": "calibration"},
        {"kind": "reaudit"},
        {"reviewed": dt.date(2026, 11, 23), "decided": dt.date(2026, 11, 24)},  # after the anchor week
        {"decided": dt.date(2025, 11, 23)},  # 52 weeks and a day before its end
        {"disposition": "undecided", "denied": ""},
        {"decided": None, "denied": ""},
        {"sequence": "S"},
    ],
)
def test_what_is_no_escape(left_out: dict) -> None:
    one = qa("x", "coding") | left_out
    assert denials(one).filter(pl.col("measure_code") == "escape").is_empty()
    assert counts(denials(qa("y"), one), "escape") == (0, 1, None, None)


def test_the_window_holds_fifty_two_weeks() -> None:
    edge = {"decided": dt.date(2025, 11, 24), "reviewed": dt.date(2025, 11, 1)}
    assert counts(denials(claim("x", "coding", **edge)), "escape") == (1, 1, None, None)
    assert counts(denials(qa("x", "coding") | {"decided": dt.date(2026, 11, 22)}), "escape") == (1, 1, None, None)


def test_a_claim_reviewed_twice_counts_once_by_the_last_review_before_the_decision() -> None:
    given_tables = tables([qa("x", "coding", found=["UNITS"])])
    again = [
        {"review_token": token, "lineage_id": "x", "claim_token": "x", "coder_id": "C1", "review_date": day, "kind_code": "first",
         "stratum_code": "random", "is_right": True}
        for token, day in (("r2", dt.date(2026, 9, 20)), ("r3", dt.date(2026, 10, 9)))
    ]  # fmt: skip
    more = widened(pl.DataFrame(again), CONTRACTS["core_qa_reviews"])
    given_tables["core_qa_reviews"] = pl.concat([given_tables["core_qa_reviews"], more])
    table = mart_coding_denials(*lazy(given_tables), week=Week(ANCHOR))
    assert counts(table, "escape") == (1, 1, None, None)
    assert table.filter(pl.col("measure_code") == "finding_lift").is_empty()


def test_a_coder_is_held_against_others_of_the_same_payer_and_specialty() -> None:
    """C1 has the strict payer and C2 the mild one; where both code for it, they are denied alike."""
    strict = [claim(f"s{n}", "coding" if n % 2 else "", payer="STRICT") for n in range(40)]
    shared = [claim(f"t{n}", "coding" if n % 2 else "", coder="C2", payer="STRICT") for n in range(10)]
    mild = [claim(f"m{n}", "", coder="C2") for n in range(40)]
    elsewhere = [claim("z", "coding", coder="C2", specialty="Radiology")]
    table = denials(*strict, *shared, *mild, *elsewhere)
    assert counts(table, "coder", "C1") == (20, 40, 5, 10)
    assert table.filter(pl.col("scope_id") == "C1")["lift"].item() == pytest.approx(1.0)
    # alone at MILD and in radiology: these count in the rate and say nothing of the lift
    assert counts(table, "coder", "C2") == (6, 51, 20, 40)
    assert table.filter(pl.col("scope_id") == "C2")["lift"].item() == pytest.approx(1.0)


def test_the_only_coder_has_a_rate_and_no_lift() -> None:
    row = denials(claim("x", "coding"), claim("y"), claim("z", coder=None)).row(0, named=True)
    assert (row["numerator"], row["denominator"], row["other_denominator"], row["lift"]) == (1, 2, 0, None)


def test_nothing_known_no_rows() -> None:
    nothing = {name: widened(pl.DataFrame(), CONTRACTS[name]).clear() for name in TABLES}
    assert mart_coding_denials(*lazy(nothing), week=Week(ANCHOR)).is_empty()


_claim = st.fixed_dictionaries(
    {
        "denied": st.sampled_from(["", "coding", "authorization"]),
        "coder": st.sampled_from(["C1", "C2", "C3", None]),
        "payer": st.sampled_from(["P1", "P2", None]),
        "reviewed": st.sampled_from([None, REVIEWED, DECIDED]),
        "found": st.lists(st.sampled_from(["UNITS", "DRG", "POA"]), max_size=2),
    }
)


@settings(deadline=None)  # what it takes on a busy machine says nothing
@given(st.lists(_claim, max_size=25))
def test_whatever_comes_the_contract_holds_and_every_claim_counts_once(given_claims: list[dict]) -> None:
    claims = [claim(str(n), **more) for n, more in enumerate(given_claims)]
    table = denials(*claims)
    assert table.filter(pl.col("numerator") > pl.col("denominator")).is_empty()
    for rule, (_, passes) in row_rules(CONTRACTS["mart_coding_denials"]).items():
        assert table.filter(~passes).is_empty(), rule
    coders = table.filter(pl.col("measure_code") == "coder")
    assert coders["denominator"].sum() == sum(c["coder"] is not None for c in claims)
    lift = table.filter(pl.col("measure_code") == "finding_lift")
    reviewed = sum(c["reviewed"] == REVIEWED for c in claims)
    assert lift.select(pl.col("denominator") + pl.col("other_denominator")).sum().item() in (0, reviewed)
