"""QA sheets to the core tables of coding: reviews in force, their codes compared, and what was found."""

from collections.abc import Iterator

import polars as pl

from rcm_pipeline.coding.comparison.comparison import compared_codes
from rcm_pipeline.coding.reviews.findings import core_qa_findings
from rcm_pipeline.coding.reviews.reviews import core_qa_reviews, in_force
from rcm_pipeline.redelivery import once
from rcm_pipeline.reference import reference
from rcm_pipeline.settings import Qa
from rcm_pipeline.tables import one_pass

_SAMPLE = (
    "sample_id", "stratum_code", "reason_code", "frame_count", "selection_rate", "draw_no", "is_spare", "claim_token",
)  # fmt: skip


@one_pass("core_qa_reviews", "core_qa_codes", "core_qa_findings")
def qa_core(
    raw_qa_reviews: pl.LazyFrame,
    raw_qa_codes: pl.LazyFrame,
    raw_qa_findings: pl.LazyFrame,
    ops_qa_samples: pl.LazyFrame,
    core_claim_lineages: pl.LazyFrame,
    *,
    settings: Qa,
) -> Iterator[tuple[str, pl.DataFrame]]:
    """The core tables of coding: reviews in force, their codes compared, and what counts against the coder."""
    reviews = in_force(raw_qa_reviews.collect())
    codes = compared_codes(reviews, _codes_in_force(reviews, raw_qa_codes.collect()))
    findings = core_qa_findings(reviews, raw_qa_findings.collect(), codes, reference("qa_errors"), settings.weights)
    lineages = core_claim_lineages.select("lineage_id", "claim_token", "sequence_code", "first_service_date", "last_service_date").collect()
    measured = core_qa_reviews(reviews, codes, findings, ops_qa_samples.select(_SAMPLE).collect(), lineages)
    yield "core_qa_reviews", measured
    for name, table in (("core_qa_codes", codes), ("core_qa_findings", findings)):
        yield name, table.join(measured.select("review_token"), on="review_token", how="semi", maintain_order="left")


def _codes_in_force(reviews: pl.DataFrame, codes: pl.DataFrame) -> pl.DataFrame:
    """Rows of compared codes, each once: those from the file of the review in force, from any file where that has none."""
    place = ["review_token", "file_id"]
    same = codes.join(reviews.select(place), on=place, how="semi")
    other = once(codes.join(same, on="review_token", how="anti"))
    return pl.concat([same, other]).sort("review_token", "file_id", "row_no")
