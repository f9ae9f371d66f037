"""Do the envelopes close as they opened: counts and control numbers of ISA/IEA, GS/GE and ST/SE."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from rcm_pipeline.x12.buffer.columns import detached
from rcm_pipeline.x12.buffer.segments import Rows, Segments
from rcm_pipeline.x12.notes import FINDINGS

# opener, its control number, closer, its control number, what is said of a mismatch
_PAIRS = (
    ("ISA", 13, "IEA", 2, "ISA13 and IEA02"),
    ("GS", 6, "GE", 2, "GS06 and GE02"),
    ("ST", 2, "SE", 2, "ST02 and SE02"),
)
_PLACES = {tag: at for opener, open_at, closer, close_at, _ in _PAIRS for tag, at in ((opener, open_at), (closer, close_at))}
_FAR = 1 << 40  # more segments than a file can hold
_COUNTED = {"IEA": ("GS", "IEA01", "groups"), "GE": ("ST", "GE01", "transactions")}


def envelope_of(segments: Segments, transaction_no: Rows) -> pl.DataFrame:
    """One row per envelope segment that is new: file, segment_no, transaction_no, tag, control number, stated count."""
    rows = segments.where(*_PLACES)
    rows = rows[segments.is_new[rows]]
    tag = segments.text(rows, 0)
    place = np.zeros(len(rows), dtype=np.int64)
    for name, at in _PLACES.items():
        place[(tag == name).to_numpy()] = at
    found = pl.DataFrame(
        {
            "file": segments.file[rows],
            "segment_no": segments.number[rows],
            "transaction_no": transaction_no[rows],
            "tag": tag,
            "control": segments.text(rows, place).str.strip_chars_start("0"),
            "stated": segments.text(rows, 1).cast(pl.Int64, strict=False),
        }
    )
    return detached(found)


def check_controls(envelope: pl.DataFrame) -> pl.DataFrame:
    """A finding for every envelope that is not closed, or whose control numbers or counts disagree."""
    ordered = envelope.sort("file", "segment_no")
    found: list[pl.DataFrame] = []
    for opener, _, closer, _, names in _PAIRS:
        pairs = _paired(ordered, opener, closer)
        is_open = pairs["closed_at"].is_null()
        found.append(_findings(pairs.filter(is_open), "segment_no", "envelope_not_closed", f"{opener} has no {closer}"))
        closed = pairs.filter(~is_open)
        differ = closed.filter(~pl.col("control").eq_missing(pl.col("closing_control")))
        found.append(_findings(differ, "closed_at", "control_number", f"{names} differ"))
        if closer == "SE":
            found.append(_miscounted(closed.with_columns(counted=pl.col("closed_at") - pl.col("segment_no") + 1), "SE01", "segments"))
        else:
            inner, element, noun = _COUNTED[closer]
            found.append(_miscounted(_with_inner_count(closed, ordered.filter(pl.col("tag") == inner)), element, noun))
    return pl.concat([pl.DataFrame(schema=FINDINGS), *found], how="diagonal").sort("file", "segment_no", "rule", maintain_order=True)


def _paired(ordered: pl.DataFrame, opener: str, closer: str) -> pl.DataFrame:
    """Every opener with the closer that follows it before the next opener, if there is one."""
    both = ordered.filter(pl.col("tag").is_in([opener, closer]))
    is_next_closer = pl.col("tag").shift(-1).over("file") == closer
    return both.with_columns(
        closed_at=pl.when(is_next_closer).then(pl.col("segment_no").shift(-1).over("file")),
        closing_control=pl.col("control").shift(-1).over("file"),
        closing_stated=pl.col("stated").shift(-1).over("file"),
    ).filter(pl.col("tag") == opener)


def _with_inner_count(closed: pl.DataFrame, inner: pl.DataFrame) -> pl.DataFrame:
    """Count the inner openers between each opener and its closer, over all files at once."""
    places = inner["file"].to_numpy() * _FAR + inner["segment_no"].to_numpy()
    files = closed["file"].to_numpy() * _FAR
    ends, starts = (np.searchsorted(places, files + closed[name].to_numpy()) for name in ("closed_at", "segment_no"))
    return closed.with_columns(counted=pl.Series(ends - starts, dtype=pl.Int64))


def _miscounted(closed: pl.DataFrame, element: str, noun: str) -> pl.DataFrame:
    wrong = closed.filter(pl.col("closing_stated").ne_missing(pl.col("counted")))
    rule = "segment_count" if noun == "segments" else "envelope_count"
    detail = pl.format("{} is not the {} {} that were counted", pl.lit(element), "counted", pl.lit(noun))
    return _findings(wrong, "closed_at", rule, detail)


def _findings(rows: pl.DataFrame, place: str, rule: str, detail: str | pl.Expr) -> pl.DataFrame:
    text = pl.lit(detail) if isinstance(detail, str) else detail
    return rows.select("file", pl.col("transaction_no").replace(0, None), segment_no=pl.col(place), rule=pl.lit(rule), detail=text)


DAYS_BEFORE, DAYS_AFTER = 300, 31  # a payment or batch may be dated before its file, and after it (payments are announced)


def far_dates(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """A finding for every payment and batch dated far from the day its file was made (ISA09, else GS04)."""
    made = tables["raw_transactions"].select(
        "file", "transaction_no", "segment_no", "created_date", pl.coalesce("interchange_date", "group_date").alias("_made")
    )
    paid = tables["raw_payments"].select("file", "transaction_no", pl.coalesce("payment_date", "production_date").alias("_day"))
    dated = pl.concat(
        [
            made.filter(pl.col("created_date").is_not_null()).with_columns(pl.col("created_date").alias("_day")),
            made.join(paid, on=["file", "transaction_no"], how="inner").select(*made.columns, "_day"),
        ]
    )
    days = (pl.col("_day") - pl.col("_made")).dt.total_days()
    far = dated.filter(~days.is_between(-DAYS_BEFORE, DAYS_AFTER).fill_null(True)).unique(["file", "transaction_no"], maintain_order=True)
    return _findings(far, "segment_no", "date_implausible", "its date is more than ten months before its file was made, or a month after")
