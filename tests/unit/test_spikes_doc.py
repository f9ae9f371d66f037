"""The worked example of docs/spikes.md: the detector gives its numbers, and its arithmetic leads to them."""

import datetime as dt
import math
import re
from pathlib import Path

import polars as pl
import pytest

from rcm_pipeline.denials.spikes import SpikeSettings, detect

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "spikes.md").read_text(encoding="utf-8").partition("## A row by hand")[2]
FIRST, DECIDED = dt.date(2026, 4, 6), 100
SETTINGS = SpikeSettings()


def table(head: str) -> list[dict[str, str]]:
    """The rows of the table whose heading begins so, as printed."""
    lines = TEXT[TEXT.index(f"| {head}") :].split("\n\n")[0].splitlines()
    names, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    return [dict(zip(names, row, strict=True)) for row in rows]


def denied() -> list[int]:
    cells = re.findall(r"\| (\d+) \| (\d+) (?=\|)", TEXT.partition("**The usual rate.**")[0])
    by_week = {int(week): int(count) for week, count in cells}
    assert sorted(by_week) == list(range(1, 25))
    return [by_week[week] for week in range(1, 25)]


def is_printed(value: float, text: str) -> bool:
    """Whether the value, rounded to the digits printed, is what is printed."""
    mantissa, _, power = text.partition("e")
    places = len(mantissa.partition(".")[2])
    return abs(value - float(text)) <= 0.5001 * 10.0 ** (int(power or 0) - places)


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, object]]:
    """The detector's rows of weeks 23 and 24."""
    weekly = pl.DataFrame(
        {"client": "own", "payer": "A", "cause": "coding", "week": FIRST + dt.timedelta(weeks=at), "denied": count, "decided": DECIDED}
        for at, count in enumerate(denied())
    )
    return {str(23 + at): row for at, row in enumerate(detect(weekly, test_weeks=2).to_dicts())}


def test_the_detector_gives_the_rows(found: dict[str, dict[str, object]]) -> None:
    for row in table("week | base_rate"):
        for name in ("base_rate", "noise", "expected", "give_or_take", "surprise"):
            assert is_printed(float(found[row["week"]][name]), row[name]), (row["week"], name)  # type: ignore[arg-type]
    (last,) = table("window | p_value")
    for name in ("window", "p_value", "q_value", "lift", "detectable_lift"):
        assert is_printed(float(found["24"][name]), last[name]), name  # type: ignore[arg-type]
    assert found["24"]["is_alarm"]


def test_the_sums_of_the_past_lead_to_the_base_rate() -> None:
    """The weeks up to the 22nd, forgotten by half every half-life, leaning on all, on the cause and on the payer."""
    past, rate = denied()[:22], 0.0
    rows = table("half-life")
    assert [float(row["half-life"]) for row in rows] == list(SETTINGS.half_lives)
    for row in rows:
        weights = [0.5 ** (age / float(row["half-life"])) for age in range(len(past))]
        d, n = math.fsum(w * y for w, y in zip(weights, reversed(past), strict=True)), DECIDED * math.fsum(weights)
        parent = (d + 0.5) / (n + 5)
        for _ in ("cause", "payer and cause"):
            parent = (d + SETTINGS.parent_claims * parent) / (n + SETTINGS.parent_claims)
        own = (d + SETTINGS.rate_claims * parent) / (n + SETTINGS.rate_claims)
        for name, value in (("D", d), ("P", parent), ("rate", own)):
            assert is_printed(value, row[name]), (row["half-life"], name)
        assert abs(n - float(row["N"])) <= 0.5
        rate += float(row["weight"]) * own
    assert sum(float(row["weight"]) for row in rows) == pytest.approx(1, abs=1e-9)
    assert rate == pytest.approx(float(table("week | base_rate")[1]["base_rate"]), abs=2e-5)


def test_the_arithmetic_leads_to_p() -> None:
    """From base_rate and noise as printed, by plain sums."""
    counts, totals, smallest = denied(), (0, 0, 0.0, 0.0), 1.0
    windows = {(row["window"], row["×"]): row for row in table("window | ×")}
    for back, row in enumerate(reversed(table("week | base_rate"))):
        base, noise, y = float(row["base_rate"]), float(row["noise"]), counts[23 - back]
        expected = DECIDED * base
        variance = expected * (1 - base) * noise
        printed = {"expected": expected, "give_or_take": math.sqrt(variance), "surprise": (y - expected) / math.sqrt(variance)}
        assert all(is_printed(value, row[name]) for name, value in printed.items())
        totals = (totals[0] + y, totals[1] + DECIDED, totals[2] + expected, totals[3] + variance)
        chances = []
        plain = totals[2] * (1 - totals[2] / totals[1])
        young = SETTINGS.young_chance * 0.5 ** (22 / SETTINGS.young_half_life)
        others = [((1 - young) * chance, times) for chance, times in SETTINGS.noise_states]
        for chance, times in [*others, (young, SETTINGS.young_times)]:
            worked = tail(*totals[:3], plain + (totals[3] - plain) * times)
            shown = windows[str(back + 1), f"{times:g}"]
            assert [name for name, value in worked.items() if not is_printed(value, shown[name])] == []
            chances.append(chance * worked["chance"])
        smallest = min(smallest, sum(chances))
    (last,) = table("window | p_value")
    price = SETTINGS.window_price - SETTINGS.few_rebate * math.exp(-float(table("week | base_rate")[1]["expected"]) / 2)
    assert is_printed(price * smallest, last["p_value"])
    assert is_printed(SETTINGS.promise_weeks * price * smallest, last["q_value"])
    assert is_printed(1 + 3.9 * math.sqrt(totals[3]) / totals[2], last["detectable_lift"])
    assert is_printed(counts[23] / (DECIDED * float(table("week | base_rate")[1]["base_rate"])), last["lift"])


def tail(y: int, n: int, expected: float, variance: float) -> dict[str, float]:
    """A window's row: the beta-binomial's parameters and its upper tail, half of the count's own chance included."""
    p = expected / n
    icc = (variance / (n * p * (1 - p)) - 1) / (n - 1)
    a, b = p * (1 - icc) / icc, (1 - p) * (1 - icc) / icc

    def chance(k: int) -> float:
        ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
        split = math.lgamma(k + a) + math.lgamma(n - k + b) - math.lgamma(n + a + b)
        return math.exp(ways + split + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b))

    upper = math.fsum(chance(k) for k in range(y + 1, n + 1)) + chance(y) / 2
    return {"y": y, "n": n, "E": expected, "G²": variance, "icc": icc, "a": a, "b": b, "P(Y = y)": chance(y), "chance": upper}
