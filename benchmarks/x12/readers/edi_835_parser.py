"""edi-835-parser: Python objects per claim and service line."""

from collections.abc import Callable
from pathlib import Path

import edi_835_parser


def objects(path: Path) -> Callable[[], int]:
    """Objects only: its flat table refuses a file of more than one transaction."""
    held = edi_835_parser.parse(str(path))
    return lambda: int(held.count_claims())
