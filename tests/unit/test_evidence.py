"""What the pack says its numbers rest on, by the kinds of file that came in."""

import polars as pl
import pytest

from dashboards.pack import _evidence_level


@pytest.mark.parametrize(
    ("kinds", "level"),
    [
        (["837P"], "no remittances yet"),
        (["835"], "C"),
        (["remittances"], "C"),
        (["835", "837P+999+TA1"], "B"),
        (["remittances", "claims"], "B"),
        (["835", "837I", "qa_findings+qa_reviews", "touches", None], "A"),
    ],
)
def test_evidence(kinds: list[str | None], level: str) -> None:
    assert _evidence_level(pl.DataFrame({"kind": kinds}, schema={"kind": pl.String})).startswith(level)
