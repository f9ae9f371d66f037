"""The payer-wide line: all clients of a payer and cause together, and whether one client or several made it rise."""

from dataclasses import replace

import numpy as np
import polars as pl

from rcm_pipeline.denials.spikes.detect import replayed, verdicts
from rcm_pipeline.denials.spikes.model.noise import left_by_the_cut, weeks_as_one
from rcm_pipeline.denials.spikes.model.panel import MOST_RATE, Floats, Panel, check_columns
from rcm_pipeline.denials.spikes.model.replay import Week, seasonal_sums
from rcm_pipeline.denials.spikes.model.tails import limits
from rcm_pipeline.denials.spikes.settings import SpikeSettings
from rcm_pipeline.privacy.suppression import MINIMUM_CLAIMS, MINIMUM_CLIENTS, is_few

_LINE = ["payer", "cause", "week"]
_HIGH = 1.2815515594457831  # standard deviations that one week in ten passes by chance: such a client is up
_NOISE_STATES = ((0.94, 0.93), (0.06, 2.0))  # as of one series; its clients' noise and what they share are both estimates
_FIRST_SHARED = 0.001  # squared CV of what clients share before anything is known: three in a hundred
_OVERSTATED = 0.4  # of the clients' variances, at most: what they could not foretell of themselves is partly not there in their sum
_BELIEVED = 0.8  # of the doubt in the index: all of it would leave hardly any noise to what clients share
_MAIN_SHARE = 0.8  # of the excess of all clients that are up, from which on it is one client's
SUPPRESSED = "suppressed: fewer than 3 clients or 11 claims"


def payer_lines(weekly: pl.DataFrame, *, test_weeks: int = 1, settings: SpikeSettings | None = None) -> pl.DataFrame:
    """One row per payer, cause and tested week: the columns of `detect` for all clients together, and who rose.

    A line expects what its clients expect, added up, so that it does not rise when a client with a high rate is new, grows, or when
    another reports late. Clients of a payer rise and fall together: to the variances of the clients comes that of what they share.

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
    table, found = replayed(weekly, chosen)
    alone = verdicts(table, found.weeks, test_weeks, chosen)
    pooled, weeks = _pooled(table, found.weeks, chosen)
    lines = verdicts(pooled, weeks, test_weeks, replace(chosen, noise_states=_NOISE_STATES, young_chance=0.0)).drop("client")
    return _hidden(lines.join(_who(alone), on=_LINE, how="left").with_columns(_reading())), seasonal_sums(table, found)


def _pooled(table: Panel, weeks: Week, settings: SpikeSettings) -> tuple[Panel, Week]:
    """The lines as a panel, each expecting what its clients do, added up; of clients with too little history nothing is counted.

    The scatter of a line is that of its clients and a part that they share: a payer's week is good or bad for all of them.
    """
    is_known = (weeks.seen >= settings.min_weeks).astype(np.float64)

    def sums(values: Floats) -> Floats:
        return np.asarray(np.add.reduceat(values * is_known, table.firsts, axis=1))

    hoped = table.expected_decided
    decided = table.decided if hoped is None else np.where(np.isnan(hoped), table.decided, hoped)  # of unknown pace: at its own
    keys = table.keys[table.firsts.tolist()].with_columns(pl.lit("").alias("client"))
    count = len(table.firsts)
    pooled = Panel(
        keys,
        table.first,
        sums(table.denied),
        sums(table.decided),
        None if hoped is None else sums(decided),
        np.arange(count),
        table.group_cause,
        table.group_cause,
    )
    expected, scatter, doubt = sums(weeks.expected), sums(weeks.scatter), sums(weeks.doubt)
    exposed = sums(table.decided * weeks.index)
    level = np.divide(expected, exposed, out=np.zeros_like(expected), where=exposed > 0)
    index = np.divide(exposed, pooled.decided, out=np.ones_like(expected), where=pooled.decided > 0)
    shared = _shared_noise(pooled.denied, expected, scatter, doubt, settings)
    plain = expected * (1 - np.minimum(level * index, MOST_RATE))
    scatter = np.maximum(scatter + shared * expected**2, plain)
    noise = np.maximum(np.divide(scatter, plain, out=np.ones_like(plain), where=plain > 0), 1.0)
    seen = np.maximum.reduceat(weeks.seen, table.firsts, axis=1)
    is_met = np.maximum.reduceat(weeks.is_met, table.firsts, axis=1)
    return pooled, Week(level, index, expected, noise, scatter, sums(weeks.covariance), doubt, seen, is_met)


def _shared_noise(denied: Floats, expected: Floats, scatter: Floats, doubt: Floats, settings: SpikeSettings) -> Floats:
    """Squared CV of what the clients of a line share, by week and line, from the weeks before: its own, leaning on that of all lines."""
    keep = 0.5 ** (1 / settings.noise_half_life)
    total, weight = np.zeros(expected.shape[1]), np.zeros(expected.shape[1])
    found = np.zeros_like(expected)
    for week in range(len(expected)):
        mean = np.maximum(expected[week], 1e-9)
        worth = settings.noise_weeks * weeks_as_one(mean, settings)
        every = (total.sum() + _FIRST_SHARED) / (weight.sum() + 1)
        found[week] = np.maximum((worth * every + total) / (worth + weight), -_OVERSTATED * scatter[week] / mean**2)
        variance = np.maximum(scatter[week] + found[week] * mean**2, expected[week]) + doubt[week] ** 2
        low, high = limits(mean, np.maximum(variance, 1e-9), settings.noise_clip)
        cut = np.clip(denied[week], low, high)
        over = ((cut - mean) ** 2 / left_by_the_cut(mean, settings.noise_clip) - _BELIEVED * doubt[week] ** 2 - scatter[week]) / mean**2
        belief = (expected[week] > 0) * mean / (mean + settings.noise_denials)
        total, weight = total * keep + belief * np.clip(over, -1, 1), weight * keep + belief
    return found


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
    """Nothing denied or decided where `is_few` stand behind it, so that it enters no sum."""
    clients = pl.col("client").filter(pl.col("decided") > 0).n_unique().over(_LINE)
    is_small = is_few(clients, pl.col("decided"), _LINE)
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
