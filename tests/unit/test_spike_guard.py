"""A payer that decides late leaves too many denials among the decided; the guard against that never makes a week more surprising."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rcm_pipeline.denials.spikes import detect
from rcm_pipeline.errors import InputError
from tests.unit.test_spikes import drawn, last, monday, series


def paced(frame: pl.DataFrame, pace: float | None, at: int) -> pl.DataFrame:
    """The payer would have decided `pace` times the claims of that week."""
    slow = pl.when(pl.col("week") == monday(at)).then(pl.lit(pace, pl.Float64)).otherwise(1.0)
    return frame.with_columns((pl.col("decided") * slow).alias("expected_decided"))


def test_a_slow_payer_leaves_too_many_denials_among_the_decided() -> None:
    """The usual 200 claims were sent; half of the payments are late, so 20 of 100 are denied."""
    frame = series([20] * 40 + [20], [200] * 40 + [100])
    plain, guarded = last(frame), last(paced(frame, 2.0, 40))
    assert plain["is_alarm"]
    assert not guarded["is_alarm"]
    assert guarded["p_value"] > 100 * plain["p_value"]
    shown = ["denied", "decided", "expected", "lift", "give_or_take", "surprise"]
    assert [guarded[name] for name in shown] == [plain[name] for name in shown]


@pytest.mark.parametrize("pace", [None, float("nan"), 1.0])
def test_a_week_without_a_known_pace_is_not_guarded(pace: float | None) -> None:
    frame = series([20] * 40 + [35])
    assert last(paced(frame, pace, 40)) == pytest.approx(last(frame) | {"expected_decided": pace and 200.0 if pace == 1 else None})


@pytest.mark.parametrize("pace", [float("inf"), -1.0])
def test_a_pace_that_cannot_be_is_refused(pace: float) -> None:
    with pytest.raises(InputError, match=r"column expected_decided is below zero or infinite in 1 row$"):
        detect(paced(series([20] * 40 + [35]), pace, 40))


def test_a_real_spike_rings_through_the_guard() -> None:
    assert last(paced(series([20] * 40 + [80]), 1.5, 40))["is_alarm"]


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    paces=st.lists(st.one_of(st.floats(0, 5), st.just(float("nan"))), min_size=2, max_size=2),
)
def test_the_guard_never_makes_a_week_more_surprising(seed: int, paces: list[float]) -> None:
    frame = drawn(seed, weeks=20, names=3)
    hoped = pl.col("decided") * pl.when(pl.col("week") == monday(18)).then(paces[0]).when(pl.col("week") == monday(19)).then(paces[1])
    plain, guarded = detect(frame), detect(frame.with_columns(hoped.alias("expected_decided")))
    assert plain["judged"].equals(guarded["judged"])
    known = plain["judged"]
    assert (guarded.filter(known)["p_value"] >= plain.filter(known)["p_value"] * (1 - 1e-12)).all()
    assert guarded.filter("is_alarm").join(plain.filter(~pl.col("is_alarm")), on=["client", "payer", "cause"]).is_empty()
