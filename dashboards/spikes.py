"""Denial spikes on a page: a card for every open one with what it comes from and what to do, and all quiet series."""

import datetime as dt
from collections.abc import Mapping
from functools import cache
from typing import Any

import polars as pl

from dashboards import texts
from dashboards.facts import PackFacts
from dashboards.theme import BLUE, GREY, MUTED, RED, Chart, figure, translucent
from rcm_pipeline.denials.spikes.evidence import REST
from rcm_pipeline.denials.spikes.lines import NONE, UNKNOWN
from rcm_pipeline.reference import reference
from schemas.vocabulary.spikes import OPEN_SPIKE_STATES

SHEETS = {
    "Spikes": "mart_denial_spikes",
    "Spike cards": "mart_spike_cards",
    "Spike evidence": "mart_spike_evidence",
    "Slow leaks": "mart_slow_leaks",
    "Payer successions": "mart_payer_successions",
}

SERIES = ("payer_id", "root_cause")
EXPECTED = "expected"  # of mart_denial_spikes
_CHART_WEEKS = 13
_NAMED = 3
_STATES = {"new": ("New", "red"), "continuing": ("Continuing", "amber"), "fading": ("Fading", "grey")}
_DIMENSIONS = {
    "carc": ("Reason", "reasons"),
    "rarc": ("Remark", "remarks"),
    "code_family": ("Code family", "code families"),
    "place": ("Place", "places"),
    "provider": ("Provider", "providers"),
    "coder": ("Coder", "coders"),
}
_NAMELESS = {"carc": "No reason given", "rarc": "No remark that says more"}
_EFFECTS = (
    ("rate_effect", "More denials of the same kind of claims"),
    ("mix_effect", "Other code families and places than before"),
    ("lag_effect", "Younger or older claims decided than before"),
)


def section(facts: PackFacts) -> dict[str, Any]:
    """The section of the pack, from mart_denial_spikes, mart_spike_cards and mart_spike_evidence, and payers' names."""
    spikes, cards, leaks, names = facts["mart_denial_spikes"], facts["mart_spike_cards"], facts["mart_slow_leaks"], facts.payers
    return {
        "id": "mart_denial_spikes",
        "kind": "spikes",
        "title": "Denial spikes",
        "lead": headline(spikes, cards, names),
        "cards": card_rows(spikes, cards, facts["mart_spike_evidence"], names),
        "quiet": quiet_rows(spikes, names),
        "leaks": leak_rows(leaks, names),
        "successions": succession_lines(facts["mart_payer_successions"], names),
        "leaks_lead": leaks_lead(leaks),
    }


def succession_lines(successions: pl.DataFrame, names: Mapping[str, str]) -> list[str]:
    """Which payers may be one under a new name, a sentence each."""
    lines = []
    for r in successions.iter_rows(named=True):
        old, new = (names.get(r[name], r[name]) for name in ("payer_id", "successor_id"))
        ended, began = texts.week(r["last_week"]), texts.week(r["first_week"])
        alike = f"about as many claims ({r['decided_since']:.0f} and {r['decided_before']:.0f} a week)"
        lines.append(
            f"{old} decided nothing after the week {ended}, and {new} ({r['successor_id']}) began in the week {began} with {alike}."
        )
    return lines


def leaks_lead(leaks: pl.DataFrame) -> str:
    """What the newest month says: how many rises too small for one week, of how many judged."""
    last = _last_week(leaks)
    if last.filter("is_judged").is_empty():
        return "No month could be judged yet."
    found, judged = last.filter("is_alarm").height, last.filter("is_judged").height
    month = f"{last['week'][0] + dt.timedelta(days=6):%B %Y}"
    return f"{month}: {found or 'none'} of {texts.count(judged)} series rose over four weeks together."


def leak_rows(leaks: pl.DataFrame, names: Mapping[str, str]) -> list[dict[str, str]]:
    """Slow leaks of the last six months, newest first, then by how many times the expected denials came."""
    return [
        {
            "name": _name(r, names),
            "month": f"{r['week'] + dt.timedelta(days=6):%b %Y}",
            "denied": f"{texts.count(r['denied_count'])} of {texts.count(r['decided_count'])}",
            "expected": f"{r['expected']:.1f}",
            "lift": f"{r['lift']:.1f} times",
        }
        for r in leaks.filter("is_alarm").sort("week", "lift", *SERIES, descending=[True, True, False, False]).iter_rows(named=True)
    ]


def headline(spikes: pl.DataFrame, cards: pl.DataFrame, names: Mapping[str, str]) -> str:
    """One sentence: how many spikes are open, the costliest of them, and what is at risk in all."""
    last = _last_week(spikes)
    if last.is_empty():
        return "No week is complete yet, so no series can be judged."
    judged = last.filter(pl.col("reason").is_null()).height
    of = f"{texts.count(judged)} of {texts.count(last.height)} series of payer and cause could be judged"
    if cards.is_empty() and not judged:
        return f"No series of payer and cause could be judged yet, of {texts.count(last.height)}."
    if cards.is_empty():
        return f"No payer denies more for any cause than expected; {of}."
    named = _ordered(cards).head(_NAMED)
    listed = "; ".join(f"{_name(r, names)} ({texts.dollars(r['at_risk_amount'])} at risk)" for r in named.iter_rows(named=True))
    more = f" and {cards.height - _NAMED} more" if cards.height > _NAMED else ""
    new = cards.filter(pl.col("state") == "new").height
    is_are = "spike is" if cards.height == 1 else "spikes are"
    return f"{cards.height} {is_are} open, {new or 'none'} of them new: {listed}{more}. {of}."


def card_rows(spikes: pl.DataFrame, cards: pl.DataFrame, evidence: pl.DataFrame, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """One entry per open spike, new ones first, then by dollars at risk."""
    last = {_key(r): r for r in _last_week(spikes).iter_rows(named=True)}
    rows = []
    for card in _ordered(cards).iter_rows(named=True):
        is_own = (pl.col("payer_id") == card["payer_id"]) & (pl.col("root_cause") == card["root_cause"])
        now, parts = last.get(_key(card), {}), contribution_rows(evidence.filter(is_own))
        label, colour = _STATES[card["state"]]
        rows.append(
            {
                "title": _name(card, names),
                "state": label,
                "colour": colour,
                "since": texts.week(card["since_week"]),
                "sentence": week_sentence(now) if now else "",
                "chart": weekly_chart(spikes.filter(is_own), card["since_week"]),
                "change": change_sentence(card),
                "effects": effect_rows(card),
                "leading": [part for part in parts if part["is_leading"]],
                "parts": parts,
                "facts": fact_rows(card, now),
            }
        )
    return rows


def week_sentence(row: Mapping[str, Any]) -> str:
    """The anchor week's denied, decided, expected with its standard deviation, and how many times that is."""
    usual, give = row[EXPECTED], row["give_or_take"]
    times = f" ({row['denied_count'] / usual:.1f} times)" if usual else ""
    return (
        f"{texts.count(row['denied_count'])} claims denied of {texts.count(row['decided_count'])} decided in the week "
        f"{texts.week(row['week'])}, {usual:.1f} expected give or take {give:.1f}{times}."
    )


def change_sentence(card: Mapping[str, Any]) -> str:
    """The rate during and before, with both sides of each fraction."""
    if card["before_rate"] is None or card["denial_rate"] is None:
        return "The rate cannot be compared: on one side nothing was decided."
    now, before = (f"{texts.count(card[f'{p}denied_count'])} of {texts.count(card[f'{p}decided_count'])}" for p in ("", "before_"))
    change = texts.points(card["denial_rate"] - card["before_rate"])
    return (
        f"{texts.percent(card['denial_rate'])} of lines denied since it began ({now}), {texts.percent(card['before_rate'])} in the "
        f"13 weeks before ({before}): {change}. Of these:"
    )


def effect_rows(card: Mapping[str, Any]) -> list[dict[str, str]]:
    """What the change of the rate comes from, in percentage points; nothing where it cannot be told."""
    return [{"name": label, "points": texts.points(card[name])} for name, label in _EFFECTS if card[name] is not None]


def contribution_rows(evidence: pl.DataFrame) -> list[dict[str, Any]]:
    """Values of every dimension with denied, expected and their share of the extra denials; the first of each is leading."""
    order = {dimension: n for n, dimension in enumerate(_DIMENSIONS)}
    place = pl.col("dimension").replace_strict(order, return_dtype=pl.Int64)
    return [
        {
            "dimension": _DIMENSIONS[r["dimension"]][0],
            "value": _value(r),
            "meaning": _meaning(r),
            "denied": texts.count(r["denied_count"]),
            "decided": texts.count(r["decided_count"]),
            "expected": f"{r['expected']:.1f}",
            "share": texts.percent(r["extra_share"], 0).replace("-", "−"),
            "is_leading": r["rank"] == 1,
        }
        for r in evidence.sort(place, "rank", nulls_last=True).iter_rows(named=True)
    ]


def fact_rows(card: Mapping[str, Any], now: Mapping[str, Any]) -> list[dict[str, str]]:
    """What else a person asks: whose it is, since when, the money, the fix, some claims, who has seen it."""
    named = (("CARC", card["main_carc_code"]), ("RARC", card["main_rarc_code"]))
    codes = " ".join(f"{kind} {code}" for kind, code in named if code)
    begun = f"first service {texts.day(card['first_service_date'])}, first denied {texts.day(card['first_adjudication_date'])}"
    risk = f"{texts.dollars(card['at_risk_amount'])} in {texts.count(card['open_count'])} open of {texts.count(card['claim_count'])} claims"
    facts = {
        "Reading": _reading(card),
        "Main reason": f"{codes or 'none given'}: {begun}",
        "At risk": risk,
    }
    if "example_tokens" in card:  # of the internal edition: what to do about it, and with which claims
        facts |= {
            "Fix": _fix(card),
            "Examples": (card["example_tokens"] or "–").replace(",", ", "),
            "Acknowledged by": now.get("acknowledged_by") or "nobody yet",
        }
    return [{"name": name, "text": text} for name, text in facts.items()]


def quiet_rows(spikes: pl.DataFrame, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Series without an open spike in the last week: its numbers, the smallest lift it would have shown, or why not judged."""
    last = _last_week(spikes)
    quiet = last.filter(~pl.col("state").is_in(OPEN_SPIKE_STATES).fill_null(False))
    ordered = quiet.sort(pl.col("reason").is_not_null(), "detectable_lift", *SERIES, nulls_last=True)
    return [
        {
            "payer": names.get(r["payer_id"], texts.plain(r["payer_id"])),
            "cause": texts.cause(r["root_cause"]),
            "denied": f"{texts.count(r['denied_count'])} of {texts.count(r['decided_count'])}",
            "expected": "–" if r[EXPECTED] is None else f"{r[EXPECTED]:.1f}",
            "detectable": "–" if r["reason"] or r["detectable_lift"] is None else f"{r['detectable_lift']:.1f} times",
            "note": f"Not judged: {r['reason']}" if r["reason"] else "Spike closed" if r["state"] == "closed" else "",
        }
        for r in ordered.iter_rows(named=True)
    ]


def weekly_chart(weeks: pl.DataFrame, since: Any) -> Chart:
    """Denied claims of one series in the last 13 tested weeks over the expected ones, one standard deviation to either side."""
    shown = weeks.sort("week").tail(_CHART_WEEKS)
    rows = shown.to_dicts()
    at, usual = shown["week"].to_list(), shown[EXPECTED].to_list()
    chart = figure(height=230, showlegend=False)
    low, high = ([None if r[EXPECTED] is None else max(0.0, r[EXPECTED] + s * r["give_or_take"]) for r in rows] for s in (-1, 1))
    band = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    chart.add_scatter(x=at, y=high, **band)
    chart.add_scatter(x=at, y=low, fill="tonexty", fillcolor=translucent(GREY, 0.28), **band)
    chart.add_scatter(x=at, y=usual, mode="lines", line={"color": MUTED, "width": 1.5, "dash": "dot"}, hoverinfo="skip")
    chart.add_scatter(
        x=at,
        y=shown["denied_count"].to_list(),
        mode="lines+markers",
        line={"color": BLUE, "width": 2.5},
        marker={"size": 7, "color": [RED if r["week"] >= since else BLUE for r in rows]},
        text=[f"Week {texts.week(r['week'])}<br><b>{r['denied_count']}</b> denied of {r['decided_count']}{_usual(r)}" for r in rows],
        hovertemplate="%{text}<extra></extra>",
    )
    chart.update_yaxes(rangemode="tozero", nticks=5, tickformat=",d")
    chart.update_xaxes(tickformat="%d %b", showgrid=False, nticks=6)
    chart.update_layout(margin={"l": 36, "r": 12, "t": 10, "b": 30})
    return chart


def _usual(row: Mapping[str, Any]) -> str:
    return "" if row[EXPECTED] is None else f"<br>{row[EXPECTED]:.1f} expected give or take {row['give_or_take']:.1f}"


def _last_week(spikes: pl.DataFrame) -> pl.DataFrame:
    return spikes.filter(pl.col("week") == pl.col("week").max())


def _ordered(cards: pl.DataFrame) -> pl.DataFrame:
    order = {state: n for n, state in enumerate(OPEN_SPIKE_STATES)}
    place = pl.col("state").replace_strict(order, return_dtype=pl.Int64)
    return cards.sort(place, -pl.col("at_risk_amount"), *SERIES)


def _key(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(row[name] for name in SERIES)


def _name(row: Mapping[str, Any], names: Mapping[str, str]) -> str:
    return f"{names.get(row['payer_id'], texts.plain(row['payer_id']))}: {texts.cause(row['root_cause']).lower()}"


def _reading(card: Mapping[str, Any]) -> str:
    if "clients_up_count" not in card:
        return "One coder has at least four fifths of the extra denials" if card["reading"] == "coder" else "Not one coder's"
    up = card["clients_up_count"]
    others = (
        ("how many is told of five clients or more" if card["reading"] == "payer" else "other clients not compared")
        if up is None
        else f"{texts.count(up) if up > 1 else 'no other'} clients of this payer up the same week"
    )
    whose = {
        "coder": f"One coder, {card['coder_id']}, has at least four fifths of the extra denials",
        "client": "Not one coder's" if up is None else "This client's, not one coder's",
        "payer": "The payer's: several clients rose together",
    }
    return f"{whose[card['reading']]}; {others}"


def _fix(card: Mapping[str, Any]) -> str:
    if not card["fixable_count"]:
        return "nothing open on the worklist has time left"
    return f"{card['next_step']} ({texts.count(card['fixable_count'])} claims, first deadline {texts.day(card['deadline_date'])})"


def _value(row: Mapping[str, Any]) -> str:
    dimension, value = row["dimension"], row["value"]
    if row["rank"] is None and value == REST:
        return f"{row['value_count']} other {_DIMENSIONS[dimension][1]}" if row["value_count"] > 1 else "1 other"
    if value == NONE and dimension in _NAMELESS:
        return _NAMELESS[dimension]
    if value == UNKNOWN:
        return "Not known"
    return _families().get(value, texts.plain(value).capitalize()) if dimension == "code_family" else str(value)


def _meaning(row: Mapping[str, Any]) -> str:
    return _meanings(row["dimension"]).get(row["value"], "") if row["dimension"] in _NAMELESS else ""


@cache
def _families() -> dict[str, str]:
    return dict(reference("code_families").select("family", "label").iter_rows())


@cache
def _meanings(table: str) -> dict[str, str]:
    return dict(reference(table).select(f"{table}_code", "meaning").iter_rows())
