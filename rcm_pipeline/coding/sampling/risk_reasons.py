"""Why a chart may need a look: denials for coding above the usual, a new coder, a new code, a coder nobody has looked at."""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from rcm_pipeline.claims.code_families import with_code_family
from rcm_pipeline.settings import Qa
from rcm_pipeline.stats.intervals import wilson
from schemas.vocabulary.coding import SAMPLE_REASONS
from schemas.vocabulary.denials import NOT_DECIDED

RECENT_WEEKS = 13
KNOWN_WEEKS = 4  # a log or a history must be this much older than what it is to show as new
FEWEST_DENIED = 2  # one denial is no pattern
DENIED, NEW_CODER, CHANGED, OVERDUE = SAMPLE_REASONS[1:]
_CAUSE = "coding"
_LINE = ["answer_line_id"]


@dataclass(frozen=True)
class History:
    """What is known of the client: tables of the warehouse, and the codes of its claims.

    encounters: raw_coded_encounters. reviews: core_qa_reviews. lineages, lines, denials: core_claim_lineages,
    core_adjudicated_lines, core_denials. codes: claim_token, procedure_code and used_date (day sent, else of service) of
    every line sent. changed: claim_token of charts with a code that the newest release of its code set changed.
    """

    encounters: pl.DataFrame
    reviews: pl.DataFrame
    lineages: pl.DataFrame
    lines: pl.DataFrame
    denials: pl.DataFrame
    codes: pl.DataFrame
    changed: pl.DataFrame


def with_reasons(charts: pl.DataFrame, history: History, last: dt.date, qa: Qa) -> pl.DataFrame:
    """Charts with `reasons`, a list in the order of SAMPLE_REASONS; empty where there is none.

    last: Sunday of the frame week; nothing later is looked at, but for the codes and denials of the charts themselves.
    denied_coding: see `denied_charts`. new_coder: see `new_coders`. changed_code: see `changed_charts`. overdue_coder: see
    `overdue_coders`.
    """
    found = {
        DENIED: ("claim_token", denied_charts(charts, history, last)),
        NEW_CODER: ("coder_id", new_coders(history.encounters, last, qa.new_coder_weeks)),
        CHANGED: ("claim_token", changed_charts(history, last)),
        OVERDUE: ("coder_id", overdue_coders(history.encounters, history.reviews, last, qa.overdue_weeks)),
    }
    named = [pl.when(pl.col(key).is_in(ids.implode())).then(pl.lit(reason)) for reason, (key, ids) in found.items()]
    return charts.with_columns(pl.concat_list(named).list.drop_nulls().alias("reasons"))


def denied_charts(charts: pl.DataFrame, history: History, last: dt.date) -> pl.Series:
    """Charts denied for coding already, or like what was denied for it more than usual in the last 13 weeks.

    Of first decisions of these weeks: a procedure code counts when two lines or more were denied for coding and the lower
    95 % limit of its rate (Wilson) is above the rate of all lines; a coder and code family likewise, against the family.
    """
    lines = _decided(history, last)
    codes = _above(lines, ["procedure_code"], [])
    families = _above(lines.filter(pl.col("coder_id").is_not_null()), ["coder_id", "code_family"], ["code_family"])
    coded = with_code_family(
        history.codes.join(charts.select("claim_token", "coder_id"), on="claim_token").filter(pl.col("procedure_code").is_not_null())
    )
    alike = [coded.join(found, on=found.columns, how="semi")["claim_token"] for found in (codes, families)]
    denied = history.lineages.join(history.denials.filter(pl.col("root_cause") == _CAUSE), on="lineage_id", how="semi")["claim_token"]
    return pl.concat([*alike, denied]).drop_nulls().unique()


def _decided(history: History, last: dt.date) -> pl.DataFrame:
    """Lines first decided in the last 13 weeks, with coder and code family, and whether denied for coding."""
    for_coding = history.denials.filter(pl.col("is_initial") & (pl.col("root_cause") == _CAUSE)).select(_LINE)
    is_recent = (pl.col("week") > last - dt.timedelta(weeks=RECENT_WEEKS)) & (pl.col("week") <= last)
    counts = pl.col("is_first") & ~pl.col("disposition").is_in(NOT_DECIDED) & pl.col("procedure_code").is_not_null()
    recent = history.lines.filter(is_recent & counts).join(history.lineages.select("lineage_id", "coder_id"), on="lineage_id", how="left")
    denied = for_coding.unique().with_columns(pl.lit(True).alias("is_denied"))
    return with_code_family(recent.join(denied, on=_LINE, how="left", validate="m:1").with_columns(pl.col("is_denied").fill_null(False)))


def _above(lines: pl.DataFrame, kind: list[str], among: list[str]) -> pl.DataFrame:
    """Kinds of lines denied for coding more than the lines among which they are."""
    counted = lines.group_by(kind).agg(pl.col("is_denied").sum().alias("denied"), pl.len().alias("decided"))
    sums = [pl.col(name).sum().over(among) if among else pl.col(name).sum() for name in ("denied", "decided")]
    low, _ = wilson(pl.col("denied"), pl.col("decided"))
    is_above = (pl.col("denied") >= FEWEST_DENIED) & (low > sums[0] / sums[1])
    return counted.filter(is_above).select(kind)


def new_coders(encounters: pl.DataFrame, last: dt.date, weeks: int) -> pl.Series:
    """Coders whose first chart was coded in the last `weeks` weeks, and at least 4 weeks after the log begins.

    Where the log begins with them, nobody can tell whether they are new.
    """
    firsts = _firsts(encounters, "coder_id", "coded_date", last)
    return _begun(firsts, encounters["coded_date"].min(), last, weeks)["coder_id"]


def changed_charts(history: History, last: dt.date) -> pl.Series:
    """Charts with a procedure code first used in the last 13 weeks, and at least 4 weeks after the history begins; and `changed`.

    Diagnoses are left out: their long tail would make most charts new.
    """
    codes = history.codes.filter(pl.col("procedure_code").is_not_null())
    firsts = _firsts(codes, "procedure_code", "used_date", last)
    new = _begun(firsts, codes["used_date"].min(), last, RECENT_WEEKS)
    found = codes.join(new, on="procedure_code", how="semi")["claim_token"]
    return pl.concat([found, history.changed["claim_token"]]).drop_nulls().unique()


def _firsts(rows: pl.DataFrame, key: str, date: str, last: dt.date) -> pl.DataFrame:
    return rows.filter(pl.col(date) <= last).group_by(key).agg(pl.col(date).min().alias("first"))


def _begun(firsts: pl.DataFrame, begin: object, last: dt.date, weeks: int) -> pl.DataFrame:
    if not isinstance(begin, dt.date):
        return firsts.clear()
    since = max(last - dt.timedelta(weeks=weeks, days=-1), begin + dt.timedelta(weeks=KNOWN_WEEKS))
    return firsts.filter(pl.col("first") >= since)


def overdue_coders(encounters: pl.DataFrame, reviews: pl.DataFrame, last: dt.date, weeks: int) -> pl.Series:
    """Coders who have coded for more than `weeks` weeks, and of whom no chart was reviewed in these weeks, in any role."""
    since = last - dt.timedelta(weeks=weeks, days=-1)
    coding = _firsts(encounters, "coder_id", "coded_date", last).filter(pl.col("first") < since)
    looked_at = reviews.filter(pl.col("review_date").is_between(since, last))
    return coding.join(looked_at, on="coder_id", how="anti")["coder_id"]
