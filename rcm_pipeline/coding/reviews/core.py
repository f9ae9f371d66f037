"""QA sheets to the core tables of coding: reviews in force, their codes compared, and what was found."""

from collections.abc import Iterator, Mapping

import polars as pl

from rcm_pipeline.coding.comparison.comparison import compared_codes
from rcm_pipeline.coding.reviews.findings import core_qa_findings
from rcm_pipeline.coding.reviews.reviews import core_qa_reviews, in_force
from rcm_pipeline.redelivery import once
from rcm_pipeline.reference import reference
from rcm_pipeline.settings import ClientSettings
from schemas.contract import empty
from schemas.registry import CONTRACTS

CORE = ("core_qa_reviews", "core_qa_codes", "core_qa_findings")
SOURCES: dict[str, tuple[str, ...]] = {  # what is read of each table; all of it where nothing is named
    "raw_qa_reviews": (),
    "raw_qa_codes": (),
    "raw_qa_findings": (),
    "ops_qa_samples": (
        "sample_id", "stratum_code", "reason_code", "frame_count", "selection_rate", "draw_no", "is_spare", "claim_token",
    ),
    "core_claim_lineages": ("lineage_id", "claim_token", "sequence_code", "first_service_date", "last_service_date"),
}  # fmt: skip


def qa_tables(tables: Mapping[str, pl.DataFrame], settings: ClientSettings) -> Iterator[tuple[str, pl.DataFrame]]:
    """The core tables of coding from the tables of SOURCES. One that is not given counts as empty."""
    given = {name: tables.get(name, empty(CONTRACTS[name])) for name in SOURCES}
    reviews = in_force(given["raw_qa_reviews"])
    codes = compared_codes(reviews, _codes_in_force(reviews, given["raw_qa_codes"]))
    findings = core_qa_findings(reviews, given["raw_qa_findings"], codes, reference("qa_errors"), settings.qa.weights)
    measured = core_qa_reviews(reviews, codes, findings, given["ops_qa_samples"], given["core_claim_lineages"])
    yield "core_qa_reviews", measured
    for name, table in (("core_qa_codes", codes), ("core_qa_findings", findings)):
        yield name, table.join(measured.select("review_token"), on="review_token", how="semi", maintain_order="left")


def _codes_in_force(reviews: pl.DataFrame, codes: pl.DataFrame) -> pl.DataFrame:
    """Rows of compared codes, each once: those from the file of the review in force, from any file where that has none."""
    place = ["review_token", "file_id"]
    same = codes.join(reviews.select(place), on=place, how="semi")
    other = once(codes.join(same, on="review_token", how="anti"))
    return pl.concat([same, other]).sort("review_token", "file_id", "row_no")
