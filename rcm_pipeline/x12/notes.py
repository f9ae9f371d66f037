"""What the reader noticed: findings (data kept) and rejects (data not kept), by segment, never with a value."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from rcm_pipeline.x12.segments import Rows, Segments

SCHEMA = {"file": pl.Int64, "segment_no": pl.Int64, "rule": pl.String, "detail": pl.String, "row": pl.Int64}


class Notes:
    """Collects notes for one batch; positions are segment rows of the stream."""

    def __init__(self, segments: Segments) -> None:
        self._segments = segments
        self._findings: list[pl.DataFrame] = []
        self._rejects: list[pl.DataFrame] = []

    def finding(self, rule: str, rows: Rows, detail: str | Sequence[str]) -> None:
        """Note something odd whose data was kept."""
        self._findings.append(self._frame(rule, rows, detail))

    def reject(self, rule: str, rows: Rows, detail: str | Sequence[str]) -> None:
        """Note something whose data was not kept."""
        self._rejects.append(self._frame(rule, rows, detail))

    @property
    def findings(self) -> pl.DataFrame:
        """All findings, in file order."""
        return _join(self._findings)

    @property
    def rejects(self) -> pl.DataFrame:
        """All rejects, in file order."""
        return _join(self._rejects)

    def _frame(self, rule: str, rows: Rows, detail: str | Sequence[str]) -> pl.DataFrame:
        rows = np.asarray(rows, dtype=np.int64)
        details = [detail] * len(rows) if isinstance(detail, str) else list(detail)
        return pl.DataFrame(
            {
                "file": self._segments.file[rows],
                "segment_no": self._segments.number[rows],
                "rule": [rule] * len(rows),
                "detail": details,
                "row": rows,
            },
            schema=SCHEMA,
        )


def _join(frames: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat([pl.DataFrame(schema=SCHEMA), *frames]).sort("row", "rule", maintain_order=True)
