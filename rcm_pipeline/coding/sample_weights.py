"""What a drawn chart stands for: the two disjoint cells of a coder's charts, with a reason and without, and their weights."""

import polars as pl

_CODER = ["sample_id", "coder_id"]
_HAS_REASON = pl.col("reason_code") != "random"


def weighting_cells(samples: pl.DataFrame) -> pl.DataFrame:
    """Per sample, coder and `has_reason` how many charts the frame has (frame_count), and the coder's in all (chart_count).

    The random stratum is drawn from all charts of a coder, the risk stratum from those with a reason that it left; so the two
    overlap in what they speak of, and must not be weighted as if they were disjoint. These cells are: given how many of its charts
    with a reason were drawn in either stratum, they are a simple random sample of all of them; those without, drawn only at
    random, of all without. With a reason are those the risk stratum was drawn from, and those drawn or spared at random with one.
    frame_count is null where no chart of the coder was drawn for risk: how many have a reason is not in the log then.
    """
    is_random = pl.col("stratum_code") == "random"
    cells = samples.group_by(_CODER).agg(
        pl.col("frame_count").filter(is_random).first().alias("all"),
        (pl.col("frame_count").filter(~is_random).first() + (is_random & _HAS_REASON).sum().cast(pl.Int64)).alias("with"),
    )
    parts = [
        cells.select(*_CODER, pl.lit(has).alias("has_reason"), frames.alias("frame_count"), pl.col("all").alias("chart_count"))
        for has, frames in ((True, pl.col("with")), (False, pl.col("all") - pl.col("with")))
    ]
    return pl.concat(parts).sort(*_CODER, "has_reason")
