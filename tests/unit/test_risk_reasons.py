"""Why a chart is looked at: each reason by hand, on both sides of its limit."""

import datetime as dt

import polars as pl

from rcm_pipeline.coding.sampling.risk_reasons import History, denied_charts, new_coders, overdue_coders
from rcm_pipeline.coding.sampling.sampling import frame
from rcm_pipeline.settings import Qa
from schemas.contract import empty
from schemas.registry import CONTRACTS
from tests.unit.qa_world import LAST, LONG_AGO, WEEK, encounters, history, reviews, weeks_ago

DEFAULT = Qa()
NONE = empty(CONTRACTS["ops_qa_samples"])
OLD = ("old", "C1", LONG_AGO)


def reasons(known: History, qa: Qa = DEFAULT) -> dict[str, list[str]]:
    return dict(frame(known, NONE, WEEK, qa).select("claim_token", "reasons").rows())


def test_all_reasons_of_a_chart_are_kept_in_their_order() -> None:
    log = encounters(OLD, ("a", "C1", WEEK), ("b", "C2", WEEK), ("c", "C3", weeks_ago(2)), ("d", "C3", WEEK))
    seen = reviews(("x", "C2", "second", weeks_ago(1)), ("y", "C3", "first", weeks_ago(1)))
    known = history(log, seen, claims=[("d", "C3", "99213", True, 0)], codes=[("old", "99213", LONG_AGO), ("d", "99499", WEEK)])
    assert reasons(known) == {"a": ["overdue_coder"], "b": ["new_coder"], "d": ["denied_coding", "new_coder", "changed_code"]}


def test_a_coder_is_new_for_so_many_weeks_and_never_where_the_log_begins() -> None:
    begin = encounters(
        ("old", "C0", LONG_AGO), ("in", "C1", LAST - dt.timedelta(weeks=13, days=-1)), ("out", "C2", LAST - dt.timedelta(weeks=13))
    )
    assert new_coders(begin, LAST, 13).to_list() == ["C1"], "13 weeks are 91 days, the last Sunday among them"
    assert new_coders(begin, LAST, 0).to_list() == []
    young = encounters(("a", "C1", weeks_ago(6)), ("b", "C2", weeks_ago(3)), ("c", "C3", weeks_ago(2)))
    assert new_coders(young, LAST, 13).to_list() == ["C3"], "the log is four weeks older than its first chart"
    assert new_coders(begin.clear(), LAST, 13).to_list() == []
    late = encounters(("old", "C0", LONG_AGO), ("later", "C9", WEEK + dt.timedelta(weeks=1)))
    assert new_coders(late, LAST, 13).to_list() == []


def test_a_coder_is_overdue_without_any_review_in_so_many_weeks() -> None:
    log = encounters(*((f"{coder}-old", coder, LONG_AGO) for coder in ("C1", "C2", "C3")), ("n", "C4", weeks_ago(3)))
    since = LAST - dt.timedelta(weeks=13, days=-1)
    seen = reviews(
        ("a", "C1", "reaudit", since), ("b", "C2", "first", since - dt.timedelta(days=1)), ("c", "C3", "first", LAST + dt.timedelta(days=1))
    )
    assert sorted(overdue_coders(log, seen, LAST, 13)) == ["C2", "C3"], "C4 is new, and not due yet"


def test_a_code_is_new_once_the_history_is_four_weeks_old() -> None:
    log = encounters(OLD, ("a", "C1", WEEK), ("b", "C1", WEEK), ("c", "C1", WEEK))
    seen = reviews(("x", "C1", "first", WEEK))
    codes = [("old", "99213", LONG_AGO), ("a", "99213", WEEK), ("b", "99417", WEEK), ("c", "99214", WEEK), ("z", "99214", weeks_ago(20))]
    assert reasons(history(log, seen, codes=codes)) == {"a": [], "b": ["changed_code"], "c": []}
    short = [("b", "99417", WEEK), ("z", "99214", weeks_ago(3))]
    assert reasons(history(log, seen, codes=short)) == {"a": [], "b": [], "c": []}, "of a history of three weeks all codes are new"
    assert reasons(history(log, seen, codes=codes, changed=["a"]))["a"] == ["changed_code"], "a new release of its code set"


def test_a_code_counts_when_it_is_denied_for_coding_more_than_the_client_usually_is() -> None:
    """5 of 10 lines of 20610 and 5 of 200 others: 10 of 210 (4.8 %) is usual; Wilson's lower limit of 5 of 10 is 23.7 %."""
    log = encounters(OLD, ("a", "C1", WEEK), ("b", "C1", WEEK))
    claims = [(f"p{n}", "C1", "20610", n < 5, 1 + n % 12) for n in range(10)] + [
        (f"q{n}", "C1", "99213", n < 5, 1 + n % 12) for n in range(200)
    ]
    codes = [("old", "99213", LONG_AGO), ("old", "20610", LONG_AGO), ("a", "20610", WEEK), ("b", "99213", WEEK)]
    seen = reviews(("x", "C1", "first", WEEK))
    assert reasons(history(log, seen, claims, codes)) == {"a": ["denied_coding"], "b": []}
    past = [(token, coder, code, is_denied, 13) for token, coder, code, is_denied, _ in claims]
    assert reasons(history(log, seen, past, codes)) == {"a": [], "b": []}, "13 weeks ago is not recent any more"
    one = [("p0", "C1", "20610", True, 1)] + [(f"q{n}", "C1", "99213", False, 1) for n in range(200)]
    assert reasons(history(log, seen, one, codes)) == {"a": [], "b": []}, "one denial is no pattern"


def test_a_coder_counts_in_a_family_whose_lines_others_get_paid() -> None:
    log = encounters(OLD, ("a", "C1", WEEK), ("b", "C2", WEEK))
    claims = [(f"p{n}", "C1", "99213", n < 6, 2) for n in range(20)] + [(f"q{n}", "C2", "99214", n < 2, 2) for n in range(200)]
    codes = [("old", "99213", LONG_AGO), ("old", "99215", LONG_AGO), ("a", "99215", WEEK), ("b", "99215", WEEK)]
    found = denied_charts(frame(history(log), NONE, WEEK, Qa()), history(log, None, claims, codes), LAST)
    assert "a" in found, "another code of the family by the same coder"
    assert "b" not in found


def test_denials_for_other_causes_and_of_later_decisions_do_not_count() -> None:
    log = encounters(OLD, ("a", "C1", WEEK))
    claims = [("a", "C1", "20610", True, 0)]
    known = history(log, None, claims, [("old", "20610", LONG_AGO)])
    assert "a" in denied_charts(known.encounters, known, LAST)
    other = History(**{**vars(known), "denials": known.denials.with_columns(pl.lit("eligibility").alias("root_cause"))})
    assert "a" not in denied_charts(known.encounters, other, LAST)
