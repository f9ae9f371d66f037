"""The one list that comes with the software: the ICD-10-CM release of the package simple-icd-10-cm."""

import datetime as dt
import hashlib
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import polars as pl

from rcm_pipeline.code_sets.releases import CODES, Release
from rcm_pipeline.code_sets.systems import ICD10CM, SYSTEMS, usual_end
from rcm_pipeline.errors import SettingsError

PACKAGE = "simple-icd-10-cm"
_LIST = re.compile(r"code-list-([A-Za-z]+)-(\d{4})\.txt")


@cache
def built_in_release() -> Release:
    """The package's release, from the first of the month its list is named after to the next 30 September.

    Its list is read as a file, for importing the package parses 10 MB of XML for 3 seconds. It names chapters, blocks
    (A00-A09) and headings too; what no longer code begins with is billable, as the package's own `is_leaf` says.
    """
    path = _list()
    named = _LIST.fullmatch(path.name)
    assert named, "the package's list is named after its month; see tests/unit/test_code_sets_built_in.py"
    content = path.read_bytes()
    listed = pl.Series("code", content.decode("ascii").split()).unique()
    codes = listed.filter(listed.str.contains(f"^(?:{SYSTEMS[ICD10CM].form})$"))
    headings = pl.concat(codes.filter(codes.str.len_chars() > size).str.head(size) for size in range(3, 7)).unique()
    billable = codes.filter(~codes.is_in(headings.implode())).sort()
    valid_from = dt.datetime.strptime(f"{named[1]} {named[2]}", "%B %Y").replace(tzinfo=dt.UTC).date()
    return Release(
        ICD10CM,
        f"{PACKAGE} {named[1]} {named[2]}",
        valid_from,
        usual_end(ICD10CM, valid_from),
        "package",
        hashlib.sha256(content).hexdigest(),
        billable.to_frame().select("code", *(pl.lit(None, dtype).alias(name) for name, dtype in CODES.items() if name != "code")),
    )


def _list() -> Path:
    spec = find_spec(PACKAGE.replace("-", "_"))
    folders = spec.submodule_search_locations if spec else None
    found = [path for folder in folders or [] for path in Path(folder, "data").glob("code-list-*.txt")]
    if len(found) != 1:
        raise SettingsError(f"the package {PACKAGE} is not installed with its list of codes", fix="install it again: make run")
    return found[0]
