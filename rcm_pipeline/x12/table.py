"""Build one typed table from the segment stream, through the privacy door, noting every cell that did not fit."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Protocol

import numpy as np
import polars as pl

from rcm_pipeline.x12 import values
from rcm_pipeline.x12.loops import Mask
from rcm_pipeline.x12.notes import Notes
from rcm_pipeline.x12.segments import Rows, Segments

_REFERENCE = re.compile(r"([A-Z0-9]{2,3})(\d\d)(?:-(\d))?(?:\[(\w+)\])?")


class Door(Protocol):
    """What lets an element in: returns it kept, tokenised or shortened, or all null where it is not listed."""

    def admit(self, reference: str, text: pl.Series) -> pl.Series:
        """Treat the text of one element, named like CLP01, SVC01-2 or REF02[F8], as the allow-list says."""

    def is_listed(self, reference: str) -> bool:
        """True when the allow-list lets anything of this element in."""


@lru_cache(maxsize=1024)
def parse_reference(reference: str) -> tuple[str, int, int | None]:
    """Split SVC01-2 into segment, element and component."""
    match = _REFERENCE.fullmatch(reference)
    assert match, reference
    return match[1], int(match[2]), int(match[3]) if match[3] else None


class Table:
    """Columns of one raw table, one row per entry of `rows`."""

    def __init__(self, segments: Segments, door: Door, notes: Notes, rows: Rows) -> None:
        self._segments, self._door, self._notes, self.rows = segments, door, notes, rows
        self.columns: dict[str, pl.Series] = {
            "file": pl.Series(segments.file[rows]),
            "segment_no": pl.Series(segments.number[rows]),
        }

    def text(self, name: str, reference: str, rows: Rows | None = None) -> None:
        """A code, token or name. `rows` says where it stands when not in the row's own segment; -1 is null."""
        self.columns[name] = self._admit(reference, rows)

    def money(self, name: str, reference: str, rows: Rows | None = None) -> None:
        """An amount in dollars; text that is not one is null and a finding."""
        self._typed(name, reference, rows, values.money, "amount_unreadable")

    def quantity(self, name: str, reference: str, rows: Rows | None = None) -> None:
        """A number of units; text that is not one is null and a finding."""
        self._typed(name, reference, rows, values.quantity, "quantity_unreadable")

    def date(self, name: str, reference: str, rows: Rows | None = None) -> None:
        """A date, or the first of a range; text that is none is null and a finding."""
        self._typed(name, reference, rows, values.date, "date_unreadable")

    def end_date(self, name: str, reference: str, rows: Rows | None = None) -> None:
        """The last date of a range; unreadable text was already reported by `date`."""
        self.columns[name] = values.end_date(self._admit(reference, rows))

    def flag(self, name: str, reference: str, rows: Rows) -> None:
        """Whether the element is there at all; its value never comes in."""
        segment_rows = rows if self._door.is_listed(reference) else np.full(len(rows), -1)
        _, element, _ = parse_reference(reference)
        self.columns[name] = self._segments.text(segment_rows, element).is_not_null()
        self._segments.keep(segment_rows, element)

    def add(self, name: str, column: pl.Series | Rows | Mask) -> None:
        """A column worked out from the order of segments, such as an ordinal."""
        self.columns[name] = pl.Series(column)

    def frame(self) -> pl.DataFrame:
        """The finished table."""
        return pl.DataFrame(self.columns)

    def _admit(self, reference: str, rows: Rows | None) -> pl.Series:
        rows = self.rows if rows is None else rows
        _, element, component = parse_reference(reference)
        if not len(rows) or not self._door.is_listed(reference):
            return pl.Series([None] * len(rows), dtype=pl.String)
        self._segments.keep(rows, element)
        raw = self._segments.text(rows, element, component)
        admitted = self._door.admit(reference, raw)
        self._note_lost("element_refused", raw, admitted, rows, f"{reference} does not look like what it should hold; dropped")
        return admitted

    def _typed(self, name: str, reference: str, rows: Rows | None, parse: Callable[[pl.Series], pl.Series], rule: str) -> None:
        text = self._admit(reference, rows)
        column = parse(text)
        at = self.rows if rows is None else rows
        self._note_lost(rule, text, column, at, f"{reference} is not a plain value of its type; left empty")
        self.columns[name] = column

    def _note_lost(self, rule: str, text: pl.Series, value: pl.Series, rows: Rows, detail: str) -> None:
        """A finding for every cell whose text did not become a value."""
        if value.null_count() == text.null_count():
            return
        is_lost = (text.str.strip_chars().str.len_bytes() > 0) & value.is_null()
        at = rows[is_lost.fill_null(False).to_numpy()]
        if len(at):
            self._notes.finding(rule, at, detail)
