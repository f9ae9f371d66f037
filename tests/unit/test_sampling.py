"""The draw: every chart has the chance that stands beside it, none is drawn twice, and the same seed draws the same again."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rcm_pipeline.coding.sampling.sampling import default_seed, draw, frame, frame_hash, sample_id, sizes
from rcm_pipeline.errors import SettingsError
from rcm_pipeline.settings import Qa, load_client_settings
from schemas.contract import empty
from schemas.registry import CONTRACTS
from tests.unit.qa_world import LONG_AGO, WEEK, charts, encounters, history, reviews, weeks_ago

DRAWS = 500
DRAWN = dt.date(2026, 11, 23)
DEFAULT = Qa()
NONE = empty(CONTRACTS["ops_qa_samples"])
SHOP = charts({"C1": ["new_coder"] * 3 + [""] * 9, "C2": ["overdue_coder denied_coding"] * 2 + [""] * 5, "C3": [""] * 6})


def drawn(seed: int, shop: pl.DataFrame = SHOP, qa: Qa = DEFAULT) -> pl.DataFrame:
    return draw(shop, qa, WEEK, seed, DRAWN)


def test_the_frame_is_what_was_coded_in_the_week_and_not_reviewed() -> None:
    log = encounters(
        ("old", "C1", LONG_AGO),
        ("before", "C1", WEEK - dt.timedelta(days=1)),
        ("monday", "C1", WEEK),
        ("sunday", "C2", WEEK + dt.timedelta(days=6)),
        ("after", "C2", WEEK + dt.timedelta(days=7)),
        ("reviewed", "C1", WEEK),
        ("calibrated", "C1", WEEK),
    )
    seen = reviews(("reviewed", "C1", "first", WEEK), ("calibrated", "C1", "calibration", WEEK))
    found = frame(history(log, seen), NONE, WEEK, Qa())
    assert found["claim_token"].to_list() == ["calibrated", "monday", "sunday"]


def test_a_chart_coded_twice_is_the_last_coders_and_of_the_last_coding() -> None:
    log = encounters(
        ("again", "C1", weeks_ago(1)), ("again", "C2", WEEK), ("left", "C1", WEEK), ("left", "C2", WEEK + dt.timedelta(days=8))
    )
    found = frame(history(log), NONE, WEEK, Qa())
    assert found.select("claim_token", "coder_id").rows() == [("again", "C2"), ("left", "C1")], "what is coded later is not known yet"


def test_a_chart_drawn_for_an_earlier_week_is_not_drawn_again_but_a_spare_may_be() -> None:
    log = encounters(("a", "C1", WEEK), ("b", "C1", WEEK), ("c", "C1", WEEK))
    logged = pl.DataFrame({"claim_token": ["a", "b", "c"], "week": [weeks_ago(1), weeks_ago(1), WEEK], "is_spare": [False, True, False]})
    assert frame(history(log), logged, WEEK, Qa())["claim_token"].to_list() == ["b", "c"]


def test_sizes_by_hand() -> None:
    """83 charts of any number give ± 5 points at 95 %; of 13 × 13 = 169 charts 83 / (1 + 82 / 169) = 55.9, in 13 weeks 4.3 a week.

    Of one chart a week, 13 in all: 83 / (1 + 82 / 13) = 11.4, so one a week. A new coder has 13 // 3 = 4 weeks: 14 a week, all 13.
    """
    shop = charts({"C1": [""] * 13, "C2": [""], "C3": ["new_coder"] * 13, "C4": [""] * 400})
    assert sizes(shop, Qa()).rows() == [("C1", 13, 5, 1), ("C2", 1, 1, 0), ("C3", 13, 13, 0), ("C4", 400, 7, 1)]


def test_the_risk_stratum_is_its_share_of_the_sample_and_goes_where_the_reasons_are() -> None:
    shop = charts({"C1": ["overdue_coder"] * 30, "C2": ["overdue_coder"] * 10 + [""] * 20, "C3": [""] * 30})
    sample = drawn(4, shop, Qa(spare_share=0)).filter(~pl.col("is_spare"))
    assert sample["stratum_code"].value_counts().sort("stratum_code").rows() == [("random", 18), ("risk", 8)], "18 x 0.3 / 0.7 = 7.7"
    risk = sample.filter(pl.col("stratum_code") == "risk")
    assert set(risk["coder_id"]) == {"C1", "C2"}
    left = dict(risk.select("coder_id", "frame_count").unique().rows())
    taken = dict(risk["coder_id"].value_counts().rows())
    assert all(abs(taken[c] - 8 * left[c] / sum(left.values())) < 1 for c in left)


def test_without_reasons_or_without_a_risk_share_there_is_no_risk_stratum() -> None:
    assert drawn(1, charts({"C1": [""] * 20}))["stratum_code"].unique().to_list() == ["random"]
    assert drawn(1, SHOP, Qa(risk_share=0))["stratum_code"].unique().to_list() == ["random"]


def test_of_a_tiny_frame_all_is_drawn_and_of_an_empty_one_nothing() -> None:
    tiny = drawn(1, charts({"C1": ["new_coder"], "C2": [""]}))
    assert tiny.select("claim_token", "stratum_code", "selection_rate", "is_spare", "reason_code").rows() == [
        ("C1-00", "random", 1.0, False, "new_coder"),
        ("C2-00", "random", 1.0, False, "random"),
    ]
    nothing = drawn(1, SHOP.clear())
    assert nothing.is_empty()
    assert nothing.schema == NONE.schema


@pytest.fixture(scope="module")
def many() -> pl.DataFrame:
    """Many draws of one frame."""
    return pl.concat([drawn(seed) for seed in range(DRAWS)])


def test_every_chart_is_drawn_at_random_as_often_as_its_selection_rate_says(many: pl.DataFrame) -> None:
    random = many.filter((pl.col("stratum_code") == "random") & ~pl.col("is_spare"))
    told = dict(random.select("coder_id", "selection_rate").unique().rows())
    assert {coder: (round(rate * n), n) for (coder, rate), n in zip(sorted(told.items()), (12, 7, 6), strict=True)} == {
        "C1": (12, 12),
        "C2": (4, 7),
        "C3": (4, 6),
    }
    counts = random.group_by("claim_token", "coder_id").len()
    for _, coder, n in counts.rows():
        rate = told[coder]
        assert abs(n - DRAWS * rate) <= 4 * (DRAWS * rate * (1 - rate)) ** 0.5
    assert counts.height == SHOP.height


def test_random_charts_are_drawn_independently_of_their_reasons_and_of_each_other(many: pl.DataFrame) -> None:
    """Charts with a reason among the 4 of C2's 7 charts are hypergeometric: mean 8/7, variance 4 (2/7)(5/7)(3/6)."""
    mine = many.filter((pl.col("stratum_code") == "random") & ~pl.col("is_spare") & (pl.col("coder_id") == "C2"))
    counts = mine.group_by("seed").agg((pl.col("reason_code") != "random").sum().alias("n"))["n"].to_numpy()
    mean, variance = 8 / 7, 4 * (2 / 7) * (5 / 7) * (3 / 6)
    assert abs(counts.mean() - mean) < 4 * (variance / DRAWS) ** 0.5
    assert counts.var() == pytest.approx(variance, rel=0.15)


SHOP_2 = charts({"C1": ["overdue_coder"] * 8 + [""] * 22, "C2": ["denied_coding"] * 4 + [""] * 21})


def test_a_risk_chart_weighs_what_its_selection_rate_says() -> None:
    """Sum of 1 / selection_rate over draws is, for each chart with a reason, how often it was left for the risk stratum."""
    draws = pl.concat([drawn(seed, SHOP_2) for seed in range(DRAWS)])
    risk = draws.filter((pl.col("stratum_code") == "risk") & ~pl.col("is_spare"))
    taken = dict(draws.filter(pl.col("stratum_code") == "random").group_by("claim_token").len().rows())
    weighed = dict(risk.group_by("claim_token").agg((1 / pl.col("selection_rate")).sum()).rows())
    with_reason = SHOP_2.filter(pl.col("reasons").list.len() > 0)["claim_token"].to_list()
    assert sorted(weighed) == with_reason
    for token in with_reason:
        assert weighed[token] == pytest.approx(DRAWS - taken[token], rel=0.25)


@settings(max_examples=60, deadline=None)
@given(
    sizes_of=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=6),
    seed=st.integers(0, 2**63 - 1),
    share=st.floats(0, 0.9),
    spare=st.floats(0, 1),
)
def test_no_chart_twice_and_counts_that_agree_with_themselves(
    sizes_of: list[tuple[int, int]], seed: int, share: float, spare: float
) -> None:
    shop = charts({f"C{n}": ["changed_code"] * a + [""] * b for n, (a, b) in enumerate(sizes_of)})
    sample = drawn(seed, shop, Qa(risk_share=share, spare_share=spare))
    CONTRACTS["ops_qa_samples"].validate(sample)
    assert sample["claim_token"].is_unique().all()
    kept = sample.filter(~pl.col("is_spare"))
    cell = ["stratum_code", "coder_id"]
    assert (kept.with_columns(pl.len().over(cell).alias("n")).select(pl.col("n") == pl.col("sample_count"))).to_series().all()
    assert (sample["sample_count"] / sample["frame_count"]).to_list() == sample["selection_rate"].to_list()
    random = kept.filter(pl.col("stratum_code") == "random").height
    risk = sample.filter(pl.col("stratum_code") == "risk")
    assert kept.height - random <= int(random * share / (1 - share) + 0.5)
    assert (risk["reason_code"] != "random").all()
    for stratum in ("random", "risk"):
        numbers = sample.filter(pl.col("stratum_code") == stratum).sort("draw_no")
        assert numbers["draw_no"].to_list() == list(range(1, numbers.height + 1))
        assert numbers["is_spare"].is_sorted(), "spares last"


def test_the_same_frame_and_seed_draw_the_same_in_any_order_and_another_seed_does_not() -> None:
    one = drawn(7)
    assert one.equals(drawn(7, SHOP.reverse()))
    assert one["claim_token"].to_list() != drawn(8)["claim_token"].to_list()
    assert one["sample_id"][0] != drawn(8)["sample_id"][0]


def test_the_numbers_of_a_seed_are_the_same_on_every_machine_and_release() -> None:
    """Written down once, so that a release of NumPy that draws otherwise is seen."""
    sample = drawn(20261123, charts({"C1": [""] * 13}))
    assert sample.filter(~pl.col("is_spare"))["claim_token"].to_list() == ["C1-09", "C1-00", "C1-02", "C1-07", "C1-01"]
    assert sample["sample_id"][0] == "2026-11-16-44d86ad1"
    assert default_seed("lakeside-physicians", WEEK) == 2039671359


def test_more_spares_leave_the_random_sample_as_it_is_and_spares_in_their_order() -> None:
    few, more = (drawn(5, SHOP, Qa(spare_share=share)).filter(pl.col("stratum_code") == "random") for share in (0.1, 1.0))
    assert few.filter(~pl.col("is_spare")).drop("sample_id").equals(more.filter(~pl.col("is_spare")).drop("sample_id"))
    for coder in ("C2", "C3"):
        first = few.filter(pl.col("is_spare") & (pl.col("coder_id") == coder))["claim_token"].to_list()
        all_of = more.filter(pl.col("is_spare") & (pl.col("coder_id") == coder))["claim_token"].to_list()
        assert all_of[: len(first)] == first
        assert len(all_of) > len(first) > 0


def test_the_number_of_a_sample_changes_with_frame_design_and_seed_and_with_nothing_else() -> None:
    found = frame_hash(SHOP)
    number = sample_id(found, Qa(), WEEK, 1)
    assert number.startswith("2026-11-16-")
    assert len(number) == len("2026-11-16-") + 8
    others = [
        sample_id(frame_hash(SHOP.head(24)), Qa(), WEEK, 1),
        sample_id(found, Qa(risk_share=0.2), WEEK, 1),
        sample_id(found, Qa(), WEEK, 2),
    ]
    assert len({number, *others}) == 4
    assert sample_id(found, Qa(method="A3"), WEEK, 1) == number
    reasoned = SHOP.with_columns(pl.lit(["changed_code"]).alias("reasons"))
    assert frame_hash(reasoned) != found, "the risk draw depends on the reasons"


@pytest.mark.parametrize("line", ["half_width = 0.5", "weeks = 0", "risk_share = 1", "spare_share = 2", "standard = 1", "chart = 3"])
def test_a_setting_that_cannot_be_is_named(tmp_path: object, line: str) -> None:
    path = tmp_path / "acme.toml"  # type: ignore[operator]
    path.write_text(f"[qa]\n{line}\n")
    with pytest.raises(SettingsError, match=f"qa.{line.split(maxsplit=1)[0]}"):
        load_client_settings(tmp_path, "acme")  # type: ignore[arg-type]
