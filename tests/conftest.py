"""What all tests share: the corpus when it is there, a door that keeps everything, and a small published home."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rcm_pipeline.privacy.shapes import KEEP, Shape

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT.parent / "shared" / "corpus" / "x12"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that need a published home come last, so that neither process waits for the other to make it."""
    items.sort(key=lambda item: bool({"published", "own_home"} & set(getattr(item, "fixturenames", ()))))


class OpenDoor:
    """Lets everything in as it is, so that values can be compared with the file."""

    def shape_of(self, reference: str) -> Shape:
        return KEEP

    def tokeniser(self, reference: str) -> None:
        return None


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


def is_group_there(leader: int) -> bool:
    """Whether any process of the group lives."""
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """One folder for all test processes of this session."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


def once(done: Path, make: Callable[[], object]) -> None:
    """Let one test process make something while the others wait for it."""
    with done.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            make()
            done.touch()


@pytest.fixture(scope="session")
def sample(shared_folder: Path) -> Path:
    """A freshly made sample of 20 weeks."""
    from rcm_pipeline.sample.generate import generate

    out = shared_folder / "sample"
    once(shared_folder / "sample.done", lambda: generate(out, weeks=20, seed=7))
    return out


@pytest.fixture(scope="session")
def published(sample: Path, shared_folder: Path) -> Path:
    """A home in which that sample was run and published. Tests must not change it; copy it first."""
    home = shared_folder / "home"
    arguments = ("run", "--inbox", sample / "inbox", "--settings", sample / "settings", "--today", "2026-11-23")
    once(shared_folder / "home.done", lambda: rcm(*arguments, home=home))
    return home


@pytest.fixture
def own_home(published: Path, tmp_path: Path) -> Path:
    """A copy of the published home that a test may change."""
    target = tmp_path / "home"
    shutil.copytree(published, target, symlinks=True)
    return target
