"""The lists of codes a client is checked against: read from its folder, kept only as far as its claims use them."""

from assets.factory import Made, Step, store, table_step
from rcm_pipeline.code_sets.folder import load_releases
from rcm_pipeline.code_sets.releases import code_entries, release_table
from rcm_pipeline.code_sets.values import used_codes
from rcm_pipeline.connection import at_once

TABLES = ("ops_code_sets", "ops_code_entries")
_SOURCES = ("raw_claim_lines", "raw_claim_diagnoses")
_LINES = """SELECT DISTINCT code_qualifier, procedure_code, modifier_1_code, modifier_2_code, modifier_3_code, modifier_4_code
FROM raw_claim_lines"""
_DIAGNOSES = "SELECT DISTINCT qualifier_code, diagnosis_code FROM raw_claim_diagnoses"


def _load(step: Step) -> Made:
    """Read the package's list and those of the client's folder; keep what they say of the codes on its claims."""
    releases = load_releases(step.workplace.home.code_lists(step.settings))
    entries = code_entries(used_codes(step.connection.sql(_LINES).pl(), step.connection.sql(_DIAGNOSES).pl()), releases)
    with at_once(step.connection):
        for name, table in zip(TABLES, (release_table(releases), entries), strict=True):
            if name in step.wanted:
                yield name, table.height, store(step, name, table)


code_sets = table_step("code_sets", dict.fromkeys(TABLES, _SOURCES), _load, "Releases of code sets, and what they say of the codes used.")
