"""What a drawn chart stands for: the two disjoint cells of a coder's charts, with a reason and without, and their weights."""

import polars as pl

_CODER = ["sample_id", "coder_id"]
_HAS_REASON = pl.col("reason_code") != "random"


def weighting_cells(samples: pl.DataFrame) -> pl.DataFrame:
    """Per sample, coder and `has_reason` how many charts the frame has (frame_count), from rows of ops_qa_samples.

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
        cells.select(*_CODER, pl.lit(True).alias("has_reason"), pl.col("with").alias("frame_count")),
        cells.select(*_CODER, pl.lit(False).alias("has_reason"), (pl.col("all") - pl.col("with")).alias("frame_count")),
    ]
    return pl.concat(parts).sort(*_CODER, "has_reason")


def disjoint_strata(reviews: pl.DataFrame, samples: pl.DataFrame) -> pl.DataFrame:
    """Reviews as they are to be weighted: stratum_code and selection_rate of charts of logged samples are those of their cell.

    `reviews` has sample_id, claim_token, stratum_code and selection_rate; rows and their order stay. A chart with a reason goes
    to `risk`, also one drawn at random; one without to `random`. selection_rate is the charts of the cell that were reviewed over
    those it holds, so that the sum of its inverse is the cell; where the cell is not known, those of the coder over all of the
    coder's. What no logged sample has stays as its sheet says. To be used for weighted estimates alone: charts drawn at random,
    as the sheet says, are the unweighted one.
    """
    drawn = samples.select(*_CODER, "claim_token", _HAS_REASON.alias("has_reason"))
    cells = weighting_cells(samples).rename({"frame_count": "_cell"})
    every = samples.filter(pl.col("stratum_code") == "random").group_by(_CODER).agg(pl.col("frame_count").first().alias("_all"))
    known = drawn.join(cells, on=[*_CODER, "has_reason"], how="left").join(every, on=_CODER, how="left")
    joined = reviews.join(
        known.rename({"coder_id": "_coder"}), on=["sample_id", "claim_token"], how="left", validate="m:1", maintain_order="left"
    )
    seen = pl.col("claim_token").n_unique()
    by_cell = seen.over("sample_id", "_coder", "has_reason") / pl.col("_cell")
    by_coder = seen.over("sample_id", "_coder") / pl.col("_all")
    is_drawn, stratum = pl.col("has_reason").is_not_null(), pl.when("has_reason").then(pl.lit("risk")).otherwise(pl.lit("random"))
    return joined.with_columns(
        pl.when(is_drawn).then(stratum).otherwise("stratum_code").alias("stratum_code"),
        pl.when(is_drawn).then(pl.coalesce(by_cell, by_coder).clip(0, 1)).otherwise("selection_rate").alias("selection_rate"),
    ).select(reviews.columns)
