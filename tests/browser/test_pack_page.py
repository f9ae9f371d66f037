"""The pack as a person sees it: drawn in a real browser, offline, under its own policy, on a laptop and on a phone."""

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import plotly.graph_objects as go
import pytest

from rcm_pipeline.governance.publications import PAGE
from tests.conftest import rcm
from tests.spec.engine import remittance

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"), pytest.mark.xdist_group("browser")]
OPTIONS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-sync", "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=8000", "--hide-scrollbars", "--enable-logging=stderr", "--v=0",
]  # fmt: skip
MEASURE = """<script>setTimeout(function () {
  var wide = [...document.querySelectorAll('body *')].filter(function (e) {
    return e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.scroll') && !e.closest('nav') && !e.closest('svg'); });
  document.title = JSON.stringify({width: innerWidth, scroll: document.documentElement.scrollWidth, wide: wide.length,
    charts: document.querySelectorAll('.chart .main-svg').length, places: document.querySelectorAll('.chart').length,
    buttons: document.querySelectorAll('.modebar-btn, [href*="plotly.com"]').length});
}, 3000);</script>"""


def browse(page: Path, tmp_path: Path, width: int, *more: str) -> tuple[str, str]:
    command = [
        CHROMIUM or "",
        *OPTIONS,
        f"--user-data-dir={tmp_path / 'profile'}",
        f"--window-size={width},900",
        *more,
        "--dump-dom",
        page.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, done.stderr


def drawn(text: str, tmp_path: Path, width: int) -> dict[str, int]:
    """A page of its own opened under its own policy, then measured without it: MEASURE's facts."""
    page = tmp_path / "page.html"
    page.write_text(text)
    _, log = browse(page, tmp_path, width)
    assert "Uncaught" not in log
    assert "Refused to" not in log
    page.write_text(re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text).replace("</body>", MEASURE + "</body>"))
    dom, _ = browse(page, tmp_path, width)
    facts: dict[str, int] = json.loads(html.unescape(re.search(r"<title>(.*?)</title>", dom)[1]))  # type: ignore[index]
    assert facts["scroll"] <= facts["width"], facts
    assert facts["wide"] == 0, facts
    assert facts["buttons"] == 0
    return facts


@pytest.fixture
def page(published: Path) -> Path:
    return published / "reports" / "lakeside-physicians" / "latest" / PAGE


def test_every_chart_is_drawn_and_nothing_is_refused_or_fetched(page: Path, tmp_path: Path) -> None:
    dom, log = browse(page, tmp_path, 1440)
    assert dom.count('class="main-svg"') >= 5
    for name in ("trend", "heat", "immature-1", "coder_accuracy", "errors", "costs"):
        assert re.search(rf'id="{name}"[^>]*class="[^"]*js-plotly-plot', dom) or re.search(
            rf'class="[^"]*js-plotly-plot[^"]*"[^>]*id="{name}"', dom
        ), name
    assert "Refused to" not in log
    assert "Content Security Policy" not in log
    assert "Uncaught" not in log
    outside = re.findall(r"https?://(?!www\.w3\.org/)\S+", re.sub(r"<script.*?</script>", "", dom, flags=re.S))
    assert outside == []


@pytest.mark.parametrize(("edition", "width"), [("internal", 1440), ("internal", 500), ("client", 500)])
def test_nothing_spills_over_the_side(page: Path, tmp_path: Path, edition: str, width: int) -> None:
    """Headless Chromium is never narrower than 500 pixels, so the phone is measured there, below the 760 px break."""
    text = (page.parent.parent / edition / page.name).read_text()
    copy = tmp_path / "measured.html"
    copy.write_text(re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text).replace("</body>", MEASURE + "</body>"))
    dom, _ = browse(copy, tmp_path, width)
    found = html.unescape(re.search(r"<title>(.*?)</title>", dom)[1])  # type: ignore[index]
    facts = json.loads(found)
    assert facts["scroll"] <= facts["width"], facts
    assert facts["wide"] == 0, facts
    assert facts["charts"] >= facts["places"] == (19 if edition == "internal" else 14)  # six of them one per payer, one per spike
    assert facts["buttons"] == 0


def test_the_page_is_whole_in_itself(page: Path) -> None:
    text = page.read_text()
    assert len(re.findall(r"plotly\.js v\d", text)) == 1, "Plotly is inlined once"
    assert '"showSendToCloud":false' in text
    assert '"plotlyServerURL":""' in text
    assert '"displaylogo":false' in text
    assert "default-src 'none'" in html.unescape(text[:2000])
    assert not re.search(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=", text)


def test_plotly_knows_every_attribute_of_every_chart(page: Path) -> None:
    """A chart is plain data, in which a slip in a name would only mean that nothing is drawn."""
    charts = re.findall(r'<script type="application/json" data-chart="([^"]+)">(.*?)</script>', page.read_text(), re.DOTALL)
    assert len(charts) >= 19
    for name, text in charts:
        assert go.Figure(json.loads(text)).to_dict()["data"], name


@pytest.fixture(scope="module")
def odd_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two odd clients in one run: a payer whose name is markup, and a client of which nothing can be read."""
    place = tmp_path_factory.mktemp("odd")
    for client in ("hostile", "empty"):
        (place / "inbox" / client).mkdir(parents=True)
    hostile = "<img src=x onerror=alert(1)></script><script>document.title='owned'</script>"
    raw = remittance("\n".join(f"CLP*A{n}*1*100*0*0*CI*I{n}\nSVC*HC:99213*100*0\nCAS*CO*197*100" for n in range(4)))
    raw = raw.replace(b"N1*PR*PAYER", b"N1*PR*" + hostile.encode()[:79]).replace(b"20261116~TRN", b"20261119~TRN")
    (place / "inbox" / "hostile" / "r.835").write_bytes(raw)
    (place / "inbox" / "empty" / "notes.txt").write_text("nothing of use")
    rcm("run", "--inbox", place / "inbox", "--today", "2026-11-23", home=place / "home")
    return place / "home"


def test_hostile_names_are_shown_as_text(odd_home: Path, tmp_path: Path) -> None:
    """Payer names are the only free text on the page; one that is markup must stay a name."""
    dom, log = browse(odd_home / "reports" / "hostile" / "latest" / PAGE, tmp_path, 1440)
    assert "owned" not in re.search(r"<title>(.*?)</title>", dom)[1]  # type: ignore[index]
    assert "<img src=x" not in dom.lower()
    assert "onerror" in dom.lower(), "the name itself is on the page"
    assert "Uncaught" not in log


def test_a_client_without_any_complete_week_has_a_page_too(odd_home: Path, tmp_path: Path) -> None:
    dom, log = browse(odd_home / "reports" / "empty" / "latest" / PAGE, tmp_path, 1440)
    assert "No week is complete yet" in dom
    assert "Uncaught" not in log
