"""Raw tables to the core tables, in one pure step: from what was sent and said to lineages, decisions, denials and events."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from rcm_pipeline.claims.claim_answers import answers_by_claim
from rcm_pipeline.claims.identities import answer_ids, deliveries, payment_ids, recoupment_ids, submission_ids, version_ids
from rcm_pipeline.claims.keys import with_claim_key, with_identities
from rcm_pipeline.claims.layers import layer_events
from rcm_pipeline.claims.line_matching import match_lines
from rcm_pipeline.claims.lineages import named_lineages
from rcm_pipeline.claims.linking import RemittanceTables, SentTables, linked_claims
from rcm_pipeline.claims.matching import UNMATCHED
from rcm_pipeline.claims.payers import core_payers, identify_payers
from rcm_pipeline.claims.remits import KEYS, LINE, PLACE
from rcm_pipeline.claims.reversals import pair_reversals, recoupments
from rcm_pipeline.claims.submissions import core_submissions, sent_transactions
from rcm_pipeline.denials.classify.adjudications import claim_dispositions, mark_current, mark_first, mark_pended
from rcm_pipeline.denials.classify.attributes import claim_attributes, payer_clocks
from rcm_pipeline.denials.classify.causes import Taxonomy, find_causes, overrides_hash
from rcm_pipeline.denials.classify.dispositions import classify, dispose, payable_lines
from rcm_pipeline.denials.classify.expected import expected_amounts
from rcm_pipeline.denials.classify.lifecycle import claim_lineages
from rcm_pipeline.denials.classify.reasons import main_lines, main_reasons
from rcm_pipeline.denials.classify.remit_quality import with_broken_rules
from rcm_pipeline.reference import reference, reference_hash
from rcm_pipeline.settings import ClientSettings
from rcm_pipeline.tables import one_pass

_TABLES = (
    "core_deliveries",
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
_READ: dict[str, tuple[str, ...]] = {  # what the wide raw tables are read for; the others are read whole
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
    "raw_remit_lines": (
        "file_id", "claim_no", "line_no", "procedure_code", "modifier_1_code", "charge_amount", "paid_amount", "paid_units",
        "billed_units", "service_from_date", "service_to_date", "line_control_token",
    ),
    "raw_adjustments": ("file_id", "claim_no", "line_no", "group_code", "carc_code", "amount"),
    "raw_coded_encounters": ("file_id", "row_no", "claim_token", "coder_id", "coded_date"),
}  # fmt: skip


_KEYED = (
    "raw_claims", "raw_remits", "raw_claim_lines", "raw_remit_lines", "raw_adjustments", "raw_remarks", "raw_other_payers",
)  # fmt: skip
_ORDER = ("layer_code", "source_code", "subject_id", "answer_id", "line_no", "version_id", "submission_id", "recoupment_id", "lineage_id")


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

    def __init__(self, tables: Mapping[str, pl.LazyFrame]) -> None:
        self._tables = tables
        kinds = {table.collect_schema()["file_id"] for table in tables.values()}
        code = next((kind for kind in kinds if isinstance(kind, pl.Enum)), None)
        self.files = code or _file_codes(tables.values())

    def __getitem__(self, name: str) -> pl.DataFrame:
        """The table, by its name, as far as the core reads it."""
        table = self._tables[name]
        read = table.select(_READ[name]) if name in _READ else table
        short = read.collect().with_columns(pl.col("file_id").cast(self.files))
        keyed = with_claim_key(short) if name in _KEYED else short
        return keyed.drop(PLACE) if name in _KEYED[2:] else keyed


def _file_codes(tables: Iterable[pl.LazyFrame]) -> pl.Enum:
    """A code of all files that these tables were read from."""
    ids = pl.concat([table.select("file_id").unique() for table in tables]).unique().collect()
    return pl.Enum(ids["file_id"].sort())


@one_pass(*_TABLES)
def claims_core(
    raw_transactions: pl.LazyFrame,
    raw_acknowledgements: pl.LazyFrame,
    raw_claim_statuses: pl.LazyFrame,
    raw_claims: pl.LazyFrame,
    raw_claim_lines: pl.LazyFrame,
    raw_other_payers: pl.LazyFrame,
    raw_payments: pl.LazyFrame,
    raw_remits: pl.LazyFrame,
    raw_remit_lines: pl.LazyFrame,
    raw_adjustments: pl.LazyFrame,
    raw_remarks: pl.LazyFrame,
    raw_provider_adjustments: pl.LazyFrame,
    raw_coded_encounters: pl.LazyFrame,
    *,
    today: dt.date,
    settings: ClientSettings,
) -> Iterator[tuple[str, pl.DataFrame]]:
    """The core tables one by one, each to be let go before the next is finished. Ages count to `today`.

    Every 837 claim becomes one version, every claim payment one adjudication, every line gets exactly one disposition;
    nothing is filtered out.
    """
    raw = RawTables({name: frame for name, frame in locals().items() if name.startswith("raw_")})  # every parameter that is a table
    payments = identify_payers(raw["raw_payments"], settings.payer_aliases)
    linked = _linked(raw, payments, settings, today)
    clocks = payer_clocks(linked.payers, reference("clocks"), {p: c.model_dump() for p, c in settings.clocks.items()})
    finished = _Finisher(named_lineages(linked.versions, linked.remits), linked.identities)
    yield "core_deliveries", linked.identities.deliveries(raw.files)
    yield "core_submissions", finished(linked.submissions)
    yield "core_payers", linked.payers.join(clocks, on="payer_id", how="left", validate="1:1", maintain_order="left")
    money = recoupment_ids(raw["raw_provider_adjustments"], linked.identities.payments)
    yield "core_recoupments", finished(recoupments(money, payments, linked.remits))
    remarks = raw["raw_remarks"]
    lines, remits, reversals = judged_lines(linked.remits, linked.remit_lines, raw["raw_adjustments"], remarks, settings)
    lines = with_sent_lines(lines, linked.remit_lines, remits, linked.claim_lines)
    del linked.claim_lines, linked.remit_lines  # the widest tables, and nobody needs them below
    attributes = claim_attributes(remits, linked.versions, raw["raw_other_payers"], clocks)
    denials = _denials(find_causes(lines, remarks, attributes, taxonomy_of(settings)), lines, remits)
    yield "core_adjudicated_lines", finished(lines)
    del lines, attributes
    yield "core_reversals", finished(reversals)
    yield "core_claim_lineages", finished(claim_lineages(linked.versions, remits, denials, _coders(raw["raw_coded_encounters"])))
    yield "core_layer_events", finished(_layer_events(linked, remits, denials))
    yield "core_denials", finished(denials)
    yield "core_claim_versions", finished(linked.versions)
    answer_no = pl.col("claim_key").rank("ordinal").over("lineage_index").cast(pl.Int64)
    yield "core_adjudications", finished(remits.with_columns(answer_no.alias("answer_no")))


def _denials(causes: pl.DataFrame, lines: pl.DataFrame, remits: pl.DataFrame) -> pl.DataFrame:
    """Denied lines with what they would bring if paid, and the account they are of."""
    valued = causes.join(expected_amounts(causes, lines), on=LINE, how="left", validate="m:1", maintain_order="left")
    return valued.join(remits.select(*KEYS, "claim_token"), on=KEYS, how="left", validate="m:1", maintain_order="left")


def _layer_events(linked: "_Linked", remits: pl.DataFrame, denials: pl.DataFrame) -> pl.DataFrame:
    statuses, causes = reference("claim_status"), reference("root_causes")
    return layer_events(linked.submissions, linked.versions, linked.statuses, remits, main_lines(denials), statuses, causes)


@dataclass(frozen=True)
class _Identities:
    """Identity of every payment, claim payment, batch and sent claim, by where it was read."""

    payments: pl.DataFrame
    answers: pl.DataFrame
    submissions: pl.DataFrame
    versions: pl.DataFrame

    def deliveries(self, files: pl.Enum) -> pl.DataFrame:
        """core_deliveries."""
        return deliveries(self.payments, self.answers, self.submissions, self.versions, files)


@dataclass
class _Linked:
    """Sent claims and claim payments brought together under one lineage each, and the lines of both."""

    payers: pl.DataFrame
    submissions: pl.DataFrame
    statuses: pl.DataFrame
    versions: pl.DataFrame
    remits: pl.DataFrame
    claim_lines: pl.DataFrame
    remit_lines: pl.DataFrame
    identities: _Identities


def _linked(raw: RawTables, payments: pl.DataFrame, settings: ClientSettings, today: dt.date) -> _Linked:
    early = {name: raw[name] for name in ("raw_transactions", "raw_acknowledgements", "raw_claims", "raw_claim_statuses", "raw_remits")}
    identities = _identities(early, raw["raw_payments"])
    answers = answers_by_claim(sent_transactions(early["raw_transactions"]), early["raw_claims"], early["raw_claim_statuses"])
    submissions = core_submissions(early | {"raw_payments": payments}, today, answers).join(
        identities.submissions, on=["file_id", "transaction_no"], how="left"
    )
    sent = SentTables(early["raw_claims"], raw["raw_claim_lines"], early["raw_transactions"], early["raw_claim_statuses"], answers)
    remittances = RemittanceTables(early["raw_remits"], raw["raw_remit_lines"], raw["raw_adjustments"], payments)
    versions, remits = linked_claims(sent, remittances, submissions, settings.payer_aliases)
    codes = sent.statuses.select("file_id", "status_no", "category_code", "status_code")
    versions = versions.join(identities.versions.drop("transaction_no"), on=KEYS, how="left", maintain_order="left")
    remits = remits.join(identities.answers.drop("transaction_no"), on=KEYS, how="left", maintain_order="left")
    return _Linked(
        core_payers(payments, remittances.remits), submissions, codes, versions, remits, sent.lines, remittances.lines, identities
    )


def _identities(early: Mapping[str, pl.DataFrame], payments: pl.DataFrame) -> _Identities:
    paid, batches = payment_ids(payments), submission_ids(early["raw_transactions"], early["raw_claims"])
    return _Identities(
        paid, answer_ids(early["raw_remits"], paid), batches, version_ids(early["raw_claims"], early["raw_transactions"], batches)
    )


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


class _Finisher:
    """Finished tables: lineage_id in place of the index, identities in place of keys, in the order of both."""

    def __init__(self, names: pl.DataFrame, identities: _Identities) -> None:
        self._names, self._identities = names, identities

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        named = with_identities(frame, self._identities.answers, self._identities.versions)
        if "lineage_index" in named.columns:
            named = named.join(self._names, on="lineage_index", how="left", validate="m:1", maintain_order="left")
        if "answer_id" in named.columns and "line_no" in named.columns:
            named = named.with_columns(pl.format("{}-{}", "answer_id", "line_no").alias("answer_line_id"))
        order = [key for key in _ORDER if key in named.columns]
        return named.sort(order, maintain_order=True, nulls_last=True)
