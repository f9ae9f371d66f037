"""Recovery on a page: what denials brought back and how fast, what is at risk, what to work first, and how payers write."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from dashboards import texts
from dashboards.claims import measure_row
from dashboards.facts import PackFacts
from dashboards.theme import BLUE, GREEN, GREY, ORANGE, RED, Chart, figure
from rcm_pipeline.denials.classify.remit_quality import quality_rules
from rcm_pipeline.denials.outcomes.denial_outcomes import initial_denials
from rcm_pipeline.metrics.definitions import metrics_of
from schemas.thresholds import SOON_DAYS
from schemas.vocabulary import ALL

SHEETS = {"Recoveries": "mart_recoveries", "Payer quality": "mart_payer_quality"}

_GROUPS_SHOWN = 12
_CHANNELS = {
    "corrected_claim": "Corrected claim",
    "records": "Records sent",
    "appeal": "Appeal",
    "peer_to_peer": "Peer to peer",
    "observation": "Inpatient to outpatient",
    "payer_reprocessing": "Payer by itself",
}
_OUTCOMES = {
    "overturned": ("Overturned", GREEN),
    "settled": ("Settled without money", ORANGE),
    "open": ("Open", BLUE),
    "written_off": ("Written off", GREY),
    "expired": ("Time ran out", RED),
}
_URGENCY = {"soon": f"{SOON_DAYS} days or less", "open": "Time left", "doubtful": "Costs more than it brings", "late": "Time is up"}


def section(facts: PackFacts) -> dict[str, Any]:
    """The section of mart_recoveries: what became of denials, what to work first, and how payers write."""
    every, recoveries = facts["mart_denial_outcomes"], facts["mart_recoveries"]
    listed = facts["mart_worklist"] if facts.is_internal else None
    outcomes = initial_denials(every)
    has_won = recoveries.filter(pl.col("overturned_count") > 0).height > 0
    return {
        "id": "mart_recoveries",
        "kind": "recovery",
        "title": "Recovery",
        "lead": headline(every, listed),
        "figures": {
            "outcomes": outcome_chart(outcomes) if outcomes.height else None,
            "channels": channel_chart(recoveries) if has_won else None,
        },
        "causes": cause_rows(recoveries),
        "after_payment": after_payment(every),
        "groups": [] if listed is None else group_rows(listed, facts.payers),
        "urgency": [] if listed is None else urgency_rows(listed),
        "measures": measure_rows(facts["mart_metrics"]),
        "quality": quality_rows(facts["mart_payer_quality"], facts.payers),
    }


def headline(outcomes: pl.DataFrame, worklist: pl.DataFrame | None) -> str:
    """One sentence: what is open, what it could bring, and what of the worklist runs out first."""
    if outcomes.is_empty():
        return "Nothing was denied yet."
    open_ones = outcomes.filter(pl.col("resolution_code") == "open")
    worth = texts.dollars(open_ones["at_risk_amount"].sum())
    seen = f"{texts.count(open_ones.height)} denials are open, worth {worth} if paid like their likes"
    if worklist is None:
        return f"{seen}."
    soon = worklist.filter(pl.col("urgency") == "soon")
    net = texts.dollars(soon["net_amount"].sum())
    return f"{seen}; {texts.count(soon.height)} of them run out of time within {SOON_DAYS} days ({net} expected net)."


def after_payment(outcomes: pl.DataFrame) -> str:
    """One sentence on denials that came after a payment; empty where there is none. They are in no initial rate."""
    later = outcomes.filter(~pl.col("is_initial"))
    if later.is_empty():
        return ""
    open_ones = later.filter(pl.col("resolution_code") == "open")
    noun, lost = "denial" if later.height == 1 else "denials", texts.dollars(later["denied_amount"].sum())
    worth = texts.dollars(open_ones["at_risk_amount"].sum())
    return (
        f"{texts.count(later.height)} {noun} ({lost}) came after the payer had paid, by taking the payment back: "
        f"{texts.count(open_ones.height)} open, worth {worth}. They have a clock of their own, stand on the worklist, and are in no "
        "initial rate."
    )


def outcome_chart(outcomes: pl.DataFrame) -> Chart:
    """Initial denials by cause and what became of them."""
    by_cause = outcomes.group_by("root_cause").len().sort("len", "root_cause", descending=[True, False])
    causes = by_cause["root_cause"].to_list()
    grouped = outcomes.group_by("root_cause", "resolution_code").len()
    counted = {(r["root_cause"], r["resolution_code"]): r["len"] for r in grouped.iter_rows(named=True)}
    chart = figure(height=90 + 30 * len(causes), barmode="stack")
    for code, (label, colour) in _OUTCOMES.items():
        chart.add_bar(
            y=[texts.wrapped(texts.cause(cause)) for cause in causes],
            x=[counted.get((cause, code), 0) for cause in causes],
            name=label,
            orientation="h",
            marker={"color": colour},
            hovertemplate=f"%{{y}}<br>{label}: <b>%{{x:,}}</b><extra></extra>",
        )
    chart.update_yaxes(autorange="reversed", showgrid=False)
    return chart


def channel_chart(recoveries: pl.DataFrame) -> Chart:
    """Dollars brought back by channel."""
    total = recoveries.filter((pl.col("payer_id") == ALL) & (pl.col("root_cause") == ALL) & (pl.col("channel_code") != ALL))
    shown = total.sort("recovered_amount", "channel_code", descending=[False, True])
    chart = figure(height=80 + 34 * max(1, shown.height), showlegend=False)
    chart.add_bar(
        y=[_CHANNELS[code] for code in shown["channel_code"]],
        x=[float(v) for v in shown["recovered_amount"]],
        orientation="h",
        marker={"color": BLUE},
        text=[f"{texts.dollars(r['recovered_amount'])} · {r['overturned_count']}" for r in shown.iter_rows(named=True)],
        textposition="auto",
        hovertemplate="%{y}<br><b>$%{x:,.0f}</b><extra></extra>",
    )
    chart.update_xaxes(tickprefix="$", tickformat="~s")
    chart.update_yaxes(showgrid=False)
    return chart


def cause_rows(recoveries: pl.DataFrame) -> list[dict[str, Any]]:
    """By cause: denied, resolved, overturned with interval, brought back, median days."""
    shown = recoveries.filter((pl.col("payer_id") == ALL) & (pl.col("channel_code") == ALL))
    ordered = shown.sort((pl.col("root_cause") == ALL).cast(pl.Int8), -pl.col("denial_count"), "root_cause")
    return [
        {
            "cause": texts.cause(r["root_cause"]),
            "denials": texts.count(r["denial_count"]),
            "resolved": texts.count(r["resolved_count"]),
            "overturned": texts.percent(r["overturn_rate"]),
            "overturned_of": f"{r['overturned_count']} of {r['resolved_count']}",
            "interval": texts.interval(r["low"], r["high"]),
            "recovered": texts.dollars(r["recovered_amount"]),
            "days": texts.days(r["median_days"]),
            "days_range": texts.day_range(r["median_low_days"], r["median_high_days"]),
            "is_total": r["root_cause"] == ALL,
        }
        for r in ordered.iter_rows(named=True)
    ]


def measure_rows(metrics: pl.DataFrame) -> list[dict[str, Any]]:
    """Measures of recovery as they stand."""
    shown = metrics.filter(pl.col("metric_id").is_in(metrics_of("recovery"))).sort("metric_id", "variant_code")
    return [measure_row(r) for r in shown.iter_rows(named=True)]


def group_rows(worklist: pl.DataFrame, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The groups worth most: what one fix works."""
    live = worklist.filter(pl.col("urgency").is_in(["soon", "open"]))
    groups = (
        live.group_by("group_id")
        .agg(
            pl.col("group_rank", "payer_id", "root_cause", "carc_code", "rarc_code", "owner", "next_step", "rework_target").first(),
            pl.len().alias("n"),
            pl.col("net_amount").sum(),
            pl.col("at_risk_amount").sum(),
            pl.col("days_left").min(),
        )
        .sort(-pl.col("net_amount"), "group_id")
        .head(_GROUPS_SHOWN)
    )
    return [
        {
            "payer": names.get(r["payer_id"], r["payer_id"]),
            "cause": texts.cause(r["root_cause"]),
            "codes": " ".join(part for part in (r["carc_code"], r["rarc_code"]) if part),
            "n": texts.count(r["n"]),
            "net": texts.dollars(r["net_amount"]),
            "expected": texts.dollars(r["at_risk_amount"]),
            "left": "–" if r["days_left"] is None else f"{r['days_left']} days",
            "owner": texts.plain(r["owner"]),
            "step": r["next_step"],
        }
        for r in groups.iter_rows(named=True)
    ]


def urgency_rows(worklist: pl.DataFrame) -> list[dict[str, Any]]:
    """Open denials by how much time they have."""
    grouped = worklist.group_by("urgency").agg(pl.len().alias("n"), pl.col("at_risk_amount", "net_amount").sum())
    counted = {r["urgency"]: r for r in grouped.iter_rows(named=True)}
    return [
        {
            "name": label,
            "n": texts.count(r["n"]),
            "expected": texts.dollars(r["at_risk_amount"]),
            "net": texts.dollars(r["net_amount"]),
        }
        for code, label in _URGENCY.items()
        if (r := counted.get(code))
    ]


def quality_rows(quality: pl.DataFrame, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Rules that some payer breaks, worst payers named."""
    rows = []
    for rule, sentence in quality_rules().items():
        of_rule = quality.filter((pl.col("rule_id") == rule) & (pl.col("failure_count") > 0))
        whole = of_rule.filter(pl.col("payer_id") == ALL)
        if whole.is_empty():
            continue
        worst = of_rule.filter(pl.col("payer_id") != ALL).sort(-pl.col("failure_rate"), "payer_id").head(2)
        r = whole.row(0, named=True)
        rows.append(
            {
                "rule": rule,
                "sentence": sentence[0].upper() + sentence[1:],
                "count": f"{texts.count(r['failure_count'])} of {texts.count(r['answer_count'])}",
                "rate": texts.percent(r["failure_rate"], 2),
                "interval": texts.interval(r["low"], r["high"]),
                "worst": "; ".join(_worst(w, names) for w in worst.iter_rows(named=True)),
            }
        )
    return rows


def _worst(row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    return f"{names.get(row['payer_id'], row['payer_id'])} ({row['failure_count']} of {row['answer_count']})"
