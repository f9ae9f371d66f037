"""Cumulative sheets: what was sent before counts once, what was really done twice counts twice."""

import polars as pl

from rcm_pipeline.redelivery import latest_by, once


def rows(*given: tuple) -> pl.DataFrame:
    return pl.DataFrame(given, schema=["file_id", "row_no", "claim", "minutes", "rebuttal"], orient="row")


def test_a_row_sent_again_counts_once_and_a_row_done_twice_counts_twice() -> None:
    sent = rows(
        ("f1", 2, "a", 5, "none"),
        ("f1", 3, "a", 5, "none"),
        ("f2", 2, "a", 5, "none"),
        ("f2", 3, "a", 5, "none"),
        ("f2", 4, "b", 7, "none"),
    )
    assert sorted(once(sent)["claim"].to_list()) == ["a", "a", "b"]


def test_a_later_word_replaces_the_earlier_one() -> None:
    sent = rows(("f1", 2, "a", 5, "none"), ("f2", 2, "a", 5, "overturned"))
    assert once(sent, ["rebuttal"])["rebuttal"].to_list() == ["overturned"]


def test_the_latest_review_is_the_review() -> None:
    sent = rows(("f1", 2, "a", 5, "none"), ("f2", 9, "a", 6, "none"), ("f2", 3, "b", 1, "none"))
    assert latest_by(sent, "claim", "minutes").select("claim", "minutes").rows() == [("b", 1), ("a", 6)]
