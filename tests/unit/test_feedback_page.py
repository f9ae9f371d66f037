"""What the pack says of denials for coding, of feedback and of queries: sentences, rows, and that they fit the pack's template."""

import datetime as dt

import plotly.graph_objects as go
import polars as pl
import pytest

from dashboards import coding_denials, escalations, feedback
from dashboards.page import render
from rcm_pipeline.settings import ClientSettings
from schemas.contract import empty, widened
from schemas.registry import CONTRACTS
from tests.tables import facts_of

ANCHOR = dt.date(2026, 11, 16)
SETTINGS = ClientSettings.model_validate({"authority": {"write off": ["supervisor"]}})
DENIALS = widened(
    pl.DataFrame(
        [
            ("escape", "all", 4, 80, 0.05, 0.02, 0.122, None, None, None, None, None),
            ("finding_lift", "all", 6, 20, 0.3, 0.145, 0.519, 4, 80, 6.0, 1.9, 19.0),
            ("category", "UNITS", 3, 10, 0.3, 0.108, 0.603, 3, 10, 1.0, 0.3, 3.4),
            ("coder", "<C1>", 30, 300, 0.1, 0.071, 0.139, 12, 300, 2.5, 1.3, 4.7),
            ("coder", "C2", 5, 200, 0.025, 0.011, 0.057, 30, 400, 0.33, 0.1, 0.8),
            ("coder", "C3", 2, 40, 0.05, 0.014, 0.165, 0, 60, None, 0.8, None),
            ("coder", "C4", 3, 40, 0.075, 0.026, 0.199, 4, 60, 1.1, 0.2, 4.0),
        ],
        schema=list(CONTRACTS["mart_coding_denials"].to_schema().columns),
        orient="row",
    ),
    CONTRACTS["mart_coding_denials"],
)


def told(coder: str, state: str, acted: dt.date | None = None, change: tuple = (None, None, None), action: str | None = None) -> dict:
    return {"coder_id": coder, "error_code": "UNITS", "finding_count": 3, "first_date": ANCHOR, "acknowledged_count": 1, "action_code": action,
            "action_date": acted, "before_chart_count": 40, "before_error_count": 3, "after_chart_count": 0 if change[0] is None else 35,
            "after_error_count": 0, "change": change[0], "change_low": change[1], "change_high": change[2], "state": state}  # fmt: skip


FEEDBACK = widened(
    pl.DataFrame(
        [
            told("C1", "settled", ANCHOR, (-0.25, -0.4, -0.1), "<training>"),
            told("C2", "open"),
            told("C3", "recurring", ANCHOR, (0.01, -0.1, 0.1)),
        ],
        infer_schema_length=None,
    ),
    CONTRACTS["mart_coding_feedback"],
)
AGING = widened(
    pl.DataFrame(
        [
            {"reason_code": reason, "sent_count": 6, "answered_count": 4, "in_time_count": 2, "changed_count": 3, "precision": 0.75, "low": 0.3,
             "high": 0.95, "answer_days": 5.5, "open_count": 2, "overdue_count": 1, "oldest_days": 9, "decided_count": decided, "outside_count": outside}
            for reason, decided, outside in (("payer_logic", 0, 0), ("all", 3, 1))
        ]
    ),
    CONTRACTS["mart_escalation_aging"],
)  # fmt: skip
DECISIONS = widened(
    pl.DataFrame(
        {"file_id": "f", "row_no": [2, 3], "decision_token": ["1", "2"], "escalation_token": ["a", None], "decided_date": ANCHOR,
         "role_code": ["<coder>", "supervisor"], "subject_code": "write off", "outcome_code": "x"}
    ),
    CONTRACTS["raw_decisions"],
)  # fmt: skip
TABLES = {"mart_coding_denials": DENIALS, "mart_coding_feedback": FEEDBACK, "mart_escalation_aging": AGING, "raw_decisions": DECISIONS}


def sections(tables: dict[str, pl.DataFrame], settings: ClientSettings = SETTINGS) -> list[dict]:
    facts = facts_of(tables, ANCHOR, settings)
    return [coding_denials.section(facts), feedback.section(facts), escalations.section(facts)]


def page(shown: list[dict]) -> str:
    manifest = {"file_count": 1, "input_hash": "i", "reference_hash": "r", "settings_hash": "s", "code_version": "0"}
    return render(
        "pack.html.j2",
        title="t",
        client="c",
        week="w",
        through="d",
        sections=shown,
        is_internal=True,
        definitions=[],
        manifest=manifest,
        evidence="e",
    )


def test_the_headlines() -> None:
    denied, fed, asked = (section["lead"].replace("\u00a0", " ") for section in sections(TABLES))
    assert denied == (
        "Of 80 claims whose charts QA found right, 4 were denied for coding: 5.0 % (2.0–12.2 %). "
        "Claims with a finding are denied 6.0 × (1.9–19.0) as often as those without."
    )
    assert fed == "3 pairs of coder and error category with findings: 1 came back, 1 open, 1 settled."
    assert asked == (
        "6 queries in 13 weeks; 1 of 2 open ones wait longer than 5 days; 75.0 % of the answers changed something (30.0–95.0 %); "
        "1 of 3 were decided by a role that may not."
    )


def test_a_lift_that_spans_one_foretells_nothing() -> None:
    unsure = DENIALS.with_columns(pl.lit(0.9).alias("lift_low"))
    assert "cannot be told yet" in coding_denials.headline(unsure)


@pytest.mark.parametrize(
    ("limits", "text", "group"),
    [
        ((2.0, 1.1, 3.6), "2.0 × (1.1–3.6)", "more"),
        ((0.0, 0.0, 0.7), "0.0 × (0.0–0.7)", "fewer"),
        ((None, 0.8, None), "at least 0.8 ×", "unclear"),
        ((None, 1.2, None), "at least 1.2 ×", "more"),
        ((None, None, None), "–", "unclear"),
    ],
)
def test_a_lift_in_words(limits: tuple, text: str, group: str) -> None:
    assert (coding_denials.lift(*limits).replace("\u00a0", " "), coding_denials.group_of(*limits[1:])) == (text, group)


def test_every_coder_has_its_place_in_the_chart() -> None:
    chart = go.Figure(coding_denials.coder_lift_chart(DENIALS).as_plotly())
    assert {trace.name: list(trace.y) for trace in chart.data} == {
        "Clearly more": ["<C1>"],
        "Cannot be told apart": ["C4"],
        "Clearly fewer": ["C2"],
    }
    assert chart.data[0].error_x.array[0] == pytest.approx(2.2)


def test_what_needs_doing_comes_first() -> None:
    rows = feedback.feedback_rows(FEEDBACK)
    assert [(r["coder"], r["state"], r["after"]) for r in rows] == [
        ("C3", "came back", "0 of 35"),
        ("C2", "open", "–"),
        ("C1", "settled", "0 of 35"),
    ]
    assert [list(trace["y"]) for trace in feedback.change_chart(FEEDBACK).data] == [["C3 · UNITS"], ["C1 · UNITS"]]


def test_decisions_without_authority_come_first() -> None:
    rows = sections(TABLES)[2]["authority"]
    assert [(r["role"], r["is_outside"], r["queries"]) for r in rows] == [("<coder>", True, "1"), ("supervisor", False, "0")]


def test_the_sections_fit_the_pack_and_escape_what_files_say() -> None:
    made = page(sections(TABLES))
    assert "&lt;training&gt;" in made
    assert "&lt;coder&gt;" in made
    assert not any(f"<{name}>" in made for name in ("C1", "training", "coder"))
    assert "21\u00a0% of the time" in made  # .95 to the power of 30
    assert all(f'data-chart="{name}"' in made for name in ("coder_lifts", "changes"))


def test_before_anything_is_known_every_section_says_so() -> None:
    shown = sections({name: empty(CONTRACTS[name]) for name in TABLES}, ClientSettings())
    assert [section["lead"] for section in shown] == [
        "No chart of a random sample has both a review and a decision of the payer yet.",
        "No finding stands, so there is nothing to feed back.",
        "No query has been sent.",
    ]
    assert 'class="scroll"' not in page(shown)


def test_without_a_matrix_the_page_says_that_nothing_is_judged() -> None:
    assert "No authority matrix is set" in page(sections(TABLES, ClientSettings()))
