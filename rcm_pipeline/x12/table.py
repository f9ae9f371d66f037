"""Build one typed table from the segment stream, through the privacy door, noting every cell that did not fit."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Protocol

import numpy as np
import polars as pl

from rcm_pipeline.privacy.shapes import Alphabet, Shape
from rcm_pipeline.x12 import values
from rcm_pipeline.x12.buffer import bytewise
from rcm_pipeline.x12.buffer.bytewise import Mask, Offsets, Words
from rcm_pipeline.x12.buffer.cells import Cells
from rcm_pipeline.x12.buffer.columns import (
    Column,
    count_column,
    date_column,
    decimal_column,
    fixed_text,
    flag_column,
    frame,
    integer_column,
)
from rcm_pipeline.x12.buffer.segments import Rows, Segments
from rcm_pipeline.x12.notes import Notes

_REFERENCE = re.compile(r"([A-Z0-9]{2,3})(\d\d)(?:-(\d))?(?:\[(\w+)\])?")
Tokeniser = Callable[[list[bytes]], bytes]
_WORD = 8
_CODE_LENGTH = 5  # of a CPT, HCPCS or CDT code; what is longer or shorter could be anything
_FLAG_OF = {Alphabet.CODE: bytewise.NOT_CODE, Alphabet.DIGITS: bytewise.NOT_DIGIT}


class Door(Protocol):
    """What lets an element in: as it is if it has its shape, as a token, or not at all."""

    def shape_of(self, reference: str) -> Shape | None:
        """What an element, named like CLP01, SVC01-2 or REF02[F8], must look like; None when it may not come in."""

    def tokeniser(self, reference: str) -> Tokeniser | None:
        """What makes tokens of values, end to end and all of one length; None when the element comes in as it is."""


@lru_cache(maxsize=1024)
def parse_reference(reference: str) -> tuple[str, int, int | None]:
    """Split SVC01-2 into segment, element and component."""
    match = _REFERENCE.fullmatch(reference)
    assert match, reference
    return match[1], int(match[2]), int(match[3]) if match[3] else None


class Table:
    """Columns of one raw table, one row per entry of `rows`.

    Where a segment repeats a group of elements (the triplets of CAS, the pairs of PLB), `repeats` says how many elements
    further to the right than the first group, which gives the reference its name, each row's group stands.
    """

    def __init__(self, segments: Segments, door: Door, notes: Notes, rows: Rows, repeats: Rows | None = None) -> None:
        self._last: tuple[Rows, int | Rows, Cells] | None = None
        self._segments, self._door, self._notes, self.rows, self._repeats = segments, door, notes, rows, repeats
        self.columns: dict[str, Column] = {
            "file": integer_column(segments.file[rows]),
            "segment_no": integer_column(segments.number[rows]),
        }
        self.units: dict[str, Offsets] = {}
        self.is_unreadable = np.zeros(len(rows), dtype=bool)

    def text(self, name: str, reference: str, rows: Rows | None = None, *, is_repeated: bool = True) -> None:
        """A code, token or name. `rows` says where it stands when not in the row's own segment; -1 is null."""
        cells = self._admit(reference, rows, is_repeated=is_repeated)
        tokeniser = self._door.tokeniser(reference)
        if tokeniser is None:
            self.columns[name] = cells.column()
            return
        tokens = tokeniser(cells.values())
        self.columns[name] = fixed_text(tokens, len(tokens) // max(int(cells.is_filled.sum()), 1), cells.is_filled)

    def service_code(self, reference: str) -> None:
        """code_qualifier and procedure_code of a composite; a code that stands there without its qualifier is one, and a finding."""
        qualifier, code = f"{reference}-1", f"{reference}-2"
        _, element, _ = parse_reference(reference)
        whole = self._segments.cells(self.rows, element)
        is_bare = (
            whole.is_filled & (self._segments.component(whole, 2).length == 0) & (self._segments.component(whole, 1).length == _CODE_LENGTH)
        )
        self.text("code_qualifier", qualifier, np.where(is_bare, -1, self.rows) if is_bare.any() else None)
        if not is_bare.any():
            self.text("procedure_code", code)
            return
        self._note(is_bare, None, "code_without_qualifier", f"{reference} holds a code without its qualifier; read as a procedure code")
        own, bare = (
            self._admit(code, np.where(is_bare, -1, self.rows)),
            self._admit(f"{reference}-1[CODE]", np.where(is_bare, self.rows, -1)),
        )
        self.columns["procedure_code"] = own.or_else(bare).column()

    def text_of_any(self, name: str, places: Mapping[str, Rows]) -> None:
        """A code that stands in one segment or another: reference → where; the first that is filled counts."""
        found = Cells.none(self._segments.source, len(self.rows))
        for reference, rows in places.items():
            cells = self._admit(reference, rows)
            found = found.or_else(cells)
        self.columns[name] = found.column()

    def money(self, name: str, reference: str, rows: Rows | None = None) -> None:
        """An amount in dollars; text that is not one is null and a finding. `units[name]` has it in cents, 0 where null."""
        self._decimal(name, reference, rows, values.money, values.MONEY, "amount_unreadable")

    def quantity(self, name: str, reference: str, rows: Rows | None = None) -> None:
        """A number of units; text that is not one is null and a finding."""
        self._decimal(name, reference, rows, values.quantity, values.QUANTITY, "quantity_unreadable")

    def count(self, name: str, reference: str, rows: Rows | None = None) -> None:
        """A whole number; text that is none is null and a finding."""
        self._decimal(name, reference, rows, values.whole, values.WHOLE, "count_unreadable")
        self.columns[name] = self.columns[name].cast("int64")

    def date(self, name: str, reference: str, rows: Rows | None = None, *, is_repeated: bool = True) -> None:
        """A date, or the first of a range; text that is none is null and a finding."""
        cells = self._admit(reference, rows, is_repeated=is_repeated)
        days, is_date = self._days(cells, is_end=False)
        self._note(cells.is_filled & ~is_date, rows, "date_unreadable", f"{reference} is not a plain value of its type; left empty")
        self.columns[name] = date_column(days, is_date)

    def short_date(self, name: str, reference: str, rows: Rows | None = None) -> None:
        """A YYMMDD date of this century, as envelopes have them; text that is none is null and a finding."""
        cells = self._admit(reference, rows)
        days, is_date = bytewise.dates(bytewise.in_this_century(cells.word), cells.length + 2)
        is_date &= cells.is_filled
        self._note(cells.is_filled & ~is_date, rows, "date_unreadable", f"{reference} is not a plain value of its type; left empty")
        self.columns[name] = date_column(days, is_date)

    def end_date(self, name: str, reference: str, rows: Rows | None = None) -> None:
        """The last date of a range; unreadable text was already reported by `date`."""
        self.columns[name] = date_column(*self._days(self._admit(reference, rows), is_end=True))

    def flag(self, name: str, reference: str, rows: Rows) -> None:
        """Whether the element is there at all; its value never comes in."""
        self.columns[name] = flag_column(self._admit(reference, rows).is_filled)

    def add(self, name: str, column: Rows) -> None:
        """A number worked out from the order of segments, such as an ordinal."""
        self.columns[name] = integer_column(column)

    def add_optional(self, name: str, column: Rows) -> None:
        """The same, where 0 stands for null."""
        self.columns[name] = count_column(column)

    def add_text(self, name: str, values: pl.Series | Sequence[str] | str) -> None:
        """Words of our own: one for all rows, or one for each."""
        if isinstance(values, str):
            values = pl.repeat(values, len(self.rows), dtype=pl.String, eager=True)
        self.columns[name] = pl.Series(values, dtype=pl.String).to_arrow(compat_level=pl.CompatLevel.newest())

    def frame(self) -> pl.DataFrame:
        """The finished table."""
        return frame(self.columns)

    def _admit(self, reference: str, rows: Rows | None, *, is_repeated: bool = True) -> Cells:
        """The cells that may come in; one that does not have its shape is emptied and is a finding."""
        at = self.rows if rows is None else rows
        _, first, component = parse_reference(reference)
        element = first if self._repeats is None or not is_repeated or rows is not None else first + self._repeats
        shape = self._door.shape_of(reference)
        if shape is None or not len(at):
            return Cells.none(self._segments.source, len(at))
        cells = self._whole(at, element)
        if component is not None:
            cells = self._segments.component(cells, component)
        fits = self._fits(cells, shape)
        if fits is None:
            return cells
        self._note(cells.is_filled & ~fits, rows, "element_refused", f"{reference} does not look like what it should hold; dropped")
        return cells.only(fits)

    def _whole(self, rows: Rows, element: int | Rows) -> Cells:
        """The cells of a whole element; those whose components fill several columns are looked up once."""
        if self._last is None or self._last[0] is not rows or self._last[1] is not element:
            self._last = (rows, element, self._segments.cells(rows, element, keep=True))
        return self._last[2]

    def _fits(self, cells: Cells, shape: Shape) -> Mask | None:
        """Which cells have their shape; None when all have."""
        fits = self._has_shape(cells, shape)
        if fits is not None and shape.forms:
            fits = self._with_forms(cells, fits, shape.forms)
        return None if fits is None or fits.all() else fits

    def _has_shape(self, cells: Cells, shape: Shape) -> Mask | None:
        if shape.alphabet is Alphabet.ANY:
            return self._fits_any(cells, shape)
        alphabet = _FLAG_OF[shape.alphabet]
        fits = bytewise.is_within(cells.word, alphabet)
        if shape.starts_alnum:
            fits &= bytewise.starts_alnum(cells.word)
        longer = np.flatnonzero(cells.length > _WORD)
        for offset in range(_WORD, (shape.longest or 0), _WORD):
            longer = longer[cells.length[longer] > offset]
            if len(longer):
                rest = cells.at(longer)
                fits[longer] &= bytewise.is_within(self._segments.source.words(rest.start + offset, rest.length - offset), alphabet)
        fits &= (cells.length >= shape.shortest) | ~cells.is_filled
        return fits if shape.longest is None else fits & (cells.length <= shape.longest)

    def _with_forms(self, cells: Cells, fits: Mask, forms: tuple[str, ...]) -> Mask:
        """Those of the cells that have all of these forms; each of the few different codes is looked at once."""
        todo = np.flatnonzero(fits & cells.is_filled)
        codes = cells.at(todo).series()
        different = codes.unique().drop_nulls()
        wrong = pl.DataFrame({"code": different}).filter(~pl.all_horizontal(pl.col("code").str.contains(form) for form in forms))
        if wrong.height:
            fits[todo[codes.is_in(wrong["code"].implode()).to_numpy()]] = False
        return fits

    def _fits_any(self, cells: Cells, shape: Shape) -> Mask | None:
        """Any characters, but not too many of them and none of the separators; only long or compound cells need a look."""
        if shape.longest is None:
            return None
        fits = np.ones(len(cells.length), dtype=bool)
        separators = self._segments.components
        is_compound = np.searchsorted(separators, cells.start) != np.searchsorted(separators, cells.start + cells.length)
        todo = np.flatnonzero((cells.length > shape.longest) | (is_compound & cells.is_filled))
        if len(todo):
            fits[todo] = cells.at(todo).series().str.contains(shape.pattern).to_numpy()
        return fits

    def _decimal(
        self,
        name: str,
        reference: str,
        rows: Rows | None,
        parse: Callable[[pl.Expr], pl.Expr],
        dtype: pl.Decimal,
        rule: str,
    ) -> None:
        cells = self._admit(reference, rows)
        units, is_number = bytewise.decimals(*self._tails(cells), dtype.scale)
        odd = np.flatnonzero(cells.is_filled & ~is_number)
        if len(odd):
            closer = pl.select(parse(pl.lit(cells.at(odd).series()))).to_series()
            found = closer.is_not_null().to_numpy()
            units[odd[found]] = [int(value.scaleb(dtype.scale)) for value in closer.drop_nulls()]
            is_number[odd] = found
            self.is_unreadable[odd[~found]] = True
            self._note(cells.is_filled & ~is_number, rows, rule, f"{reference} is not a plain value of its type; left empty")
        units[~is_number] = 0
        self.units[name] = units
        self.columns[name] = decimal_column(units, is_number, dtype)

    def _days(self, cells: Cells, *, is_end: bool) -> tuple[Offsets, Mask]:
        days, is_date = bytewise.dates(cells.word, cells.length)
        odd = np.flatnonzero(cells.is_filled & ~is_date)
        if len(odd):
            written = pl.lit(cells.at(odd).series())
            closer = pl.select((values.end_date if is_end else values.date)(written)).to_series()
            found = closer.is_not_null().to_numpy()
            days[odd[found]] = closer.drop_nulls().to_physical().to_numpy()
            is_date[odd] = found
        return days, is_date & cells.is_filled

    def _tails(self, cells: Cells) -> tuple[Words, Offsets, Words]:
        """The last eight bytes of each cell at the high end of a word, its length, and the eight bytes before those."""
        tail, front = bytewise.to_high_end(cells.word, cells.length), np.zeros(len(cells.word), dtype=np.uint64)
        longer = np.flatnonzero(cells.length > _WORD)
        if len(longer):
            end = cells.at(longer).start + cells.length[longer]
            tail[longer] = bytewise.words_at(self._segments.source.aligned, end - _WORD)
            front[longer] = bytewise.words_at(self._segments.source.aligned, end - 2 * _WORD)
        return tail, cells.length, front

    def _note(self, is_lost: Mask, rows: Rows | None, rule: str, detail: str) -> None:
        """A finding for every cell whose text did not become a value."""
        at = (self.rows if rows is None else rows)[is_lost]
        if len(at):
            self._notes.finding(rule, at, detail)
