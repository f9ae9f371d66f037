"""Codes of 837 claims that were not valid on their date of service, and how much could be checked at all."""

from collections.abc import Iterator

import polars as pl

from rcm_pipeline.code_sets.changes import code_set_changes
from rcm_pipeline.code_sets.systems import SYSTEMS
from rcm_pipeline.code_sets.values import coded_values
from rcm_pipeline.code_sets.verdicts import UNCHECKED, VALID, judged
from rcm_pipeline.stats.intervals import rate, wilson
from rcm_pipeline.tables import one_pass
from rcm_pipeline.weeks import Week
from schemas.contract import empty
from schemas.registry import CONTRACTS


@one_pass("mart_code_set_findings", "mart_code_set_coverage", "mart_code_set_changes")
def code_set_marts(
    raw_claim_lines: pl.LazyFrame,
    raw_claim_diagnoses: pl.LazyFrame,
    core_deliveries: pl.LazyFrame,
    core_claim_versions: pl.LazyFrame,
    core_claim_lineages: pl.LazyFrame,
    ops_code_sets: pl.LazyFrame,
    ops_code_entries: pl.LazyFrame,
    *,
    week: Week | None,
) -> Iterator[tuple[str, pl.DataFrame]]:
    """What was coded against what was valid; coverage and changes are of a week and have no rows where there is none yet."""
    values = coded_values(raw_claim_lines, raw_claim_diagnoses, core_deliveries, core_claim_versions)
    releases, entries = ops_code_sets.collect(), ops_code_entries.collect()
    changes = code_set_changes(values, releases, entries, week) if week else empty(CONTRACTS["mart_code_set_changes"])
    yield "mart_code_set_changes", changes
    values = judged(values, releases, entries)
    yield "mart_code_set_findings", code_set_findings(values, core_claim_lineages.collect())
    yield "mart_code_set_coverage", code_set_coverage(values, releases, week) if week else empty(CONTRACTS["mart_code_set_coverage"])


def code_set_findings(judged_values: pl.DataFrame, lineages: pl.DataFrame) -> pl.DataFrame:
    """The values whose verdict is a fault. What could not be checked is counted in the coverage."""
    carcs = {name: system.carc_code for name, system in SYSTEMS.items()}
    wrong = judged_values.filter(~pl.col("verdict").is_in([VALID, UNCHECKED]))
    named = wrong.join(lineages.select("lineage_id", "coder_id"), on="lineage_id", how="left", maintain_order="left").with_columns(
        pl.col("verdict").alias("fault_code"), pl.col("system_code").replace_strict(carcs, return_dtype=pl.String).alias("carc_code")
    )
    return named.with_columns(_position()).sort("version_id", "line_no", "modifier_no", "diagnosis_no", nulls_last=False)


def _position() -> pl.Expr:
    """Where in the claim the value stands: L2, L2M1, D3."""
    line, modifier, diagnosis = (pl.col(name).cast(pl.String) for name in ("line_no", "modifier_no", "diagnosis_no"))
    of_modifier = pl.when(modifier.is_not_null()).then(pl.concat_str(pl.lit("M"), modifier)).otherwise(pl.lit(""))
    on_line = pl.concat_str(pl.lit("L"), line, of_modifier)
    return pl.when(line.is_not_null()).then(on_line).otherwise(pl.concat_str(pl.lit("D"), diagnosis)).alias("position_code")


def code_set_coverage(judged_values: pl.DataFrame, code_sets: pl.DataFrame, week: Week) -> pl.DataFrame:
    """Rows of mart_code_set_coverage by code set and release; a row without a release counts what none covers.

    A value of a claim sent in the anchor week is stale when its day is after the last one any list of its set stands for;
    a set of which no list is loaded is never stale, it is not checked.
    """
    last_days = code_sets.group_by("system_code").agg(pl.col("valid_to").max().alias("_last_day"))
    known = judged_values.join(last_days, on="system_code", how="left")
    is_unchecked, is_wrong = pl.col("verdict") == UNCHECKED, ~pl.col("verdict").is_in([VALID, UNCHECKED])
    is_anchor = pl.col("sent_date").is_between(week.monday, week.sunday).fill_null(False)
    is_stale = (pl.col("service_date") > pl.col("_last_day")).fill_null(False)
    counted = known.group_by("system_code", "release_id").agg(
        pl.col("code").n_unique().alias("code_count"),
        pl.len().alias("value_count"),
        (~is_unchecked).sum().alias("checked_count"),
        is_unchecked.sum().alias("unchecked_count"),
        is_wrong.sum().alias("invalid_count"),
        pl.col("service_date").min().alias("first_service_date"),
        pl.col("service_date").max().alias("last_service_date"),
        is_anchor.sum().alias("anchor_count"),
        (is_anchor & is_stale).sum().alias("stale_count"),
        pl.col("_last_day").first(),
    )
    low, high = wilson(pl.col("invalid_count"), pl.col("checked_count"))
    spans = code_sets.select("system_code", "release_id", "valid_from", "valid_to")
    dated = counted.join(spans, on=["system_code", "release_id"], how="left").with_columns(
        pl.coalesce("valid_to", "_last_day").alias("valid_to"),
        rate(pl.col("invalid_count"), pl.col("checked_count")).alias("invalid_rate"),
        low.alias("low"),
        high.alias("high"),
    )
    return dated.sort("system_code", "valid_from", nulls_last=True)
