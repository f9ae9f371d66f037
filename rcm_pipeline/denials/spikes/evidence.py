"""Where the denials of an open spike come from: reasons, remarks, codes, places, providers and coders."""

import polars as pl

from rcm_pipeline.denials.spikes.lines import SPIKE, UNKNOWN, open_spikes_of, spike_lines
from rcm_pipeline.tables import mart

SHOWN = 3
REST = "other"
CODER_SHARE = 0.8  # of the extra denials, from which on they are one coder's
_HIGH = 1.2815515594457831  # standard deviations that one in ten passes by chance: the other coders are up as well
_SAID = {"carc": "carc_code", "rarc": "rarc_code"}  # of denied lines only
_CARRIED = {"code_family": "code_family", "place": "place_code", "provider": "provider_npi", "coder": "coder_id"}
_COUNTS = ["denied_count", "decided_count", "before_denied_count", "before_decided_count"]
_SPAN = [*SPIKE, "since_week", "week"]


@mart
def mart_spike_evidence(
    mart_denial_spikes: pl.LazyFrame,
    core_adjudicated_lines: pl.LazyFrame,
    core_denials: pl.LazyFrame,
    core_adjudications: pl.LazyFrame,
    core_claim_lineages: pl.LazyFrame,
    core_claim_versions: pl.LazyFrame,
) -> pl.DataFrame:
    """One row per open spike, dimension and value with most extra denials."""
    opened = open_spikes_of(mart_denial_spikes)
    lines = spike_lines(opened, core_adjudicated_lines, core_denials, core_adjudications, core_claim_lineages, core_claim_versions)
    return spike_evidence(opened, lines)


def spike_evidence(open_spikes: pl.DataFrame, counted_lines: pl.DataFrame) -> pl.DataFrame:
    """Rows of mart_spike_evidence, from open spikes and their `spike_lines`. No rows for a spike without decided lines.

    expected = denied before / decided before x decided during, of the value. A carc or rarc is known of denied lines alone,
    so its rate is of all decided lines. A value that was not decided before is expected to be denied like the whole spike
    was. extra_share is of the extra of the whole spike: denied - decided x rate before. Ties of extra go to more denials,
    then to the value.
    """
    totals = _totals(counted_lines)
    denied_shares = [
        _against(_counted(counted_lines.filter("is_denied"), column), totals, dimension).with_columns(
            pl.col("all_decided_count").alias("decided_count"), pl.col("all_before_decided_count").alias("before_decided_count")
        )
        for dimension, column in _SAID.items()
    ]
    carried = [_against(_counted(counted_lines, column), totals, dimension) for dimension, column in _CARRIED.items()]
    ranked = _ranked(_with_expected(pl.concat(denied_shares + carried)))
    shared = pl.col("denied_count") - pl.col("expected")
    whole = pl.col("all_denied_count") - pl.col("all_decided_count") * pl.col("all_rate")
    rows = _with_rest(ranked).with_columns(shared.alias("extra"), pl.when(whole > 0).then(shared / whole).alias("extra_share"))
    dated = open_spikes.select(_SPAN).join(rows, on=SPIKE, how="inner", validate="1:m")
    return dated.sort(*SPIKE, "dimension", "rank", nulls_last=True)


def leading_coders(evidence: pl.DataFrame, counted_lines: pl.DataFrame) -> pl.DataFrame:
    """Payer, cause and coder_id of the spikes that are one coder's.

    At least two coders worked, one has four fifths of the extra denials, and the lines of all others did not rise: their
    denials are within 1.28 standard deviations (of counts) of what was expected. Without the last, a payer that denies more of
    everybody would be laid at the door of whoever codes most of its claims.
    """
    during = counted_lines.filter(pl.col("is_during") & (pl.col("coder_id") != UNKNOWN))
    several = during.group_by(SPIKE).agg(pl.col("coder_id").n_unique().alias("n")).filter(pl.col("n") > 1).select(SPIKE)
    coders = evidence.filter(pl.col("dimension") == "coder").join(several, on=SPIKE, how="semi")
    left = [(pl.col(name).sum().over(SPIKE) - pl.col(name)).alias(f"others_{name}") for name in ("denied_count", "expected")]
    surprise = (pl.col("others_denied_count") - pl.col("others_expected")) / pl.col("others_expected").clip(lower_bound=1).sqrt()
    is_one = (pl.col("rank") == 1) & (pl.col("value") != UNKNOWN) & (pl.col("extra_share") >= CODER_SHARE)
    return coders.with_columns(left).filter(is_one & (surprise <= _HIGH)).select(*SPIKE, pl.col("value").alias("coder_id"))


def _counted(counted_lines: pl.DataFrame, column: str) -> pl.DataFrame:
    """Lines denied and decided by value, during and before."""
    return counted_lines.group_by(*SPIKE, pl.col(column).alias("value")).agg(_sums())


def _sums() -> list[pl.Expr]:
    during, denied = pl.col("is_during"), pl.col("is_denied")
    sums = [(during & denied).sum(), during.sum(), (~during & denied).sum(), (~during).sum()]
    return [total.cast(pl.Int64).alias(name) for total, name in zip(sums, _COUNTS, strict=True)]


def _totals(counted_lines: pl.DataFrame) -> pl.DataFrame:
    """Of the whole spike; its rate before is 0 where nothing was decided then."""
    totals = counted_lines.group_by(SPIKE).agg(_sums())
    denied, decided = (pl.col(f"before_{name}_count") for name in ("denied", "decided"))
    rate = pl.when(decided > 0).then(denied / decided).otherwise(0.0)
    return totals.select(*SPIKE, pl.col(_COUNTS).name.prefix("all_"), rate.alias("all_rate"))


def _against(counted: pl.DataFrame, totals: pl.DataFrame, dimension: str) -> pl.DataFrame:
    return counted.join(totals, on=SPIKE, how="left", validate="m:1").with_columns(pl.lit(dimension).alias("dimension"))


def _with_expected(rows: pl.DataFrame) -> pl.DataFrame:
    own = pl.col("before_denied_count") / pl.col("before_decided_count")
    rate = pl.when(pl.col("before_decided_count") > 0).then(own).otherwise("all_rate")
    return rows.with_columns((rate * pl.col("decided_count")).alias("expected"))


def _ranked(rows: pl.DataFrame) -> pl.DataFrame:
    extra = pl.col("denied_count") - pl.col("expected")
    ordered = rows.sort(*SPIKE, "dimension", -extra, -pl.col("denied_count"), "value")
    return ordered.with_columns(pl.int_range(1, pl.len() + 1).cast(pl.Int64).over(*SPIKE, "dimension").alias("rank"))


def _with_rest(ranked: pl.DataFrame) -> pl.DataFrame:
    """The first three of each dimension, and one row for all others together; of carc and rarc all share one denominator."""
    is_said = pl.col("dimension").is_in(list(_SAID))
    all_of = [f"all_{name}" for name in (*_COUNTS, "rate")]
    summed = ["denied_count", "before_denied_count", "expected"]
    over = ["decided_count", "before_decided_count"]
    rest = (
        ranked.filter(pl.col("rank") > SHOWN)
        .group_by(*SPIKE, "dimension", *all_of)
        .agg(
            pl.col(summed).sum(),
            *(pl.when(is_said.first()).then(pl.col(name).first()).otherwise(pl.col(name).sum()).alias(name) for name in over),
            pl.len().cast(pl.Int64).alias("value_count"),
        )
        .with_columns(pl.lit(REST).alias("value"), pl.lit(None, pl.Int64).alias("rank"))
    )
    first = ranked.filter(pl.col("rank") <= SHOWN).with_columns(pl.lit(1, pl.Int64).alias("value_count"))
    return pl.concat([first, rest.select(first.columns)])
