"""Queries counted by hand: how old, how often they changed anything, and who settled them against the authority matrix."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rcm_pipeline.coding.escalations import decisions_by_authority, mart_escalation_aging
from rcm_pipeline.settings import ClientSettings, Timeliness
from rcm_pipeline.weeks import Week
from schemas.contract import row_rules, widened
from schemas.registry import CONTRACTS
from schemas.vocabulary.coding import ESCALATION_REASONS
from tests.unit.golden_world import raw_tables

ANCHOR = dt.date(2026, 11, 16)
LAST = dt.date(2026, 11, 22)
AGREED = Timeliness(escalation_days=5)
MATRIX = {"Write Off": ["Client Manager", "supervisor"], "code change": ["coding lead"], "refund": []}
MART = CONTRACTS["mart_escalation_aging"]


def ago(days: int) -> dt.date:
    return LAST - dt.timedelta(days=days)


def query(
    name: str, sent: int, answered: int | None = None, outcome: str | None = None, reason: str = "chart_support", **more: object
) -> dict:
    """A query sent and answered so many days before the last day."""
    return {
        "escalation_token": name, "claim_token": "c", "sent_date": ago(sent), "reason_code": reason,
        "answered_date": None if answered is None else ago(answered), "outcome_code": outcome,
    } | more  # fmt: skip


def decision(
    name: str, escalation: str | None, role: str = "coder", subject: str | None = "write off", days: int = 3, **more: object
) -> dict:
    return {
        "decision_token": name, "escalation_token": escalation, "decided_date": ago(days), "role_code": role, "subject_code": subject,
        "outcome_code": "Changed",
    } | more  # fmt: skip


def frame(rows: list[dict], table: str) -> pl.DataFrame:
    if not rows:
        return widened(pl.DataFrame(), CONTRACTS[table]).clear()
    numbered = [{"file_id": "f", "row_no": n} | r for n, r in enumerate(rows, start=2)]
    return widened(pl.DataFrame(numbered, infer_schema_length=None), CONTRACTS[table])


def aging(
    queries: list[dict], decisions: list[dict] | None = None, matrix: dict | None = None, anchor: dt.date | None = ANCHOR
) -> pl.DataFrame:
    told = frame(queries, "raw_escalations"), frame(decisions or [], "raw_decisions")
    settings = ClientSettings(timeliness=AGREED, authority=MATRIX if matrix is None else matrix)
    return mart_escalation_aging(*told, week=anchor and Week(anchor), settings=settings)


def row(table: pl.DataFrame, reason: str = "all") -> dict:
    return table.filter(pl.col("reason_code") == reason).row(0, named=True)


WORLD = [
    query("a", 40, 35, "Changed"),  # after 5 days: in time
    query("b", 40, 34, "no change"),  # after 6: late
    query("c", 20, 20, "corrected", "payer_logic"),  # the same day
    query("d", 30, 10, None, "payer_logic"),  # answered, nobody says with what
    query("e", 5, None),  # open for 5 days: not overdue
    query("f", 6, None, None, "diagnosis_detail"),  # open for 6: overdue
    query("g", 120, None),  # sent before the 13 weeks, and open all the same
    query("h", 120, 2, "Changed"),  # sent before them, answered in them
]


def test_the_world_counted_by_hand() -> None:
    table = aging(WORLD)
    assert table["reason_code"].to_list() == [*ESCALATION_REASONS, "all"]
    counted = (
        "sent_count",
        "answered_count",
        "in_time_count",
        "changed_count",
        "open_count",
        "overdue_count",
        "oldest_days",
        "answer_days",
    )
    assert [tuple(row(table, reason)[c] for c in counted) for reason in table["reason_code"]] == [
        (3, 2, 1, 1, 2, 1, 120, 5.5),
        (1, 0, 0, 0, 1, 1, 6, None),
        (2, 2, 1, 1, 0, 0, None, 10.0),
        (0, 0, 0, 0, 0, 0, None, None),
        (0, 0, 0, 0, 0, 0, None, None),
        (6, 4, 2, 2, 3, 2, 120, 5.5),  # 0, 5, 6 and 20 days: the middle is 5.5
    ]
    every = row(table)
    assert every["precision"] == 0.5
    assert (every["low"], every["high"]) == (pytest.approx(0.1500, abs=5e-5), pytest.approx(0.8500, abs=5e-5))  # Wilson, 2 of 4
    assert row(table, "other")["precision"] is None


def test_the_thirteen_weeks_and_the_last_day() -> None:
    table = aging([query("a", 90), query("b", 91), query("c", 0, -1), query("d", -1)])
    assert (row(table)["sent_count"], row(table)["open_count"], row(table)["answered_count"]) == (2, 3, 0)


def test_a_query_delivered_again_counts_once_answered_where_either_says_so() -> None:
    rows = [query("a", 10, 8, "Changed"), query("a", 10), query("a", 10, 8, "Changed")]
    for files in (("x", "y", "z"), ("z", "y", "x")):
        table = aging([r | {"file_id": file} for r, file in zip(rows, files, strict=True)])
        assert (row(table)["sent_count"], row(table)["answered_count"], row(table)["open_count"]) == (1, 1, 0)


def test_an_answer_dated_before_the_question_took_no_days() -> None:
    assert (row(aging([query("a", 5, 9, "x")]))["answer_days"], row(aging([query("a", 5, 9, "x")]))["in_time_count"]) == (0, 1)


def decided(decisions: list[dict], matrix: dict | None = None) -> tuple[int, int]:
    found = row(aging(WORLD, decisions, matrix))
    return found["decided_count"], found["outside_count"]


@pytest.mark.parametrize(
    ("given_decision", "expected"),
    [
        (decision("1", "a"), (1, 1)),  # a coder may not write off
        (decision("1", "a", "client manager"), (1, 0)),
        (decision("1", "a", " CLIENT_manager", "write-OFF "), (1, 0)),
        (decision("1", "a", "coding lead", "code change"), (1, 0)),
        (decision("1", "a", "coding lead"), (1, 1)),  # may change codes, not write off
        (decision("1", "a", "client manager", "refund"), (1, 1)),  # nobody may
        (decision("1", "a", "coder", "payer rule"), (0, 0)),  # the matrix does not say
        (decision("1", "a", "coder", None), (0, 0)),
        (decision("1", "a", "other"), (0, 0)),  # a role the door hid
        (decision("1", None), (0, 0)),
        (decision("1", "unknown"), (0, 0)),
        (decision("1", "a", days=90), (1, 1)),
        (decision("1", "a", days=91), (0, 0)),
        (decision("1", "a", days=-1), (0, 0)),
    ],
)
def test_who_may_decide_what(given_decision: dict, expected: tuple[int, int]) -> None:
    assert decided([given_decision]) == expected


def test_without_a_matrix_nothing_is_judged() -> None:
    assert decided([decision("1", "a")], {}) == (0, 0)


def test_two_spellings_of_one_subject_add_up() -> None:
    assert decided([decision("1", "a")], {"write off": ["supervisor"], "WRITE_OFF": ["Coder"]}) == (1, 0)


def test_the_last_decision_of_a_query_counts() -> None:
    wrong, right = decision("1", "a", days=5), decision("2", "a", "supervisor", days=4)
    assert decided([wrong, right]) == (1, 0)
    assert decided([right, wrong | {"decided_date": ago(3)}]) == (1, 1)
    assert decided([wrong, decision("2", "a", "coder", "payer rule", days=4)]) == (0, 0)  # what settled it is not in the matrix


def test_decisions_by_role_name_what_settles_no_query_too() -> None:
    told = [
        decision("1", "a"),
        decision("2", "b", "Coder", "Write Off"),
        decision("3", None),
        decision("4", "c", "supervisor"),
        decision("4", "c", "supervisor"),
    ]
    table = decisions_by_authority(frame(told, "raw_decisions"), MATRIX, Week(ANCHOR))
    assert table.rows() == [
        ("write off", "coder", "Client Manager, supervisor", True, 3, 2),
        ("write off", "supervisor", "Client Manager, supervisor", False, 1, 1),
    ]
    assert decisions_by_authority(frame(told, "raw_decisions"), {}, Week(ANCHOR)).is_empty()
    assert decisions_by_authority(frame(told, "raw_decisions"), MATRIX, None).is_empty()


def test_nothing_known_no_rows() -> None:
    assert aging([]).is_empty()
    assert aging(WORLD, anchor=None).is_empty()
    assert aging([query("a", -3)]).is_empty()


_query = st.tuples(
    st.sampled_from("abcdef"), st.integers(-5, 150), st.none() | st.integers(-5, 150), st.sampled_from(["Changed", "Confirmed", "?", None]),
    st.sampled_from(ESCALATION_REASONS),
)  # fmt: skip
_decision = st.tuples(
    st.sampled_from("123456"), st.sampled_from(["a", "b", "c", None]), st.sampled_from(["coder", "supervisor", "other"]),
    st.sampled_from(["write off", "code change", None]), st.integers(-5, 150),
)  # fmt: skip


@settings(deadline=None)  # others work on the machine
@given(st.lists(_query, max_size=10), st.lists(_decision, max_size=6))
def test_whatever_comes_the_contract_holds_and_all_is_the_sum(queries: list[tuple], decisions: list[tuple]) -> None:
    told = [query(*q) for q in queries], [decision(*d) for d in decisions]
    table = aging(*told)
    for rule, (_, passes) in row_rules(MART).items():
        assert table.filter(~passes).is_empty(), rule
    counted = [c for c in table.columns if c.endswith("_count")]
    is_all = pl.col("reason_code") == "all"
    assert table.filter(is_all).select(counted).equals(table.filter(~is_all).select(counted).sum()) or table.is_empty()
    assert table.filter(pl.col("changed_count") + pl.col("in_time_count") > 2 * pl.col("answered_count")).is_empty()
    assert table.filter(pl.col("outside_count") > pl.col("decided_count")).is_empty()
    assert table.equals(aging(told[0] * 2, told[1] * 2))


def test_all_is_what_m28_says_of_the_golden_world() -> None:
    """Its M28 is 3 sent, 1 overdue of 1 open, 1 changed of 2 answered (test_metrics_golden.py)."""
    asked = raw_tables()["raw_escalations"]
    every = row(mart_escalation_aging(asked, frame([], "raw_decisions"), week=Week(ANCHOR), settings=ClientSettings(timeliness=AGREED)))
    assert tuple(every[f"{c}_count"] for c in ("sent", "overdue", "open", "changed", "answered")) == (3, 1, 1, 1, 2)
