"""QA meets denials: what QA missed, what a finding foretells, and coders against others of the same payers."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from dashboards import texts
from dashboards.facts import PackFacts
from dashboards.theme import GREEN, GREY, INK, RED, Chart, figure, with_limits
from schemas.vocabulary import ALL

SHEETS = {"Coding denials": "mart_coding_denials"}

_SHOWN = 25  # of coders and of categories; a pack is read, the workbook has them all
_MEASURES = {"escape": "Charts without an error", "finding_lift": "Charts with a finding"}
_OTHERS = {"finding_lift": "charts without", "category": "charts with other findings", "coder": "other coders, same payers"}


def section(facts: PackFacts) -> dict[str, Any]:
    """The section of mart_coding_denials."""
    denials = facts["mart_coding_denials"]
    has_lifts = denials.filter((pl.col("measure_code") == "coder") & pl.col("lift").is_not_null()).height > 0
    return {
        "id": "mart_coding_denials",
        "kind": "coding_denials",
        "title": "Coding and denials",
        "lead": headline(denials),
        "figures": {"coder_lifts": coder_lift_chart(denials) if has_lifts else None},
        "rows": denial_rows(denials),
    }


def lift(value: float | None, low: float | None, high: float | None) -> str:
    """2.0 × (1.1–3.6); where there is no upper limit, only the lower one."""
    if value is None:
        return "–" if low is None else f"at least {low:.1f}\u00a0×"
    limits = "" if low is None else f" ({low:.1f}–{high:.1f})" if high is not None else f" (from {low:.1f})"
    return f"{value:.1f}\u00a0×{limits}"


def group_of(low: float | None, high: float | None) -> str:
    """more, fewer or unclear: whether the interval of a lift excludes 1."""
    return "more" if low is not None and low > 1 else "fewer" if high is not None and high < 1 else "unclear"


def headline(denials: pl.DataFrame) -> str:
    """One or two sentences: the escape rate, and what a finding foretells."""
    found = {r["measure_code"]: r for r in denials.filter(pl.col("scope_id") == ALL).iter_rows(named=True)}
    if "escape" not in found:
        return "No chart of a random sample has both a review and a decision of the payer yet."
    escape = found["escape"]
    sentence = (
        f"Of {texts.count(escape['denominator'])} claims whose charts QA found right, {texts.count(escape['numerator'])} were denied for "
        f"coding: {texts.percent(escape['denial_rate'])} ({texts.interval(escape['low'], escape['high'])})."
    )
    foretelling = found.get("finding_lift")
    return sentence if foretelling is None or foretelling["lift"] is None else f"{sentence} {_foretells(foretelling)}"


def _foretells(foretelling: Mapping[str, Any]) -> str:
    group, size = (
        group_of(foretelling["lift_low"], foretelling["lift_high"]),
        lift(foretelling["lift"], foretelling["lift_low"], foretelling["lift_high"]),
    )
    if group == "unclear":
        return f"Whether a finding foretells a denial cannot be told yet: {size} as often."
    return f"Claims with a finding are denied {size} as often as those without."


def denial_rows(denials: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows of the table: escapes, findings, categories by lift, coders by lift; at most 25 of either."""
    by = denials.sort(pl.col("lift").is_null(), -pl.col("lift"), "scope_id", maintain_order=True)
    parts = [by.filter(pl.col("measure_code") == measure).head(_SHOWN) for measure in ("escape", "finding_lift", "category", "coder")]
    return [
        {
            "measure": r["measure_code"],
            "name": _MEASURES.get(r["measure_code"]) or (texts.error(r["scope_id"]) if r["measure_code"] == "category" else r["scope_id"]),
            "rate": texts.percent(r["denial_rate"]),
            "of": f"{texts.count(r['numerator'])} of {texts.count(r['denominator'])}",
            "interval": texts.interval(r["low"], r["high"]),
            "others": _OTHERS.get(r["measure_code"], ""),
            "others_of": f"{texts.count(r['other_numerator'])} of {texts.count(r['other_denominator'])}" if r["other_denominator"] else "",
            "lift": lift(r["lift"], r["lift_low"], r["lift_high"]),
            "group": group_of(r["lift_low"], r["lift_high"]),
        }
        for r in pl.concat(parts).iter_rows(named=True)
    ]


def coder_lift_chart(denials: pl.DataFrame) -> Chart:
    """Denials for coding of every coder against others at the same payers, with the interval; 1 is no difference."""
    coders = denials.filter((pl.col("measure_code") == "coder") & pl.col("lift").is_not_null())
    shown = coders.sort(-pl.col("lift"), "scope_id").head(_SHOWN).reverse()
    widest = float(shown["lift"].max() or 1)  # type: ignore[arg-type]
    edge = min(max(3.0, 1.4 * widest), max(8.0, 1.1 * widest))
    chart = figure(height=110 + 30 * max(shown.height, 1))
    groups = {"more": (RED, "Clearly more"), "unclear": (GREY, "Cannot be told apart"), "fewer": (GREEN, "Clearly fewer")}
    for name, (colour, label) in groups.items():
        rows = [r for r in shown.iter_rows(named=True) if group_of(r["lift_low"], r["lift_high"]) == name]
        with_limits(
            chart, label, colour, [(r["scope_id"], r["lift"], r["lift_low"], r["lift_high"] or 2 * edge, _hover_text(r)) for r in rows]
        )
    chart.add_vline(x=1, line={"color": INK, "width": 1, "dash": "dot"})
    chart.update_xaxes(range=[0, edge], title={"text": "times as often as other coders"})
    chart.update_yaxes(type="category", categoryorder="array", categoryarray=shown["scope_id"].to_list(), showgrid=False)
    return chart


def _hover_text(r: Mapping[str, Any]) -> str:
    return f"{lift(r['lift'], r['lift_low'], r['lift_high'])}<br>{r['numerator']} of {r['denominator']} claims denied for coding"
