"""The page of a backtest as a person sees it: both charts drawn under its own policy, nothing over the side."""

from pathlib import Path

import pytest

from dashboards.backtest import backtest_page
from rcm_pipeline.denials.spikes.backtest import backtest
from tests.browser.test_pack_page import CHROMIUM, drawn
from tests.unit.test_spike_backtest import weekly

pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"), pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize("width", [1280, 500])
def test_charts_are_drawn_and_nothing_spills_over_the_side(tmp_path: Path, width: int) -> None:
    facts = drawn(
        backtest_page("acme", backtest(weekly(), weeks=30), {"P1": "Northlake Health Plan of the Greater Valley"}), tmp_path, width
    )
    assert facts["charts"] >= facts["places"] == 2
