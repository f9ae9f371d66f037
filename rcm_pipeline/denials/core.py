"""Raw tables to the core tables, in one pure step: from what was sent and said to lineages, decisions, denials and events."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping

import polars as pl

from rcm_pipeline.claims.claim_answers import answers_by_claim
from rcm_pipeline.claims.keys import with_claim_key, with_places
from rcm_pipeline.claims.layers import layer_events
from rcm_pipeline.claims.line_matching import match_lines
from rcm_pipeline.claims.lineages import named_lineages
from rcm_pipeline.claims.linking import Said, Sent, linked_claims
from rcm_pipeline.claims.matching import UNMATCHED
from rcm_pipeline.claims.payers import core_payers, identify_payers
from rcm_pipeline.claims.recoupments import recoupments
from rcm_pipeline.claims.remits import KEYS, LINE, PLACE
from rcm_pipeline.claims.reversals import pair_reversals
from rcm_pipeline.claims.submissions import core_submissions, sent_transactions
from rcm_pipeline.denials.classify.adjudications import claim_dispositions, mark_current, mark_first, mark_pended
from rcm_pipeline.denials.classify.attributes import claim_attributes
from rcm_pipeline.denials.classify.causes import Taxonomy, find_causes, overrides_hash
from rcm_pipeline.denials.classify.clocks import payer_clocks
from rcm_pipeline.denials.classify.dispositions import classify, dispose, payable_lines
from rcm_pipeline.denials.classify.expected import expected_amounts
from rcm_pipeline.denials.classify.lifecycle import claim_lineages
from rcm_pipeline.denials.classify.reasons import main_lines, main_reasons
from rcm_pipeline.denials.classify.remit_quality import with_broken_rules
from rcm_pipeline.reference import reference, reference_hash
from rcm_pipeline.settings import ClientSettings
from schemas.contract import conform, empty
from schemas.registry import CONTRACTS

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


_KEYED = (
    "raw_claims", "raw_remits", "raw_claim_lines", "raw_remit_lines", "raw_adjustments", "raw_remarks", "raw_other_payers",
)  # fmt: skip
_ORDER = ("claim_key", "file_id", "transaction_no", "claim_no", "line_no", "adjustment_no", "lineage_index")


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


class RawTables:
    """Raw tables, loaded when asked for, with file_id as a small code and one number for file and claim.

    Nothing is kept: who holds a table decides how long it stays in memory.
    """

    def __init__(self, load: Callable[[str], pl.DataFrame], files: pl.Enum) -> None:
        self._load, self.files = load, files

    def __getitem__(self, name: str) -> pl.DataFrame:
        """The table, by its name."""
        short = self._load(name).with_columns(pl.col("file_id").cast(self.files))
        keyed = with_claim_key(short) if name in _KEYED else short
        return keyed.drop(PLACE) if name in _KEYED[2:] else keyed


def build_core(raw: Mapping[str, pl.DataFrame], settings: ClientSettings, as_of: dt.date) -> dict[str, pl.DataFrame]:
    """All core tables from raw tables at once, see `core_tables`. A raw table that is not given counts as empty."""
    given = {name: raw.get(name, empty(CONTRACTS[name])) for name in SOURCES}
    files = pl.Enum(pl.concat([table["file_id"].unique() for table in given.values()]).unique().sort())
    found = dict(core_tables(RawTables(given.__getitem__, files), settings, as_of))
    return {name: found[name] for name in CORE}


def core_tables(raw: RawTables, settings: ClientSettings, as_of: dt.date) -> Iterator[tuple[str, pl.DataFrame]]:
    """The core tables one by one, each to be let go before the next is finished. Ages count to `as_of`.

    Every 837 claim becomes one version, every claim payment one adjudication, every line gets exactly one disposition;
    nothing is filtered out.
    """
    payments = identify_payers(raw["raw_payments"], settings.payer_aliases)
    payers, submissions, statuses, versions, remits, sent_lines, said_lines = _linked(raw, payments, settings, as_of)
    clocks = payer_clocks(payers, reference("clocks"), {p: c.model_dump() for p, c in settings.clocks.items()})
    finish = _finisher(named_lineages(versions, remits), raw.files)
    remarks = raw["raw_remarks"]
    lines, remits, reversals = judged_lines(remits, said_lines, raw["raw_adjustments"], remarks, settings)
    lines = with_sent_lines(lines, said_lines, remits, sent_lines)
    del said_lines, sent_lines
    attributes = claim_attributes(remits, versions, raw["raw_other_payers"], clocks)
    denials = find_causes(lines, remarks, attributes, taxonomy_of(settings))
    for part, on in ((expected_amounts(denials, lines), LINE), (remits.select(*KEYS, "claim_token"), KEYS)):
        denials = denials.join(part, on=on, how="left", validate="m:1", maintain_order="left")
    yield finish("core_adjudicated_lines", lines)
    del lines, attributes
    yield finish("core_submissions", submissions)
    yield finish("core_payers", payers.join(clocks, on="payer_id", how="left", validate="1:1", maintain_order="left"))
    yield finish("core_recoupments", recoupments(raw["raw_provider_adjustments"], payments, remits))
    yield finish("core_reversals", reversals)
    yield finish("core_claim_lineages", claim_lineages(versions, remits, denials, _coders(raw["raw_coded_encounters"])))
    events = layer_events(submissions, versions, statuses, remits, main_lines(denials), reference("claim_status"), reference("root_causes"))
    yield finish("core_layer_events", events)
    del events
    yield finish("core_denials", denials)
    yield finish("core_claim_versions", versions)
    yield finish("core_adjudications", remits)


def _linked(
    raw: RawTables, payments: pl.DataFrame, settings: ClientSettings, as_of: dt.date
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Payers, submissions, codes of statuses, versions and claim payments with their lineages, lines sent and said."""
    early = {name: raw[name] for name in ("raw_transactions", "raw_acknowledgements", "raw_claims", "raw_claim_statuses", "raw_remits")}
    answers = answers_by_claim(sent_transactions(early["raw_transactions"]), early["raw_claims"], early["raw_claim_statuses"])
    submissions = core_submissions(early | {"raw_payments": payments}, as_of, answers)
    sent = Sent(early["raw_claims"], raw["raw_claim_lines"], early["raw_transactions"], early["raw_claim_statuses"], answers)
    said = Said(early["raw_remits"], raw["raw_remit_lines"], raw["raw_adjustments"], payments)
    versions, remits = linked_claims(sent, said, submissions, settings.payer_aliases)
    codes = sent.statuses.select("file_id", "status_no", "category_code", "status_code")
    return core_payers(payments, said.remits), submissions, codes, versions, remits, sent.lines, said.lines


def judged_lines(
    remits: pl.DataFrame, remit_lines: pl.DataFrame, adjustments: pl.DataFrame, remarks: pl.DataFrame, settings: ClientSettings
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Lines with disposition and main reason; adjudications with what they come to; reversals."""
    lines = payable_lines(remits, remit_lines)
    classified = classify(adjustments, lines, reference("carc"))
    disposed = main_reasons(dispose(lines, classified, remarks, settings.capitated_payers), classified)
    reversals = pair_reversals(remits)
    totalled = remits.join(claim_dispositions(disposed), on=KEYS, how="left", validate="1:1", maintain_order="left")
    marked = mark_current(mark_first(mark_pended(totalled, _only_pended(disposed)), reversals), reversals)
    marked = with_broken_rules(marked, lines, classified, remarks, reference("carc"))
    disposed = disposed.join(marked.select(*KEYS, "is_first"), on=KEYS, how="left", validate="m:1", maintain_order="left")
    return disposed, marked, reversals


def with_sent_lines(lines: pl.DataFrame, remit_lines: pl.DataFrame, remits: pl.DataFrame, sent_lines: pl.DataFrame) -> pl.DataFrame:
    """Lines with the line of the sent claim each answers, and the rule that found it."""
    answered = match_lines(remit_lines, remits.filter(pl.col("match_rule") != UNMATCHED), sent_lines)
    joined = lines.join(answered, on=LINE, how="left", validate="1:1", maintain_order="left")
    return joined.with_columns(pl.col("line_match_rule").fill_null(UNMATCHED))


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


def _finisher(names: pl.DataFrame, files: pl.Enum) -> Callable[[str, pl.DataFrame], tuple[str, pl.DataFrame]]:
    """Makes finished tables: lineage_id in place of the index, files and ordinals in place of keys, in the order of keys."""

    def finish(name: str, frame: pl.DataFrame) -> tuple[str, pl.DataFrame]:
        order = [key for key in _ORDER if key in frame.columns] or [frame.columns[0]]
        ordered = frame.sort(order, maintain_order=True, nulls_last=True)
        if "lineage_index" in frame.columns:
            ordered = ordered.join(names, on="lineage_index", how="left", validate="m:1", maintain_order="left")
        if order == ["lineage_index"]:  # the index depends on the order files were read in, the name does not
            ordered = ordered.sort("lineage_id")
        return name, conform(with_places(ordered, files), CONTRACTS[name])

    return finish
