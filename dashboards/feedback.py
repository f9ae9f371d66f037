"""The feedback loop: which findings were acted on, and whether the share of charts with the category fell."""

from typing import Any

import polars as pl

from dashboards import texts
from dashboards.facts import PackFacts
from dashboards.theme import BLUE, GREEN, INK, ORANGE, RED, Chart, figure, with_limits
from rcm_pipeline.coding.feedback import SETTLED_CHARTS

SHEETS = {"Coding feedback": "mart_coding_feedback"}

_SHOWN = 25  # pairs of coder and category; a pack is read, the workbook has them all
_STILL = 0.05  # share of charts with the category for which the page says how often all of them miss it
_STATES = {  # the most urgent first: colour, pill, what it says
    "recurring": (RED, "red", "came back"),
    "open": (ORANGE, "amber", "open"),
    "acknowledged": (ORANGE, "amber", "acknowledged"),
    "acted": (BLUE, "blue", "acted on"),
    "settled": (GREEN, "green", "settled"),
}


def section(facts: PackFacts) -> dict[str, Any]:
    """The section of mart_coding_feedback."""
    feedback = facts["mart_coding_feedback"]
    has_changes = feedback["change"].count() > 0
    return {
        "id": "mart_coding_feedback",
        "kind": "coding_feedback",
        "title": "Feedback",
        "lead": headline(feedback),
        "figures": {"changes": change_chart(feedback) if has_changes else None},
        "rows": feedback_rows(feedback),
        "more": max(feedback.height - _SHOWN, 0),
        "settled_charts": SETTLED_CHARTS,
        "missed": texts.percent((1 - _STILL) ** SETTLED_CHARTS, 0),
        "still": texts.percent(_STILL, 0),
    }


def headline(feedback: pl.DataFrame) -> str:
    """One sentence: how many pairs of coder and category are in which state."""
    if feedback.is_empty():
        return "No finding stands, so there is nothing to feed back."
    counted = feedback.group_by("state").len()
    numbers = {state: int(counted.filter(pl.col("state") == state)["len"].sum()) for state in _STATES}
    parts = [f"{number} {_STATES[state][2]}" for state, number in numbers.items() if number]
    return f"{texts.count(feedback.height)} pairs of coder and error category with findings: {', '.join(parts)}."


def feedback_rows(feedback: pl.DataFrame) -> list[dict[str, Any]]:
    """Pairs of coder and category, what needs doing first: come back, open, acknowledged, acted on, settled."""
    return [
        {
            "coder": r["coder_id"],
            "category": texts.error(r["error_code"]),
            "findings": texts.count(r["finding_count"]),
            "since": texts.day(r["first_date"]),
            "acknowledged": f"{texts.count(r['acknowledged_count'])} of {texts.count(r['finding_count'])}",
            "action": r["action_code"] or "–",
            "action_day": "" if r["action_date"] is None else texts.day(r["action_date"]),
            "before": f"{texts.count(r['before_error_count'])} of {texts.count(r['before_chart_count'])}",
            "after": "–" if r["action_date"] is None else f"{texts.count(r['after_error_count'])} of {texts.count(r['after_chart_count'])}",
            "change": "–" if r["change"] is None else texts.points(r["change"]),
            "interval": "" if r["change"] is None else f"{texts.points(r['change_low'])} to {texts.points(r['change_high'])}",
            "state": _STATES[r["state"]][2],
            "pill": _STATES[r["state"]][1],
        }
        for r in _urgent(feedback).head(_SHOWN).iter_rows(named=True)
    ]


def change_chart(feedback: pl.DataFrame) -> Chart:
    """How the share of charts with the category changed with the action, by coder and category, with its interval."""
    shown = _urgent(feedback.filter(pl.col("change").is_not_null())).head(_SHOWN).reverse()
    named = shown.with_columns(pl.format("{} · {}", "coder_id", "error_code").alias("name"))
    chart = figure(height=110 + 30 * max(shown.height, 1))
    for state, (colour, _, label) in _STATES.items():
        rows = named.filter(pl.col("state") == state).select("name", "change", "change_low", "change_high").rows()
        hover = [f"{texts.points(change)} ({texts.points(low)} to {texts.points(high)})" for _, change, low, high in rows]
        with_limits(chart, label, colour, [(*row, text) for row, text in zip(rows, hover, strict=True)])
    chart.add_vline(x=0, line={"color": INK, "width": 1, "dash": "dot"})
    chart.update_xaxes(tickformat="+.0%", title={"text": "share of charts with it, after minus before"})
    chart.update_yaxes(type="category", categoryorder="array", categoryarray=named["name"].to_list(), showgrid=False)
    return chart


def _urgent(feedback: pl.DataFrame) -> pl.DataFrame:
    return feedback.sort(pl.col("state").cast(pl.Enum(list(_STATES))), -pl.col("finding_count"), "coder_id", "error_code")
