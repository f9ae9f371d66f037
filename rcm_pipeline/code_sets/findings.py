"""Codes of 837 claims that were not valid on their date of service, and how much could be checked at all."""

import datetime as dt

import polars as pl

from rcm_pipeline.code_sets.systems import SYSTEMS
from rcm_pipeline.code_sets.verdicts import UNCHECKED, VALID
from rcm_pipeline.stats.intervals import rate, wilson
from schemas.contract import conform
from schemas.registry import CONTRACTS


def code_set_findings(judged_values: pl.DataFrame, lineages: pl.DataFrame) -> pl.DataFrame:
    """mart_code_set_findings: the values whose verdict is a fault. What could not be checked is counted in the coverage."""
    carcs = {name: system.carc_code for name, system in SYSTEMS.items()}
    wrong = judged_values.filter(~pl.col("verdict").is_in([VALID, UNCHECKED]))
    named = wrong.join(lineages.select("lineage_id", "coder_id"), on="lineage_id", how="left", maintain_order="left").with_columns(
        pl.col("verdict").alias("fault_code"), pl.col("system_code").replace_strict(carcs, return_dtype=pl.String).alias("carc_code")
    )
    order = ("file_id", "claim_no", "line_no", "modifier_no", "diagnosis_no")
    return conform(named, CONTRACTS["mart_code_set_findings"]).sort(order, nulls_last=False)


def code_set_coverage(judged_values: pl.DataFrame, code_sets: pl.DataFrame, anchor: dt.date | None) -> pl.DataFrame:
    """mart_code_set_coverage by code set and release; a row without a release counts what none covers.

    A value of a claim sent in the anchor week is stale when its day is after the last one any list of its set stands for;
    a set of which no list is loaded is never stale, it is not checked.
    """
    last_days = code_sets.group_by("system_code").agg(pl.col("valid_to").max().alias("_last_day"))
    known = judged_values.join(last_days, on="system_code", how="left")
    is_unchecked, is_wrong = pl.col("verdict") == UNCHECKED, ~pl.col("verdict").is_in([VALID, UNCHECKED])
    week = pl.lit(False) if anchor is None else pl.col("sent_date").is_between(anchor, anchor + dt.timedelta(days=6)).fill_null(False)
    is_stale = (pl.col("service_date") > pl.col("_last_day")).fill_null(False)
    counted = known.group_by("system_code", "release_id").agg(
        pl.col("code").n_unique().alias("code_count"),
        pl.len().alias("value_count"),
        (~is_unchecked).sum().alias("checked_count"),
        is_unchecked.sum().alias("unchecked_count"),
        is_wrong.sum().alias("invalid_count"),
        pl.col("service_date").min().alias("first_service_date"),
        pl.col("service_date").max().alias("last_service_date"),
        week.sum().alias("anchor_count"),
        (week & is_stale).sum().alias("stale_count"),
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
    return conform(dated, CONTRACTS["mart_code_set_coverage"]).sort("system_code", "valid_from", nulls_last=True)
