"""The numbers of a pack as a workbook: every table of the page, with typed cells and never a formula."""

import datetime as dt
import io
from collections.abc import Mapping
from typing import Any

import polars as pl
import xlsxwriter

from dashboards import texts
from rcm_pipeline.metrics.definitions import definitions

_SHEETS = {
    "Scorecard": "mart_scorecard",
    "Measures": "mart_metrics",
    "Claim funnel": "mart_claim_funnel",
    "Denial rates": "mart_denial_rates",
    "Cohorts": "mart_denial_cohorts",
    "Nowcasts": "mart_denial_nowcasts",
    "Spikes": "mart_denial_spikes",
    "Spike cards": "mart_spike_cards",
    "Spike evidence": "mart_spike_evidence",
    "Slow leaks": "mart_slow_leaks",
    "Recoveries": "mart_recoveries",
    "Payer quality": "mart_payer_quality",
    "Without partner": "mart_unmatched",
    "Reclassified": "ops_reclassifications",
    "Coder accuracy": "mart_coder_accuracy",
    "Coders": "mart_coder_standing",
    "Coding errors": "mart_coding_errors",
    "CERT split": "mart_cert_split",
    "EM levels": "mart_em_levels",
    "Auditor agreement": "mart_auditor_agreement",
    "Auditors": "mart_auditor_quality",
    "Coding denials": "mart_coding_denials",
    "Coding feedback": "mart_coding_feedback",
    "Queries": "mart_escalation_aging",
    "Codes not valid": "mart_code_set_findings",
    "Code set coverage": "mart_code_set_coverage",
    "Code set changes": "mart_code_set_changes",
    "Rework cost": "mart_rework_costs",
    "Sent batches": "core_submissions",
    "Payers": "core_payers",
    "Not read": "raw_rejects",
}
_FORMATS = {"_rate": "0.0%", "_amount": "#,##0.00", "low": "0.0%", "high": "0.0%"}


def pack_workbook(tables: Mapping[str, pl.DataFrame], anchor: dt.date | None) -> bytes:
    """One sheet per table and one with the definitions; the same tables give the same bytes."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": dt.datetime.combine(anchor or dt.date(2000, 1, 1), dt.time())})
        for sheet, table in _SHEETS.items():
            _write(book, sheet, tables[table])
        _write(book, "Definitions", _definitions())
    return buffer.getvalue()


def worklist_workbook(worklist: pl.DataFrame, anchor: dt.date | None, accounts: pl.DataFrame | None = None) -> bytes:
    """The worklist for the floor: groups that one fix works, and their claims in order, split by queue.

    `accounts` (claim_token, account) puts the client's own numbers in front; without it claims go by token.
    """
    named = worklist if accounts is None else worklist.join(accounts, on="claim_token", how="left", maintain_order="left")
    first = ["rank", *(["account"] if accounts is not None else []), "claim_token", "group_rank"]
    claims = named.select(*first, pl.exclude(first)).sort("rank")
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": dt.datetime.combine(anchor or dt.date(2000, 1, 1), dt.time())})
        _write(book, "Groups", _groups(worklist))
        _write(book, "All claims", claims)
        for queue in claims["rework_target"].unique().sort():
            _write(book, texts.plain(queue).capitalize()[:31], claims.filter(pl.col("rework_target") == queue))
    return buffer.getvalue()


def _groups(worklist: pl.DataFrame) -> pl.DataFrame:
    return (
        worklist.group_by("group_rank", "group_id")
        .agg(
            pl.col("rework_target", "owner", "next_step", "payer_id", "root_cause", "carc_code", "rarc_code").first(),
            pl.len().cast(pl.Int64).alias("claim_count"),
            pl.col("expected_amount", "net_amount").sum(),
            pl.col("deadline_date").min().alias("first_deadline_date"),
        )
        .sort("group_rank")
    )


def _definitions() -> pl.DataFrame:
    rows = [vars(d) | {"variants": "; ".join(f"{k}: {v}" for k, v in d.variants.items())} for d in definitions().values()]
    return pl.DataFrame(rows)


def _write(book: xlsxwriter.Workbook, sheet: str, frame: pl.DataFrame) -> None:
    shown = frame.with_columns(pl.col(pl.Decimal).cast(pl.Float64))  # cells of a workbook are floating point anyway
    formats: dict[Any, Any] = {name: form for name in shown.columns for ending, form in _FORMATS.items() if name.endswith(ending)}
    shown.write_excel(book, sheet, column_formats=formats, autofit=True, freeze_panes=(1, 0), header_format={"bold": True, "bottom": 2})
