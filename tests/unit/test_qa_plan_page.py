"""The page of the QA plan: published numbers of a pass rule, the plan's own, and no chart on it."""

import datetime as dt

import plotly.graph_objects as go
import polars as pl
import pytest

from dashboards.qa_plan import half_width, operating_chart, plan_page, rule_sentence, typical, width_chart, width_sentence
from rcm_pipeline.coding.sampling.planning import charts_for_half_width
from rcm_pipeline.coding.sampling.sampling import draw
from rcm_pipeline.governance.qa_plan import Plan, by_coder
from rcm_pipeline.settings import Qa
from tests.unit.qa_world import WEEK, charts

SHOP = charts({"C1": ["new_coder"] * 12, "C2": [""] * 13, "C3 & <b>": ["denied_coding"] * 3 + [""] * 30})
PLAN = Plan("acme", draw(SHOP, Qa(), WEEK, 1, dt.date(2026, 11, 23)), is_new=True)


def test_the_thirty_chart_rule_is_told_in_plain_numbers() -> None:
    """1 error at most in 30: P = .98^30 + 30 × .02 × .98^29 = .879, at .95 .554, at .90 .184."""
    told = rule_sentence(0.95)
    assert "on 30 charts” fails 12 times in 100 a coder whose true accuracy is 98\u00a0%" in told
    assert "passes 18 times in 100 one at 90\u00a0%" in told
    assert "55 times in 100 a pass" in told
    assert "99\u00a0%" in rule_sentence(0.975)


def test_the_typical_coder_is_the_median_one_over_the_weeks_of_the_plan() -> None:
    coders = by_coder(PLAN.sample)
    assert coders["random_count"].to_list() == [12, 5, 6]
    assert typical(coders, Qa()) == (6 * 13, 33 * 13)
    assert typical(coders, Qa(weeks=4)) == (24, 132)


@pytest.mark.parametrize(
    ("charts_seen", "held", "expected"), [(83, None, 0.049974), (30, None, 0.089449), (169, 169, 0.0), (66, 300, 0.049536)]
)
def test_half_widths_agree_with_the_planner(charts_seen: int, held: int | None, expected: float) -> None:
    """Wilson by hand: 1.96 / (1 + 3.8415 / n) × √(.0475 / n + 3.8415 / 4n²). Of 300 charts 66 are worth 66 × 299 / 234 = 84.3."""
    assert half_width(charts_seen, 0.95, held) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("held", [None, 60, 169, 1000])
def test_the_charts_needed_are_the_fewest_that_are_sure_enough(held: int | None) -> None:
    needed = charts_for_half_width(0.05, 0.95, frame_count=held)
    assert half_width(needed, 0.95, held) <= 0.05
    assert half_width(needed - 1, 0.95, held) > 0.0499


def test_charts_draw_what_they_name() -> None:
    operating = go.Figure(operating_chart([10, 30, 78], 78, 0.95).as_plotly())
    assert [line.name for line in operating.data] == ["10 charts", "30 charts", "78 charts (this plan)"]
    chance = dict(zip(operating.data[1].x, operating.data[1].y, strict=True))
    assert chance[0.9] == pytest.approx(0.1837, abs=1e-4)
    widths = go.Figure(width_chart(78, 429, Qa()).as_plotly())
    assert [p.name for p in widths.data[2:]] == ["30 charts", "78 charts"]
    assert widths.data[2].y[0] == pytest.approx(half_width(30, 0.95, 429))


def test_the_page_escapes_names_and_holds_no_chart() -> None:
    text = plan_page(PLAN, Qa())
    assert "C3 &amp; &lt;b&gt;" in text
    body = text.split("<script>")[0]
    assert not any(token in body for token in SHOP["claim_token"].to_list() if "&" not in token)
    assert "59 charts prove it" in text
    assert "234" in text
    assert PLAN.sample_id in text
    assert PLAN.sample["frame_hash"][0] in text


def test_a_plan_of_one_chart_and_a_standard_of_its_own_has_a_page() -> None:
    tiny = Plan("acme", draw(SHOP.filter(pl.col("coder_id") == "C2").head(1), Qa(), WEEK, 1, dt.date(2026, 11, 23)), is_new=True)
    assert "1 of 1 charts at random" in plan_page(tiny, Qa())
    assert "99.2\u00a0%" in plan_page(PLAN, Qa(standard=0.98, half_width=0.02))
    assert "13 of the median coder's 13 charts" in width_sentence(13, 13, Qa())
