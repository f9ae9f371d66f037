"""The portfolio: what clients that allow it know together, from weekly counts alone, suppressed where few stand behind it."""

import datetime as dt
import hashlib

import polars as pl

from rcm_pipeline.denials.spikes.model.prior import Reference
from rcm_pipeline.denials.spikes.payer_lines import lines_and_season, without_small
from rcm_pipeline.denials.spikes.settings import SpikeSettings
from schemas.contract import conform, empty
from schemas.registry import CONTRACTS

_CELL = ["payer", "cause", "week"]
_LINE_WEEKS = 13
_HALF_LIFE = 26.0  # weeks


def portfolio(weekly: pl.DataFrame) -> pl.DataFrame:
    """ops_portfolio from the weekly counts of several clients, as `detect` reads them; empty with fewer than three.

    A cell of fewer than 3 clients or 11 claims is left out, and so is its share of every sum: what is handed back holds
    nothing of it. Seasonal sums and lines are those of `detect` and `payer_lines` over the cells that are left.
    """
    contract = CONTRACTS["ops_portfolio"]
    shown = without_small(weekly).filter(pl.col("decided") > 0)
    if shown.is_empty():
        return empty(contract)
    cells = shown.group_by(_CELL).agg((pl.col("decided") > 0).sum().cast(pl.Int64).alias("client_count"), pl.col("denied", "decided").sum())
    lines, season = lines_and_season(shown, test_weeks=_LINE_WEEKS)
    sums = season.rename({"denied": "season_denied", "expected": "season_expected"})
    told = lines.select(*_CELL, "lift", "p_value", "q_value", "is_alarm", "expected", "clients_up", "reading")
    table = cells.join(sums, on=_CELL).join(told, on=_CELL, how="left").with_columns(_usual())
    named = table.rename(
        {
            "payer": "payer_id",
            "cause": "root_cause",
            "clients_up": "risen_count",
        }
    )
    found = conform(named.with_columns(pl.lit("").alias("version")), contract).sort("payer_id", "root_cause", "week")
    return found.with_columns(pl.lit(_version(found)).alias("version"))


def reference(table: pl.DataFrame, anchor: dt.date) -> Reference | None:
    """The prior of a client's own run from ops_portfolio, as it was known at the anchor week; None when there is nothing."""
    known = table.filter(pl.col("week") <= anchor).sort("week")
    if known.is_empty():
        return None
    names = {"payer_id": "payer", "root_cause": "cause", "usual_rate": "rate", "season_denied": "denied", "season_expected": "expected"}
    plain = known.select("week", *names).rename(names)
    rates = plain.select("payer", "cause", "week", "rate")
    told = anchor - dt.timedelta(weeks=SpikeSettings().season_hindsight)  # later weeks were not known to be a season then
    return Reference(str(known["version"][0]), rates, plain.drop("rate").filter((pl.col("expected") > 0) & (pl.col("week") <= told)))


def _usual() -> pl.Expr:
    """Denied over decided up to each week, half as heavy every 26 weeks."""
    age = (pl.col("week") - pl.col("week").min()).dt.total_days() / 7
    weight = pl.lit(2.0).pow(age / _HALF_LIFE)  # growing with the week, which forgets the past just as well
    denied, decided = ((pl.col(name) * weight).cum_sum().over(["payer", "cause"], order_by="week") for name in ("denied", "decided"))
    return (denied / decided).clip(0, 1).alias("usual_rate")


def _version(table: pl.DataFrame) -> str:
    text = table.write_csv(float_precision=6)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
