"""The docs say what the software does: drawn pages are fresh, tables of codes and commands agree, links lead somewhere."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from dashboards.reference_pages import PAGES
from rcm_pipeline.cli import app
from rcm_pipeline.errors import ExitCode
from rcm_pipeline.settings import ClientSettings

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


@pytest.mark.parametrize("page", PAGES)
def test_drawn_pages_are_fresh(page: str) -> None:
    assert (DOCS / page).read_text(encoding="utf-8") == PAGES[page](), "run: make docs"


def test_the_exit_codes_are_documented() -> None:
    rows = re.findall(r"^\| (\d+) \| ([A-Z_]+) \|", (DOCS / "cli.md").read_text(), flags=re.M)
    assert [(int(code), name) for code, name in rows] == [(code.value, code.name) for code in ExitCode]


def test_every_command_is_documented() -> None:
    text = (DOCS / "cli.md").read_text()
    for name in get_command(app).commands:  # type: ignore[attr-defined]
        assert f"`rcm {name}" in text


def test_the_settings_example_is_valid_and_complete() -> None:
    import tomllib

    example = re.search(r"```toml\n(.*?)```", (DOCS / "settings.md").read_text(), flags=re.S)
    settings = ClientSettings.model_validate(tomllib.loads(example[1]))  # type: ignore[index]
    assert settings.quarantine.max_share == 0.05
    assert set(ClientSettings.model_fields) == set(tomllib.loads(example[1]))  # type: ignore[index]


def test_every_rule_of_the_reader_is_documented() -> None:
    code = "\n".join(
        path.read_text(encoding="utf-8") for folder in ("x12", "intake") for path in (ROOT / "rcm_pipeline" / folder).rglob("*.py")
    )
    named = re.findall(
        r"""(?:finding|reject|imbalance|Notice|append)\(+\s*(?:\(?[\w.\[\]"]+, [\w"]+, |\w+, )?"([a-z]+(?:_[a-z]+)+)"[,)]""", code
    )
    named += [a or b for a, b in re.findall(r'"unknown", "([a-z_]+)"|rule=pl.lit\("([a-z_]+)"', code)]
    named += [rule for rule in re.findall(r'"([a-z]+_(?:unreadable|refused|out_of_balance))"', code) if not rule.startswith("is_")]
    page = (DOCS / "x12.md").read_text() + (DOCS / "sheets.md").read_text()
    assert len(set(named)) > 30
    assert sorted(rule for rule in set(named) if f"`{rule}`" not in page) == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", *[f"docs/{p.name}" for p in DOCS.glob("*.md")]])
def test_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert ((ROOT / page).parent / target).exists(), f"{page}: {target}"


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 100


def test_the_committed_sample_is_what_the_generator_makes(tmp_path: Path) -> None:
    from rcm_pipeline.sample.generate import generate
    from tests.end_to_end.hashes import file_hashes

    generate(tmp_path)
    made, committed = file_hashes(tmp_path), file_hashes(ROOT / "data" / "sample")
    assert made == committed, "run: make sample"
    assert sum(p.stat().st_size for p in (ROOT / "data" / "sample").rglob("*") if p.is_file()) < 4_500_000
