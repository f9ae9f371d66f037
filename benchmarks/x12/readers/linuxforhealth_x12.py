"""linuxforhealth-x12: a tree of Pydantic models per transaction, which validates as it is made."""

from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Any
from unittest.mock import patch

from linuxforhealth.x12 import parsing
from linuxforhealth.x12.io import X12ModelReader
from linuxforhealth.x12.v5010.x12_835_005010X221A1 import parsing as parsing_835


def models(path: Path) -> Callable[[], int]:
    """All models of the file."""
    with X12ModelReader(str(path)) as reader:
        held = list(reader.models())
    return lambda: sum(map(_claims, held))


def mended(path: Path) -> Callable[[], int]:
    """The same with one mistake of theirs mended: they refuse the PER segment that every 835 has for its payer."""
    with patch.object(parsing_835, "set_payer_identification_loop", _with_contacts):
        parsing._load_loop_parsers.cache_clear()
        return models(path)


_without_contacts = parsing_835.set_payer_identification_loop


@wraps(_without_contacts)
def _with_contacts(segment: dict[str, str], context: parsing.X12ParserContext) -> None:
    _without_contacts(segment, context)
    if segment["entity_identifier_code"] == "PR":
        context.loop_container["per_segment"] = []


def _claims(model: Iterable[tuple[str, Any]]) -> int:
    """The claims of a transaction, under its loops 2000, or 2000A, 2000B and 2000C."""
    found = 0
    for name, value in model:
        if name in {"loop_2100", "loop_2300"}:
            found += len(value or ())
        elif name.startswith("loop_2000"):
            found += sum(_claims(loop) for loop in value or ())
    return found
