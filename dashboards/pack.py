"""The governance pack as one page: the sections are listed here once, what each says stands in its module."""

import datetime as dt

import polars as pl

from dashboards import (
    claims,
    code_sets,
    coding,
    coding_denials,
    denials,
    escalations,
    feedback,
    nowcasts,
    quality,
    recovery,
    rework,
    scorecard,
    spikes,
    texts,
)
from dashboards.editions import client_edition, shown_definitions
from dashboards.facts import PackFacts
from dashboards.page import render

SECTIONS = (
    scorecard,
    claims,
    denials,
    spikes,
    nowcasts,
    recovery,
    coding,
    coding_denials,
    feedback,
    escalations,
    code_sets,
    rework,
    quality,
)


def sheets(facts: PackFacts) -> dict[str, str]:
    """Sheet → table of the edition's workbook: those of every section, in the order of the page."""
    every = {sheet: table for section in SECTIONS for sheet, table in section.SHEETS.items()}
    return every if facts.is_internal else {sheet: table for sheet, table in every.items() if sheet in client_edition()["sheets"]}


def pack_page(facts: PackFacts) -> str:
    """An edition of the pack as one self-contained HTML document."""
    named = SECTIONS if facts.is_internal else [one for one in SECTIONS if one.__name__.rpartition(".")[2] in client_edition()["sections"]]
    return render(
        "pack.html.j2",
        title=f"Governance pack · {facts.settings.name or facts.client}",
        client=facts.settings.name or facts.client,
        week=texts.week(facts.week.monday if facts.week else None),
        through=texts.day(_last_date(facts)),
        warnings=quality.warnings(facts.checks),
        sections=[section.section(facts) for section in named],
        is_internal=facts.is_internal,
        definitions=shown_definitions(facts),
        manifest=facts.manifest,
        evidence=_evidence_level(facts["raw_files"]),
    )


def _last_date(facts: PackFacts) -> dt.date | None:
    last = facts.some("core_adjudications", "adjudication_date")["adjudication_date"].max()
    return last if isinstance(last, dt.date) else None


def _evidence_level(files: pl.DataFrame) -> str:
    """What the numbers rest on: A claims, remittances, QA and logs; B claims and remittances; C remittances alone."""
    kinds = {kind for joined in files["kind"].drop_nulls() for kind in joined.split("+")}
    if not kinds & {"835", "remittances"}:
        return "no remittances yet"
    if not any(kind.startswith("837") or kind == "claims" for kind in kinds):
        return "C: remittances only"
    has_people = {"qa_reviews", "touches"} <= kinds
    return "A: claims, remittances, QA reviews and work logs" if has_people else "B: claims and remittances"
