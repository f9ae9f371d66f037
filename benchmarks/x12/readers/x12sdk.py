"""x12sdk: a tree of Pydantic models per transaction, which validates as it is made."""

from collections.abc import Callable
from pathlib import Path

from x12sdk.io import X12ModelReader


def models(path: Path) -> Callable[[], int]:
    """All models of the file."""
    with X12ModelReader(str(path)) as reader:
        held = list(reader.models())
    return lambda: sum(1 for model in held for _ in model.claims())
