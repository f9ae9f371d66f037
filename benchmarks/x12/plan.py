"""What is measured, as readers.toml says it."""

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Reader:
    """A package, or code of this repository when it needs none; the first of `packages` is the reader itself."""

    name: str
    module: str
    packages: tuple[str, ...]
    does: str


@dataclass(frozen=True)
class Row:
    """One way of calling a reader, on one part of one kind of file."""

    reader: Reader
    call: str
    does: str
    output: str
    kind: str
    part: str


def rows(names: Collection[str] = ()) -> list[Row]:
    """All rows, or those of the readers named."""
    text = Path(__file__).with_name("readers.toml").read_text(encoding="utf-8")
    found = []
    for name, held in tomllib.loads(text).items():
        if names and name not in names:
            continue
        reader = Reader(name, held["module"], tuple(held.get("packages", ())), held["does"])
        for row in held["rows"]:
            found += [Row(reader, row["call"], row["does"], row["output"], kind, part) for kind in row["kinds"] for part in row["parts"]]
    return found
