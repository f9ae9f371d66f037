"""The feedback loop counted by hand: told, acknowledged, acted on, looked at again, settled or back."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rcm_pipeline.coding.feedback import SETTLED_CHARTS, mart_coding_feedback
from rcm_pipeline.weeks import Week
from schemas.contract import row_rules, widened
from schemas.registry import CONTRACTS

ANCHOR = dt.date(2026, 11, 16)
SPRING, ACTED, AUTUMN = dt.date(2026, 5, 4), dt.date(2026, 7, 1), dt.date(2026, 9, 7)
MART = CONTRACTS["mart_coding_feedback"]


def chart(name: str, day: dt.date, *found: str, coder: str = "C1", **more: object) -> dict:
    """A reviewed chart with the categories found wrong in it."""
    return {
        "review_token": name, "claim_token": name, "coder_id": coder, "review_date": day, "kind_code": "first",
        "stratum_code": "random", "is_right": not found, "found": found, "is_counted": True, "coded": None,
    } | more  # fmt: skip


def action(
    review: str, code: str | None = "UNITS", *, told: dt.date | None = None, done: dt.date | None = None, what: str | None = None
) -> dict:
    return {"review_token": review, "error_code": code, "acknowledged_date": told, "action_code": what, "action_date": done}


def frame(rows: list[dict], table: str) -> pl.DataFrame:
    if not rows:
        return widened(pl.DataFrame(), CONTRACTS[table]).clear()
    return widened(
        pl.DataFrame([{"file_id": "f", "row_no": n} | r for n, r in enumerate(rows, start=2)], infer_schema_length=None), CONTRACTS[table]
    )


def feedback(charts: list[dict], actions: list[dict] | None = None, anchor: dt.date | None = ANCHOR) -> pl.DataFrame:
    found = [c | {"error_code": code} for c in charts for code in c["found"]]
    logged = [c | {"coded_date": c["coded"]} for c in charts if c["coded"]]
    return mart_coding_feedback(
        frame([{k: v for k, v in c.items() if k != "found"} for c in charts], "core_qa_reviews"),
        frame([{k: v for k, v in c.items() if k != "found"} for c in found], "core_qa_findings"),
        frame(actions or [], "raw_qa_actions"),
        frame([{k: v for k, v in c.items() if k != "found"} for c in logged], "raw_coded_encounters"),
        week=anchor and Week(anchor),
    )


def only(table: pl.DataFrame) -> dict:
    assert table.height == 1
    return table.row(0, named=True)


def counts(row: dict) -> tuple:
    return tuple(row[f"{side}_{what}_count"] for side in ("before", "after") for what in ("error", "chart"))


def many(number: int, day: dt.date, *found: str, start: int = 0, **more: object) -> list[dict]:
    return [chart(f"{day:%m%d}{n}", day, *found, **more) for n in range(start, start + number)]


def test_from_open_to_acknowledged_to_acted() -> None:
    charts = [chart("a", SPRING, "UNITS"), chart("b", SPRING, "UNITS", "UNITS"), chart("c", SPRING), chart("d", SPRING, "DRG", coder="C2")]
    table = feedback(charts, [action("a", told=SPRING)])
    assert table.select("coder_id", "error_code", "finding_count", "acknowledged_count", "state").rows() == [
        ("C1", "UNITS", 3, 1, "open"),
        ("C2", "DRG", 1, 0, "open"),
    ]
    both = [action("a", told=SPRING), action("b", told=ACTED)]
    row = only(feedback(charts[:3], both))
    assert (row["acknowledged_count"], row["state"], row["first_date"], counts(row)) == (3, "acknowledged", SPRING, (2, 3, 0, 0))
    row = only(feedback(charts[:3], [*both, action("b", done=ACTED, what="training")]))
    assert (row["state"], row["action_code"], row["action_date"], row["change"]) == ("acted", "training", ACTED, None)


def test_thirty_charts_without_it_settle_it_and_one_with_it_is_a_recurrence() -> None:
    before = many(10, SPRING, "UNITS") + many(30, SPRING, start=10)
    actions = [action("05040", told=SPRING, done=ACTED, what="training")]
    after = many(SETTLED_CHARTS, AUTUMN)
    row = only(feedback(before + after, actions))
    assert (row["state"], counts(row)) == ("settled", (10, 40, 0, 30))
    # Newcombe by hand: Wilson 10/40 is .1419 to .4019, 0/30 is 0 to .1135
    assert row["change"] == pytest.approx(-0.25)
    assert row["change_low"] == pytest.approx(-0.25 - 0.1519, abs=2e-4)
    assert row["change_high"] == pytest.approx(-0.25 + (0.1135**2 + 0.1081**2) ** 0.5, abs=2e-4)
    assert only(feedback(before + after[1:], actions))["state"] == "acted"
    back = [*after[1:], chart("x", AUTUMN, "UNITS")]
    assert only(feedback(before[:1] + before[10:] + back, actions))["state"] == "recurring"
    assert only(feedback(before + [chart("x", AUTUMN, "UNITS")], actions))["state"] == "recurring"


def test_clearly_fewer_settle_it_though_one_came_back() -> None:
    before, after = many(20, SPRING, "UNITS") + many(20, SPRING, start=20), many(1, AUTUMN, "UNITS") + many(39, AUTUMN, start=1)
    row = only(feedback(before + after, [action("05040", done=ACTED, what="training")]))
    assert (row["state"], counts(row)) == ("settled", (20, 40, 1, 40))
    assert row["change_high"] < 0


def test_only_random_charts_make_a_rate_but_any_brings_it_back() -> None:
    charts = [chart("a", SPRING, "UNITS"), *many(40, AUTUMN), chart("risk", AUTUMN, "UNITS", stratum_code="risk", kind_code="reaudit")]
    row = only(feedback(charts, [action("a", done=ACTED, what="training")]))
    assert (row["finding_count"], counts(row), row["state"]) == (2, (1, 1, 0, 40), "recurring")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"kind_code": "reaudit"}, (1, 1, 1, 1)),
        ({"kind_code": "reaudit", "claim_token": "a"}, (1, 1, 0, 0)),  # the chart it was found in, looked at again
        ({"kind_code": "second"}, (1, 1, 0, 0)),
        ({"kind_code": "calibration"}, (1, 1, 0, 0)),
        ({"is_counted": False}, (1, 1, 0, 1)),
        ({"coded": ACTED}, (2, 2, 0, 0)),  # coded before it, on its day at the latest, and reviewed after it
        ({"coded": ACTED + dt.timedelta(days=1)}, (1, 1, 1, 1)),
        ({"coded": AUTUMN + dt.timedelta(days=1)}, (1, 1, 1, 1)),  # coded after its review: another visit of that number
        ({"review_date": dt.date(2026, 11, 23)}, (1, 1, 0, 0)),  # after the anchor week
    ],
)
def test_which_charts_count_afterwards(more: dict, expected: tuple) -> None:
    charts = [chart("a", SPRING, "UNITS"), chart("b", AUTUMN, "UNITS") | more]
    assert counts(only(feedback(charts, [action("a", done=ACTED, what="training")]))) == expected


def test_the_windows_hold_twenty_six_weeks() -> None:
    days = [ACTED + dt.timedelta(weeks=weeks, days=days) for weeks, days in ((-26, 0), (-26, 1), (0, 0), (0, 1), (19, 0))]
    charts = [chart(f"{n}", day, "UNITS") for n, day in enumerate(days)]
    assert counts(only(feedback(charts, [action("2", done=ACTED, what="x")]))) == (2, 2, 2, 2)
    early = dt.date(2026, 1, 5)
    later = [chart("a", early, "UNITS"), *(chart(f"{n}", early + dt.timedelta(weeks=26, days=n)) for n in range(2))]
    assert counts(only(feedback(later, [action("a", done=early, what="x")]))) == (1, 1, 0, 1)


def test_a_chart_whose_errors_nobody_names_is_in_no_rate() -> None:
    charts = [chart("a", SPRING, "UNITS"), chart("b", SPRING, is_right=False), chart("c", SPRING)]
    assert counts(only(feedback(charts))) == (1, 2, 0, 0)


def test_an_action_on_a_whole_review_stands_for_all_that_was_found_in_it() -> None:
    charts = [chart("a", SPRING, "UNITS", "DRG"), chart("b", SPRING, "POA")]
    table = feedback(charts, [action("a", None, told=SPRING, done=ACTED)])
    assert table.select("error_code", "acknowledged_count", "action_code", "state").rows() == [
        ("DRG", 1, "not said", "acted"),
        ("POA", 0, None, "open"),
        ("UNITS", 1, "not said", "acted"),
    ]


def test_the_last_action_counts_and_later_ones_are_not_known_yet() -> None:
    charts = [chart("a", SPRING, "UNITS"), chart("b", AUTUMN)]
    done = [
        action("a", done=ACTED, what="training"),
        action("a", done=SPRING, what="talk"),
        action("a", done=dt.date(2026, 11, 23), what="later"),
    ]
    row = only(feedback(charts, done))
    assert (row["action_code"], counts(row)) == ("training", (1, 1, 0, 1))
    assert only(feedback(charts, [action("a", told=dt.date(2026, 11, 23))]))["state"] == "open"


def test_an_action_on_an_unknown_review_or_another_coder_changes_nothing() -> None:
    charts = [chart("a", SPRING, "UNITS"), chart("b", SPRING, coder="C2")]
    row = only(feedback(charts, [action("gone", told=SPRING, done=ACTED), action("b", told=SPRING, done=ACTED)]))
    assert (row["coder_id"], row["state"]) == ("C1", "open")


def test_nothing_known_no_rows() -> None:
    assert feedback([]).is_empty()
    assert feedback([chart("a", SPRING, "UNITS")], anchor=None).is_empty()
    assert feedback([chart("a", SPRING, "UNITS", is_counted=False)]).is_empty()


_charts = st.lists(
    st.tuples(
        st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 1)),
        st.lists(st.sampled_from(["UNITS", "DRG"]), max_size=2),
        st.sampled_from(["C1", "C2"]),
        st.sampled_from(["first", "second", "reaudit"]),
    ),
    max_size=12,
)
_actions = st.lists(
    st.tuples(
        st.integers(0, 12), st.sampled_from(["UNITS", "DRG", None]), *[st.none() | st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 1))] * 2
    ),
    max_size=6,
)


@settings(deadline=None)  # others work on the machine
@given(_charts, _actions)
def test_whatever_comes_the_contract_holds_and_what_is_sent_again_changes_nothing(charts: list[tuple], actions: list[tuple]) -> None:
    given_charts = [chart(f"{n}", day, *found, coder=coder, kind_code=kind) for n, (day, found, coder, kind) in enumerate(charts)]
    given_actions = [action(f"{n}", code, told=told, done=done) for n, code, told, done in actions]
    table = feedback(given_charts, given_actions)
    for rule, (_, passes) in row_rules(MART).items():
        assert table.filter(~passes).is_empty(), rule
    assert table.filter(
        (pl.col("before_error_count") > pl.col("before_chart_count")) | (pl.col("acknowledged_count") > pl.col("finding_count"))
    ).is_empty()
    assert table.equals(feedback(given_charts, given_actions + given_actions))
