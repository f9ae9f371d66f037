"""The life of claims on a page: the funnel through three layers, yields, and what has no partner."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from dashboards import texts
from dashboards.facts import PackFacts
from dashboards.page import render
from dashboards.theme import BLUE, GREY, RED, Chart, figure
from rcm_pipeline.governance.claim_history import Story
from rcm_pipeline.metrics.definitions import definitions, metrics_of
from rcm_pipeline.weeks import Week

SHEETS = {"Claim funnel": "mart_claim_funnel", "Without partner": "mart_unmatched"}

_EVENT = ("layer_code", "event_date", "root_cause", "stage_introduced", "stage_detectable")
_PARTS = (("Came through", "claim_count", BLUE), ("Waiting", "waiting_count", GREY), ("Lost here", "lost_count", RED))
_PARTNERLESS = {
    "claim": "Claims nobody answered",
    "remittance": "Payments for claims that are not here",
    "crossover": "Crossovers of our claims",
}
_STEPS = {
    "sent": "Sent",
    "file_accepted": "File accepted (999)",
    "claim_accepted": "Claim accepted (277CA)",
    "decided": "Decided (835)",
    "undenied": "Nothing denied",
    "first_pass": "And nothing more needed",
}


def section(facts: PackFacts) -> dict[str, Any]:
    """The section of mart_claim_funnel, with yields, stages of defects and what has no partner."""
    funnel = facts["mart_claim_funnel"]
    rows = funnel_rows(funnel, facts.week) if facts.week else funnel.clear()
    return {
        "id": "mart_claim_funnel",
        "kind": "claims",
        "title": "Life of claims",
        "lead": headline(rows),
        "figures": {"funnel": funnel_chart(rows) if rows.height else None},
        "yields": yield_rows(facts["mart_metrics"]),
        "stages": stage_rows(facts.some("core_layer_events", *_EVENT), facts.week),
        "unmatched": unmatched_rows(facts["mart_unmatched"]),
    }


def funnel_rows(funnel: pl.DataFrame, week: Week) -> pl.DataFrame:
    """The claims sent in the 13 weeks to the anchor, by step: claim_count, lost_count, waiting_count, charge_amount."""
    shown = funnel.filter(pl.col("week").is_between(week.first(), week.monday))
    return (
        shown.group_by("step_no", "step_code")
        .agg(pl.col("claim_count", "lost_count", "waiting_count").sum(), pl.col("charge_amount").sum())
        .sort("step_no")
    )


def headline(rows: pl.DataFrame) -> str:
    """One sentence: of the claims sent, how many came through at once, were turned back, denied, or still wait."""
    if rows.is_empty() or not rows["claim_count"][0]:
        return "No claims were sent in the last 13 weeks."
    by = {r["step_code"]: r for r in rows.iter_rows(named=True)}
    sent = by["sent"]["claim_count"]
    turned_back = by["file_accepted"]["lost_count"] + by["claim_accepted"]["lost_count"]
    through, denied = by["first_pass"]["claim_count"], by["undenied"]["lost_count"]
    return (
        f"Of {texts.count(sent)} claims sent in 13 weeks, {texts.count(through)} were decided without a denial at the first try; "
        f"{texts.count(turned_back)} were turned back before a payer saw them, {texts.count(denied)} were denied in full or in "
        f"part, and {texts.count(rows['waiting_count'].sum())} still wait for an answer."
    )


def funnel_chart(rows: pl.DataFrame) -> Chart:
    """What reached each step, what was lost there and what still waits: one bar per step, adding up to the one above."""
    chart = figure(height=340, barmode="stack")
    labels = [texts.wrapped(_STEPS[code]) for code in rows["step_code"]]
    for name, column, colour in _PARTS:
        counts = rows[column].to_list()
        chart.add_bar(
            y=labels,
            x=counts,
            name=name,
            orientation="h",
            marker={"color": colour},
            text=[texts.count(n) if n else "" for n in counts],
            textposition="auto",
            hovertemplate=f"%{{y}}<br>{name}: <b>%{{x:,}}</b> claims<extra></extra>",
        )
    chart.update_yaxes(autorange="reversed", showgrid=False)
    chart.update_xaxes(tickformat="~s")
    return chart


def yield_rows(metrics: pl.DataFrame) -> list[dict[str, Any]]:
    """Yields in their newest mature week, with both sides of the fraction."""
    shown = metrics.filter(pl.col("metric_id").is_in(metrics_of("yields")) & (pl.col("variant_code") != "claims"))
    newest = shown.filter("is_mature").sort("period_start").unique(["metric_id"], keep="last", maintain_order=True).sort("metric_id")
    return [measure_row(r) for r in newest.iter_rows(named=True)]


def measure_row(r: dict[str, Any]) -> dict[str, Any]:
    """One measure in a reader's words: name, value, fraction, interval, period, and whether it may still change."""
    d = definitions()[r["metric_id"]]
    variant = d.variants.get(r["variant_code"], r["variant_code"])
    return {
        "metric_id": r["metric_id"],
        "name": d.name + (f", {variant}" if variant else ""),
        "value": texts.measure(r["value"], r["unit_code"]),
        "of": texts.fraction(r["numerator"], r["denominator"], r["unit_code"], r["factor"]),
        "interval": texts.interval(r["low"], r["high"]) if r["unit_code"] != "days" else texts.day_range(r["low"], r["high"]),
        "period": texts.period(r["period_code"], r["period_start"], r["period_end"]),
        "basis": d.basis,
        "is_mature": r["is_mature"] and r["is_complete"],
    }


def unmatched_rows(unmatched: pl.DataFrame) -> list[dict[str, Any]]:
    """What has no partner, by side and age."""
    kind = pl.when(pl.col("is_crossover")).then(pl.lit("crossover")).otherwise("side_code")
    grouped = (
        unmatched.with_columns(kind.alias("kind"))
        .group_by("kind")
        .agg(
            pl.len().alias("n"),
            pl.col("charge_amount").sum(),
            (pl.col("age_days") > 30).sum().alias("over_30"),
            (pl.col("age_days") > 90).sum().alias("over_90"),
            pl.col("age_days").max().alias("oldest"),
        )
    )
    order = {name: n for n, name in enumerate(_PARTNERLESS)}
    return [
        {
            "name": _PARTNERLESS[r["kind"]],
            "n": texts.count(r["n"]),
            "charge": texts.dollars(r["charge_amount"]),
            "over_30": texts.count(r["over_30"]),
            "over_90": texts.count(r["over_90"]),
            "oldest": "–" if r["oldest"] is None else f"{r['oldest']} days",
        }
        for r in sorted(grouped.to_dicts(), key=lambda row: order[row["kind"]])
    ]


def stage_rows(events: pl.DataFrame, week: Week | None) -> list[dict[str, Any]]:
    """Where the defects of the last 13 weeks began, how many were caught before the payer and how many only by it."""
    if week is None:
        return []
    defects = events.filter(pl.col("root_cause").is_not_null() & pl.col("event_date").is_between(week.first(), week.sunday))
    grouped = (
        defects.filter(pl.col("layer_code") != "L1")
        .group_by("stage_introduced", "stage_detectable")
        .agg((pl.col("layer_code") == "L2").sum().alias("rejected"), (pl.col("layer_code") == "L3").sum().alias("denied"))
        .sort(-pl.col("denied").cast(pl.Int64), "stage_introduced", "stage_detectable")
    )
    return [
        {
            "began": texts.plain(r["stage_introduced"]).capitalize(),
            "seen": texts.plain(r["stage_detectable"]),
            "rejected": texts.count(r["rejected"]),
            "denied": texts.count(r["denied"]),
        }
        for r in grouped.iter_rows(named=True)
    ]


_LAYERS = {"sent": "Sent", "L1": "File", "L2": "Claim edits", "L3": "Payer", "PLB": "Outside the claim", "work": "Work"}


def claim_page(client: str, stories: Sequence[Story]) -> str:
    """One self-contained page with every lineage of a claim."""
    return render("claim_history.html.j2", client=client, stories=stories, layers=_LAYERS)
