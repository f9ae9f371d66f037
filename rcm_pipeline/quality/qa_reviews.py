"""Reviews that cannot be counted: how many say neither counts nor codes."""

import polars as pl

from rcm_pipeline.coding.reviews.reviews import in_force
from rcm_pipeline.quality.checks import COUNTED_REVIEWS
from rcm_pipeline.quality.contracts import Outcome


def judge_reviews(sent: pl.DataFrame, counted: pl.DataFrame) -> Outcome:
    """One outcome from raw_qa_reviews and core_qa_reviews: reviews in force that are in no core table; it warns, the others stand."""
    reviews = in_force(sent)
    left = reviews.join(counted, on="review_token", how="anti").height
    check = COUNTED_REVIEWS
    return Outcome(check.table_name, check.name, "batch", check.severity, left == 0, left, reviews.height)
