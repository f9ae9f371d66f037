"""Weeks not yet answered on a page: by payer and week sent, what is decided, what that suggests and what to expect."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from dashboards import texts
from dashboards.facts import PackFacts
from dashboards.theme import BLUE, GREY, GRID, MUTED, ORANGE, Chart, figure, translucent

SHEETS = {"Nowcasts": "mart_denial_nowcasts"}

_PAYERS_SHOWN = 9
_HEADROOM = 1.08


def section(facts: PackFacts) -> dict[str, Any]:
    """The section of mart_denial_nowcasts: weeks that are not fully answered."""
    rows = facts["mart_denial_nowcasts"]
    cards = payer_cards(rows, facts.payers)
    return {
        "id": "mart_denial_nowcasts",
        "kind": "nowcasts",
        "title": "Weeks not yet answered",
        "lead": headline(rows),
        "cards": cards,
        "more": rows["payer_id"].n_unique() - len(cards),
    }


def headline(nowcasts: pl.DataFrame) -> str:
    """One sentence: how many claims have no answer yet, and how many of them are expected to be denied."""
    if nowcasts.is_empty():
        return "No claims first sent in the last 13 weeks are known."
    sent, waiting = nowcasts["sent_count"].sum(), nowcasts["open_count"].sum()
    judged = nowcasts.filter(pl.col("is_judged"))
    known, more = judged["open_count"].sum(), (judged["nowcast_denied"] - judged["denied_count"]).sum()
    sentence = f"{texts.count(waiting)} of {texts.count(sent)} claims first sent in the last 13 weeks are not decided yet"
    if not waiting:
        return f"All {texts.count(sent)} claims first sent in the last 13 weeks are decided."
    if not known:
        return f"{sentence}; too little is known of their payers to say how many will be denied."
    whom = "them" if known == waiting else f"the {texts.count(known)} that can be judged"
    return f"{sentence}; about {texts.count(round(more))} of {whom} are expected to be denied."


def payer_cards(nowcasts: pl.DataFrame, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The payers sent most claims: a sentence about the newest week with an answer, a chart, and every week in numbers."""
    sizes = nowcasts.group_by("payer_id").agg(pl.col("sent_count").sum()).sort(-pl.col("sent_count"), "payer_id").head(_PAYERS_SHOWN)
    shown = nowcasts.join(sizes.select("payer_id"), on="payer_id", how="semi").sort("week")
    highest = shown.select(pl.max_horizontal(pl.col("high").max(), pl.lit(0.1))).item() if shown.height else 0.1
    top = min(1.0, highest * _HEADROOM)
    cards = []
    for payer in sizes["payer_id"]:
        of_payer = shown.filter(pl.col("payer_id") == payer)
        cards.append(
            {
                "payer": names.get(payer, texts.plain(payer)),
                "said": newest_sentence(of_payer),
                "chart": week_chart(of_payer, top),
                "rows": week_rows(of_payer),
            }
        )
    return cards


def newest_sentence(weeks: pl.DataFrame) -> str:
    """What the newest week with open claims and any answer says so far, and what to expect; why there is no nowcast."""
    if reasons := weeks["reason"].drop_nulls().to_list():
        return f"No nowcast: {reasons[-1]}."
    begun = weeks.filter((pl.col("open_count") > 0) & pl.col("naive_rate").is_not_null())
    if begun.is_empty():
        return "No week is partly answered."
    r = begun.row(-1, named=True)
    decided = r["denied_count"] + r["paid_count"]
    return (
        f"Week {texts.week(r['week'])}: {decided} of {r['sent_count']} decided, {r['denied_count']} of these denied "
        f"({texts.percent(r['naive_rate'])}). Expected in the end: {texts.percent(r['nowcast_rate'])} of all, "
        f"90 % interval {texts.interval(r['low'], r['high'])}."
    )


def week_chart(weeks: pl.DataFrame, top: float) -> Chart:
    """Above, the nowcast with its band and the naive rate, up to the rate `top`; below, the share decided."""
    chart = figure(height=270, showlegend=False)
    axis = {"gridcolor": GRID, "zeroline": False, "fixedrange": True, "automargin": True, "tickfont": {"color": MUTED}}
    chart.update_layout(
        margin={"l": 44, "r": 8, "t": 10, "b": 30},
        xaxis={"anchor": "y2", "tickformat": "%-d %b", "nticks": 5, "showgrid": False},
        yaxis={"domain": [0.34, 1], "range": [0, top], "tickformat": ".0%", "nticks": 5},
        yaxis2={**axis, "domain": [0, 0.2], "range": [0, 1], "tickformat": ".0%", "tickvals": [0, 1]},
    )
    x, text = weeks["week"].to_list(), [_hover(r) for r in weeks.iter_rows(named=True)]
    hover = {"hovertext": text, "hovertemplate": "%{hovertext}<extra></extra>"}
    chart.add_bar(x=x, y=weeks["decided_rate"].to_list(), yaxis="y2", marker={"color": GREY}, **hover)
    judged = weeks.filter(pl.col("is_judged"))
    limits = {"x": judged["week"].to_list(), "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    chart.add_scatter(y=judged["high"].to_list(), **limits)
    chart.add_scatter(y=judged["low"].to_list(), fill="tonexty", fillcolor=translucent(BLUE, 0.2), **limits)
    naive = weeks.select(pl.when(pl.col("open_count") > 0).then("naive_rate").alias("naive_rate"))["naive_rate"]  # else it is the final one
    chart.add_scatter(
        x=x,
        y=naive.clip(upper_bound=top).to_list(),
        mode="lines+markers",
        line={"color": ORANGE, "width": 1.5, "dash": "dot"},
        marker={"size": 8, "symbol": ["triangle-up" if (r or 0) > top else "circle-open" for r in naive], "color": ORANGE},
        cliponaxis=False,
        **hover,
    )
    chart.add_scatter(
        x=x,
        y=weeks["nowcast_rate"].to_list(),
        mode="lines+markers",
        line={"color": BLUE, "width": 2.5},
        marker={"size": 5},
        cliponaxis=False,
        **hover,
    )
    return chart


def week_rows(weeks: pl.DataFrame) -> list[dict[str, Any]]:
    """A payer's weeks in numbers, newest first."""
    return [
        {
            "week": f"{r['week'].day} {r['week']:%b}",
            "decided": texts.percent(r["decided_rate"], 0),
            "decided_of": f"{_decided(r)} of {r['sent_count']}",
            "naive": texts.percent(r["naive_rate"]),
            "naive_of": f"{r['denied_count']} of {_decided(r)}",
            "nowcast": texts.percent(r["nowcast_rate"]),
            "nowcast_of": "" if r["nowcast_denied"] is None else f"{r['nowcast_denied']:.1f} of {r['sent_count']}",
            "interval": texts.interval(r["low"], r["high"]),
        }
        for r in weeks.sort("week", descending=True).iter_rows(named=True)
    ]


def _hover(r: Mapping[str, Any]) -> str:
    lines = [f"Week {texts.week(r['week'])}", f"{_decided(r)} of {r['sent_count']} decided"]
    if r["naive_rate"] is not None:
        lines.append(f"So far {texts.percent(r['naive_rate'])} ({r['denied_count']} of {_decided(r)})")
    if r["is_judged"]:
        lines.append(f"<b>Nowcast {texts.percent(r['nowcast_rate'])}</b>, 90 % interval {texts.interval(r['low'], r['high'])}")
    else:
        lines.append(f"No nowcast: {r['reason']}")
    return "<br>".join(lines)


def _decided(r: Mapping[str, Any]) -> int:
    return int(r["denied_count"] + r["paid_count"])
