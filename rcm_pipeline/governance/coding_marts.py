"""The marts of coding: each with the tables it reads."""

import polars as pl

from rcm_pipeline.code_sets.changes import code_set_changes
from rcm_pipeline.code_sets.findings import code_set_coverage, code_set_findings
from rcm_pipeline.code_sets.values import coded_values
from rcm_pipeline.code_sets.verdicts import judged
from rcm_pipeline.coding.accuracy.coder_accuracy import coder_accuracy
from rcm_pipeline.coding.accuracy.em_levels import em_levels
from rcm_pipeline.coding.accuracy.errors import cert_split, coding_errors
from rcm_pipeline.coding.coding_denials import coding_denials
from rcm_pipeline.coding.escalations import escalation_aging
from rcm_pipeline.coding.feedback import coding_feedback
from rcm_pipeline.coding.people.auditors import auditor_agreement, auditor_quality, is_withheld
from rcm_pipeline.coding.people.coders import coder_standing
from rcm_pipeline.governance.mart import Anchor, Mart, Tables
from rcm_pipeline.redelivery import once
from rcm_pipeline.reference import reference
from rcm_pipeline.settings import ClientSettings

_REVIEWS, _CODES, _FINDINGS = "core_qa_reviews", "core_qa_codes", "core_qa_findings"
_ANCHOR = "core_adjudications"
_CODE_SETS = ("raw_claim_lines", "raw_claim_diagnoses", "core_claim_versions", "ops_code_sets", "ops_code_entries")


def _accuracy(tables: Tables, anchor: Anchor, _: ClientSettings) -> pl.DataFrame:
    return coder_accuracy(tables[_REVIEWS], tables[_CODES], tables[_FINDINGS], tables["ops_qa_samples"], anchor)


def _errors(tables: Tables, anchor: Anchor, _: ClientSettings) -> pl.DataFrame:
    return coding_errors(tables[_REVIEWS], tables[_FINDINGS], anchor)


def _cert(tables: Tables, _: Anchor, __: ClientSettings) -> pl.DataFrame:
    return cert_split(tables["mart_coding_errors"], reference("cert_published"))


def _levels(tables: Tables, anchor: Anchor, _: ClientSettings) -> pl.DataFrame:
    return em_levels(tables[_REVIEWS], tables[_CODES], anchor)


def _agreement(tables: Tables, anchor: Anchor, settings: ClientSettings) -> pl.DataFrame:
    return auditor_agreement(tables[_REVIEWS], tables[_FINDINGS], settings.qa.minimum_agreement, anchor)


def _quality(tables: Tables, anchor: Anchor, _: ClientSettings) -> pl.DataFrame:
    return auditor_quality(tables[_REVIEWS], tables[_FINDINGS], anchor)


def _standing(tables: Tables, anchor: Anchor, settings: ClientSettings) -> pl.DataFrame:
    return coder_standing(
        tables[_REVIEWS],
        tables[_FINDINGS],
        tables["mart_auditor_quality"],
        anchor,
        method=settings.qa.method,
        standard=settings.qa.standard,
        is_withheld=is_withheld(tables["mart_auditor_agreement"]),
    )


def _denials(tables: Tables, anchor: Anchor, _: ClientSettings) -> pl.DataFrame:
    return coding_denials(
        tables[_REVIEWS],
        tables[_FINDINGS],
        tables["core_claim_lineages"],
        tables["core_adjudications"],
        tables["mart_denial_outcomes"],
        tables["raw_coded_encounters"],
        anchor,
    )


def _feedback(tables: Tables, anchor: Anchor, _: ClientSettings) -> pl.DataFrame:
    actions = once(tables["raw_qa_actions"])
    return coding_feedback(tables[_REVIEWS], tables[_FINDINGS], actions, tables["raw_coded_encounters"], anchor)


def _aging(tables: Tables, anchor: Anchor, settings: ClientSettings) -> pl.DataFrame:
    return escalation_aging(tables["raw_escalations"], tables["raw_decisions"], settings.timeliness, settings.authority, anchor)


def _values(tables: Tables) -> pl.DataFrame:
    return coded_values(tables["raw_claim_lines"], tables["raw_claim_diagnoses"], tables["core_claim_versions"])


def _code_findings(tables: Tables, _: Anchor, __: ClientSettings) -> pl.DataFrame:
    verdicts = judged(_values(tables), tables["ops_code_sets"], tables["ops_code_entries"])
    return code_set_findings(verdicts, tables["core_claim_lineages"])


def _code_coverage(tables: Tables, anchor: Anchor, _: ClientSettings) -> pl.DataFrame:
    releases = tables["ops_code_sets"]
    return code_set_coverage(judged(_values(tables), releases, tables["ops_code_entries"]), releases, anchor)


def _code_changes(tables: Tables, anchor: Anchor, _: ClientSettings) -> pl.DataFrame:
    return code_set_changes(_values(tables), tables["ops_code_sets"], tables["ops_code_entries"], anchor)


CODING_MARTS: dict[str, Mart] = {
    "mart_coder_accuracy": Mart((_REVIEWS, _CODES, _FINDINGS, "ops_qa_samples", _ANCHOR), _accuracy),
    "mart_coding_errors": Mart((_REVIEWS, _FINDINGS, _ANCHOR), _errors),
    "mart_cert_split": Mart(("mart_coding_errors",), _cert),
    "mart_em_levels": Mart((_REVIEWS, _CODES, _ANCHOR), _levels),
    "mart_auditor_agreement": Mart((_REVIEWS, _FINDINGS, _ANCHOR), _agreement),
    "mart_auditor_quality": Mart((_REVIEWS, _FINDINGS, _ANCHOR), _quality),
    "mart_coder_standing": Mart((_REVIEWS, _FINDINGS, "mart_auditor_quality", "mart_auditor_agreement", _ANCHOR), _standing),
    "mart_coding_denials": Mart(
        (_REVIEWS, _FINDINGS, "core_claim_lineages", _ANCHOR, "mart_denial_outcomes", "raw_coded_encounters"), _denials
    ),
    "mart_coding_feedback": Mart((_REVIEWS, _FINDINGS, "raw_qa_actions", "raw_coded_encounters", _ANCHOR), _feedback),
    "mart_escalation_aging": Mart(("raw_escalations", "raw_decisions", _ANCHOR), _aging),
    "mart_code_set_findings": Mart((*_CODE_SETS, "core_claim_lineages"), _code_findings),
    "mart_code_set_coverage": Mart((*_CODE_SETS, _ANCHOR), _code_coverage),
    "mart_code_set_changes": Mart((*_CODE_SETS, _ANCHOR), _code_changes),
}
