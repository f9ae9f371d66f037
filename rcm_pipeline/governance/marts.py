"""Every mart in one place: the tables it reads and the pure function that makes it."""

from collections.abc import Iterator

import polars as pl

from rcm_pipeline.denials.classify.remit_quality import payer_quality
from rcm_pipeline.denials.nowcast.denial_nowcasts import cohort_counts, denial_nowcasts
from rcm_pipeline.denials.outcomes.denial_outcomes import Life, denial_outcomes
from rcm_pipeline.denials.outcomes.recoveries import recoveries
from rcm_pipeline.denials.outcomes.worklist import worklist
from rcm_pipeline.denials.rates.claim_funnel import claim_funnel
from rcm_pipeline.denials.rates.cohorts import denial_cohorts
from rcm_pipeline.denials.rates.denial_rates import denial_rates
from rcm_pipeline.denials.rates.trends import denial_trends
from rcm_pipeline.denials.rates.unmatched import unmatched
from rcm_pipeline.denials.spikes.cards import spike_cards, with_other_clients
from rcm_pipeline.denials.spikes.evidence import spike_evidence
from rcm_pipeline.denials.spikes.lines import spike_lines
from rcm_pipeline.denials.spikes.marts import denial_spikes, monthly_leaks
from rcm_pipeline.governance.coding_marts import CODING_MARTS
from rcm_pipeline.governance.mart import Anchor, Mart, Tables
from rcm_pipeline.metrics.mart import metrics
from rcm_pipeline.metrics.measures import known_at
from rcm_pipeline.metrics.scorecard import Facts, scorecard
from rcm_pipeline.redelivery import once
from rcm_pipeline.rework.cost import rework_costs
from rcm_pipeline.rework.parameters import default_parameters
from rcm_pipeline.settings import ClientSettings
from rcm_pipeline.weeks import last_day, newest_day
from schemas.contract import conform, empty
from schemas.registry import CONTRACTS
from schemas.vocabulary import OPEN_SPIKE_STATES


def _spikes(tables: Tables, anchor: Anchor, settings: ClientSettings) -> pl.DataFrame:
    cohorts = (
        pl.DataFrame()
        if anchor is None
        else cohort_counts(tables["core_claim_versions"], tables["core_adjudications"], tables["mart_denial_outcomes"], anchor)
    )
    return denial_spikes(tables["mart_denial_rates"], cohorts, tables["ops_portfolio"], settings.acknowledged, anchor)


def _told(tables: Tables) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The open spikes of the anchor week, and their lines."""
    spikes = tables["mart_denial_spikes"]
    is_open = (pl.col("week") == pl.col("week").max()) & pl.col("state").is_in(OPEN_SPIKE_STATES)
    opened = spikes.filter(is_open)
    names = ("adjudicated_lines", "denials", "adjudications", "claim_lineages", "claim_versions")
    return opened, spike_lines(opened, *(tables[f"core_{name}"] for name in names))


def _evidence(tables: Tables, _: Anchor, __: ClientSettings) -> pl.DataFrame:
    return conform(spike_evidence(*_told(tables)), CONTRACTS["mart_spike_evidence"])


def _cards(tables: Tables, _: Anchor, __: ClientSettings) -> pl.DataFrame:
    opened, told = _told(tables)
    cards = spike_cards(opened, told, tables["mart_spike_evidence"], tables["mart_denial_outcomes"], tables["mart_worklist"])
    return conform(with_other_clients(cards, tables["ops_portfolio"]), CONTRACTS["mart_spike_cards"])


def _leaks(tables: Tables, anchor: Anchor, _: ClientSettings) -> pl.DataFrame:
    return monthly_leaks(tables["mart_denial_rates"], tables["ops_portfolio"], anchor)


def _rates(tables: Tables, anchor: Anchor, _: ClientSettings) -> pl.DataFrame:
    return denial_rates(tables["core_adjudications"], tables["core_adjudicated_lines"], tables["core_denials"], anchor)


def _life(tables: Tables) -> Life:
    return Life(
        tables["core_claim_lineages"],
        tables["core_claim_versions"],
        tables["core_adjudications"],
        tables["core_denials"],
        tables["core_reversals"],
        tables["core_payers"],
        once(tables["raw_touches"]),
    )


def _outcomes(tables: Tables, anchor: Anchor, _: ClientSettings) -> pl.DataFrame:
    if anchor is None:
        return empty(CONTRACTS["mart_denial_outcomes"])
    return conform(denial_outcomes(_life(tables), last_day(anchor)), CONTRACTS["mart_denial_outcomes"]).sort("lineage_id")


def _cohorts(tables: Tables, anchor: Anchor, _: ClientSettings) -> pl.DataFrame:
    return denial_cohorts(tables["core_claim_versions"], tables["mart_denial_outcomes"], anchor)


def _nowcasts(tables: Tables, anchor: Anchor, _: ClientSettings) -> pl.DataFrame:
    return denial_nowcasts(tables["core_claim_versions"], tables["core_adjudications"], tables["mart_denial_outcomes"], anchor)


def _recoveries(tables: Tables, anchor: Anchor, _: ClientSettings) -> pl.DataFrame:
    if anchor is None:
        return empty(CONTRACTS["mart_recoveries"])
    return recoveries(tables["mart_denial_outcomes"], last_day(anchor))


def _quality(tables: Tables, anchor: Anchor, _: ClientSettings) -> pl.DataFrame:
    return payer_quality(tables["core_adjudications"], tables["core_reversals"], anchor)


def _trends(tables: Tables, _: Anchor, __: ClientSettings) -> pl.DataFrame:
    return denial_trends(
        tables["core_adjudicated_lines"], tables["core_denials"], tables["core_adjudications"], tables["core_claim_lineages"]
    )


def _unmatched(tables: Tables, anchor: Anchor, _: ClientSettings) -> pl.DataFrame:
    return unmatched(tables["core_claim_lineages"], tables["core_adjudications"], anchor)


def _funnel(tables: Tables, _: Anchor, __: ClientSettings) -> pl.DataFrame:
    return claim_funnel(
        tables["core_claim_versions"], tables["core_adjudications"], tables["core_claim_lineages"], tables["core_submissions"]
    )


def _worklist(tables: Tables, anchor: Anchor, _: ClientSettings) -> pl.DataFrame:
    newest = newest_day(tables["core_adjudications"], tables["raw_touches"], anchor)
    if newest is None or (anchor and newest <= last_day(anchor)):
        return worklist(tables["mart_denial_outcomes"], default_parameters().causes, newest and anchor and last_day(anchor))
    return worklist(denial_outcomes(_life(tables), newest), default_parameters().causes, newest)


def _metrics(tables: Tables, anchor: Anchor, settings: ClientSettings) -> pl.DataFrame:
    known = (
        None
        if anchor is None
        else known_at(
            anchor,
            _life(tables),
            submissions=tables["core_submissions"],
            lines=tables["core_adjudicated_lines"],
            recoupments=tables["core_recoupments"],
            rates=tables["mart_denial_rates"],
            quality=tables["mart_payer_quality"],
            outcomes=tables["mart_denial_outcomes"],
        )
    )
    encounters, escalations = once(tables["raw_coded_encounters"]), tables["raw_escalations"]
    spikes = tables["mart_denial_spikes"]
    return metrics(known, tables["mart_denial_cohorts"], spikes, encounters, escalations, settings.timeliness, settings.monthly_net_revenue)


def _costs(tables: Tables, anchor: Anchor, _: ClientSettings) -> pl.DataFrame:
    return rework_costs(tables["core_denials"], tables["core_adjudicated_lines"], once(tables["raw_touches"]), anchor, default_parameters())


def _scorecard(tables: Tables, anchor: Anchor, settings: ClientSettings) -> pl.DataFrame:
    facts = Facts(
        tables["mart_denial_rates"],
        tables["mart_coder_accuracy"],
        tables["core_adjudications"],
        tables["core_denials"],
        tables["raw_touches"],
    )
    return scorecard(facts, anchor, {name: agreed.model_dump(exclude_none=True) for name, agreed in settings.scorecard.items()})


_LIFE = (
    "core_adjudications", "core_claim_lineages", "core_claim_versions", "core_denials", "core_payers", "core_reversals", "raw_touches",
)  # fmt: skip
_SPIKE = (
    "mart_denial_spikes", "core_adjudicated_lines", "core_denials", "core_adjudications", "core_claim_lineages", "core_claim_versions",
)  # fmt: skip
MARTS: dict[str, Mart] = {
    "mart_denial_rates": Mart(("core_adjudications", "core_adjudicated_lines", "core_denials"), _rates),
    "mart_denial_outcomes": Mart(_LIFE, _outcomes),
    "mart_denial_cohorts": Mart(("core_claim_versions", "mart_denial_outcomes", "core_adjudications"), _cohorts),
    "mart_denial_nowcasts": Mart(("core_claim_versions", "core_adjudications", "mart_denial_outcomes"), _nowcasts),
    "mart_denial_spikes": Mart(
        ("mart_denial_rates", "mart_denial_outcomes", "core_claim_versions", "core_adjudications", "ops_portfolio"), _spikes
    ),
    "mart_slow_leaks": Mart(("mart_denial_rates", "core_adjudications", "ops_portfolio"), _leaks),
    "mart_recoveries": Mart(("mart_denial_outcomes", "core_adjudications"), _recoveries),
    "mart_payer_quality": Mart(("core_adjudications", "core_reversals"), _quality),
    "mart_denial_trends": Mart(("core_adjudicated_lines", "core_denials", "core_adjudications", "core_claim_lineages"), _trends),
    "mart_unmatched": Mart(("core_claim_lineages", "core_adjudications"), _unmatched),
    "mart_claim_funnel": Mart(("core_claim_versions", "core_adjudications", "core_claim_lineages", "core_submissions"), _funnel),
    "mart_worklist": Mart((*_LIFE, "mart_denial_outcomes"), _worklist),
    "mart_spike_evidence": Mart(_SPIKE, _evidence),
    "mart_spike_cards": Mart((*_SPIKE, "mart_spike_evidence", "mart_denial_outcomes", "mart_worklist", "ops_portfolio"), _cards),
    "mart_metrics": Mart(
        (
            *_LIFE,
            "core_submissions",
            "core_adjudicated_lines",
            "core_recoupments",
            "mart_denial_rates",
            "mart_denial_spikes",
            "mart_payer_quality",
            "mart_denial_outcomes",
            "mart_denial_cohorts",
            "raw_coded_encounters",
            "raw_escalations",
        ),
        _metrics,
    ),
    **CODING_MARTS,
    "mart_rework_costs": Mart(("core_denials", "core_adjudicated_lines", "raw_touches", "core_adjudications"), _costs),
    "mart_scorecard": Mart(("mart_denial_rates", "mart_coder_accuracy", "core_adjudications", "core_denials", "raw_touches"), _scorecard),
}


# what marts read of the wide tables; all of the others
_COLUMNS = {
    "core_adjudicated_lines": (
        "file_id", "claim_no", "line_no", "week", "payer_id", "is_first", "procedure_code", "charge_amount", "paid_amount",
        "patient_amount", "allowed_amount", "disposition",
    ),
    "core_adjudications": (
        "file_id", "claim_no", "lineage_id", "claim_token", "payer_id", "status_code", "kind", "adjudication_date", "week",
        "charge_amount", "paid_amount", "disposition", "is_first", "is_pended", "is_duplicate", "is_current", "is_reversed",
        "is_balanced", "broken_rules", "match_rule", "version_file_id", "version_claim_no",
    ),
    "core_claim_versions": (
        "file_id", "transaction_no", "claim_no", "lineage_id", "version_no", "claim_token", "sequence_code", "frequency_code",
        "sent_date", "week", "payer_id", "charge_amount", "line_count", "first_service_date", "last_service_date", "place_code",
        "place_qualifier",
        "is_file_rejected", "is_rejected", "is_first_rejected", "first_answer_date", "answer_date",
    ),
    "core_claim_lineages": (
        "lineage_id", "claim_token", "payer_id", "sequence_code", "is_crossover", "version_count", "answer_count", "last_sent_date",
        "charge_amount", "place_code", "provider_npi", "coder_id", "coded_date", "first_service_date", "denied_date", "denial_file_id",
        "denial_claim_no", "initial_paid_amount", "status_code",
    ),
    "raw_claim_lines": (
        "file_id", "claim_no", "line_no", "code_qualifier", "procedure_code", "modifier_1_code", "modifier_2_code", "modifier_3_code",
        "modifier_4_code", "charge_amount", "service_from_date",
    ),
    "raw_claim_diagnoses": ("file_id", "claim_no", "diagnosis_no", "qualifier_code", "diagnosis_code"),
}  # fmt: skip
SOURCES: dict[str, tuple[str, ...]] = {
    source: _COLUMNS.get(source, ()) for mart in MARTS.values() for source in mart.sources if source not in MARTS
}


def mart_tables(tables: Tables, anchor: Anchor, settings: ClientSettings) -> Iterator[tuple[str, pl.DataFrame]]:
    """Every mart at an anchor week in turn, from core and raw tables and the marts before it."""
    known = dict(tables)
    for name, mart in MARTS.items():
        known[name] = mart.build(known, anchor, settings)
        yield name, known[name]


def build_marts(tables: Tables, anchor: Anchor, settings: ClientSettings) -> dict[str, pl.DataFrame]:
    """All marts at an anchor week, from core and raw tables."""
    return dict(mart_tables(tables, anchor, settings))
