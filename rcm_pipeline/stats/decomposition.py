"""Why a denial rate changed between two periods: because rates changed, or because the mix of claims did (Kitagawa 1955)."""

import datetime as dt
from collections.abc import Sequence

import polars as pl

from schemas.vocabulary import ALL


def kitagawa(
    trends: pl.DataFrame,
    before: tuple[dt.date, dt.date],
    after: tuple[dt.date, dt.date],
    by: str,
    *,
    root_cause: str = ALL,
    payer_id: str = ALL,
) -> pl.DataFrame:
    """One row per value of `by` (a dimension of mart_denial_trends): rates and shares of both periods, rate_effect, mix_effect.

    Periods are (first Monday, last Monday). With rate r and share of lines s, rate_effect = (r1 - r0) (s0 + s1) / 2 and
    mix_effect = (s1 - s0) (r0 + r1) / 2; over all rows they add up to the change of the whole rate. Where a value has no
    lines in one period its rate there is taken from the other one: all of its effect is then mix. No rows when a period
    is empty. A mix effect of a value is read beside those of the others, for only their sum has a meaning of its own.
    """
    known = trends if payer_id == ALL else trends.filter(pl.col("payer_id") == payer_id)
    sides = [_side(known, period, by, root_cause, number) for number, period in enumerate((before, after))]
    joined = sides[0].join(sides[1], on=by, how="full", coalesce=True)
    counts = [name for name in joined.columns if name != by]
    filled = joined.with_columns(pl.col(counts).fill_null(0))
    if not filled.height or not filled["decided_0"].sum() or not filled["decided_1"].sum():
        return effects(filled, [by]).clear()
    return effects(filled, [by]).sort((pl.col("rate_effect") + pl.col("mix_effect")).abs(), descending=True)


def _side(trends: pl.DataFrame, period: tuple[dt.date, dt.date], by: str, root_cause: str, number: int) -> pl.DataFrame:
    inside = trends.filter(pl.col("week").is_between(*period))
    decided = inside.filter(pl.col("root_cause") == ALL).group_by(by).agg(pl.col("decided_count").sum().alias(f"decided_{number}"))
    denied = inside.filter(pl.col("root_cause") == root_cause).group_by(by).agg(pl.col("denied_count").sum().alias(f"denied_{number}"))
    return decided.join(denied, on=by, how="left").with_columns(pl.col(f"denied_{number}").fill_null(0))


def effects(counts: pl.DataFrame, by: Sequence[str], within: Sequence[str] = ()) -> pl.DataFrame:
    """Rates, shares, rate_effect and mix_effect of every stratum `by`, from denied_0, decided_0, denied_1 and decided_1.

    Shares are of all lines, or of those of the same `within` (columns that are kept as well). A stratum absent on one side
    has the rate of the other. Shares are nan, and the effects with them, where a side has no lines at all.
    """
    own = [
        pl.when(pl.col(f"decided_{n}") > 0).then(pl.col(f"denied_{n}").cast(pl.Float64) / pl.col(f"decided_{n}").cast(pl.Float64))
        for n in (0, 1)
    ]
    rates = [pl.coalesce(own[0], own[1]).fill_null(0.0), pl.coalesce(own[1], own[0]).fill_null(0.0)]
    totals = [pl.col(f"decided_{n}").sum().cast(pl.Float64) for n in (0, 1)]
    shares = [pl.col(f"decided_{n}").cast(pl.Float64) / (total.over(within) if within else total) for n, total in enumerate(totals)]
    return counts.select(
        *within,
        *by,
        *(pl.col(f"{name}_{n}") for n in (0, 1) for name in ("denied", "decided")),
        rates[0].alias("rate_0"),
        rates[1].alias("rate_1"),
        shares[0].alias("share_0"),
        shares[1].alias("share_1"),
        ((rates[1] - rates[0]) * (shares[0] + shares[1]) / 2).alias("rate_effect"),
        ((shares[1] - shares[0]) * (rates[0] + rates[1]) / 2).alias("mix_effect"),
    )
