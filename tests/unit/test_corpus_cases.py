"""Small inputs from public bug reports and public exports, with what a right reader gives. They are not part of this repository."""

import json
from pathlib import Path

import pytest

from rcm_pipeline.intake.contents import content_of_bytes
from rcm_pipeline.intake.reading import read_files
from rcm_pipeline.intake.recognise import recognise
from rcm_pipeline.privacy.tokens import Identified
from rcm_pipeline.settings import ClientSettings
from tests.conftest import ROOT

CASES = ROOT.parent / "shared" / "corpus" / "cases"
STEMS = sorted(path.name.removesuffix(".expected.json") for path in CASES.glob("*.expected.json"))


def reading_of(path: Path):
    content = content_of_bytes(path.read_bytes())
    return read_files([(content, recognise(content))], ClientSettings(), Identified()).tables


@pytest.mark.skipif(not STEMS, reason="the cases are not here")
@pytest.mark.parametrize("stem", STEMS or [""])
def test_a_case_gives_the_rows_it_should(stem: str) -> None:
    expected = json.loads((CASES / f"{stem}.expected.json").read_text())["expect"]
    [path] = [path for path in CASES.glob(f"{stem}.*") if path.suffix != ".json"]
    tables = reading_of(path)
    notes = sum(tables[name].height for name in ("raw_rejects", "raw_findings") if name in tables)
    for name, wanted in expected.items():
        match name:
            case "_counts":
                assert {table: tables[table].height if table in tables else 0 for table in wanted} == wanted
            case "_nofindings":
                assert notes == 0
            case "_some_note":
                assert notes > 0
            case _:
                found = tables[name].to_dicts() if name in tables else []
                assert [_shown(row, want) for row, want in zip(found, wanted, strict=False)] == wanted, name
                assert len(found) >= len(wanted), name


def _shown(row: dict[str, object], want: dict[str, object]) -> dict[str, object]:
    return {key: value if (value := row.get(key)) is None or isinstance(want[key], type(value)) else str(value) for key in want}
