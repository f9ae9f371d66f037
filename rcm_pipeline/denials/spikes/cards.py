"""An open spike on one row: how far the rate moved and why, since when, what it puts at risk and how to fix it."""

import polars as pl

from rcm_pipeline.denials.outcomes.denial_outcomes import initial_denials
from rcm_pipeline.denials.spikes.evidence import leading_coders
from rcm_pipeline.denials.spikes.lines import NONE, SPIKE, open_spikes_of, spike_lines
from rcm_pipeline.stats.decomposition import effects
from rcm_pipeline.stats.intervals import rate, wilson
from rcm_pipeline.tables import mart

_EXAMPLES = 5
_SIDES = {"": 1, "before_": 0}
_MIX, _AGE = ["code_family", "place_code"], ["age_weeks"]
_CENT = pl.Decimal(18, 2)


@mart
def mart_spike_cards(
    mart_denial_spikes: pl.LazyFrame,
    mart_spike_evidence: pl.LazyFrame,
    mart_denial_outcomes: pl.LazyFrame,
    mart_worklist: pl.LazyFrame,
    ops_portfolio: pl.LazyFrame,
    core_adjudicated_lines: pl.LazyFrame,
    core_denials: pl.LazyFrame,
    core_adjudications: pl.LazyFrame,
    core_claim_lineages: pl.LazyFrame,
    core_claim_versions: pl.LazyFrame,
) -> pl.DataFrame:
    """One row per open spike: how far, why, what is at risk and how to fix it."""
    opened = open_spikes_of(mart_denial_spikes)
    lines = spike_lines(opened, core_adjudicated_lines, core_denials, core_adjudications, core_claim_lineages, core_claim_versions)
    outcomes = initial_denials(mart_denial_outcomes).collect()
    cards = spike_cards(opened, lines, mart_spike_evidence.collect(), outcomes, mart_worklist.collect())
    return with_other_clients(cards, ops_portfolio.collect())


def spike_cards(
    open_spikes: pl.DataFrame, counted_lines: pl.DataFrame, evidence: pl.DataFrame, outcomes: pl.DataFrame, worklist: pl.DataFrame
) -> pl.DataFrame:
    """Rows of mart_spike_cards but for what other clients know, from open spikes, their `spike_lines` and evidence.

    Open spikes have payer_id, root_cause, since_week, week and state.

    mix_effect and lag_effect are Kitagawa's composition effects over code family x place, and over the age of claims at
    decision; rate_effect is what is left, so the three add up to the change of the rate. Mix and age are each taken alone:
    where they move together, such as surgery that is also decided later, the shared part is counted in both and missing
    from rate_effect. Claims that no sent claim was matched with are one stratum of unknown age. A change within a stratum, of
    codes inside a family or of lateness beyond eight weeks, stays in rate_effect.

    reading is `coder` or `client`; whether other clients of the payer rose as well is not known here.
    """
    parts = [
        _rates(counted_lines),
        *_effects(counted_lines),
        _first(counted_lines, evidence),
        _claims(counted_lines, outcomes),
        _fixes(counted_lines, worklist),
    ]
    coders = leading_coders(evidence, counted_lines).with_columns(pl.lit("coder").alias("reading"))
    joined = open_spikes.select(*SPIKE, "since_week", "week", "state")
    for part in (*parts, coders):
        joined = joined.join(part, on=SPIKE, how="left", validate="1:1", maintain_order="left")
    counts = [name for name in joined.columns if name.endswith("_count")]
    change = pl.col("denial_rate") - pl.col("before_rate")
    explained = [pl.when(change.is_not_null()).then(pl.col(name)).alias(name) for name in ("mix_effect", "lag_effect")]
    filled = joined.with_columns(
        pl.col(counts).fill_null(0), pl.col("at_risk_amount").fill_null(0), pl.col("reading").fill_null("client"), *explained
    )
    return filled.with_columns((change - pl.col("mix_effect") - pl.col("lag_effect")).alias("rate_effect")).sort(SPIKE)


def with_other_clients(cards: pl.DataFrame, portfolio: pl.DataFrame) -> pl.DataFrame:
    """The cards with clients_up_count, and `payer` as their reading where the payer-wide line says that several clients rose.

    From ops_portfolio, in the weeks of the spike: the most clients that were up at once. Null where the portfolio does not
    know the payer and cause, or nothing is handed back to this client.
    """
    lines = portfolio.select(*SPIKE, pl.col("week").alias("_at"), "risen_count", "is_payers")
    during = cards.select(*SPIKE, "since_week", "week").join(lines, on=SPIKE).filter(pl.col("_at").is_between("since_week", "week"))
    others = during.group_by(SPIKE).agg(pl.col("risen_count").max().alias("_up"), pl.col("is_payers").any().alias("_is_payer"))
    joined = cards.drop("clients_up_count", strict=False).join(others, on=SPIKE, how="left", maintain_order="left")
    is_payer = pl.col("_is_payer").fill_null(False) & (pl.col("reading") != "coder")
    reading = pl.when(is_payer).then(pl.lit("payer")).otherwise("reading").alias("reading")
    return joined.with_columns(reading, pl.col("_up").alias("clients_up_count")).drop("_up", "_is_payer")


def _sides(counted_lines: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """denied_0 and decided_0 before, denied_1 and decided_1 during, by spike and stratum."""
    during, denied = pl.col("is_during"), pl.col("is_denied")
    sums = {
        "denied_0": (~during & denied).sum(),
        "decided_0": (~during).sum(),
        "denied_1": (during & denied).sum(),
        "decided_1": during.sum(),
    }
    counted = counted_lines.group_by(*SPIKE, *by).agg(total.cast(pl.Int64).alias(name) for name, total in sums.items())
    return counted.sort(*SPIKE, *by)  # effects of strata are added up in one order, so that equal lines give equal bytes


def _rates(counted_lines: pl.DataFrame) -> pl.DataFrame:
    """Both sides of the fraction, rate and limits, during and before."""
    columns = []
    for prefix, n in _SIDES.items():
        denied, decided = pl.col(f"denied_{n}"), pl.col(f"decided_{n}")
        low, high = wilson(denied, decided)
        columns += [
            denied.alias(f"{prefix}denied_count"),
            decided.alias(f"{prefix}decided_count"),
            rate(denied, decided).alias(f"{prefix or 'denial_'}rate"),
            low.alias(f"{prefix}low"),
            high.alias(f"{prefix}high"),
        ]
    return _sides(counted_lines, []).select(*SPIKE, *columns)


def _effects(counted_lines: pl.DataFrame) -> list[pl.DataFrame]:
    return [
        effects(_sides(counted_lines, by), by, SPIKE).group_by(SPIKE).agg(pl.col("mix_effect").sum().alias(name))
        for by, name in ((_MIX, "mix_effect"), (_AGE, "lag_effect"))
    ]


def _first(counted_lines: pl.DataFrame, evidence: pl.DataFrame) -> pl.DataFrame:
    """The reason and remark with most extra denials, and the first service and first denial of that reason during."""
    led = evidence.filter(pl.col("rank") == 1).select(*SPIKE, "dimension", "value")
    carc, rarc = (
        led.filter(pl.col("dimension") == name).select(*SPIKE, pl.col("value").alias(f"main_{name}_code")) for name in ("carc", "rarc")
    )
    of_main = counted_lines.filter(pl.col("is_during") & pl.col("is_denied")).join(carc, on=SPIKE, how="inner")
    dates = (
        of_main.filter(pl.col("carc_code") == pl.col("main_carc_code"))
        .group_by(SPIKE)
        .agg(pl.col("first_service_date").min(), pl.col("adjudication_date").min().alias("first_adjudication_date"))
    )
    both = carc.join(rarc, on=SPIKE, how="left").join(dates, on=SPIKE, how="left")
    reasons = ["main_carc_code", "main_rarc_code"]
    return both.with_columns(pl.when(pl.col(name) != NONE).then(pl.col(name)).alias(name) for name in reasons)


def _denied_claims(counted_lines: pl.DataFrame) -> pl.DataFrame:
    return counted_lines.filter(pl.col("is_during") & pl.col("is_denied")).select(*SPIKE, "lineage_id").unique()


def _claims(counted_lines: pl.DataFrame, outcomes: pl.DataFrame) -> pl.DataFrame:
    """What became of the claims of a spike, the dollars still open, and some of them by token."""
    belonging = outcomes.join(_denied_claims(counted_lines), on=[*SPIKE, "lineage_id"], how="semi")
    is_open = pl.col("resolution_code") == "open"
    ordered = belonging.sort(~is_open, -pl.col("expected_amount"), "lineage_id")
    return ordered.group_by(SPIKE, maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("claim_count"),
        is_open.sum().cast(pl.Int64).alias("open_count"),
        pl.col("expected_amount").filter(is_open).sum().cast(_CENT).alias("at_risk_amount"),
        pl.col("claim_token").drop_nulls().head(_EXAMPLES).str.join(",").replace("", None).alias("example_tokens"),
    )


def _fixes(counted_lines: pl.DataFrame, worklist: pl.DataFrame) -> pl.DataFrame:
    """Of the claims on the worklist whose time is not up: how many, the soonest deadline, the step of the largest group."""
    fixable = worklist.filter(pl.col("urgency") != "late").join(_denied_claims(counted_lines), on=[*SPIKE, "lineage_id"], how="semi")
    sized = fixable.with_columns(pl.len().over(*SPIKE, "group_id").alias("_size"))
    ordered = sized.sort(-pl.col("_size").cast(pl.Int64), "group_rank", "rank")
    return ordered.group_by(SPIKE, maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("fixable_count"), pl.col("next_step").first(), pl.col("deadline_date").min()
    )
