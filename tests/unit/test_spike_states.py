"""A spike over the weeks, by hand: new, continuing, fading, closed and back; months and their leaks."""

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from rcm_pipeline.denials.spikes import detect, slow_leaks
from rcm_pipeline.denials.spikes.leaks import month_ends
from rcm_pipeline.denials.spikes.states import with_states
from rcm_pipeline.errors import InputError

FIRST = dt.date(2025, 2, 10)


def monday(at: int) -> dt.date:
    return FIRST + dt.timedelta(weeks=at)


def verdicts(denied: list[int], alarms: set[int], rates: list[float] | None = None, **more: Any) -> pl.DataFrame:
    """One series of a hundred claims a week of which ten are usual."""
    weeks = range(len(denied))
    columns = {
        "client": "acme", "payer": "P1", "cause": "cob", "week": [monday(at) for at in weeks], "denied": denied, "decided": 100,
        "is_alarm": [at in alarms for at in weeks], "base_rate": rates or 0.1, "index": 1.0,
    } | more  # fmt: skip
    return pl.DataFrame({name: value if isinstance(value, list) else [value] * len(denied) for name, value in columns.items()})


def told(frame: pl.DataFrame) -> list[tuple[str | None, int | None]]:
    """State and place of the first week, week by week."""
    found = with_states(frame).sort("week")
    places = [None if since is None else (since - FIRST).days // 7 for since in found["since_week"]]
    return list(zip(found["state"].to_list(), places, strict=True))


NONE = (None, None)


def test_from_new_to_closed_and_back() -> None:
    denied = [10, 30, 20, 10, 13, 10, 11, 12, 10, 30, 10]
    assert told(verdicts(denied, {1, 9})) == [
        NONE, ("new", 1), ("continuing", 1), ("fading", 1), ("continuing", 1),  # 13 is over 12.5
        ("fading", 1), ("fading", 1), ("closed", 1), NONE, ("new", 9), ("fading", 9),
    ]  # fmt: skip


def test_an_alarm_in_a_fading_week_is_the_same_spike() -> None:
    assert told(verdicts([30, 10, 10, 30, 10, 10, 10, 10], {0, 3})) == [
        ("new", 0), ("fading", 0), ("fading", 0), ("continuing", 0), ("fading", 0), ("fading", 0), ("closed", 0), NONE,
    ]  # fmt: skip


def test_an_alarm_the_week_after_the_end_is_a_new_spike() -> None:
    assert told(verdicts([30, 10, 10, 10, 30], {0, 4}))[-2:] == [("closed", 0), ("new", 4)]


def test_the_usual_rate_is_that_of_the_week_it_began_in() -> None:
    """The usual rate learns the spike; 15 of 100 is still 1.5 times the ten that were usual."""
    rates = [0.1, 0.1, 0.12, 0.14, 0.15, 0.16]
    assert [state for state, _ in told(verdicts([10, 30, 15, 15, 15, 15], {1}, rates))] == [None, "new", *["continuing"] * 4]
    # and after the spike is closed, the next one is held against its own first week
    rates = [0.1, 0.1, 0.1, 0.1, 0.2, 0.2]
    assert [state for state, _ in told(verdicts([30, 10, 10, 10, 40, 20], {0, 4}, rates))][-2:] == ["new", "fading"]


def test_the_season_raises_what_is_usual() -> None:
    index = [1.0, 1.0, 1.0, 2.0, 2.0]
    assert [state for state, _ in told(verdicts([10, 30, 15, 15, 25], {1}, index=index))] == [
        None,
        "new",
        "continuing",
        "fading",
        "continuing",
    ]


def test_a_week_in_which_nothing_was_decided_is_quiet() -> None:
    assert [state for state, _ in told(verdicts([30, 0, 30], {0}, decided=[100, 0, 100]))] == ["new", "fading", "continuing"]


def test_a_rise_of_half_a_year_is_usual() -> None:
    """Twenty of a hundred for good, the last alarm in week 13: closed in week 26, thirteen weeks after it."""
    states = [state for state, _ in told(verdicts([20] * 30, {0, 13}))]
    assert states == ["new", *["continuing"] * 25, "closed", None, None, None]
    states = [state for state, _ in told(verdicts([20] * 30, {0, 14}))]
    assert states[25:29] == ["continuing", "continuing", "closed", None]


def test_series_do_not_touch_each_other() -> None:
    frame = pl.concat(
        [verdicts([30, 10, 10, 10], {0}), verdicts([10, 10, 30, 20], {2}, client="beta"), verdicts([9] * 4, set(), cause="coding")]
    )
    found = with_states(frame.sample(fraction=1, shuffle=True, seed=3))
    states = {key[0]: part.sort("week")["state"].to_list() for key, part in found.partition_by("client", as_dict=True).items()}
    assert states["beta"] == [None, None, "new", "continuing"]
    of = found.filter(client="acme").sort("cause", "week")
    assert of["state"].to_list() == ["new", "fading", "fading", "closed", *[None] * 4]
    assert found["since_week"].null_count() == found["state"].null_count()
    assert found.drop("state", "since_week").equals(frame.sort("client", "payer", "cause", "week"))


def test_verdicts_of_the_detector_are_told_as_a_spike() -> None:
    denied = [20] * 40 + [60, 60, 35, 20, 20, 20, 20]
    weeks = [monday(at) for at in range(len(denied))]
    weekly = pl.DataFrame({"week": weeks, "denied": denied}).with_columns(
        pl.lit("acme").alias("client"), pl.lit("P1").alias("payer"), pl.lit("cob").alias("cause"), pl.lit(200).alias("decided")
    )
    found = with_states(detect(weekly, test_weeks=10)).sort("week")
    assert found["state"].to_list() == [None, None, None, "new", "continuing", "continuing", "fading", "fading", "closed", None]
    assert found["since_week"].drop_nulls().unique().to_list() == [monday(40)]


@pytest.mark.parametrize(
    ("last", "months", "ends"),
    [
        # August 2026 ends on a Monday, its last Sunday is the 30th; July ends on a Friday; May on a Sunday
        (dt.date(2026, 8, 24), 1, [dt.date(2026, 8, 24)]),
        (dt.date(2026, 8, 17), 1, [dt.date(2026, 7, 20)]),
        (dt.date(2026, 8, 31), 4, [dt.date(2026, 5, 25), dt.date(2026, 6, 22), dt.date(2026, 7, 20), dt.date(2026, 8, 24)]),
        # over the end of the year, and February with 28 days that begin on a Sunday
        (dt.date(2027, 1, 4), 2, [dt.date(2026, 11, 23), dt.date(2026, 12, 21)]),
        (dt.date(2026, 3, 2), 2, [dt.date(2026, 1, 19), dt.date(2026, 2, 16)]),
    ],
)
def test_the_last_whole_weeks_of_months(last: dt.date, months: int, ends: list[dt.date]) -> None:
    assert month_ends(last, months) == ends


def test_months_of_twenty_years_each_end_once_on_their_last_sunday() -> None:
    ends = month_ends(dt.date(2034, 12, 25), 240)
    sundays = [end + dt.timedelta(days=6) for end in ends]
    assert len({(day.year, day.month) for day in sundays}) == 240
    assert all(day.weekday() == 6 and (day + dt.timedelta(days=7)).month != day.month for day in sundays)


def leaky(rise: float, since: int = 29, weeks: int = 33) -> pl.DataFrame:
    """A large series whose denials rise for good, one that does not, from February to September 2025."""
    random = np.random.default_rng(11)
    frames = []
    for payer, factor in (("leaks", rise), ("stays", 1.0)):
        rate = np.where(np.arange(weeks) >= since, 0.06 * factor, 0.06)
        frame = pl.DataFrame({"week": [monday(at) for at in range(weeks)], "denied": random.binomial(3000, rate)})
        frames.append(frame.select(pl.lit("acme").alias("client"), pl.lit(payer).alias("payer"), pl.lit("cob").alias("cause"), pl.all()))
    return pl.concat(frames).with_columns(pl.lit(3000).alias("decided"))


def test_a_leak_is_found_at_the_end_of_its_month() -> None:
    weekly = leaky(1.35)
    assert monday(32) == month_ends(monday(32), 1)[0] == dt.date(2025, 9, 22)
    found = slow_leaks(weekly)
    assert found["week"].unique().to_list() == [monday(32)]
    leak, other = (found.row(by_predicate=pl.col("payer") == payer, named=True) for payer in ("leaks", "stays"))
    assert leak["is_alarm"]
    assert not other["is_alarm"]
    four = weekly.filter((pl.col("payer") == "leaks") & (pl.col("week") >= monday(29)))
    assert (leak["denied"], leak["decided"]) == (four["denied"].sum(), 12_000)
    assert leak["expected"] == pytest.approx(720, rel=0.05)  # 6 % of the four weeks: none of them is in the baseline
    assert leak["lift"] == pytest.approx(leak["denied"] / leak["expected"])
    assert 1.25 < leak["lift"] < 1.45


def test_a_leak_too_small_for_one_week_is_found_over_four() -> None:
    """A fifth more than 180 is below what a single week needs."""
    rises = (pl.col("payer") == "leaks") & (pl.col("week") >= monday(29))
    weekly = leaky(1.0).with_columns(pl.when(rises).then(216).otherwise(180).cast(pl.Int64).alias("denied"))
    assert not detect(weekly, test_weeks=4)["is_alarm"].any()
    assert slow_leaks(weekly).filter("is_alarm")["payer"].to_list() == ["leaks"]


@pytest.mark.parametrize(("denied", "decided"), [(150, 3000), (0, 0)])
def test_a_leak_that_ends_on_a_quiet_week_is_a_leak(denied: int, decided: int) -> None:
    at = (pl.col("payer") == "leaks") & (pl.col("week") == monday(32))
    quiet = leaky(1.35).with_columns(
        pl.when(at).then(count).otherwise(name).cast(pl.Int64).alias(name) for name, count in (("denied", denied), ("decided", decided))
    )
    found = slow_leaks(quiet).filter(pl.col("payer") == "leaks")
    assert found.select("judged", "is_alarm").row(0) == (True, True)


def test_what_cannot_be_a_month_or_a_count_is_refused() -> None:
    with pytest.raises(InputError, match="months is below one"):
        slow_leaks(leaky(1.35), months=0)
    with pytest.raises(InputError, match="lack the column client"):
        slow_leaks(pl.DataFrame())
    assert slow_leaks(leaky(1.35), months=30_000).height == slow_leaks(leaky(1.35), months=8).height


def test_months_are_judged_on_what_was_known_then() -> None:
    weekly = leaky(1.35, since=20)
    found = slow_leaks(weekly, months=3)
    assert found.group_by("week").len().sort("week")["week"].to_list() == month_ends(monday(32), 3)
    for end in month_ends(monday(32), 3):
        assert_frame_equal(slow_leaks(weekly.filter(pl.col("week") <= end)), found.filter(pl.col("week") == end))


def test_the_month_that_is_not_over_is_not_judged() -> None:
    assert slow_leaks(leaky(1.35).filter(pl.col("week") < monday(32)))["week"].unique().to_list() == [dt.date(2025, 8, 25)]


def test_a_short_history_has_no_leaks() -> None:
    found = slow_leaks(leaky(1.35, since=2, weeks=4), months=6)
    assert not found["judged"].any()
    assert not found["is_alarm"].any()
