"""What costs least and does least: splitting the text, and the plain reader that our tests compare ours with."""

from collections.abc import Callable
from pathlib import Path

from tests.oracle import plain_x12


def split(path: Path) -> Callable[[], int]:
    """Split at the separators, looking at nothing but the tag and keeping nothing."""
    claims = 0
    for segment in path.read_text().split("~"):
        claims += segment.split("*")[0].endswith(("CLP", "CLM"))
    return lambda: claims


def kept(path: Path) -> Callable[[], int]:
    """The same with all lists kept, most of whose cost is Python's search for cycles among them."""
    held = [segment.split("*") for segment in path.read_text().split("~")]
    return lambda: sum(segment[0].endswith(("CLP", "CLM")) for segment in held)


def plain(path: Path) -> Callable[[], int]:
    """Dictionaries with about 30 fields, of both kinds of transaction."""
    segments = plain_x12.split_segments(path.read_bytes().decode())
    remits, claims = plain_x12.read_835(segments), plain_x12.read_837(segments)
    return lambda: len(remits["remits"]) + len(claims["claims"])
