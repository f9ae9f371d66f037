"""The page of the QA plan: what a pass rule on so many charts really does, how sure a sample makes, and this week's charts."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from dashboards import texts
from dashboards.page import render
from dashboards.qa_workbook import REASONS, sample_workbook
from dashboards.theme import BLUE, GREEN, GREY, INK, MUTED, ORANGE, RED, Chart, figure
from dashboards.worklist import write_private
from rcm_pipeline.coding.sampling.planning import charts_for_half_width, charts_to_prove, pass_chance, zero_error_charts
from rcm_pipeline.errors import InputError
from rcm_pipeline.governance.access import account_numbers
from rcm_pipeline.governance.qa_plan import Plan, by_coder
from rcm_pipeline.publishing import write_in_place
from rcm_pipeline.settings import Home, Qa, load_client_settings
from rcm_pipeline.stats.intervals import wilson
from schemas.vocabulary.coding import SAMPLE_REASONS

PAGE = "qa_plan.html"
RULE = 30  # charts, the usual size of a routine audit
_SIZES = (10, RULE, 100, 300)
_TRUTHS = (0.98, 0.95, 0.90, 0.85)
_WIDTHS = (10, RULE, 60, 100, 200, 300)
_BETTER = (0.4, 0.6, 0.8)  # of the way from the standard to no error at all


def write_sample(home: Home, plan: Plan, out: Path | None, *, with_accounts: bool) -> tuple[Path, int]:
    """Write the workbook, readable by its owner only; where it is, and how many charts have an account number.

    Without `out` it goes to the client's reports under the sample's number, and one that is there already stays: it may be
    filled in. Raises InputError where `out` is there already.
    """
    path = out or home.reports(plan.client) / f"qa_plan_{plan.sample_id}.xlsx"
    if path.exists():
        if out:
            raise InputError(f"{out.name}: there is such a file already, and it may be filled in", fix="name another with --out")
        return path, 0
    accounts = account_numbers(home, plan.client, plan.sample["claim_token"], "plan_qa") if with_accounts else None
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(path, sample_workbook(plan, accounts))
    return path, 0 if accounts is None else plan.sample.join(accounts, on="claim_token", how="semi").height


def write_plan_page(home: Home, plan: Plan) -> Path:
    """Write the page to the client's reports and return where it is. Raises StorageError; a page from before then stays."""
    path = home.reports(plan.client) / PAGE
    write_in_place(path, plan_page(plan, load_client_settings(home.settings, plan.client).qa).encode())
    return path


def plan_page(plan: Plan, qa: Qa) -> str:
    """One self-contained page; counts by coder only, no chart."""
    coders = by_coder(plan.sample)
    planned, held = typical(coders, qa)
    sizes = sorted({*_SIZES, planned})
    return render(
        "qa_plan.html.j2",
        client=plan.client,
        sample_id=plan.sample_id,
        week=texts.week(plan.week),
        planned_at=texts.day(plan.sample["planned_at"][0]),
        seed=plan.sample["seed"][0],
        frame_hash=plan.sample["frame_hash"][0],
        standard=_whole(qa.standard),
        rule=RULE,
        lead=rule_sentence(qa.standard),
        plan_lead=plan_sentence(planned, held, qa),
        width_lead=width_sentence(planned, held, qa),
        week_lead=week_sentence(coders),
        truths=[_whole(t) for t in _TRUTHS],
        chances=[_chances(n, planned, qa.standard) for n in sizes],
        widths=_widths(sorted({*_WIDTHS, planned}), held, planned, qa.standard),
        held=texts.count(held),
        proofs=_proofs(qa.standard),
        zero=texts.count(zero_error_charts(1 - qa.standard)),
        coders=_coder_rows(coders),
        reasons=_reason_rows(plan.sample),
        figures={
            "operating": operating_chart(sizes, planned, qa.standard),
            "widths": width_chart(planned, held, qa),
            "coders": coder_chart(coders),
        },
    )


def typical(coders: pl.DataFrame, qa: Qa) -> tuple[int, int]:
    """Charts of the median coder over the plan's weeks: drawn at random, and coded, if all weeks are like this one."""
    middle = coders.sort("random_count", "chart_count")[coders.height // 2]
    return int(middle["random_count"][0]) * qa.weeks, int(middle["chart_count"][0]) * qa.weeks


def rule_sentence(standard: float) -> str:
    """What passing at the standard on 30 charts does to a good, a middling and a poor coder."""
    good, at, poor = (float(pass_chance(rate, RULE, standard=standard)) for rate in _around(standard))
    return (
        f"“Pass at {_whole(standard)} or more on {RULE} charts” fails {_times(1 - good)} a coder whose true accuracy is "
        f"{_whole(_around(standard)[0])}, passes {_times(poor)} one at {_whole(_around(standard)[2])}, and for a coder "
        f"exactly at the standard it is little more than a coin: {_times(at)} a pass."
    )


def plan_sentence(planned: int, held: int, qa: Qa) -> str:
    """The same rule on what this plan gives the median coder."""
    good, _, poor = (float(pass_chance(rate, planned, standard=qa.standard)) for rate in _around(qa.standard))
    better, _, worse = (_whole(rate) for rate in _around(qa.standard))
    return (
        f"This plan gives the median coder {planned:,} of {held:,} charts in {qa.weeks} weeks. The same rule on {planned:,} charts "
        f"fails {_times(1 - good)} a coder at {better} and passes {_times(poor)} one at {worse}."
    )


def width_sentence(planned: int, held: int, qa: Qa) -> str:
    """How sure 30 charts make, and the plan's."""
    few = min(RULE, held)
    at_few, at_plan = (texts.percent(half_width(n, qa.standard, held)) for n in (few, planned))
    needed = charts_for_half_width(qa.half_width, qa.standard, frame_count=held)
    return (
        f"At {_whole(qa.standard)} right, {few} of the median coder's {held:,} charts leave the accuracy open by ±{at_few}. "
        f"For the ±{_whole(qa.half_width)} asked for, {needed:,} are needed; the plan draws {planned:,}, which gives ±{at_plan}."
    )


def week_sentence(coders: pl.DataFrame) -> str:
    """How many charts, and from how many."""
    charts, random, risk, spares = (coders[f"{name}_count"].sum() for name in ("chart", "random", "risk", "spare"))
    return f"{random:,} of {charts:,} charts at random, {risk:,} more for risk, {spares:,} spares; {coders.height} coders."


def half_width(charts: int, rate: float, frame_count: int | None = None) -> float:
    """Half the width of Wilson's 95 % interval at this rate; of a frame of N, n charts are worth n (N - 1)/(N - n)."""
    if frame_count is not None and charts >= frame_count:
        return 0.0
    worth = charts if frame_count is None else charts * (frame_count - 1) / (frame_count - charts)
    low, high = wilson(pl.lit(rate * worth), pl.lit(worth))
    found = pl.select((high - low) / 2).item()
    return float(found)


def operating_chart(sizes: list[int], planned: int, standard: float) -> Chart:
    """Chance to pass by true accuracy, a line per number of charts."""
    chart = figure(height=380, showlegend=True)
    truth = np.round(np.arange(0.80, 1.0001, 0.0025), 4)
    colours = {RULE: RED, planned: BLUE}
    greys = iter((GREY, ORANGE, GREEN, MUTED))
    for n in sizes:
        chance = pass_chance(truth, n, standard=standard)
        is_named = n in colours
        chart.add_scatter(
            x=truth.tolist(),
            y=chance.tolist(),
            mode="lines",
            name=f"{n:,} charts" + (" (this plan)" if n == planned else ""),
            line={"color": colours.get(n) or next(greys), "width": 3 if is_named else 1.5, "dash": "solid" if is_named else "dot"},
            hovertemplate=f"{n:,} charts, truth %{{x:.2%}}: <b>%{{y:.0%}}</b> pass<extra></extra>",
        )
    chart.add_vline(x=standard, line={"color": INK, "width": 1, "dash": "dash"})
    chart.update_xaxes(
        title={"text": "True accuracy of the coder", "font": {"color": MUTED}}, tickformat=".0%", range=[0.80, 1.002], ticklabelstandoff=5
    )
    chart.update_yaxes(title={"text": "Chance to pass", "font": {"color": MUTED}}, tickformat=".0%", range=[0, 1.02])
    return chart


def width_chart(planned: int, held: int, qa: Qa) -> Chart:
    """Half width of the interval by charts, from an endless frame and from the median coder's."""
    chart = figure(height=340, showlegend=True)
    most = max(300, planned)
    for name, frame_count, colour in ((f"of {held:,} charts", held, BLUE), ("of any number", None, GREY)):
        charts = [n for n in range(5, most + 1) if frame_count is None or n <= frame_count]
        chart.add_scatter(
            x=charts,
            y=[half_width(n, qa.standard, frame_count) for n in charts],
            mode="lines",
            name=name,
            line={"color": colour, "width": 2.5, "dash": "solid" if frame_count else "dot"},
            hovertemplate=f"%{{x}} charts {name}: ±<b>%{{y:.1%}}</b><extra></extra>",
        )
    for n, colour in ((RULE, RED), (planned, BLUE)):
        if n <= held:
            chart.add_scatter(
                x=[n], y=[half_width(n, qa.standard, held)], mode="markers", name=f"{n:,} charts", marker={"color": colour, "size": 11}
            )
    chart.add_hline(y=qa.half_width, line={"color": INK, "width": 1, "dash": "dash"})
    chart.update_xaxes(title={"text": "Charts reviewed", "font": {"color": MUTED}}, rangemode="tozero")
    chart.update_yaxes(title={"text": "± to either side", "font": {"color": MUTED}}, tickformat=".0%", rangemode="tozero")
    return chart


def coder_chart(coders: pl.DataFrame) -> Chart:
    """Charts of the week by coder: drawn at random, for risk, not drawn."""
    shown = coders.sort("coder_id", descending=True)
    chart = figure(height=max(150, 34 * shown.height + 90), barmode="stack", showlegend=True, bargap=0.3)
    chart.update_layout(legend={"traceorder": "normal"})
    left = shown["chart_count"] - shown["random_count"] - shown["risk_count"]
    for name, counts, colour in (
        ("At random", shown["random_count"], BLUE),
        ("For risk", shown["risk_count"], ORANGE),
        ("Not drawn", left, "#dfe5ec"),
    ):
        chart.add_bar(
            y=shown["coder_id"].to_list(),
            x=counts.to_list(),
            name=name,
            orientation="h",
            marker={"color": colour},
            hovertemplate=f"%{{y}}: <b>%{{x}}</b> {name.lower()}<extra></extra>",
        )
    chart.update_xaxes(title={"text": "Charts of the week", "font": {"color": MUTED}}, rangemode="tozero", tickformat=",d")
    chart.update_yaxes(type="category", showgrid=False)
    return chart


def _around(standard: float) -> tuple[float, float, float]:
    """A coder with two fifths of the errors allowed, one at the standard, one with twice as many."""
    return 1 - 0.4 * (1 - standard), standard, 1 - 2 * (1 - standard)


def _chances(charts: int, planned: int, standard: float) -> dict[str, Any]:
    name = f"{charts:,}" + (" (this plan)" if charts == planned else "")
    return {
        "name": name,
        "is_rule": charts == RULE,
        "cells": [_share(float(pass_chance(t, charts, standard=standard))) for t in _TRUTHS],
    }


def _widths(sizes: list[int], held: int, planned: int, standard: float) -> list[dict[str, str]]:
    return [
        {
            "charts": f"{n:,}" + (" (this plan)" if n == planned else ""),
            "any": f"±{texts.percent(half_width(n, standard))}",
            "held": "–" if n > held else f"±{texts.percent(half_width(n, standard, held))}",
        }
        for n in sizes
    ]


def _proofs(standard: float) -> list[dict[str, str]]:
    truths = [standard + share * (1 - standard) for share in _BETTER]
    found = [(truth, *charts_to_prove(standard, truth)) for truth in truths]
    return [{"truth": _whole(truth), "charts": texts.count(n), "errors": texts.count(most)} for truth, n, most in found]


def _coder_rows(coders: pl.DataFrame) -> list[dict[str, str]]:
    return [
        {
            "coder": r["coder_id"],
            "specialty": r["specialty"] or "not said",
            "charts": texts.count(r["chart_count"]),
            "random": texts.count(r["random_count"]),
            "risk": f"{r['risk_count']:,} of {r['risk_chart_count']:,}" if r["risk_count"] else "–",
            "spares": texts.count(r["spare_count"]),
            "reasons": ", ".join(REASONS[reason] for reason in SAMPLE_REASONS if reason in r["reasons"]) or "–",
        }
        for r in coders.iter_rows(named=True)
    ]


def _reason_rows(sample: pl.DataFrame) -> list[dict[str, str]]:
    drawn = sample.filter(~pl.col("is_spare"))
    counts = {(s, r): n for s, r, n in drawn.group_by("stratum_code", "reason_code").len().iter_rows()}
    return [
        {
            "reason": REASONS[r].capitalize(),
            "random": texts.count(counts.get(("random", r), 0)),
            "risk": texts.count(counts.get(("risk", r), 0)),
        }
        for r in SAMPLE_REASONS
    ]


def _whole(share: float) -> str:
    """0.95 → 95 %, 0.975 → 97.5 %."""
    return f"{round(100 * share, 1):g}\u00a0%"


def _share(chance: float) -> str:
    """Whole per cent, but never 0 or 100 % for what may happen, or not."""
    if 0 < chance < 0.005:
        return "< 1\u00a0%"
    return "> 99\u00a0%" if 0.995 <= chance < 1 else texts.percent(chance, 0)


def _times(chance: float) -> str:
    """How often in 100."""
    if 0 < chance < 0.005:
        return "less than once in 200 times"
    return f"{round(100 * chance)} times in 100"
