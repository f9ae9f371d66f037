"""The section of denial spikes: its sentences, its rows and that it fits the pack's template."""

import datetime as dt
from decimal import Decimal as D

import plotly.graph_objects as go
import polars as pl
import pytest

from dashboards import spikes
from dashboards.page import render
from schemas.contract import empty, widened
from schemas.registry import CONTRACTS
from tests.tables import facts_of

WEEKS = [dt.date(2026, 8, 3) + dt.timedelta(weeks=n) for n in range(16)]
NAMES = {"P": "Northlake <Health>"}


def series(cause: str, **last: object) -> list[dict]:
    usual = {"denied_count": 5, "decided_count": 100, "expected": 4.0, "give_or_take": 2.0, "state": None, "since_week": None,
             "detectable_lift": 2.5, "reason": None, "acknowledged_by": None}  # fmt: skip
    rows = [{"payer_id": "P", "root_cause": cause, "week": week} | usual for week in WEEKS]
    return [*rows[:-1], rows[-1] | last]


SPIKES = pl.DataFrame(
    [
        *series("coding", denied_count=12, state="new", since_week=WEEKS[-1]),
        *series("cob", state="closed", since_week=WEEKS[3], detectable_lift=1.8),
        *series("eligibility"),
        *series("duplicate", reason="too few to tell", expected=None, give_or_take=None, detectable_lift=None),
    ],
    infer_schema_length=None,
)
CARD = {"payer_id": "P", "root_cause": "coding", "since_week": WEEKS[-1], "week": WEEKS[-1], "state": "new", "denied_count": 12,
        "decided_count": 100, "denial_rate": 0.12, "before_denied_count": 52, "before_decided_count": 1300, "before_rate": 0.04,
        "rate_effect": 0.06, "mix_effect": 0.03, "lag_effect": -0.01, "main_carc_code": "16", "main_rarc_code": "M51",
        "first_service_date": dt.date(2026, 10, 1), "first_adjudication_date": dt.date(2026, 11, 18), "reading": "client",
        "claim_count": 11, "open_count": 10, "at_risk_amount": D("1234.50"), "fixable_count": 9, "next_step": "Correct it",
        "deadline_date": dt.date(2027, 1, 4), "example_tokens": "a1,b2"}  # fmt: skip


def cards(*rows: dict) -> pl.DataFrame:
    return widened(pl.DataFrame(list(rows), infer_schema_length=None), CONTRACTS["mart_spike_cards"])


def part(dimension: str, value: str, rank: int | None, share: float | None = 0.5, values: int = 1) -> dict:
    return {"payer_id": "P", "root_cause": "coding", "since_week": WEEKS[-1], "week": WEEKS[-1], "dimension": dimension, "value": value,
            "rank": rank, "value_count": values, "denied_count": 6, "decided_count": 50, "expected": 2.0, "extra_share": share}  # fmt: skip


EVIDENCE = widened(
    pl.DataFrame(
        [
            part("coder", "unknown", 1),
            part("coder", "other", None, None, 4),
            part("carc", "16", 1, -0.25),
            part("rarc", "none", 1),
            part("code_family", "evaluation_management", 1),
            part("provider", "other", None, values=1),
        ]
    ),
    CONTRACTS["mart_spike_evidence"],
)
TABLES = {
    "mart_slow_leaks": empty(CONTRACTS["mart_slow_leaks"]),
    "mart_payer_successions": empty(CONTRACTS["mart_payer_successions"]),
    "mart_denial_spikes": SPIKES,
    "mart_spike_cards": cards(CARD),
    "mart_spike_evidence": EVIDENCE,
}


def facts(card: dict) -> dict[str, str]:
    return {row["name"]: row["text"] for row in spikes.fact_rows(cards(card).row(0, named=True), {})}


def test_the_lead_names_the_costliest() -> None:
    assert spikes.headline(SPIKES, cards(CARD), NAMES) == (
        "1 spike is open, 1 of them new: Northlake <Health>: coding ($1,234 at risk). "
        "3 of 4 series of payer and cause could be judged.")  # fmt: skip
    many = cards(
        *(
            {**CARD, "root_cause": c, "state": s}
            for c, s in zip(("coding", "cob", "duplicate", "billing_format"), ["fading"] * 4, strict=True)
        )
    )
    assert spikes.headline(SPIKES, many, NAMES).startswith("4 spikes are open, none of them new: ")
    assert " and 1 more. " in spikes.headline(SPIKES, many, NAMES)


def test_nothing_open_and_nothing_known() -> None:
    nothing = cards(CARD).clear()
    assert spikes.headline(SPIKES, nothing, NAMES).startswith("No payer denies more for any cause than expected; 3 of 4")
    assert spikes.headline(SPIKES.clear(), nothing, NAMES) == "No week is complete yet, so no series can be judged."
    section = spikes.section(facts_of({name: table.clear() for name, table in TABLES.items()}))
    assert (section["cards"], section["quiet"]) == ([], [])


def test_a_card_in_words() -> None:
    (card,) = spikes.card_rows(SPIKES, cards(CARD), EVIDENCE, NAMES)
    assert (card["title"], card["state"], card["since"]) == ("Northlake <Health>: coding", "New", "16–22 Nov 2026")
    assert card["sentence"] == "12 claims denied of 100 decided in the week 16–22 Nov 2026, 4.0 expected give or take 2.0 (3.0 times)."
    assert card["change"] == (
        "12.0\u00a0% of lines denied since it began (12 of 100), 4.0\u00a0% in the 13 weeks before (52 of 1,300): +8.00\u00a0points. Of these:")  # fmt: skip
    assert [row["points"] for row in card["effects"]] == ["+6.00\u00a0points", "+3.00\u00a0points", "−1.00\u00a0points"]


def test_contributions_stand_in_order_with_their_own_words() -> None:
    rows = spikes.contribution_rows(EVIDENCE)
    assert [(row["dimension"], row["value"], row["share"]) for row in rows] == [
        ("Reason", "16", "−25\u00a0%"), ("Remark", "No remark that says more", "50\u00a0%"),
        ("Code family", "Evaluation and management", "50\u00a0%"), ("Provider", "1 other", "50\u00a0%"),
        ("Coder", "Not known", "50\u00a0%"), ("Coder", "4 other coders", "–"),
    ]  # fmt: skip
    assert rows[0]["meaning"]
    assert [row["is_leading"] for row in rows] == [True, True, True, False, True, False]


def test_facts_say_what_is_not_known() -> None:
    known = facts(CARD)
    assert known["Main reason"] == "CARC 16 RARC M51: first service 1 Oct 2026, first denied 18 Nov 2026"
    assert known["At risk"] == "$1,234 in 10 open of 11 claims"
    assert known["Fix"] == "Correct it (9 claims, first deadline 4 Jan 2027)"
    assert known["Examples"] == "a1, b2"
    assert (known["Acknowledged by"], known["Reading"]) == ("nobody yet", "Not one coder's; other clients not compared")
    none = facts(CARD | dict.fromkeys(("main_carc_code", "main_rarc_code", "first_service_date", "example_tokens")) | {"fixable_count": 0})
    assert none["Main reason"] == "none given: first service –, first denied 18 Nov 2026"
    assert (none["Fix"], none["Examples"]) == ("nothing open on the worklist has time left", "–")
    assert facts(CARD | {"reading": "payer", "clients_up_count": 3})["Reading"].endswith("; 3 clients of this payer up the same week")
    assert "C7" in facts(CARD | {"reading": "coder", "coder_id": "C7"})["Reading"]
    silent = spikes.card_rows(
        SPIKES.clear(), cards(CARD | {"before_rate": None} | dict.fromkeys(("rate_effect", "mix_effect", "lag_effect"))), EVIDENCE, {}
    )
    assert (silent[0]["sentence"], silent[0]["effects"]) == ("", [])


def test_quiet_series_say_what_they_would_have_shown_or_why_they_were_not_judged() -> None:
    rows = spikes.quiet_rows(SPIKES, NAMES)
    assert [(row["cause"], row["expected"], row["detectable"], row["note"]) for row in rows] == [
        ("Other payer first", "4.0", "1.8 times", "Spike closed"), ("Eligibility", "4.0", "2.5 times", ""),
        ("Duplicate", "–", "–", "Not judged: too few to tell"),
    ]  # fmt: skip


def test_the_chart_shows_thirteen_weeks_and_marks_the_spike() -> None:
    chart = go.Figure(spikes.weekly_chart(SPIKES.filter(pl.col("root_cause") == "coding"), WEEKS[-1]).as_plotly())
    high, low, usual, denied = chart.data
    assert len(denied.x) == 13
    assert (high.y[0], low.y[0], usual.y[0], denied.y[-1]) == (6.0, 2.0, 4.0, 12)
    assert list(denied.marker.color[-2:]) == [spikes.BLUE, spikes.RED]
    unjudged = spikes.weekly_chart(SPIKES.filter(pl.col("root_cause") == "duplicate"), WEEKS[-1])
    assert unjudged.data[0]["y"][-1] is None


@pytest.mark.parametrize("tables", [TABLES, {name: table.clear() for name, table in TABLES.items()}])
def test_the_section_fits_the_pack(tables: dict[str, pl.DataFrame]) -> None:
    manifest = dict.fromkeys(("file_count", "input_hash", "reference_hash", "settings_hash", "code_version"), "0" * 12)
    page = render(
        "pack.html.j2",
        title="t",
        client="c",
        week="w",
        through="d",
        sections=[spikes.section(facts_of(tables, names=NAMES))],
        is_internal=True,
        definitions=[],
        manifest=manifest,
        evidence="A",
    )
    assert 'id="mart_denial_spikes"' in page
    assert "Northlake <Health>" not in page
    assert ('data-chart="spike-1"' in page) == bool(tables["mart_spike_cards"].height)
    assert tables["mart_spike_cards"].is_empty() or "Northlake &lt;Health&gt;: coding" in page


def test_an_empty_contract_table_is_enough() -> None:
    assert spikes.contribution_rows(empty(CONTRACTS["mart_spike_evidence"])) == []
