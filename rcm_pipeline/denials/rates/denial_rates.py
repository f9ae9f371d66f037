"""Weekly denial rates by payer and root cause, each with both sides of the fraction and a Wilson interval."""

import datetime as dt
from collections.abc import Callable

import polars as pl

from rcm_pipeline.claims.remits import ANSWER, ANSWER_LINE
from rcm_pipeline.denials.classify.adjudications import first_decisions
from rcm_pipeline.denials.classify.dispositions import decided_lines
from rcm_pipeline.denials.classify.reasons import main_lines
from rcm_pipeline.stats.intervals import rate, wilson
from rcm_pipeline.tables import mart
from rcm_pipeline.weeks import Week
from schemas.vocabulary import ALL
from schemas.vocabulary.denials import LINE_DENIED, NOT_DECIDED

AFTER_PAYMENT = "M08R"
_GROUP, _CLAIM = ["week", "payer_id"], ["lineage_id", "payer_id"]


@mart
def mart_denial_rates(
    core_adjudications: pl.LazyFrame, core_adjudicated_lines: pl.LazyFrame, core_denials: pl.LazyFrame, *, week: Week
) -> pl.DataFrame:
    """One row per metric, week, payer and cause, each of the last two also all together.

    First decisions of lines only, and of a claim what they come to; the denominator of a cause is every decided line (claim)
    of the payer's week.

    M08: lines denied in full or by suspicion / lines decided. M08R, a series of its own: lines denied after a payment / lines
    that a payer decided again. M09: claims denied in full / claims decided.
    M11: claims denied in part / claims decided. A claim's cause is that of its largest denied line. Second-level
    reasons (193, 285, 286, MA46, MA91) repeat an earlier denial and are not counted again.
    """
    decided = _first_of_claims(core_adjudicated_lines, core_adjudications)
    lines = decided_lines(core_adjudicated_lines).select(*ANSWER_LINE, *_GROUP, "disposition", "charge_amount").collect()
    initial = core_denials.filter("is_initial").select(*ANSWER_LINE, *_CLAIM, "root_cause", "denied_amount").collect()
    causes = initial.select(*ANSWER_LINE, "root_cause", pl.col("denied_amount").alias("lost"))
    line_events = lines.filter(pl.col("disposition").is_in(LINE_DENIED)).join(causes, on=ANSWER_LINE, how="inner")
    again, after_payment = _later_lines(core_adjudicated_lines, core_denials)
    by_claim = _claim_causes(initial)
    parts = [_metric("M08", lines, line_events), _metric(AFTER_PAYMENT, again, after_payment)]
    for metric, disposition in (("M09", "denied_full"), ("M11", "denied_partial")):
        events = decided.filter(pl.col("disposition") == disposition).join(by_claim, on=_CLAIM, how="inner")
        parts.append(_metric(metric, decided, events))
    table = pl.concat(parts).with_columns((pl.col("week") <= week.monday).alias("is_complete"))
    return table.sort("metric_id", "week", "payer_id", "root_cause")


def _first_of_claims(lines: pl.LazyFrame, adjudications: pl.LazyFrame) -> pl.DataFrame:
    """The first decision of each payer on each claim, over however many claim payments, with the charges of these."""
    known = lines.filter(pl.col("week").is_not_null())
    first = first_decisions(known).select(*_CLAIM, "week", "disposition")
    parts = known.filter("is_first").select(ANSWER).unique()
    charges = adjudications.join(parts, on=ANSWER, how="semi").group_by(_CLAIM).agg(pl.col("charge_amount").sum())
    return first.join(charges, on=_CLAIM, how="left").collect()


def _later_lines(lines: pl.LazyFrame, denials: pl.LazyFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Lines that a payer decided again, and those of them that it denied after it had decided otherwise."""
    is_decided = pl.col("week").is_not_null() & ~pl.col("disposition").is_in(NOT_DECIDED)
    again = lines.filter(is_decided & ~pl.col("is_first")).select(*ANSWER_LINE, *_GROUP, "charge_amount").collect()
    turned = denials.filter("is_retrospective").select(*ANSWER_LINE, "root_cause", pl.col("denied_amount").alias("lost"))
    return again, again.join(turned.collect(), on=ANSWER_LINE, how="inner")


def _claim_causes(denials: pl.DataFrame) -> pl.DataFrame:
    lost = denials.group_by(_CLAIM).agg(pl.col("denied_amount").sum().alias("lost"))
    return main_lines(denials, _CLAIM).select(*_CLAIM, "root_cause").join(lost, on=_CLAIM)


def _metric(metric_id: str, decided: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Every payer and all payers together, every cause and all causes together; weeks without a denial count as 0."""
    denominators = _with_all(
        decided,
        lambda frame, by: frame.group_by(by).agg(
            pl.len().cast(pl.Int64).alias("denominator"), pl.col("charge_amount").sum().cast(pl.Decimal(18, 2))
        ),
    )
    tall = pl.concat([events, events.with_columns(pl.lit(ALL).alias("root_cause"))])
    numerators = _with_all(
        tall,
        lambda frame, by: frame.group_by([*by, "root_cause"]).agg(
            pl.len().cast(pl.Int64).alias("numerator"),
            pl.col("lost").sum().cast(pl.Decimal(18, 2)).alias("denied_amount"),
            pl.col("charge_amount").sum().cast(pl.Decimal(18, 2)).alias("denied_charge_amount"),
        ),
    )
    seen = pl.concat([numerators.select("root_cause").unique(), pl.DataFrame({"root_cause": [ALL]})]).unique()
    full = denominators.join(seen, how="cross").join(numerators, on=[*_GROUP, "root_cause"], how="left")
    counted = full.with_columns(
        pl.col("numerator").fill_null(0), pl.col("denied_amount", "denied_charge_amount").fill_null(0), pl.lit(metric_id).alias("metric_id")
    )
    low, high = wilson(pl.col("numerator"), pl.col("denominator"))
    return counted.with_columns(
        rate(pl.col("numerator"), pl.col("denominator")).alias("denial_rate"), low.alias("low"), high.alias("high")
    ).select(
        "metric_id",
        *_GROUP,
        "root_cause",
        "numerator",
        "denominator",
        "denial_rate",
        "low",
        "high",
        "denied_amount",
        "denied_charge_amount",
        "charge_amount",
    )


def _with_all(frame: pl.DataFrame, count: Callable[[pl.DataFrame, list[str]], pl.DataFrame]) -> pl.DataFrame:
    everyone = frame.with_columns(pl.lit(ALL).alias("payer_id"))
    return pl.concat([count(frame, _GROUP), count(everyone, _GROUP)])


RECENT_WEEKS = 4
_BY_CAUSE = ["payer_id", "root_cause"]


def recent_rates(rates: pl.DataFrame, week: Week) -> pl.DataFrame:
    """Line denials (M08) of the last four weeks by payer and cause: numerator, denominator, rate, low, high, denied_amount."""
    table = _sum(_lines(rates), week.first(RECENT_WEEKS), week.monday)
    low, high = wilson(pl.col("numerator"), pl.col("denominator"))
    return table.with_columns(rate(pl.col("numerator"), pl.col("denominator")).alias("rate"), low.alias("low"), high.alias("high"))


def _lines(rates: pl.DataFrame) -> pl.DataFrame:
    return rates.filter((pl.col("metric_id") == "M08") & (pl.col("payer_id") != ALL) & (pl.col("root_cause") != ALL))


def _sum(rates: pl.DataFrame, first: dt.date, last: dt.date) -> pl.DataFrame:
    return (
        rates.filter(pl.col("week").is_between(first, last))
        .group_by(_BY_CAUSE)
        .agg(pl.col("numerator", "denominator").sum(), pl.col("denied_amount").sum())
        .sort(_BY_CAUSE)
    )
