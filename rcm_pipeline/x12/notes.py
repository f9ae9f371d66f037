"""What the reader noticed: findings (data kept) and rejects (data not kept), by segment, never with an identifier."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from rcm_pipeline.x12.buffer.segments import Rows, Segments

SCHEMA = {
    "file": pl.Int64,
    "transaction_no": pl.Int64,
    "segment_no": pl.Int64,
    "rule": pl.String,
    "detail": pl.String,
}
AMOUNTS = {name: pl.Decimal(18, 2) for name in ("stated_amount", "computed_amount", "difference_amount")}
FINDINGS = SCHEMA | AMOUNTS
REJECTS = SCHEMA | {"segment_count": pl.Int64}


class Notes:
    """Collects notes for one block; positions are segment rows of the stream. Repeated segments were noted before."""

    def __init__(self, segments: Segments) -> None:
        self._segments = segments
        self._findings: list[pl.DataFrame] = []
        self._rejects: list[pl.DataFrame] = []
        self.is_rejected = np.zeros(len(segments), dtype=bool)
        self.of: Rows = np.full(len(segments), 0, dtype=np.int64)  # transaction_no of every segment, once it is known

    def finding(self, rule: str, rows: Rows, detail: str | Sequence[str]) -> None:
        """Note something odd whose data was kept."""
        self._add(self._findings, rule, rows, detail)

    def imbalance(self, rule: str, rows: Rows, detail: str, stated: pl.Series, computed: pl.Series) -> None:
        """Note two amounts that should be equal, with both of them and their difference."""
        amounts = pl.DataFrame({"stated_amount": stated, "computed_amount": computed}).with_columns(
            difference_amount=pl.col("stated_amount") - pl.col("computed_amount")
        )
        self._add(self._findings, rule, rows, detail, amounts.cast(AMOUNTS))  # type: ignore[arg-type]

    def reject(self, rule: str, rows: Rows, detail: str | Sequence[str], segment_count: int | Rows = 1) -> None:
        """Note something whose data was not kept, and how many segments that were read by nothing else it stands for."""
        if not len(rows):
            return
        self.is_rejected[rows] |= np.broadcast_to(np.asarray(segment_count) == 1, len(rows))
        count = pl.DataFrame({"segment_count": np.broadcast_to(np.asarray(segment_count, dtype=np.int64), len(rows)).copy()})
        self._add(self._rejects, rule, rows, detail, count)

    @property
    def findings(self) -> pl.DataFrame:
        """All findings, in file order."""
        return _join(self._findings, FINDINGS)

    @property
    def rejects(self) -> pl.DataFrame:
        """All rejects, in file order."""
        return _join(self._rejects, REJECTS)

    def _add(self, to: list[pl.DataFrame], rule: str, rows: Rows, detail: str | Sequence[str], more: pl.DataFrame | None = None) -> None:
        rows = np.asarray(rows, dtype=np.int64)
        if not len(rows):
            return
        details = [detail] * len(rows) if isinstance(detail, str) else list(detail)
        frame = pl.DataFrame(
            {
                "file": self._segments.file[rows],
                "transaction_no": pl.Series(self.of[rows]).replace(0, None),
                "segment_no": self._segments.number[rows],
                "rule": [rule] * len(rows),
                "detail": details,
            },
            schema=SCHEMA,
        )
        frame = frame if more is None else frame.hstack(more)
        to.append(frame.filter(pl.Series(self._segments.is_new[rows])))


def _join(frames: list[pl.DataFrame], schema: Mapping[str, pl.DataType | type[pl.DataType]]) -> pl.DataFrame:
    joined = pl.concat([pl.DataFrame(schema=schema), *frames], how="diagonal")
    return joined.sort("file", "segment_no", "rule", maintain_order=True)
