"""Raw tables to the core tables, in one pure step: from what was sent and said to lineages, decisions, denials and events."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from rcm_pipeline.claims.claim_answers import answers_by_claim
from rcm_pipeline.claims.identities import OF_ANSWER, OF_VERSION, Identities, deliveries, incomplete_payments, paid, recoupments_named, sent
from rcm_pipeline.claims.layers import layer_events
from rcm_pipeline.claims.line_matching import match_lines, service_lines
from rcm_pipeline.claims.lineages import named_lineages
from rcm_pipeline.claims.linking import RemittanceTables, SentTables, linked_claims
from rcm_pipeline.claims.matching import UNMATCHED
from rcm_pipeline.claims.payers import core_payers, identify_payers
from rcm_pipeline.claims.redeliveries import (
    NOT_CLOSED,
    PLACE,
    ROWS_OF_ANSWER,
    ROWS_OF_VERSION,
    TRANSACTION,
    Redeliveries,
    paid_again,
    sent_again,
)
from rcm_pipeline.claims.remits import KEYS, LINE, imbalances, within_weeks
from rcm_pipeline.claims.reversals import pair_reversals, recoupments, with_own_voids
from rcm_pipeline.claims.sheet_copies import claim_payments_of_sheets, sent_claims_of_sheets, undated_claim_payments
from rcm_pipeline.claims.submissions import core_submissions, sent_transactions
from rcm_pipeline.denials.classify.adjudications import claim_dispositions, mark_answers, mark_pended, marked_lines, only_duplicates
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
from rcm_pipeline.x12.sets.balance import CLAIM

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
        "billed_units", "billed_procedure_code", "service_from_date", "service_to_date", "line_control_token",
    ),
    "raw_adjustments": ("file_id", "claim_no", "line_no", "group_code", "carc_code", "amount"),
    "raw_coded_encounters": ("file_id", "row_no", "claim_token", "coder_id", "coded_date"),
}  # fmt: skip


_AS_CODES = {  # codes as some senders write them: 04 is 4, co is CO
    "raw_remits": (pl.col("status_code").str.strip_chars_start("0"),),
    "raw_adjustments": (pl.col("group_code").str.to_uppercase(),),
}
_OF_SERVICES = (*LINE, "lineage_index", "kind", "adjudication_date", "disposition", "carc_code")
_OF_VERSIONS, _OF_ANSWERS = ("raw_claims", *ROWS_OF_VERSION), ("raw_remits", *ROWS_OF_ANSWER)
_ANSWER_NO = pl.col("claim_key").rank("ordinal").over("lineage_index").cast(pl.Int64).alias("answer_no")
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
    """Raw tables, loaded when asked for: each thing once, with file_id as a small code and one number for a claim.

    Of several copies the rows of one are given (`Identities`), under the transaction that stands for all. Nothing is kept:
    who holds a table decides how long it stays in memory.
    """

    def __init__(self, tables: Mapping[str, pl.LazyFrame], aliases: Mapping[str, str]) -> None:
        kinds = {table.collect_schema()["file_id"] for table in tables.values()}
        code = next((kind for kind in kinds if isinstance(kind, pl.Enum)), None)
        files = code or _file_codes(tables.values())
        self._tables = {name: table.with_columns(pl.col("file_id").cast(files)) for name, table in tables.items()}
        self.envelopes = self._tables["raw_transactions"].collect()
        self.cut = cut = self._cut()
        payments = self._tables["raw_payments"].collect()
        copies = paid_again(payments, self._tables, self.envelopes, cut)
        copies = _without(copies, claim_payments_of_sheets(payments, self._tables, self.envelopes, aliases))
        copies = _without(copies, undated_claim_payments(payments, self._tables, self.envelopes))
        self.payments = paid(payments, self._identifying("raw_remits", OF_ANSWER), copies, self._tables)
        batches = _without(sent_again(self.envelopes, self._tables, cut), sent_claims_of_sheets(self._tables, self.envelopes))
        self.batches = sent(self.envelopes, self._identifying("raw_claims", OF_VERSION), batches, self._tables)

    def _identifying(self, name: str, columns: Sequence[str]) -> pl.DataFrame:
        """Where the claims of a table were read, and what tells one from another."""
        return self._tables[name].with_columns(_AS_CODES.get(name, ())).select(*PLACE, "transaction_no", *columns).collect()

    def as_read(self, name: str) -> pl.DataFrame:
        """Every row of the table, each copy of a thing among them, as far as the core reads it."""
        table = self._tables[name]
        return (table.select(_READ[name]) if name in _READ else table).with_columns(_AS_CODES.get(name, ())).collect()

    def __getitem__(self, name: str) -> pl.DataFrame:
        """The rows of the table that count, as far as the core reads it."""
        rows = self.as_read(name)
        for side, keyed in ((self.batches, _OF_VERSIONS), (self.payments, _OF_ANSWERS)):
            if name in keyed:
                return _keyed(rows, side, is_whole=name == keyed[0])
        return self._counted_payments(rows) if name == "raw_payments" else rows

    def _counted_payments(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Payments each once, without those of a cut file or a sheet of which no claim counts; one without a day has that of its file."""
        held = self.payments.counted.select(TRANSACTION).unique()
        of_sheets = rows.select(TRANSACTION).join(self.envelopes, on=TRANSACTION, how="anti")
        empty = pl.concat([self.cut, of_sheets]).join(held, on=TRANSACTION, how="anti")
        days = self.envelopes.select(*TRANSACTION, pl.coalesce("interchange_date", "group_date").alias("_file_date"))
        once = rows.join(pl.concat([self.payments.redeliveries.set_aside, empty]), on=TRANSACTION, how="anti", maintain_order="left")
        dated = once.join(days, on=TRANSACTION, how="left", validate="1:1", maintain_order="left")
        known = pl.coalesce("production_date", pl.when(pl.col("payment_date").is_null()).then("_file_date"))
        return dated.with_columns(known.alias("production_date")).drop("_file_date")

    def out_of_balance(self) -> pl.DataFrame:
        """Claim payments of which a line does not balance, or the payment they are in; what a claim says is judged by `with_balance`."""
        raw = self._tables
        every = imbalances(raw["raw_findings"], raw["raw_remits"], raw["raw_remit_lines"], self.payments.counted.lazy())
        found = every.filter(pl.col("rule") != CLAIM)
        return found.select("claim_key").unique().collect()

    def _cut(self) -> pl.DataFrame:
        """Transactions whose file ends before they do."""
        open_ends = self._tables["raw_findings"].filter(pl.col("rule") == NOT_CLOSED).select("file_id", "segment_no").unique()
        return self._tables["raw_transactions"].join(open_ends, on=["file_id", "segment_no"], how="semi").select(TRANSACTION).collect()


def _without(copies: Redeliveries, told_again: pl.DataFrame) -> Redeliveries:
    return replace(copies, uncounted=pl.concat([copies.uncounted, told_again]).unique())


def _keyed(rows: pl.DataFrame, side: Identities, *, is_whole: bool) -> pl.DataFrame:
    """The rows of claims that count, with claim_key in the order of the keys."""
    counted = side.counted.select(*PLACE, "claim_key")
    joined = rows.join(counted, on=PLACE, how="inner", validate="1:1" if is_whole else "m:1", maintain_order="left")
    if not is_whole:
        return joined.drop(PLACE).sort("claim_key", maintain_order=True)
    return side.redeliveries.at_standing(joined).sort("claim_key")


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
    raw_claim_diagnoses: pl.LazyFrame,
    raw_other_payers: pl.LazyFrame,
    raw_payments: pl.LazyFrame,
    raw_remits: pl.LazyFrame,
    raw_remit_lines: pl.LazyFrame,
    raw_adjustments: pl.LazyFrame,
    raw_remarks: pl.LazyFrame,
    raw_provider_adjustments: pl.LazyFrame,
    raw_coded_encounters: pl.LazyFrame,
    raw_findings: pl.LazyFrame,
    *,
    today: dt.date,
    settings: ClientSettings,
) -> Iterator[tuple[str, pl.DataFrame]]:
    """The core tables one by one, each to be let go before the next is finished. Ages count to `today`.

    Of every copy one counts: then a sent claim is one version, a claim payment one adjudication, a line has one disposition.
    """
    tables = {name: frame for name, frame in locals().items() if name.startswith("raw_")}  # every parameter that is a table
    raw = RawTables(tables, settings.payer_aliases)
    payments = identify_payers(raw["raw_payments"], settings.payer_aliases)
    linked = _linked(raw, payments, settings, today)
    clocks = payer_clocks(linked.payers, reference("clocks"), {p: c.model_dump() for p, c in settings.clocks.items()})
    finished = _Finisher(named_lineages(linked.versions, linked.remits), raw)
    money = recoupments_named(raw["raw_provider_adjustments"], raw.payments)
    incomplete = incomplete_payments(raw.as_read("raw_payments"), raw.payments, linked.remits, money, raw.cut)
    yield "core_deliveries", deliveries(raw.payments, raw.batches, linked.submissions, linked.versions, incomplete)
    yield "core_submissions", finished(linked.submissions)
    yield "core_payers", linked.payers.join(clocks, on="payer_id", how="left", validate="1:1", maintain_order="left")
    yield "core_recoupments", finished(recoupments(money, payments, linked.remits))
    lines, remits, reversals = judged_lines(linked, raw["raw_adjustments"], raw["raw_remarks"], settings)
    del linked.claim_lines, linked.remit_lines  # the widest tables, and nobody needs them below
    attributes = claim_attributes(remits, linked.versions, raw["raw_other_payers"], clocks)
    denials = _denials(find_causes(lines, raw["raw_remarks"], attributes, taxonomy_of(settings)), lines, remits)
    del attributes
    lineages = finished(claim_lineages(linked.versions, remits, lines, denials, _coders(raw["raw_coded_encounters"])))
    yield "core_adjudicated_lines", finished(lines)
    del lines
    yield "core_reversals", finished(reversals)
    yield "core_claim_lineages", lineages
    yield "core_layer_events", finished(_layer_events(linked, remits, denials))
    yield "core_denials", finished(denials)
    yield "core_claim_versions", finished(linked.versions)
    yield "core_adjudications", finished(remits.with_columns(_ANSWER_NO))


def _denials(causes: pl.DataFrame, lines: pl.DataFrame, remits: pl.DataFrame) -> pl.DataFrame:
    """Denied lines with what they would bring if paid, and the account they are of."""
    valued = causes.join(expected_amounts(causes, lines), on=LINE, how="left", validate="m:1", maintain_order="left")
    return valued.join(remits.select(*KEYS, "claim_token"), on=KEYS, how="left", validate="m:1", maintain_order="left")


def _layer_events(linked: "_Linked", remits: pl.DataFrame, denials: pl.DataFrame) -> pl.DataFrame:
    statuses, causes = reference("claim_status"), reference("root_causes")
    return layer_events(linked.submissions, linked.versions, linked.statuses, remits, main_lines(denials), statuses, causes)


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


def _linked(raw: RawTables, payments: pl.DataFrame, settings: ClientSettings, today: dt.date) -> _Linked:
    early = {name: raw[name] for name in ("raw_transactions", "raw_acknowledgements", "raw_claims", "raw_claim_statuses", "raw_remits")}
    envelopes = sent_transactions(early["raw_transactions"]).join(raw.batches.whole, on=TRANSACTION, how="left")
    batches = envelopes.join(raw.batches.redeliveries.set_aside, on=TRANSACTION, how="anti", maintain_order="left")
    answers = answers_by_claim(batches, early["raw_claims"], early["raw_claim_statuses"])
    submissions = core_submissions(early | {"raw_payments": payments}, today, batches, envelopes, answers)
    claims = SentTables(early["raw_claims"], raw["raw_claim_lines"], batches, early["raw_claim_statuses"], answers)
    remittances = RemittanceTables(early["raw_remits"], raw["raw_remit_lines"], raw["raw_adjustments"], payments, raw.out_of_balance())
    versions, remits = linked_claims(claims, remittances, submissions, settings.payer_aliases)
    remits = within_weeks(remits, payments, raw.envelopes, today)
    codes = claims.statuses.select("file_id", "status_no", "category_code", "status_code")
    versions = versions.join(raw.batches.counted.select(*KEYS, "submission_id", "version_id"), on=KEYS, how="left", maintain_order="left")
    remits = remits.join(raw.payments.counted.select(*KEYS, "payment_id", "answer_id"), on=KEYS, how="left", maintain_order="left")
    return _Linked(core_payers(payments, remits), submissions, codes, versions, remits, claims.lines, remittances.lines)


def judged_lines(
    linked: "_Linked", adjustments: pl.DataFrame, remarks: pl.DataFrame, settings: ClientSettings
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Lines with disposition, main reason and turn; adjudications with what they come to; reversals."""
    lines = payable_lines(linked.remits, linked.remit_lines)
    classified = classify(adjustments, lines, reference("carc"), settings.capitated_payers)
    disposed = main_reasons(dispose(lines, classified, remarks, settings.capitated_payers), classified)
    reversals = with_own_voids(pair_reversals(linked.remits, only_duplicates(disposed)), linked.versions)
    marked = marked_lines(_with_services(disposed, linked, reversals), reversals)
    totalled = linked.remits.join(claim_dispositions(marked), on=KEYS, how="left", validate="1:1", maintain_order="left")
    answers = mark_answers(mark_pended(totalled, _only_pended(marked)), marked, reversals)
    return marked, with_broken_rules(answers, lines, classified, remarks, reference("carc")), reversals


def _with_services(lines: pl.DataFrame, linked: "_Linked", reversals: pl.DataFrame) -> pl.DataFrame:
    """Lines with the line of the sent claim each answers, the rule that found it, and the service of the lineage."""
    billed = linked.remit_lines.with_columns(pl.coalesce("billed_procedure_code", "procedure_code").alias("procedure_code"))
    matched = linked.remits.filter(pl.col("match_rule") != UNMATCHED)
    is_replacement = (pl.col("frequency_code") == "7").fill_null(False).alias("is_replacement")
    replacing = linked.versions.select(pl.col("claim_key").alias("version_claim_key"), is_replacement)
    answered = match_lines(billed, matched, linked.claim_lines)
    joined = (
        lines.select(_OF_SERVICES)  # narrow, for a join copies all columns of the widest table there is
        .join(answered, on=LINE, how="left", validate="1:1", maintain_order="left")
        .join(linked.remits.select(*KEYS, "version_claim_key", "icn_token"), on=KEYS, how="left", validate="m:1", maintain_order="left")
        .join(replacing, on="version_claim_key", how="left", validate="m:1", maintain_order="left")
        .with_columns(pl.col("line_match_rule").fill_null(UNMATCHED), pl.col("is_replacement").fill_null(False))
    )
    corrections = reversals.select(pl.col("correction_claim_key").alias("claim_key")).drop_nulls().unique()
    found = service_lines(joined, linked.versions, linked.claim_lines, billed, corrections)
    return lines.with_columns(found.select("claim_line_no", "line_match_rule", "is_replacement", "service_line_no").get_columns())


def _only_pended(lines: pl.DataFrame) -> pl.DataFrame:
    """Claim payments that decide nothing yet: all that is not excluded is pended."""
    judged = (
        lines.filter(pl.col("disposition") != "excluded").group_by(KEYS).agg((pl.col("disposition") == "pended").all().alias("_pended"))
    )
    return judged.filter("_pended").select(KEYS)


def _coders(encounters: pl.DataFrame) -> pl.DataFrame:
    """Who coded a claim last."""
    ordered = encounters.sort("coded_date", "coder_id", nulls_last=False)
    return ordered.unique("claim_token", keep="last", maintain_order=True).select("claim_token", "coder_id", "coded_date")


class _Finisher:
    """Finished tables: lineage_id in place of the index, identities in place of keys, in the order of both."""

    def __init__(self, names: pl.DataFrame, raw: RawTables) -> None:
        self._names = names
        self._answers = raw.payments.counted.select("claim_key", "answer_id")
        self._versions = raw.batches.counted.select("claim_key", "version_id")

    def __call__(self, frame: pl.DataFrame) -> pl.DataFrame:
        named = self._with_identities(frame)
        if "lineage_index" in named.columns:
            named = named.join(self._names, on="lineage_index", how="left", validate="m:1", maintain_order="left")
        if "answer_id" in named.columns and "line_no" in named.columns:
            named = named.with_columns(pl.format("{}-{}", "answer_id", "line_no").alias("answer_line_id"))
        order = [key for key in _ORDER if key in named.columns]
        return named.sort(order, maintain_order=True, nulls_last=True)

    def _with_identities(self, frame: pl.DataFrame) -> pl.DataFrame:
        """claim_key gives answer_id, original_claim_key original_answer_id, version_claim_key version_id.

        A frame of sent claims (with version_no) gets version_id for its own key.
        """
        named = frame
        for key in [name for name in frame.columns if name.endswith("claim_key")]:
            prefix = key.removesuffix("claim_key")
            is_sent = prefix == "version_" or (not prefix and "version_no" in frame.columns)
            table, identity = (self._versions, "version_id") if is_sent else (self._answers, "answer_id")
            name = identity if prefix in ("", "version_") else f"{prefix}{identity}"
            if name not in named.columns:
                ids = table.select(pl.col("claim_key").alias(key), pl.col(identity).alias(name))
                named = named.join(ids, on=key, how="left", validate="m:1", maintain_order="left")
        return named
