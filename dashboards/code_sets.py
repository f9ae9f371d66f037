"""Code sets on a page: codes not valid on their date of service, what could be checked at all, what releases change."""

from typing import Any

import polars as pl

from dashboards import texts
from dashboards.facts import PackFacts
from rcm_pipeline.code_sets.systems import SYSTEMS

SHEETS = {
    "Codes not valid": "mart_code_set_findings",
    "Code set coverage": "mart_code_set_coverage",
    "Code set changes": "mart_code_set_changes",
}

_SHOWN = 15
_FAULTS = {
    "unknown_code": "in no list",
    "not_yet_valid": "not valid yet",
    "no_longer_valid": "no longer valid",
    "not_billable": "needs more characters",
}
_CHANGES = {"begins": "begins", "ends": "ends", "becomes_heading": "needs more characters"}
_NEWER = {
    "icd10cm": "icd10cm_order_YYYY.txt of the newest release from CMS",
    "hcpcs": "HCPCyyyy_MMM_ANWEB.txt of the newest quarter from CMS",
    "modifier": "HCPCyyyy_MMM_ANWEB.txt of the newest quarter from CMS",
    "cpt": "the list of your CPT licence as cpt_YYYY-01-01.csv",
    "cpt_modifier": "the modifiers of your CPT licence as cpt_modifier_YYYY-01-01.csv",
    "cdt": "the list of your CDT licence as cdt_YYYY-01-01.csv",
}


def section(facts: PackFacts) -> dict[str, Any]:
    """The section of the pack, from mart_code_set_findings, mart_code_set_coverage and mart_code_set_changes."""
    findings, coverage, changes = (facts[f"mart_code_set_{name}"] for name in ("findings", "coverage", "changes"))
    rows, moves = finding_rows(findings), change_rows(changes)
    return {
        "id": "mart_code_set_findings",
        "kind": "code_sets",
        "title": "Code sets",
        "lead": headline(coverage),
        "rows": rows[:_SHOWN],
        "more": len(rows) - len(rows[:_SHOWN]),
        "coverage": coverage_rows(coverage),
        "missing": missing_lists(coverage),
        "changes": moves[:_SHOWN],
        "more_changes": len(moves) - len(moves[:_SHOWN]),
    }


def headline(coverage: pl.DataFrame) -> str:
    """How many codes were not valid on their day, of those that could be checked, and how many could not."""
    total, checked, wrong = (int(coverage[name].sum()) for name in ("value_count", "checked_count", "invalid_count"))
    if not total:
        return "No codes have been sent yet."
    if not checked:
        return f"No list covers the dates of service: none of {texts.count(total)} codes could be checked."
    share = (
        f"{texts.count(wrong)} of {texts.count(checked)} codes checked were"
        if wrong
        else f"None of {texts.count(checked)} codes checked was"
    )
    rest = f"; {texts.count(total - checked)} more could not be checked." if total > checked else "."
    return f"{share} not valid on the date of service{f' ({texts.percent(wrong / checked)})' if wrong else ''}{rest}"


def finding_rows(findings: pl.DataFrame) -> list[dict[str, Any]]:
    """Findings by code and fault, largest first: times sent, claims, claims still to correct, charge of those claims' codes."""
    claim = pl.col("version_id")
    grouped = findings.group_by("system_code", "code", "fault_code", "carc_code").agg(
        pl.len(),
        claim.n_unique().alias("claims"),
        claim.filter("is_newest").n_unique().alias("newest"),
        pl.col("charge_amount").filter("is_newest").sum(),
        pl.col("service_date").min().alias("first"),
        pl.col("service_date").max().alias("last"),
    )
    order = (pl.col("len") * -1, "system_code", "code", "fault_code")
    return [
        {
            "system": SYSTEMS[r["system_code"]].label,
            "code": r["code"] or "not of the form of a code",
            "fault": _FAULTS[r["fault_code"]],
            "carc": r["carc_code"],
            "count": texts.count(r["len"]),
            "claims": texts.count(r["claims"]),
            "newest": texts.count(r["newest"]),
            "charge": texts.dollars(r["charge_amount"]),
            "days": f"{texts.day(r['first'])} – {texts.day(r['last'])}",
        }
        for r in grouped.sort(order).iter_rows(named=True)
    ]


def coverage_rows(coverage: pl.DataFrame) -> list[dict[str, Any]]:
    """Each code set and release: what it stands for, how much was checked and how much of that was invalid."""
    return [
        {
            "system": SYSTEMS[r["system_code"]].label,
            "release": r["release_id"] or "no list covers the day",
            "days": f"{texts.day(r['valid_from'])} – {texts.day(r['valid_to'])}" if r["release_id"] else "–",
            "used": texts.count(r["code_count"]),
            "count": texts.count(r["value_count"]),
            "checked": texts.count(r["checked_count"]),
            "rate": texts.percent(r["invalid_rate"]),
            "of": f"{texts.count(r['invalid_count'])} of {texts.count(r['checked_count'])}" if r["checked_count"] else "",
            "interval": texts.interval(r["low"], r["high"]),
        }
        for r in coverage.iter_rows(named=True)
    ]


def missing_lists(coverage: pl.DataFrame) -> list[str]:
    """For each code set with codes no list covers: why, how many, and which file to put into the folder."""
    return [_missing(r) for r in coverage.filter(pl.col("release_id").is_null()).iter_rows(named=True)]


def _missing(row: dict[str, Any]) -> str:
    label, number, last = SYSTEMS[row["system_code"]].label, row["unchecked_count"], row["valid_to"]
    count = f"{texts.count(number)} {'code was' if number == 1 else 'codes were'}"
    if row["first_service_date"] is None:
        return f"{label}: {count} not checked, for no date of service was sent."
    if last is not None and row["last_service_date"] <= last:
        days = f"{texts.day(row['first_service_date'])} to {texts.day(row['last_service_date'])}"
        return f"{label}: {count} not checked, used from {days}. To check them put the lists of those days into code_sets/."
    since = "no list is loaded" if last is None else f"the newest list ends on {texts.day(last)}"
    return f"{label}: {since}; {count} not checked. To check them put {_NEWER[row['system_code']]} into code_sets/."


def change_rows(changes: pl.DataFrame) -> list[dict[str, Any]]:
    """Codes of the last 52 weeks that a release changes, with the claims, lines and charge that carried them."""
    return [
        {
            "system": SYSTEMS[r["system_code"]].label,
            "code": r["code"],
            "change": _CHANGES[r["change_code"]] + (f" ({texts.count(r['longer_code_count'])} codes)" if r["longer_code_count"] else ""),
            "date": texts.day(r["change_date"]),
            "claims": texts.count(r["claim_count"]),
            "lines": texts.count(r["line_count"]),
            "charge": texts.dollars(r["charge_amount"]),
        }
        for r in changes.sort(pl.col("is_coming").not_(), "change_date", pl.col("charge_amount") * -1, "code").iter_rows(named=True)
    ]
