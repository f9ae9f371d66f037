"""Interchanges damaged in every way that files are damaged on their way: same seed, same damage."""

import random
from collections.abc import Callable

SEPARATORS = [
    ("*", ":", "~"),
    ("|", "^", "~"),
    ("*", ">", "'"),
    ("~", ":", "\n"),
    ("\x1d", "\x1f", "\x1c"),
    ("+", "<", "!"),
    ("^", "|", "\r"),
]
GAPS = ["", "\n", "\r\n", "\n  ", " \n", "\n\n"]


def rewritten(text: str, rng: random.Random) -> str:
    """The same interchange under other separators and newlines. The text must use * : ~ and nothing behind a segment."""
    element, component, terminator = rng.choice(SEPARATORS)
    gap = "" if terminator in "\n\r" else rng.choice(GAPS)
    table = str.maketrans({"*": element, ":": component, "^": "{", "~": terminator})
    segments = text.split("~")[:-1]
    return "".join(segment.translate(table) + terminator + gap for segment in segments)


def _dropped(segments: list[str], rng: random.Random) -> None:
    del segments[rng.randrange(len(segments))]


def _doubled(segments: list[str], rng: random.Random) -> None:
    at = rng.randrange(len(segments))
    segments.insert(at, segments[at])


def _swapped(segments: list[str], rng: random.Random) -> None:
    a, b = rng.randrange(len(segments)), rng.randrange(len(segments))
    segments[a], segments[b] = segments[b], segments[a]


def _emptied(segments: list[str], rng: random.Random) -> None:
    at = rng.randrange(len(segments))
    parts = segments[at].split("*")
    if len(parts) > 1:
        parts[rng.randrange(1, len(parts))] = rng.choice(["", "X", "12.345", "-", "9999999999999", "é", "20261332"])
        segments[at] = "*".join(parts)


def _cut_element(segments: list[str], rng: random.Random) -> None:
    at = rng.randrange(len(segments))
    segments[at] = segments[at][: rng.randrange(1, len(segments[at]) + 1)]


def _strange(segments: list[str], rng: random.Random) -> None:
    segments.insert(
        rng.randrange(len(segments)),
        rng.choice(["ZZZ*1", "N3*X", "HL*9*9*22*0", "LX*1", "CAS*CO*45*1", "SE*1*1", "ST*999*0001", "TA1*1*1*1*A*000"]),
    )


STRUCTURAL: list[Callable[[list[str], random.Random], None]] = [_dropped, _doubled, _swapped, _emptied, _cut_element, _strange]


def restructured(text: str, rng: random.Random) -> str:
    """One to three segments behind the header dropped, doubled, swapped, emptied, shortened or strange."""
    header, *segments = text.split("~")[:-1]
    for _ in range(rng.randint(1, 3)):
        if segments:
            rng.choice(STRUCTURAL)(segments, rng)
    return "~".join([header, *segments]) + "~"


def damaged(raw: bytes, rng: random.Random) -> bytes:
    """Bytes cut, flipped, dropped, doubled or put in, anywhere."""
    out = bytearray(raw)
    for _ in range(rng.randint(1, 3)):
        if not out:
            break
        at = rng.randrange(len(out))
        match rng.randrange(5):
            case 0:
                del out[at:]
            case 1:
                out[at] = rng.randrange(256)
            case 2:
                del out[at : at + rng.randint(1, 60)]
            case 3:
                out[at:at] = out[at : at + rng.randint(1, 60)]
            case _:
                out[at:at] = bytes(rng.randrange(256) for _ in range(rng.randint(1, 12)))
    return bytes(out)
