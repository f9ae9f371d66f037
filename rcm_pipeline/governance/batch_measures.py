"""Is the anchor week like this client's weeks? Volumes, payers, empty cells, new values, delays and sums, each beside what is usual."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain

import numpy as np
import polars as pl

from rcm_pipeline.claims.remits import imbalances
from rcm_pipeline.settings import ClientSettings
from rcm_pipeline.tables import mart
from rcm_pipeline.weeks import Week
from rcm_pipeline.x12.sets import balance
from schemas.vocabulary.batches import DELAY, EMPTY, NEW, OUT_OF_BALANCE, PAYER_VOLUME, VOLUME
from schemas.vocabulary.claims import COUNTED

_PAST, _KNOWN = 13, 4  # weeks before the anchor week that say what is usual: at most, and at least
_LEAST_SPREAD = 0.1  # standard deviations of the logarithm: weeks differ by a tenth at least
_REGULAR = 0.75  # of the past weeks with any, for a kind or a payer to be missed
_ENOUGH, _FEW = 20, 0.02  # rows of the week to speak of a share, and a share that is never much
_SURE = 6.0  # standard deviations of counting, for rows of a file are alike
_DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
_STREAMS = {"core_adjudications": "claim payments", "core_claim_versions": "claims sent", "core_qa_reviews": "QA reviews"}
_CODES = {  # columns whose values are a closed world of a client's: what was never seen before is a change of its sender
    "core_adjudications": ("payer_id", "status_code"),
    "core_denials": ("carc_code", "rarc_code", "group_code"),
    "core_claim_versions": ("payer_id", "place_code"),
    "core_adjudicated_lines": ("procedure_code",),
    "core_qa_reviews": ("coder_id", "specialty"),
}
_CELLS = {  # columns that may be empty, and by how often they are
    "core_adjudications": ("payer_id", "version_id"),
    "core_denials": ("carc_code", "rarc_code", "group_code", "procedure_code"),
    "core_claim_versions": ("payer_id", "place_code", "provider_npi", "first_service_date"),
    "core_adjudicated_lines": ("procedure_code", "claim_line_no", "modifier_1_code"),
    "core_qa_reviews": ("lineage_id", "auditor_id", "service_date", "sample_id"),
}


@dataclass(frozen=True)
class _Measure:
    check_name: str
    subject: str
    observed: float
    low: float | None
    high: float | None
    detail: str
    history_week_count: int
    amount: Decimal | None = None

    @property
    def is_met(self) -> bool:
        return (self.low is None or self.observed >= self.low) and (self.high is None or self.observed <= self.high)


@mart
def mart_batch_measures(
    core_adjudications: pl.LazyFrame,
    core_adjudicated_lines: pl.LazyFrame,
    core_denials: pl.LazyFrame,
    core_claim_versions: pl.LazyFrame,
    core_qa_reviews: pl.LazyFrame,
    core_deliveries: pl.LazyFrame,
    raw_findings: pl.LazyFrame,
    raw_remits: pl.LazyFrame,
    raw_remit_lines: pl.LazyFrame,
    *,
    week: Week,
    settings: ClientSettings,
) -> pl.DataFrame:
    """One row per measure and subject of the anchor week; only those of which enough weeks are known.

    Usual is the median of up to 13 weeks before, times or divided by exp(d s), d the client's `batch.usual_deviations`, s the spread
    of their logarithms by the median absolute deviation, at least a tenth and what counting leaves.
    A share of rows is held against that of those weeks together.
    """
    tables = {
        "core_adjudications": core_adjudications,
        "core_adjudicated_lines": core_adjudicated_lines,
        "core_denials": core_denials,
        "core_claim_versions": core_claim_versions,
        "core_qa_reviews": core_qa_reviews,
    }
    weeks = {name: _recent(frame, week) for name, frame in tables.items()}
    own, limits = weeks["core_adjudications"].filter(pl.col("week") == week.monday), settings.batch
    found = chain(
        chain.from_iterable(_volumes(weeks[name], what, week, limits.usual_deviations) for name, what in _STREAMS.items()),
        chain.from_iterable(_empty_cells(weeks[name], name, columns, week) for name, columns in _CELLS.items()),
        chain.from_iterable(_new_values(tables[name], name, columns, week) for name, columns in _CODES.items()),
        _delay(weeks["core_adjudications"], core_claim_versions, week, limits.usual_deviations),
        _balance(own, imbalances(raw_findings, raw_remits, raw_remit_lines, _places(own, core_deliveries)), limits.max_out_of_balance),
    )
    rows = [{**vars(measure), "is_met": measure.is_met, "week": week.monday} for measure in found]
    return pl.DataFrame(rows, infer_schema_length=None).sort("check_name", "subject")


def _recent(table: pl.LazyFrame, week: Week) -> pl.DataFrame:
    """Its rows of the anchor week and the thirteen before."""
    return table.filter(pl.col("week").is_between(week.back(_PAST).monday, week.monday)).collect()


def _by_week(values: pl.DataFrame, week: Week) -> tuple[float, list[float]]:
    """Of week and value: that of the anchor week, and those of the weeks from the first with any, oldest first; 0 where there is none."""
    known = dict(values.iter_rows())
    first = min((monday for monday in known if monday < week.monday), default=week.monday)
    before = [first + dt.timedelta(weeks=n) for n in range((week.monday - first).days // 7)]
    return float(known.get(week.monday, 0)), [float(known.get(monday, 0)) for monday in before]


def usual(past: Iterable[float], deviations: float, *, is_count: bool = True) -> tuple[float, float]:
    """What is usual: the median of these times or divided by exp(deviations × s), see `mart_batch_measures`."""
    values = np.array(list(past))
    centre = float(np.median(values))
    logs = np.log(np.maximum(values, 0.5))
    counting = 1 / np.sqrt(max(centre, 1.0)) if is_count else 0.0
    spread = max(1.4826 * float(np.median(np.abs(logs - np.median(logs)))), counting, _LEAST_SPREAD)
    reach = float(np.exp(deviations * spread))
    return centre / reach, max(centre, 1.0) * reach


def _volumes(rows: pl.DataFrame, what: str, week: Week, deviations: float) -> Iterator[_Measure]:
    """How much came of a kind that comes in most weeks, and of each payer that sends it in most weeks."""
    now, past = _by_week(rows.group_by("week").len(), week)
    if len(past) < _KNOWN:
        return
    if _is_weekly(past):
        yield _volume(VOLUME, what, (now, past), deviations, f"{now:,.0f} {what}")
    for (payer,), own in rows.group_by("payer_id", maintain_order=True) if "payer_id" in rows.columns else ():
        own_now, own_past = _by_week(own.group_by("week").len(), week)
        padded = [0.0] * (len(past) - len(own_past)) + own_past
        if payer is not None and _is_weekly(padded):
            came = f"{own_now:,.0f} {what}" if own_now else f"no {what}"
            yield _volume(PAYER_VOLUME, f"{payer}: {what}", (own_now, padded), deviations, f"{payer}: {came}", _usual_days(own))


def _is_weekly(past: list[float]) -> bool:
    """Something came in most weeks: what comes monthly is not missing in the weeks between."""
    return sum(map(bool, past)) >= max(_REGULAR * len(past), _KNOWN)


def _volume(check: str, subject: str, weeks: tuple[float, list[float]], deviations: float, came: str, days: str = "") -> _Measure:
    now, past = weeks
    low, high = usual(past, deviations)
    least = max(low, 1.0)
    detail = f"{came}; {np.ceil(least):,.0f} to {np.floor(high):,.0f} are usual{days}"
    return _Measure(check, subject, now, least, high, detail, len(past))


def _usual_days(rows: pl.DataFrame) -> str:
    """The weekday on which most of its weeks have their claim payments."""
    if "adjudication_date" not in rows.columns:
        return ""
    days = rows["adjudication_date"].drop_nulls().dt.weekday().value_counts(name="rows").sort("rows", "adjudication_date")
    return f", mostly on {_DAYS[days['adjudication_date'][-1] - 1]}" if days.height else ""


def _share(check: str, subject: str, now: tuple[int, int], before: tuple[float, float], weeks: int, what: str) -> _Measure | None:
    """A share of the week's rows beside a usual one: `now` and `before` are rows that have it, of all."""
    (count, of), (had, of_past) = now, before
    if of < _ENOUGH or of_past < _ENOUGH or weeks < _KNOWN:
        return None
    share, is_usual = count / of, had / of_past
    sure = max(is_usual, 1 / of_past)
    high = max(2 * is_usual + _FEW, is_usual + _SURE * float(np.sqrt(sure * (1 - sure) / of)))
    if high >= 1:
        return None
    detail = f"{subject}: {share:.0%} {what} ({count:,} of {of:,} rows); {is_usual:.0%} is usual"
    return _Measure(check, subject, share, None, high, detail.replace("%", " %"), weeks)


def _empty_cells(rows: pl.DataFrame, table: str, columns: Iterable[str], week: Week) -> Iterator[_Measure]:
    is_now = pl.col("week") == week.monday
    now, past = rows.filter(is_now), rows.filter(~is_now)
    for column in columns:
        counts = [(part[column].null_count(), part.height) for part in (now, past)]
        if found := _share(EMPTY, f"{table}.{column}", counts[0], counts[1], past["week"].n_unique(), "empty"):
            yield found


def _new_values(table: pl.LazyFrame, name: str, columns: Iterable[str], week: Week) -> Iterator[_Measure]:
    """Rows whose value no earlier week had, beside how many there are of such in a usual week of a client that is known for long enough."""
    for column in columns:
        rows = table.filter(pl.col(column).is_not_null() & (pl.col("week") <= week.monday)).group_by(column, "week").len().collect()
        rows = rows.with_columns((pl.col("week") == pl.col("week").min().over(column)).alias("is_new"))
        begun = rows["week"].min()
        if not isinstance(begun, dt.date):
            continue
        by_week = rows.group_by("week").agg(pl.col("len").filter("is_new").sum().alias("new"), pl.col("len").sum().alias("all"))
        known = by_week.filter(
            pl.col("week").is_between(max(begun + dt.timedelta(weeks=_KNOWN), week.back(_PAST).monday), week.back(1).monday)
        )
        now = by_week.filter(pl.col("week") == week.monday)
        if now.height and (
            found := _share(
                NEW, f"{name}.{column}", now.row(0)[1:], known.select("new", "all").sum().row(0), known.height, "never seen before"
            )
        ):
            yield found


def _delay(answers: pl.DataFrame, versions: pl.LazyFrame, week: Week, deviations: float) -> Iterator[_Measure]:
    """Days from the first time a claim was sent to its answer, the median of each week."""
    sent = versions.group_by("lineage_id").agg(pl.col("sent_date").min()).collect()
    days = (pl.col("adjudication_date") - pl.col("sent_date")).dt.total_days()
    lagged = answers.join(sent, on="lineage_id").filter(days >= 0).group_by("week").agg(days.median().alias("days"), pl.len()).sort("week")
    enough = lagged.filter(pl.col("len") >= _ENOUGH // 2)
    past = enough.filter(pl.col("week") < week.monday)["days"].to_list()
    now = enough.filter(pl.col("week") == week.monday)["days"].to_list()
    if len(past) >= _KNOWN and now:
        low, high = usual(past, deviations, is_count=False)
        detail = f"{now[0]:.0f} days from claim to answer, the median; {np.ceil(low):.0f} to {np.floor(high):.0f} are usual"
        yield _Measure(DELAY, "claim payments", now[0], low, high, detail, len(past))


def _places(answers: pl.DataFrame, deliveries: pl.LazyFrame) -> pl.LazyFrame:
    """Where these claim payments were read that count: file_id, transaction_no, claim_no, with answer_id and payment_id."""
    counted = deliveries.filter((pl.col("fact_code") == "answer") & (pl.col("delivery_code") == COUNTED))
    places = counted.select(pl.col("fact_id").alias("answer_id"), "file_id", "transaction_no", "claim_no")
    return places.join(answers.lazy().select("answer_id", "payment_id"), on="answer_id")


def _balance(own: pl.DataFrame, wrong: pl.LazyFrame, most: float) -> Iterator[_Measure]:
    """Dollars by which the week's lines, claims and payments are out of balance, as a share of its charges.

    `wrong` are the `imbalances` of the week's claim payments. A reversal's charge counts as its amount: it does not make the week small.
    """
    charges = _dollars(own["charge_amount"].abs().sum())
    once = wrong.unique(["file_id", "finding_no"])
    sums = once.group_by("rule").agg(pl.len(), pl.col("difference_amount").abs().sum()).collect()
    found = {rule: (count, _dollars(amount)) for rule, count, amount in sums.iter_rows()}

    def share(amount: Decimal) -> float:
        return float(amount / charges) if charges else float(amount > 0)

    for rule in (balance.LINE, balance.CLAIM, balance.PAYMENT):
        count, amount = found.get(rule, (0, Decimal(0)))
        what = rule.removesuffix("_out_of_balance")
        whose = f"1 {what} is" if count == 1 else f"{count:,} {what}s are"
        detail = f"{whose} out of balance by ${amount:,} together, of ${charges:,} charged in the week"
        yield _Measure(OUT_OF_BALANCE, f"{what}s", share(amount), None, 0.0, detail, 0, amount)
    if own.height < _ENOUGH:  # one claim of a few is no share to stop a client for
        return
    most_of = max((amount for _, amount in found.values()), default=Decimal(0))
    detail = f"${most_of:,} out of balance are {share(most_of):.1%} of what was charged in the week; {most:.0%} are allowed"
    yield _Measure(OUT_OF_BALANCE, "share", share(most_of), None, most, detail.replace("%", " %"), 0, most_of)


def _dollars(amount: object) -> Decimal:
    return Decimal(str(amount or 0))
