"""The page of a backtest: alarms by month, whether p is to be believed, and what each alarm was."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from dashboards import texts
from dashboards.facts import payer_names
from dashboards.page import render
from dashboards.theme import BLUE, GREY, INK, MUTED, ORANGE, RED, Chart, figure
from rcm_pipeline.denials.spikes.backtest import EVERY, OUTSIDE, Backtest
from rcm_pipeline.denials.spikes.episodes import LASTING, ONE_WEEK, PASSING, TOO_NEW
from rcm_pipeline.governance.backtest import calibration_line, headline
from rcm_pipeline.publishing import write_in_place
from rcm_pipeline.settings import Home
from schemas.thresholds import SPIKE_LIFT

PAGE = "backtest.html"
_SHOWN = 200
_COLOURS = {LASTING: RED, PASSING: ORANGE, ONE_WEEK: BLUE, TOO_NEW: GREY}
_PILLS = {LASTING: "red", PASSING: "amber", ONE_WEEK: "blue", TOO_NEW: ""}
_MEANINGS = {
    LASTING: f"The rate of the eight weeks after the first alarm was still at least {SPIKE_LIFT:g} times what was expected at it, "
    "and so was that of the later half of them. Someone should have acted.",
    PASSING: "It went back within these weeks, but more than one week was that far up.",
    ONE_WEEK: "The next week was back to the expected: a batch, a correction of many claims at once, or chance.",
    TOO_NEW: "Fewer than four of the eight weeks after it are known, so nothing is said of it yet.",
}
_UNJUDGED = {
    "too little history": "The series had decisions in fewer than eight weeks before.",
    "too few to tell": "Nothing was decided, or so little that not even a denial of every claim would be rare.",
}


def write_backtest(home: Home, client: str, found: Backtest, payers: pl.DataFrame) -> Path:
    """Write the page to the client's reports and return where it is. Raises StorageError; a page from before then stays."""
    path = home.reports(client) / PAGE
    write_in_place(path, backtest_page(client, found, payer_names(payers)).encode())
    return path


def backtest_page(client: str, found: Backtest, names: Mapping[str, str]) -> str:
    """One self-contained page; `names` gives a payer's name by its id."""
    is_judged = found.judged_count > 0
    return render(
        "backtest.html.j2",
        client=client,
        first=texts.day(found.first_week),
        last=texts.day(found.last_week),
        lead=headline(found),
        calibration_lead=calibration_line(found),
        figures={"months": month_chart(found), "calibration": calibration_chart(found.calibration)} if is_judged else {},
        months=_month_rows(found.months),
        calibration=_calibration_rows(found.calibration) if is_judged else [],
        episodes=_episode_rows(found.alarms.head(_SHOWN), names),
        left_out=max(found.alarms.height - _SHOWN, 0),
        meanings=[{"kind": kind, "pill": _PILLS[kind], "text": text} for kind, text in _MEANINGS.items()],
        unjudged=[
            {"reason": r["reason"], "count": texts.count(r["series_count"]), "text": _UNJUDGED.get(r["reason"], "")}
            for r in found.unjudged.iter_rows(named=True)
        ],
    )


def month_chart(found: Backtest) -> Chart:
    """New episodes by month, stacked by what they were."""
    chart = figure(height=300, barmode="stack", showlegend=True, bargap=0.25)
    chart.update_layout(legend={"traceorder": "normal"})
    begun = found.alarms.group_by(pl.col("first_week").dt.truncate("1mo").alias("month"), "kind").agg(pl.len().alias("n"))
    for kind, colour in _COLOURS.items():
        counts = found.months.select("month").join(begun.filter(pl.col("kind") == kind), on="month", how="left")["n"].fill_null(0)
        if counts.sum():
            chart.add_bar(
                x=found.months["month"].to_list(),
                y=counts.to_list(),
                name=kind.capitalize(),
                marker={"color": colour},
                hovertemplate=f"%{{x|%B %Y}}<br>{kind}: <b>%{{y}}</b> new episodes<extra></extra>",
            )
    most = found.months["episode_count"].max()
    chart.update_yaxes(title={"text": "New episodes", "font": {"color": MUTED}}, rangemode="tozero", tickformat=",d")
    if isinstance(most, int) and most < 6:
        chart.update_yaxes(dtick=1, range=[0, max(most, 1) * 1.08])
    chart.update_xaxes(tickformat="%b<br>%Y", showgrid=False)
    return chart


def calibration_chart(calibration: pl.DataFrame) -> Chart:
    """Share of series-weeks with a p no larger than a limit, with its interval, against the diagonal on which p is right."""
    chart = figure(height=430, showlegend=True)
    limits = calibration["p_limit"].unique().sort().to_list()
    line = {"color": INK, "width": 1, "dash": "dot"}
    ends = [limits[0] / 2, 1]
    chart.add_scatter(x=ends, y=ends, mode="lines", name="p as it should be", line=line, hoverinfo="skip")
    for scope, colour, aside, symbol in ((EVERY, ORANGE, 0.955, "circle-open"), (OUTSIDE, BLUE, 1.047, "circle")):
        # a share of nothing has no place on a scale of powers; all have p <= 1
        drawn = calibration.filter((pl.col("scope") == scope) & (pl.col("hit_count") > 0) & (pl.col("p_limit") < 1))
        chart.add_scatter(
            x=(drawn["p_limit"] * aside).to_list(),
            y=drawn["hit_rate"].to_list(),
            error_y={
                "array": (drawn["high"] - drawn["hit_rate"]).to_list(),
                "arrayminus": (drawn["hit_rate"] - drawn["low"]).to_list(),
                "thickness": 1.6,
                "width": 4,
            },
            mode="markers",
            name=_scope(scope),
            marker={"color": colour, "size": 9, "symbol": symbol, "line": {"width": 2, "color": colour}},
            text=[_share_text(r) for r in drawn.iter_rows(named=True)],
            hovertemplate="%{text}<extra></extra>",
        )
    powers = [0.00001, 0.0001, 0.001, 0.01, 0.1, 1]
    lowest = calibration.filter(pl.col("hit_count") > 0)["low"].min()
    bottom = max(min(float(lowest), limits[0] / 2), 1e-5) if isinstance(lowest, float) else limits[0] / 2
    chart.update_xaxes(type="log", tickvals=powers, ticktext=[f"{x:g}" for x in powers])
    chart.update_yaxes(type="log", tickvals=powers, ticktext=[f"{100 * x:g} %" for x in powers])
    chart.update_xaxes(title={"text": "p no larger than", "font": {"color": MUTED}}, range=[math.log10(limits[0] / 2), 0.1])
    chart.update_yaxes(title={"text": "Share of series-weeks", "font": {"color": MUTED}}, range=[math.log10(bottom) - 0.1, 0.1])
    return chart


def _scope(scope: str) -> str:
    return "All series-weeks" if scope == EVERY else "Outside episodes"


def _share_text(r: Mapping[str, Any]) -> str:
    return (
        f"{_scope(r['scope'])}<br>p ≤ {r['p_limit']:g}: <b>{texts.percent(r['hit_rate'], 2)}</b> ({_of(r)})<br>95 % interval {_limits(r)}"
    )


def _of(r: Mapping[str, Any]) -> str:
    return f"{texts.count(r['hit_count'])} of {texts.count(r['judged_count'])}"


def _limits(r: Mapping[str, Any]) -> str:
    return "" if r["low"] is None else f"{r['low'] * 100:.2f}–{r['high'] * 100:.2f}\u00a0%"


def _month_rows(months: pl.DataFrame) -> list[dict[str, str]]:
    return [
        {
            "month": f"{r['month']:%b %Y}",
            "weeks": texts.count(r["week_count"]),
            "judged": texts.count(r["judged_count"]),
            "alarms": texts.count(r["alarm_count"]),
            "episodes": texts.count(r["episode_count"]),
            "share": "–" if r["alarms_per_100"] is None else f"{r['alarms_per_100']:.2f}",
        }
        for r in months.iter_rows(named=True)
    ]


def _calibration_rows(calibration: pl.DataFrame) -> list[dict[str, Any]]:
    rows = []
    for limit in calibration.filter(pl.col("p_limit") < 1)["p_limit"].unique().sort():
        by_scope = {r["scope"]: r for r in calibration.filter(pl.col("p_limit") == limit).iter_rows(named=True)}
        shares = [
            {"share": texts.percent(r["hit_rate"], 2), "limits": _limits(r), "of": _of(r)} for r in (by_scope[EVERY], by_scope[OUTSIDE])
        ]
        rows.append({"limit": f"{limit:g}", "shares": shares})
    return rows


def _episode_rows(alarms: pl.DataFrame, names: Mapping[str, str]) -> list[dict[str, str]]:
    return [
        {
            "payer": names.get(r["payer"], r["payer"]),
            "cause": texts.cause(r["cause"]),
            "first": texts.day(r["first_week"]),
            "last": "" if r["last_week"] == r["first_week"] else texts.day(r["last_week"]),
            "alarms": texts.count(r["alarm_count"]),
            "denied": f"{texts.count(r['denied'])} of {texts.count(r['decided'])}",
            "expected": f"{r['expected']:,.0f}" if r["expected"] >= 10 else f"{r['expected']:.2g}",
            "lift": "–" if r["lift"] is None else f"{r['lift']:,.0f} ×" if r["lift"] >= 10 else f"{r['lift']:.1f} ×",
            "p": _chance(r["p_value"]),
            "q": _chance(r["q_value"]),
            "kind": r["kind"],
            "pill": _PILLS[r["kind"]],
        }
        for r in alarms.iter_rows(named=True)
    ]


def _chance(value: float) -> str:
    return f"{value:.2g}" if value >= 0.0001 else "< 0.0001"
