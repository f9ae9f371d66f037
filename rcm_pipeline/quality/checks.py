"""Checks of a whole batch: each holds its sentence, its threshold and its query together. Great Expectations runs them."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rcm_pipeline.weeks import Week
from schemas.thresholds import BALANCED_SHARE, CLASSIFIED_SHARE, FRESH_DAYS
from schemas.vocabulary.batches import DELAY, EMPTY, NEW, OUT_OF_BALANCE, PAYER_VOLUME, VOLUME


@dataclass(frozen=True)
class Batch:
    """What a batch is judged by beside the tables: its anchor week, and the day it is judged."""

    week: Week | None
    today: dt.date


@dataclass(frozen=True)
class BatchCheck:
    """One expectation about a table as a whole: what it says, how much may fail, and how that is counted.

    `failed` and `checked` give SQL aggregates over the table; the check fails where failed is more than `allowed` x checked.
    """

    name: str
    table_name: str
    severity: str
    template: str
    allowed: float
    failed: Callable[[Batch], str]
    checked: str = "count(*)"
    details: Callable[[Batch], str] | None = None  # a query of sentences about what failed, most telling first

    @property
    def sentence(self) -> str:
        """What must hold, with its threshold."""
        return self.template.format(kept=f"{1 - self.allowed:.0%}".replace("%", " %"), allowed=f"{self.allowed:.0%}".replace("%", " %"))

    def counts(self, batch: Batch, source: str) -> str:
        """The query of both counts, dollars rounded up: failed and checked. The verdict is taken from the exact sums."""
        failed = f"coalesce(cast(ceil({self.failed(batch)}) as bigint), 0)"
        return f"select {failed} as failed, coalesce(cast(ceil({self.checked}) as bigint), 0) as checked from {source}"

    def unexpected(self, batch: Batch, source: str) -> str:
        """The query Great Expectations runs: a row when the check fails, none when it holds."""
        sums = f"select coalesce({self.failed(batch)}, 0) as failed, coalesce({self.checked}, 0) as checked from {source}"
        return f"select 1 from ({sums}) as counted where failed > {self.allowed} * checked"


def _stale(batch: Batch) -> str:
    oldest = batch.today - dt.timedelta(days=FRESH_DAYS)
    return f"case when max(adjudication_date) < DATE '{oldest}' then 1 else 0 end"


_SENT_CHARGES = """(select coalesce(sum(charge_amount), 0) from (
  select file_id, claim_no, charge_amount from raw_remit_lines
  union all
  select file_id, claim_no, charge_amount from raw_remits r where not exists (
    select 1 from raw_remit_lines l where l.file_id = r.file_id and l.claim_no = r.claim_no)) s
  join core_deliveries d using (file_id, claim_no) where d.fact_code = 'answer' and d.delivery_code = 'counted')"""
_UNNAMED = """(select count(*) from (
  select 'answer' as fact_code, file_id, claim_no from raw_remits union all select 'version', file_id, claim_no from raw_claims) r
  where not exists (select 1 from core_deliveries d
    where d.fact_code = r.fact_code and d.file_id = r.file_id and d.claim_no = r.claim_no))"""
_RECENT_DAYS = 35  # a payment that is not whole or was issued again is asked about while somebody can still answer
_UNCOUNTED = """(select count(distinct review_token) from raw_qa_reviews r where not exists (
  select 1 from core_qa_reviews c where c.review_token = r.review_token))"""

_MATCHED_SHARE = 0.8  # of the decisions of a sheet; below it its account numbers are most likely not those of the claims
UNMET_SHEETS = f"""SELECT file_id, matched, decided FROM (
  SELECT d.file_id, count(*) FILTER (a.match_rule <> 'none') AS matched, count(*) AS decided FROM core_deliveries d
  JOIN raw_files f USING (file_id) JOIN core_adjudications a ON a.answer_id = d.fact_id
  WHERE d.fact_code = 'answer' AND d.delivery_code = 'counted' AND f.format_code <> 'x12' AND EXISTS (SELECT 1 FROM raw_claims)
  GROUP BY d.file_id) WHERE matched < {_MATCHED_SHARE} * decided ORDER BY file_id"""
_FAR_DATES = "(select count(*) from raw_findings where rule = 'date_implausible')"


_MEASURES = "mart_batch_measures"
_BEYOND = "coalesce(greatest((low + 1e-9) / (observed + 1e-9), (observed + 1e-9) / (high + 1e-9)), 0)"  # times its bound, which may be 0


def _measured(name: str, sentence: str, where: str, severity: str = "warn") -> BatchCheck:
    """A check of measures: those of `where` that are not met."""
    return BatchCheck(
        name,
        _MEASURES,
        severity,
        sentence,
        0.0,
        lambda _: f"count(*) filter (not is_met and {where})",
        f"count(*) filter ({where})",
        lambda _: f"select detail from {_MEASURES} where not is_met and {where} order by {_BEYOND} desc, subject",
    )


def _unreported(batch: Batch) -> str:
    """Of claim payments: whether they are of a week that is over and not reported, for too few have come."""
    return f"week > DATE '{batch.week}' and week + 6 < DATE '{batch.today}'" if batch.week else "false"


def _unreported_weeks(batch: Batch) -> str:
    said = f"'the week of ' || week || ' is incomplete: ' || count(*) || ' claim payments came; the answer is of the week of {batch.week}'"
    return f"select {said} from core_adjudications where {_unreported(batch)} group by week order by week"


def _ended_lists(_: Batch) -> str:
    said = """'the newest ' || system_code || ' list here ended on ' || valid_to || '; ' || stale_count || ' of ' || anchor_count
      || ' codes of the week are of later days, see docs/code_sets.md'"""
    return (
        f"select {said} from mart_code_set_coverage where valid_to is not null and stale_count > 0 order by stale_count desc, system_code"
    )


def _recent(batch: Batch) -> str:
    """Payments that a claim payment of the last days belongs to."""
    since = batch.today - dt.timedelta(days=_RECENT_DAYS)
    return f"fact_id in (select payment_id from core_adjudications where adjudication_date >= DATE '{since}')"


CHECKS = (
    _measured("usual_volume", "As much came of each kind as in this client's usual weeks.", f"check_name = '{VOLUME}'"),
    _measured("usual_payers", "Each payer that sends in most weeks sent as much as usual.", f"check_name = '{PAYER_VOLUME}'"),
    _measured("usual_cells", "No column is empty far more often than usual.", f"check_name = '{EMPTY}'"),
    _measured("usual_values", "No column holds far more values than usual that were never seen before.", f"check_name = '{NEW}'"),
    _measured("usual_delay", "Answers came as many days after their claims as usual.", f"check_name = '{DELAY}'"),
    _measured(
        "sums",
        "Lines, claims and payments of the anchor week balance to the cent.",
        f"check_name = '{OUT_OF_BALANCE}' and subject <> 'share'",
    ),
    _measured(
        "sums_share",
        "What is out of balance is at most the agreed share of the charges of the anchor week.",
        f"check_name = '{OUT_OF_BALANCE}' and subject = 'share'",
        "error",
    ),
    BatchCheck(
        "complete_week",
        "core_adjudications",
        "warn",
        "No week that is over holds less than a quarter of a usual week, or lacks its usual days; else the pack is of the week before.",
        0.0,
        lambda batch: f"count(*) filter ({_unreported(batch)})",
        details=_unreported_weeks,
    ),
    BatchCheck(
        "met_identifiers",
        "core_deliveries",
        "warn",
        "Of every sheet of decisions most account numbers are those of claims that were sent.",
        0.0,
        lambda _: f"any_value((select count(*) from ({UNMET_SHEETS})))",
        "any_value((select count(*) from raw_files where format_code <> 'x12'))",
    ),
    BatchCheck("fresh", "core_adjudications", "warn", f"The newest remittance is at most {FRESH_DAYS} days old.", 0.0, _stale, "1"),
    BatchCheck(
        "balances",
        "core_adjudications",
        "warn",
        "At least {kept} of claim payments balance to the cent.",
        round(1 - BALANCED_SHARE, 6),
        lambda _: "count(*) filter (not is_balanced)",
    ),
    BatchCheck(
        "reconciles",
        "core_adjudicated_lines",
        "error",
        "Charges of all adjudicated lines equal the charges in the files, each thing once, to the cent.",
        0.0,
        lambda _: f"case when coalesce(sum(charge_amount), 0) <> {_SENT_CHARGES} then 1 else 0 end",
        "1",
    ),
    BatchCheck(
        "named",
        "core_deliveries",
        "error",
        "Every claim and claim payment that was read counts, or is named as a copy of one that does.",
        0.0,
        lambda _: f"any_value({_UNNAMED})",
    ),
    BatchCheck(
        "whole_payments",
        "core_deliveries",
        "warn",
        f"No payment of the last {_RECENT_DAYS} days has arrived in part.",
        0.0,
        lambda batch: f"count(distinct fact_id) filter (is_incomplete and {_recent(batch)})",
        "count(distinct fact_id) filter (fact_code = 'payment')",
    ),
    BatchCheck(
        "issued_once",
        "core_deliveries",
        "warn",
        f"No payment of the last {_RECENT_DAYS} days was issued again with other content; where one was, a person asks the payer.",
        0.0,
        lambda batch: f"count(*) filter (fact_code = 'payment' and delivery_code = 'replaced' and {_recent(batch)})",
        "count(distinct fact_id) filter (fact_code = 'payment')",
    ),
    BatchCheck(
        "plausible_dates",
        "core_adjudications",
        "warn",
        "No payment is dated after the day of the run, or far from the day its file was made.",
        0.0,
        lambda batch: f"count(*) filter (adjudication_date > DATE '{batch.today}') + any_value({_FAR_DATES})",
        "count(*)",
    ),
    BatchCheck(
        "classified",
        "core_denials",
        "warn",
        "At most {allowed} of denied dollars have no usable cause.",
        round(1 - CLASSIFIED_SHARE, 6),
        lambda _: "sum(denied_amount) filter (root_cause = 'unspecified')",
        "sum(denied_amount)",
    ),
    BatchCheck(
        "within_charge",
        "core_denials",
        "warn",
        "No line is denied for more than its charge.",
        0.0,
        lambda _: "count(*) filter (denied_amount > charge_amount)",
    ),
    BatchCheck(
        "current_code_sets",
        "mart_code_set_coverage",
        "warn",
        "No code on the claims of the anchor week was used after the last day of the newest list of its code set.",
        0.0,
        lambda _: "sum(stale_count) filter (valid_to is not null)",
        "sum(anchor_count) filter (valid_to is not null)",
        _ended_lists,
    ),
    BatchCheck(
        "counted_reviews",
        "core_qa_reviews",
        "warn",
        "Every QA review says how many codes are right, by counts or by a list of codes from both sides.",
        0.0,
        lambda _: f"any_value({_UNCOUNTED})",
        "(select count(distinct review_token) from raw_qa_reviews)",
    ),
)


def batch_warnings(failed: Iterable[tuple[str, str, str | None, int, int]]) -> list[str]:
    """What a person is told of failed checks of a batch, given as severity, name, detail, rows that failed and rows checked.

    Those that block come first, then those with figures; without any it is the rule, and how many broke it.
    """
    ordered = sorted(failed, key=lambda check: (check[0], check[2] is None, check[1]))
    return [detail or f"{rows:,} of {of:,} break this rule: {_sentence_of(name)}" for _, name, detail, rows, of in ordered]


def _sentence_of(name: str) -> str:
    """What must hold; the name alone of a check that a former version made."""
    return next((check.sentence for check in CHECKS if check.name == name), name)


def checks_of(table_name: str) -> tuple[BatchCheck, ...]:
    """The batch checks of a table."""
    return tuple(check for check in CHECKS if check.table_name == table_name)
