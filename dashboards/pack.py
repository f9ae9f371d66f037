"""The governance pack as one page: what it says is assembled here, how it looks is in templates/."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from dashboards import (
    claims,
    code_sets,
    coding,
    coding_denials,
    denials,
    escalations,
    feedback,
    quality,
    recovery,
    rework,
    scorecard,
    spikes,
    texts,
)
from dashboards import (
    nowcasts as nowcast_cards,
)
from dashboards.page import render
from rcm_pipeline.denials.rates.denial_rates import RECENT_WEEKS, recent_rates
from rcm_pipeline.metrics.definitions import definitions
from rcm_pipeline.metrics.scorecard import measures
from rcm_pipeline.settings import ClientSettings


@dataclass(frozen=True)
class PackFacts:
    """Everything a pack is made of. `tables` by name; `checks` are those of the run that publishes."""

    client: str
    settings: ClientSettings
    anchor: dt.date | None
    tables: Mapping[str, pl.DataFrame]
    checks: pl.DataFrame
    manifest: Mapping[str, Any]


def pack_page(facts: PackFacts) -> str:
    """The whole pack as one self-contained HTML document."""
    sections = [
        _scorecard(facts),
        _lives(facts),
        _denials(facts),
        _spikes(facts),
        _immature(facts),
        _recovery(facts),
        coding.section(facts.tables),
        coding_denials.section(facts.tables),
        feedback.section(facts.tables),
        escalations.section(facts.tables, facts.settings, facts.anchor),
        code_sets.section(facts.tables),
        _rework(facts),
        _quality(facts),
    ]
    return render(
        "pack.html.j2",
        title=f"Governance pack · {facts.settings.name or facts.client}",
        client=facts.settings.name or facts.client,
        week=texts.week(facts.anchor),
        through=texts.day(_last_date(facts)),
        sections=sections,
        definitions=list(definitions().values()),
        manifest=facts.manifest,
        evidence=_evidence_level(facts.tables["raw_files"]),
    )


def _scorecard(facts: PackFacts) -> dict[str, Any]:
    card = facts.tables["mart_scorecard"]
    return {
        "id": "mart_scorecard",
        "kind": "scorecard",
        "title": "Scorecard",
        "lead": scorecard.headline(card),
        "rows": scorecard.scorecard_rows(card),
    }


def _denials(facts: PackFacts) -> dict[str, Any]:
    section: dict[str, Any] = {
        "id": "mart_denial_rates",
        "kind": "denials",
        "title": "Denials",
        "lead": "No week is complete yet.",
        "figures": {"trend": None, "heat": None},
        "definitions": [],
        "shifts": [],
    }
    if facts.anchor is None:
        return section
    rates, names = facts.tables["mart_denial_rates"], payer_names(facts.tables["core_payers"])
    recent = recent_rates(rates, facts.anchor)
    section |= {
        "lead": denials.headline(rates, facts.anchor),
        "recent_weeks": RECENT_WEEKS,
        "figures": {
            "trend": denials.trend(rates, facts.anchor, _limit(facts.settings)),
            "heat": denials.heat_map(recent, names) if recent.height else None,
        },
        "definitions": denials.definition_rows(facts.tables["mart_metrics"]),
        "shifts": denials.shift_rows(facts.tables["mart_denial_trends"], facts.anchor, names),
    }
    return section


def _immature(facts: PackFacts) -> dict[str, Any]:
    nowcasts = facts.tables["mart_denial_nowcasts"]
    cards = nowcast_cards.payer_cards(nowcasts, payer_names(facts.tables["core_payers"]))
    return {
        "id": "mart_denial_nowcasts",
        "kind": "nowcasts",
        "title": "Weeks not yet answered",
        "lead": nowcast_cards.headline(nowcasts),
        "cards": cards,
        "more": nowcasts["payer_id"].n_unique() - len(cards),
    }


def _spikes(facts: PackFacts) -> dict[str, Any]:
    return spikes.section(facts.tables, payer_names(facts.tables["core_payers"]))


def _lives(facts: PackFacts) -> dict[str, Any]:
    tables = facts.tables
    rows = claims.funnel_rows(tables["mart_claim_funnel"], facts.anchor) if facts.anchor else tables["mart_claim_funnel"].clear()
    return {
        "id": "mart_claim_funnel",
        "kind": "claims",
        "title": "Life of claims",
        "lead": claims.headline(rows),
        "figures": {"funnel": claims.funnel_chart(rows) if rows.height else None},
        "yields": claims.yield_rows(tables["mart_metrics"]),
        "stages": claims.stage_rows(tables["core_layer_events"], facts.anchor),
        "unmatched": claims.unmatched_rows(tables["mart_unmatched"]),
    }


def _recovery(facts: PackFacts) -> dict[str, Any]:
    tables, names = facts.tables, payer_names(facts.tables["core_payers"])
    outcomes, recoveries = tables["mart_denial_outcomes"], tables["mart_recoveries"]
    has_won = recoveries.filter(pl.col("overturned_count") > 0).height > 0
    return {
        "id": "mart_recoveries",
        "kind": "recovery",
        "title": "Recovery",
        "lead": recovery.headline(outcomes, tables["mart_worklist"]),
        "figures": {
            "outcomes": recovery.outcome_chart(outcomes) if outcomes.height else None,
            "channels": recovery.channel_chart(recoveries) if has_won else None,
        },
        "causes": recovery.cause_rows(recoveries),
        "groups": recovery.group_rows(tables["mart_worklist"], names),
        "urgency": recovery.urgency_rows(tables["mart_worklist"]),
        "measures": recovery.measure_rows(tables["mart_metrics"]),
        "quality": recovery.quality_rows(tables["mart_payer_quality"], names),
    }


def _rework(facts: PackFacts) -> dict[str, Any]:
    costs = facts.tables["mart_rework_costs"]
    return {
        "id": "mart_rework_costs",
        "kind": "rework",
        "title": "Rework cost",
        "lead": rework.headline(costs),
        "figures": {"costs": rework.cost_chart(costs) if costs.height else None},
        "rows": rework.cost_rows(costs),
    }


def _quality(facts: PackFacts) -> dict[str, Any]:
    tables = facts.tables
    files, rejects = tables["raw_files"], tables["raw_rejects"]
    failed = facts.checks.filter(~pl.col("is_passed")).height
    lead = (
        f"{texts.count(files.height)} files read, {texts.count(rejects.height)} things not read; "
        f"{texts.count(facts.checks.height)} checks ran, {failed or 'none'} failed."
    )
    return {
        "id": "raw_files",
        "kind": "quality",
        "title": "Data quality",
        "lead": lead,
        "intake": quality.intake_rows(files),
        "submissions": quality.submission_rows(tables["core_submissions"]),
        "notes": quality.note_rows(rejects, tables["raw_findings"]),
        "checks": quality.check_rows(facts.checks),
        "dispositions": quality.disposition_rows(tables["core_adjudicated_lines"]),
    }


def payer_names(payers: pl.DataFrame) -> dict[str, str]:
    """Payer id → the name a reader knows it by; names that two payers share carry the id."""
    named = {r["payer_id"]: texts.title(r["payer_name"]) for r in payers.iter_rows(named=True)}
    shared = {name for name in named.values() if list(named.values()).count(name) > 1}
    return {payer: f"{name} ({payer})" if name in shared else name for payer, name in named.items()}


def _limit(settings: ClientSettings) -> float:
    """The agreed limit of the denial rate."""
    name = "initial_denial_claims"
    agreed = settings.scorecard.get(name)
    return float(agreed.limit if agreed and agreed.limit is not None else measures()[name]["limit"])


def _last_date(facts: PackFacts) -> dt.date | None:
    last = facts.tables["core_adjudications"]["adjudication_date"].max()
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
