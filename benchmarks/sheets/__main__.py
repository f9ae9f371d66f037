"""`python -m benchmarks.sheets`: one large export as XLSX and CSV, and many small ones, against reading their cells alone.

The alternative reads the same file into a frame of text and understands nothing of it: what is above it is the price of understanding.
"""

import csv
import io
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import xlsxwriter

from benchmarks.measure import in_own_process, measured
from rcm_pipeline.intake.contents import content_of_bytes
from rcm_pipeline.intake.reading import read_files
from rcm_pipeline.intake.recognise import recognise
from rcm_pipeline.privacy.tokens import Tokens
from rcm_pipeline.settings import ClientSettings

ROWS, SMALL_FILES = 100_000, 200
HEAD = (
    "Account Number", "Payment Date", "Payer", "CPT", "Billed", "Paid", "Group", "Reason Code", "Adjustment Amount", "Service Date",
    "Status", "ICN", "Mod", "Allowed", "Remark Code",
)  # fmt: skip


def _row(number: int) -> list[object]:
    return [f"A{number}", "2026-08-01", "ACME", 99213, 100, 80, "CO", 45, 20, "2026-07-01", 1, f"I{number}", "25", 80, ""]


def make_files(folder: Path) -> None:
    """large.xlsx, large.csv and small.csv."""
    with xlsxwriter.Workbook(folder / "large.xlsx", {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for number in range(ROWS + 1):
            sheet.write_row(number, 0, HEAD if number == 0 else _row(number))
    for name, rows in (("large.csv", ROWS), ("small.csv", 20)):
        with (folder / name).open("w", newline="") as out:
            csv.writer(out).writerows([HEAD, *(_row(number) for number in range(1, rows + 1))])


def _ours(raw: bytes, times: int) -> int:
    read = 0
    for turn in range(times):
        content = content_of_bytes(raw + b"\n" * turn)
        read += read_files([(content, recognise(content))], ClientSettings(), Tokens(b"k" * 32)).tables["raw_remits"].height
    return read


def _cells(raw: bytes, times: int) -> int:
    read = 0
    for _ in range(times):
        is_workbook = raw.startswith(b"PK")
        frame = pl.read_excel(io.BytesIO(raw), infer_schema_length=0) if is_workbook else pl.read_csv(io.BytesIO(raw), infer_schema=False)
        read += frame.height
    return read


READERS: dict[str, Callable[[bytes, int], int]] = {"ours": _ours, "cells": _cells}


def main() -> None:
    """Without arguments the table; with a reader, a file and a number of times, one measurement as JSON."""
    if len(sys.argv) > 1:
        reader, path, times = sys.argv[1:]
        raw = Path(path).read_bytes()
        rows, found = measured(lambda: READERS[reader](raw, int(times)))
        print(json.dumps(found | {"rows": rows}))
        return
    print("| file | reader | rows | CPU s, children apart | wall s | peak MB |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        make_files(Path(folder))
        for name, times in (("large.xlsx", 1), ("large.csv", 1), ("small.csv", SMALL_FILES)):
            for reader in READERS:
                began = time.monotonic()
                m = in_own_process("benchmarks.sheets", reader, str(Path(folder) / name), str(times))
                what = name if times == 1 else f"{name}, {times} times"
                print(f"| {what} | {reader} | {m['rows']:,} | {m['cpu']:.2f} | {m['wall']:.2f} | {m['peak_mb']:.0f} |")
                print(f"{what} {reader}: {time.monotonic() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
