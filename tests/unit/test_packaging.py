"""The four packages are ours, versions agree, and the lock names no host."""

import importlib
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

import rcm_pipeline

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.mark.parametrize("name", ["schemas", "rcm_pipeline", "dashboards", "assets"])
def test_packages_resolve_inside_the_repository(name: str) -> None:
    """Generic names can be shadowed by an installed package without a word; reinstall the project if this fails."""
    assert Path(importlib.import_module(name).__file__ or "").is_relative_to(ROOT)


def test_the_lock_is_hashed_and_names_no_host() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    pins = re.findall(r"^[a-z0-9._-]+(?:\[[a-z0-9,_-]+\])?==", lock, flags=re.MULTILINE)
    assert len(pins) > 80
    assert lock.count("--hash=sha256:") >= len(pins)
    assert "://" not in lock


@pytest.mark.parametrize("requirement", PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["dev"])
def test_exact_pins_agree_with_the_lock(requirement: str) -> None:
    name, _, version = requirement.partition("==")
    plain = name.split("[")[0].split(">")[0].lower().replace("_", "-")
    locked = re.search(rf"^{re.escape(plain)}(?:\[[^\]]*\])?==(\S+)", (ROOT / "requirements.lock").read_text(), flags=re.MULTILINE)
    assert locked, f"{plain} is not in requirements.lock; run: make lock"
    if version:
        assert locked[1] == version


def test_every_dependency_carries_its_reason() -> None:
    block = (ROOT / "pyproject.toml").read_text().split("dependencies = [", 1)[1].split("[project.scripts]")[0]
    lines = [line for line in block.splitlines() if line.strip().startswith('"')]
    assert lines
    assert all("#" in line for line in lines)


def test_the_changelog_knows_this_version() -> None:
    assert f"## {rcm_pipeline.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_no_registry_host_or_unwanted_file_is_tracked() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    if not listed:
        pytest.skip("not a git checkout")
    hosts = re.compile("|".join(["pypi" + r"\.org", "python" + "hosted", "npm" + r"js\.org", "deb" + r"\.debian"]))
    for name in listed:
        path = ROOT / name
        if path.suffix in {".py", ".md", ".toml", ".lock", ".yaml", ".yml", ""} and path.is_file():
            assert not hosts.search(path.read_text(encoding="utf-8", errors="replace")), name
    assert not [name for name in listed if Path(name).name in {"utils.py", "helpers.py"}]
