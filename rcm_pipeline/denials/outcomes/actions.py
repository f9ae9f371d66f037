"""What was done about denied claims: touches with the channel their activity names, and claims sent again."""

import polars as pl

from rcm_pipeline.privacy.door import meaning

WRITE_OFF = "write_off"
_CHANNELS = {"send_records": "records"}


def with_channel(touches: pl.DataFrame) -> pl.DataFrame:
    """Touches with `channel_code`; null where the activity names none."""
    channel = meaning(pl.col("activity_code"), "activity").replace(_CHANNELS)
    return touches.with_columns(channel.alias("channel_code"))


def actions(denied: pl.DataFrame, touches: pl.DataFrame, versions: pl.DataFrame) -> pl.DataFrame:
    """Every touch on or after a denial and every claim sent after it: _episode, lineage_id, action_date, channel_code (null: other work).

    `denied` carry the account number of the claim as it was sent, not as a payer wrote it. A touch counts once: of several
    denials of its account for the one made last on or before its day, and a claim sent for that of its lineage. A
    replacement that turns an inpatient stay into an outpatient one is channel `observation`. `minutes` are those of a touch,
    null for a claim sent.
    """
    worked = _worked(denied, touches)
    first = versions.filter(pl.col("version_no") == 1).select("lineage_id", _is_inpatient().alias("_was_inpatient"))
    numbered = versions.select("version_id", "lineage_id", pl.col("sent_date").alias("action_date"), _is_inpatient().alias("_is_inpatient"))
    of_lineage = denied.select("_episode", "lineage_id", "denied_date").join(numbered, on="lineage_id")
    # a claim sent on the day of the denial was on its way before it
    after = of_lineage.filter(pl.col("action_date") > pl.col("denied_date")).sort("version_id", "denied_date", "_episode")
    sent = after.unique("version_id", keep="last", maintain_order=True)
    sent = sent.join(first, on="lineage_id", how="left", maintain_order="left")
    moved = pl.col("_was_inpatient").fill_null(False) & ~pl.col("_is_inpatient")
    channel = pl.when(moved).then(pl.lit("observation")).otherwise(pl.lit("corrected_claim"))
    fields = ["_episode", "lineage_id", "action_date", "channel_code", "is_sent", "minutes"]
    return pl.concat(
        [
            worked.with_columns(pl.lit(False).alias("is_sent")).select(fields),
            sent.with_columns(
                channel.alias("channel_code"), pl.lit(True).alias("is_sent"), pl.lit(None, pl.Decimal(18, 3)).alias("minutes")
            ).select(fields),
        ]
    )


def _worked(denied: pl.DataFrame, touches: pl.DataFrame) -> pl.DataFrame:
    """Each touch on or after a denial of its account, with the lineage it belongs to."""
    numbered = with_channel(touches).select("claim_token", pl.col("touched_date").alias("action_date"), "channel_code", "minutes")
    joined = numbered.with_row_index("_touch").join(denied.select("_episode", "lineage_id", "claim_token", "denied_date"), on="claim_token")
    later = joined.filter(pl.col("action_date") >= pl.col("denied_date")).sort("_touch", -pl.col("denied_date").to_physical(), "_episode")
    return later.unique("_touch", keep="first", maintain_order=True)


def _is_inpatient() -> pl.Expr:
    return ((pl.col("place_qualifier") == "A") & pl.col("place_code").str.starts_with("11")).fill_null(False)
