"""A threshold stands once: changed, no rule and no word about it is left behind."""

import datetime as dt
import json
import subprocess
import sys
from decimal import Decimal

import polars as pl
import pytest

from tests.tables import outcome_of

# a value that stands nowhere else → what is said with it, and what was said before
CHANGED = {
    "SPIKE_LIFT": (1.73, "1.73", "lift at least 1.25"),
    "SPIKE_Q": (0.07, "q at most 0.07", "q at most 0.10"),
    "LEAK_LIFT": (1.37, "lift at least 1.37", "lift at least 1.15"),
    "SOON_DAYS": (17, "17 days", "14 days"),
    "EVIDENCE_ALARM": (37.0, "reached 37", "reached 20"),
    "FRESH_DAYS": (33, "33 days", "21 days"),
    "CLASSIFIED_SHARE": (0.88, "At most 12 %", "At most 5 %"),
    "BALANCED_SHARE": (0.91, "At least 91 %", "At least 95 %"),
}
_CODE = """
import json, sys
import schemas.thresholds as thresholds
for name, value in json.loads(sys.argv[1]).items():
    setattr(thresholds, name, value)
from dashboards import backtest, coding, recovery
from rcm_pipeline.denials.spikes.settings import SpikeSettings
from rcm_pipeline.quality.checks import CHECKS
from schemas.contract import descriptions
from schemas.registry import CONTRACTS
texts = [text for contract in CONTRACTS.values() for text in descriptions(contract).values()]
texts += [check.sentence for check in CHECKS] + list(recovery._URGENCY.values()) + list(backtest._MEANINGS.values())
print(json.dumps({"texts": "\\n".join(texts), "lift": SpikeSettings().min_lift, "q": SpikeSettings().false_share}))
"""


@pytest.fixture(scope="module")
def said() -> dict:
    values = json.dumps({name: value for name, (value, _, _) in CHANGED.items()})
    done = subprocess.run([sys.executable, "-c", _CODE, values], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", CHANGED)
def test_contract_check_and_page_say_the_new_threshold_and_never_the_old(name: str, said: dict) -> None:
    _, new, old = CHANGED[name]
    assert new in said["texts"]
    assert old not in said["texts"]


def test_the_rule_is_the_changed_one(said: dict) -> None:
    assert (said["lift"], said["q"]) == (1.73, 0.07)


@pytest.mark.parametrize(("unspecified", "is_passed"), [("5.00", True), ("5.01", False)])
def test_the_verdict_of_a_share_of_dollars_is_exact(unspecified: str, is_passed: bool) -> None:
    """5.00 of 100.00 is not more than 5 %, whatever the parts it is summed from; the counts shown are in whole dollars."""
    rest = Decimal("100.00") - Decimal(unspecified)
    parts = [("unspecified", Decimal("0.10"))] * 3 + [("unspecified", Decimal(unspecified) - Decimal("0.30"))]
    denials = pl.DataFrame(
        {"root_cause": [cause for cause, _ in parts] + ["coding"], "denied_amount": [amount for _, amount in parts] + [rest]},
        schema={"root_cause": pl.String, "denied_amount": pl.Decimal(18, 2)},
    )
    outcome = outcome_of("classified", {"core_denials": denials}, dt.date(2026, 11, 9))
    assert (outcome.is_passed, outcome.checked_count) == (is_passed, 100)
