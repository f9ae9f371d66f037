"""Do the envelopes close as they opened: segment counts and control numbers of ISA/IEA, GS/GE and ST/SE."""

import numpy as np
import polars as pl

from rcm_pipeline.x12.loops import last_before
from rcm_pipeline.x12.notes import Notes
from rcm_pipeline.x12.segments import Rows, Segments
from rcm_pipeline.x12.transactions import Transactions

# opener, its control number, closer, its control number, rule for a mismatch
_PAIRS = (("ISA", 13, "IEA", 2, "ISA13 and IEA02"), ("GS", 6, "GE", 2, "GS06 and GE02"), ("ST", 2, "SE", 2, "ST02 and SE02"))


def check_controls(segments: Segments, transactions: Transactions, notes: Notes) -> None:
    """Add a finding for every envelope that is not closed, or whose control numbers or counts disagree."""
    for opener, open_at, closer, close_at, names in _PAIRS:
        opens = segments.where(opener)
        closes = _closing(segments, opens, segments.where(closer))
        is_open = closes < 0
        notes.finding("envelope_not_closed", opens[is_open], f"{opener} has no {closer}")
        started, ended = opens[~is_open], closes[~is_open]
        same = _number(segments, started, open_at).eq_missing(_number(segments, ended, close_at))
        notes.finding("control_number", ended[~same.to_numpy()], f"{names} differ")
    _check_segment_counts(segments, transactions, notes)


def _closing(segments: Segments, opens: Rows, closes: Rows) -> Rows:
    """The closer that follows each opener before the next opener, or -1."""
    if not len(closes):
        return np.full(len(opens), -1, dtype=np.int64)
    index = np.searchsorted(closes, opens, side="right")
    candidate = closes[np.minimum(index, len(closes) - 1)]
    following = np.concatenate([opens[1:], [len(segments)]])
    belongs = (index < len(closes)) & (candidate < following)
    belongs &= segments.file[np.where(belongs, candidate, 0)] == segments.file[opens] if len(opens) else belongs
    return np.where(belongs, candidate, -1)


def _number(segments: Segments, rows: Rows, element: int) -> pl.Series:
    """A control number without padding; senders write 000000012 and 12 for the same one."""
    return segments.text(rows, element).str.strip_chars().str.strip_chars_start("0")


def _check_segment_counts(segments: Segments, transactions: Transactions, notes: Notes) -> None:
    ends = segments.where("SE")
    starts = last_before(ends, transactions.rows)
    said = segments.text(ends, 1).str.strip_chars().cast(pl.Int64, strict=False)
    counted = pl.Series(np.where(transactions.of[ends] >= 0, ends - starts + 1, -1))
    wrong = (said.ne_missing(counted) & (counted > 0)).to_numpy()
    detail = [f"SE01 is not the {count} segments that were counted" for count in counted.filter(pl.Series(wrong))]
    notes.finding("segment_count", ends[wrong], detail)
