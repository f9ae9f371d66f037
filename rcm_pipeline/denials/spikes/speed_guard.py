"""The speed guard's input: how many claims a payer would have decided in a week at the speed of the weeks before."""

import datetime as dt

import numpy as np
import polars as pl

from rcm_pipeline.denials.spikes.model.panel import Floats

_TRAILING = 26  # weeks of decisions the usual speed is read from
_LEAST = 8  # of these with claims sent, else a week is not guarded
_OLDEST = 26  # weeks; older claims are decided too seldom to matter


def usual_pace(cohorts: pl.DataFrame, anchor: dt.date) -> pl.DataFrame:
    """By payer and week of decision up to the anchor: expected over actual decided claims, `pace`; null where not known.

    `cohorts` is a week sent and an age in weeks at decision with denied_count and paid_count, and the week's sent_count.
    Expected = sum over ages of the claims sent so long ago x the share of claims of the 26 weeks before that were decided at
    that age. Above 1 the payer decides less than usual: late payments then leave too many denials among the decided.
    Weeks sent after the anchor are not looked at.
    """
    cohorts = cohorts.filter(pl.col("week") <= anchor)
    if cohorts.is_empty():
        return pl.DataFrame(schema={"payer_id": pl.String, "week": pl.Date, "pace": pl.Float64})
    payers = cohorts["payer_id"].unique().sort()
    first = cohorts["week"].min()
    assert isinstance(first, dt.date)
    weeks = (anchor - first).days // 7 + 1
    sent, decided = _arrays(cohorts, payers, first, weeks)
    pace = _pace(sent, decided)
    mondays = pl.Series("week", [first + dt.timedelta(weeks=at) for at in range(weeks)])
    cells = pl.DataFrame({"payer_id": payers}).join(mondays.to_frame(), how="cross", maintain_order="left_right")
    return cells.with_columns(pl.Series("pace", pace.ravel()).fill_nan(None))


def _arrays(cohorts: pl.DataFrame, payers: pl.Series, first: dt.date, weeks: int) -> tuple[Floats, Floats]:
    """By payer, age and week of decision: claims sent so long before, and those of them decided in that week."""
    places = cohorts.with_columns(
        pl.col("payer_id").cast(pl.String).cast(pl.Enum(payers.cast(pl.String))).to_physical().cast(pl.Int64).alias("place"),
        ((pl.col("week") - first).dt.total_days() // 7).alias("row"),
    ).filter(pl.col("age_weeks") <= _OLDEST)
    sums = np.zeros((payers.len(), weeks))
    once = places.unique(["place", "row"])
    sums[once["place"].to_numpy(), once["row"].to_numpy()] = once["sent_count"].to_numpy()
    sent = np.stack([np.pad(sums, ((0, 0), (age, 0)))[:, :weeks] for age in range(_OLDEST + 1)], axis=1)
    decided = np.zeros(sent.shape)
    made = places.filter(pl.col("row") + pl.col("age_weeks") < weeks)
    at = made["place"].to_numpy(), made["age_weeks"].to_numpy(), (made["row"] + made["age_weeks"]).to_numpy()
    np.add.at(decided, at, (made["denied_count"] + made["paid_count"]).to_numpy())
    return sent, decided


def _pace(sent: Floats, decided: Floats) -> Floats:
    """Expected over decided by payer and week; nan in the first weeks and where nothing was decided."""
    share = _trailing(decided) / np.maximum(_trailing(sent), 1.0)
    expected, actual = (sent * share).sum(axis=1), decided.sum(axis=1)
    known = _trailing((sent[:, :1] > 0).astype(np.float64))[:, 0] >= _LEAST
    pace: Floats = np.where(known & (actual > 0), expected / np.maximum(actual, 1.0), np.nan)
    return pace


def _trailing(values: Floats) -> Floats:
    """Sums over the weeks before each week, that week not counted."""
    total = np.cumsum(np.pad(values, ((0, 0), (0, 0), (1, 0))), axis=2)
    weeks = np.arange(values.shape[2])
    sums: Floats = total[:, :, weeks] - total[:, :, np.maximum(weeks - _TRAILING, 0)]
    return sums
