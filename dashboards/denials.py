"""Denial figures: the weekly trend, payer × cause, and why the rate moved."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import polars as pl

from dashboards import texts
from dashboards.claims import measure_row
from dashboards.facts import PackFacts
from dashboards.theme import BLUE, HEAT, MUTED, RED, Chart, figure, translucent
from rcm_pipeline.denials.rates.denial_rates import RECENT_WEEKS, recent_rates
from rcm_pipeline.metrics.definitions import metrics_of
from rcm_pipeline.metrics.scorecard import agreed_measures
from rcm_pipeline.reference import reference
from rcm_pipeline.stats.decomposition import kitagawa
from rcm_pipeline.weeks import Week
from schemas.vocabulary import ALL

SHEETS = {
    "Denial rates": "mart_denial_rates",
    "Cohorts": "mart_denial_cohorts",
    "Reclassified": "ops_reclassifications",
    "Payers": "core_payers",
}

_LIMITED = "initial_denial_claims"  # the measure whose limit the trend shows
_TREND_WEEKS = 26
_BEFORE_WEEKS = 12
_DIMENSIONS = {"payer_id": "Payer", "code_family": "Code family", "place_code": "Place", "provider_npi": "Provider", "coder_id": "Coder"}


def section(facts: PackFacts) -> dict[str, Any]:
    """The section of mart_denial_rates, with the competing definitions of a denial rate and why it moved."""
    empty = {"figures": {"trend": None, "heat": None}, "definitions": [], "shifts": []}
    head = {"id": "mart_denial_rates", "kind": "denials", "title": "Denials", "lead": "No week is complete yet."}
    if facts.week is None:
        return head | empty
    rates, recent = facts["mart_denial_rates"], recent_rates(facts["mart_denial_rates"], facts.week)
    limit = float(agreed_measures(facts.settings)[_LIMITED]["limit"])
    return head | {
        "lead": headline(rates, facts.week),
        "recent_weeks": RECENT_WEEKS,
        "figures": {"trend": trend(rates, facts.week, limit), "heat": heat_map(recent, facts.payers) if recent.height else None},
        "definitions": definition_rows(facts["mart_metrics"]),
        "shifts": shift_rows(facts["mart_denial_trends"], facts.week, facts.payers),
    }


def trend(rates: pl.DataFrame, week: Week, limit: float) -> Chart:
    """Claims denied at first decision, by week, with the 95 % interval and the agreed limit."""
    shown = _overall(rates, "M09").filter(pl.col("is_complete") & (pl.col("week") >= week.first(_TREND_WEEKS))).sort("week")
    chart = figure(height=330, showlegend=False)
    weeks, colour = shown["week"].to_list(), translucent(BLUE, 0.14)
    chart.add_scatter(x=weeks, y=shown["high"].to_list(), mode="lines", line={"width": 0}, hoverinfo="skip")
    chart.add_scatter(
        x=weeks, y=shown["low"].to_list(), mode="lines", line={"width": 0}, fill="tonexty", fillcolor=colour, hoverinfo="skip"
    )
    text = [
        f"Week {texts.week(r['week'])}<br><b>{texts.percent(r['denial_rate'])}</b> ({r['numerator']} of {r['denominator']} claims)"
        f"<br>95 % interval {texts.interval(r['low'], r['high'])}"
        for r in shown.iter_rows(named=True)
    ]
    chart.add_scatter(
        x=weeks,
        y=shown["denial_rate"].to_list(),
        mode="lines+markers",
        line={"color": BLUE, "width": 2.5},
        marker={"size": 6},
        text=text,
        hovertemplate="%{text}<extra></extra>",
    )
    chart.add_hline(
        y=limit,
        line={"color": RED, "width": 1, "dash": "dot"},
        label=f"limit {texts.percent(limit, 0)}",
        font={"color": RED, "size": 12},
    )
    chart.update_yaxes(tickformat=".0%", rangemode="tozero")
    chart.update_xaxes(tickformat="%d %b", showgrid=False)
    return chart


def heat_map(recent: pl.DataFrame, names: Mapping[str, str]) -> Chart:
    """Line denial rate of the last weeks by payer and cause; every cell says how many of how many."""
    by_cause = recent.group_by("root_cause").agg(pl.col("numerator").sum()).sort("numerator", "root_cause", descending=[True, False])
    by_payer = (
        recent.group_by("payer_id").agg((pl.col("numerator").sum() / pl.col("denominator").max()).alias("rate")).sort("rate", "payer_id")
    )
    causes, payers = by_cause["root_cause"].to_list(), by_payer["payer_id"].to_list()
    cells = {(r["payer_id"], r["root_cause"]): _cell(r) for r in recent.iter_rows(named=True)}
    grid = [[cells.get((payer, cause), (None, "", "")) for cause in causes] for payer in payers]
    chart = figure(height=110 + 44 * max(len(payers), 1))
    chart.add_heatmap(
        z=[[rate for rate, _, _ in row] for row in grid],
        x=[texts.cause(cause) for cause in causes],
        y=[names.get(payer, payer) for payer in payers],
        text=[[shown for _, shown, _ in row] for row in grid],
        customdata=[[counts for _, _, counts in row] for row in grid],
        texttemplate="%{text}",
        hovertemplate="%{y}<br>%{x}: <b>%{text}</b><br>%{customdata}<extra></extra>",
        colorscale=HEAT,
        zmin=0,
        xgap=2,
        ygap=2,
        showscale=False,
    )
    chart.update_xaxes(side="top", tickangle=-35, showgrid=False, tickfont={"color": MUTED, "size": 12})
    chart.update_yaxes(showgrid=False)
    chart.update_layout(margin={"l": 10, "r": 70, "t": 10, "b": 10})
    return chart


def _cell(row: Mapping[str, Any]) -> tuple[float, str, str]:
    """Rate, what is written on the cell (nothing where nothing was denied), and what it says when pointed at."""
    shown = texts.percent(row["rate"], 0) if row["numerator"] else ""
    return row["rate"], shown, f"{row['numerator']} of {row['denominator']} lines"


def headline(rates: pl.DataFrame, week: Week) -> str:
    """One sentence: how many claims were denied at first decision in the week, and in the weeks before."""
    weekly = _overall(rates, "M09").filter(pl.col("is_complete"))
    now, before = weekly.filter(pl.col("week") == week.monday), weekly.filter(pl.col("week").is_between(*_weeks_before(week)))
    if now.is_empty():
        return "Nothing was decided in the week."
    r = now.row(0, named=True)
    sentence = f"{texts.percent(r['denial_rate'])} of claims denied entirely at first decision ({r['numerator']} of {r['denominator']})"
    total, of = int(before["numerator"].sum()), int(before["denominator"].sum())
    return f"{sentence}; {texts.percent(total / of)} in the {_BEFORE_WEEKS} weeks before." if of else sentence + "."


def _weeks_before(week: Week) -> tuple[dt.date, dt.date]:
    return week.back(_BEFORE_WEEKS).monday, week.back(1).monday


def definition_rows(metrics: pl.DataFrame) -> list[dict[str, Any]]:
    """The competing definitions of a denial rate side by side: each in its newest complete and mature period."""
    shown = metrics.filter(pl.col("metric_id").is_in(metrics_of("denials")) & pl.col("is_complete") & pl.col("is_mature"))
    newest = shown.sort("period_end").unique(["metric_id", "variant_code"], keep="last", maintain_order=True)
    return [measure_row(r) for r in newest.sort("metric_id", "variant_code").iter_rows(named=True)]


def shift_rows(trends: pl.DataFrame, week: Week, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Why the line denial rate differs between the last four weeks and the four before: by rates or by mix, per dimension."""
    before = (week.first(2 * RECENT_WEEKS), week.back(RECENT_WEEKS).monday)
    after = (week.first(RECENT_WEEKS), week.monday)
    known = dict(reference("code_families").select("family", "label").iter_rows()) | dict(names)
    rows = []
    for by, label in ((by, label) for by, label in _DIMENSIONS.items() if by in trends.columns):  # coders are internal
        table = kitagawa(trends, before, after, by)
        if table.is_empty():
            continue
        top = table.row(0, named=True)
        rate, mix = (float(table[effect].sum()) for effect in ("rate_effect", "mix_effect"))
        rows.append(
            {
                "dimension": label,
                "rate": texts.points(rate),
                "mix": texts.points(mix),
                "total": texts.points(rate + mix),
                "most": _most(top, known.get(top[by], texts.plain(str(top[by])))),
            }
        )
    return rows


def _most(top: Mapping[str, Any], name: str) -> str:
    rates = f"{texts.percent(top['rate_0'])} → {texts.percent(top['rate_1'])} of its lines"
    return f"{name}: {rates}, {texts.percent(top['share_0'], 0)} → {texts.percent(top['share_1'], 0)} of all lines"


def _overall(rates: pl.DataFrame, metric_id: str) -> pl.DataFrame:
    return rates.filter((pl.col("metric_id") == metric_id) & (pl.col("payer_id") == ALL) & (pl.col("root_cause") == ALL))
