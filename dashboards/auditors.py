"""Tables about the auditors: how far two of them agree, and how each does on findings disputed and on charts with a known answer."""

from typing import Any

import polars as pl

from dashboards import texts
from dashboards.facts import PackFacts
from rcm_pipeline.coding.people.auditors import ANY


def parts(facts: PackFacts) -> dict[str, Any]:
    """What the coding section shows of auditors."""
    agreed = facts["mart_auditor_agreement"]
    auditors = auditor_rows(facts["mart_auditor_quality"]) if facts.is_internal else []
    return {"agreement": agreement_rows(agreed), "auditors": auditors, "agreed": sentence(agreed)}


def sentence(agreed: pl.DataFrame) -> str:
    """Whether the auditors agree on which charts have an error."""
    found = agreed.filter(pl.col("category_code") == ANY)
    if found.is_empty():
        return "No chart was reviewed a second time by another auditor, so nobody knows how far the auditors agree."
    row = found.row(0, named=True)
    enough = {
        True: "enough to compare coders by",
        False: "too little to compare coders by",
        None: "on too few charts to tell whether that is enough",
    }
    same = f"{texts.percent(row['agreement_rate'])} ({texts.interval(row['low'], row['high'])})"
    return (
        f"Of {texts.count(row['chart_count'])} charts reviewed by two auditors, both say the same of {same}, whether there is any "
        f"error: {enough[row['is_enough']]}."
    )


def agreement_rows(agreed: pl.DataFrame) -> list[dict[str, Any]]:
    """Any error first, then the categories by how often two auditors differ."""
    shown = agreed.sort(pl.col("category_code") != ANY, -pl.col("one_count"), "category_code")
    return [
        {
            "category": "Any error" if r["category_code"] == ANY else texts.error(r["category_code"]),
            "charts": texts.count(r["chart_count"]),
            "both": texts.count(r["both_count"]),
            "one": texts.count(r["one_count"]),
            "rate": texts.percent(r["agreement_rate"]),
            "interval": texts.interval(r["low"], r["high"]),
            "ac1": _two(r["ac1"]),
            "ac1_interval": "" if r["ac1_low"] is None else f"{_two(r['ac1_low'])} to {_two(r['ac1_high'])}",
            "kappa": _two(r["kappa"]),
        }
        for r in shown.iter_rows(named=True)
    ]


def auditor_rows(quality: pl.DataFrame) -> list[dict[str, Any]]:
    """One row per auditor."""
    return [
        {
            "name": r["auditor_id"],
            "reviews": texts.count(r["review_count"]),
            "overturned": f"{r['overturned_count']} of {r['finding_count']}",
            "rate": texts.percent(r["overturn_rate"]),
            "interval": texts.interval(r["overturn_low"], r["overturn_high"]),
            "caught": f"{r['caught_count']} of {r['wrong_count']}" if r["wrong_count"] else "–",
            "sensitivity": texts.percent(r["sensitivity"]),
            "passed": f"{r['passed_count']} of {r['good_count']}" if r["good_count"] else "–",
            "specificity": texts.percent(r["specificity"]),
        }
        for r in quality.iter_rows(named=True)
    ]


def _two(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
