"""The decided lines of a spike, before and during it, with everything its evidence is split by."""

import polars as pl

from rcm_pipeline.claims.code_families import with_code_family
from rcm_pipeline.claims.remits import ANSWER, ANSWER_LINE
from rcm_pipeline.denials.classify.dispositions import decided_lines
from schemas.vocabulary.denials import DENIED
from schemas.vocabulary.spikes import OPEN_SPIKE_STATES

SPIKE = ["payer_id", "root_cause"]  # names an open spike: a payer and cause has one at most
UNKNOWN, NONE = "unknown", "none"
BEFORE_WEEKS = 13
GAP_WEEKS = 1  # the week before the first alarm may hold the start already
OLDEST_WEEKS = 8  # older ones count as eight
_SENT = ("place_code", "provider_npi", "coder_id")


def open_spikes_of(spikes: pl.LazyFrame) -> pl.DataFrame:
    """Rows of mart_denial_spikes of the anchor week whose spike is open."""
    newest = spikes.filter(pl.col("week") == pl.col("week").max())
    return newest.filter(pl.col("state").is_in(OPEN_SPIKE_STATES)).collect()


def spike_lines(
    open_spikes: pl.DataFrame,
    lines: pl.LazyFrame,
    denials: pl.LazyFrame,
    adjudications: pl.LazyFrame,
    lineages: pl.LazyFrame,
    versions: pl.LazyFrame,
) -> pl.DataFrame:
    """One row per open spike and line its payer decided first before or during it.

    `open_spikes` has payer_id, root_cause, since_week and week, the anchor week. is_during: decided since_week to week; else
    in the 13 weeks before, the last one left out. is_denied: in full or in part, for the cause of the spike. carc_code and rarc_code are of
    denied lines, `none` where the payer gave none; place_code, provider_npi and coder_id are `unknown` where not sent or
    logged. age_weeks: week decided less week the matched version was sent, as text, 8 for more; unknown when not matched.
    """
    decided = _decided(lines, open_spikes).join(_reasons(denials), on=ANSWER_LINE, how="left", validate="m:1")
    known = with_code_family(decided.join(_sent_facts(adjudications, lineages, versions), on=ANSWER, how="left", validate="m:1"))
    is_denied = pl.col("disposition").is_in(DENIED) & (pl.col("cause") == pl.col("root_cause")).fill_null(False)
    age = ((pl.col("week") - pl.col("sent_week")).dt.total_days() // 7).clip(0, OLDEST_WEEKS).cast(pl.String)
    return known.with_columns(
        (pl.col("week") >= pl.col("since_week")).alias("is_during"), is_denied.alias("is_denied"), age.fill_null(UNKNOWN).alias("age_weeks")
    ).select(
        *SPIKE,
        "week",
        "is_during",
        "is_denied",
        "lineage_id",
        *(pl.when("is_denied").then(pl.col(code).fill_null(NONE)).alias(code) for code in ("carc_code", "rarc_code")),
        "code_family",
        *(pl.col(name).fill_null(UNKNOWN) for name in _SENT),
        "age_weeks",
        "first_service_date",
        "adjudication_date",
    )


def _decided(lines: pl.LazyFrame, open_spikes: pl.DataFrame) -> pl.DataFrame:
    """Decided lines of each spike's payer in its weeks; a line of a payer with two spikes is there twice."""
    spans = open_spikes.select(*SPIKE, "since_week", pl.col("week").alias("last_week"))
    first = pl.col("since_week").dt.offset_by(f"-{BEFORE_WEEKS + GAP_WEEKS}w")
    is_left_out = (pl.col("week") < pl.col("since_week")) & (pl.col("week") >= pl.col("since_week").dt.offset_by(f"-{GAP_WEEKS}w"))
    counted = decided_lines(lines).select(*ANSWER_LINE, "week", "payer_id", "procedure_code", "disposition").collect()
    return counted.join(spans, on="payer_id", how="inner").filter(pl.col("week").is_between(first, pl.col("last_week")) & ~is_left_out)


def _reasons(denials: pl.LazyFrame) -> pl.DataFrame:
    initial = denials.filter("is_initial")
    return initial.select(*ANSWER_LINE, pl.col("root_cause").alias("cause"), "carc_code", "rarc_code", "adjudication_date").collect()


def _sent_facts(adjudications: pl.LazyFrame, lineages: pl.LazyFrame, versions: pl.LazyFrame) -> pl.DataFrame:
    """Per first decision what was sent: place, provider, coder, first service, and the week of the version it answers."""
    answered = adjudications.filter("is_first").select(*ANSWER, "lineage_id", "version_id")
    sent = versions.select("version_id", pl.col("week").alias("sent_week"))
    carried = lineages.select("lineage_id", *_SENT, "first_service_date")
    return answered.join(carried, on="lineage_id", how="left").join(sent, on="version_id", how="left").collect()
