"""Coding figures: each coder's accuracy with its interval, and the errors found."""

from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboards import words
from dashboards.theme import BLUE, GREEN, GREY, INK, RED, figure
from rcm_pipeline.reference import reference

STANDARD = 0.95
_GROUPS = {"below": (RED, "Below the standard"), "unclear": (GREY, "Too few charts to tell"), "above": (GREEN, "At or above the standard")}


def group_of(low: float | None, high: float | None, standard: float = STANDARD) -> str:
    """below, above or unclear: three groups instead of a ranking, by whether the interval excludes the standard."""
    if low is None or high is None:
        return "unclear"
    return "below" if high < standard else "above" if low >= standard else "unclear"


def coder_chart(accuracy: pl.DataFrame) -> go.Figure:
    """Code-over-code accuracy (A1) of every coder with its 95 % interval, against the standard."""
    shown = _coders(accuracy, "A1").sort("scope_id", descending=True)
    chart = figure(height=110 + 38 * max(shown.height, 1))
    for name, (colour, label) in _GROUPS.items():
        rows = [r for r in shown.iter_rows(named=True) if r["denominator"] and group_of(r["low"], r["high"]) == name]
        if rows:
            chart.add_scatter(
                x=[r["accuracy_rate"] for r in rows],
                y=[r["scope_id"] for r in rows],
                mode="markers",
                name=label,
                marker={"color": colour, "size": 11},
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [r["high"] - r["accuracy_rate"] for r in rows],
                    "arrayminus": [r["accuracy_rate"] - r["low"] for r in rows],
                    "color": colour,
                    "thickness": 2,
                    "width": 5,
                },
                text=[
                    f"{words.percent(r['accuracy_rate'])} ({r['numerator']} of {r['denominator']} codes, {r['review_count']} charts)"
                    f"<br>95 % interval {words.interval(r['low'], r['high'])}"
                    for r in rows
                ],
                hovertemplate="<b>%{y}</b><br>%{text}<extra></extra>",
            )
    chart.add_vline(x=STANDARD, line={"color": INK, "width": 1, "dash": "dot"}, annotation_text="95 % standard", annotation_position="top")
    chart.update_xaxes(tickformat=".0%")
    chart.update_yaxes(type="category", categoryorder="array", categoryarray=shown["scope_id"].to_list(), showgrid=False)
    return chart


def accuracy_rows(accuracy: pl.DataFrame) -> list[dict[str, Any]]:
    """One row per coder with the three methods side by side; the whole client first."""
    scopes = accuracy.filter((pl.col("period_code") == "all") & pl.col("scope_code").is_in(["all", "coder"]))
    by_scope: dict[str, dict[str, Any]] = {}
    for r in scopes.sort(pl.col("scope_code") != "all", "scope_id").iter_rows(named=True):
        name = "All coders" if r["scope_code"] == "all" else r["scope_id"]
        row = by_scope.setdefault(name, {"name": name, "charts": r["review_count"]})
        row[r["method_id"]] = {
            "rate": words.percent(r["accuracy_rate"]),
            "of": f"{r['numerator']} of {r['denominator']}",
            "interval": words.interval(r["low"], r["high"]),
        }
        if r["method_id"] == "A1":
            row["group"] = group_of(r["low"], r["high"])
    return list(by_scope.values())


def error_chart(errors: pl.DataFrame) -> go.Figure:
    """Findings by category, most frequent at the top."""
    labels = dict(reference("qa_errors").select("error_code", "label").iter_rows())
    shown = errors.filter(pl.col("finding_count") > 0).sort("finding_count", "error_code")
    chart = figure(height=90 + 36 * max(shown.height, 1), showlegend=False)
    chart.add_bar(
        x=shown["finding_count"].to_list(),
        y=[words.wrapped(labels.get(c, c)) for c in shown["error_code"]],
        orientation="h",
        marker={"color": BLUE},
        text=[f"{n}" for n in shown["finding_count"]],
        textposition="outside",
        cliponaxis=False,
        customdata=[words.dollars(d) for d in shown["allowed_delta_amount"]],
        hovertemplate="%{y}: %{x} findings<br>net effect %{customdata} allowed<extra></extra>",
    )
    chart.update_yaxes(showgrid=False)
    chart.update_layout(margin={"r": 40})
    return chart


def headline(accuracy: pl.DataFrame) -> str:
    """One sentence: accuracy of the client, and who is clearly below the standard."""
    overall = accuracy.filter((pl.col("method_id") == "A1") & (pl.col("scope_code") == "all") & (pl.col("period_code") == "all"))
    if overall.is_empty() or not overall["denominator"][0]:
        return "No QA reviews of random samples have come in yet."
    row = overall.row(0, named=True)
    below = [r["scope_id"] for r in _coders(accuracy, "A1").iter_rows(named=True) if group_of(r["low"], r["high"]) == "below"]
    who = f"clearly below the 95 % standard: {', '.join(sorted(below))}" if below else "no coder is clearly below the 95 % standard"
    return f"{words.percent(row['accuracy_rate'])} of codes are right (95 % interval {words.interval(row['low'], row['high'])}); {who}."


def _coders(accuracy: pl.DataFrame, method: str) -> pl.DataFrame:
    return accuracy.filter((pl.col("method_id") == method) & (pl.col("scope_code") == "coder") & (pl.col("period_code") == "all"))
