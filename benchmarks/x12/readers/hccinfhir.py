"""hccinfhir: what risk adjustment needs of an 837, a row per service line."""

from collections.abc import Callable
from pathlib import Path

from hccinfhir.extractor import extract_sld


def lines(path: Path) -> Callable[[], int]:
    """A Pydantic object per service line; claims are told apart by their number."""
    held = extract_sld(path.read_text(), format="837")
    return lambda: len({line.claim_id for line in held})
