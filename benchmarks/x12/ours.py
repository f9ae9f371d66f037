"""How our own reader is called; the only module here that knows its functions."""

from collections.abc import Callable
from pathlib import Path

from rcm_pipeline.privacy.door import AllowListDoor, allow_list
from rcm_pipeline.privacy.tokens import Identified, Pseudonyms, Tokens
from rcm_pipeline.x12.read import read_x12


def bare(path: Path) -> Callable[[], int]:
    """Every allowed element as it stands in the file."""
    return _read(path, Identified())


def tokens(path: Path) -> Callable[[], int]:
    """As in production: identifying elements become keyed tokens."""
    return _read(path, Tokens(b"k" * 32))


def _read(path: Path, pseudonyms: Pseudonyms) -> Callable[[], int]:
    """All tables, findings and rejects of a file, or of all files of a folder in one batch."""
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    reading = read_x12([file.read_bytes() for file in files], AllowListDoor(allow_list()["x12"], pseudonyms))
    return lambda: len(reading.tables["raw_remits"]) + len(reading.tables["raw_claims"])
