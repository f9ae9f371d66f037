"""What a drawn chart stands for: weighted, random and risk charts together are right on average; as if disjoint, they are not."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from rcm_pipeline.coding.sample_weights import disjoint_strata, weighting_cells
from rcm_pipeline.coding.sampling import draw
from rcm_pipeline.coding.weighted import weighted_accuracy
from rcm_pipeline.settings import Qa
from tests.unit.qa_world import WEEK, charts

SHOP = charts({"C1": ["overdue_coder"] * 8 + [""] * 22, "C2": ["denied_coding"] * 4 + [""] * 21, "C3": [""] * 6})
RIGHT = {token: n % 2 == 0 or not why for n, (token, why) in enumerate(SHOP.select("claim_token", "reasons").rows())}
TRUE = 26 / 30  # of C1: charts with a reason are half right, all others right
KEYS = ["method_id", "scope_code", "scope_id", "period_code", "week"]


def drawn(seed: int, qa: Qa | None = None) -> pl.DataFrame:
    return draw(SHOP, qa or Qa(), WEEK, seed, dt.date(2026, 11, 23))


def reviewed(sample: pl.DataFrame) -> pl.DataFrame:
    """Every chart drawn, spares left aside, as a review with what was found."""
    return sample.filter(~pl.col("is_spare")).select(
        "sample_id", "claim_token", "coder_id", "stratum_code", "selection_rate",
        pl.col("claim_token").replace_strict(RIGHT, return_dtype=pl.Boolean).cast(pl.Float64).alias("right"),
        pl.lit(1.0).alias("total"),
    )  # fmt: skip


def accuracy(reviews: pl.DataFrame, coder: str = "C1") -> float:
    names = {"method_id": "A3", "scope_code": "coder", "scope_id": coder, "period_code": "all"}
    rows = reviews.filter(pl.col("coder_id") == coder).with_columns(
        *(pl.lit(v).alias(k) for k, v in names.items()), pl.lit(WEEK).alias("week")
    )
    return float(weighted_accuracy(rows, KEYS, {"A3": 0.0})["accuracy_rate"][0])


def test_cells_are_counted_from_the_log() -> None:
    cells = weighting_cells(drawn(3))
    assert cells.select("coder_id", "has_reason", "frame_count").rows() == [
        ("C1", False, 22), ("C1", True, 8), ("C2", False, 21), ("C2", True, 4), ("C3", False, None), ("C3", True, None),
    ]  # fmt: skip


def test_weighted_by_cells_the_accuracy_is_right_on_average_and_by_stratum_it_is_not() -> None:
    samples = [drawn(seed) for seed in range(300)]
    weighted = [accuracy(disjoint_strata(reviewed(sample), sample)) for sample in samples if _has_both(sample)]
    assert len(weighted) > 250
    assert abs(np.mean(weighted) - TRUE) < 4 * np.std(weighted) / len(weighted) ** 0.5
    by_stratum = [accuracy(reviewed(sample)) for sample in samples if _has_both(sample)]
    assert np.mean(by_stratum) < TRUE - 0.03, "the random stratum holds charts with a reason too: they would count twice"
    alone = [reviewed(s).filter((pl.col("stratum_code") == "random") & (pl.col("coder_id") == "C1"))["right"].mean() for s in samples]
    assert abs(np.mean(alone) - TRUE) < 4 * np.std(alone) / 300**0.5, "random charts alone are right as well, from fewer charts"


def _has_both(sample: pl.DataFrame) -> bool:
    mine = sample.filter((pl.col("coder_id") == "C1") & ~pl.col("is_spare"))
    return (mine["reason_code"] != "random").any() and (mine["reason_code"] == "random").any() and (mine["stratum_code"] == "risk").any()


def test_the_inverse_of_the_chances_adds_up_to_the_coders_charts() -> None:
    sample = drawn(5)
    told = disjoint_strata(reviewed(sample), sample)
    sums = (
        told.group_by("coder_id", "stratum_code").agg((1 / pl.col("selection_rate")).sum().round(6)).sort("coder_id", "stratum_code").rows()
    )
    assert sums == [("C1", "random", 22.0), ("C1", "risk", 8.0), ("C2", "random", 21.0), ("C2", "risk", 4.0), ("C3", "random", 6.0)]


def test_a_chart_not_reviewed_leaves_its_weight_to_the_others_of_its_cell() -> None:
    sample = drawn(5)
    fewer = reviewed(sample).filter(pl.col("claim_token") != reviewed(sample).filter(pl.col("stratum_code") == "random")["claim_token"][0])
    sums = disjoint_strata(fewer, sample).group_by("coder_id").agg((1 / pl.col("selection_rate")).sum().round(6)).sort("coder_id").rows()
    assert sums == [("C1", 30.0), ("C2", 25.0), ("C3", 6.0)]


def test_without_a_risk_draw_all_of_a_coder_weigh_the_same() -> None:
    sample = drawn(5, Qa(risk_share=0))
    told = disjoint_strata(reviewed(sample), sample).filter(pl.col("coder_id") == "C1")
    assert told["selection_rate"].unique().to_list() == [pytest.approx(told.height / 30)]


def test_reviews_of_no_logged_sample_stay_as_their_sheet_says_and_in_their_place() -> None:
    sample = drawn(5)
    mine = reviewed(sample)
    foreign = mine.head(2).with_columns(
        pl.lit(None, pl.String).alias("sample_id"), pl.lit(0.25).alias("selection_rate"), pl.lit("risk").alias("stratum_code")
    )
    told = disjoint_strata(pl.concat([foreign, mine]), sample)
    assert told.head(2).equals(foreign)
    assert told["claim_token"].to_list() == [*foreign["claim_token"], *mine["claim_token"]]
    assert disjoint_strata(mine, sample.clear()).equals(mine)
