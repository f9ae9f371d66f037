"""The page of a QA plan as a person sees it: charts drawn under its own policy, nothing over the side."""

import html
import json
import re
from pathlib import Path

import pytest

from dashboards.qa_plan import plan_page
from rcm_pipeline.settings import Qa
from tests.browser.test_pack_page import CHROMIUM, MEASURE, browse
from tests.unit.test_qa_plan_page import PLAN

pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"), pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize("width", [1280, 500])
def test_charts_are_drawn_and_nothing_spills_over_the_side(tmp_path: Path, width: int) -> None:
    page = tmp_path / "qa_plan.html"
    text = plan_page(PLAN, Qa())
    page.write_text(text)
    _, log = browse(page, tmp_path, width)
    assert "Uncaught" not in log
    assert "Refused to" not in log
    page.write_text(re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text).replace("</body>", MEASURE + "</body>"))
    dom, _ = browse(page, tmp_path, width)
    facts = json.loads(html.unescape(re.search(r"<title>(.*?)</title>", dom)[1]))  # type: ignore[index]
    assert facts["scroll"] <= facts["width"], facts
    assert facts["wide"] == 0, facts
    assert facts["charts"] >= facts["places"] == 3
    assert facts["buttons"] == 0
