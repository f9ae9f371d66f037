"""How accurate coding is, by methods that are never mixed: of coders, specialties, error categories and code families, over time."""

import datetime as dt

import polars as pl

from rcm_pipeline.coding.accuracy.clusters import pooled_icc
from rcm_pipeline.coding.accuracy.intervals import with_limits
from rcm_pipeline.coding.accuracy.methods import UNITS, category_measures, chart_measures, family_measures, scoped
from rcm_pipeline.coding.accuracy.weighted import weighted_accuracy
from rcm_pipeline.tables import mart
from rcm_pipeline.weeks import Week

QUARTER_WEEKS = 13
_SHOWN_WEEKS = 13
_KEYS = ["method_id", "scope_code", "scope_id", "period_code", "week"]
_CODES = ("A1", "A2", "A7")  # counted in codes, which come in charts


@mart
def mart_coder_accuracy(
    core_qa_reviews: pl.LazyFrame, core_qa_codes: pl.LazyFrame, core_qa_findings: pl.LazyFrame, ops_qa_samples: pl.LazyFrame, *, week: Week
) -> pl.DataFrame:
    """One row per method, scope, period and design.

    Design `random`: charts of the random sample alone, for charts chosen for risk would bias the rate. Design `stratified`: all
    charts that rcm plan-qa drew, each by what it stands for in the frame (`weighted_accuracy`).
    """
    anchor = week.monday
    known, codes, findings = core_qa_reviews.filter(pl.col("week") <= anchor).collect(), core_qa_codes.collect(), core_qa_findings.collect()
    charts, by_category = chart_measures(known, codes, findings), category_measures(known, findings)
    rows = pl.concat([scoped(charts), _of(by_category, "category"), _of(family_measures(known, codes), "code_family")])
    icc = _icc(charts)
    random = _periods(rows.filter(pl.col("stratum_code") == "random"), anchor)
    both = rows.filter(pl.col("method_id").is_in(["A1", "A2", "A3"]) & (pl.col("scope_code") != "category"))
    parts = [
        with_limits(random, _KEYS, icc).with_columns(pl.lit("random").alias("design_code")),
        weighted_accuracy(_periods(both, anchor, weekly=False), ops_qa_samples.collect(), _KEYS, icc).with_columns(
            pl.lit("stratified").alias("design_code")
        ),
    ]
    table = pl.concat(parts, how="diagonal").with_columns(pl.col("method_id").replace_strict(UNITS).alias("unit_code"))
    return table.sort("method_id", "design_code", "period_code", "week", "scope_code", "scope_id")


def _of(measures: pl.DataFrame, scope: str) -> pl.DataFrame:
    names = [name for name in measures.columns if name != "scope_id"]
    return measures.select(*names, pl.lit(scope).alias("scope_code"), "scope_id")


def _periods(rows: pl.DataFrame, anchor: dt.date, *, weekly: bool = True) -> pl.DataFrame:
    """The rows once for each period they belong to: all, the quarters ending with the last 13 weeks, and each of these weeks."""
    ends = pl.DataFrame({"_end": [anchor - dt.timedelta(weeks=back) for back in range(_SHOWN_WEEKS)]})
    age = (pl.col("_end") - pl.col("week")).dt.total_days() // 7
    of_end = rows.join(ends, how="cross").filter(age.is_between(0, QUARTER_WEEKS - 1))
    parts = [_ending(rows, "all", pl.lit(anchor)), _ending(of_end, "quarter", pl.col("_end"))]
    if weekly:
        parts.append(_ending(of_end.filter(age == 0), "week", pl.col("_end")))
    return pl.concat(parts)


def _ending(rows: pl.DataFrame, period: str, week: pl.Expr) -> pl.DataFrame:
    return rows.with_columns(pl.lit(period).alias("period_code"), week.alias("week")).drop("_end", strict=False)


def _icc(charts: pl.DataFrame) -> dict[str, float]:
    """How alike the codes of one chart are, by method, pooled over coders; 0 for what is not counted in codes."""
    random = charts.filter(pl.col("stratum_code") == "random")
    return {m: pooled_icc(random.filter(pl.col("method_id") == m), "coder_id") if m in _CODES else 0.0 for m in UNITS}
