"""Tables written to a folder bit by bit: Parquet, CSV, JSON or one workbook. A table appears under its name when it is whole."""

from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import polars as pl
import pyarrow.parquet as pq
import xlsxwriter

from rcm_pipeline.errors import StorageError
from rcm_pipeline.warehouse import QUARANTINE
from schemas.contract import empty
from schemas.registry import CONTRACTS

FORMATS = ("parquet", "csv", "json", "xlsx")
_SHEET_ROWS = 1_048_575
_SHEET_NAME = 31
_FORMULA_SIGNS = r"^[=+\-@\t\r]"


class _Sink(Protocol):
    """One table on its way to disk."""

    def write(self, frame: pl.DataFrame) -> None:
        """Add rows."""

    def close(self) -> None:
        """Nothing follows."""


class Sinks:
    """One sink per table. An error while writing leaves no half table under a table's name."""

    def __init__(self, out: Path, form: str) -> None:
        self._out, self._form = out, form
        self._sinks: dict[str, _Sink] = {}
        self._book: Any = None
        self.rows: dict[str, int] = {}

    def __enter__(self) -> "Sinks":
        """Make the folder."""
        self._guard(lambda: self._out.mkdir(parents=True, exist_ok=True))
        if self._form == "xlsx":
            options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "in_memory": False}
            self._book = xlsxwriter.Workbook(self._beside("tables"), options)
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        """Give every table its name, or, after an error, take away what was begun."""
        if kind is None:
            self._guard(self._finish)
        else:
            with suppress(OSError, xlsxwriter.exceptions.XlsxWriterException):
                self._close()
            for table in [*self._sinks, "tables"]:
                self._beside(table).unlink(missing_ok=True)

    def write(self, table: str, frame: pl.DataFrame) -> None:
        """Add rows to a table."""
        if table not in self._sinks:
            self._sinks[table] = self._guard(lambda: self._open(table, frame))
            self.rows[table] = 0
        self._guard(lambda: self._sinks[table].write(frame))
        self.rows[table] += frame.height

    def ensure(self, table: str) -> None:
        """Write a table without rows if nothing else was written to it."""
        if table not in self._sinks:
            self.write(table, empty(CONTRACTS[table]))

    def _open(self, table: str, frame: pl.DataFrame) -> _Sink:
        match self._form:
            case "parquet":
                return _Parquet(self._beside(table), frame)
            case "csv":
                return _Csv(self._beside(table))
            case "json":
                return _Json(self._beside(table))
            case _:
                name = table.replace(QUARANTINE, "q_").removeprefix("raw_")[:_SHEET_NAME]
                return _Sheet(self._book.add_worksheet(name), frame, self._book.add_format({"num_format": "yyyy-mm-dd"}))

    def _close(self) -> None:
        for sink in self._sinks.values():
            sink.close()
        if self._book is not None:
            self._book.close()

    def _finish(self) -> None:
        self._close()
        for table in ["tables"] if self._book is not None else self._sinks:
            self._beside(table).replace(self._out / f"{table}.{self._form}")

    def _beside(self, table: str) -> Path:
        return self._out / f".{table}.{self._form}"

    def _guard(self, work: Any) -> Any:
        failed = ""
        try:
            return work()
        except OSError as error:
            failed = error.strerror or type(error).__name__
        except xlsxwriter.exceptions.XlsxWriterException as error:
            failed = type(error).__name__
        raise StorageError(f"{self._out}: the tables could not be written ({failed})", fix="check space and permissions of that folder")


class _Parquet:
    def __init__(self, path: Path, frame: pl.DataFrame) -> None:
        self._schema = _arrow(frame.clear()).schema
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")

    def write(self, frame: pl.DataFrame) -> None:
        self._writer.write_table(_arrow(frame))

    def close(self) -> None:
        self._writer.close()


class _Csv:
    """Text cells that a spreadsheet would take for a formula get an apostrophe in front."""

    def __init__(self, path: Path) -> None:
        self._path, self._is_begun = path, False

    def write(self, frame: pl.DataFrame) -> None:
        safe = frame.with_columns(pl.col(pl.String).str.replace(_FORMULA_SIGNS, "'$0"))
        with self._path.open("ab" if self._is_begun else "wb") as out:
            safe.write_csv(out, include_header=not self._is_begun)
        self._is_begun = True

    def close(self) -> None:
        pass


class _Json:
    """One array of objects; decimals as text, so that none is rounded."""

    def __init__(self, path: Path) -> None:
        self._path, self._is_begun = path, False
        path.write_text("[", encoding="utf-8")

    def write(self, frame: pl.DataFrame) -> None:
        if not frame.height:
            return
        body = frame.with_columns(pl.col(pl.Decimal).cast(pl.String)).write_json().strip()[1:-1]
        with self._path.open("a", encoding="utf-8") as out:
            out.write(("," if self._is_begun else "") + body)
        self._is_begun = True

    def close(self) -> None:
        with self._path.open("a", encoding="utf-8") as out:
            out.write("]\n")


class _Sheet:
    """One worksheet; text stays text, whatever it begins with."""

    def __init__(self, sheet: Any, frame: pl.DataFrame, dates: Any) -> None:
        self._sheet, self._dates, self._row = sheet, dates, 1
        sheet.write_row(0, 0, frame.columns)

    def write(self, frame: pl.DataFrame) -> None:
        if self._row + frame.height > _SHEET_ROWS:
            raise StorageError("a table has more rows than a worksheet holds", fix="use --format parquet or csv")
        kinds = frame.dtypes
        for values in frame.with_columns(pl.col(pl.Decimal).cast(pl.Float64)).iter_rows():
            for place, (value, kind) in enumerate(zip(values, kinds, strict=True)):
                if value is None:
                    continue
                if kind == pl.String:
                    self._sheet.write_string(self._row, place, value)
                elif kind == pl.Date:
                    self._sheet.write_datetime(self._row, place, value, self._dates)
                else:
                    self._sheet.write(self._row, place, value)
            self._row += 1

    def close(self) -> None:
        pass


def _arrow(frame: pl.DataFrame) -> Any:
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest())
