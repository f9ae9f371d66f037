"""A sheet of a workbook written by column expressions: xlsxwriter makes the frame of it, Polars the cells.

Cell by cell in Python, the two workbooks of a large client cost a quarter of its run.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name, xl_pixel_width
from xlsxwriter.worksheet import Worksheet

_LONGEST = 32_767  # characters Excel takes in a cell
_WIDEST = 1_790  # pixels Excel gives a column
_BUTTON = 16  # pixels of a heading's filter button
_DAYS_BEFORE = 25_569  # Excel counts days from 30 December 1899, Polars from 1 January 1970
_DAY = 86_400_000_000  # microseconds
_CONTROL = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x{FFFE}\x{FFFF}]"  # no text of XML may hold these


class FrameSheet(Worksheet):  # type: ignore[misc]  # xlsxwriter has no types
    """A worksheet of one frame below its headings."""

    frame: pl.DataFrame

    def add_table(self, first_row: int, first_col: int, _last_row: int, last_col: int, options: dict[str, Any]) -> int:
        """The table over all rows of the frame, without its cells: those come in `_write_rows`."""
        self._styles = {column["header"]: column["format"] for column in options["columns"] if column.get("format")}
        rows = max(self.frame.height, 1)
        self.dim_rowmax = rows
        empty = {name: value for name, value in options.items() if name != "data"}
        return int(super().add_table(first_row, first_col, first_row + rows, last_col, empty))

    def fit_columns(self) -> None:
        """Columns as wide as their longest text."""
        for place, name in enumerate(self.frame.columns):
            text = self.frame[name].cast(pl.String)
            longest = text.gather(text.str.len_chars().arg_max() or 0).item() if len(text) else ""
            width = max(xl_pixel_width(name) + _BUTTON, xl_pixel_width(longest or "") + 7)
            self.set_column_pixels(place, place, min(width, _WIDEST))

    def _write_rows(self) -> None:
        self.dim_rowmax, whole = 0, self.dim_rowmax
        super()._write_rows()  # the headings
        self.dim_rowmax = whole
        self.fh.write(_body(self.frame, {name: style._get_xf_index() for name, style in self._styles.items()}))


def write_frame(book: xlsxwriter.Workbook, sheet: str, frame: pl.DataFrame, formats: dict[Any, Any]) -> None:
    """Add a sheet with this frame as its table; `formats` by column are Excel's."""
    page = book.add_worksheet(sheet, worksheet_class=FrameSheet)
    page.frame = frame
    header = frame.clear()
    header.write_excel(book, page, column_formats=formats, freeze_panes=(1, 0), header_format={"bold": True, "bottom": 2})
    page.fit_columns()


def _body(frame: pl.DataFrame, styles: Mapping[str, int]) -> str:
    """The rows of a sheet, from the second on, as XML."""
    if frame.is_empty():
        return ""
    row = (pl.int_range(pl.len()) + 2).cast(pl.String)
    cells = [
        _cell(pl.col(name), dtype, pl.concat_str(pl.lit(xl_col_to_name(place)), row), styles.get(name, 0))
        for place, (name, dtype) in enumerate(frame.schema.items())
    ]
    lines = pl.concat_str(pl.lit('<row r="'), row, pl.lit('">'), *cells, pl.lit("</row>"))
    return str(frame.select(lines.str.join("")).item())


def _cell(value: pl.Expr, dtype: pl.DataType, place: pl.Expr, style: int) -> pl.Expr:
    """A cell; empty where the value is null, no number or an empty text."""
    kind, shown, before, after = "", value, "<v>", "</v></c>"
    if isinstance(dtype, pl.Boolean):
        kind, shown = ' t="b"', value.cast(pl.Int8)
    elif isinstance(dtype, pl.Date):
        shown = value.cast(pl.Int32) + _DAYS_BEFORE
    elif isinstance(dtype, pl.Datetime):
        shown = value.dt.timestamp("us") / _DAY + _DAYS_BEFORE
    elif dtype.is_float():
        shown = pl.when(value.is_finite()).then(value)
    elif not dtype.is_numeric():
        kind, before, after = ' t="inlineStr"', '<is><t xml:space="preserve">', "</t></is></c>"
        text = value.cast(pl.String).str.replace_all(_CONTROL, "").str.slice(0, _LONGEST)
        shown = pl.when(text != "").then(text.str.replace_many(["&", "<", ">"], ["&amp;", "&lt;", "&gt;"]))
    start = pl.lit(f'" s="{style}"{kind}>{before}')
    return pl.concat_str(pl.lit('<c r="'), place, start, shown.cast(pl.String), pl.lit(after)).fill_null("")
