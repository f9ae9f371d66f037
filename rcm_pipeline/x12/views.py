"""Text columns cut from a byte buffer without copying: Arrow string views built with NumPy.

An Arrow string view is 16 bytes: the length, then either up to 12 bytes of text, or a 4-byte prefix,
a buffer number (always 0 here) and an offset. Building the 16 bytes for all cells at once is a few
NumPy gathers, so a column costs no Python object per cell. Arrow does not check views: the buffer must be
valid UTF-8, must end in at least PADDING spare bytes, and must be under 2 GiB.
"""

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

PADDING = 16
_INLINE = 12

Bytes = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int64]


def text_column(buffer: Bytes, start: Offsets, end: Offsets) -> pl.Series:
    """Text between start and end of each cell; an empty or negative span is null."""
    length = np.maximum(end - start, 0)
    start = np.where(length > 0, start, 0)
    count = len(length)
    views = np.zeros((count, 16), dtype=np.uint8)
    views[:, :4] = length.astype("<i4").view(np.uint8).reshape(count, 4)
    window = np.lib.stride_tricks.sliding_window_view(buffer, _INLINE)[start]
    shown = np.where(length <= _INLINE, length, 4)
    views[:, 4:] = window * (np.arange(_INLINE) < shown[:, None])
    words = views.view("<i4")
    is_long = length > _INLINE
    words[is_long, 2] = 0
    words[is_long, 3] = start[is_long]
    validity = np.packbits(length > 0, bitorder="little")
    array = pa.Array.from_buffers(pa.string_view(), count, [pa.py_buffer(validity), pa.py_buffer(views), pa.py_buffer(buffer)])
    column = pl.from_arrow(array)
    assert isinstance(column, pl.Series)
    return column
