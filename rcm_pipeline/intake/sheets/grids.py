"""The cells of one sheet as text, as a person sees it, before it is known what they are."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

_LETTERS = 26
Rows = list[list[str]]
Body = dict[int, list[str]]  # rows by the number a sheet shows beside them
Box = tuple[int, ...]  # first row, first column, last row, last column, from 0


@dataclass(frozen=True)
class Grid:
    """Rows of cells from A1 on. The name of a sheet may hold an identifier, so it is compared and never shown."""

    rows: Rows
    name: str = ""
    merged: Sequence[Box] = ()
    hidden_rows: Collection[int] = ()


def filled_count(rows: Iterable[Sequence[str]]) -> int:
    """Cells that hold anything but blanks."""
    return sum(1 for row in rows for cell in row if cell.strip())


def letters(place: int) -> str:
    """A column as spreadsheets name it: A, B … Z, AA."""
    name, place = "", place + 1
    while place:
        place, rest = divmod(place - 1, _LETTERS)
        name = chr(ord("A") + rest) + name
    return name
