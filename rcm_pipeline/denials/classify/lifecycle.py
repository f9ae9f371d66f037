"""One row per lineage: what was sent, the first decision, the initial denial, the decision that stands, and where it is now."""

import polars as pl

from rcm_pipeline.claims.remits import KEYS
from rcm_pipeline.claims.runs import begins, ends, ordinal
from rcm_pipeline.denials.classify.adjudications import rolled_up

_ON = "lineage_index"
_FACTS = ("claim_token", "sequence_code", "charge_amount", "first_service_date", "last_service_date", "place_code", "provider_npi")


def claim_lineages(
    versions: pl.DataFrame, adjudications: pl.DataFrame, lines: pl.DataFrame, denials: pl.DataFrame, coders: pl.DataFrame
) -> pl.DataFrame:
    """core_claim_lineages without names. Money is of the first version, else of the first answer; null dates mean never."""
    sent = _sent(versions)
    answered = _answered(adjudications)
    both = pl.concat([sent.select(_ON), answered.select(_ON)]).unique().sort(_ON)
    joined = both
    for part in (sent, answered, _initial_denials(lines, denials), _first(adjudications), _current(adjudications, lines)):
        joined = joined.join(part, on=_ON, how="left", validate="1:1", maintain_order="left")
    facts = joined.with_columns(
        *(pl.coalesce(f"sent_{name}", f"said_{name}").alias(name) for name in _FACTS),
        pl.coalesce("first_payer_id", "sent_payer_id", "said_payer_id").alias("payer_id"),
        pl.col("version_count", "answer_count").fill_null(0),
    )
    known = sent.select(pl.col("sent_claim_token").alias("claim_token")).drop_nulls().unique().with_columns(pl.lit(True).alias("_is_ours"))
    return (
        facts.join(known, on="claim_token", how="left", validate="m:1", maintain_order="left")
        .join(coders, on="claim_token", how="left", validate="m:1", maintain_order="left")
        .with_columns(
            ((pl.col("version_count") == 0) & pl.col("_is_ours").fill_null(False)).alias("is_crossover"), _status().alias("status_code")
        )
    )


def _sent(versions: pl.DataFrame) -> pl.DataFrame:
    """Per lineage its first version, and what the newest says. `versions` are numbered, in order."""
    ordered = versions.sort(_ON, "version_no")
    first = ordered.filter(begins([_ON])).select(
        _ON, pl.col("sent_date").alias("first_sent_date"), *(pl.col(name).alias(f"sent_{name}") for name in (*_FACTS, "payer_id"))
    )
    last = ordered.filter(ends([_ON])).select(
        pl.col("version_no").alias("version_count"),
        pl.col("sent_date").alias("last_sent_date"),
        pl.col("is_rejected").alias("is_last_rejected"),
        pl.col("is_file_rejected").alias("is_last_file_rejected"),
    )
    return first.hstack(last)


def _answered(adjudications: pl.DataFrame) -> pl.DataFrame:
    """Per lineage its first answer, how many there are, and whether one decides."""
    ordered = adjudications.sort(_ON, "adjudication_date", *KEYS, nulls_last=True)
    decided = adjudications.filter(pl.col("kind") == "adjudication").select(pl.col(_ON).unique(), pl.lit(True).alias("has_decision"))
    numbered = ordered.with_columns((ordinal(begins([_ON])) + 1).alias("answer_count"))
    first = numbered.filter(begins([_ON])).select(
        _ON,
        *(pl.col(name).alias(f"said_{name}") for name in (*_FACTS[:-1], "payer_id")),
        pl.col("rendering_npi").alias("said_provider_npi"),
    )
    return first.hstack(numbered.filter(ends([_ON])).select("answer_count")).join(decided, on=_ON, how="left", maintain_order="left")


def _first(adjudications: pl.DataFrame) -> pl.DataFrame:
    """The earliest first decision of any payer."""
    first = adjudications.filter("is_first").sort("adjudication_date", *KEYS, nulls_last=True)
    return first.unique(_ON, keep="first", maintain_order=True).select(
        _ON,
        pl.col("adjudication_date").alias("first_decision_date"),
        pl.col("payer_id").alias("first_payer_id"),
    )


def _initial_denials(lines: pl.DataFrame, denials: pl.DataFrame) -> pl.DataFrame:
    """Per lineage its initial denial: the payer that was first to deny a line at its first decision, and all such lines of it."""
    lost = denials.filter("is_initial").sort("adjudication_date", *KEYS, nulls_last=True)
    first = lost.unique(_ON, keep="first", maintain_order=True).select(
        _ON, "payer_id", pl.col("adjudication_date").alias("denied_date"), *(pl.col(key).alias(f"denial_{key}") for key in KEYS)
    )
    group = [_ON, "payer_id"]
    denied = lost.join(first, on=group, how="semi").group_by(_ON).agg(pl.col("denied_amount").sum().cast(pl.Decimal(18, 2)))
    paid = lines.filter("is_first").join(first, on=group, how="semi")
    paid = paid.group_by(_ON).agg(pl.col("paid_amount").sum().cast(pl.Decimal(18, 2)).alias("initial_paid_amount"))
    return first.drop("payer_id").join(denied, on=_ON, how="left").join(paid, on=_ON, how="left")


def _current(adjudications: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Per lineage what stands, over all lines; where nothing is decided, the newest that decides nothing."""
    standing = lines.filter("is_current").with_columns(pl.col("claim_key").alias("answer_id"))
    stands = rolled_up(standing, [_ON], pl.Expr.last).select(
        _ON,
        pl.col("adjudication_date").alias("current_date"),
        pl.col("disposition").alias("current_disposition"),
        pl.col("paid_amount").alias("current_paid_amount"),
        pl.col("answer_id").alias("current_claim_key"),
    )
    idle = adjudications.filter(pl.col("is_current") & (pl.col("disposition") == "undecided")).join(stands, on=_ON, how="anti")
    nothing = idle.select(
        _ON,
        pl.col("adjudication_date").alias("current_date"),
        pl.col("disposition").alias("current_disposition"),
        pl.col("paid_amount").alias("current_paid_amount"),
        pl.col("claim_key").alias("current_claim_key"),
    )
    return pl.concat([stands, nothing])


def _status() -> pl.Expr:
    """Where the claim is: decided ones by the decision that stands, the others by how far they came."""
    names = {"paid": "paid", "denied_full": "denied", "denied_partial": "partly_denied", "undecided": "undecided"}
    decided = pl.col("current_disposition").replace_strict(names, default=None, return_dtype=pl.String)
    is_turned_back = pl.col("is_last_rejected").fill_null(False) | pl.col("is_last_file_rejected").fill_null(False)
    return (
        pl.when(decided.is_not_null())
        .then(decided)
        .when(pl.col("first_decision_date").is_not_null())
        .then(pl.lit("reversed"))
        .when(pl.col("has_decision").fill_null(False))
        .then(pl.lit("pended"))
        .when(pl.col("answer_count").fill_null(0) > 0)
        .then(pl.lit("noted"))
        .when(is_turned_back)
        .then(pl.lit("rejected"))
        .otherwise(pl.lit("unanswered"))
    )
