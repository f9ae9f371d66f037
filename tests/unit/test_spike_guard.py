"""The usual pace of a payer, by hand."""

import datetime as dt

import polars as pl
import pytest

from rcm_pipeline.denials.spikes.speed_guard import usual_pace

FIRST = dt.date(2025, 2, 3)


def monday(at: int) -> dt.date:
    return FIRST + dt.timedelta(weeks=at)


def sent(weeks: int = 40, late: int = -1, payer: str = "P1", claims: int = 100) -> pl.DataFrame:
    """All claims of a week are decided two weeks after it, a tenth of them denied; half of the week sent at `late` a week later."""
    rows = []
    for at in range(weeks):
        shares = {2: 0.5, 3: 0.5} if at == late else {2: 1.0}
        for age, share in shares.items():
            n = round(claims * share)
            rows.append({"payer_id": payer, "week": monday(at), "age_weeks": age, "denied_count": n // 10, "paid_count": n - n // 10})
    return pl.DataFrame(rows).with_columns(pl.lit(claims).alias("sent_count"))


def paces(cohorts: pl.DataFrame, anchor: int = 39) -> dict[int, float | None]:
    """Pace by place of the week, of one payer."""
    found = usual_pace(cohorts, monday(anchor))
    assert found.columns == ["payer_id", "week", "pace"]
    return {(week - FIRST).days // 7: pace for week, pace in found.select("week", "pace").iter_rows()}


def test_a_payer_at_its_usual_speed_has_the_pace_one() -> None:
    found = paces(sent())
    assert sorted(found) == list(range(40))
    assert [found[at] for at in range(8)] == [None] * 8
    # once 26 weeks have been sent and decided, the share at age two is 1: week 28 looks back on weeks 2 to 27
    assert [found[at] for at in range(28, 40)] == pytest.approx([1.0] * 12)


def test_the_first_weeks_look_back_on_claims_not_yet_decided() -> None:
    """Week 8 looks back on eight weeks of claims sent, of which six weeks' were decided by then."""
    assert paces(sent())[8] == pytest.approx(1.0)


def test_half_of_the_claims_late() -> None:
    """Sent in week 33, so half are decided in week 35, where the pace is 2, and the other half with those of 34 in week 36."""
    found = paces(sent(late=33))
    assert found[34] == pytest.approx(1.0)
    assert found[35] == pytest.approx(2.0)
    # expected in week 36: (25.5 / 26) x 100 at age two; at age three nothing was known by then; decided 150
    assert found[36] == pytest.approx(25.5 / 26 * 100 / 150)
    # week 37: age two 25.5 / 26 x 100, age three 50 of 2600 x 100; decided 100
    assert found[37] == pytest.approx(25.5 / 26 + 0.5 / 26)


def test_a_week_knows_nothing_of_the_weeks_after_it() -> None:
    whole = paces(sent(late=33))
    for anchor in (30, 34, 35):
        cut = sent(late=33).filter(pl.col("week") + pl.duration(weeks=pl.col("age_weeks")) <= monday(anchor))
        found = paces(cut, anchor)
        assert list(found) == list(range(anchor + 1))
        assert list(found.values()) == pytest.approx([whole[at] for at in range(anchor + 1)])


def test_decisions_after_the_anchor_do_not_count() -> None:
    assert list(paces(sent(weeks=35, late=33), 34).values()) == pytest.approx([paces(sent(late=33))[at] for at in range(35)])


def test_a_week_in_which_nothing_was_decided_has_no_pace() -> None:
    cohorts = sent().filter(pl.col("week") != monday(33))
    assert paces(cohorts)[35] is None


def test_twice_the_claims_sent_are_no_speed() -> None:
    doubled = pl.col("week") == monday(33)
    counts = [pl.when(doubled).then(pl.col(name) * 2).otherwise(name).alias(name) for name in ("sent_count", "denied_count", "paid_count")]
    assert paces(sent().with_columns(counts))[35] == pytest.approx(1.0)


def test_payers_have_a_pace_of_their_own() -> None:
    both = pl.concat([sent(late=33), sent(payer="P2", claims=10)]).sample(fraction=1, shuffle=True, seed=2)
    found = usual_pace(both, monday(39))
    by_payer = {payer: found.filter(payer_id=payer).select("week", "pace").to_dict(as_series=False) for payer in ("P1", "P2")}
    assert by_payer["P1"]["pace"] == pytest.approx(list(paces(sent(late=33)).values()))
    assert by_payer["P2"]["pace"] == pytest.approx(list(paces(sent(claims=10)).values()))


def test_what_was_sent_after_the_anchor_is_not_looked_at() -> None:
    assert paces(sent(), anchor=30) == paces(sent(weeks=31), anchor=30)


def test_of_nothing_nothing() -> None:
    found = usual_pace(sent().clear(), monday(39))
    assert found.is_empty()
    assert found.schema == {"payer_id": pl.String, "week": pl.Date, "pace": pl.Float64}
