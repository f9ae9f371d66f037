"""`rcm backtest`: the same facts as text, as JSON and on a page; a past too short is said to be so."""

import json
from pathlib import Path

import pytest

from rcm_pipeline.errors import ExitCode
from tests.conftest import rcm
from tests.spec.engine import remittance

CLIENT = "lakeside-physicians"


def test_the_past_is_replayed_and_every_alarm_is_counted_once(published: Path) -> None:
    done = rcm("backtest", CLIENT, "--json", home=published)
    told = json.loads(done.stdout)
    assert (told["client"], told["last_week"], told["week_count"]) == (CLIENT, "2026-11-16", 20)
    assert "there are only 20 complete weeks" in done.stderr
    assert sum(m["alarm_count"] for m in told["months"]) == sum(a["alarm_count"] for a in told["alarms"]) > 0
    assert sum(m["week_count"] for m in told["months"]) == 20
    assert any(a["payer"] == "PAY03" and a["cause"] == "authorization" for a in told["alarms"]), "the planted spike"
    assert "too little history" in {r["reason"] for r in told["unjudged"]}
    fewer = rcm("backtest", CLIENT, "--weeks", "4", home=published)
    assert fewer.stdout.startswith("In 4 weeks to the week of 16 Nov 2026")
    assert fewer.stderr == ""


def test_the_page_is_written_beside_the_packs_and_leaves_them_alone(own_home: Path, sample: Path) -> None:
    reports = own_home / "reports" / CLIENT
    before = sorted(p.name for p in reports.iterdir())
    done = rcm("backtest", CLIENT, "--page", home=own_home)
    page = Path(done.stdout.splitlines()[-1])
    assert page == reports / "backtest.html"
    assert sorted(p.name for p in reports.iterdir()) == sorted([*before, "backtest.html"])
    text = page.read_text()
    assert "default-src 'none'" in text[:2000].replace("&#39;", "'")
    assert "Summerfield Assurance" in text
    assert json.loads(rcm("backtest", CLIENT, "--page", "--json", home=own_home).stdout)["page"] == str(page)
    rcm("report", CLIENT, "--today", "2026-11-23", "--settings", sample / "settings", home=own_home)
    assert page.read_text() == text, "a new pack leaves it"


@pytest.mark.slow
def test_what_cannot_be_replayed_is_said(published: Path, tmp_path: Path) -> None:
    unknown = rcm("backtest", "nobody", home=published, check=False)
    assert unknown.returncode == ExitCode.INPUT
    assert "nobody" in unknown.stderr
    assert rcm("backtest", CLIENT, "--weeks", "0", home=published, check=False).returncode == ExitCode.USAGE
    inbox = tmp_path / "inbox" / "acme"
    inbox.mkdir(parents=True)
    raw = remittance("CLP*A1*1*100*0*0*CI*I1\nSVC*HC:99213*100*0\nCAS*CO*197*100")
    for day, code, said in (
        ("16", ExitCode.INPUT, "no claim was denied in a complete week"),
        ("19", ExitCode.OK, "nothing could be judged"),
    ):
        (inbox / "r.835").write_bytes(raw.replace(b"20261116~TRN", f"202611{day}~TRN".encode()))  # a Monday alone completes no week
        rcm("run", "--inbox", tmp_path / "inbox", "--today", "2026-11-23", home=tmp_path / f"home{day}")
        done = rcm("backtest", "acme", home=tmp_path / f"home{day}", check=False)
        assert done.returncode == code
        assert said in done.stdout + done.stderr
