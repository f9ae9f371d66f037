"""Wilson's interval against published and hand-computed numbers."""

import polars as pl
import pytest

from rcm_pipeline.stats.intervals import rate, wilson


def limits(x: float, n: float) -> tuple[float | None, float | None]:
    low, high = wilson(pl.col("x"), pl.col("n"))
    return pl.DataFrame({"x": [float(x)], "n": [float(n)]}).select(low.alias("l"), high.alias("h")).row(0)


@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, table I, method 3
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_published_examples(x: int, n: int, low: float, high: float) -> None:
    assert limits(x, n) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_edges() -> None:
    assert limits(0, 10)[0] == 0.0
    assert limits(10, 10)[1] == 1.0
    assert limits(0, 0) == (None, None)
    assert pl.DataFrame({"x": [0], "n": [0]}).select(rate(pl.col("x"), pl.col("n"))).item() is None
