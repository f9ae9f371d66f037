"""The page of a QA plan as a person sees it: charts drawn under its own policy, nothing over the side."""

from pathlib import Path

import pytest

from dashboards.qa_plan import plan_page
from rcm_pipeline.settings import Qa
from tests.browser.test_pack_page import CHROMIUM, drawn
from tests.unit.test_qa_plan_page import PLAN

pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"), pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize("width", [1280, 500])
def test_charts_are_drawn_and_nothing_spills_over_the_side(tmp_path: Path, width: int) -> None:
    facts = drawn(plan_page(PLAN, Qa()), tmp_path, width)
    assert facts["charts"] >= facts["places"] == 3
