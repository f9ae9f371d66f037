"""Queries about unclear records: how old they are, whether asking helped, and who decided them."""

from typing import Any

import polars as pl

from dashboards import texts
from dashboards.facts import PackFacts
from rcm_pipeline.coding.escalations import decisions_by_authority
from schemas.vocabulary import ALL

SHEETS = {"Queries": "mart_escalation_aging"}

_REASONS = {
    "chart_support": "Incomplete chart support",
    "diagnosis_detail": "Unclear diagnosis detail",
    "payer_logic": "Unusual payer logic",
    "conflicting_documentation": "Conflicting documentation",
    "other": "Other",
    ALL: "All queries",
}


def section(facts: PackFacts) -> dict[str, Any]:
    """The section of mart_escalation_aging, with the decisions of raw_decisions by role."""
    settings, aging = facts.settings, facts["mart_escalation_aging"]
    days = settings.timeliness.escalation_days
    return {
        "id": "mart_escalation_aging",
        "kind": "escalations",
        "title": "Queries",
        "lead": headline(aging, days),
        "days": days,
        "rows": escalation_rows(aging),
        "has_matrix": bool(settings.authority) or not facts.is_internal,
        "authority": _authority(facts) if facts.is_internal else [],
    }


def _authority(facts: PackFacts) -> list[dict[str, Any]]:
    return authority_rows(decisions_by_authority(facts["raw_decisions"], facts.settings.authority, facts.week))


def headline(aging: pl.DataFrame, days: int) -> str:
    """One or two sentences: what is overdue, whether asking changed anything, and who decided without authority."""
    if aging.is_empty():
        return "No query has been sent."
    r = aging.filter(pl.col("reason_code") == ALL).row(0, named=True)
    waiting = f"{texts.count(r['overdue_count'])} of {texts.count(r['open_count'])} open ones wait longer than {days} days"
    parts = [f"{texts.count(r['sent_count'])} queries in 13 weeks; {waiting}"]
    if r["answered_count"]:
        parts.append(f"{texts.percent(r['precision'])} of the answers changed something ({texts.interval(r['low'], r['high'])})")
    if r["decided_count"]:
        parts.append(f"{texts.count(r['outside_count'])} of {texts.count(r['decided_count'])} were decided by a role that may not")
    return "; ".join(parts) + "."


def escalation_rows(aging: pl.DataFrame) -> list[dict[str, Any]]:
    """A row per reason, all queries last."""
    return [
        {
            "reason": _REASONS[r["reason_code"]],
            "sent": texts.count(r["sent_count"]),
            "in_time": f"{texts.count(r['in_time_count'])} of {texts.count(r['answered_count'])}",
            "days": texts.days(r["answer_days"]),
            "precision": texts.percent(r["precision"]),
            "changed": f"{texts.count(r['changed_count'])} of {texts.count(r['answered_count'])}",
            "interval": texts.interval(r["low"], r["high"]),
            "open": texts.count(r["open_count"]),
            "overdue": texts.count(r["overdue_count"]),
            "oldest": texts.days(r["oldest_days"]),
            "outside": f"{texts.count(r['outside_count'])} of {texts.count(r['decided_count'])}" if r["decided_count"] else "–",
            "is_total": r["reason_code"] == ALL,
        }
        for r in aging.iter_rows(named=True)
    ]


def authority_rows(by_role: pl.DataFrame) -> list[dict[str, Any]]:
    """Decisions by subject and role, those of a role that may not first."""
    return [
        {
            "subject": r["subject_code"],
            "role": r["role_code"],
            "allowed": r["allowed"] or "nobody",
            "decisions": texts.count(r["decision_count"]),
            "queries": texts.count(r["query_count"]),
            "is_outside": r["is_outside"],
        }
        for r in by_role.iter_rows(named=True)
    ]
