"""Which charts auditors look at next: the frame, the strata, how many, and a draw that can be done again."""

import datetime as dt
import hashlib
import json

import numpy as np
import polars as pl

from rcm_pipeline.coding.sampling.planning import charts_for_half_width
from rcm_pipeline.coding.sampling.risk_reasons import NEW_CODER, History, with_reasons
from rcm_pipeline.redelivery import latest_by
from rcm_pipeline.settings import Qa
from schemas.contract import conform, empty
from schemas.registry import CONTRACTS

DESIGN = 1  # changes with the rules of this file: the same seed then draws other charts, under another number
NEW_CODER_PACE = 3  # a new coder is to be known in a third of the weeks
_FIRST, _TABLE = "first", "ops_qa_samples"
_ASKED = ("standard", "half_width", "weeks", "risk_share", "spare_share")  # the settings a draw depends on beside its frame
_CHART = ("claim_token", "coder_id", "specialty", "coded_date", "service_date")


def frame(history: History, drawn: pl.DataFrame, week: dt.date, qa: Qa) -> pl.DataFrame:
    """One row per chart that may be drawn, sorted by claim_token: coder, specialty, dates and `reasons`.

    Charts whose last coding (raw_coded_encounters) is in the week from Monday `week`, without a first review, and not drawn
    before: `drawn` are the rows of ops_qa_samples, of which those of this week and spares do not count. A chart coded twice
    is the last coder's. No rows where the log has none.
    """
    last = week + dt.timedelta(days=6)
    coded = latest_by(history.encounters.filter(pl.col("coded_date") <= last), "claim_token", "coded_date")
    reviewed = history.reviews.filter(pl.col("kind_code") == _FIRST)
    before = drawn.filter((pl.col("week") != week) & ~pl.col("is_spare"))
    charts = (
        coded.filter(pl.col("coded_date") >= week)
        .select(_CHART)
        .join(reviewed, on="claim_token", how="anti")
        .join(before, on="claim_token", how="anti")
    )
    return with_reasons(charts, history, last, qa).sort("claim_token")


def default_seed(client: str, week: dt.date) -> int:
    """The seed of a client's week, so that nobody chooses one: the first 32 bits of SHA-256 of `<client> <week>`."""
    return int(hashlib.sha256(f"{client} {week}".encode()).hexdigest()[:8], 16)


def frame_hash(charts: pl.DataFrame) -> str:
    """SHA-256 of a frame in its order, over everything the draw depends on."""
    lines = charts.select(*_CHART, pl.col("reasons").list.join(";")).write_csv(null_value="")
    return hashlib.sha256(lines.encode()).hexdigest()


def sample_id(charts_hash: str, qa: Qa, week: dt.date, seed: int) -> str:
    """Number of a sample: the week and eight digits of a hash of frame, design (rules and settings) and seed."""
    design = json.dumps([DESIGN, charts_hash, [getattr(qa, name) for name in _ASKED], seed])
    return f"{week}-{hashlib.sha256(design.encode()).hexdigest()[:8]}"


def sizes(charts: pl.DataFrame, qa: Qa) -> pl.DataFrame:
    """Per coder: chart_count, random_count and spare_count of the random stratum.

    As many charts as bring the 95 % interval of a coder at the standard to the half width within `qa.weeks` weeks like this
    one (frame: its charts × weeks), spread evenly, rounded up; in a third of the weeks for a new coder. At least 1, at most all.
    """
    is_new = pl.col("reasons").list.contains(NEW_CODER).any()
    counted = charts.group_by("coder_id").agg(pl.len().cast(pl.Int64).alias("chart_count"), is_new.alias("is_new")).sort("coder_id")
    drawn = [_weekly(count, qa, new) for _, count, new in counted.rows()]
    sized = counted.with_columns(pl.Series("random_count", drawn, dtype=pl.Int64))
    left = pl.col("chart_count") - pl.col("random_count")
    return sized.with_columns(pl.min_horizontal(left, _spares("random_count", qa)).alias("spare_count")).drop("is_new")


def _weekly(count: int, qa: Qa, is_new: bool) -> int:
    needed = charts_for_half_width(qa.half_width, qa.standard, frame_count=count * qa.weeks)
    weeks = max(1, qa.weeks // NEW_CODER_PACE) if is_new else qa.weeks
    return min(count, max(1, -(-needed // weeks)))


def _spares(count: str, qa: Qa) -> pl.Expr:
    return (pl.col(count) * qa.spare_share).round(9).ceil().cast(pl.Int64)


def draw(charts: pl.DataFrame, qa: Qa, week: dt.date, seed: int, planned_at: dt.date) -> pl.DataFrame:
    """ops_qa_samples of one week: the random stratum, the risk stratum and spares of both; no rows for an empty frame.

    Random: a simple random sample of each coder's whole frame, whatever the reasons, so that it alone is unbiased for the
    coder. Risk: of the charts with a reason that are neither drawn nor spares there, a simple random sample within each
    coder, in all as many as make `qa.risk_share` of the sample, in proportion to what each coder has of them.
    frame_count, sample_count and selection_rate are those of the coder in the stratum. Each chart has two raw 64-bit numbers
    of PCG64 (fixed by NumPy's compatibility policy): the smallest first ones are the random stratum, the smallest second
    ones among the rest the risk stratum; so more spares change no draw of their stratum.
    """
    if charts.is_empty():
        return empty(CONTRACTS[_TABLE])
    ordered, bits = charts.sort("claim_token"), np.random.PCG64(seed).random_raw((2, charts.height))
    numbered = ordered.with_columns(pl.Series("_first", bits[0]), pl.Series("_second", bits[1]))
    random = _taken(numbered, sizes(charts, qa), "_first").with_columns(pl.lit("random").alias("stratum_code"))
    rest = numbered.join(random, on="claim_token", how="anti").filter(pl.col("reasons").list.len() > 0)
    risk = _taken(rest, _risk_sizes(rest, random, qa), "_second").with_columns(pl.lit("risk").alias("stratum_code"))
    found = frame_hash(ordered)
    drawn = pl.concat([random, risk]).with_columns(
        pl.lit(sample_id(found, qa, week, seed)).alias("sample_id"),
        pl.lit(planned_at).alias("planned_at"),
        pl.lit(week).alias("week"),
        pl.lit(seed, pl.Int64).alias("seed"),
        pl.lit(found).alias("frame_hash"),
        pl.col("reasons").list.first().fill_null("random").alias("reason_code"),
        (pl.col("sample_count") / pl.col("frame_count")).alias("selection_rate"),
    )
    return conform(_in_order(drawn), CONTRACTS[_TABLE])


def _taken(numbered: pl.DataFrame, sized: pl.DataFrame, number: str) -> pl.DataFrame:
    """Of each coder the charts with the smallest numbers: first the sample, then its spares."""
    ordered = numbered.sort("coder_id", number, "claim_token").with_columns(
        pl.int_range(1, pl.len() + 1).cast(pl.Int64).over("coder_id").alias("_place")
    )
    placed = ordered.join(sized, on="coder_id", how="inner", validate="m:1", maintain_order="left")
    chosen = placed.filter(pl.col("_place") <= pl.col("random_count") + pl.col("spare_count"))
    return chosen.with_columns((pl.col("_place") > pl.col("random_count")).alias("is_spare")).rename(
        {"chart_count": "frame_count", "random_count": "sample_count"}
    )


def _risk_sizes(rest: pl.DataFrame, random: pl.DataFrame, qa: Qa) -> pl.DataFrame:
    """Per coder of the risk stratum how many: proportional to what it has there, by largest remainders."""
    drawn = random.filter(~pl.col("is_spare")).height
    wanted = min(rest.height, int(drawn * qa.risk_share / (1 - qa.risk_share) + 0.5))
    counted = rest.group_by("coder_id").agg(pl.len().cast(pl.Int64).alias("chart_count")).sort("coder_id")
    whole = counted.with_columns((pl.col("chart_count") * wanted // max(rest.height, 1)).alias("random_count"))
    left = (pl.col("chart_count") * wanted % max(rest.height, 1)).rank("ordinal", descending=True)
    shared = whole.with_columns(pl.col("random_count") + (left <= wanted - pl.col("random_count").sum()).cast(pl.Int64))
    spare = pl.min_horizontal(pl.col("chart_count") - pl.col("random_count"), _spares("random_count", qa))
    return shared.filter(pl.col("random_count") > 0).with_columns(spare.alias("spare_count"))


def _in_order(drawn: pl.DataFrame) -> pl.DataFrame:
    """Numbered within the stratum: the first of every coder, then the second, spares last; who stops early has all coders alike."""
    ordered = drawn.sort("stratum_code", "is_spare", "_place", "coder_id")
    return ordered.with_columns(pl.int_range(1, pl.len() + 1).cast(pl.Int64).over("stratum_code").alias("draw_no"))
