"""Raw tables to the core tables, in one pure step: from what was sent and said to lineages, decisions, denials and events."""

import datetime as dt
from collections.abc import Mapping

import polars as pl

from rcm_pipeline.claims.layers import layer_events
from rcm_pipeline.claims.line_matching import match_lines
from rcm_pipeline.claims.lineages import named_lineages
from rcm_pipeline.claims.linking import linked_claims
from rcm_pipeline.claims.matching import UNMATCHED
from rcm_pipeline.claims.payers import core_payers, identify_payers
from rcm_pipeline.claims.recoupments import recoupments
from rcm_pipeline.claims.remits import KEYS, LINE
from rcm_pipeline.claims.reversals import pair_reversals
from rcm_pipeline.claims.submissions import core_submissions
from rcm_pipeline.denials.adjudications import claim_dispositions, mark_current, mark_first, mark_pended
from rcm_pipeline.denials.attributes import claim_attributes
from rcm_pipeline.denials.causes import Taxonomy, find_causes
from rcm_pipeline.denials.clocks import payer_clocks
from rcm_pipeline.denials.dispositions import classify, dispose, payable_lines
from rcm_pipeline.denials.expected import expected_amounts
from rcm_pipeline.denials.lifecycle import claim_lineages
from rcm_pipeline.denials.overrides import overrides_hash
from rcm_pipeline.denials.reasons import main_lines, main_reasons
from rcm_pipeline.denials.remit_quality import with_broken_rules
from rcm_pipeline.reference import reference, reference_hash
from rcm_pipeline.settings import ClientSettings
from schemas.contract import conform, empty
from schemas.registry import CONTRACTS

Tables = Mapping[str, pl.DataFrame]
CORE = (
    "core_submissions",
    "core_payers",
    "core_claim_versions",
    "core_adjudications",
    "core_adjudicated_lines",
    "core_denials",
    "core_reversals",
    "core_recoupments",
    "core_claim_lineages",
    "core_layer_events",
)
SOURCES: dict[str, tuple[str, ...]] = {  # what is read of each raw table; all of it where nothing is named
    "raw_transactions": (),
    "raw_acknowledgements": (),
    "raw_claim_statuses": (
        "file_id", "status_no", "level_code", "category_code", "status_code", "status_date", "batch_token", "provider_npi",
        "claim_token", "icn_token",
    ),
    "raw_claims": (
        "file_id", "transaction_no", "claim_no", "created_date", "claim_token", "charge_amount", "place_code", "place_qualifier",
        "frequency_code", "payer_sequence_code", "payer_name", "payer_id", "member_token", "billing_npi", "rendering_npi",
        "statement_from_date", "statement_to_date", "service_date", "original_icn_token", "has_authorization",
    ),
    "raw_claim_lines": (
        "file_id", "claim_no", "line_no", "procedure_code", "charge_amount", "service_from_date", "service_to_date",
        "line_control_token", "has_authorization", "rendering_npi",
    ),
    "raw_other_payers": ("file_id", "claim_no", "paid_amount", "adjudication_date"),
    "raw_payments": (),
    "raw_remits": (),
    "raw_remit_lines": (
        "file_id", "claim_no", "line_no", "procedure_code", "modifier_1_code", "charge_amount", "paid_amount", "paid_units",
        "billed_units", "service_from_date", "service_to_date", "line_control_token",
    ),
    "raw_adjustments": ("file_id", "claim_no", "line_no", "group_code", "carc_code", "amount"),
    "raw_remarks": (),
    "raw_provider_adjustments": (),
    "raw_coded_encounters": ("file_id", "row_no", "claim_token", "coder_id", "coded_date"),
}  # fmt: skip


def taxonomy_of(settings: ClientSettings) -> Taxonomy:
    """The shipped tables with the client's own rules of cause; the version names both."""
    overrides = [override.model_dump(exclude_none=True) for override in settings.cause_overrides]
    version = "+".join(part for part in (reference_hash(), overrides_hash(overrides)) if part)
    return Taxonomy(
        reference("carc"),
        reference("rarc"),
        reference("root_causes"),
        reference("attribute_rules"),
        version,
        overrides,
        settings.causes.minimum_confidence,
    )


def build_core(raw: Tables, settings: ClientSettings, as_of: dt.date) -> dict[str, pl.DataFrame]:
    """All core tables from raw tables; a raw table that is not given counts as empty, ages count to `as_of`.

    Every 837 claim becomes one version, every claim payment one adjudication, every line gets exactly one disposition;
    nothing is filtered out.
    """
    given = _with_short_keys(raw)
    submissions = core_submissions(given, as_of)
    payments = identify_payers(given["raw_payments"], settings.payer_aliases)
    payers = core_payers(payments, given["raw_remits"])
    versions, remits = linked_claims(given, payments, submissions, settings.payer_aliases)
    disposed, remits, reversals = judged_lines(given, remits, settings)
    clocks = payer_clocks(payers, reference("clocks"), {p: c.model_dump() for p, c in settings.clocks.items()})
    attributes = claim_attributes(remits, versions, given["raw_other_payers"], clocks)
    denials = find_causes(disposed, given["raw_remarks"], attributes, taxonomy_of(settings))
    for part, on in ((expected_amounts(denials, disposed), LINE), (remits.select(*KEYS, "claim_token"), KEYS)):
        denials = denials.join(part, on=on, how="left", validate="m:1", maintain_order="left")
    return _conformed(
        {
            "core_submissions": submissions,
            "core_payers": payers.join(clocks, on="payer_id", how="left", validate="1:1", maintain_order="left"),
            "core_claim_versions": versions,
            "core_adjudications": remits,
            "core_adjudicated_lines": disposed,
            "core_denials": denials,
            "core_reversals": reversals,
            "core_recoupments": recoupments(given["raw_provider_adjustments"], payments, remits),
            "core_claim_lineages": claim_lineages(versions, remits, denials, _coders(given["raw_coded_encounters"])),
            "core_layer_events": layer_events(
                submissions,
                versions,
                given["raw_claim_statuses"],
                remits,
                main_lines(denials),
                reference("claim_status"),
                reference("root_causes"),
            ),
        },
        named_lineages(versions, remits),
    )


def judged_lines(raw: Tables, remits: pl.DataFrame, settings: ClientSettings) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Lines with disposition, main reason and the sent line they answer; adjudications with what they come to; reversals."""
    lines = payable_lines(remits, raw["raw_remit_lines"])
    classified = classify(raw["raw_adjustments"], lines, reference("carc"))
    disposed = main_reasons(dispose(lines, classified, raw["raw_remarks"], settings.capitated_payers), classified)
    reversals = pair_reversals(remits)
    totalled = remits.join(claim_dispositions(disposed), on=KEYS, how="left", validate="1:1", maintain_order="left")
    marked = mark_current(mark_first(mark_pended(totalled, _only_pended(disposed))), reversals)
    marked = with_broken_rules(marked, lines, classified, raw["raw_remarks"], reference("carc"))
    answered = match_lines(raw["raw_remit_lines"], marked.filter(pl.col("match_rule") != UNMATCHED), raw["raw_claim_lines"])
    disposed = disposed.join(marked.select(*KEYS, "is_first"), on=KEYS, how="left", validate="m:1", maintain_order="left").join(
        answered, on=LINE, how="left", validate="1:1", maintain_order="left"
    )
    return disposed.with_columns(pl.col("line_match_rule").fill_null(UNMATCHED)), marked, reversals


def _only_pended(lines: pl.DataFrame) -> pl.DataFrame:
    """Claim payments that decide nothing yet: all that is not excluded is pended."""
    judged = (
        lines.filter(pl.col("disposition") != "excluded").group_by(KEYS).agg((pl.col("disposition") == "pended").all().alias("_pended"))
    )
    return judged.filter("_pended").select(KEYS)


def _coders(encounters: pl.DataFrame) -> pl.DataFrame:
    """Who coded a claim last."""
    ordered = encounters.sort("coded_date", "file_id", "row_no")
    return ordered.unique("claim_token", keep="last", maintain_order=True).select("claim_token", "coder_id", "coded_date")


def _with_short_keys(raw: Tables) -> dict[str, pl.DataFrame]:
    """The raw tables with file_id as a small code: every join and sort is by it, and the text is 64 signs long."""
    tables = {name: raw.get(name, empty(CONTRACTS[name])) for name in SOURCES}
    ids = pl.concat([table["file_id"].cast(pl.String).unique() for table in tables.values()]).unique().sort()
    code = pl.Enum(ids)
    return {name: table.with_columns(pl.col("file_id").cast(code)) for name, table in tables.items()}


def _conformed(tables: Tables, names: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Each table with lineage_id in place of the index, its contract's columns and types, in the order of its keys."""
    done = {}
    for name, frame in tables.items():
        has_index = "lineage_index" in frame.columns
        named = frame.join(names, on="lineage_index", how="left", validate="m:1", maintain_order="left") if has_index else frame
        order = [key for key in ("file_id", "transaction_no", "claim_no", "line_no", "adjustment_no") if key in named.columns]
        ordered = named.sort(order or [named.columns[0]], maintain_order=True, nulls_last=True)
        done[name] = conform(ordered, CONTRACTS[name])
    return done
