"""Homes that the commits of earlier versions made are refused with what to do, untouched, and doing it gives today's pack.

A new version adds its home: a run of it over the inbox below, pages replaced by a line, packed as home-<version>.tar.xz.
"""

import shutil
import tarfile
from pathlib import Path

import pytest

from rcm_pipeline.errors import ExitCode
from rcm_pipeline.governance.publications import PAGE
from tests.conftest import ROOT, rcm
from tests.end_to_end.hashes import file_hashes
from tests.unit.lives import two_claims

HOMES = sorted((ROOT / "tests" / "fixtures" / "homes").glob("home-*.tar.xz"))


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What every home was made from."""
    return two_claims(tmp_path_factory.mktemp("upgrades") / "inbox")


def test_every_version_with_a_home_is_here() -> None:
    assert [path.name for path in HOMES] == ["home-0.2.0.tar.xz", "home-0.3.0.tar.xz", "home-0.5.0.tar.xz"]


@pytest.mark.parametrize(
    "packed", [pytest.param(path, marks=[pytest.mark.slow] * (path != HOMES[-1]), id=path.name.removesuffix(".tar.xz")) for path in HOMES]
)
def test_a_home_of_an_earlier_version_says_what_to_do(packed: Path, inbox: Path, tmp_path: Path) -> None:
    with tarfile.open(packed) as archive:
        archive.extractall(tmp_path, filter="data")
    [home] = tmp_path.iterdir()
    packs = {name: digest for name, digest in file_hashes(home / "reports").items() if "stale" not in name}
    key = (home / "keys" / "north.key").read_bytes()
    run = ("run", "--inbox", inbox, "--today", "2026-11-23")
    refused = rcm(*run, home=home, check=False)
    assert refused.returncode == ExitCode.STORAGE
    assert f"{home}/warehouse/north: this warehouse was made by an older version" in refused.stderr or "of version 0.5" in refused.stderr
    assert "move that folder away and run again" in refused.stderr
    assert "read 0 files" not in refused.stderr
    assert {name: digest for name, digest in file_hashes(home / "reports").items() if "stale" not in name} == packs
    shutil.move(home / "warehouse" / "north", tmp_path / "away")
    done = rcm(*run, home=home)
    assert (
        "read 2 files (2 claims, 2 claim payments); not read 0, set aside 0; denied at first decision 1 of 2 lines, $200.00" in done.stderr
    )
    assert (home / "reports" / "north" / "latest" / PAGE).is_file()
    assert (home / "keys" / "north.key").read_bytes() == key
