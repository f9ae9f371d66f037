"""Data quality and control rows: what came in, what was not read, which checks ran."""

from typing import Any

import polars as pl

from dashboards import texts
from dashboards.facts import PackFacts
from rcm_pipeline.governance.status import delivery_notes
from rcm_pipeline.quality.checks import batch_warnings
from rcm_pipeline.quality.controls import FREQUENCY, Result, results
from schemas.vocabulary.claims import SUBMISSION_STATUSES

SHEETS = {"Sent batches": "core_submissions", "Not read": "raw_rejects"}


def section(facts: PackFacts) -> dict[str, Any]:
    """The section of the ledger: what came in, what was not read, which checks ran."""
    files, rejects = facts["raw_files"], facts["raw_rejects"]
    failed = facts.checks.filter(~pl.col("is_passed")).height
    lead = (
        f"{texts.count(files.height)} files read, {texts.count(rejects.height)} things not read; "
        f"{texts.count(facts.checks.height)} checks ran, {failed or 'none'} failed."
    )
    by = ["fact_code", "delivery_code", "is_incomplete"]
    counts = facts.some("core_deliveries", *by).group_by(by).len().sort(by)
    return {
        "id": "raw_files",
        "kind": "quality",
        "title": "Data quality",
        "lead": lead,
        "intake": intake_rows(files),
        "deliveries": delivery_notes(counts.iter_rows()),
        "submissions": submission_rows(facts["core_submissions"]),
        "notes": note_rows(rejects, facts["raw_findings"]),
        "controls": control_rows(facts.checks),
        "dispositions": disposition_rows(facts.some("core_adjudicated_lines", "disposition", "charge_amount")),
    }


def intake_rows(files: pl.DataFrame) -> list[dict[str, Any]]:
    """Files by kind: how many, what they held, how much was dropped at the privacy door."""
    grouped = (
        files.with_columns(pl.col("kind").fill_null("not recognised"))
        .group_by("kind")
        .agg(
            pl.len(),
            pl.col("claim_count", "remit_count", "segment_count", "element_count", "dropped_count", "reject_count", "finding_count").sum(),
        )
    )
    return [
        {
            "kind": texts.plain(r["kind"]),
            "files": texts.count(r["len"]),
            "records": texts.count(r["claim_count"] + r["remit_count"] or r["segment_count"]),
            "elements": texts.count(r["element_count"]),
            "dropped": texts.count(r["dropped_count"]),
            "rejects": texts.count(r["reject_count"]),
            "findings": texts.count(r["finding_count"]),
        }
        for r in grouped.sort("kind").iter_rows(named=True)
    ]


def submission_rows(submissions: pl.DataFrame) -> list[dict[str, Any]]:
    """Sent batches by how far they came: claims accepted, rejected and unanswered, and the age of the oldest that waits."""
    order = {code: place for place, code in enumerate(SUBMISSION_STATUSES)}
    grouped = submissions.group_by("status_code").agg(
        pl.len(),
        pl.col("claim_count", "accepted_count", "rejected_count", "decided_count", "unanswered_count", "charge_amount").sum(),
        pl.col("age_days").max(),
    )
    return [
        {
            "name": texts.submission(r["status_code"]),
            "batches": texts.count(r["len"]),
            "claims": texts.count(r["claim_count"]),
            "charge": texts.dollars(r["charge_amount"]),
            "accepted": texts.count(r["accepted_count"] + r["decided_count"]),
            "rejected": texts.count(r["rejected_count"]),
            "unanswered": texts.count(r["unanswered_count"]),
            "age": "–" if r["age_days"] is None else f"{r['age_days']} {'day' if r['age_days'] == 1 else 'days'}",
        }
        for r in sorted(grouped.to_dicts(), key=lambda row: order[row["status_code"]])
    ]


def note_rows(rejects: pl.DataFrame, findings: pl.DataFrame) -> list[dict[str, Any]]:
    """Rejects and findings by rule, rejects first."""
    rows = []
    for name, frame, text in (("not read", rejects, "reason"), ("kept, but odd", findings, "detail")):
        grouped = frame.group_by("rule").agg(pl.len().alias("n"), pl.col(text).first().alias("text")).sort(pl.col("n") * -1, "rule")
        rows += [
            {"outcome": name, "rule": texts.plain(r["rule"]), "count": texts.count(r["n"]), "text": r["text"]}
            for r in grouped.iter_rows(named=True)
        ]
    return rows


def warnings(checks: pl.DataFrame) -> list[str]:
    """What is unusual about the week's batch, as the first thing on the page."""
    failed = checks.filter((pl.col("kind") == "batch") & ~pl.col("is_passed"))
    return batch_warnings(failed.select("severity", "check_name", "detail", "failed_count", "checked_count").iter_rows())


def control_rows(checks: pl.DataFrame) -> list[dict[str, str]]:
    """The catalogue of controls with the result of this run, those that failed first."""
    order = {"failed": 0, "not judged": 1, "passed": 2}
    return [
        {
            "id": result.control.control_id,
            "sentence": result.control.sentence,
            "owner": result.control.owner,
            "frequency": FREQUENCY,
            "evidence": _evidence(result),
            "result": result.state,
            "observed": result.observed,
        }
        for result in sorted(results(checks), key=lambda result: order[result.state])
    ]


def _evidence(result: Result) -> str:
    tables = "1 table" if result.table_count == 1 else f"{result.table_count} tables"
    return f"{tables}, {texts.count(result.checked_count)} rows" if result.table_count else "nothing to judge"


def disposition_rows(lines: pl.DataFrame) -> list[dict[str, Any]]:
    """Every adjudicated line in exactly one disposition: count and dollars, summing to all lines."""
    grouped = lines.group_by("disposition").agg(pl.len().alias("n"), pl.col("charge_amount").sum()).sort(pl.col("n") * -1, "disposition")
    rows = [
        {"name": texts.disposition(r["disposition"]), "n": texts.count(r["n"]), "charge": texts.dollars(r["charge_amount"])}
        for r in grouped.iter_rows(named=True)
    ]
    return [*rows, {"name": "All lines", "n": texts.count(lines.height), "charge": texts.dollars(lines["charge_amount"].sum())}]
