"""Peers' environments: each package in its own, because their pins conflict with ours and each other's."""

import subprocess
import sys
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / ".venv-bench"


@cache
def python_of(name: str, packages: tuple[str, ...]) -> tuple[Path, str]:
    """The interpreter of a reader's environment, and what went wrong with making it, if anything.

    It is made when it is missing or holds other versions; a reader that needs no packages runs in ours.
    """
    if not packages:
        return Path(sys.executable), ""
    venv = FOLDER / name
    python, made = venv / "bin" / "python", venv / "packages.txt"
    wanted = "\n".join(packages) + "\n"
    if made.exists() and made.read_text() == wanted:
        return python, ""
    problem = _make(venv, python, packages)
    if not problem:
        made.write_text(wanted)
    return python, problem


def _make(venv: Path, python: Path, packages: tuple[str, ...]) -> str:
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:", *packages]
    for command in ([sys.executable, "-m", "venv", "--clear", str(venv)], install):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            lines = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()
            return "not installed: " + lines[-1]
    return ""
