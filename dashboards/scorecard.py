"""The scorecard as rows of texts."""

from typing import Any

import polars as pl

from dashboards import texts
from dashboards.facts import PackFacts
from rcm_pipeline.metrics.definitions import definitions
from rcm_pipeline.metrics.scorecard import measures

SHEETS = {"Scorecard": "mart_scorecard", "Measures": "mart_metrics"}

_WORDS = {"green": "On target", "amber": "Watch", "red": "Off target", "not_judged": "Not judged"}


def section(facts: PackFacts) -> dict[str, Any]:
    """The section of mart_scorecard."""
    card = facts["mart_scorecard"]
    return {"id": "mart_scorecard", "kind": "scorecard", "title": "Scorecard", "lead": headline(card), "rows": scorecard_rows(card)}


def scorecard_rows(card: pl.DataFrame) -> list[dict[str, Any]]:
    """One row per measure: value, fraction, interval, target and status."""
    rows = []
    for r in card.iter_rows(named=True):
        is_money = r["unit_code"] == "dollars"
        show = texts.dollars if is_money else texts.count
        better = "at most" if r["direction"] == "lower" else "at least"
        rows.append(
            {
                "label": measures()[r["kpi_id"]]["label"],
                "metric_id": r["metric_id"],
                "value": texts.percent(r["value_rate"]),
                "fraction": f"{show(r['numerator'])} of {show(r['denominator'])}{'' if is_money else ' ' + r['unit_code']}",
                "interval": texts.interval(r["low"], r["high"]),
                "target": f"{better} {texts.percent(r['target_rate'], 0)}",
                "status": r["status"],
                "status_word": _WORDS[r["status"]],
                "weeks": r["week_count"],
                "owner": r["owner"],
                "sentence": definitions()[r["metric_id"]].sentence,
            }
        )
    return rows


def headline(card: pl.DataFrame) -> str:
    """One or two sentences: what is off target, what to watch, and how many measures are fine."""
    names = {status: [measures()[k]["label"].lower() for k in card.filter(pl.col("status") == status)["kpi_id"]] for status in _WORDS}
    parts = [f"{_WORDS[status]}: {', '.join(names[status])}." for status in ("red", "amber", "not_judged") if names[status]]
    if names["green"]:
        parts.append(f"{len(names['green'])} of {card.height} measures are on target.")
    return " ".join(parts)
