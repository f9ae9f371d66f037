"""The feedback loop: a finding told, acknowledged and acted on, and whether the category came back afterwards."""

import datetime as dt

import polars as pl

from rcm_pipeline.redelivery import once
from rcm_pipeline.stats.comparisons import newcombe
from rcm_pipeline.tables import mart
from rcm_pipeline.weeks import Week

WINDOW_WEEKS = 26  # on either side of an action
SETTLED_CHARTS = 30  # reviewed after it before anything is called settled: a routine audit of one coder (Dunn, ACDIS)
NOT_SAID = "not said"
_OF = ["coder_id", "error_code"]


@mart
def mart_coding_feedback(
    core_qa_reviews: pl.LazyFrame,
    core_qa_findings: pl.LazyFrame,
    raw_qa_actions: pl.LazyFrame,
    raw_coded_encounters: pl.LazyFrame,
    *,
    week: Week,
) -> pl.DataFrame:
    """One row per coder and category with a finding that stands.

    Rows of actions that were delivered
    again change nothing. Findings are those of first reviews and re-audits, of any stratum. Rates are of charts of random
    samples alone, re-audits among them, by the day a chart was coded (the day of its review where no log says): what was
    coded before an action and reviewed after it says nothing of its effect. A re-audit of a chart reviewed before is no new
    chart. Charts with errors of which no category is told are in no rate.

    open: not all findings are acknowledged. acknowledged: they are, nothing was done. acted: done, too early to tell.
    recurring: a chart coded since has the category again, whatever it was chosen for. settled: at least 30 random charts since
    and nothing came back, or at least 30 on either side and clearly fewer since (the whole interval of the change is below 0).
    """
    last, findings = week.sunday, core_qa_findings.collect()
    known = core_qa_reviews.filter(pl.col("review_date") <= last).collect()
    counted = findings.filter("is_counted").select("review_token", "error_code")
    charts = _charts(known, raw_coded_encounters.collect())
    found = counted.join(charts, on="review_token", how="inner")
    taken_actions = _taken_actions(once(raw_qa_actions.collect()), known, counted, last)
    rows = found.group_by(_OF).agg(pl.len().cast(pl.Int64).alias("finding_count"), pl.col("review_date").min().alias("first_date"))
    rated = charts.filter((pl.col("stratum_code") == "random") & _is_told(findings))
    for part in (_acknowledged(found, taken_actions), _last_actions(taken_actions)):
        rows = rows.join(part, on=_OF, how="left", validate="1:1")
    rows = rows.join(_came_back(found, rows), on=_OF, how="left", validate="1:1")
    rows = rows.join(_before_and_after(rated, rows, counted), on=_OF, how="left", validate="1:1")
    numbers = ("acknowledged_count", *(f"{side}_{what}_count" for side in ("before", "after") for what in ("chart", "error")))
    filled = rows.with_columns(pl.col(numbers).fill_null(0), pl.col("came_back").fill_null(False))
    sides = [pl.col(f"{side}_{what}_count") for side in ("after", "before") for what in ("error", "chart")]
    changed = [e.alias(n) for e, n in zip(newcombe(*sides), ("change", "change_low", "change_high"), strict=True)]
    return filled.with_columns(changed).with_columns(_state()).sort(_OF)


def _charts(reviews: pl.DataFrame, encounters: pl.DataFrame) -> pl.DataFrame:
    """First reviews, and re-audits of charts not reviewed before, with `day`: when the chart was coded, else reviewed."""
    first = reviews.filter(pl.col("kind_code") == "first")
    again = reviews.filter(pl.col("kind_code") == "reaudit").join(first, on=["coder_id", "claim_token"], how="anti")
    both = pl.concat([first, again]).select("review_token", "claim_token", "coder_id", "review_date", "stratum_code", "is_right")
    logged = both.select("review_token", "claim_token", "review_date").join(
        encounters.select("claim_token", "coded_date"), on="claim_token"
    )
    coded = logged.filter(pl.col("coded_date") <= pl.col("review_date")).group_by("review_token").agg(pl.col("coded_date").max())
    joined = both.join(coded, on="review_token", how="left", validate="1:1")
    return joined.with_columns(pl.coalesce("coded_date", "review_date").alias("day"))


def _is_told(findings: pl.DataFrame) -> pl.Expr:
    """A chart is right, or it is said what is wrong with it."""
    return pl.col("is_right") | pl.col("review_token").is_in(findings["review_token"].unique().implode())


def _taken_actions(actions: pl.DataFrame, reviews: pl.DataFrame, counted: pl.DataFrame, last: dt.date) -> pl.DataFrame:
    """Steps of feedback by review, coder and category; one on a whole review stands for every category found in it."""
    dates = [pl.when(pl.col(date) <= last).then(date).alias(date) for date in ("acknowledged_date", "action_date")]
    known = actions.join(reviews.select("review_token", "coder_id"), on="review_token", how="inner").with_columns(dates)
    fields = ["review_token", *_OF, "acknowledged_date", "action_code", "action_date"]
    named = known.filter(pl.col("error_code").is_not_null()).select(fields)
    whole = known.filter(pl.col("error_code").is_null()).drop("error_code").join(counted.unique(), on="review_token", how="inner")
    return pl.concat([named, whole.select(fields)])


def _acknowledged(found: pl.DataFrame, taken_actions: pl.DataFrame) -> pl.DataFrame:
    taken = taken_actions.filter(pl.col("acknowledged_date").is_not_null())
    mine = found.join(taken, on=["review_token", "error_code"], how="semi")
    return mine.group_by(_OF).agg(pl.len().cast(pl.Int64).alias("acknowledged_count"))


def _last_actions(taken_actions: pl.DataFrame) -> pl.DataFrame:
    done = taken_actions.filter(pl.col("action_date").is_not_null()).with_columns(pl.col("action_code").fill_null(NOT_SAID))
    last = done.sort("action_date", "action_code").unique(_OF, keep="last", maintain_order=True)
    return last.select(*_OF, "action_code", "action_date")


def _came_back(found: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    later = found.join(rows.select(*_OF, "action_date"), on=_OF).filter(pl.col("day") > pl.col("action_date"))
    return later.select(_OF).unique().with_columns(pl.lit(True).alias("came_back"))


def _before_and_after(charts: pl.DataFrame, rows: pl.DataFrame, counted: pl.DataFrame) -> pl.DataFrame:
    """Charts of the coder on either side of the last action, and those with the category; all are before where there is none."""
    has_it = counted.unique().with_columns(pl.lit(True).alias("has_it"))
    each = rows.select(*_OF, "action_date").join(charts.select("review_token", "coder_id", "day"), on="coder_id")
    each = each.join(has_it, on=["review_token", "error_code"], how="left", validate="m:1")
    since, action = pl.col("day") - pl.col("action_date"), pl.col("action_date")
    window = pl.duration(weeks=WINDOW_WEEKS)
    is_after = (action.is_not_null() & (since > pl.duration(days=0)) & (since <= window)).fill_null(False)
    is_before = action.is_null() | ((since <= pl.duration(days=0)) & (since > -window)).fill_null(False)
    wrong = pl.col("has_it").fill_null(False)
    return each.group_by(_OF).agg(
        count.sum().cast(pl.Int64).alias(f"{side}_{what}_count")
        for side, inside in (("before", is_before), ("after", is_after))
        for what, count in (("chart", inside), ("error", inside & wrong))
    )


def _state() -> pl.Expr:
    is_enough = pl.col("after_chart_count") >= SETTLED_CHARTS
    # few charts before an action are mostly those that led to it: a fall from them is no effect
    is_less = (pl.col("change_high") < 0).fill_null(False) & (pl.col("before_chart_count") >= SETTLED_CHARTS)
    return (
        pl.when(pl.col("action_date").is_not_null() & is_enough & (is_less | ~pl.col("came_back")))
        .then(pl.lit("settled"))
        .when(pl.col("came_back"))
        .then(pl.lit("recurring"))
        .when(pl.col("action_date").is_not_null())
        .then(pl.lit("acted"))
        .when(pl.col("acknowledged_count") == pl.col("finding_count"))
        .then(pl.lit("acknowledged"))
        .otherwise(pl.lit("open"))
        .alias("state")
    )
