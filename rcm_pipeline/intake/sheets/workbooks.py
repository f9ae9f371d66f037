"""Workbooks and web pages as grids of text, read in a process of their own that may die of them."""

import atexit
import json
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path
from typing import IO, Any

from rcm_pipeline.intake.recognise import LOCKED
from rcm_pipeline.intake.sheets.grids import Grid
from rcm_pipeline.intake.sheets.sheet_reading import SheetReading

_CHILD = Path(__file__).with_name("workbook_child.py")
_SECONDS, _SECONDS_PER_MB = 20.0, 5.0  # ten times what the slowest workbook we have takes
_REFUSED = {
    "workbook_damaged": "the workbook cannot be read; save it again as .xlsx or send CSV",
    "workbook_locked": LOCKED,
    "workbook_too_large": "the workbook takes more memory or time than is allowed; delete what stands far from the table, or send CSV",
}


class _Child:
    """A running reader of workbooks; a new one is started when the last one died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.close)

    def answer(self, raw: bytes) -> dict[str, Any]:
        """What the child says of a workbook; `refused` when it died of it or took too long."""
        process = self._running()
        stdin, stdout = process.stdin, process.stdout
        assert stdin is not None
        assert stdout is not None
        limit = threading.Timer(_SECONDS + _SECONDS_PER_MB * len(raw) / 1e6, process.kill)
        limit.start()
        try:
            stdin.write(len(raw).to_bytes(8, "big"))
            stdin.write(raw)
            stdin.flush()
            told = _whole(stdout, int.from_bytes(_whole(stdout, 8), "big"))
        except (OSError, EOFError):
            self.close()
            return {"refused": "workbook_too_large"}
        finally:
            limit.cancel()
        answer: dict[str, Any] = json.loads(told)
        return answer

    def close(self) -> None:
        """End the child."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            command = [sys.executable, "-I", str(_CHILD)]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S603
        return self._process


def _whole(stream: IO[bytes], size: int) -> bytes:
    told = stream.read(size)
    if len(told) < size:
        raise EOFError
    return told


@cache
def _child() -> _Child:
    return _Child()


def workbook_grids(raw: bytes, reading: SheetReading) -> list[Grid]:
    """The sheets of a workbook that a person sees. Hidden ones, and a workbook that cannot be read, are rejects."""
    answer = _child().answer(raw)
    if rule := answer.get("refused"):
        place = f" (its last cell is {answer['cell']})" if answer.get("cell") else ""
        reading.reject(rule, _REFUSED[rule] + place)
        return []
    hidden = sum(sheet["is_hidden"] for sheet in answer["sheets"])
    if hidden:
        reading.reject(
            "sheet_hidden", f"{hidden} of {len(answer['sheets'])} sheets are hidden and were not read; show them to have them read"
        )
    return [
        Grid(sheet["rows"], sheet["name"], [tuple(box) for box in sheet["merged"]], frozenset(sheet["hidden_rows"]))
        for sheet in answer["sheets"]
        if not sheet["is_hidden"]
    ]
