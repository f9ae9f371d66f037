"""Weeks not yet answered: claims counted by hand, agreement with M12, nothing lost, and what the page says of them."""

import datetime as dt
import random

import plotly.graph_objects as go
import polars as pl
import pytest

from dashboards import nowcasts
from rcm_pipeline.denials.nowcast.denial_nowcasts import cohort_counts, mart_denial_nowcasts
from rcm_pipeline.denials.rates.cohorts import mart_denial_cohorts
from rcm_pipeline.quality.contracts import check_contract
from rcm_pipeline.weeks import Week
from schemas.contract import empty, widened
from schemas.registry import CONTRACTS
from tests.unit.golden_world import ANCHOR, world

D = dt.date
NOWCASTS = CONTRACTS["mart_denial_nowcasts"]
Claim = tuple[str, str | None, dt.date | None, dt.date | None, dt.date | None]  # name, payer, sent, first decided, denied
Frames = tuple[pl.LazyFrame, pl.LazyFrame, pl.LazyFrame]


def frames(claims: list[Claim]) -> Frames:
    """core_claim_versions, core_adjudications and mart_denial_outcomes of claims; only the columns that count are filled."""
    rows = [dict(zip(("lineage_id", "payer_id", "sent_date", "decided_date", "denied_date"), claim, strict=True)) for claim in claims]
    told = pl.DataFrame(rows, schema_overrides={"decided_date": pl.Date, "denied_date": pl.Date, "payer_id": pl.String})
    versions = told.with_columns(pl.lit(1).alias("version_no"), pl.col("sent_date").dt.truncate("1w").alias("week"))
    decided = told.filter(pl.col("decided_date").is_not_null() | (pl.col("lineage_id") == "undated")).with_columns(
        pl.col("decided_date").alias("adjudication_date"),
        pl.col("decided_date").dt.truncate("1w").alias("week"),
        pl.lit(True).alias("is_first"),
    )
    denied = told.filter(pl.col("denied_date").is_not_null()).with_columns(pl.lit(True).alias("is_initial"))
    return (
        widened(versions, CONTRACTS["core_claim_versions"]).lazy(),
        widened(decided, CONTRACTS["core_adjudications"]).lazy(),
        widened(denied, CONTRACTS["mart_denial_outcomes"]).lazy(),
    )


def drawn(weeks: int = 30, per_week: int = 20, denied_share: float = 0.2, seed: int = 7) -> Frames:
    """Claims of one payer that is answered in one to six weeks."""
    rng, claims = random.Random(seed), []
    for ago in range(weeks):
        for number in range(per_week):
            sent = ANCHOR - dt.timedelta(weeks=ago) + dt.timedelta(days=rng.randrange(5))
            decided = sent + dt.timedelta(days=rng.randrange(7, 42))
            claims.append((f"{ago}-{number}", "P1", sent, decided, decided if rng.random() < denied_share else None))
    return frames([*claims, ("first", "P1", ANCHOR - dt.timedelta(weeks=weeks), ANCHOR - dt.timedelta(weeks=weeks), None)])


CLAIMS: list[Claim] = [
    ("denied at once", "P1", D(2026, 10, 5), D(2026, 10, 6), D(2026, 10, 6)),
    ("paid on the next Monday", "P1", D(2026, 10, 11), D(2026, 10, 12), None),
    ("denied on the last day", "P1", D(2026, 10, 5), D(2026, 11, 22), D(2026, 11, 22)),
    ("decided a day later", "P1", D(2026, 10, 5), D(2026, 11, 23), D(2026, 11, 23)),
    ("not answered", "P1", D(2026, 10, 6), None, None),
    ("answered before it was sent", "P1", D(2026, 10, 6), D(2026, 10, 1), None),
    ("undated", "P1", D(2026, 10, 7), None, None),
    ("paid by one payer and denied by the next", "P1", D(2026, 10, 8), D(2026, 10, 13), D(2026, 10, 27)),
    ("payer not named", None, D(2026, 10, 14), None, None),
    ("sent a day later", "P1", D(2026, 11, 23), None, None),
    ("sent when nobody knows", "P1", None, D(2026, 11, 2), D(2026, 11, 2)),
    ("first remittance", "P1", D(2026, 9, 8), D(2026, 9, 24), None),
    ("before the first remittance", "P1", D(2026, 9, 20), None, None),
]  # fmt: skip


def test_claims_are_counted_by_hand() -> None:
    versions, adjudications, outcomes = frames(CLAIMS)
    again = versions.filter(pl.col("lineage_id") == "not answered").with_columns(
        pl.lit(2, pl.Int64).alias("version_no"), pl.lit(D(2026, 10, 20)).alias("sent_date"), pl.lit(D(2026, 10, 19)).alias("week")
    )
    found = cohort_counts(pl.concat([versions, again]), adjudications, outcomes, Week(ANCHOR))
    assert found.select("payer_id", "week", "age_weeks", "denied_count", "paid_count", "sent_count").rows() == [
        ("P1", D(2026, 10, 5), 0, 1, 1, 8),
        ("P1", D(2026, 10, 5), 1, 0, 1, 8),
        ("P1", D(2026, 10, 5), 3, 1, 0, 8),
        ("P1", D(2026, 10, 5), 6, 1, 0, 8),
        ("unknown", D(2026, 10, 12), 0, 0, 0, 1),
    ]


def test_an_answer_that_decides_nothing_is_none_of_the_open() -> None:
    versions, adjudications, outcomes = frames([("capitated", "P1", D(2026, 10, 5), D(2026, 10, 6), None)])
    of_nothing = adjudications.with_columns(pl.lit("undecided").alias("disposition"))
    assert cohort_counts(versions, of_nothing, outcomes, Week(ANCHOR)).select("denied_count", "paid_count", "sent_count").rows() == [
        (0, 1, 1)
    ]
    pended = adjudications.with_columns(pl.lit(False).alias("is_first"))
    assert cohort_counts(versions, pended, outcomes, Week(ANCHOR)).select("denied_count", "paid_count", "sent_count").rows() == [(0, 0, 1)]


def test_the_world_of_nine_claims() -> None:
    tables = world()
    found = cohort_counts(
        tables["core_claim_versions"].lazy(), tables["core_adjudications"].lazy(), tables["mart_denial_outcomes"].lazy(), Week(ANCHOR)
    )
    assert found.select("week", "age_weeks", "denied_count", "paid_count", "sent_count").rows() == [
        (D(2026, 9, 7), 4, 1, 0, 2),  # S
        (D(2026, 9, 7), 10, 0, 1, 2),  # E, its second version
        (D(2026, 11, 2), 0, 0, 0, 2),  # H waits
        (D(2026, 11, 2), 2, 1, 0, 2),  # G
        (D(2026, 11, 16), 0, 0, 0, 1),  # Q
    ]
    mart = tables["mart_denial_nowcasts"]
    assert mart.select("week", "open_count", "is_judged").rows() == [
        (D(2026, 9, 7), 0, True), (D(2026, 11, 2), 1, False), (D(2026, 11, 16), 1, False),
    ]  # fmt: skip
    assert mart["nowcast_rate"].to_list() == [0.5, None, None]
    assert mart["reason"][2] == "too little history to know how fast this payer decides"


def test_matured_weeks_agree_with_m12() -> None:
    versions, adjudications, outcomes = drawn()
    m12 = mart_denial_cohorts(versions, outcomes, week=Week(ANCHOR)).filter((pl.col("horizon_days") == 90) & (pl.col("payer_id") == "P1"))
    counted = cohort_counts(versions, adjudications, outcomes, Week(ANCHOR))
    ours = counted.group_by("payer_id", "week").agg(pl.col("denied_count").sum(), pl.col("sent_count").first())
    both = m12.filter("is_mature").join(ours, on=["payer_id", "week"], suffix="_ours")
    assert both.height == 18  # of 31 weeks, those whose Friday is 90 days ago
    assert both["denied_count"].equals(both["denied_count_ours"], check_names=False)
    assert both["sent_count"].equals(both["sent_count_ours"], check_names=False)
    final = mart_denial_nowcasts(versions, adjudications, outcomes, week=Week(ANCHOR)).filter(pl.col("open_count") == 0)
    assert final.height == 7  # sent six weeks ago and before
    told = final.join(m12, on=["payer_id", "week"], suffix="_m12")
    assert (told["nowcast_rate"] == told["denied_count_m12"] / told["sent_count_m12"]).all()
    assert (told["low"] == told["high"]).all()


def test_no_claim_is_lost_or_counted_twice() -> None:
    versions, adjudications, outcomes = drawn()
    mart = mart_denial_nowcasts(versions, adjudications, outcomes, week=Week(ANCHOR))
    assert [outcome.is_passed for outcome in check_contract(mart, NOWCASTS)] == [True, True]
    assert mart["age_weeks"].sort().to_list() == list(range(13))
    assert (mart["sent_count"] == mart["denied_count"] + mart["paid_count"] + mart["open_count"]).all()
    assert mart["sent_count"].sum() == 13 * 20
    assert mart["is_judged"].all()
    youngest = mart.filter(pl.col("age_weeks") == 0).row(0, named=True)
    assert (youngest["open_count"], youngest["naive_rate"]) == (20, None)
    assert youngest["low"] < youngest["nowcast_rate"] < youngest["high"]


def test_the_contract_sees_a_claim_that_is_counted_twice() -> None:
    mart = mart_denial_nowcasts(*drawn(), week=Week(ANCHOR))
    twice = mart.with_columns(pl.col("denied_count") + 1)
    assert [outcome.failed_count for outcome in check_contract(twice, NOWCASTS)] == [0, 13]
    silent = mart.with_columns(pl.lit(False).alias("is_judged"))
    assert [outcome.failed_count for outcome in check_contract(silent, NOWCASTS)] == [0, 13]


def test_what_comes_after_the_anchor_week_changes_nothing() -> None:
    versions, adjudications, outcomes = drawn()
    then = ANCHOR - dt.timedelta(weeks=3)
    last = then + dt.timedelta(days=6)
    known = versions.filter(pl.col("sent_date") <= last), adjudications.filter(pl.col("adjudication_date") <= last)
    as_known = mart_denial_nowcasts(*known, outcomes.filter(pl.col("denied_date") <= last), week=Week(then))
    assert mart_denial_nowcasts(versions, adjudications, outcomes, week=Week(then)).equals(as_known)


@pytest.mark.parametrize("gone", [{0}, {1, 2}, {2}, {0, 1, 2}])
def test_missing_sides_give_no_nonsense(gone: set[int]) -> None:
    given = [frame.filter(False) if number in gone else frame for number, frame in enumerate(drawn())]
    mart = mart_denial_nowcasts(given[0], given[1], given[2], week=Week(ANCHOR))
    assert mart.schema == empty(NOWCASTS).schema
    assert mart.is_empty() == bool(gone & {0, 1})  # without remittances nothing is known of any week
    assert all(outcome.is_passed for outcome in check_contract(mart, NOWCASTS))
    if not mart.is_empty():
        assert set(mart.filter(~pl.col("is_judged"))["reason"]) == {"too few denials to know how fast this payer denies"}


def test_without_a_complete_week_there_is_none() -> None:
    assert mart_denial_nowcasts(*drawn(), week=None).equals(empty(NOWCASTS))


def test_the_page_says_what_is_open_and_what_to_expect() -> None:
    mart = mart_denial_nowcasts(*drawn(), week=Week(ANCHOR))
    waiting = mart["open_count"].sum()
    more = round((mart["nowcast_denied"] - mart["denied_count"]).sum())
    said = f"{waiting} of 260 claims first sent in the last 13 weeks are not decided yet; about {more} of them are expected to be denied."
    assert nowcasts.headline(mart) == said
    card = nowcasts.payer_cards(mart, {"P1": "Harbor Mutual"})[0]
    assert card["payer"] == "Harbor Mutual"
    assert card["said"].startswith("Week 9–15 Nov 2026: ")
    assert "90 % interval".replace(" ", "\u00a0") in card["said"].replace(" ", "\u00a0")
    assert [row["week"] for row in card["rows"]][:2] == ["16 Nov", "9 Nov"]
    assert card["rows"][0] | {"nowcast": "", "nowcast_of": "", "interval": ""} == {
        "week": "16 Nov", "decided": "0\u00a0%", "decided_of": "0 of 20", "naive": "–", "naive_of": "0 of 0",
        "nowcast": "", "nowcast_of": "", "interval": "",
    }  # fmt: skip


def test_the_page_says_why_there_is_no_nowcast() -> None:
    mart = mart_denial_nowcasts(*drawn(denied_share=0.0), week=Week(ANCHOR))
    assert nowcasts.headline(mart).endswith("too little is known of their payers to say how many will be denied.")
    assert nowcasts.payer_cards(mart, {})[0]["said"] == "No nowcast: too few denials to know how fast this payer denies."
    assert nowcasts.headline(mart.filter(pl.col("open_count") == 0)) == "All 140 claims first sent in the last 13 weeks are decided."
    assert nowcasts.headline(mart.clear()) == "No claims first sent in the last 13 weeks are known."
    assert nowcasts.payer_cards(mart.clear(), {}) == []


def test_a_rate_beyond_the_scale_is_marked_and_the_largest_payers_are_shown() -> None:
    mart = mart_denial_nowcasts(*drawn(), week=Week(ANCHOR))
    chart = go.Figure(nowcasts.week_chart(mart, 0.01).as_plotly())
    naive = next(trace for trace in chart.select_traces({"type": "scatter"}) if trace.line.dash == "dot")
    assert "triangle-up" in naive.marker.symbol
    assert max(value or 0 for value in naive.y) == 0.01
    many = pl.concat([mart.with_columns(pl.lit(f"P{n:02}").alias("payer_id"), pl.col("sent_count") + n) for n in range(12)])
    assert [card["payer"] for card in nowcasts.payer_cards(many, {})] == [f"P{n:02}" for n in range(11, 2, -1)]
