"""The package's list: its release, and the same codes its own functions call billable."""

import datetime as dt
import json
import subprocess
import sys

from rcm_pipeline.code_sets.built_in import built_in_release

# the package's own word on codes of its list, asked in a process of its own: importing it takes 3 seconds and 200 MB
_ASK = """
import json, sys
import simple_icd_10_cm as package
asked = json.load(sys.stdin)
print(json.dumps([package.is_category_or_subcategory(code) and package.is_leaf(code) for code in asked]))
"""


def test_the_release_is_the_one_its_list_is_named_after() -> None:
    found = built_in_release()
    assert (found.valid_from, found.valid_to) == (dt.date(2026, 4, 1), dt.date(2026, 9, 30))
    assert found.release_id == "simple-icd-10-cm April 2026"
    assert found.codes.height == 74_719  # as CMS counts the codes of fiscal year 2026


def test_billable_is_what_the_package_calls_a_leaf() -> None:
    """Every 25th code, all its beginnings that stand in the list, and some that are none."""
    billable = set(built_in_release().codes["code"])
    sample = sorted(billable)[::25]
    asked = sorted({code[:size] for code in sample for size in range(3, len(code) + 1)} | {"A0", "ZZZ99", "1", "QA0", "QA00101"})
    done = subprocess.run([sys.executable, "-c", _ASK], input=json.dumps(asked), capture_output=True, text=True, check=True)
    said = dict(zip(asked, json.loads(done.stdout), strict=True))
    assert sum(said.values()) >= len(sample)
    assert {code for code, is_leaf in said.items() if is_leaf} == billable & set(asked)


def test_it_is_read_without_importing_the_package() -> None:
    code = "import sys; from rcm_pipeline.code_sets.built_in import built_in_release as b; b(); sys.exit('simple_icd_10_cm' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
