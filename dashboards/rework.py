"""Rework cost: what denials of each cause cost, with a range."""

from typing import Any

import polars as pl

from dashboards import texts
from dashboards.facts import PackFacts
from dashboards.theme import BLUE, GREY, INK, ORANGE, Chart, figure
from schemas.vocabulary import ALL

SHEETS = {"Rework cost": "mart_rework_costs"}

_PARTS = (("loss_amount", "Not recovered", BLUE), ("labour_amount", "Labour", ORANGE), ("delay_amount", "Recovered late", GREY))


def section(facts: PackFacts) -> dict[str, Any]:
    """The section of mart_rework_costs."""
    costs = facts["mart_rework_costs"]
    return {
        "id": "mart_rework_costs",
        "kind": "rework",
        "title": "Rework cost",
        "lead": headline(costs),
        "figures": {"costs": cost_chart(costs) if costs.height else None},
        "rows": cost_rows(costs),
    }


def cost_chart(costs: pl.DataFrame) -> Chart:
    """Cost by root cause, stacked by kind, with the 90 % range of the total."""
    shown = costs.filter(pl.col("root_cause") != ALL).sort("total_amount", "root_cause")
    names = [texts.cause(c) for c in shown["root_cause"]]
    chart = figure(height=120 + 34 * max(shown.height, 1), barmode="stack")
    for column, label, colour in _PARTS:
        chart.add_bar(
            x=_floats(shown, column),
            y=names,
            orientation="h",
            name=label,
            marker={"color": colour},
            hovertemplate="%{y}<br>" + label + ": $%{x:,.0f}<extra></extra>",
        )
    total, low, high = (_floats(shown, c) for c in ("total_amount", "total_low_amount", "total_high_amount"))
    chart.add_scatter(
        x=total,
        y=names,
        mode="markers",
        name="90 % range",
        marker={"color": INK, "size": 4},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [h - t for h, t in zip(high, total, strict=True)],
            "arrayminus": [t - lo for lo, t in zip(low, total, strict=True)],
            "color": INK,
            "thickness": 1.3,
            "width": 4,
        },
        text=[f"${t:,.0f} (${lo:,.0f}–${h:,.0f})" for t, lo, h in zip(total, low, high, strict=True)],
        hovertemplate="%{y}<br>Total %{text}<extra></extra>",
    )
    chart.update_xaxes(tickprefix="$", tickformat=",.0f")
    chart.update_yaxes(showgrid=False)
    return chart


def cost_rows(costs: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows of the cost table, the total last."""
    return [
        {
            "cause": texts.cause(r["root_cause"]),
            "denials": texts.count(r["denial_count"]),
            "worked": texts.count(r["worked_count"]),
            "labour_each": f"${r['labour_per_denial_amount']:,.2f}",
            "labour": texts.dollars(r["labour_amount"]),
            "loss": texts.dollars(r["loss_amount"]),
            "delay": texts.dollars(r["delay_amount"]),
            "total": texts.dollars(r["total_amount"]),
            "range": f"{texts.dollars(r['total_low_amount'])}–{texts.dollars(r['total_high_amount'])}",
            "source": r["source_code"],
            "is_total": r["root_cause"] == ALL,
        }
        for r in costs.sort(pl.col("root_cause") == ALL, pl.col("total_amount") * -1, "root_cause").iter_rows(named=True)
    ]


def headline(costs: pl.DataFrame) -> str:
    """One sentence: what the denials of the period cost."""
    total = costs.filter(pl.col("root_cause") == ALL)
    if total.is_empty():
        return "No claims were denied in the last 13 weeks."
    r = total.row(0, named=True)
    return (
        f"{texts.count(r['denial_count'])} denied claims of the last 13 weeks cost about {texts.dollars(r['total_amount'])} "
        f"(90 % range {texts.dollars(r['total_low_amount'])}–{texts.dollars(r['total_high_amount'])}), "
        f"of which {texts.dollars(r['labour_amount'])} is work."
    )


def _floats(frame: pl.DataFrame, column: str) -> list[float]:
    return [float(value) for value in frame[column]]
