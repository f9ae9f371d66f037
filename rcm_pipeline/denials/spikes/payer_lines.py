"""The payer-wide line: all clients of a payer and cause together, and whether one client or several made it rise."""

from dataclasses import replace

import polars as pl

from rcm_pipeline.denials.spikes.detect import detect, judged
from rcm_pipeline.denials.spikes.model.panel import check_columns
from rcm_pipeline.denials.spikes.model.prior import Reference
from rcm_pipeline.denials.spikes.settings import SpikeSettings
from rcm_pipeline.privacy.suppression import MINIMUM_CLAIMS, MINIMUM_CLIENTS

_LINE = ["payer", "cause", "week"]
_HIGH = 1.2815515594457831  # standard deviations that one week in ten passes by chance: such a client is up
_NOISE_STATES = ((1.0, 0.94),)  # a sum over clients is known better than one series, and less skewed: its tail is thinner
_MAIN_SHARE = 0.8  # of the excess of all clients that are up, from which on it is one client's
SUPPRESSED = "suppressed: fewer than 3 clients or 11 claims"


def payer_lines(weekly: pl.DataFrame, *, test_weeks: int = 1, settings: SpikeSettings | None = None) -> pl.DataFrame:
    """One row per payer, cause and tested week: the columns of `detect` for all clients together, and who rose.

    The sums over clients go through the detector as one series, with a baseline and a noise of their own: clients of a payer
    rise and fall together, so the sum of their variances is too small (p-values were 1.3 to 2.7 times too small that way).
    The season is that of the clients.

    clients: with decided claims. clients_up: whose surprise alone is above 1.28. main_share: of the excess of these, the
    part of the largest. reading, where the line is an alarm: "payer" where several are up and none has four fifths of it, else
    "process" (one client; look at its cards whether it is one coder). A week of fewer than 3 clients or 11 claims counts as one
    in which nothing was decided: it is not judged, shows no count and enters no other week.
    """
    return lines_and_season(weekly, test_weeks=test_weeks, settings=settings)[0]


def lines_and_season(
    weekly: pl.DataFrame, *, test_weeks: int = 1, settings: SpikeSettings | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The payer-wide lines, and the seasonal sums of the clients by payer, cause and week."""
    check_columns(weekly)
    chosen, weekly = settings or SpikeSettings(), without_small(weekly)
    alone, season = judged(weekly, test_weeks, chosen)
    sums = [pl.col("denied", "decided").sum()]
    if "expected_decided" in weekly.columns:  # a client whose pace is not known counts at its own
        sums.append(pl.col("expected_decided").fill_nan(None).fill_null(pl.col("decided")).sum())
    pooled = weekly.group_by(_LINE).agg(sums).with_columns(pl.lit("").alias("client"))
    of_clients = Reference("", pl.DataFrame(schema={"payer": pl.String, "cause": pl.String, "week": pl.Date, "rate": pl.Float64}), season)
    lines = detect(pooled, test_weeks=test_weeks, settings=replace(chosen, reference=of_clients, noise_states=_NOISE_STATES)).drop("client")
    return _hidden(lines.join(_who(alone), on=_LINE, how="left").with_columns(_reading())), season


def _who(alone: pl.DataFrame) -> pl.DataFrame:
    """By line: clients with claims, clients that are up, and the share of the largest of these."""
    is_up = pl.col("judged") & (pl.col("surprise") > _HIGH)  # a tenth of all clients, by chance alone
    excess = pl.when(is_up).then(pl.col("denied") - pl.col("expected")).otherwise(0.0)
    return alone.group_by(_LINE).agg(
        (pl.col("decided") > 0).sum().cast(pl.Int64).alias("clients"),
        is_up.sum().cast(pl.Int64).alias("clients_up"),
        pl.when(excess.sum() > 0).then(excess.max() / excess.sum()).alias("main_share"),
    )


def _reading() -> pl.Expr:
    """Of a line that is an alarm; some clients are up by chance in most weeks, so of others it would say nothing."""
    several = (pl.col("clients_up") > 1) & (pl.col("main_share") < _MAIN_SHARE)
    whose = pl.when(several).then(pl.lit("payer")).when(pl.col("clients_up") > 0).then(pl.lit("process"))
    return pl.when("is_alarm").then(whose).alias("reading")


def without_small(weekly: pl.DataFrame) -> pl.DataFrame:
    """Nothing denied or decided where few clients or claims stand behind it, so that it enters no sum."""
    clients = pl.col("client").filter(pl.col("decided") > 0).n_unique().over(_LINE)
    is_small = (pl.col("decided").sum().over(_LINE) < MINIMUM_CLAIMS) | (clients < MINIMUM_CLIENTS)
    counts = [pl.when(~is_small).then(name).otherwise(0).cast(weekly.schema[name]).alias(name) for name in ("denied", "decided")]
    guard = [pl.when(~is_small).then(name).alias(name) for name in ("expected_decided",) if name in weekly.columns]
    return weekly.with_columns(*counts, *guard)


def _hidden(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines of few claims or few clients say that they are, and nothing else."""
    is_small = (pl.col("decided") < MINIMUM_CLAIMS) | (pl.col("clients") < MINIMUM_CLIENTS)
    shown = [name for name in lines.columns if name not in {*_LINE, "judged", "reason", "is_alarm"}]
    return lines.with_columns(
        *(pl.when(~is_small).then(name).alias(name) for name in shown),
        (pl.col("is_alarm") & ~is_small).alias("is_alarm"),
        (pl.col("judged") & ~is_small).alias("judged"),
        pl.when(is_small).then(pl.lit(SUPPRESSED)).otherwise("reason").alias("reason"),
    ).sort(_LINE)
