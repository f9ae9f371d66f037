"""What all tests share: the corpus when it is there, a door that keeps everything, and a small published home."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT.parent / "shared" / "corpus" / "x12"


class OpenDoor:
    """Lets everything in as it is, so that values can be compared with the file."""

    def is_listed(self, reference: str) -> bool:
        return True

    def admit(self, reference: str, text: pl.Series) -> pl.Series:
        return text.str.strip_chars()


@pytest.fixture
def open_door() -> OpenDoor:
    return OpenDoor()


@pytest.fixture(scope="session")
def corpus() -> list[Path]:
    """Real X12 files that nobody here wrote."""
    if not CORPUS.is_dir():
        pytest.skip("the corpus of real files is not here")
    return sorted(CORPUS.iterdir())


def rcm(
    *arguments: object, home: Path | None = None, check: bool = True, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does."""
    command = [sys.executable, "-m", "rcm_pipeline", *(str(a) for a in arguments)]
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("RCM_", "DAGSTER_"))} | (env or {})
    if home is not None:
        command += ["--home", str(home)]
    done = subprocess.run(command, capture_output=True, text=True, env=variables, cwd=ROOT, timeout=300, check=False)
    if check:
        assert done.returncode == 0, done.stderr + done.stdout
    return done


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A freshly made sample of 20 weeks."""
    from rcm_pipeline.sample.generate import generate

    out = tmp_path_factory.mktemp("sample")
    generate(out, weeks=20, seed=7)
    return out


@pytest.fixture(scope="session")
def published(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which that sample was run and published. Tests must not change it; copy it first."""
    home = tmp_path_factory.mktemp("published") / "home"
    rcm("run", "--inbox", sample / "inbox", "--settings", sample / "settings", "--today", "2026-11-23", home=home)
    return home


@pytest.fixture
def own_home(published: Path, tmp_path: Path) -> Path:
    """A copy of the published home that a test may change."""
    target = tmp_path / "home"
    shutil.copytree(published, target, symlinks=True)
    return target
