"""Columns from arrays without a Python object per cell: text cut from a byte buffer, exact decimals, dates.

Text is handed over as Arrow string views. A view is 16 bytes: the length, then either up to 12 bytes of text, or a 4-byte
prefix, a buffer number (always 0 here) and an offset. Arrow does not check views: the buffer must be valid UTF-8 and
under 2 GiB, and it lives as long as a column made from it.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from rcm_pipeline.x12.buffer.bytewise import Mask, Offsets, Words
from rcm_pipeline.x12.buffer.source import Source

_WORD, _INLINE = 8, 12
_U = np.uint64
_HALF = _U(32)
Column = Any  # a pyarrow.Array; pyarrow ships no types


def text_column(source: Source, length: Offsets, word: Words, start_of: Callable[[Offsets], Offsets]) -> Column:
    """Text of cells by length and first eight bytes; `start_of` says where the longer ones begin. An empty cell is null."""
    views = np.empty((len(length), 2), dtype=np.uint64)
    views[:, 0] = length.view(np.uint64) | (word << _HALF)
    views[:, 1] = word >> _HALF
    longer = np.flatnonzero(length > _WORD)
    if len(longer):
        at, size = start_of(longer), length[longer]
        rest = views[longer, 1] | (source.words(at + _WORD, np.minimum(size, _INLINE) - _WORD) << _HALF)
        views[longer, 1] = np.where(size <= _INLINE, rest, at.view(np.uint64) << _HALF)
    return _array(pa.string_view(), length > 0, [pa.py_buffer(views), pa.py_buffer(source.buffer)])


def fixed_text(text: bytes, size: int, is_filled: Mask) -> Column:
    """Text of one size (a multiple of four, over twelve) that stands end to end, one per filled cell; null for the others."""
    order = np.cumsum(is_filled) - 1
    buffer = np.frombuffer(text, dtype=np.uint8)
    views = np.zeros((len(is_filled), 4), dtype=np.uint32)
    if len(buffer):
        views[is_filled, 0], views[is_filled, 1] = size, buffer.view("<u4")[:: size // 4]
        views[is_filled, 3] = (order * size)[is_filled]
    return _array(pa.string_view(), is_filled, [pa.py_buffer(views), pa.py_buffer(buffer)])


def decimal_column(units: Offsets, is_filled: Mask, dtype: pl.Decimal) -> Column:
    """Exact decimals from integers of their smallest unit, such as cents; null where not filled."""
    wide = np.empty((len(units), 2), dtype=np.int64)
    wide[:, 0], wide[:, 1] = units, units >> 63
    return _array(pa.decimal128(dtype.precision or 18, dtype.scale), is_filled, [pa.py_buffer(wide)])


def integer_column(values: npt.NDArray[np.int64], is_filled: Mask | None = None) -> Column:
    """Whole numbers; null where not filled."""
    buffer = pa.py_buffer(np.ascontiguousarray(values, dtype=np.int64))
    return _array(pa.int64(), np.ones(len(values), dtype=bool) if is_filled is None else is_filled, [buffer])


def date_column(days: Offsets, is_filled: Mask) -> Column:
    """Dates from days since 1970; null where not filled."""
    return _array(pa.date32(), is_filled, [pa.py_buffer(days.astype(np.int32))])


def count_column(values: npt.NDArray[np.int64]) -> Column:
    """Ordinals from an array in which 0 stands for null."""
    return integer_column(values, values != 0)


def flag_column(values: Mask) -> Column:
    """True and false, never null."""
    return _array(pa.bool_(), np.ones(len(values), dtype=bool), [pa.py_buffer(np.packbits(values, bitorder="little"))])


def series(column: Column) -> pl.Series:
    """One column alone."""
    found = pl.from_arrow(column)
    assert isinstance(found, pl.Series)
    return found


def detached(rows: pl.DataFrame) -> pl.DataFrame:
    """The same rows without their hold on the block they were cut from; for the little that is kept until a file ends."""
    return pl.DataFrame(rows.to_dict(as_series=False), schema=rows.schema)


def frame(columns: Mapping[str, Column]) -> pl.DataFrame:
    """All columns of a table at once, which costs a tenth of handing them over one by one."""
    return pl.DataFrame(pa.RecordBatch.from_arrays(list(columns.values()), list(columns)))


def _array(dtype: Any, is_filled: Mask, buffers: list[Any]) -> Column:
    validity = None if is_filled.all() else pa.py_buffer(np.packbits(is_filled, bitorder="little"))
    return pa.Array.from_buffers(dtype, len(is_filled), [validity, *buffers])
