"""Coding figures: each coder against the standard, the methods side by side, and the errors found."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from dashboards import auditors, texts
from dashboards.facts import PackFacts
from dashboards.theme import BLUE, GREEN, GREY, INK, ORANGE, RED, Chart, figure, with_limits
from rcm_pipeline.stats.beta_binomial import funnel_limits
from schemas.thresholds import EVIDENCE_ABOVE, EVIDENCE_ALARM
from schemas.vocabulary import ALL

SHEETS = {
    "Coder accuracy": "mart_coder_accuracy",
    "Coders": "mart_coder_standing",
    "Coding errors": "mart_coding_errors",
    "CERT split": "mart_cert_split",
    "EM levels": "mart_em_levels",
    "Auditor agreement": "mart_auditor_agreement",
    "Auditors": "mart_auditor_quality",
}

_GROUPS = {
    "below": (RED, "Below the standard"),
    "retrained": (ORANGE, "Retrained, counted afresh"),
    "recovered": (GREEN, "Recovered"),
    "unclear": (GREY, "Not told apart from it"),
    "above": (GREEN, "At or above the standard"),
    "withheld": (GREY, "Withheld: the auditors do not agree enough"),
}
METHODS = {
    "A1": "code over code",
    "A2": "precision",
    "A3": "charts without error",
    "A4_gross": "dollars, gross",
    "A4_net": "coded over audited dollars",
    "A5": "weighted",
    "A6": "E/M level",
    "A7": "vendor's",
}
_UNITS = {"A1": "codes", "A2": "codes", "A3": "charts"}
_FUNNEL_STEPS = 60
_FEW_ENOUGH = 2000  # charts; no coder is reviewed more often in years, so a larger number says "never"
_SETTLED = {"below": "that it is below the standard", "above": "that it is above", "recovered": "a recovery"}


def section(facts: PackFacts) -> dict[str, Any]:
    """The section of accuracy, coders, errors and auditors."""
    accuracy, standing, errors = facts["mart_coder_accuracy"], facts["mart_coder_standing"], facts["mart_coding_errors"]
    of_client = errors.filter((pl.col("scope_code") == ALL) & (pl.col("finding_count") > 0))
    return {
        "id": "mart_coder_accuracy",
        "kind": "coding",
        "title": "Coding quality",
        "lead": headline(accuracy, standing),
        "figures": {
            "coders": coder_chart(standing) if standing.height and facts.is_internal else None,
            "funnel": funnel_chart(standing) if standing.height > 1 and facts.is_internal else None,
            "weeks": week_chart(accuracy) if _weeks(accuracy).height > 1 else None,
            "errors": error_chart(of_client) if of_client.height else None,
        },
        "standard": texts.percent(standing["standard_rate"][0]) if standing.height else "",
        "method": f"{standing['method_id'][0]}, {METHODS[standing['method_id'][0]]}" if standing.height else "",
        "above": f"{EVIDENCE_ABOVE:g}",
        "alarm": f"{EVIDENCE_ALARM:g}",
        "coders": coder_rows(standing) if facts.is_internal else [],
        "methods": (methods := method_rows(accuracy)),
        "has_weights": any(row["weighted"] for row in methods),
        "levels": level_rows(facts["mart_em_levels"]),
        "cert": cert_rows(facts["mart_cert_split"]),
        **auditors.parts(facts),
    }


def headline(accuracy: pl.DataFrame, standing: pl.DataFrame) -> str:
    """One sentence: accuracy of the client, and who is below the standard."""
    overall = _whole(accuracy).filter(pl.col("method_id") == "A1")
    if overall.is_empty() or not overall["denominator"][0]:
        return "No QA reviews of random samples have come in yet."
    row = overall.row(0, named=True)
    seen = f"{texts.percent(row['accuracy_rate'])} of codes are right (95 % interval {texts.interval(row['low'], row['high'])})"
    below = standing.filter(pl.col("group_code") == "below")
    if standing.filter(pl.col("group_code") == "withheld").height:
        return f"{seen}; coders are not compared, for the auditors do not agree enough."
    standard = texts.percent(standing["standard_rate"][0]) if standing.height else ""
    if below.is_empty():
        return f"{seen}; no coder is clearly below {standard}."
    if "coder_id" in below.columns:
        return f"{seen}; below the standard of {standard}: {', '.join(below['coder_id'].sort())}."
    is_are = "is" if below.height == 1 else "are"
    return f"{seen}; {texts.count(below.height)} of {texts.count(standing.height)} coders {is_are} below {standard}."


def coder_chart(standing: pl.DataFrame) -> Chart:
    """Every coder's accuracy with its 95 % interval, and the estimate that leans on the specialty, against the standard."""
    shown = standing.filter(pl.col("accuracy_rate").is_not_null()).sort("coder_id", descending=True)
    chart = figure(height=130 + 38 * max(shown.height, 1))
    for group, (colour, label) in _GROUPS.items():
        rows = [
            (r["coder_id"], r["accuracy_rate"], r["low"], r["high"], _of(r))
            for r in shown.iter_rows(named=True)
            if r["group_code"] == group
        ]
        with_limits(chart, label, colour, rows)
    chart.add_scatter(
        x=shown["shrunk_rate"].to_list(),
        y=shown["coder_id"].to_list(),
        mode="markers",
        name="Estimate leaning on the specialty",
        marker={"symbol": "diamond-open", "color": INK, "size": 9},
        text=[
            f"{texts.percent(r['shrunk_rate'])} {texts.interval(r['shrunk_low'], r['shrunk_high'])}" for r in shown.iter_rows(named=True)
        ],
        hovertemplate="<b>%{y}</b><br>estimate %{text}<extra></extra>",
    )
    if shown.height:
        standard = shown["standard_rate"][0]
        chart.add_vline(
            x=standard,
            line={"color": INK, "width": 1, "dash": "dot"},
            label=f"{texts.percent(standard)} standard",
        )
    chart.update_xaxes(tickformat=".0%")
    chart.update_yaxes(type="category", categoryorder="array", categoryarray=shown["coder_id"].to_list(), showgrid=False)
    return chart


def funnel_chart(standing: pl.DataFrame) -> Chart:
    """Accuracy by size of sample, with the limits within which coders at the standard fall 95 and 99.8 times in a hundred."""
    shown = standing.filter(pl.col("accuracy_rate").is_not_null() & (pl.col("effective_size") >= 1))
    chart = figure(height=380)
    most = float(shown["effective_size"].max() or 1) * 1.1  # type: ignore[arg-type]
    sizes = [1 + (most - 1) * step / _FUNNEL_STEPS for step in range(1, _FUNNEL_STEPS + 1)]
    limits = funnel_limits(sizes, float(shown["standard_rate"][0]))
    for level, dash in ((0.95, "solid"), (0.998, "dot")):
        part = limits.filter(pl.col("level") == level)
        for side in ("low", "high"):
            chart.add_scatter(
                x=part["size"].to_list(),
                y=part[side].to_list(),
                mode="lines",
                line={"color": GREY, "width": 1, "dash": dash},
                name=f"{level * 100:g}\u00a0% of coders at the standard",
                showlegend=side == "low",
                hoverinfo="skip",
            )
    chart.add_scatter(
        x=shown["effective_size"].to_list(),
        y=shown["accuracy_rate"].to_list(),
        mode="markers+text",
        text=[r["coder_id"] if r["group_code"] == "below" else "" for r in shown.iter_rows(named=True)],  # the others lie on each other
        textposition="top center",
        marker={"size": 10, "color": [_GROUPS[code][0] for code in shown["group_code"]]},
        name="Coders",
        customdata=[f"<b>{r['coder_id']}</b><br>{_of(r)}" for r in shown.iter_rows(named=True)],
        hovertemplate="%{customdata}<extra></extra>",
    )
    unit = "codes, less what those of one chart have in common" if shown["method_id"][0] != "A3" else "charts"
    chart.update_xaxes(title={"text": unit})
    chart.update_yaxes(tickformat=".0%")
    return chart


def week_chart(accuracy: pl.DataFrame) -> Chart:
    """Accuracy of the whole client in each rolling quarter of 13 weeks, with its interval."""
    shown = _weeks(accuracy)
    chart = figure(height=300, showlegend=False)
    weeks = shown["week"].to_list()
    band = {"x": weeks + weeks[::-1], "y": shown["high"].to_list() + shown["low"].to_list()[::-1]}
    chart.add_scatter(**band, fill="toself", fillcolor="rgba(31,111,178,.15)", line={"width": 0}, hoverinfo="skip")
    chart.add_scatter(
        x=weeks,
        y=shown["accuracy_rate"].to_list(),
        mode="lines+markers",
        line={"color": BLUE},
        text=[f"{texts.interval(r['low'], r['high'])}, {r['review_count']} charts" for r in shown.iter_rows(named=True)],
        hovertemplate="13 weeks to %{x|%d %b %Y}<br>%{y:.1%} %{text}<extra></extra>",
    )
    chart.update_yaxes(tickformat=".1%")
    return chart


def error_chart(errors: pl.DataFrame) -> Chart:
    """Findings of the whole client by category, most frequent at the top."""
    shown = errors.sort("finding_count", "error_code")
    chart = figure(height=90 + 36 * max(shown.height, 1), showlegend=False)
    chart.add_bar(
        x=shown["finding_count"].to_list(),
        y=[texts.wrapped(texts.error(code)) for code in shown["error_code"]],
        orientation="h",
        marker={"color": BLUE},
        text=[f"{n}" for n in shown["finding_count"]],
        textposition="outside",
        cliponaxis=False,
        customdata=[
            f"in {r['chart_count']} of {r['review_count']} charts {texts.interval(r['low'], r['high'])}<br>"
            f"net effect {texts.dollars(r['allowed_delta_amount'])} allowed"
            for r in shown.iter_rows(named=True)
        ],
        hovertemplate="%{y}: %{x} findings<br>%{customdata}<extra></extra>",
    )
    chart.update_yaxes(showgrid=False)
    chart.update_layout(margin={"r": 40})
    return chart


def coder_rows(standing: pl.DataFrame) -> list[dict[str, Any]]:
    """One row per coder: what was seen, what is believed, how sure, since when, and what would change it."""
    return [
        {
            "name": r["coder_id"],
            "specialty": r["specialty"],
            "charts": texts.count(r["review_count"]),
            "rate": texts.percent(r["accuracy_rate"]),
            "interval": texts.interval(r["low"], r["high"]),
            "of": f"{texts.count(r['numerator'])} of {texts.count(r['denominator'])}",
            "estimate": texts.percent(r["shrunk_rate"]),
            "estimate_interval": texts.interval(r["shrunk_low"], r["shrunk_high"]),
            "below": texts.percent(r["below_chance"]),
            "corrected": texts.percent(r["corrected_rate"]) if r["corrected_rate"] is not None else "–",
            "evidence": _e_value(r["evidence"]),
            "other": _e_value(r["above_evidence"]),
            "group": r["group_code"],
            "says": _GROUPS[r["group_code"]][1].lower(),
            "course": course(r),
        }
        for r in standing.sort("coder_id").iter_rows(named=True)
    ]


def _e_value(value: float) -> str:
    return f"{value:.1f}" if value < 1000 else "over 1,000"


def course(coder: Mapping[str, Any]) -> str:
    """Since when a coder stands where it stands, and what would change that, in a sentence or two."""
    charts = f"{texts.count(coder['since_chart_count'])} charts since {texts.month(coder['since_date'])}"
    if coder["since_rate"] is not None:
        charts += f", {texts.percent(coder['since_rate'])} right on average"
    if coder["alarm_date"] is None:
        return f"{charts}; {_settling(coder)}"
    again = f", for the {_ordinal(coder['alarm_count'])} time" if coder["alarm_count"] > 1 else ""
    rang = f"Below in {texts.month(coder['alarm_date'])}{again}"
    if coder["since_date"] <= coder["alarm_date"]:
        return f"{rang}. Charts count afresh from the next month, or from that of an education."
    basis = "an education is on record" if coder["is_educated"] else "no education is on record"
    if coder["recovered_date"]:
        return f"{rang}; {basis}; {charts}, and recovered in {texts.month(coder['recovered_date'])}."
    return f"{rang}; {basis}. Counted afresh: {charts}; {_settling(coder)}"


def _settling(coder: Mapping[str, Any]) -> str:
    """How many charts would settle it."""
    if coder["settling_count"] is None:
        is_settled = coder["alarm_date"] is None and coder["above_evidence"] >= EVIDENCE_ABOVE
        return "settled." if is_settled else "charts like these settle nothing yet."
    more = texts.count(coder["settling_count"]) if coder["settling_count"] <= _FEW_ENOUGH else f"more than {texts.count(_FEW_ENOUGH)}"
    return f"about {more} more like these would show {_SETTLED[coder['settles_as']]}."


def _ordinal(count: int) -> str:
    return {2: "second", 3: "third", 4: "fourth", 5: "fifth"}.get(count, f"{count}th")


def method_rows(accuracy: pl.DataFrame) -> list[dict[str, Any]]:
    """Every method for the whole client, random charts and both strata by their weights side by side."""
    both = accuracy.filter((pl.col("scope_code") == ALL) & (pl.col("period_code") == "all"))
    by = {(r["method_id"], r["design_code"]): r for r in both.iter_rows(named=True)}
    rows = []
    for method, name in METHODS.items():
        if found := by.get((method, "random")):
            weighted = by.get((method, "stratified"))
            rows.append({"method": method, "name": name, "random": _cell(found), "weighted": _cell(weighted) if weighted else None})
    return rows


def level_rows(levels: pl.DataFrame) -> list[dict[str, Any]]:
    """E/M levels of the client and of each coder."""
    shown = levels.filter(pl.col("scope_code").is_in([ALL, "coder"])).sort(pl.col("scope_code") != ALL, "scope_id")
    return [
        {
            "name": "All coders" if r["scope_code"] == ALL else r["scope_id"],
            "exact": texts.percent(r["exact_rate"]),
            "interval": texts.interval(r["low"], r["high"]),
            "of": f"{r['exact_count']} of {r['pair_count']}",
            "over": texts.count(r["over_count"]),
            "under": texts.count(r["under_count"]),
            "bias": f"{r['bias']:+.2f}",
            "bias_interval": "" if r["bias_low"] is None else f"{r['bias_low']:+.2f} to {r['bias_high']:+.2f}",
            "kappa": "–" if r["weighted_kappa"] is None else f"{r['weighted_kappa']:.2f}",
        }
        for r in shown.iter_rows(named=True)
    ]


def cert_rows(split: pl.DataFrame) -> list[dict[str, Any]]:
    """Findings by CERT category beside the published share."""
    return [
        {
            "category": "Not a CERT category" if r["cert_code"] == "not_in_cert" else texts.plain(r["cert_code"]).capitalize(),
            "of": f"{r['finding_count']} of {r['total_count']}",
            "share": texts.percent(r["finding_share"]),
            "interval": texts.interval(r["low"], r["high"]),
            "published": texts.percent(r["published_share"]) if r["published_share"] is not None else "–",
            "source": r["source"] or "",
        }
        for r in split.sort("finding_count", descending=True).iter_rows(named=True)
        if r["total_count"]
    ]


def _of(row: Mapping[str, Any]) -> str:
    unit = _UNITS[row["method_id"]]
    seen = f"{texts.percent(row['accuracy_rate'])} ({row['numerator']} of {row['denominator']} {unit}, {row['review_count']} charts)"
    return f"{seen}<br>95 % interval {texts.interval(row['low'], row['high'])}<br>chance to be below {texts.percent(row['below_chance'])}"


def _cell(row: Mapping[str, Any]) -> dict[str, str]:
    whole = row["unit_code"] != "dollars"
    sides = (f"{int(row[name]):,}" if whole else texts.dollars(row[name]) for name in ("numerator", "denominator"))
    return {
        "rate": texts.percent(row["accuracy_rate"]),
        "interval": texts.interval(row["low"], row["high"]),
        "of": " of ".join(sides) + ("" if row["unit_code"] == "dollars" else f" {row['unit_code']}"),
    }


def _whole(accuracy: pl.DataFrame) -> pl.DataFrame:
    of_all = (pl.col("scope_code") == ALL) & (pl.col("period_code") == "all") & (pl.col("design_code") == "random")
    return accuracy.filter(of_all)


def _weeks(accuracy: pl.DataFrame) -> pl.DataFrame:
    of_all = (pl.col("scope_code") == ALL) & (pl.col("period_code") == "quarter") & (pl.col("design_code") == "random")
    return accuracy.filter(of_all & (pl.col("method_id") == "A1") & pl.col("accuracy_rate").is_not_null()).sort("week")
