"""What a drawn chart stands for: weighted, random and risk charts together are right on average, for one coder and for all."""

import datetime as dt

import numpy as np
import polars as pl

from rcm_pipeline.coding.accuracy.weighted import weighted_accuracy, weighting_cells
from rcm_pipeline.coding.sampling.sampling import draw
from rcm_pipeline.settings import Qa
from tests.unit.qa_world import WEEK, charts

SHOP = charts({"C1": ["overdue_coder"] * 8 + [""] * 22, "C2": ["denied_coding"] * 4 + [""] * 21, "C3": [""] * 6})
RIGHT = {token: n % 2 == 0 or not why for n, (token, why) in enumerate(SHOP.select("claim_token", "reasons").rows())}
KEYS = ["method_id", "scope_code", "scope_id", "period_code", "week"]


def drawn(seed: int) -> pl.DataFrame:
    return draw(SHOP, Qa(), WEEK, seed, dt.date(2026, 11, 23))


def reviewed(sample: pl.DataFrame) -> pl.DataFrame:
    """Every chart drawn, spares left aside, as a review with what was found."""
    return sample.filter(~pl.col("is_spare")).select(
        "sample_id", "claim_token", "coder_id", "stratum_code", "selection_rate",
        (pl.col("reason_code") != "random").alias("has_reason"),
        pl.col("claim_token").replace_strict(RIGHT, return_dtype=pl.Boolean).cast(pl.Float64).alias("right"),
        pl.lit(1.0).alias("total"), pl.lit(WEEK).alias("week"), pl.lit("A3").alias("method_id"), pl.lit("all").alias("period_code"),
    )  # fmt: skip


def weighted(sample: pl.DataFrame, coder: str | None = None) -> dict[str, object]:
    rows = reviewed(sample) if coder is None else reviewed(sample).filter(pl.col("coder_id") == coder)
    scope = "all" if coder is None else "coder"
    named = rows.with_columns(pl.lit(scope).alias("scope_code"), pl.lit(coder or "all").alias("scope_id"))
    return weighted_accuracy(named, sample, KEYS, {"A3": 0.0}).row(0, named=True)


def is_near(found: list[float], wanted: float) -> bool:
    """Within four standard errors of its mean."""
    return bool(abs(np.mean(found) - wanted) < 4 * np.std(found) / len(found) ** 0.5)


def test_cells_are_counted_from_the_log() -> None:
    cells = weighting_cells(drawn(3))
    assert cells.select("coder_id", "has_reason", "frame_count", "chart_count").rows() == [
        ("C1", False, 22, 30), ("C1", True, 8, 30), ("C2", False, 21, 25), ("C2", True, 4, 25), ("C3", False, None, 6), ("C3", True, None, 6),
    ]  # fmt: skip


def test_a_coder_is_right_on_average_and_each_chart_as_often_as_it_stands_for() -> None:
    """Of C1 charts with a reason are half right, all others right: 26 of 30."""
    samples = [sample for seed in range(300) if _is_seen(sample := drawn(seed), "C1")]
    assert len(samples) > 250
    assert is_near([float(str(weighted(sample, "C1")["accuracy_rate"])) for sample in samples], 26 / 30)


def test_the_whole_client_is_right_on_average_though_coders_are_drawn_unequally() -> None:
    """55 of 61 charts are right; charts of C3, all right, are drawn four times as often as those of C1."""
    samples = [sample for seed in range(300) if all(_is_seen(sample := drawn(seed), coder) for coder in ("C1", "C2"))]
    assert len(samples) > 150
    true = sum(RIGHT.values()) / len(RIGHT)
    found = [weighted(sample) for sample in samples]
    assert is_near([float(str(row["accuracy_rate"])) for row in found], true)
    inside = [float(str(row["low"])) <= true <= float(str(row["high"])) for row in found]
    assert np.mean(inside) > 0.9


def _is_seen(sample: pl.DataFrame, coder: str) -> bool:
    """Whether charts with a reason and without were drawn of the coder."""
    own = sample.filter((pl.col("coder_id") == coder) & ~pl.col("is_spare"))
    has_risk = sample.filter((pl.col("coder_id") == coder) & (pl.col("stratum_code") == "risk") & ~pl.col("is_spare")).height > 0
    return has_risk and (own["reason_code"] != "random").n_unique() == 2
